// A big sorted set: a table from members to elements, and a counted tree that orders them.
//
// The encoding `tree`, "skiplist" in Redis's words. `SortedSet` calls it; nobody else does. The
// elements' cells belong to the set; table and tree hold the same words.
//
//   fields of the tree | table of the elements            one allocation, the entry points to it

import CMachine
import Memory

/// Handle to a big sorted set; copying the handle copies nothing.
struct TreeSet {
    let raw: UnsafeMutableRawPointer

    /// The set whose `raw` pointer the keyspace kept.
    @inline(__always)
    init(raw: UnsafeMutableRawPointer) { self.raw = raw }

    private static var tableOffset: Int { MemoryLayout<TreeFields>.stride }
    private static var allocationBytes: Int {
        tableOffset + MemoryLayout<Table<ScoredMember>>.stride
    }

    // Safety: `create` bound both places.
    @inline(__always)
    var tree: CountedTree<ScoredMember> {
        CountedTree(raw.assumingMemoryBound(to: TreeFields.self))
    }

    @inline(__always)
    var table: UnsafeMutablePointer<Table<ScoredMember>> {
        (raw + Self.tableOffset).assumingMemoryBound(to: Table<ScoredMember>.self)
    }

    @inline(__always)
    private var heap: UnsafeMutablePointer<SlabHeap> { tree.fields.pointee.heap }

    // MARK: Life

    static func create(_ engine: UnsafeMutablePointer<Engine>) -> TreeSet {
        let set = TreeSet(raw: Allocator.allocate(allocationBytes))
        set.raw.bindMemory(to: TreeFields.self, capacity: 1)
            .initialize(to: TreeFields(engine.pointee.heap))
        (set.raw + tableOffset).bindMemory(to: Table<ScoredMember>.self, capacity: 1)
            .initialize(
                to: Table(
                    heap: engine.pointee.heap, key0: engine.pointee.key0,
                    key1: engine.pointee.key1))
        return set
    }

    /// Frees the set with all that it holds.
    /// - Complexity: O(n)
    func destroy() { while !freeSome(.max) {} }

    private static var bucketsAtOnce: Int { 64 }
    /// A set of more elements is freed in slices.
    static var freedAtOnce: Int { 256 }

    /// Frees up to `leaves` leaves with their elements, or afterwards some buckets; true once the
    /// set itself is gone. Between calls only this may be called.
    func freeSome(_ leaves: Int) -> Bool {
        let heap = heap
        if !tree.freeSome(leaves, { ScoredMember(raw: $0).free(heap) }) { return false }
        // The elements are gone, so the buckets are dropped unread.
        for _ in 0..<Self.bucketsAtOnce {
            if table.pointee.drainLast({ _ in }) { continue }
            table.deinitialize(count: 1)
            Allocator.deallocate(raw, Self.allocationBytes)
            return true
        }
        return false
    }

    /// The same elements in a set of their own.
    /// - Complexity: O(n)
    func copy(_ engine: UnsafeMutablePointer<Engine>) -> TreeSet {
        let twin = TreeSet.create(engine)
        forEach { twin.append($0, $1) }
        return twin
    }

    /// Calls `body` with every element in order.
    func forEach(_ body: (Bytes, Double) -> Void) {
        guard var cursor = tree.cursor(at: 0) else { return }
        repeat {
            body(ScoredMember(raw: cursor.cell).key, cursor.score)
        } while cursor.moveForward()
    }

    // MARK: Looking

    @inline(__always) var count: Int { tree.count }

    /// The element of a member whose hash is `hash`, or is not known if that is 0.
    @inline(__always)
    func find(_ member: Bytes, _ hash: UInt64 = 0) -> ScoredMember? {
        let hash = hash != 0 ? hash : table.pointee.hash(member)
        return table.pointee.find(member, hash)?.element
    }

    func rank(_ element: ScoredMember) -> Int {
        tree.rank(element.score, element.raw, element.key)
    }

    /// Bytes of everything; of the elements `samples` are measured and the others taken for their
    /// average, all of them for 0.
    func footprint(samples: Int) -> Int {
        var bytes =
            Allocator.usableSize(Self.allocationBytes) + tree.nodeBytes
            + table.pointee.bucketBytes
        let wanted = samples == 0 ? count : min(samples, count)
        guard wanted > 0, var cursor = tree.cursor(at: 0) else { return bytes }
        var measured = 0
        for _ in 0..<wanted {
            measured += ScoredMember(raw: cursor.cell).footprint
            if !cursor.moveForward() { break }
        }
        bytes += Int(Double(measured) / Double(wanted) * Double(count))
        return bytes
    }

    // MARK: Changing

    /// Adds a member that is not in the set; `hash` is the table's.
    @inline(__always)
    func insert(_ member: Bytes, _ hash: UInt64, _ score: Double) {
        let element = ScoredMember(score, member, heap)
        table.pointee.insert(element, hash)
        tree.insert(score, element.raw, member)
    }

    /// Adds a member that is not in the set, behind all others.
    func append(_ member: Bytes, _ score: Double) {
        let element = ScoredMember(score, member, heap)
        table.pointee.insert(element, table.pointee.hash(member))
        tree.append(score, element.raw)
    }

