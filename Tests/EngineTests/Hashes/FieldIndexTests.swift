// The index of a big hash's deadlines against a sorted list: as a heap, as a wheel, and across.

import Memory
import Testing

@testable import Engine

@Suite struct FieldIndexTests {
    /// Hands items out from their time on, never before, whatever the form.
    @Test(arguments: [(1, 20), (2, 900), (3, 1024), (4, 1025), (5, 5000)] as [(UInt64, Int)])
    func handsOutOnTime(seed: UInt64, most: Int) {
        var random = RandomSource(seed: seed)
        var index = FieldIndex()
        var now: Int64 = 1_700_000_000_000
        var waiting: [UInt64: Int64] = [:]
        let items = UnsafeMutablePointer<UInt64>.allocate(capacity: 64)
        defer { items.deallocate() }
        for _ in 0..<3000 {
            for _ in 0..<random.below(max(2, most / 50)) where waiting.count < most {
                let hash = random.next() & ~ExpiryItem.generationMask
                let due = now + Int64(random.below(5000))
                waiting[hash] = due
                index.add(hash: hash, generation: 0, deadline: due, now: now)
            }
            let isHeap = index.isHeap
            if most <= 1024 { #expect(isHeap) }
            let earliest = waiting.values.min()
            let next = index.next(now)
            if let earliest {
                #expect(next <= max(earliest + 1, now), "seed \(seed)")
            } else if isHeap {
                #expect(next == .max)
            }
            now += Int64(random.below(40))
            while true {
                let taken = index.take(now, into: items, max: 1 + random.below(64))
                if taken == 0 { break }
                for i in 0..<taken {
                    guard let due = waiting[items[i]] else {
                        Issue.record("an item twice, seed \(seed)")
                        continue
                    }
                    if due < now {
                        waiting[items[i]] = nil
                    } else {
                        // A wheel hands out early what has to go to a finer slot.
                        #expect(!isHeap)
                        index.add(hash: items[i], generation: 0, deadline: due, now: now)
                    }
                }
            }
            #expect(!waiting.values.contains { $0 < now }, "seed \(seed)")
        }
    }

    @Test func keepsWhatIsLive() {
        var index = FieldIndex()
        for i in 0..<1000 {
            index.add(hash: UInt64(i), generation: 0, deadline: Int64(5000 - i), now: 1)
        }
        index.retain { $0 % 3 == 0 }
        let count = index.count
        #expect(count == 334)
        let items = UnsafeMutablePointer<UInt64>.allocate(capacity: 400)
        defer { items.deallocate() }
        let first = index.next(1)
        #expect(first == 4002)
        let taken = index.take(10_000, into: items, max: 400)
        #expect(taken == 334)
        for i in 1..<334 { #expect(items[i] < items[i - 1]) }
        let last = index.next(1)
        #expect(last == .max)
    }
}
