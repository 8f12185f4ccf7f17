// The best candidates for eviction seen so far, over all databases.
//
// Each eviction looks at a few random keys only. Keeping the best of what was seen, from one
// eviction to the next, makes few samples nearly as good as a full ordering. Called by the eviction
// cycle. A candidate is a hash, not an entry: it may be gone or freshly used by the time it is
// popped, so whoever pops it looks it up.

/// A key that may be evicted.
@frozen
package struct EvictionCandidate: Equatable {
    package let hash: UInt64
    package let database: Int
    /// Higher goes sooner (`EvictionClock.score`).
    package let score: UInt64

    package init(hash: UInt64, database: Int, score: UInt64) {
        self.hash = hash
        self.database = database
        self.score = score
    }
}

/// At most 16 candidates, kept by rising score.
package struct EvictionPool: ~Copyable {
    package static var capacity: Int { 16 }

    package private(set) var count = 0
    private var candidates = InlineArray<16, EvictionCandidate>(
        repeating: EvictionCandidate(hash: 0, database: 0, score: 0))

    package init() {}

    /// Puts a candidate in; a full pool drops its worst, which may be this one. A key that is in
    /// already gets the new score.
    package mutating func insert(_ candidate: EvictionCandidate) {
        for i in 0..<count
        where candidates[i].hash == candidate.hash && candidates[i].database == candidate.database {
            remove(at: i)
            break
        }
        if count == Self.capacity {
            if candidate.score <= candidates[0].score { return }
            remove(at: 0)
        }
        var at = count
        while at > 0, candidates[at - 1].score > candidate.score {
            candidates[at] = candidates[at - 1]
            at -= 1
        }
        candidates[at] = candidate
        count += 1
    }

    /// Takes the candidate with the highest score out.
    package mutating func popBest() -> EvictionCandidate? {
        if count == 0 { return nil }
        count -= 1
        return candidates[count]
    }

    /// Forgets everything: after a flush, a swap of databases or a change of policy.
    package mutating func clear() { count = 0 }

    private mutating func remove(at place: Int) {
        for i in place + 1..<max(count, place + 1) { candidates[i - 1] = candidates[i] }
        count -= 1
    }
}
