// Memory straight from the kernel in 2 MiB pieces: slab regions and the table's bucket chunks.
//
// Law 3 (no fork) makes transparent huge pages safe: nothing ever copies a page on write, so one
// TLB entry covers 2 MiB and the page tables stay small.

import Glibc
import Memory

enum Pages {
    /// One piece: its size and its alignment, in bytes.
    static let pieceBytes = 2 << 20

    /// A zeroed piece, aligned to its size, asked to be one huge page.
    @inline(never)
    static func map() -> UnsafeMutableRawPointer {
        let span = pieceBytes * 2
        let p = mmap(nil, span, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let p, p != MAP_FAILED else {
            fatalError("out of memory mapping \(pieceBytes) bytes")
        }
        // Twice the size holds an aligned piece; the rest goes back at once.
        let address = UInt(bitPattern: p)
        let mask = UInt(pieceBytes - 1)
        let lead = Int((mask &+ 1 &- (address & mask)) & mask)
        if lead > 0 { munmap(p, lead) }
        let tail = span - lead - pieceBytes
        if tail > 0 { munmap(p + lead + pieceBytes, tail) }
        madvise(p + lead, pieceBytes, 14 /* MADV_HUGEPAGE */)
        return p + lead
    }

    static func unmap(_ piece: UnsafeMutableRawPointer) { munmap(piece, pieceBytes) }
}
