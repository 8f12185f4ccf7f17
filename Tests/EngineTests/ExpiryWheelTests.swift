// The expiry wheel against a naive model: every item exactly once, on time, at every range, under
// clock steps, purges and re-arming; its memory; its random and soonest items.

import Memory
import Testing

@testable import Engine

/// A wheel with the keyspace's half played by a dictionary: hash (the id) to deadline.
private struct Harness: ~Copyable {
    var wheel = ExpiryWheel()
    var random: RandomSource
    var deadlines: [UInt64: Int64] = [:]
    var now: Int64
    var nextID: UInt64 = 1
    var worstLag: Int64 = 0
    var delivered = 0
    let batch = UnsafeMutablePointer<UInt64>.allocate(capacity: 1000)

    init(seed: UInt64, now: Int64) {
        random = RandomSource(seed: seed)
        self.now = now
    }

    deinit { batch.deallocate() }

    static func generation(_ id: UInt64) -> UInt8 { UInt8(id % 8) }

    mutating func add(_ deadline: Int64) {
        let id = nextID
        nextID += 1
        deadlines[id] = deadline
        wheel.add(hash: id, generation: Self.generation(id), deadline: deadline, now: now)
    }

    /// Looks each item up, as the keyspace would.
    mutating func answer(_ count: Int) {
        for i in 0..<count {
            let id = batch[i] & ~ExpiryItem.generationMask
            guard let deadline = deadlines[id] else { continue }
            if ExpiryItem.generation(batch[i]) != Self.generation(id) {
                Issue.record("generation of \(id)")
            }
            if deadline <= now {
                deadlines[id] = nil
                delivered += 1
                worstLag = max(worstLag, now &- deadline)
            } else {
                wheel.add(
                    hash: id, generation: Self.generation(id), deadline: deadline, now: now)
            }
        }
    }

    mutating func turn(pieces: Int = .max) {
        wheel.advance(to: now)
        var left = pieces
        while left > 0 {
            let taken = wheel.take(into: batch, max: 1 + random.below(200))
            if taken.count == 0 { break }
            answer(taken.count)
            left -= 1
        }
    }

    /// Jumps from one deadline of the wheel to the next, as the reactor would, up to `end`.
    mutating func run(to end: Int64) {
        while let next = wheel.nextDeadline(now: now), next <= end {
            now = max(now, next)
            turn()
        }
        now = end
        turn()
    }

    /// A span of one of the levels, evenly among them.
    mutating func anySpan() -> Int64 {
        let most: Int64 = 1 << Int64(4 + random.below(39))
        return Int64(random.below(UInt64(most)))
    }
}

@Suite struct ExpiryWheelTests {
    static let start: Int64 = 1_790_000_000_123

    @Test(arguments: [1, 2, 3] as [UInt64])
    func everyItemComesInItsMillisecondWhenTheClockTicks(seed: UInt64) {
        var h = Harness(seed: seed, now: Self.start)
        for _ in 0..<100_000 {
            h.now += 1
            if h.random.below(20) == 0 { h.add(h.now - 3 + Int64(h.random.below(600))) }
            if h.random.below(20) == 0 { h.add(h.now + Int64(h.random.below(90_000))) }
            h.turn()
        }
        #expect(h.worstLag <= 3)  // The three of those added that much in the past.
        #expect(!h.deadlines.values.contains { $0 <= h.now })
        #expect(h.wheel.count == h.deadlines.count)
        h.run(to: h.now + 90_000)
        #expect(h.deadlines.isEmpty && h.wheel.count == 0)
        let next = h.wheel.nextDeadline(now: h.now)
        #expect(next == nil)
        #expect(h.delivered == Int(h.nextID) - 1)
    }

    /// Up to 139 years ahead: beyond the last level, too.
    @Test(arguments: [4, 5, 6] as [UInt64])
    func waitingForTheNextDeadlineFindsEveryItemOnTimeAtEveryRange(seed: UInt64) {
        var h = Harness(seed: seed, now: Self.start)
        for _ in 0..<300 {
            for _ in 0..<10 { h.add(h.now + 1 + h.anySpan()) }
            h.run(to: h.now + h.anySpan() / 100)
        }
        h.run(to: h.now + 1 << 43)
        #expect(h.worstLag == 0)
        #expect(h.deadlines.isEmpty && h.wheel.count == 0)
        #expect(h.delivered == 3000)
    }

    @Test(arguments: [7, 8, 9, 10] as [UInt64])
    func jumpsStepsBackAndSlowCallersLoseNothing(seed: UInt64) {
        var h = Harness(seed: seed, now: Self.start)
        for _ in 0..<3000 {
            for _ in 0..<h.random.below(8) { h.add(h.now - 5 + h.anySpan()) }
            switch h.random.below(12) {
            case 0: h.now += h.anySpan()
            case 1: h.now -= Int64(h.random.below(1000))
            case 2: h.now -= h.anySpan() / 1000
            default: h.now += Int64(h.random.below(300))
            }
            if h.random.below(5) == 0, let id = h.deadlines.keys.randomElement(using: &h.random) {
                h.deadlines[id]! += h.anySpan()
            }
            h.turn(pieces: h.random.below(4))
            #expect(h.wheel.count == h.deadlines.count)
        }
        // Everything whose time came has been waiting at most for the caller.
        h.turn()
        #expect(!h.deadlines.values.contains { $0 <= h.now - 1000 })
        h.now += 1 << 44
        h.turn()
        #expect(h.deadlines.isEmpty && h.wheel.count == 0 && !h.wheel.hasPending)
    }

