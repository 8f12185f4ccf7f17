// Eviction under each policy: memory comes back below the limit, the right keys go, and nothing
// loops when there is nothing to take.

import Memory
import Testing

@testable import Engine

@Suite(.serialized) struct EvictionCycleTests {
    private func use(_ policy: EvictionPolicy, _ test: TestEngine, samples: Int = 5) {
        policy.name.description.withBytes {
            test.engine.pointee.setEviction(
                policy: $0, samples: samples, lfuLogFactor: 10, lfuDecayMinutes: 1)
        }
    }

    /// Steps until the cycle rests; records one that never does.
    @discardableResult
    private func run(_ test: TestEngine, limit: Int = 1_000_000) -> Int {
        var steps = 0
        while test.engine.pointee.evictSome() {
            steps += 1
            if steps > limit {
                Issue.record("eviction does not end")
                return steps
            }
        }
        return steps
    }

    private func limit(_ test: TestEngine, freeing bytes: Int) {
        test.engine.pointee.settings.maxMemory = Allocator.usedBytes - bytes
    }

    @Test(arguments: EvictionPolicy.allCases)
    func memoryComesBackBelowTheLimit(policy: EvictionPolicy) {
        let test = TestEngine(databases: 3, seed: 1)
        for n in 0..<4000 {
            let deadline: NewDeadline = n % 2 == 0 ? .none : .at(test.now + 1000 + Int64(n))
            test.set(testKey(n), [UInt8](repeating: 1, count: 60), deadline, in: n % 3)
        }
        use(policy, test)
        limit(test, freeing: 40_000)
        run(test)
        let persistent = (0..<4000).filter { $0 % 2 == 0 && test.exists(testKey($0), in: $0 % 3) }
        if policy == .noeviction {
            #expect(test.engine.pointee.isOverMemory && persistent.count == 2000)
            #expect(test.engine.pointee.evictOne() == .none)
        } else {
            check(!test.engine.pointee.isOverMemory)
            #expect(test.engine.pointee.evictOne() == .enough)
            #expect(test.engine.pointee.statistics.evictedKeys > 50)
            if policy.isVolatile { #expect(persistent.count == 2000) }
        }
        // More than there is: everything that may go does, and the cycle rests.
        test.engine.pointee.settings.maxMemory = 1
        run(test)
        #expect(test.engine.pointee.evictOne() == .none)
        #expect(!Engine.pendingWork(test.engine).eviction)
        let left = (0..<3).reduce(0) { $0 + test.database($1).pointee.count }
        #expect(left == (policy == .noeviction ? 4000 : policy.isVolatile ? 2000 : 0))
        test.checkInvariants()
        // A write wakes it.
        test.set([1, 1], [1], .at(test.now + 10))
        #expect(Engine.pendingWork(test.engine).eviction == (policy != .noeviction))
        run(test)
        #expect(test.exists([1, 1]) == (policy == .noeviction))
    }

    @Test func lruTakesTheOld() {
        let test = TestEngine(seed: 1)
        use(.allkeysLRU, test, samples: 10)
        let many = 3000
        for n in 0..<many {
            test.set(testKey(n), [UInt8](repeating: 1, count: 50))
            test.now += 1000
        }
        while test.database().pointee.count > many / 2 {
            limit(test, freeing: 1)
            run(test)
        }
        let young = (many / 2..<many).filter { test.exists(testKey($0)) }.count
        #expect(young > many / 2 * 88 / 100, "\(young)")
    }

    @Test func lfuTakesTheUnpopular() {
        let test = TestEngine(seed: 1)
        use(.volatileLFU, test, samples: 10)
        for n in 0..<1000 { test.set(testKey(n), [1], .at(test.now + 1_000_000_000)) }
        for n in 0..<500 {
            testKey(n).withBytes { key in
                for _ in 0..<60 {
                    _ = test.database().pointee.lookupRead(key, test.engine.pointee.hash(key))
                }
            }
        }
        while test.database().pointee.count > 500 {
            limit(test, freeing: 1)
            run(test)
        }
        let popular = (0..<500).filter { test.exists(testKey($0)) }.count
        #expect(popular > 460, "\(popular)")
    }

    /// One after the other, whatever their order and distance, put off or not.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func ttlTakesTheSoonest(seed: UInt64) {
        let test = TestEngine(databases: 2, seed: seed)
        var random = RandomSource(seed: seed)
        use(.volatileTTL, test)
        var live: [(deadline: Int64, n: Int)] = []
        var used = Set<Int64>()
        for n in 0..<600 {
            // Spread so that no slot of the index holds more than a batch.
            let due = test.now + 10 + Int64(n) * 40 + Int64(random.below(40))
            guard used.insert(due).inserted else { continue }
            let early: NewDeadline = random.below(4) == 0 ? .at(test.now + 5) : .at(due)
            test.set(testKey(n), [1], early, in: n % 2)
            test.with(testKey(n), n % 2) { database, _, hash, position in
                _ = database.pointee.setDeadline(position!, hash, due)
            }
            live.append((due, n))
        }
        test.set([200], [1])
        live.sort { $0.deadline < $1.deadline }
        var rank = 0
        var misses = 0
        while rank < live.count {
            test.engine.pointee.settings.maxMemory = Allocator.usedBytes - 1
            let before = test.engine.pointee.statistics.evictedKeys
            while test.engine.pointee.statistics.evictedKeys == before {
                if test.engine.pointee.evictOne() == .none {
                    Issue.record("nothing found, seed \(seed)")
                    return
                }
            }
            if test.exists(testKey(live[rank].n), in: live[rank].n % 2) { misses += 1 }
            rank += 1
        }
        #expect(misses == 0, "seed \(seed)")
        test.engine.pointee.settings.maxMemory = 1
        #expect(test.engine.pointee.evictOne() == .none && test.exists([200]))
    }

