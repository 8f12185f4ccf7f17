// The packed block against an array of byte strings: the same elements, and exactly the bytes that
// the listpack format prescribes for them.

import Memory
import Testing

@testable import Engine

@Suite struct PackedBlockTests {
    /// A block on a heap of its own, freed with the object.
    private final class Fixture {
        let heap = UnsafeMutablePointer<SlabHeap>.allocate(capacity: 1)
        var block: PackedBlock
        var model: [[UInt8]] = []

        init() {
            heap.initialize(to: SlabHeap())
            block = PackedBlock.create(heap)
        }

        deinit {
            block.free(heap)
            #expect(heap.pointee.liveBytes == 0)
            heap.deinitialize(count: 1)
            heap.deallocate()
        }

        var elements: [[UInt8]] {
            var all: [[UInt8]] = []
            block.forEach { all.append($1.array) }
            return all
        }

        /// The bytes of a block with the model's elements, put together by hand.
        var expectedBytes: [UInt8] {
            var entries: [UInt8] = []
            for element in model {
                element.withBytes { bytes in
                    let entry = ListpackEntry(bytes)
                    entries += [UInt8](unsafeUninitializedCapacity: entry.totalBytes) {
                        Listpack.write(entry, to: $0.baseAddress!)
                        $1 = entry.totalBytes
                    }
                }
            }
            let total = UInt32(entries.count + 7)
            let head = [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: total >> UInt32($0)) }
            let count = UInt16(model.count)
            return head + [UInt8(truncatingIfNeeded: count), UInt8(count >> 8)] + entries + [255]
        }
    }

    private func element(_ random: inout RandomSource) -> [UInt8] {
        switch random.below(8) {
        case 0: return Array(String(random.below(200)).utf8)
        case 1:
            return Array(String(Int64(bitPattern: random.next() >> UInt64(random.below(64)))).utf8)
        case 2: return Array("-\(random.below(1 << 20))".utf8)
        case 3: return [UInt8](repeating: 120, count: random.below(300))
        case 4 where random.below(40) == 0:
            return [UInt8](repeating: 121, count: 4000 + random.below(300))
        default: return (0..<random.below(20)).map { _ in UInt8(97 + random.below(4)) }
        }
    }

    @Test(arguments: [1, 2, 3, 4]) func matchesAnArray(seed: UInt64) {
        var random = RandomSource(seed: seed)
        let f = Fixture()
        for step in 0..<4000 {
            change(f, &random)
            let comment: Comment = "seed \(seed) step \(step)"
            guard f.block.count == f.model.count else {
                Issue.record("count, \(comment)")
                return
            }
            if step % 16 == 0 { check(f, &random, comment) }
        }
    }

    private func change(_ f: Fixture, _ random: inout RandomSource) {
        let at = random.below(f.model.count + 1)
        let offset = at == f.model.count ? f.block.end : f.block.at(at)!
        let grows = random.below(100) < (f.model.count > 120 ? 35 : 60)
        if grows {
            let new = (0...random.below(3)).map { _ in element(&random) }
            let entries = new.map { array in array.withBytes { ListpackEntry($0) } }
            // The arrays live on in `new`; what the entries point to stays where it is.
            withExtendedLifetime(new) {
                f.block.insert(
                    entries[0], entries.count > 1 ? entries[1] : nil,
                    entries.count > 2 ? entries[2] : nil, at: offset, f.heap)
            }
            f.model.insert(contentsOf: new, at: at)
        } else if at < f.model.count {
            if random.below(2) == 0 {
                let new = element(&random)
                new.withBytes { f.block.replace(at: offset, with: ListpackEntry($0), f.heap) }
                f.model[at] = new
            } else {
                let count = 1 + random.below(3)
                f.block.delete(at: offset, count: count, f.heap)
                f.model.removeSubrange(at..<min(at + count, f.model.count))
            }
        }
    }

    private func check(_ f: Fixture, _ random: inout RandomSource, _ comment: Comment) {
        #expect(f.elements == f.model, comment)
        #expect(f.block.bytes.array == f.expectedBytes, comment)
        #expect(PackedBlock.isValid(f.block.bytes), comment)
        #expect(f.block.isEmpty == f.model.isEmpty, comment)
        var backwards: [[UInt8]] = []
        var next = f.block.last
        while let p = next {
            backwards.append(f.block.item(at: p).array)
            next = f.block.previous(p)
        }
        #expect(backwards == f.model.reversed(), comment)
        guard !f.model.isEmpty else { return }
        let i = random.below(f.model.count)
        #expect(f.block.item(at: f.block.at(i)!).array == f.model[i], comment)
        #expect(f.block.item(at: f.block.at(i - f.model.count)!).array == f.model[i], comment)
        let skipping = random.below(3)
        let wanted = random.below(4) == 0 ? element(&random) : f.model[i]
        let expected = stride(from: 0, to: f.model.count, by: skipping + 1)
            .first { f.model[$0] == wanted }
        let found = wanted.withBytes { f.block.find(PackedNeedle($0), skipping: skipping) }
        #expect(found == expected.map { f.block.at($0)! }, comment)
    }

    @Test func movesRuns() {
        let f = Fixture()
        let words: [String] = ["a", "bb", "ccc", "1", "22", "eeeeee"]
        for word in words { word.withBytes { f.block.append(ListpackEntry($0), on: f.heap) } }
        for from in 0..<words.count {
            for to in 0...words.count where to != from + 1 {
                let copy = f.block.copy(f.heap)
                defer { copy.free(f.heap) }
                let start = copy.at(from)!
                let target = to == words.count ? copy.end : copy.at(to)!
                let at = copy.moveRun(from: start, bytes: copy.after(start) - start, to: target)
                var model = words
                let word = model.remove(at: from)
                model.insert(word, at: to > from ? to - 1 : to)
                var seen: [String] = []
                copy.forEach { seen.append(String(decoding: $1.array, as: UTF8.self)) }
                #expect(seen == model, "\(from) to \(to)")
                #expect(String(decoding: copy.item(at: at).array, as: UTF8.self) == word)
            }
        }
    }

    @Test func countsManyElements() {
        let f = Fixture()
        for _ in 0..<65_534 { "x".withBytes { f.block.append(ListpackEntry($0), on: f.heap) } }
        #expect(f.block.count == 65_534)
        for _ in 0..<10 { "1".withBytes { f.block.append(ListpackEntry($0), on: f.heap) } }
        #expect(f.block.count == 65_544)
        #expect(PackedBlock.isValid(f.block.bytes))
        f.block.delete(at: f.block.first!, count: 100, f.heap)
        #expect(f.block.count == 65_444)
        #expect(f.block.bytes.array[4...5] == [0xA4, 0xFF])
    }

    /// Every single wrong byte is either noticed or leaves a block that can be walked.
    @Test func refusesWhatIsNoBlock() {
        let f = Fixture()
        f.model = [
            Array("abc".utf8), Array("12".utf8), Array("-5000".utf8),
            [UInt8](repeating: 65, count: 70), Array("99999999999".utf8), [],
        ]
        for element in f.model {
            element.withBytes { f.block.append(ListpackEntry($0), on: f.heap) }
        }
        let good = f.block.bytes.array
        #expect(good.withBytes { PackedBlock.isValid($0) })
        for i in good.indices {
            for value in 0...UInt8.max {
                var bad = good
                bad[i] = value
                if bad.withBytes({ PackedBlock.isValid($0) }) {
                    let walked = bad.withBytes { PackedBlock.create(copying: $0, f.heap) }
                    var count = 0
                    walked.forEach { _, item in count += item.array.isEmpty ? 1 : 1 }
                    #expect(count == walked.count)
                    walked.free(f.heap)
                }
            }
            #expect(!Array(good[..<i]).withBytes { PackedBlock.isValid($0) })
        }
        #expect(!(good + [0]).withBytes { PackedBlock.isValid($0) })
    }
}