    @Test func aClockSetBackIsFollowed() {
        var h = Harness(seed: 11, now: Self.start)
        h.add(h.now + 10)
        h.turn()
        h.now -= 3_600_000
        h.add(h.now + 100)
        h.turn()
        #expect(h.wheel.hasPending == false)
        h.run(to: h.now + 3_700_000)
        #expect(h.delivered == 2 && h.worstLag == 0)
    }

    @Test func aSlightlySlowClockDoesNotSpin() {
        var h = Harness(seed: 12, now: Self.start)
        h.turn()
        h.now -= 500
        h.add(h.now + 20)
        h.turn()
        #expect(h.wheel.hasPending == false)
        let next = h.wheel.nextDeadline(now: h.now)
        #expect(next == Self.start + 1)
        h.run(to: Self.start + 1)
        #expect(h.delivered == 1)
    }

    @Test func extremeDeadlinesAndClocksAreHarmless() {
        var h = Harness(seed: 13, now: 0)
        for deadline in [.min, -1, 0, 1, .max - 1, .max] as [Int64] { h.add(deadline) }
        h.turn()
        #expect(h.delivered == 3)
        for now in [1, 1 << 50, .max, .max, 5, .min, 1 << 20] as [Int64] {
            h.now = now
            h.turn(pieces: 50)
        }
        #expect(h.wheel.count == h.deadlines.count)
    }

    @Test(arguments: [20, 21, 22] as [UInt64])
    func aPurgeTakesTheStaleAndOnlyThose(seed: UInt64) {
        var h = Harness(seed: seed, now: Self.start)
        for _ in 0..<20_000 { h.add(h.now + 1 + h.anySpan()) }
        for id in h.deadlines.keys.filter({ $0 % 10 != 0 }).sorted() { h.deadlines[id] = nil }
        h.wheel.beginPurge()
        var calls = 0
        while h.wheel.isPurging {
            let count = h.wheel.purgeNext(into: h.batch, max: 1 + h.random.below(100))
            h.answer(count)
            calls += 1
            #expect(calls < 200_000)
            // Life goes on meanwhile.
            if h.random.below(3) == 0 { h.add(h.now + 1 + h.anySpan()) }
            if h.random.below(3) == 0 {
                h.now += Int64(h.random.below(200))
                h.turn()
            }
            if h.random.below(30) == 0 {
                h.answer(h.wheel.takeSoonest(into: h.batch, max: 1 + h.random.below(100)))
            }
        }
        #expect(h.wheel.count == h.deadlines.count, "seed \(seed)")
        h.run(to: h.now + 1 << 43)
        #expect(h.worstLag < 200)  // The clock went on by that much at a time.
        #expect(h.deadlines.isEmpty && h.wheel.count == 0)
    }

    @Test func aPurgeIsWantedWhenMostItemsAreStaleOrChunksAreAir() {
        var h = Harness(seed: 23, now: Self.start)
        for i in 0..<70_000 { h.add(h.now + 100_000 + Int64(i)) }
        let wanted = (
            h.wheel.wantsPurge(live: 70_000), h.wheel.wantsPurge(live: 2300),
            h.wheel.wantsPurge(live: 2000)
        )
        #expect(wanted == (false, false, true))
        for _ in 0..<1_000_000 {
            guard h.wheel.count > 1000, let sample = h.wheel.sample(&h.random) else { break }
            h.wheel.remove(sample)
        }
        #expect(h.wheel.count == 1000)
        let airy = h.wheel.wantsPurge(live: 1000)
        #expect(!airy, "a megabyte of air is not worth it")
    }
}

@Suite(.serialized) struct ExpiryWheelMemoryTests {
    static let start: Int64 = 1_790_000_000_123

    @Test func aMillionItemsOverTenHoursCostLittleMoreThanTheirEightBytes() {
        var h = Harness(seed: 30, now: Self.start)
        let items = 1_000_000
        for i in 0..<UInt64(items) {
            let deadline = h.now + Int64(h.random.below(UInt64(36_000_000)))
            h.wheel.add(hash: i, generation: 0, deadline: deadline, now: h.now)
        }
        let perItem = Double(h.wheel.memoryBytes) / Double(items)
        #expect(perItem <= 9.5, "\(perItem) bytes")
        var calls = 1
        while !h.wheel.freeSome(maxChunks: 100) { calls += 1 }
        #expect(calls > items / 512 / 100)
        #expect(h.wheel.memoryBytes == 0 && h.wheel.count == 0)
        h.add(h.now + 5)
        h.run(to: h.now + 5)
        #expect(h.delivered == 1)
    }

