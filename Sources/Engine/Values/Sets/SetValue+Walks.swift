// Walking one set while looking into others: what is common to two tables, and the members of one
// as probes that find their way warmed.

import CMachine
import Memory

extension SetValue {
    /// Calls `body` with each member as a probe, until it returns false. Of a table's members a
    /// bucket at a time is hashed, and the table that `ahead` names, if any, is asked for where it
    /// keeps them: the cache's misses overlap.
    @inline(__always)
    func forEachProbe(
        ahead: () -> UnsafeMutablePointer<MemberTable>?,
        _ engine: UnsafeMutablePointer<Engine>, _ body: (inout SetProbe) -> Bool
    ) {
        guard isTable else {
            return SetProbe.withScratch { scratch in
                forEachWhile { item in
                    var probe = SetProbe(item, scratch)
                    return body(&probe)
                }
            }
        }
        let table = table
        let count = table.pointee.bucketCount
        for i in 0..<count {
            if i &+ 3 < count { table.pointee.prefetchElements(ofBucket: i &+ 3) }
            if !Self.probeChain(table.pointee.bucket(i), ahead(), engine, body) { return }
        }
    }

    @inline(__always)
    private static func probeChain(
        _ head: Bucket, _ target: UnsafeMutablePointer<MemberTable>?,
        _ engine: UnsafeMutablePointer<Engine>, _ body: (inout SetProbe) -> Bool
    ) -> Bool {
        var hashes = InlineArray<16, UInt64>(repeating: 0)
        var next: Bucket? = head
        while let b = next {
            if let target { warm(target, b, &hashes, engine) }
            var left = b.occupied
            while left != 0 {
                let slot = left.trailingZeroBitCount
                let key = Member(raw: b.pointer(at: slot)).key
                var probe =
                    target == nil ? SetProbe(key) : SetProbe(key, hash: hashes[slot & 15])
                if !body(&probe) { return false }
                left &= left &- 1
            }
            next = b.child
        }
        return true
    }

    /// Hashes the members of one bucket and asks for where `target` has them.
    @inline(__always)
    private static func warm(
        _ target: UnsafeMutablePointer<MemberTable>, _ b: Bucket,
        _ hashes: inout InlineArray<16, UInt64>, _ engine: UnsafeMutablePointer<Engine>
    ) {
        var left = b.occupied
        while left != 0 {
            let slot = left.trailingZeroBitCount
            let hash = sipHash12(
                Member(raw: b.pointer(at: slot)).key, key0: engine.pointee.key0,
                key1: engine.pointee.key1)
            hashes[slot & 15] = hash
            target.pointee.prefetchBucket(hash)
            left &= left &- 1
        }
        left = b.occupied
        while left != 0 {
            target.pointee.prefetchElement(hashes[left.trailingZeroBitCount & 15])
            left &= left &- 1
        }
    }

    // MARK: Two tables

    /// Whether two tables are so alike in size that joining them bucket by bucket is cheaper than
    /// hashing the members of the smaller one.
    static func isWorthJoining(
        _ smaller: UnsafeMutablePointer<MemberTable>, _ larger: UnsafeMutablePointer<MemberTable>
    ) -> Bool {
        larger.pointee.bucketCount <= smaller.pointee.bucketCount * 8
    }

    /// Calls `body` with each member that both tables have, until it returns false.
    ///
    /// All tables hash alike, and a bucket's number is the lowest bits of its members' hashes. So
    /// the number of a bucket of the table with more buckets names the only bucket of the other
    /// that can have the same members: nothing is hashed, and tags tell nearly all that differ.
    @inline(__always)
    static func forEachCommon(
        _ one: UnsafeMutablePointer<MemberTable>, _ two: UnsafeMutablePointer<MemberTable>,
        _ body: (Member) -> Bool
    ) {
        let swaps = one.pointee.bucketCount < two.pointee.bucketCount
        let large = swaps ? two : one
        let small = swaps ? one : two
        let count = large.pointee.bucketCount
        for i in 0..<count {
            if i &+ 4 < count { warmCommon(large, small, bucket: i &+ 4) }
            let j = small.pointee.index(UInt64(truncatingIfNeeded: i))
            if !joinChains(large.pointee.bucket(i), small.pointee.bucket(j), body) { return }
        }
    }

    /// Asks for the members of two buckets whose tags match; the buckets themselves come in order.
    @inline(__always)
    private static func warmCommon(
        _ large: UnsafeMutablePointer<MemberTable>, _ small: UnsafeMutablePointer<MemberTable>,
        bucket i: Int
    ) {
        let a = large.pointee.bucket(i)
        let b = small.pointee.bucket(small.pointee.index(UInt64(truncatingIfNeeded: i)))
        var left = a.occupied
        while left != 0 {
            let slot = left.trailingZeroBitCount
            let matches = b.matches(a.tag(at: slot))
            if matches != 0 {
                machine_prefetch(a.pointer(at: slot))
                machine_prefetch(b.pointer(at: matches.trailingZeroBitCount))
            }
            left &= left &- 1
        }
    }

    @inline(__always)
    private static func joinChains(
        _ one: Bucket, _ two: Bucket, _ body: (Member) -> Bool
    ) -> Bool {
        var next: Bucket? = one
        while let a = next {
            var left = a.occupied
            while left != 0 {
                let slot = left.trailingZeroBitCount
                let member = Member(raw: a.pointer(at: slot))
                if has(two, member, tag: a.tag(at: slot)), !body(member) { return false }
                left &= left &- 1
            }
            next = a.child
        }
        return true
    }

    /// Whether the chain at `head` has an equal member.
    @inline(__always)
    private static func has(_ head: Bucket, _ member: Member, tag: UInt8) -> Bool {
        var next: Bucket? = head
        while let b = next {
            var matches = b.matches(tag)
            while matches != 0 {
                let twin = Member(raw: b.pointer(at: matches.trailingZeroBitCount))
                if member.key.equals(twin.key) { return true }
                matches &= matches &- 1
            }
            next = b.child
        }
        return false
    }
}
