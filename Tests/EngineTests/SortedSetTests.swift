// Sorted sets as values against a naive model, in both encodings and across the conversion, with
// ranges, copies, freeing in slices and compaction; and the allocator's books afterwards.

import Memory
import RESP
import Testing

@testable import Engine

private struct Pair: Comparable {
    let score: Double
    let member: [UInt8]
    static func < (a: Pair, b: Pair) -> Bool {
        a.score == b.score ? a.member.lexicographicallyPrecedes(b.member) : a.score < b.score
    }
}

/// A sorted set under the key "z" and its model.
private final class Fixture {
    let engine: TestEngine
    var model: [[UInt8]: Double] = [:]
    var random: RandomSource
    let key = Array("z".utf8)

    init(seed: UInt64, entries: Int = 128, value: Int = 64) {
        engine = TestEngine(seed: seed)
        engine.engine.pointee.settings.zsetMaxListpackEntries = entries
        engine.engine.pointee.settings.zsetMaxListpackValue = value
        random = RandomSource(seed: seed)
    }

    var sorted: [Pair] { model.map { Pair(score: $0.value, member: $0.key) }.sorted() }

    /// Lends the set; nil if there is none.
    func with<R>(_ body: (SortedSet) -> R) -> R? {
        engine.with(key) { _, _, _, position in
            position.map { body(SortedSet($0.entry, engine.engine)) }
        }
    }

    func change(_ body: (inout SortedSet) -> Void) {
        engine.with(key) { database, bytes, hash, position in
            var set =
                position.map { SortedSet($0.entry, engine.engine) }
                ?? SortedSet.create(engine.engine)
            body(&set)
            guard let position else {
                return set.count > 0
                    ? set.store(database, bytes, hash, nil) : set.release()
            }
            set.store(in: position.entry)
            if set.count == 0 { database.pointee.remove(position) }
        }
    }

    func member() -> [UInt8] {
        switch random.below(8) {
        case 0: Array(String(random.below(500)).utf8)
        case 1: [UInt8](repeating: 120, count: random.below(90))
        case 2: (0..<random.below(12)).map { _ in UInt8(random.below(4)) }
        default: Array("member:\(random.below(600))".utf8)
        }
    }

    func score() -> Double {
        switch random.below(10) {
        case 0: Double(random.next() >> 11) / 1e9
        case 1: [-0.0, 0, .infinity, -.infinity, 1e300, 1e-300][random.below(6)]
        default: Double(random.below(60)) - 30
        }
    }

