// What is freed in slices: big values, flushed databases with their expiry index; each slice is
// small, and all memory comes back.

import Memory
import Testing

@testable import Engine

@Suite(.serialized) struct LazyFreeTests {
    private func bigList(_ nodes: Int) -> PackedList {
        let list = PackedList.create()
        let item = [UInt8](repeating: 1, count: 3000)
        list.convertBeforeAdding(bytes: 10_000, count: 1, limit: PackedListLimit(-1))
        for _ in 0..<nodes { item.withBytes { list.pushTail($0) } }
        return list
    }

    @Test func aBigListIsFreedInSlices() {
        let test = TestEngine(seed: 1)
        let engine = test.engine
        let before = Allocator.usedBytes
        test.with([1]) { database, key, hash, position in
            database.pointee.setPointer(
                key, hash, position, type: .list, encoding: .packedList, bigList(400).raw)
        }
        test.remove([1])
        #expect(test.database().pointee.count == 0)
        #expect(engine.pointee.hasLazyFreeWork && engine.pointee.lazyFreePending == 1)
        var slices = 0
        var last = Allocator.usedBytes
        while engine.pointee.lazyFreeSome() {
            #expect(last - Allocator.usedBytes < 64 * 1024)
            last = Allocator.usedBytes
            slices += 1
        }
        #expect(slices > 30 && engine.pointee.lazyFreePending == 0)
        #expect(engine.pointee.lazyFreed == 1 && !engine.pointee.hasLazyFreeWork)
        #expect(Allocator.usedBytes == before)
    }

    @Test func flushedDatabasesAreFreedInSlices() {
        let test = TestEngine(databases: 2, seed: 1)
        let engine = test.engine
        let before = Allocator.usedBytes
        for round in 0..<3 {
            for n in 0..<3000 {
                let value = [UInt8](repeating: 1, count: n % 700)
                let deadline: NewDeadline = n % 2 == 0 ? .none : .at(test.now + Int64(n * 7))
                test.set(testKey(n), value, deadline, in: round % 2)
            }
            test.with([250, 250], round % 2) { database, key, hash, position in
                database.pointee.setPointer(
                    key, hash, position, type: .list, encoding: .packedList, bigList(100).raw)
            }
            let changes = engine.pointee.changes
            engine.pointee.flush(round % 2)
            #expect(engine.pointee.changes - changes == 3001)
            #expect(test.database(round % 2).pointee.count == 0)
            #expect(test.database(round % 2).pointee.volatileCount == 0)
        }
        #expect(engine.pointee.lazyFreePending == 9003)
        #expect(Engine.pendingWork(engine).lazyFree)
        var slices = 0
        var last = Allocator.usedBytes
        while engine.pointee.lazyFreeSome() {
            // A bucket's entries with their values at most.
            #expect(last - Allocator.usedBytes < 256 * 1024)
            last = Allocator.usedBytes
            slices += 1
        }
        #expect(slices > 1000 && engine.pointee.lazyFreePending == 0)
        #expect(engine.pointee.lazyFreed == 9003)
        #expect(!Engine.pendingWork(engine).lazyFree)
        #expect(Allocator.usedBytes == before)
    }

    @Test func destroyingFreesWhatStillWaits() {
        let before = Allocator.usedBytes
        do {
            let test = TestEngine(databases: 3, seed: 1)
            for n in 0..<2000 { test.set(testKey(n), [1], .at(test.now + 5), in: n % 3) }
            test.engine.pointee.flush(1)
            test.with([1], 1) { database, key, hash, position in
                database.pointee.setPointer(
                    key, hash, position, type: .list, encoding: .packedList, bigList(100).raw)
            }
            test.remove([1], in: 1)
            for _ in 0..<50 { _ = test.engine.pointee.lazyFreeSome() }
        }
        #expect(Allocator.usedBytes == before)
    }
}
