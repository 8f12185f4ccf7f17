// The eviction clock and pool: wraparound, the LFU formula, and how good the sampled choice is.

import Memory
import Testing

@testable import Engine

@Suite struct EvictionClockTests {
    let lru = EvictionParameters(policy: .allkeysLRU)
    let lfu = EvictionParameters(policy: .allkeysLFU)

    @Test func policiesAreFoundByName() {
        for policy in EvictionPolicy.allCases {
            let name = policy.name.description
            #expect(name.uppercased().withBytes { EvictionPolicy(name: $0) } == policy)
            #expect(policy.isVolatile == name.hasPrefix("volatile"))
            #expect(policy.isLFU == name.hasSuffix("lfu"))
            #expect(policy.isRandom == name.hasSuffix("random"))
        }
        #expect(EvictionPolicy(name: Bytes("allkeys")) == nil)
    }

    @Test func idleTimeCountsWholeSecondsAcrossTheWrap() {
        let wrap: Int64 = 1 << 24
        for start in [0, 1000, wrap - 3, wrap - 1, wrap, 7 * wrap + 5] {
            let stamp = EvictionClock.seconds(start * 1000 + 999)
            #expect(stamp <= EvictionClock.mask)
            for idle in [0, 1, 60, 86400, wrap - 1] {
                let now = (start + idle) * 1000 + 5
                #expect(EvictionClock.idleMilliseconds(stamp, now: now) == idle * 1000)
                #expect(EvictionClock.score(stamp, now: now, lru) == UInt64(idle * 1000))
            }
        }
    }

    @Test func aCounterDecaysByOneEachPeriodAcrossTheWrap() {
        let wrap: Int64 = 1 << 16
        for start in [0, 12345, wrap - 2, wrap * 400 + 7] {
            let stamp = EvictionClock.minutes(start * 60000) << 8 | 100
            func counter(after minutes: Int64, _ decay: Int) -> UInt32 {
                let parameters = EvictionParameters(policy: .volatileLFU, lfuDecayMinutes: decay)
                return EvictionClock.counter(stamp, now: (start + minutes) * 60000, parameters)
            }
            #expect(counter(after: 0, 1) == 100)
            #expect(counter(after: 1, 1) == 99)
            #expect(counter(after: 99, 1) == 1)
            #expect(counter(after: 100, 1) == 0)
            #expect(counter(after: 60000, 1) == 0)
            #expect(counter(after: 29, 10) == 98)
            #expect(counter(after: 60000, 0) == 100)
        }
    }

    /// A level is left with probability p, so it lasts 1/p accesses: the sum over levels is the
    /// number of accesses that a counter takes.
    @Test func theCounterGrowsAsTheFormulaExpects() {
        var random = RandomSource(seed: 2)
        for factor in [0, 1, 10] {
            let parameters = EvictionParameters(policy: .allkeysLFU, lfuLogFactor: factor)
            let target: UInt32 = 25
            let expected = (5..<25).reduce(0) { $0 + ($1 - 5) * factor + 1 }
            var total = 0
            for _ in 0..<300 {
                var stamp = EvictionClock.initialLFU(now: 0)
                while stamp & 0xff < target {
                    stamp = EvictionClock.touchedLFU(
                        stamp, now: 0, parameters: parameters, random: &random)
                    total += 1
                }
            }
            let mean = Double(total) / 300
            #expect(abs(mean - Double(expected)) <= Double(expected) * 0.08, "factor \(factor)")
        }
    }

    @Test func theCounterSaturatesAndRecoversBelowItsStart() {
        var random = RandomSource(seed: 3)
        #expect(EvictionClock.incremented(255, lfu, &random) == 255)
        for low in UInt32(0)...5 {
            #expect(EvictionClock.incremented(low, lfu, &random) == low + 1)
        }
        let busy = EvictionClock.minutes(0) << 8 | 200, calm = EvictionClock.minutes(0) << 8 | 9
        #expect(
            EvictionClock.score(calm, now: 0, lfu) > EvictionClock.score(busy, now: 0, lfu))
        #expect(EvictionClock.score(deadline: 5) > EvictionClock.score(deadline: 6))
        #expect(EvictionClock.score(deadline: -5) == .max)
    }
}

@Suite struct EvictionPoolTests {
    @Test func theBestSixteenStayAndLeaveBestFirst() {
        var random = RandomSource(seed: 4)
        for _ in 0..<50 {
            var pool = EvictionPool()
            let scores = (0..<100).map { _ in random.below(UInt64(1000)) }
            for (i, score) in scores.enumerated() {
                pool.insert(EvictionCandidate(hash: UInt64(i), database: i % 16, score: score))
            }
            var popped: [UInt64] = []
            while let best = pool.popBest() {
                #expect(scores[Int(best.hash)] == best.score)
                #expect(best.database == Int(best.hash) % 16)
                popped.append(best.score)
            }
            #expect(popped == Array(scores.sorted(by: >).prefix(16)))
        }
    }

    @Test func aKeyIsInOnceWithItsLatestScore() {
        var pool = EvictionPool()
        for score in [5, 50, 1] as [UInt64] {
            pool.insert(EvictionCandidate(hash: 9, database: 0, score: score))
            pool.insert(EvictionCandidate(hash: 9, database: 1, score: 7))
        }
        #expect(pool.count == 2)
        let popped = [pool.popBest(), pool.popBest(), pool.popBest()]
        #expect(popped.map { $0?.database } == [1, 0, nil])
        #expect(popped.map { $0?.score } == [7, 1, nil])
        pool.insert(EvictionCandidate(hash: 1, database: 0, score: 1))
        pool.clear()
        #expect(pool.count == 0)
    }

    /// Keys 0..<10000, the lower the longer idle; half are evicted by sampling.
    static func oldShare(samples: Int, seed: UInt64) -> Double {
        var random = RandomSource(seed: seed)
        let parameters = EvictionParameters(policy: .allkeysLRU, samples: samples)
        let keys = 10000
        let now = Int64(keys) * 1000
        var live = Array(0..<keys)
        var place = Array(0..<keys)
        var pool = EvictionPool()
        var old = 0
        for _ in 0..<keys / 2 {
            var victim: Int?
            while victim == nil {
                for _ in 0..<samples {
                    let key = live[random.below(live.count)]
                    let stamp = EvictionClock.seconds(Int64(key) * 1000)
                    let score = EvictionClock.score(stamp, now: now, parameters)
                    pool.insert(EvictionCandidate(hash: UInt64(key), database: 0, score: score))
                }
                while let best = pool.popBest() {
                    guard place[Int(best.hash)] >= 0 else { continue }
                    victim = Int(best.hash)
                    break
                }
            }
            let gone = victim!
            let hole = place[gone]
            live[hole] = live[live.count - 1]
            place[live[hole]] = hole
            live.removeLast()
            place[gone] = -1
            if gone < keys / 2 { old += 1 }
        }
        return Double(old) / Double(keys / 2)
    }

    @Test(arguments: [(5, 0.85), (10, 0.93)])
    func mostOfTheEvictedAreAmongTheOldest(samples: Int, atLeast: Double) {
        for seed in 1...3 as ClosedRange<UInt64> {
            let share = Self.oldShare(samples: samples, seed: seed)
            #expect(share >= atLeast, "seed \(seed): \(share)")
        }
    }
}
