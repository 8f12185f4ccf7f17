// The table against a dictionary: growth, shrinking, chains, chunk boundaries, draining, SCAN's
// guarantee, random elements.

import Memory
import Testing

@testable import Engine

/// A key of eight bytes in a cell of its own, with an identity apart from the key.
private struct Item: TableElement {
    let raw: UnsafeMutableRawPointer
    var key: Bytes { Bytes(raw: raw, 8) }
    var id: UInt64 { raw.load(as: UInt64.self) }
    var serial: UInt64 { raw.load(fromByteOffset: 8, as: UInt64.self) }
    static let bytes = 16
}

private struct Fixture: ~Copyable {
    let heap: UnsafeMutablePointer<SlabHeap>
    var table: Table<Item>
    var random: RandomSource
    let before: Int

    init(seed: UInt64) {
        before = Allocator.usedBytes
        heap = .allocate(capacity: 1)
        heap.initialize(to: SlabHeap())
        table = Table(heap: heap, key0: seed, key1: ~seed)
        random = RandomSource(seed: seed)
    }

    func hash(_ id: UInt64) -> UInt64 {
        withUnsafeBytes(of: id) { table.hash(Bytes(raw: $0.baseAddress!, 8)) }
    }

    mutating func insert(_ id: UInt64, serial: UInt64 = 0) {
        let raw = heap.pointee.allocate(Item.bytes)
        raw.storeBytes(of: id, as: UInt64.self)
        raw.storeBytes(of: serial, toByteOffset: 8, as: UInt64.self)
        table.insert(Item(raw: raw), hash(id))
    }

    func find(_ id: UInt64) -> Table<Item>.Position? {
        let hash = hash(id)
        return withUnsafeBytes(of: id) { table.find(Bytes(raw: $0.baseAddress!, 8), hash) }
    }

    mutating func remove(_ id: UInt64) -> Bool {
        guard let position = find(id) else { return false }
        remove(position)
        return true
    }

    mutating func remove(_ position: Table<Item>.Position) {
        let element = position.element
        table.remove(position)
        heap.pointee.deallocate(element.raw, Item.bytes)
    }

    /// Drains the table and checks that all memory is back.
    consuming func finish() -> Bool {
        let heap = heap
        let before = before
        while table.drainLast({ heap.pointee.deallocate($0.raw, Item.bytes) }) {}
        var ok = table.count == 0 && table.childCount == 0 && heap.pointee.liveBytes == 0
        table = Table(heap: heap, key0: 0, key1: 0)
        ok = ok && Allocator.usedBytes == before + Allocator.usableSize(Bucket.bytes)
        return ok
    }
}

extension Fixture {
    /// Ends the heap's life, which outlives the table.
    static func free(_ heap: UnsafeMutablePointer<SlabHeap>) {
        heap.deinitialize(count: 1)
        heap.deallocate()
    }
}

@Suite(.serialized) struct TableTests {
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func itAgreesWithADictionaryWhileItGrowsAndShrinks(seed: UInt64) {
        var f = Fixture(seed: seed)
        let heap = f.heap
        var model = Set<UInt64>()
        for round in 0..<24 {
            let growing = f.random.below(2) == 0
            for _ in 0..<1500 {
                let id = f.random.below(UInt64(6000))
                if f.random.below(10) < (growing ? 8 : 2) {
                    if model.insert(id).inserted { f.insert(id) }
                } else if f.remove(id) != (model.remove(id) != nil) {
                    Issue.record("removing \(id), seed \(seed)")
                }
                if f.random.below(4) == 0, f.table.canMerge, f.table.isSparse || !growing {
                    f.table.mergeLast()
                }
            }
            #expect(faults(of: &f.table) == "", "seed \(seed) round \(round)")
            #expect(f.table.count == model.count)
            for id in UInt64(0)..<6000 where (f.find(id)?.element.id == id) != model.contains(id) {
                Issue.record("finding \(id), seed \(seed)")
            }
        }
        check(f.finish(), "seed \(seed)")
        Fixture.free(heap)
    }

