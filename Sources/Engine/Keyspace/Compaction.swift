// Gives memory back after many deletions: moves entries out of sparse slabs, which then empty.
//
// Only the table points to an entry, so a pass can walk the tables bucket by bucket, in slices, and
// move what lives in a slab chosen for evacuation. What to empty is decided once per pass, from a
// census of the slabs: first whole regions, the emptiest first, as many as the rest can do without;
// then, per size class, slabs whose cells fit into the room of the others. Every phase goes in
// slices. A table that became sparse merges its buckets meanwhile. The walk goes into collections
// too: what is one cell moves with its entry, those of many cells are walked in steps of their own.

import CMachine
import Memory

struct Compaction: ~Copyable {
    enum Phase { case idle, counting, choosing, walking, settling }
    var phase = Phase.idle
    /// The next region of the census; the next one to choose from, in `order`.
    var region = 0
    var database = 0
    var bucket = 0
    /// Collections of many cells in the buckets walked last, by the hashes of their keys: they are
    /// walked next, the last one first, in steps of their own.
    var collections: [UInt64] = []
    /// Where the walk through the last of them goes on.
    var place = 0
    var census = SlabCensus()
    /// Passes finished since start.
    var passes = 0
    /// What a pass that gained next to nothing left: only when it has grown by a quarter does
    /// another one pay. 0 after a pass that gained, or while which much was deleted.
    var wasteLeft = 0
    /// Waste and live bytes when the pass began.
    var wasteBefore = 0
    var liveBefore = 0
    /// No pass begins before this, unix milliseconds: one must not follow right on the other.
    var restUntil: Int64 = 0
    static let restMilliseconds: Int64 = 500

    /// Memory of slabs without live cells that is worth a pass: an eighth of what is live, and at
    /// least this many bytes.
    static let worthwhileBytes = 4 << 20
    static let regionsAtOnce = 4
    static let slabsAtOnce = 32
}

/// How full slabs and regions are, and what follows from that.
struct SlabCensus {
    private var live = [Int](repeating: 0, count: SlabHeap.classCount)
    private var capacity = [Int](repeating: 0, count: SlabHeap.classCount)
    private var slabs = [Int](repeating: 0, count: SlabHeap.classCount)
    /// Per region, 0...64: the share of live bytes.
    private var fullness: [UInt8] = []
    /// Per class, the slabs that the others have room for.
    var spare = [Int](repeating: 0, count: SlabHeap.classCount)
    /// Regions, the emptiest first.
    var order: [Int32] = []
    /// How many of them are to be emptied as a whole.
    var regionsToEmpty = 0

    mutating func count(region i: Int, of heap: UnsafeMutablePointer<SlabHeap>) {
        var bytes = 0
        heap.pointee.forEachSlab(inRegion: i) { slab in
            let index = SlabHeap.index(ofCell: Int(slab.pointee.cellBytes))
            slabs[index] += 1
            live[index] += Int(slab.pointee.live)
            capacity[index] += Int(slab.pointee.capacity)
            bytes += Int(slab.pointee.live) * Int(slab.pointee.cellBytes)
        }
        fullness.append(UInt8(bytes * 64 / PieceStore.pieceBytes))
    }

    /// Decides what to empty; false if nothing.
    mutating func decide() -> Bool {
        var neededSlabs = 0
        var anySpare = false
        for i in 0..<SlabHeap.classCount where slabs[i] > 0 {
            let needed = (live[i] + live[i] / 32) * slabs[i] / capacity[i] + 1
            neededSlabs += needed
            spare[i] = max(0, slabs[i] - needed)
            anySpare = anySpare || spare[i] > 0
        }
        let perRegion = SlabHeap.slabsPerRegion
        let neededRegions = (neededSlabs + neededSlabs / 32) / perRegion + 1
        regionsToEmpty = max(0, fullness.count - neededRegions)
        orderRegions()
        return anySpare || regionsToEmpty > 0
    }

