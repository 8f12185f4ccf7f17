// Look-ahead within one command of many keys (MGET, MSET, DEL, EXISTS): hashes a handful of keys,
// asks for their buckets, then for their entries, so that the misses of the cache overlap.
//
// Same idea as the session's look-ahead over the requests of a pipeline. Lives on the stack.

import Memory

struct KeyBatch {
    /// Keys at a time. A power of two: `hash` masks its index with it.
    static var size: Int { 16 }

    private var hashes = InlineArray<16, UInt64>(repeating: 0)

    /// Prepares `count` keys, at most `size`: arguments `first`, `first + step`, and so on.
    @inline(__always)
    mutating func prepare(
        _ c: borrowing CommandContext, from first: Int, count: Int, every step: Int = 1
    ) {
        assert(count > 0 && count <= Self.size)
        if let known = c.keyHashes {
            let from = (first &- 1) / step
            for i in 0..<count { hashes[i & 15] = known[from &+ i] }
            return
        }
        if count == 1 {
            // The session has looked ahead for argument 1.
            hashes[0] = first == 1 ? c.firstKeyHash : c.engine.pointee.hash(c[first])
            return
        }
        for i in 0..<count {
            let hash = c.engine.pointee.hash(c[first &+ i &* step])
            hashes[i & 15] = hash
            c.database.pointee.prefetchBucket(hash)
        }
        for i in 0..<count { c.database.pointee.prefetchEntry(hashes[i & 15]) }
    }

    /// The hash of the batch's key number `i`.
    @inline(__always)
    func hash(_ i: Int) -> UInt64 { hashes[i & 15] }
}