    /// A hundred thousand keys in one slot of the index: still among the soonest by far.
    @Test func ttlInOneSlotOfManyIsNearlyExact() {
        let test = TestEngine(seed: 1)
        use(.volatileTTL, test)
        let many = 20_000
        let base = test.now + 40 * 86_400_000
        for n in 0..<many { test.set(testKey(n), [1], .at(base + Int64(n * 7919 % many) * 1000)) }
        for _ in 0..<500 {
            let before = test.engine.pointee.statistics.evictedKeys
            test.engine.pointee.settings.maxMemory = Allocator.usedBytes - 1
            while test.engine.pointee.statistics.evictedKeys == before {
                _ = test.engine.pointee.evictOne()
            }
        }
        let latest = (0..<many).filter { !test.exists(testKey($0)) }.map { $0 * 7919 % many }.max()!
        #expect(latest < many / 4, "\(latest)")
    }

    /// Deleted keys leave items behind: a step drops a bounded number, and the cycle comes to rest.
    @Test(arguments: EvictionPolicy.allCases.filter(\.isVolatile))
    func staleItemsNeitherHangNorHide(policy: EvictionPolicy) {
        let test = TestEngine(seed: 1)
        use(policy, test)
        for n in 0..<20_000 {
            test.set(testKey(1 + n % 30), [1], .at(test.now + 100_000 + Int64(n)))
            test.remove(testKey(1 + n % 30))
        }
        test.set([1], [1])
        limit(test, freeing: 1)
        #expect(run(test) == 0 && test.exists([1]))
        test.set([2], [1], .at(test.now + 500_000_000))
        test.engine.pointee.settings.maxMemory = 1
        var before = test.database().pointee.wheel.count
        var steps = 0
        while test.engine.pointee.evictSome() {
            let after = test.database().pointee.wheel.count
            if before - after > 400 { Issue.record("\(before - after) items in one step") }
            before = after
            steps += 1
            if steps > 5000 { break }
        }
        #expect(steps < 5000 && test.exists([1]) && !test.exists([2]))
        test.remove([1])
        run(test)
        #expect(test.engine.pointee.evictOne() == .none)
    }

    @Test func whatWaitsToBeFreedGoesFirst() {
        let test = TestEngine(seed: 1)
        use(.allkeysRandom, test)
        for n in 0..<3000 { test.set(testKey(n), [UInt8](repeating: 1, count: 60)) }
        test.engine.pointee.flush(0)
        test.set([1], [1])
        limit(test, freeing: 50_000)
        run(test)
        #expect(test.exists([1]) && test.engine.pointee.statistics.evictedKeys == 0)
    }
}
