// Chunks of 64 KiB cut from pieces of 2 MiB: the hash tables' buckets, which are touched at random
// by every request and so gain the most from huge pages.
//
// Used by the one thread that owns the server. A piece of which every chunk is given back goes back
// to the kernel.

package enum ChunkStore {
    package static let chunkBytes = 64 * 1024

    private struct Piece {
        let base: UnsafeMutableRawPointer
        /// Bit i: chunk i is in use.
        var used: UInt32
    }

    private nonisolated(unsafe) static var pieces: [Piece] = []

    /// An uninitialised chunk, aligned to its size.
    package static func take() -> UnsafeMutableRawPointer {
        Allocator.account(chunkBytes)
        // The fullest pieces fill up first only by chance; tables grow and shrink at one end, so
        // that the last piece is nearly always the one with room.
        for i in pieces.indices.reversed() where pieces[i].used != .max {
            let free = (~pieces[i].used).trailingZeroBitCount
            pieces[i].used |= 1 << UInt32(free)
            if pieces[i].used.nonzeroBitCount > 24 { PieceStore.isNearlyUsed = true }
            return pieces[i].base + free * chunkBytes
        }
        let base = PieceStore.take()
        pieces.append(Piece(base: base, used: 1))
        return base
    }

    package static func giveBack(_ chunk: UnsafeMutableRawPointer) {
        Allocator.account(-chunkBytes)
        let address = UInt(bitPattern: chunk)
        let base = address & ~UInt(PieceStore.pieceBytes - 1)
        guard let i = pieces.lastIndex(where: { UInt(bitPattern: $0.base) == base }) else {
            preconditionFailure("a chunk of no piece")
        }
        pieces[i].used &= ~(1 << UInt32((address - base) / UInt(chunkBytes)))
        if pieces[i].used == 0 {
            PieceStore.giveBack(pieces[i].base)
            pieces.remove(at: i)
        }
    }
}
