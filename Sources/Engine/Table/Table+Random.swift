// Elements at random: quick and nearly fair for the keyspace, fair for collections.

import Memory

extension Table {
    /// An element at random: nearly uniform, each chain with the same chance (as in Redis). May
    /// find nothing in a table that has become sparse and has not shrunk yet.
    mutating func sample(_ source: inout RandomSource) -> Element? {
        guard count > 0 else { return nil }
        for _ in 0..<64 {
            let head = bucket(source.below(bucketCount))
            if let element = random(in: head, &source) { return element }
        }
        return nil
    }

    /// The same, but finds one if there is one: in a very sparse table by walking on from a random
    /// place. Compaction sees to it that a table is not so for long.
    mutating func random(_ source: inout RandomSource) -> Element? {
        if let element = sample(&source) { return element }
        guard count > 0 else { return nil }
        let start = source.below(bucketCount)
        for i in start..<bucketCount {
            if let element = random(in: bucket(i), &source) { return element }
        }
        for i in 0..<start {
            if let element = random(in: bucket(i), &source) { return element }
        }
        return nil
    }

    private func random(in head: Bucket, _ source: inout RandomSource) -> Element? {
        var seen = 0
        var chosen: Element?
        var next: Bucket? = head
        while let b = next {
            var occupied = b.occupied
            while occupied != 0 {
                seen += 1
                if source.below(seen) == 0 {
                    chosen = Element(raw: b.pointer(at: occupied.trailingZeroBitCount))
                }
                occupied &= occupied &- 1
            }
            next = b.child
        }
        return chosen
    }

    // MARK: Fair

    /// Tables of up to this many groups count all their elements for one at random.
    private static var countedGroups: Int { 16 }

    /// The place of an element, each as likely as any other; nil only in an empty table.
    ///
    /// A group, a bucket with the one split from it, holds what shares the hash's lowest `level`
    /// bits, so all groups are equally likely to be long. A group and a number below a bound that
    /// hardly any group exceeds are drawn until the group has that many elements: thrice on
    /// average. (An element of a longer group is a little less likely; one group in 10,000 is.)
    func fairPosition(_ source: inout RandomSource) -> Position? {
        guard count > 0 else { return nil }
        let groups = 1 &<< level
        if groups <= Self.countedGroups { return place(number: source.below(count)) }
        let mean = Double(count) / Double(groups)
        let bound = Int(mean + 4 * mean.squareRoot()) + 3
        for _ in 0..<1024 {
            let group = Int(truncatingIfNeeded: source.next()) & (groups &- 1)
            var number = source.below(bound)
            let size = groupSize(group)
            if number >= size { continue }
            if size > bound { number = source.below(size) }
            return position(number, inGroup: group)
        }
        // Hardly ever, and only in a table that became very sparse at once.
        return place(number: source.below(count))
    }

    /// The element at random that `fairPosition` finds.
    func fairElement(_ source: inout RandomSource) -> Element? { fairPosition(&source)?.element }

    @inline(__always)
    private func groupSize(_ group: Int) -> Int {
        let size = chainSize(bucket(group))
        return group < split ? size &+ chainSize(bucket(group &+ 1 &<< level)) : size
    }

    @inline(__always)
    private func chainSize(_ head: Bucket) -> Int {
        var size = head.occupied.nonzeroBitCount
        var next = head.child
        while let b = next {
            size &+= b.occupied.nonzeroBitCount
            next = b.child
        }
        return size
    }

    private func position(_ number: Int, inGroup group: Int) -> Position? {
        let size = chainSize(bucket(group))
        if number < size { return position(number, in: bucket(group)) }
        return position(number - size, in: bucket(group + 1 << level))
    }

    private func position(_ number: Int, in head: Bucket) -> Position? {
        var rest = number
        var next: Bucket? = head
        while let b = next {
            var occupied = b.occupied
            if rest < occupied.nonzeroBitCount {
                for _ in 0..<rest { occupied &= occupied &- 1 }
                return Position(head: head, bucket: b, slot: occupied.trailingZeroBitCount)
            }
            rest -= occupied.nonzeroBitCount
            next = b.child
        }
        return nil
    }

    /// Element number `number` in the order of the buckets.
    /// - Complexity: O(buckets)
    private func place(number: Int) -> Position? {
        var rest = number
        for i in 0..<bucketCount {
            let size = chainSize(bucket(i))
            if rest < size { return position(rest, in: bucket(i)) }
            rest -= size
        }
        return nil
    }
}