    func add() {
        let member = member()
        let score = score()
        let old = model[member]
        change { set in
            let result = member.withBytes { set.add($0, score) }
            #expect(result.score == score)
            #expect(
                result.change == (old == nil ? .added : old == score ? .unchanged : .updated))
        }
        model[member] = score
    }

    func remove() {
        let member =
            random.below(2) == 0 ? member() : (model.keys.randomElement(using: &random) ?? [])
        var removed = false
        change { set in removed = member.withBytes { set.remove($0) } }
        let wasThere = model.removeValue(forKey: member) != nil
        #expect(removed == wasThere)
    }

    func removeRange() {
        let pairs = sorted
        guard !pairs.isEmpty else { return }
        let start = random.below(pairs.count)
        let end = start + random.below(min(pairs.count - start, 20) + 1)
        change { $0.removeRange(start..<end) }
        for pair in pairs[start..<end] { model[pair.member] = nil }
    }

    func check() {
        let pairs = sorted
        guard
            let found = with({ set in
                var all: [Pair] = []
                set.forEach { all.append(Pair(score: $1, member: $0.array)) }
                #expect(set.count == pairs.count)
                checkLookups(set, pairs)
                return all
            })
        else { return #expect(pairs.isEmpty) }
        #expect(found == pairs)
    }

    private func checkLookups(_ set: SortedSet, _ pairs: [Pair]) {
        for _ in 0..<5 {
            let i = random.below(pairs.count)
            let rank = pairs[i].member.withBytes { set.rank($0) }
            #expect(rank?.rank == i && rank?.score == pairs[i].score)
            #expect(pairs[i].member.withBytes { set.score($0) } == pairs[i].score)
            #expect(set.cursor(at: i)?.member.array == pairs[i].member)
            var range = ScoreRange(score(), score())
            range.excludesMin = random.below(2) == 0
            range.excludesMax = random.below(2) == 0
            let wanted = pairs.filter { range.isAboveMin($0.score) && range.isBelowMax($0.score) }
            let ranks = set.ranks(range)
            #expect(ranks.count == wanted.count)
            if let first = wanted.first { #expect(pairs[ranks.lowerBound] == first) }
        }
    }
}

/// Checks what adding a member did.
private func expectAdd(
    _ set: inout SortedSet, _ member: String, _ score: Double, _ rules: SortedSetRules = [],
    _ change: SortedSetChange, now: Double? = nil
) {
    let result = member.withBytes { set.add($0, score, rules) }
    #expect(result.change == change)
    if let now { #expect(result.score == now) }
}

private func remove(_ set: inout SortedSet, _ member: String) -> Bool {
    member.withBytes { set.remove($0) }
}

@Suite(.serialized) struct SortedSetTests {
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func behavesLikeADictionary(seed: UInt64) {
        let before = Allocator.usedBytes
        do {
            let f = Fixture(seed: seed, entries: seed == 4 ? 0 : 128)
            for step in 0..<12_000 {
                // Waves: the set grows past the threshold and shrinks to nothing again.
                let growing = step / 1500 % 2 == 0
                switch f.random.below(20) {
                case 0..<(growing ? 13 : 5): f.add()
                case 0..<18: f.remove()
                default: f.removeRange()
                }
                if step % 50 == 0 { f.check() }
            }
            f.check()
        }
        #expect(Allocator.usedBytes == before, "seed \(seed)")
    }

    @Test func rulesDecide() {
        let f = Fixture(seed: 5)
        for packed in [true, false] {
            f.engine.engine.pointee.settings.zsetMaxListpackEntries = packed ? 128 : 0
            var set = SortedSet.create(f.engine.engine, count: 1)
            #expect(set.isPacked == packed)
            expectAdd(&set, "m", 1, .onlyOld, .refused)
            expectAdd(&set, "m", 1, .onlyNew, .added)
            expectAdd(&set, "m", 2, .onlyNew, .refused)
            expectAdd(&set, "m", 0, .onlyGreater, .refused)
            expectAdd(&set, "m", 2, .onlyLess, .refused)
            expectAdd(&set, "m", 5, .increment, .updated, now: 6)
            expectAdd(&set, "m", 0, .increment, .unchanged, now: 6)
            expectAdd(&set, "m", .infinity, .increment, .updated)
            expectAdd(&set, "m", -.infinity, .increment, .notANumber)
            #expect(set.score(Bytes("m")) == .infinity)
            set.release()
        }
    }

    @Test func convertsAtTheThresholds() {
        let f = Fixture(seed: 6, entries: 4, value: 8)
        var set = SortedSet.create(f.engine.engine)
        for i in 0..<4 { expectAdd(&set, "m\(i)", 1, [], .added) }
        #expect(set.isPacked)
        // A change of score is no reason.
        expectAdd(&set, "m1", 7, [], .updated)
        #expect(set.isPacked)
        expectAdd(&set, "m9", 7, [], .added)
        #expect(!set.isPacked && set.count == 5)
        set.release()
        set = .create(f.engine.engine)
        set.insertNew(Bytes("12345678"), 1)
        #expect(set.isPacked)
        set.insertNew(Bytes("123456789"), 1)
        #expect(!set.isPacked)
        set.convertToPacked(longest: 9)
        #expect(!set.isPacked)
        set.convertToPacked(longest: 8)
        #expect(set.isPacked && set.count == 2)
        set.release()
    }

    @Test func smallSetsHaveRedisBytes() {
        let f = Fixture(seed: 7)
        var set = SortedSet.create(f.engine.engine)
        set.insertNew(Bytes("b"), 1.5)
        set.insertNew(Bytes("7"), -3)
        set.insertNew(Bytes("a"), -0.0)
        // 7, -3, "a", 0, "b", "1.5"
        let expected: [UInt8] = [
            7, 1, 0xDF, 0xFD, 2, 0x81, 0x61, 2, 0, 1, 0x81, 0x62, 2, 0x83, 0x31, 0x2E, 0x35, 4,
        ]
        #expect(set.packedBytes?.array.dropFirst(6).dropLast() == expected[...])
        set.release()
    }

    @Test func copiesAreEqualAndApart() {
        let f = Fixture(seed: 8)
        for count in [20, 3000] {
            var set = SortedSet.create(f.engine.engine)
            for i in 0..<count { "m\(i)".withBytes { set.insertNew($0, Double(i % 50)) } }
            let copy = set.copy()
            let removed = remove(&set, "m7")
            #expect(removed)
            #expect(copy.count == count && set.count == count - 1)
            #expect(copy.score(Bytes("m7")) == 7 && set.score(Bytes("m7")) == nil)
            copy.release()
            set.release()
        }
    }

    @Test func freeingGoesInSlices() {
        let f = Fixture(seed: 9)
        f.change { set in
            for i in 0..<20_000 { "m\(i)".withBytes { set.insertNew($0, Double(i)) } }
        }
        let heap = f.engine.engine.pointee.heap
        f.engine.remove(f.key)
        let live = heap.pointee.liveBytes
        #expect(live > 20_000 * 24)
        var steps = 0
        while f.engine.engine.pointee.lazyFreeSome() { steps += 1 }
        #expect(steps > 50 && heap.pointee.liveBytes == 0)
        let freed = f.engine.engine.pointee.lazyFreed
        #expect(freed == 1)
    }

    @Test func removingNearlyAllKeepsTheRest() {
        let f = Fixture(seed: 10)
        f.change { set in
            for i in 0..<20_000 { "m\(i)".withBytes { set.insertNew($0, Double(i)) } }
            set.removeRange(10..<19_990)
            #expect(set.count == 20)
            #expect(set.cursor(at: 10)?.score == 19_990)
            #expect(set.rank(Bytes("m19999"))?.rank == 19)
            #expect(set.score(Bytes("m10")) == nil)
        }
        let waits = f.engine.engine.pointee.hasLazyFreeWork
        #expect(waits)
    }

    // With a sanitizer cells are plain allocations, which nothing moves.
    #if !FLASHKVD_SANITIZE
        @Test func compactionMovesWhatItMust() {
            let f = Fixture(seed: 11)
            let engine = f.engine.engine
            f.change { set in
                for i in 0..<60_000 {
                    "member:\(i)".withBytes { set.insertNew($0, Double(i * 7919 % 60_000)) }
                }
            }
            f.change { set in
                for i in 0..<60_000 where i % 12 != 0 {
                    let removed = remove(&set, "member:\(i)")
                    #expect(removed)
                }
            }
            let mapped = engine.pointee.heap.pointee.mappedBytes
            engine.pointee.startCompaction()
            while engine.pointee.compactionHasWork { _ = engine.pointee.compactSome() }
            let moves = engine.pointee.statistics.compactionMoves
            #expect(moves > 1000)
            #expect(engine.pointee.heap.pointee.mappedBytes < mapped)
            for i in stride(from: 0, to: 60_000, by: 12) {
                f.model[Array("member:\(i)".utf8)] = Double(i * 7919 % 60_000)
            }
            f.check()
            for _ in 0..<3000 { f.add() }
            for _ in 0..<3000 { f.remove() }
            f.check()
        }
    #endif

    @Test func lexRangesFollowTheMembers() {
        let f = Fixture(seed: 12)
        for packed in [true, false] {
            f.engine.engine.pointee.settings.zsetMaxListpackEntries = packed ? 128 : 0
            var set = SortedSet.create(f.engine.engine)
            for letter in "abcdefgh" { String(letter).withBytes { set.insertNew($0, 0) } }
            func ranks(_ min: String, _ max: String) -> Range<Int>? {
                min.withBytes { low in
                    max.withBytes { high in LexRange(min: low, max: high).map { set.ranks($0) } }
                }
            }
            #expect(ranks("-", "+") == 0..<8)
            #expect(ranks("[b", "(e") == 1..<4)
            #expect(ranks("(b", "[e") == 2..<5)
            #expect(ranks("[bb", "+") == 2..<8)
            #expect(ranks("+", "-")?.isEmpty == true)
            #expect(ranks("(c", "(c")?.isEmpty == true)
            #expect(ranks("[c", "[c") == 2..<3)
            #expect(ranks("c", "[d") == nil && ranks("", "+") == nil && ranks("-", "++") == nil)
            set.release()
        }
    }
}
