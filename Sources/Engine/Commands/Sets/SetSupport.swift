// What the set commands share: finding sets, storing results, hashing several members ahead.

import Memory
import RESP

extension CommandContext {
    /// The set in `entry`, or nil after the error that it is something else.
    @inline(__always)
    func setOrError(_ entry: Entry) -> SetValue? {
        if case .set = entry.type { return SetValue(entry) }
        replyWrongType()
        return nil
    }

    /// The sets under arguments `first` up to `end`, nil for a key that is not there; or nil after
    /// the error that one is something else.
    func setsOrError(_ first: Int, _ end: Int) -> [SetValue?]? {
        var sets: [SetValue?] = []
        sets.reserveCapacity(end - first)
        for i in first..<end {
            let hash = i == 1 ? firstKeyHash : engine.pointee.hash(self[i])
            guard let entry = lookupRead(self[i], hash) else {
                sets.append(nil)
                continue
            }
            guard let set = setOrError(entry) else { return nil }
            sets.append(set)
        }
        return sets
    }

    /// The end of SINTERSTORE and its like: puts the set under argument 1, whatever that held, and
    /// answers with its count. An empty set deletes the key.
    func storeResult(_ set: SetValue) {
        let count = set.count
        let position = lookupWrite(self[1], firstKeyHash)
        if count == 0 {
            set.free(engine)
            if let position {
                database.pointee.remove(position)
                database.pointee.changed(self[1])
            }
        } else {
            database.pointee.setPointer(
                self[1], firstKeyHash, position, type: .set, encoding: set.encoding, set.raw)
            database.pointee.changed(self[1])
        }
        reply.pointee.integer(count)
    }

    /// After `count` members were removed from the set under `key`: an emptied one goes.
    @inline(__always)
    func removed(_ key: Bytes, _ position: Position, _ set: SetValue, _ count: Int) {
        set.store(in: position.entry)
        if set.isEmpty { database.pointee.remove(position) }
        database.pointee.changed(key, by: count)
    }
}

extension SetProbe {
    /// Argument `i`, which is the one that the look-ahead hashes.
    @inline(__always)
    init(_ c: borrowing CommandContext, _ i: Int) {
        self = c.memberHash != 0 ? SetProbe(c[i], hash: c.memberHash) : SetProbe(c[i])
    }
}

/// Several members of one command that go to the same table: hashed together, so that the cache's
/// misses overlap. Lives on the stack.
struct MemberBatch {
    static var size: Int { 16 }
    private var hashes = InlineArray<16, UInt64>(repeating: 0)

    /// Prepares arguments `first` up to `first + count`, at most `size`.
    @inline(__always)
    private mutating func prepare(
        _ c: borrowing CommandContext, _ table: UnsafeMutablePointer<MemberTable>,
        from first: Int, count: Int
    ) {
        assert(count > 0 && count <= Self.size)
        if count == 1, first == 2, c.memberHash != 0 {
            hashes[0] = c.memberHash
            return
        }
        for i in 0..<count {
            let hash = sipHash12(
                c[first &+ i], key0: c.engine.pointee.key0, key1: c.engine.pointee.key1)
            hashes[i & 15] = hash
            if count > 1 { table.pointee.prefetchBucket(hash) }
        }
        if count == 1 { return }
        for i in 0..<count { table.pointee.prefetchElement(hashes[i & 15]) }
    }

    /// Calls `body` with a probe for each of the arguments from `first` to the last.
    @inline(__always)
    static func forEach(
        _ c: borrowing CommandContext, from first: Int,
        _ table: UnsafeMutablePointer<MemberTable>, _ body: (inout SetProbe) -> Void
    ) {
        var batch = MemberBatch()
        var at = first
        while at < c.count {
            let count = min(size, c.count &- at)
            batch.prepare(c, table, from: at, count: count)
            for i in 0..<count {
                var probe = SetProbe(c[at &+ i], hash: batch.hashes[i & 15])
                body(&probe)
            }
            at &+= count
        }
    }
}