    /// Counting sort by fullness.
    private mutating func orderRegions() {
        var starts = [Int](repeating: 0, count: 66)
        for share in fullness { starts[Int(share) + 1] += 1 }
        for i in 1..<starts.count { starts[i] += starts[i - 1] }
        order = [Int32](repeating: 0, count: fullness.count)
        for (i, share) in fullness.enumerated() {
            order[starts[Int(share)]] = Int32(i)
            starts[Int(share)] += 1
        }
    }
}

extension Engine {
    /// Bytes mapped for slabs that hold nothing. Two regions of slack are normal: the one being
    /// filled and the spare one.
    private var slabWaste: Int {
        max(0, heap.pointee.mappedBytes - heap.pointee.liveBytes - 2 * PieceStore.pieceBytes)
    }

    /// Whether slabs waste so much that a pass pays. Cheap; the server asks now and then.
    package var wantsCompaction: Bool {
        guard settings.compaction, compaction.phase == .idle else { return false }
        guard now >= compaction.restUntil else { return false }
        let waste = slabWaste
        return waste > Compaction.worthwhileBytes && waste * 8 > heap.pointee.liveBytes
            && waste > compaction.wasteLeft + compaction.wasteLeft / 4
    }

    /// Whether a pass is under way or some table should shrink.
    package var compactionHasWork: Bool {
        if compaction.phase != .idle { return true }
        for i in 0..<databaseCount
        where databases[i].isShrinking || databases[i].table.isSparse {
            return true
        }
        return false
    }

    /// Starts a pass.
    package mutating func startCompaction() {
        guard compaction.phase == .idle else { return }
        compaction.census = SlabCensus()
        compaction.region = 0
        compaction.database = 0
        compaction.bucket = 0
        compaction.collections = []
        compaction.place = 0
        compaction.phase = .counting
        compaction.wasteBefore = slabWaste
        compaction.liveBefore = heap.pointee.liveBytes
    }

    private mutating func countSome() {
        let end = min(compaction.region + Compaction.regionsAtOnce, heap.pointee.regionCount)
        while compaction.region < end {
            compaction.census.count(region: compaction.region, of: heap)
            compaction.region += 1
        }
        if compaction.region < heap.pointee.regionCount { return }
        compaction.region = 0
        compaction.phase = compaction.census.decide() ? .choosing : .settling
    }

    private mutating func chooseSome() {
        let regions = compaction.census.order.count
        for _ in 0..<Compaction.regionsAtOnce where compaction.region < regions {
            choose(compaction.region)
            compaction.region += 1
        }
        if compaction.region == regions { compaction.phase = .walking }
    }

    private mutating func choose(_ rank: Int) {
        let region = Int(compaction.census.order[rank])
        // Regions may have gone since they were counted.
        guard region < heap.pointee.regionCount else { return }
        let whole = rank < compaction.census.regionsToEmpty
        if whole { heap.pointee.drain(region: region) }
        heap.pointee.forEachSlab(inRegion: region) { slab in
            let index = SlabHeap.index(ofCell: Int(slab.pointee.cellBytes))
            // A slab that is nearly full is not worth moving by itself.
            let isFull = slab.pointee.live * 16 >= slab.pointee.capacity * 15
            guard whole || compaction.census.spare[index] > 0 && !isFull else { return }
            compaction.census.spare[index] -= 1
            heap.pointee.evacuate(slab)
        }
    }

    /// One bounded piece of work. Returns false when there is none.
    package mutating func compactSome() -> Bool {
        switch compaction.phase {
        case .counting: countSome()
        case .choosing: chooseSome()
        case .walking: walkSome()
        case .settling: settleSome()
        case .idle: return shrinkSome()
        }
        return true
    }

    private mutating func shrinkSome() -> Bool {
        for i in 0..<databaseCount {
            let database = databases + i
            if database.pointee.table.isSparse { database.pointee.isShrinking = true }
            guard database.pointee.isShrinking else { continue }
            for _ in 0..<16 {
                guard database.pointee.table.canMerge else {
                    database.pointee.isShrinking = false
                    break
                }
                database.pointee.table.mergeLast()
            }
            return true
        }
        return false
    }

