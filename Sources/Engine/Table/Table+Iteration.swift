// Walking a table: SCAN's cursor, single buckets, and a walk that replaces.

import Memory

extension Table {
    /// Calls `body` with each element of the chain at `head`.
    @inline(__always)
    func forEach(in head: Bucket, _ body: (Element) -> Void) {
        var next: Bucket? = head
        while let b = next {
            var occupied = b.occupied
            while occupied != 0 {
                body(Element(raw: b.pointer(at: occupied.trailingZeroBitCount)))
                occupied &= occupied &- 1
            }
            next = b.child
        }
    }

    /// Like `forEach`, with the position, so that `body` can replace the element (not remove it).
    @inline(__always)
    func forEachPosition(in head: Bucket, _ body: (Position) -> Void) {
        var next: Bucket? = head
        while let b = next {
            var occupied = b.occupied
            while occupied != 0 {
                body(Position(head: head, bucket: b, slot: occupied.trailingZeroBitCount))
                occupied &= occupied &- 1
            }
            next = b.child
        }
    }

    /// Calls `body` with every element; the table must not change meanwhile.
    func forEach(_ body: (Element) -> Void) {
        for i in 0..<bucketCount { forEach(in: bucket(i), body) }
    }

    /// One step of SCAN: visits the elements at `cursor` and returns the next cursor, 0 at the end.
    ///
    /// The cursor counts with its bits reversed, from the highest bit of the smaller table down, and
    /// a step visits a bucket together with the one split from it. So whatever is in the table from
    /// the first step to the last is visited at least once, however the table grows or shrinks in
    /// between (the guarantee of Redis's SCAN).
    func scan(_ cursor: UInt64, _ body: (Element) -> Void) -> UInt64 {
        let mask = UInt64(1) << UInt64(level) - 1
        let small = Int(cursor & mask)
        forEach(in: bucket(small), body)
        if small < split { forEach(in: bucket(small + 1 << level), body) }
        // Increment the reversed cursor: set the bits above the mask, reverse, add, reverse.
        var v = cursor | ~mask
        v = v.bitReversed
        v &+= 1
        return v.bitReversed
    }
}

extension UInt64 {
    /// The same bits from last to first.
    var bitReversed: UInt64 {
        var v = self
        v = (v >> 1) & 0x5555_5555_5555_5555 | (v & 0x5555_5555_5555_5555) << 1
        v = (v >> 2) & 0x3333_3333_3333_3333 | (v & 0x3333_3333_3333_3333) << 2
        v = (v >> 4) & 0x0F0F_0F0F_0F0F_0F0F | (v & 0x0F0F_0F0F_0F0F_0F0F) << 4
        return v.byteSwapped
    }
}