    /// Equal keys have equal hashes: no split takes their chain apart.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func chainsOfEqualHashesStayWhole(seed: UInt64) {
        var f = Fixture(seed: seed)
        let heap = f.heap
        var serials = Set<UInt64>()
        var others = Set<UInt64>()
        for step in 0..<3000 {
            let serial = UInt64(step)
            if f.random.below(3) != 0 || serials.isEmpty {
                f.insert(7, serial: serial)
                serials.insert(serial)
            } else {
                let serial = serials.first!
                serials.remove(serial)
                let found = f.table.find(hash: f.hash(7), mask: .max) { $0.serial == serial }
                if let found { f.remove(found) } else { Issue.record("lost \(serial), \(seed)") }
            }
            let id = 100 + f.random.below(UInt64(2000))
            if f.random.below(2) == 0 {
                if others.insert(id).inserted { f.insert(id) }
            } else if f.remove(id) != (others.remove(id) != nil) {
                Issue.record("removing \(id), seed \(seed)")
            }
            if f.random.below(5) == 0, f.table.bucketCount > 1, f.table.canMerge {
                f.table.mergeLast()
            }
            if step % 300 == 0 { #expect(faults(of: &f.table) == "", "seed \(seed) \(step)") }
            #if !FLASHKVD_SANITIZE
                if step % 500 == 0 { evacuateEverything(&f) }
            #endif
        }
        #expect(faults(of: &f.table) == "", "seed \(seed)")
        var seen = Set<UInt64>()
        f.table.forEach { if $0.id == 7 { seen.insert($0.serial) } }
        #expect(seen == serials, "seed \(seed)")
        for serial in serials {
            f.remove(f.table.find(hash: f.hash(7), mask: .max) { $0.serial == serial }!)
        }
        #expect(f.table.count == others.count)
        #expect(faults(of: &f.table) == "", "seed \(seed)")
        check(f.finish(), "seed \(seed)")
        Fixture.free(heap)
    }

    /// Moves all cells there are, child buckets too.
    private func evacuateEverything(_ f: inout Fixture) {
        let count = f.table.count
        for i in 0..<f.heap.pointee.regionCount {
            var all: [SlabHeap.SlabPointer] = []
            f.heap.pointee.forEachSlab(inRegion: i) { all.append($0) }
            for slab in all { f.heap.pointee.evacuate(slab) }
        }
        var moved = 0
        for i in 0..<f.table.bucketCount {
            moved += f.table.evacuate(bucket: i) { _ in Item.bytes }.moved
        }
        #expect(moved == count)
        #expect(f.heap.pointee.evacuating == nil)
        while f.heap.pointee.settleOne() {}
        #expect(faults(of: &f.table) == "")
    }

