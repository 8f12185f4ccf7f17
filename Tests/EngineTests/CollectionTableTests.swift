// Tables that are values: tagged cells of every length, a member table against a Swift set, fair
// random elements, copies, freeing in slices.

import Memory
import Testing

@testable import Engine

@Suite(.serialized) struct CollectionTableTests {
    private func member(_ n: Int) -> [UInt8] {
        // Every length from 0 to 40, and longer ones around the limits of tagged cells.
        let lengths = [0, 127, 128, 129, 130, 255, 700, 5000]
        let text = Array("\(n):".utf8)
        let length = n % 50 < 42 ? n % 50 : lengths[n % 50 - 42]
        return Array((text + [UInt8](repeating: 0x2A, count: max(0, length - text.count))))
    }

    @Test func taggedCellsKnowTheirLength() {
        let test = TestEngine(seed: 1)
        let heap = test.engine.pointee.heap
        for count in 0...300 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            let one = bytes.withBytes { Member($0, heap) }
            let two = one.copy(heap)
            #expect(one.key.array == bytes && two.key.array == bytes)
            #expect(one.raw != two.raw && one.footprint >= count)
            #if !FLASHKVD_SANITIZE
                // No cell is larger than one with nothing but the bytes, from nine bytes on.
                if count >= 9, count <= 128 {
                    #expect(one.footprint == (count + 7) & ~7 || count < 16)
                }
                if count == 16 { #expect(one.footprint == 16) }
            #endif
            one.free(heap)
            two.free(heap)
        }
        #expect(heap.pointee.liveBytes == 0)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func aMemberTableIsASet(seed: UInt64) {
        let test = TestEngine(seed: seed)
        let heap = test.engine.pointee.heap
        let before = Allocator.usedBytes
        let table = MemberTable.create(test.engine)
        var random = RandomSource(seed: seed)
        var model = Set<[UInt8]>()
        var range = 3000
        for step in 0..<60_000 {
            if step == 40_000 { range = 200 }
            let bytes = member(random.below(range))
            let adds = random.below(100) < (step < 30_000 ? 60 : 25)
            bytes.withBytes { bytes in
                let hash = test.engine.pointee.hash(bytes)
                let position = table.pointee.find(bytes, hash)
                if (position != nil) != model.contains(bytes.array) {
                    Issue.record("find differs, seed \(seed) step \(step)")
                }
                if adds, position == nil {
                    table.pointee.insert(Member(bytes, heap), hash)
                    model.insert(bytes.array)
                } else if !adds, let position {
                    let element = position.element
                    model.remove(bytes.array)
                    table.pointee.removeShrinking(position)
                    element.free(heap)
                }
            }
            if step % 1000 == 0 {
                let wrong = faults(of: &table.pointee)
                if !wrong.isEmpty { Issue.record("\(wrong), seed \(seed) step \(step)") }
                check(!table.pointee.isSparse, "seed \(seed) step \(step)")
            }
        }
        var found = Set<[UInt8]>()
        table.pointee.forEach { found.insert($0.key.array) }
        #expect(found == model)
        copyIsEqual(test, table, model)
        MemberTable.destroy(table)
        #expect(Allocator.usedBytes == before)
    }

    private func copyIsEqual(
        _ test: TestEngine, _ table: UnsafeMutablePointer<MemberTable>, _ model: Set<[UInt8]>
    ) {
        let copy = MemberTable.copy(table, test.engine)
        #expect(faults(of: &copy.pointee).isEmpty)
        var found = Set<[UInt8]>()
        copy.pointee.forEach { found.insert($0.key.array) }
        #expect(found == model)
        // It grows on like any other.
        for n in 100_000..<104_000 {
            member(n).withBytes {
                let hash = test.engine.pointee.hash($0)
                if copy.pointee.find($0, hash) == nil {
                    copy.pointee.insert(Member($0, test.engine.pointee.heap), hash)
                }
            }
        }
        #expect(faults(of: &copy.pointee).isEmpty)
        MemberTable.destroy(copy)
    }

    /// Chi-square of 100 draws for each element on average, at sizes with and without split buckets.
    @Test(arguments: [1, 5, 50, 150, 700, 1000, 1300])
    func randomElementsAreFair(count: Int) {
        let test = TestEngine(seed: 7)
        let heap = test.engine.pointee.heap
        let table = MemberTable.create(test.engine)
        for n in 0..<count {
            Array("member:\(n)".utf8).withBytes {
                table.pointee.insert(Member($0, heap), test.engine.pointee.hash($0))
            }
        }
        var counts: [[UInt8]: Int] = [:]
        let draws = count * 100
        for _ in 0..<draws {
            if let one = table.pointee.fairElement(&test.engine.pointee.random) {
                counts[one.key.array, default: 0] += 1
            }
        }
        #expect(counts.count == count)
        let square = counts.values.reduce(0.0) { $0 + Double(($1 - 100) * ($1 - 100)) / 100 }
        // Mean count - 1, variance twice that: six sigma.
        let degrees = Double(count - 1)
        #expect(square <= degrees + 6 * (2 * degrees).squareRoot() + 0.001, "\(square)")
        MemberTable.destroy(table)
    }

    @Test func aBigTableIsFreedInSlices() {
        let test = TestEngine(seed: 3)
        let engine = test.engine
        let before = Allocator.usedBytes
        let table = MemberTable.create(engine)
        for n in 0..<20_000 {
            Array("member:\(n)".utf8).withBytes {
                table.pointee.insert(Member($0, engine.pointee.heap), engine.pointee.hash($0))
            }
        }
        test.with([1]) { database, key, hash, position in
            database.pointee.setPointer(
                key, hash, position, type: .set, encoding: .hashTable, table)
        }
        test.remove([1])
        #expect(engine.pointee.lazyFreePending == 1)
        var slices = 0
        while engine.pointee.lazyFreeSome() { slices += 1 }
        #expect(slices > 300)
        #expect(engine.pointee.lazyFreed == 1 && Allocator.usedBytes == before)
    }

    @Test func compactionWalksIntoACollection() {
        let test = TestEngine(seed: 4)
        let engine = test.engine
        let heap = engine.pointee.heap
        let table = MemberTable.create(engine)
        for n in 0..<300_000 {
            Array("a member of 24 bytes \(n % 7)\(n)".utf8).withBytes {
                table.pointee.insert(Member($0, heap), engine.pointee.hash($0))
            }
        }
        test.with([1]) { database, key, hash, position in
            database.pointee.setPointer(
                key, hash, position, type: .set, encoding: .hashTable, table)
        }
        // Nine of ten go, all over the slabs.
        for n in 0..<300_000 where n % 10 != 0 {
            Array("a member of 24 bytes \(n % 7)\(n)".utf8).withBytes {
                guard let position = table.pointee.find($0, engine.pointee.hash($0)) else {
                    Issue.record("lost \(n)")
                    return
                }
                let element = position.element
                table.pointee.removeShrinking(position)
                element.free(heap)
            }
        }
        let mapped = heap.pointee.mappedBytes
        test.compactAll()
        #if !FLASHKVD_SANITIZE
            #expect(engine.pointee.statistics.compactionMoves > 20_000)
            #expect(heap.pointee.mappedBytes < mapped / 2)
        #endif
        #expect(table.pointee.count == 30_000 && faults(of: &table.pointee).isEmpty)
        for n in stride(from: 0, to: 300_000, by: 10) {
            Array("a member of 24 bytes \(n % 7)\(n)".utf8).withBytes {
                if table.pointee.find($0, engine.pointee.hash($0)) == nil {
                    Issue.record("lost \(n)")
                }
            }
        }
    }
}
