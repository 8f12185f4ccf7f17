// Gives memory back after many deletions: moves entries out of sparse slabs, which then empty.
//
// Only the table points to an entry, so a pass can walk the tables bucket by bucket, in slices, and
// move what lives in a slab chosen for evacuation. The choice is made once per pass: per size
// class, the emptiest slabs whose cells fit into the room of the others. A table that became sparse
// merges its buckets meanwhile.

import CMachine
import Memory

struct Compaction: ~Copyable {
    enum Phase { case idle, walking }
    var phase = Phase.idle
    var database = 0
    var bucket = 0
    /// Slabs being emptied in this pass.
    var chosen: [SlabHeap.SlabPointer] = []
    /// Passes finished since start.
    var passes = 0
    /// Room that the last pass left: nothing is gained by another one until it changes.
    var roomLeft = -1

    /// Free room in slabs worth a pass: a fifth of what is live, and at least this many bytes.
    static let worthwhileBytes = 4 << 20
}

extension Engine {
    /// Whether slabs hold so much free room that a pass pays. Cheap; the server asks now and then.
    package var wantsCompaction: Bool {
        guard settings.compaction, compaction.phase == .idle else { return false }
        // Two regions of slack are normal: the one being filled and the spare one.
        let room = heap.pointee.mappedBytes - heap.pointee.liveBytes - 2 * Pages.pieceBytes
        return room > Compaction.worthwhileBytes && room * 5 > heap.pointee.liveBytes
            && room != compaction.roomLeft
    }

    /// Whether a pass is under way or some table should shrink.
    package var compactionHasWork: Bool {
        if compaction.phase != .idle { return true }
        for i in 0..<databaseCount where databases[i].table.isSparse { return true }
        return false
    }

    /// Starts a pass: chooses the regions and slabs to empty.
    ///
    /// - Complexity: O(slabs), some 20 ns each.
    package mutating func startCompaction() {
        guard compaction.phase == .idle else { return }
        var census = [SlabCensus](repeating: SlabCensus(), count: SlabHeap.classCount)
        heap.pointee.forEachSlab { slab, _ in census[Int(slab.pointee.cellBytes) / 8].add(slab) }
        let needed = census.reduce(0) { $0 + $1.needed }
        heap.pointee.evacuateRegions(keeping: needed / SlabHeap.slabsPerRegion + 1)
        // What stays is counted anew: slabs of regions that go are emptied anyway.
        for i in census.indices { census[i].forgetSlabs() }
        heap.pointee.forEachSlab { slab, leaving in
            if !leaving { census[Int(slab.pointee.cellBytes) / 8].count(slab) }
        }
        for i in census.indices { census[i].chooseLevel() }
        var chosen: [SlabHeap.SlabPointer] = []
        heap.pointee.forEachSlab { slab, leaving in
            if leaving || census[Int(slab.pointee.cellBytes) / 8].takes(slab) { chosen.append(slab) }
        }
        guard !chosen.isEmpty else {
            heap.pointee.settleRegions()
            return
        }
        for slab in chosen { heap.pointee.evacuate(slab) }
        compaction.chosen = chosen
        compaction.phase = .walking
        compaction.database = 0
        compaction.bucket = 0
    }

    /// One bounded piece of work. Returns false when there is none.
    package mutating func compactSome() -> Bool {
        if compaction.phase == .walking {
            walkSome()
            return true
        }
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
            finishCompaction()
            return
        }
        let database = databases + compaction.database
        let end = min(compaction.bucket + 16, database.pointee.table.bucketCount)
        for i in compaction.bucket..<max(end, compaction.bucket) {
            database.pointee.table.prefetchElements(ofBucket: i)
        }
        for i in compaction.bucket..<max(end, compaction.bucket) {
            let (moved, looked) = database.pointee.table.evacuate(bucket: i) { size(of: $0) }
            statistics.compactionMoves += moved
            statistics.compactionMisses += looked - moved
        }
        compaction.bucket = end
        if end >= database.pointee.table.bucketCount {
            compaction.database += 1
            compaction.bucket = 0
        }
    }

    private func size(of entry: Entry) -> Int { entry.size }

    private mutating func finishCompaction() {
        for slab in compaction.chosen { heap.pointee.settle(slab) }
        heap.pointee.settleRegions()
        compaction.chosen.removeAll()
        compaction.phase = .idle
        compaction.passes += 1
        compaction.roomLeft =
            heap.pointee.mappedBytes - heap.pointee.liveBytes - 2 * Pages.pieceBytes
    }
}

/// The slabs of one size class by how full they are: which of them to empty.
private struct SlabCensus {
    private static var levels: Int { 16 }

    private var live = 0
    private var capacity = 1
    private var slabs = 0
    private var histogram = [Int](repeating: 0, count: levels + 1)
    /// Slabs below this level go; of those at it, `rest` more.
    private var level = 0
    private var rest = 0

    /// Slabs that hold what is live, with a little room.
    var needed: Int { live == 0 ? 0 : (live + live / 32) / capacity + 1 }

    mutating func add(_ slab: SlabHeap.SlabPointer) {
        live += Int(slab.pointee.live)
        capacity = Int(slab.pointee.capacity)
        count(slab)
    }

    mutating func count(_ slab: SlabHeap.SlabPointer) {
        slabs += 1
        histogram[fullness(slab)] += 1
    }

    mutating func forgetSlabs() {
        slabs = 0
        histogram = [Int](repeating: 0, count: Self.levels + 1)
    }

    /// Finds up to which level slabs must go so that only the needed number stays.
    mutating func chooseLevel() {
        rest = max(0, slabs - needed)
        while level < Self.levels, rest >= histogram[level] {
            rest -= histogram[level]
            level += 1
        }
    }

    mutating func takes(_ slab: SlabHeap.SlabPointer) -> Bool {
        let own = fullness(slab)
        if own < level { return true }
        // A slab that is nearly full is not worth moving.
        guard own == level, rest > 0, own < Self.levels - 1 else { return false }
        rest -= 1
        return true
    }

    private func fullness(_ slab: SlabHeap.SlabPointer) -> Int {
        Int(slab.pointee.live) * Self.levels / Int(slab.pointee.capacity)
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
