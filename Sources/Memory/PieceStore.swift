// Memory straight from the kernel in 2 MiB pieces: the regions that slabs are cut from.
//
// Law 3 (no fork) makes transparent huge pages safe: nothing ever copies a page on write, so one
// TLB entry covers 2 MiB and the page tables stay small. But a huge page is zeroed in one go by
// whoever touches it first. That takes some 0.2 ms where memory is memory; in a virtual machine
// whose host has yet to back it, 6 ms were measured. The loop must not pay for that. So the next
// pieces are made ready ahead of need: the kernel's own worker is asked, through an io_uring, to
// write the first byte (a read from /dev/zero), while the loop goes on. A piece that is needed before
// it is ready comes with small pages instead, whose cost is spread over their first uses.
//
// Used by the one thread that owns the server. Where there is no io_uring, pieces have small pages.

import CMachine
import CUring
import Glibc

package enum PieceStore {
    /// One piece: its size and its alignment, in bytes.
    package static let pieceBytes = 2 << 20
    /// The most pieces that wait ready.
    private static let readyLimit = 4
    /// When nothing was taken for so many calls of `tend`, half a second or so, at most one stays
    /// ready.
    private static let restingCalls = 5

    private nonisolated(unsafe) static var ring = touch_ring()
    private nonisolated(unsafe) static var hasRing = false
    /// Pieces whose huge page is there.
    private nonisolated(unsafe) static var ready: [UnsafeMutableRawPointer] = []
    /// The piece that the kernel's worker is at.
    private nonisolated(unsafe) static var pending: UnsafeMutableRawPointer?
    /// Pieces handed out: how many are kept ready follows from it.
    private nonisolated(unsafe) static var taken = 0
    /// Calls of `tend` since the last piece was handed out.
    private nonisolated(unsafe) static var quietCalls = 0
    /// Pieces handed out with a huge page, and with small ones, since start.
    package private(set) nonisolated(unsafe) static var hugeCount = 0
    package private(set) nonisolated(unsafe) static var smallCount = 0

    /// Whether a further piece may be needed soon; who cuts pieces up says so, again after each.
    package nonisolated(unsafe) static var isNearlyUsed = false

    /// Bytes that stand ready and hold nothing.
    package static var readyBytes: Int { ready.count * pieceBytes }

    /// Call once before serving: the first piece is touched on the spot, no request waits yet.
    package static func prepare() {
        let source = open("/dev/zero", O_RDONLY | O_CLOEXEC)
        guard source >= 0 else { return }
        hasRing = touch_ring_open(&ring, source) == 0
        guard hasRing else { return }
        let piece = map()
        askForHugePage(piece)
        piece.storeBytes(of: 0, as: UInt8.self)
        ready.append(piece)
    }

    /// A zeroed piece, aligned to its size.
    @inline(never)
    package static func take() -> UnsafeMutableRawPointer {
        makeReady()
        taken += 1
        quietCalls = 0
        isNearlyUsed = false
        let piece: UnsafeMutableRawPointer
        if let huge = ready.popLast() {
            hugeCount += 1
            piece = huge
        } else {
            smallCount += 1
            piece = map()
        }
        makeReady()
        return piece
    }

    package static func giveBack(_ piece: UnsafeMutableRawPointer) { munmap(piece, pieceBytes) }

    /// Sees to it that pieces get ready, and that none wait in vain: cheap, call it now and then
    /// (ten times a second).
    package static func tend() {
        quietCalls += 1
        if taken > 0, ready.count > wanted, let piece = ready.popLast() { giveBack(piece) }
        makeReady()
    }

    /// Memory that grows keeps up to the limit ready; memory that has not for a while one piece
    /// where it may be needed soon, else none.
    private static var wanted: Int {
        if quietCalls <= restingCalls { return min(readyLimit, 1 + taken / 2) }
        return isNearlyUsed ? 1 : 0
    }

    private static func makeReady() {
        guard hasRing else { return }
        if let piece = pending {
            let state = touch_ring_poll(&ring)
            if state == 0 { return }
            pending = nil
            if state < 0 {
                giveBack(piece)
                hasRing = false
                return
            }
            ready.append(piece)
        }
        guard taken > 0, ready.count < wanted else { return }
        let piece = map()
        askForHugePage(piece)
        if touch_ring_start(&ring, piece) == 0 {
            pending = piece
        } else {
            giveBack(piece)
            hasRing = false
        }
    }

    private static func askForHugePage(_ piece: UnsafeMutableRawPointer) {
        madvise(piece, pieceBytes, 14 /* MADV_HUGEPAGE */)
    }

    private static func map() -> UnsafeMutableRawPointer {
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
        return p + lead
    }
}
