// Memory straight from the kernel in 2 MiB pieces: the regions that slabs are cut from.
//
// Law 3 (no fork) makes transparent huge pages safe: nothing ever copies a page on write, so one
// TLB entry covers 2 MiB and the page tables stay small. But a huge page is zeroed in one go, in
// the turn that touches it first. That takes some 0.2 ms where memory is memory; in a virtual
// machine whose host has yet to back it, 6 ms were measured. So the cost is watched, and where it
// breaks the bound on a turn the process goes on with small pages, whose cost is spread out.

import CMachine
import Glibc

package enum Pages {
    /// One piece: its size and its alignment, in bytes.
    static let pieceBytes = 2 << 20
    /// The most CPU time that the first touch of a huge page may take.
    private static let bearableNanoseconds: UInt64 = 1_000_000

    /// Whether pieces are asked to be huge pages.
    package private(set) nonisolated(unsafe) static var areHuge = true

    /// A zeroed piece, aligned to its size.
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
        if areHuge { touch(p + lead) }
        return p + lead
    }

    static func unmap(_ piece: UnsafeMutableRawPointer) { munmap(piece, pieceBytes) }

    /// Takes a few pieces and gives them back, to know what huge pages cost here before the first
    /// request pays for one. Call once, before serving.
    package static func probe() {
        var pieces: [UnsafeMutableRawPointer] = []
        while pieces.count < 4, areHuge { pieces.append(map()) }
        for piece in pieces { unmap(piece) }
    }

    private static func touch(_ piece: UnsafeMutableRawPointer) {
        madvise(piece, pieceBytes, 14 /* MADV_HUGEPAGE */)
        let before = machine_thread_cpu_ns()
        piece.storeBytes(of: 0, as: UInt8.self)
        if machine_thread_cpu_ns() &- before > bearableNanoseconds { stopHugePages() }
    }

    /// From now on small pages, in the general allocator too.
    private static func stopHugePages() {
        areHuge = false
        machine_stop_huge_pages()
    }
}