    private mutating func walkSome() {
        guard compaction.database < databaseCount else {
            compaction.phase = .settling
            return
        }
        let database = databases + compaction.database
        if let hash = compaction.collections.last {
            return walkCollection(database, hash)
        }
        let end = min(compaction.bucket + 16, database.pointee.table.bucketCount)
        for i in compaction.bucket..<max(end, compaction.bucket) {
            database.pointee.table.prefetchElements(ofBucket: i)
        }
        for i in compaction.bucket..<max(end, compaction.bucket) {
            let (moved, looked) = database.pointee.table.evacuate(bucket: i) { $0.size }
            statistics.compactionMoves += moved
            statistics.compactionMisses += looked - moved
            evacuateValues(database, bucket: i)
        }
        compaction.bucket = end
        if end >= database.pointee.table.bucketCount, compaction.collections.isEmpty {
            compaction.database += 1
            compaction.bucket = 0
        }
    }

    /// Moves values that are one cell, and notes those of many cells.
    private mutating func evacuateValues(
        _ database: UnsafeMutablePointer<Database>, bucket: Int
    ) {
        database.pointee.table.forEach(in: database.pointee.table.bucket(bucket)) { entry in
            if entry.isString || entry.type == .list { return }
            if BigValue(entry).hasManyCells {
                compaction.collections.append(hash(entry.key))
            } else if entry.evacuateValue(heap) {
                statistics.compactionMoves += 1
            } else {
                statistics.compactionMisses += 1
            }
        }
    }

    /// One step through a collection, if it is still there. It may have changed since the last
    /// step: what is missed stays where it is.
    private mutating func walkCollection(
        _ database: UnsafeMutablePointer<Database>, _ hash: UInt64
    ) {
        let found = database.pointee.table.find(hash: hash, mask: .max) { entry in
            !entry.isString && BigValue(entry).hasManyCells
        }
        var next: Int?
        if let entry = found?.element {
            let step = BigValue(entry).evacuateSome(from: compaction.place)
            statistics.compactionMoves += step.moved
            statistics.compactionMisses += step.looked - step.moved
            next = step.next
        }
        compaction.place = next ?? 0
        if next == nil { compaction.collections.removeLast() }
    }

    private mutating func settleSome() {
        for _ in 0..<Compaction.slabsAtOnce {
            if heap.pointee.settleOne() { continue }
            compaction.census = SlabCensus()
            compaction.phase = .idle
            compaction.passes += 1
            compaction.restUntil = now + Compaction.restMilliseconds
            let waste = slabWaste
            let gained = compaction.wasteBefore - waste
            let change = heap.pointee.liveBytes - compaction.liveBefore
            let isWorthMore =
                gained * 16 > compaction.wasteBefore || abs(change) * 32 > compaction.liveBefore
            compaction.wasteLeft = isWorthMore ? 0 : waste
            return
        }
    }
}

extension Table {
    func prefetchElements(ofBucket i: Int) {
        let b = bucket(i)
        var occupied = b.occupied
        while occupied != 0 {
            machine_prefetch(b.pointer(at: occupied.trailingZeroBitCount))
            occupied &= occupied &- 1
        }
    }

    /// Moves what the chain of bucket `i` has in slabs being emptied, child buckets included.
    /// Returns how many elements moved and how many it looked at.
    mutating func evacuate(bucket i: Int, size: (Element) -> Int) -> (moved: Int, looked: Int) {
        var moved = 0
        var looked = 0
        let head = bucket(i)
        moveChildren(of: head)
        forEachPosition(in: head) { position in
            looked += 1
            let element = position.element
            let bytes = size(element)
            guard bytes <= SlabHeap.largestCell, SlabHeap.isEvacuating(element.raw) else { return }
            let target = allocateCell(bytes)
            target.copyMemory(from: element.raw, byteCount: bytes)
            replace(position, with: Element(raw: target))
            deallocateCell(element.raw, bytes)
            moved += 1
        }
        return (moved, looked)
    }
}
