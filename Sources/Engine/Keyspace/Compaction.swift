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

    /// Free room in slabs worth a pass: a fifth of what is live, and at least this many bytes.
    static let worthwhileBytes = 4 << 20
}

extension Engine {
    /// Whether slabs hold so much free room that a pass pays. Cheap; the server asks now and then.
    package var wantsCompaction: Bool {
        guard settings.compaction, compaction.phase == .idle else { return false }
        let used = heap.pointee.mappedBytes - heap.pointee.freeSlabs * SlabHeap.slabBytes
        let room = used - heap.pointee.liveBytes
        return room > Compaction.worthwhileBytes && room * 5 > heap.pointee.liveBytes
    }

    /// Whether a pass is under way or some table should shrink.
    package var compactionHasWork: Bool {
        if compaction.phase != .idle { return true }
        for i in 0..<databaseCount where databases[i].table.isSparse { return true }
        return false
    }

    /// Starts a pass: chooses the slabs to empty.
    package mutating func startCompaction() {
        guard compaction.phase == .idle else { return }
        var classes = [[SlabHeap.SlabPointer]](repeating: [], count: SlabHeap.classCount)
        heap.pointee.forEachSlab { classes[Int($0.pointee.cellBytes) / 8].append($0) }
        for slabs in classes where slabs.count > 1 { choose(from: slabs) }
        guard !compaction.chosen.isEmpty else { return }
        compaction.phase = .walking
        compaction.database = 0
        compaction.bucket = 0
    }

    private mutating func choose(from slabs: [SlabHeap.SlabPointer]) {
        let live = slabs.reduce(0) { $0 + Int($1.pointee.live) }
        let capacity = Int(slabs[0].pointee.capacity)
        let needed = (live + live / 32) / capacity + 1
        guard needed < slabs.count else { return }
        // Emptiest first, and among equals those that share a region, so that regions empty.
        let ordered = slabs.sorted { a, b in
            let x = Int(a.pointee.live) * 4 / capacity
            let y = Int(b.pointee.live) * 4 / capacity
            return x == y ? UInt(bitPattern: a) < UInt(bitPattern: b) : x < y
        }
        for slab in ordered.prefix(slabs.count - needed) {
            heap.pointee.evacuate(slab)
            compaction.chosen.append(slab)
        }
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
        compaction.chosen.removeAll()
        compaction.phase = .idle
        compaction.passes += 1
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
