// The slab heap against a model: cells do not overlap, counts are exact, slabs and regions come
// and go, evacuation empties slabs and settling brings the rest back.

import Memory
import Testing

@testable import Engine

/// A heap whose every cell is filled with its own pattern.
private struct HeapModel: ~Copyable {
    struct Cell {
        let raw: UnsafeMutableRawPointer
        let bytes: Int
        let mark: UInt64
    }
    var heap = SlabHeap()
    var cells: [Cell] = []
    var random: RandomSource
    var marks: UInt64 = 0
    var liveBytes = 0

    init(seed: UInt64) { random = RandomSource(seed: seed) }

    mutating func allocate(_ bytes: Int) {
        let raw = heap.allocate(bytes)
        marks &+= 0x9e37_79b9_7f4a_7c15
        cells.append(Cell(raw: raw, bytes: bytes, mark: marks))
        for offset in stride(from: 0, to: SlabHeap.cellBytes(bytes), by: 8) {
            raw.storeBytes(of: marks &+ UInt64(offset), toByteOffset: offset, as: UInt64.self)
        }
        liveBytes += SlabHeap.cellBytes(bytes)
    }

    func isIntact(_ cell: Cell) -> Bool {
        for offset in stride(from: 0, to: SlabHeap.cellBytes(cell.bytes), by: 8)
        where cell.raw.load(fromByteOffset: offset, as: UInt64.self) != cell.mark &+ UInt64(offset)
        {
            return false
        }
        return true
    }

    /// Frees a cell; false if something else had written to it.
    mutating func free(_ i: Int) -> Bool {
        let cell = cells[i]
        cells[i] = cells[cells.count - 1]
        cells.removeLast()
        liveBytes -= SlabHeap.cellBytes(cell.bytes)
        let intact = isIntact(cell)
        heap.deallocate(cell.raw, cell.bytes)
        return intact
    }

    /// Moves every cell out of slabs that are being emptied.
    mutating func moveAll() {
        for i in cells.indices where SlabHeap.isEvacuating(cells[i].raw) {
            let raw = heap.allocate(cells[i].bytes)
            raw.copyMemory(from: cells[i].raw, byteCount: SlabHeap.cellBytes(cells[i].bytes))
            heap.deallocate(cells[i].raw, cells[i].bytes)
            cells[i] = Cell(raw: raw, bytes: cells[i].bytes, mark: cells[i].mark)
        }
    }

    /// Slabs and their live cells as the regions tell them; -1 for a slab that contradicts itself.
    func census() -> (slabs: Int, bytes: Int) {
        var slabs = 0
        var bytes = 0
        for i in 0..<heap.regionCount {
            heap.forEachSlab(inRegion: i) { slab in
                slabs += 1
                bytes += Int(slab.pointee.live) * Int(slab.pointee.cellBytes)
                let full = slab.pointee.live == slab.pointee.capacity
                if slab.pointee.listed == (full || slab.pointee.evacuating) { bytes = -1 << 40 }
            }
        }
        return (slabs, bytes)
    }
}

