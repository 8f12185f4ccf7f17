// Eviction: what leaves when memory is above `maxmemory`.
//
// LRU and LFU are approximated as in Redis: a few keys are sampled, the best candidates of this and
// earlier samples are kept in a pool, the best of all goes. Volatile keys are sampled out of the
// expiry index, so that few of them among many others are found at once; volatile-ttl takes the
// soonest from there: exactly, unless very many keys share the index's nearest slot, out of which
// some are looked at each time. One key at a time, in bounded steps: the callers bound how many.

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
        isOverMemory && settings.eviction.policy != .noeviction && evictionStuckAt != changes
    }

    /// One step towards the limit: waiting memory is freed first, then a key goes. False when
    /// memory is within the limit or nothing can be evicted.
    package mutating func evictSome() -> Bool {
        switch evictOne() {
        case .working: return true
        case .enough: return false
        case .none:
            evictionStuckAt = changes
            return false
        }
    }

    /// Has the cycle try again although nothing could be evicted: the limit is another one now.
    package mutating func retryEviction() { evictionStuckAt = -1 }

    /// As `evictSome`, for the command that is about to write.
    package mutating func evictOne() -> Room {
        guard isOverMemory else { return .enough }
        // What has been deleted and is not freed yet counts as used; evicting for it would be wrong.
        if lazyFree.hasWork {
            _ = lazyFree.freeOne(heap)
            return isOverMemory ? .working : .enough
        }
        switch evictKey() {
        case .nothing: return .none
        case .again: return .working
        case .evicted:
            statistics.evictedKeys += 1
            return isOverMemory ? .working : .enough
        }
    }

    private enum Outcome {
        case evicted
        /// Only stale items of the expiry index were met so far, and are out of the way now.
        case again
        case nothing
    }

    private mutating func evictKey() -> Outcome {
        switch settings.eviction.policy {
        case .noeviction: .nothing
        case .allkeysRandom: evictRandom()
        case .volatileRandom: evictRandomVolatile()
        case .volatileTTL: evictSoonest()
        case .allkeysLRU, .allkeysLFU, .volatileLRU, .volatileLFU: evictBest()
        }
    }

    /// What it means that sampling keys with a deadline found none.
    private var outcomeWithoutSample: Outcome {
        for i in 0..<databaseCount
        where databases[i].volatileCount > 0 && databases[i].wheel.count > 0 {
            return .again
        }
        return .nothing
    }

    private mutating func evict(_ database: Int, _ position: Table<Entry>.Position) {
        if !observers.isEmpty { databases[database].noteObserved(position.element.key) }
        databases[database].remove(Position(position))
        changes &+= 1
    }

    // MARK: Random

    private mutating func evictRandom() -> Outcome {
        for thorough in [false, true] {
            for _ in 0..<databaseCount {
                evictionCursor = (evictionCursor + 1) % databaseCount
                let database = databases + evictionCursor
                let entry =
                    thorough
                    ? database.pointee.table.random(&random)
                    : database.pointee.table.sample(&random)
                guard let entry else { continue }
                let hash = hash(entry.key)
                if let position = database.pointee.table.find(entry.key, hash) {
                    evict(evictionCursor, position)
                    return .evicted
                }
            }
        }
        return .nothing
    }

    private mutating func evictRandomVolatile() -> Outcome {
        for _ in 0..<databaseCount {
            evictionCursor = (evictionCursor + 1) % databaseCount
            if let position = databases[evictionCursor].sampleVolatile() {
                evict(evictionCursor, position)
                return .evicted
            }
        }
        return outcomeWithoutSample
    }

    // MARK: The soonest to expire

    private mutating func evictSoonest() -> Outcome {
        for i in 0..<databaseCount where databases[i].volatileCount > 0 {
            databases[i].gatherSoonest(expiry.items, &evictionPool)
        }
        while let candidate = evictionPool.popBest() {
            guard
                let position = databases[candidate.database].find(hash: candidate.hash),
                let deadline = position.element.deadlineIfAny,
                EvictionClock.score(deadline: deadline) == candidate.score
            else { continue }
            evict(candidate.database, position)
            return .evicted
        }
        return outcomeWithoutSample
    }

    // MARK: The best of a pool of samples

    private mutating func evictBest() -> Outcome {
        let volatileOnly = settings.eviction.policy.isVolatile
        for _ in 0..<4 {
            var sampled = 0
            for i in 0..<databaseCount { sampled += fillPool(from: i, volatileOnly) }
            while let candidate = evictionPool.popBest() {
                // The key may be gone since it was sampled.
                guard
                    let position = databases[candidate.database].find(hash: candidate.hash),
                    !volatileOnly || position.element.hasDeadline
                else { continue }
                evict(candidate.database, position)
                return .evicted
            }
            if sampled == 0 { break }
        }
        // Tables so sparse that sampling found nothing.
        return volatileOnly ? outcomeWithoutSample : evictRandom()
    }

    private mutating func fillPool(from i: Int, _ volatileOnly: Bool) -> Int {
        let database = databases + i
        guard (volatileOnly ? database.pointee.volatileCount : database.pointee.table.count) > 0
        else { return 0 }
        var sampled = 0
        for _ in 0..<max(1, settings.eviction.samples) {
            let entry =
                volatileOnly
                ? database.pointee.sampleVolatile()?.element
                : database.pointee.table.sample(&random)
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
    mutating func find(hash: UInt64) -> Table<Entry>.Position? {
        table.find(hash: hash, mask: .max) { _ in true }
    }

    /// A volatile entry at random, out of the expiry index. Stale items met on the way are dropped;
    /// after many of them it gives up for this time.
    mutating func sampleVolatile() -> Table<Entry>.Position? {
        guard volatileCount > 0 else { return nil }
        for _ in 0..<64 {
            guard let sample = wheel.sample(&engine.pointee.random) else { return nil }
            if let position = find(item: sample.item) { return position }
            wheel.remove(sample)
        }
        return nil
    }

    /// Puts the entries with the nearest deadlines into `pool`.
    ///
    /// Looks at one batch of the index's nearest items, at more only where those were stale or
    /// their deadlines had been put off. The items go back behind the others of their slot, so that
    /// the next call looks at others.
    mutating func gatherSoonest(
        _ items: UnsafeMutablePointer<UInt64>, _ pool: inout EvictionPool
    ) {
        var nearest = Int64.max
        for _ in 0..<8 {
            let taken = wheel.takeSoonest(into: items, max: ExpiryCycle.batch)
            if taken == 0 { return }
            for i in 0..<taken {
                guard let position = find(item: items[i]) else { continue }
                let entry = position.element
                armWheel(items[i], entry.generation, entry.deadline)
                nearest = min(nearest, entry.deadline)
                pool.insert(
                    EvictionCandidate(
                        hash: hash(of: entry), database: index,
                        score: EvictionClock.score(deadline: entry.deadline)))
            }
            if nearest < wheel.endOfSoonestSlot() { return }
        }
    }

    private func hash(of entry: Entry) -> UInt64 { table.hash(entry.key) }
}
