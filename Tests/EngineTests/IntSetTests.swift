// The intset against a sorted array: all widths, insertion, removal, validation of bytes.

import Memory
import Testing

@testable import Engine

@Suite(.serialized) struct IntSetTests {
    private func content(_ set: IntSet) -> [Int64] { (0..<set.count).map { set.value(at: $0) } }

    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func itIsASortedArray(seed: UInt64) {
        let test = TestEngine(seed: seed)
        let heap = test.engine.pointee.heap
        let before = Allocator.usedBytes
        var random = RandomSource(seed: seed)
        var model = Set<Int64>()
        var set = IntSet.create(heap)
        let shifts: [UInt64] = [56, 50, 34, 33, 0]
        for step in 0..<4000 {
            let shift = shifts[min(step / 800, 4)]
            let value = Int64(bitPattern: random.next()) >> Int64(shift)
            if random.below(3) > 0 {
                #expect(set.insert(value, heap) == model.insert(value).inserted)
            } else {
                let victim = random.below(2) == 0 ? value : model.randomElement() ?? value
                #expect(set.remove(victim, heap) == (model.remove(victim) != nil))
            }
            #expect(set.contains(value) == model.contains(value))
            if step % 50 == 0 {
                #expect(content(set) == model.sorted(), "seed \(seed) step \(step)")
                #expect(IntSet.isValid(set.bytes) == !model.isEmpty)
            }
        }
        let copy = set.copy(heap)
        #expect(content(copy) == model.sorted())
        copy.free(heap)
        set.free(heap)
        #expect(Allocator.usedBytes == before)
    }

    @Test func extremesAreKept() {
        let test = TestEngine(seed: 1)
        let heap = test.engine.pointee.heap
        var set = IntSet.create(heap)
        let values: [Int64] = [0, 32_767, -32_768, 32_768, -32_769, .max, .min, 2_147_483_648]
        for value in values { #expect(set.insert(value, heap) && !set.insert(value, heap)) }
        #expect(content(set) == values.sorted())
        set.free(heap)
    }

    @Test func onlyWholeAscendingRunsAreValid() {
        let test = TestEngine(seed: 1)
        let heap = test.engine.pointee.heap
        var set = IntSet.create(heap)
        for value in [1, 2, 70_000] as [Int64] { _ = set.insert(value, heap) }
        let bytes = set.bytes.array
        #expect(bytes.withBytes { IntSet.isValid($0) })
        for length in 0..<bytes.count {
            #expect(!Array(bytes[..<length]).withBytes { IntSet.isValid($0) })
        }
        var twice = bytes
        twice[12] = 1
        #expect(!twice.withBytes { IntSet.isValid($0) })
        var width = bytes
        width[0] = 3
        #expect(!width.withBytes { IntSet.isValid($0) })
        var count = bytes
        count[7] = 0xFF
        #expect(!count.withBytes { IntSet.isValid($0) })
        set.free(heap)
    }
}