    /// Tens of chunks; down and up again across a boundary, the chunk that was kept is used again.
    @Test func chunksComeAndGo() {
        var f = Fixture(seed: 5)
        let heap = f.heap
        let many = UInt64(300_000)
        for id in 0..<many { f.insert(id) }
        let chunks = f.table.chunkCount
        #expect(f.table.bucketCount > 40_000 && chunks > 10)
        #expect(faults(of: &f.table) == "")
        for id in 60_000..<many where !f.remove(id) { Issue.record("lost \(id)") }
        while f.table.canMerge { f.table.mergeLast() }
        // Swings around the boundaries between chunks: a chunk of slack at most.
        for round in 0..<6 {
            let from = f.table.bucketCount
            var id = many
            while f.table.bucketCount < from + 700 {
                f.insert(id)
                id += 1
            }
            for extra in many..<id { _ = f.remove(extra) }
            while f.table.bucketCount > from - 50 * round { f.table.mergeLast() }
            #expect(f.table.chunkCount <= f.table.bucketCount / 1024 + 2, "round \(round)")
        }
        #expect(faults(of: &f.table) == "")
        for id in 60_000..<many { f.insert(id) }
        #expect(f.table.chunkCount == chunks)
        for id in 1000..<many where !f.remove(id) { Issue.record("lost \(id)") }
        while f.table.canMerge { f.table.mergeLast() }
        #expect(f.table.chunkCount == 1 && f.table.bucketBytes < 64 * 1024)
        #expect(faults(of: &f.table) == "")
        for id in 0..<UInt64(1000) where f.find(id) == nil { Issue.record("lost \(id)") }
        check(f.finish())
        Fixture.free(heap)
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func scanReturnsWhatIsThereFromBeginToEnd(seed: UInt64) {
        var f = Fixture(seed: seed)
        let heap = f.heap
        var model = Set<UInt64>()
        let base = 1 + f.random.below(4000)
        for id in 0..<UInt64(base) {
            f.insert(id)
            model.insert(id)
        }
        for pass in 0..<9 {
            var throughout = model
            var seen = Set<UInt64>()
            var cursor: UInt64 = 0
            var steps = 0
            // Grows, shrinks or only stirs between the steps.
            let trend = f.random.below(3)
            repeat {
                cursor = f.table.scan(cursor) { seen.insert($0.id) }
                steps += 1
                for _ in 0..<f.random.below(40) {
                    let id = f.random.below(UInt64(9000))
                    if f.random.below(4) < [3, 1, 2][trend] {
                        if model.insert(id).inserted { f.insert(id) }
                    } else {
                        if model.remove(id) != nil {
                            _ = f.remove(id)
                            throughout.remove(id)
                        }
                    }
                }
                for _ in 0..<f.random.below([1, 40, 4][trend]) where f.table.bucketCount > 1 {
                    f.table.mergeLast()
                }
                if steps > 100_000 {
                    Issue.record("no end, seed \(seed)")
                    break
                }
            } while cursor != 0
            #expect(throughout.isSubset(of: seen), "seed \(seed) pass \(pass)")
        }
        #expect(faults(of: &f.table) == "", "seed \(seed)")
        check(f.finish(), "seed \(seed)")
        Fixture.free(heap)
    }

    /// At every size up to three levels, a scan visits each element and ends; a quiet one visits
    /// none twice. Any cursor that a client makes up is served.
    @Test func scanEndsAtEverySize() {
        var f = Fixture(seed: 9)
        let heap = f.heap
        var id: UInt64 = 0
        while f.table.bucketCount < 70 {
            var visits = 0
            var steps = 0
            var cursor: UInt64 = 0
            repeat {
                cursor = f.table.scan(cursor) { _ in visits += 1 }
                steps += 1
            } while cursor != 0 && steps < 1000
            #expect(visits == f.table.count && steps == 1 << f.table.level)
            for wild in [.max, 1 << 63, f.random.next()] as [UInt64] {
                var cursor = wild
                steps = 0
                repeat {
                    cursor = f.table.scan(cursor) { _ in }
                    steps += 1
                } while cursor != 0 && steps < 1000
                #expect(steps <= 1 << f.table.level)
            }
            f.insert(id)
            id += 1
        }
        check(f.finish())
        Fixture.free(heap)
    }

    @Test func randomElementsAreRoughlyUniform() {
        var f = Fixture(seed: 3)
        let heap = f.heap
        var random = RandomSource(seed: 30)
        #expect(f.table.random(&random) == nil && f.table.sample(&random) == nil)
        let many = 500
        for id in 0..<UInt64(many) { f.insert(id) }
        var hits = [Int](repeating: 0, count: many)
        for _ in 0..<many * 100 { hits[Int(f.table.random(&random)!.id)] += 1 }
        // A chain of one element is hit as often as one of many, as in Redis.
        #expect(hits.min()! >= 15 && hits.max()! <= 900, "\(hits.min()!) \(hits.max()!)")
        let middle = hits.filter { $0 >= 40 && $0 <= 250 }.count
        #expect(middle > many * 85 / 100, "\(middle)")
        check(f.finish())
        Fixture.free(heap)
    }

    @Test func randomFindsTheLastElementOfASparseTable() {
        var f = Fixture(seed: 4)
        let heap = f.heap
        var random = RandomSource(seed: 40)
        for id in 0..<UInt64(50_000) { f.insert(id) }
        for id in 0..<UInt64(49_999) { _ = f.remove(id) }
        for _ in 0..<50 { #expect(f.table.random(&random)?.id == 49_999) }
        _ = f.remove(49_999)
        #expect(f.table.random(&random) == nil)
        check(f.finish())
        Fixture.free(heap)
    }
}