    @inline(__always)
    func update(_ element: ScoredMember, _ score: Double) {
        let old = element.score
        element.score = score
        tree.update(element.raw, element.key, from: old, to: score)
    }

    /// False if there is no such member.
    func remove(_ member: Bytes, _ hash: UInt64 = 0) -> Bool {
        let hash = hash != 0 ? hash : table.pointee.hash(member)
        guard let position = table.pointee.find(member, hash) else { return false }
        let element = position.element
        table.pointee.removeShrinking(position)
        tree.remove(element.score, element.raw, element.key)
        element.free(heap)
        return true
    }

    /// Takes out the elements of these ranks, which are fewer than all.
    /// - Complexity: O(removed + log n)
    func removeRange(_ ranks: Range<Int>) {
        if ranks.count == 1 { return removeOne(ranks.lowerBound) }
        var left = ranks.count
        while left > 0 {
            left &-= tree.removeRun(
                rank: ranks.lowerBound, limit: Swift.min(left, Self.droppedAtOnce)
            ) { drop($0, $1) }
        }
    }

    private static var droppedAtOnce: Int { 16 }

    /// Takes elements out of the table only, and frees them. First all cells are asked for, then
    /// all buckets, so that the cache's misses overlap.
    private func drop(_ leaf: TreeLeaf, _ places: Range<Int>) {
        var hashes = InlineArray<16, UInt64>(repeating: 0)
        for i in places { machine_prefetch(leaf.cell(i)) }
        for i in places {
            let hash = table.pointee.hash(ScoredMember(raw: leaf.cell(i)).key)
            table.pointee.prefetchBucket(hash)
            hashes[i &- places.lowerBound] = hash
        }
        for i in places { drop(ScoredMember(raw: leaf.cell(i)), hashes[i &- places.lowerBound]) }
    }

    @inline(__always)
    private func drop(_ element: ScoredMember, _ hash: UInt64) {
        if let position = table.pointee.find(element.key, hash) {
            table.pointee.removeShrinking(position)
        }
        element.free(heap)
    }

    /// One element: nearly always one that is popped from an end. More pops tend to follow, so what
    /// they will wait for is asked for now.
    private func removeOne(_ rank: Int) {
        _ = tree.removeRun(rank: rank, limit: 1) { leaf, places in
            let i = places.lowerBound
            let element = ScoredMember(raw: leaf.cell(i))
            let forward = i &* 2 < leaf.count
            let next = forward ? i &+ 3 : i &- 3
            let later = forward ? i &+ 6 : i &- 6
            if next >= 0, next < leaf.count {
                table.pointee.prefetchBucket(
                    table.pointee.hash(ScoredMember(raw: leaf.cell(next)).key))
            }
            if later >= 0, later < leaf.count { machine_prefetch(leaf.cell(later)) }
            drop(element, table.pointee.hash(element.key))
        }
    }

    /// A copy of all elements but those of these ranks.
    /// - Complexity: O(kept + log n)
    func copy(
        without ranks: Range<Int>, _ engine: UnsafeMutablePointer<Engine>
    ) -> TreeSet {
        let twin = TreeSet.create(engine)
        for kept in [0..<ranks.lowerBound, ranks.upperBound..<count] where !kept.isEmpty {
            guard var cursor = tree.cursor(at: kept.lowerBound) else { continue }
            for _ in kept {
                twin.append(ScoredMember(raw: cursor.cell).key, cursor.score)
                _ = cursor.moveForward()
            }
        }
        return twin
    }

    // MARK: Compaction

    /// Moves what the leaf with rank `rank` and the way to it have in slabs being emptied: nodes,
    /// elements, and the child buckets of as many buckets as the leaf has elements. Ranks may have
    /// shifted since the last call: what is missed stays where it is.
    func evacuateSome(from rank: Int) -> CollectionEvacuation {
        var step = CollectionEvacuation()
        guard rank < count else { return step }
        var path = tree.evacuateNodes(rank: rank, moved: &step.moved)
        let first = rank - path.index
        let leaf = path.leaf
        for i in 0..<leaf.count {
            step.looked += 1
            let old = ScoredMember(raw: leaf.cell(i))
            let hash = table.pointee.hash(old.key)
            guard let moved = old.evacuated(heap) else { continue }
            step.moved += 1
            // The old cell is free but its word still tells which element of the bucket it is.
            table.pointee.replace(old.raw, hash, with: moved)
            leaf.setCell(i, moved.raw)
            if i == 0 { tree.setFirst(&path, from: tree.height, leaf.scores[0], moved.raw) }
        }
        let end = min(first + leaf.count, table.pointee.bucketCount)
        if first < end { for i in first..<end { table.pointee.moveChildren(ofBucket: i) } }
        step.next = first + leaf.count < count ? first + leaf.count : nil
        return step
    }
}

extension Table {
    /// Puts an element in the place of one that is known by its word alone.
    fileprivate func replace(
        _ old: UnsafeMutableRawPointer, _ hash: UInt64, with element: Element
    ) {
        forEachPosition(in: bucket(index(hash))) { position in
            if position.element.raw == old { replace(position, with: element) }
        }
    }

    fileprivate func moveChildren(ofBucket i: Int) { moveChildren(of: bucket(i)) }
}
