// Eviction: what leaves when memory is above `maxmemory`.
//
// LRU and LFU are approximated as in Redis: a few keys are sampled, the best candidates of this and
// earlier samples are kept in a pool, the best of all goes. Volatile keys are sampled out of the
// expiry index, so that few of them among many others are found at once; volatile-ttl takes the
// soonest from there, exactly. One key at a time: the callers bound how many.

import Memory

extension Engine {
    /// What came of making room.
    package enum Room {
        /// Memory is within its limit.
        case enough
        /// Still above it, but there is more to evict: the cycle goes on.
        case working
        /// Nothing can be evicted.
        case none
    }

    /// Bytes that count against `maxmemory`.
    @inline(__always)
    package var usedMemory: Int { Allocator.usedBytes }

    @inline(__always)
    package var isOverMemory: Bool {
        settings.maxMemory != 0 && Allocator.usedBytes > settings.maxMemory
    }

    /// Whether the eviction cycle has something to do.
    @inline(__always)
    package var needsEviction: Bool {
        isOverMemory && settings.eviction.policy != .noeviction && !evictionStuck
    }

    /// One step towards the limit: waiting memory is freed first, then a key goes. False when
    /// memory is within the limit or nothing can be evicted.
    package mutating func evictSome() -> Bool {
        switch evictOne() {
        case .working: return true
        case .enough: return false
        case .none:
            evictionStuck = true
            return false
        }
    }

    /// As `evictSome`, for the command that is about to write.
    package mutating func evictOne() -> Room {
        guard isOverMemory else { return .enough }
        // What has been deleted and is not freed yet counts as used; evicting for it would be wrong.
        if lazyFree.hasWork {
            _ = lazyFree.freeOne(heap)
            return isOverMemory ? .working : .enough
        }
        guard settings.eviction.policy != .noeviction, evictKey() else { return .none }
        statistics.evictedKeys += 1
        return isOverMemory ? .working : .enough
    }

    private mutating func evictKey() -> Bool {
        switch settings.eviction.policy {
        case .noeviction: return false
        case .allkeysRandom: return evictRandom()
        case .volatileRandom: return evictRandomVolatile()
        case .volatileTTL: return evictSoonest()
        case .allkeysLRU, .allkeysLFU, .volatileLRU, .volatileLFU: return evictBest()
        }
    }

    private mutating func evict(_ database: Int, _ position: Table<Entry>.Position) {
        databases[database].remove(Position(position))
        changes &+= 1
    }

    // MARK: Random

    private mutating func evictRandom() -> Bool {
        for _ in 0..<databaseCount {
            evictionCursor = (evictionCursor + 1) % databaseCount
            let database = databases + evictionCursor
            guard let entry = database.pointee.table.random(&random) else { continue }
            let key = entry.key
            if let position = database.pointee.table.find(key, hash(key)) {
                evict(evictionCursor, position)
                return true
            }
        }
        return false
    }

    private mutating func evictRandomVolatile() -> Bool {
        for _ in 0..<databaseCount {
            evictionCursor = (evictionCursor + 1) % databaseCount
            if let position = databases[evictionCursor].sampleVolatile() {
                evict(evictionCursor, position)
                return true
            }
        }
        return false
    }

    // MARK: The soonest to expire

    private mutating func evictSoonest() -> Bool {
        var best: (database: Int, deadline: Int64, hash: UInt64)?
        for i in 0..<databaseCount where databases[i].volatileCount > 0 {
            guard let candidate = databases[i].soonest(expiry.items) else { continue }
            if best == nil || candidate.deadline < best!.deadline {
                best = (i, candidate.deadline, candidate.hash)
            }
        }
        guard let best, let position = databases[best.database].find(hash: best.hash) else {
            return false
        }
        evict(best.database, position)
        return true
    }

    // MARK: The best of a pool of samples

    private mutating func evictBest() -> Bool {
        let volatileOnly = settings.eviction.policy.isVolatile
        for _ in 0..<16 {
            var sampled = 0
            for i in 0..<databaseCount { sampled += fillPool(from: i, volatileOnly) }
            if sampled == 0 { return false }
            while let candidate = evictionPool.popBest() {
                // The key may be gone since it was sampled.
                guard
                    let position = databases[candidate.database].find(hash: candidate.hash),
                    !volatileOnly || position.element.hasDeadline
                else { continue }
                evict(candidate.database, position)
                return true
            }
        }
        return false
    }

    private mutating func fillPool(from i: Int, _ volatileOnly: Bool) -> Int {
        let database = databases + i
        guard (volatileOnly ? database.pointee.volatileCount : database.pointee.count) > 0 else {
            return 0
        }
        var sampled = 0
        for _ in 0..<max(1, settings.eviction.samples) {
            let entry =
                volatileOnly
                ? database.pointee.sampleVolatile()?.element
                : database.pointee.table.random(&random)
            guard let entry else { break }
            sampled += 1
            evictionPool.insert(
                EvictionCandidate(
                    hash: hash(entry.key), database: i,
                    score: EvictionClock.score(entry.clock, now: now, settings.eviction)))
        }
        return sampled
    }
}

extension Database {
    /// The entry whose key has this hash.
    func find(hash: UInt64) -> Table<Entry>.Position? {
        table.find(hash: hash, mask: .max) { _ in true }
    }

    /// A volatile entry at random, out of the expiry index. Stale items met on the way are dropped.
    mutating func sampleVolatile() -> Table<Entry>.Position? {
        while volatileCount > 0, let sample = wheel.sample(&engine.pointee.random) {
            if let position = find(item: sample.item) { return position }
            wheel.remove(sample)
        }
        return nil
    }

    /// The entry with the nearest deadline.
    mutating func soonest(
        _ items: UnsafeMutablePointer<UInt64>
    ) -> (deadline: Int64, hash: UInt64)? {
        var best: (deadline: Int64, hash: UInt64)?
        while best == nil {
            let taken = wheel.takeSoonest(into: items, max: ExpiryCycle.batch)
            if taken == 0 { return nil }
            for i in 0..<taken {
                guard let position = find(item: items[i]) else { continue }
                let entry = position.element
                // The item goes back: its entry may stay.
                armWheel(items[i], entry.generation, entry.deadline)
                if best == nil || entry.deadline < best!.deadline {
                    best = (entry.deadline, engine.pointee.hash(entry.key))
                }
            }
        }
        return best
    }
}
