// Tables that are values: made and freed on the heap, owning their elements.
//
// A big set or hash is a pointer to such a table; a big sorted set has one beside its tree. Other
// than the keyspace's table, which the compaction cycle shrinks, one of these shrinks as elements
// are removed, a bucket for a removal at most.

import Memory

/// An element in a cell of its own that only the table points to.
protocol OwnedElement: TableElement {
    /// Bytes that the cell takes, the allocator's rounding included.
    var footprint: Int { get }
    func free(_ heap: UnsafeMutablePointer<SlabHeap>)
    /// An equal element in another cell.
    func copy(_ heap: UnsafeMutablePointer<SlabHeap>) -> Self
    /// The element in another cell if its own is to be emptied; the old cell is freed.
    func evacuated(_ heap: UnsafeMutablePointer<SlabHeap>) -> Self?
}

extension Table {
    /// An empty table at an address of its own.
    static func create(_ engine: UnsafeMutablePointer<Engine>) -> UnsafeMutablePointer<Self> {
        let table = Allocator.allocate(MemoryLayout<Self>.size)
            .bindMemory(to: Self.self, capacity: 1)
        table.initialize(
            to: Self(
                heap: engine.pointee.heap, key0: engine.pointee.key0, key1: engine.pointee.key1))
        return table
    }

    /// Frees a table made by `create`; the elements have been dealt with.
    static func free(_ table: UnsafeMutablePointer<Self>) {
        table.deinitialize(count: 1)
        Allocator.deallocate(table, MemoryLayout<Self>.size)
    }

    /// Takes out the element at `position`, and drops a bucket where they have become too many.
    /// The caller frees the element. No position is valid afterwards.
    @inline(__always)
    mutating func removeShrinking(_ position: Position) {
        remove(position)
        if isSparse { mergeLast() }
    }
}

extension Table where Element: OwnedElement {
    /// Buckets that are freed in one step.
    static var bucketsAtOnce: Int { 8 }

    /// Frees some elements; true when all are gone and the table itself is freed.
    static func freeSome(_ table: UnsafeMutablePointer<Self>) -> Bool {
        let heap = table.pointee.heap
        for _ in 0..<bucketsAtOnce {
            if !table.pointee.drainLast({ $0.free(heap) }) {
                free(table)
                return true
            }
        }
        return false
    }

    /// Frees the table with its elements, however many they are.
    static func destroy(_ table: UnsafeMutablePointer<Self>) {
        while !freeSome(table) {}
    }

    /// An equal table: bucket by bucket, without hashing.
    static func copy(
        _ table: UnsafeMutablePointer<Self>, _ engine: UnsafeMutablePointer<Engine>
    ) -> UnsafeMutablePointer<Self> {
        let heap = engine.pointee.heap
        let other = create(engine)
        other.pointee.takeShape(of: table)
        for i in 0..<table.pointee.bucketCount {
            other.pointee.fill(bucket: i, from: table.pointee.bucket(i)) {
                Element(raw: $0).copy(heap).raw
            }
        }
        return other
    }

    /// Bytes of the table and of its elements: all of them, or an estimate by the first `samples`.
    static func footprint(_ table: UnsafeMutablePointer<Self>, samples: Int) -> Int {
        let wanted = samples == 0 ? Int.max : samples
        var looked = 0
        var sum = 0
        var i = 0
        while i < table.pointee.bucketCount, looked < wanted {
            table.pointee.forEach(in: table.pointee.bucket(i)) { element in
                guard looked < wanted else { return }
                sum += element.footprint
                looked += 1
            }
            i += 1
        }
        let own = Allocator.usableSize(MemoryLayout<Self>.size) + table.pointee.bucketBytes
        guard looked > 0 else { return own }
        return own + Int(Double(sum) / Double(looked) * Double(table.pointee.count))
    }

    /// Moves what the buckets from `start` on have in slabs being emptied; some buckets at a time.
    static func evacuateSome(
        _ table: UnsafeMutablePointer<Self>, from start: Int
    ) -> CollectionEvacuation {
        let heap = table.pointee.heap
        let end = min(start + 16, table.pointee.bucketCount)
        var step = CollectionEvacuation(next: end < table.pointee.bucketCount ? end : nil)
        guard start < end else { return step }
        for i in start..<end { table.pointee.prefetchElements(ofBucket: i) }
        for i in start..<end {
            let head = table.pointee.bucket(i)
            table.pointee.moveChildren(of: head)
            table.pointee.forEachPosition(in: head) { position in
                step.looked += 1
                guard let moved = position.element.evacuated(heap) else { return }
                table.pointee.replace(position, with: moved)
                step.moved += 1
            }
        }
        return step
    }
}

/// What one step of a compaction through a collection did.
struct CollectionEvacuation {
    /// Where to go on; nil at the end.
    var next: Int?
    var moved = 0
    var looked = 0
}