    @Test func allMemoryComesBackAndIsCounted() {
        var h = Harness(seed: 31, now: Self.start)
        #expect(h.wheel.memoryBytes == 0)
        for _ in 0..<20_000 { h.add(h.now + 1 + h.anySpan()) }
        let full = h.wheel.memoryBytes
        #expect(full >= h.wheel.count * 8)
        h.now += 1 << 44
        h.turn()
        // The levels, the root and small directories stay for the next items.
        #expect(h.wheel.chunkBytes == 0)
        #expect(h.wheel.memoryBytes <= full / 4)
        let done = h.wheel.freeSome(maxChunks: 1)
        #expect(done)
        #expect(h.wheel.memoryBytes == 0)
    }

    @Test func aStormIsTakenInBoundedPieces() {
        var h = Harness(seed: 32, now: Self.start)
        for _ in 0..<50_000 { h.add(Self.start + 1_000_000) }
        h.run(to: Self.start + 999_999)
        #expect(h.delivered == 0)
        h.now += 1
        h.wheel.advance(to: h.now)
        var taken = 0
        while h.wheel.hasDue {
            let next = h.wheel.nextDeadline(now: h.now)
            #expect(next == h.now)
            let piece = h.wheel.take(into: h.batch, max: 100)
            #expect(piece.kind == .due && piece.count > 0 && piece.count <= 100)
            h.answer(piece.count)
            taken += piece.count
        }
        #expect(taken == 50_000 && h.delivered == 50_000)
    }
}

@Suite struct ExpiryWheelEvictionTests {
    static let start: Int64 = 1_790_000_000_123

    @Test func samplesSpreadOverAllItems() {
        var h = Harness(seed: 40, now: Self.start)
        let none = h.wheel.sample(&h.random)
        #expect(none?.item == nil)
        // A big slot, many middling and single ones: 3000 items in three bands of ids.
        for i in 0..<1000 as Range<Int64> { h.add(h.now + 400_000_000 + i) }
        for i in 0..<1000 as Range<Int64> { h.add(h.now + 70_000 + i * 40) }
        for i in 0..<1000 as Range<Int64> { h.add(h.now + 1_000_000 + i * 9_000) }
        var bands = [0, 0, 0]
        var seen = Set<UInt64>()
        for _ in 0..<30_000 {
            let id = h.wheel.sample(&h.random)!.item & ~ExpiryItem.generationMask
            seen.insert(id)
            bands[Int(id - 1) / 1000] += 1
        }
        #expect(seen.count > 2900)
        for band in bands { #expect(abs(band - 10_000) < 500, "\(bands)") }
    }

    @Test func removedSamplesAreGone() {
        var h = Harness(seed: 41, now: Self.start)
        for _ in 0..<5000 { h.add(h.now + 1 + h.anySpan()) }
        for _ in 0..<4990 {
            let sample = h.wheel.sample(&h.random)!
            let id = sample.item & ~ExpiryItem.generationMask
            #expect(h.deadlines.removeValue(forKey: id) != nil)
            h.wheel.remove(sample)
        }
        #expect(h.wheel.count == 10)
        h.run(to: h.now + 1 << 43)
        #expect(h.delivered == 10 && h.worstLag == 0 && h.wheel.chunkBytes == 0)
    }

    @Test func theSoonestComeFirstAndMayBeAddedAgain() {
        var h = Harness(seed: 42, now: Self.start)
        for _ in 0..<3000 { h.add(h.now + 1 + h.anySpan() % (1 << 39)) }
        var last: Int64 = 0
        var total = 0
        while h.wheel.count > 0 {
            let count = h.wheel.takeSoonest(into: h.batch, max: 16)
            #expect(count == min(16, 3000 - total))
            for i in 0..<count {
                let deadline = h.deadlines[h.batch[i] & ~ExpiryItem.generationMask]!
                // No order within a slot, which is at most as wide as it is far away.
                let bits = Int64.bitWidth - (deadline - h.now).leadingZeroBitCount - 1
                let slack: Int64 = bits < 8 ? 0 : 1 << Int64(bits / 8 * 8)
                #expect(deadline + slack >= last)
                last = max(last, deadline)
            }
            total += count
        }
        #expect(total == 3000)
    }

    @Test func anItemKeepsBucketTagAndGeneration() {
        let hash: UInt64 = 0xfedc_ba98_7654_3210
        for generation in UInt8(0)..<8 {
            let item = ExpiryItem.make(hash: hash, generation: generation)
            #expect(ExpiryItem.generation(item) == generation)
            #expect(ExpiryItem.matches(item, hash: hash))
            #expect(!ExpiryItem.matches(item, hash: hash ^ 1))
            #expect(item >> 56 == hash >> 56)
            #expect(item & (1 << 53 - 1) == hash & (1 << 53 - 1))
        }
    }
}

extension RandomSource: RandomNumberGenerator {}
