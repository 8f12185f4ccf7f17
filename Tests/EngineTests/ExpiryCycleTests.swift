// Active expiry: every key with a deadline leaves the table within a millisecond or two of it, no
// matter how its deadline was moved about; stale items of the index never pile up.

import Memory
import Testing

@testable import Engine

@Suite(.serialized) struct ExpiryCycleTests {
    /// Each millisecond some keys are armed, put off, shortened, persisted, made anew.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func keysLeaveOnTime(seed: UInt64) {
        let test = TestEngine(databases: 2, seed: seed)
        var random = RandomSource(seed: seed)
        var deadlines: [[Int: Int64]] = [[:], [:]]
        var persistent: [Set<Int>] = [[], []]
        let ranges = [3, 40, 300, 1000, 70_000] as [UInt64]
        for turn in 0..<1500 {
            test.now += 1
            test.expireAll()
            for i in 0..<2 {
                deadlines[i] = deadlines[i].filter { $0.value >= test.now }
                let expected = deadlines[i].count + persistent[i].count
                if test.database(i).pointee.count != expected
                    || test.database(i).pointee.volatileCount != deadlines[i].count
                {
                    Issue.record(
                        "turn \(turn): \(test.database(i).pointee.count) keys, expected \(expected), seed \(seed)"
                    )
                    return
                }
            }
            for _ in 0..<8 {
                let i = random.below(2)
                let n = random.below(500)
                let due = test.now + Int64(random.below(ranges[random.below(5)]))
                let isThere = deadlines[i][n] != nil || persistent[i].contains(n)
                switch random.below(8) {
                case 0...2:
                    test.set(testKey(n), [1], .at(due), in: i)
                case 3, 4:
                    guard isThere else { continue }
                    test.with(testKey(n), i) { database, _, hash, position in
                        _ = database.pointee.setDeadline(position!, hash, due)
                    }
                case 5:
                    guard isThere else { continue }
                    test.with(testKey(n), i) { database, _, _, position in
                        _ = database.pointee.clearDeadline(position!)
                    }
                    deadlines[i][n] = nil
                    persistent[i].insert(n)
                    continue
                case 6:
                    test.remove(testKey(n), in: i)
                    deadlines[i][n] = nil
                    persistent[i].remove(n)
                    continue
                default:
                    // Deleted and made anew under the same name, several times.
                    for _ in 0..<3 {
                        test.remove(testKey(n), in: i)
                        test.set(testKey(n), [1], .at(due), in: i)
                    }
                }
                deadlines[i][n] = due
                persistent[i].remove(n)
            }
        }
        #expect(test.engine.pointee.statistics.expiryLagWorst == 0)
        #expect(test.engine.pointee.statistics.lazilyExpiredKeys == 0)
        test.checkInvariants()
    }

    /// The loop sleeps until `pendingWork` says: then, too, nothing is late.
    @Test(arguments: [1, 2] as [UInt64])
    func theLoopIsWokenInTime(seed: UInt64) {
        let test = TestEngine(databases: 3, seed: seed)
        var random = RandomSource(seed: seed)
        var live: [Int: Int64] = [:]
        for n in 0..<400 {
            let due = test.now + Int64(random.below(UInt64(1) << UInt64(2 + n % 34)))
            live[n] = due
            test.set(testKey(n), [1], .at(due), in: n % 3)
        }
        var wakings = 0
        while !live.isEmpty {
            let next = Engine.pendingWork(test.engine).expiry
            let soonest = live.values.min()! + 1
            if next > soonest {
                Issue.record("woken \(next - soonest) ms late, seed \(seed)")
                return
            }
            test.now = max(next, test.now)
            test.expireAll()
            live = live.filter { $0.value >= test.now }
            let count = (0..<3).reduce(0) { $0 + test.database($1).pointee.count }
            if count != live.count { Issue.record("\(count) keys, \(live.count), seed \(seed)") }
            wakings += 1
            if wakings > 20_000 {
                Issue.record("never ends, seed \(seed)")
                return
            }
        }
        #expect(Engine.pendingWork(test.engine).expiry == .max)
    }

    /// What a peer can do to the index: the cycle runs only when `pendingWork` asks for it.
    private func turn(_ test: TestEngine) {
        guard Engine.pendingWork(test.engine).expiry <= test.now else { return }
        for _ in 0..<64 where !test.engine.pointee.expireSome() { break }
    }

    @Test func deletedKeysLeaveNoPileOfItems() {
        let test = TestEngine(seed: 1)
        var worst = 0
        for round in 0..<250_000 {
            test.set([1, 2, 3], [1], .at(test.now + 100_000_000))
            test.remove([1, 2, 3])
            if round % 100 == 0 { turn(test) }
            worst = max(worst, test.database().pointee.wheel.count)
        }
        #expect(worst < 70_000, "\(worst) items")
        #expect(test.database().pointee.wheel.memoryBytes < 3 << 20)
    }

    @Test func shortAndLongDeadlinesInTurnLeaveNoPileOfItems() {
        let test = TestEngine(seed: 1)
        for n in 0..<100 { test.set(testKey(n), [1], .at(test.now + 1_000_000)) }
        var worst = 0
        for round in 0..<250_000 {
            let due = test.now + (round / 100 % 2 == 0 ? 50_000_000 : 900_000)
            test.with(testKey(round % 100)) { database, _, hash, position in
                _ = database.pointee.setDeadline(position!, hash, due)
            }
            if round % 100 == 0 { turn(test) }
            worst = max(worst, test.database().pointee.wheel.count)
        }
        #expect(worst < 70_000, "\(worst) items")
        test.now += 50_000_001
        test.expireAll()
        #expect(test.database().pointee.count == 0)
    }

    /// A session key refreshed over and over has one item.
    @Test func aDeadlinePutOffAddsNothing() {
        let test = TestEngine(seed: 1)
        for round in 0..<5000 {
            test.set([7], [1], .at(test.now + 1000))
            if round % 10 == 0 { test.now += 1 }
            test.expireAll()
        }
        #expect(test.database().pointee.wheel.count <= 2)
        test.now += 1001
        test.expireAll()
        #expect(test.database().pointee.count == 0)
    }

    /// Eight generations wrap around: a stale item that matches again does no harm.
    @Test func generationsMayWrap() {
        let test = TestEngine(seed: 1)
        for n in 0..<50 {
            test.set(testKey(n), [1], .at(test.now + 10_000))
            for i in 1...20 {
                test.with(testKey(n)) { database, _, hash, position in
                    _ = database.pointee.setDeadline(position!, hash, test.now + 10_000 - Int64(i))
                }
            }
            test.with(testKey(n)) { database, _, hash, position in
                _ = database.pointee.setDeadline(position!, hash, test.now + 20_000)
            }
        }
        test.now += 20_000
        test.expireAll()
        #expect(test.database().pointee.count == 50)
        test.now += 1
        test.expireAll()
        #expect(test.database().pointee.count == 0)
    }

    @Test func theClockMayStepBack() {
        let test = TestEngine(seed: 1)
        let now = test.now
        for n in 0..<100 { test.set(testKey(n), [1], .at(now + Int64(n) * 100)) }
        test.now = now + 1_000_000_000_000
        test.now = now - 3_600_000
        test.expireAll()
        #expect(test.database().pointee.count == 100)
        test.now = now + 5050
        test.expireAll()
        #expect(test.database().pointee.count == 49)
    }
}