@Suite(.serialized) struct SlabHeapTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func cellsNeverOverlapAndEveryByteIsCounted(seed: UInt64) {
        let before = Allocator.usedBytes
        var model = HeapModel(seed: seed)
        var intact = true
        for round in 0..<40 {
            let growing = model.random.below(3) != 0
            let same = 1 + model.random.below(128)
            let oneSize = model.random.below(2) == 0
            for _ in 0..<2500 {
                if model.random.below(10) < (growing ? 8 : 1) || model.cells.isEmpty {
                    model.allocate(oneSize ? same : 1 + model.random.below(128))
                } else {
                    intact = model.free(model.random.below(model.cells.count)) && intact
                }
            }
            #expect(model.heap.liveBytes == model.liveBytes, "seed \(seed) round \(round)")
            #expect(Allocator.usedBytes - before == model.liveBytes)
            #if !FLASHKVD_SANITIZE
                let census = model.census()
                #expect(census.bytes == model.liveBytes, "seed \(seed) round \(round)")
                let places = model.heap.regionCount * SlabHeap.slabsPerRegion
                #expect(census.slabs + model.heap.freeSlabs == places)
            #endif
        }
        while !model.cells.isEmpty { intact = model.free(model.cells.count - 1) && intact }
        #expect(intact, "seed \(seed)")
        #expect(model.heap.liveBytes == 0)
        #expect(model.heap.mappedBytes <= 2 * PieceStore.pieceBytes)
        #expect(Allocator.usedBytes == before)
    }

    @Test func everySizeFitsItsCellAndTinyOnesShareOne() {
        var heap = SlabHeap()
        for bytes in 1...SlabHeap.largestCell {
            let cell = SlabHeap.cellBytes(bytes)
            #expect(cell >= bytes && cell % 8 == 0 && cell >= 16)
            // Eight bytes apart up to 128, an eighth of a doubling above.
            #expect(cell - bytes < (bytes <= 128 ? max(8, 17 - bytes) : bytes / 8 + 1))
            #expect(SlabHeap.index(ofCell: cell) < SlabHeap.classCount)
            #expect(SlabHeap.cellBytes(cell) == cell)
            let p = heap.allocate(bytes)
            p.initializeMemory(as: UInt8.self, repeating: 1, count: bytes)
            heap.deallocate(p, bytes)
        }
        #expect(heap.liveBytes == 0)
    }

    #if !FLASHKVD_SANITIZE
        @Test(arguments: [1, 2] as [UInt64])
        func evacuatedSlabsEmptyAndTheRestServesAgain(seed: UInt64) {
            var model = HeapModel(seed: seed)
            var intact = true
            for round in 0..<12 {
                for _ in 0..<12_000 { model.allocate(1 + model.random.below(128)) }
                for _ in 0..<model.cells.count * 2 / 3 {
                    intact = model.free(model.random.below(model.cells.count)) && intact
                }
                for i in 0..<model.heap.regionCount where model.random.below(2) == 0 {
                    if model.random.below(2) == 0 { model.heap.drain(region: i) }
                    var chosen: [SlabHeap.SlabPointer] = []
                    model.heap.forEachSlab(inRegion: i) { chosen.append($0) }
                    for slab in chosen where model.random.below(3) != 0 {
                        model.heap.evacuate(slab)
                    }
                }
                // Some empty by being freed or moved, some are taken again or unmapped, some stay.
                switch round % 3 {
                case 0: model.moveAll()
                case 1:
                    for _ in 0..<model.cells.count / 2 {
                        intact = model.free(model.random.below(model.cells.count)) && intact
                    }
                default: for _ in 0..<3000 { model.allocate(1 + model.random.below(128)) }
                }
                let census = model.census()
                #expect(census.bytes == model.liveBytes, "seed \(seed) round \(round)")
                while model.heap.settleOne() {}
                #expect(model.heap.evacuating == nil)
                #expect(model.census().bytes == model.liveBytes, "seed \(seed) round \(round)")
                #expect(!model.cells.contains { SlabHeap.isEvacuating($0.raw) })
            }
            while !model.cells.isEmpty { intact = model.free(0) && intact }
            #expect(intact && model.heap.liveBytes == 0, "seed \(seed)")
            #expect(model.heap.mappedBytes <= 2 * PieceStore.pieceBytes)
        }

        @Test func emptyRegionsGoBackToTheKernel() {
            var model = HeapModel(seed: 1)
            for _ in 0..<200_000 { model.allocate(100) }
            let peak = model.heap.mappedBytes
            #expect(peak >= 200_000 * 104 && peak < 200_000 * 104 * 11 / 10 + PieceStore.pieceBytes)
            while model.cells.count > 1000 { _ = model.free(model.cells.count - 1) }
            // The region in use, one of slack, and one where the class keeps its last slab.
            #expect(model.heap.mappedBytes <= 3 * PieceStore.pieceBytes)
            while let last = model.cells.indices.last { _ = model.free(last) }
        }

        @Test func allocationAvoidsSlabsThatAreBeingEmptied() {
            var model = HeapModel(seed: 1)
            for _ in 0..<5000 { model.allocate(48) }
            for i in 0..<model.heap.regionCount {
                var all: [SlabHeap.SlabPointer] = []
                model.heap.forEachSlab(inRegion: i) { all.append($0) }
                for slab in all { model.heap.evacuate(slab) }
            }
            for _ in 0..<5000 {
                let p = model.heap.allocate(48)
                if SlabHeap.isEvacuating(p) { Issue.record("allocated where it is emptied") }
                model.heap.deallocate(p, 48)
            }
            model.moveAll()
            #expect(model.heap.evacuating == nil)
            while let last = model.cells.indices.last { check(model.free(last)) }
        }
    #endif
}
