// Values and whole databases on their way out, freed in slices between event batches.
//
// What is small is freed on the spot; what is large waits here. UNLINK and DEL, FLUSHALL SYNC and
// ASYNC all end here: none of them stalls the loop.

import Memory

struct LazyFree: ~Copyable {
    /// A detached database.
    struct Keyspace: ~Copyable {
        var table: Table<Entry>
        var wheel: ExpiryWheel
        var fieldWheel: ExpiryWheel
    }

    private var values: [BigValue] = []
    private var keyspaces: [UnsafeMutablePointer<Keyspace>] = []
    /// Objects that wait or are being freed: keys of detached databases, and big values.
    private(set) var pendingObjects = 0
    /// Objects freed by the cycle since start.
    var freedObjects = 0

    var hasWork: Bool { isBusy }
    /// Whether anything waits: `hasWork` as a stored value.
    private(set) var isBusy = false

    mutating func add(
        table: consuming Table<Entry>, wheel: consuming ExpiryWheel,
        fieldWheel: consuming ExpiryWheel
    ) {
        pendingObjects += table.count
        let keyspace = UnsafeMutablePointer<Keyspace>.allocate(capacity: 1)
        keyspace.initialize(to: Keyspace(table: table, wheel: wheel, fieldWheel: fieldWheel))
        keyspaces.append(keyspace)
        isBusy = true
    }

    /// A list, or the part of one that a command cut off.
    mutating func add(_ list: PackedList) { add(BigValue(list)) }

    /// A value that no key holds any more, to be freed in slices.
    mutating func add(_ value: BigValue) {
        pendingObjects += 1
        values.append(value)
        isBusy = true
    }

    /// Frees a value that no key holds any more: at once, or in slices if it is long.
    mutating func release(_ value: BigValue, _ heap: UnsafeMutablePointer<SlabHeap>) {
        if value.isLong { add(value) } else { value.freeAll(heap) }
    }

    /// Frees what the entry's value points to, now or later. The entry's memory is the caller's.
    @inline(__always)
    mutating func release(valueOf entry: Entry, _ heap: UnsafeMutablePointer<SlabHeap>) {
        if !entry.encoding.holdsNoPointer { releasePointer(entry, heap) }
    }

    @inline(never)
    private mutating func releasePointer(
        _ entry: Entry, _ heap: UnsafeMutablePointer<SlabHeap>
    ) {
        if entry.encoding == .blob {
            entry.blobValue.release()
        } else {
            release(BigValue(entry), heap)
        }
    }

    /// Frees one bounded piece; false when nothing is left.
    mutating func freeOne(_ heap: UnsafeMutablePointer<SlabHeap>) -> Bool {
        if let value = values.last {
            if value.freeSome(heap) {
                values.removeLast()
                pendingObjects -= 1
                freedObjects += 1
            }
        } else if let keyspace = keyspaces.last {
            freeBucket(keyspace, heap)
        }
        isBusy = !values.isEmpty || !keyspaces.isEmpty
        return isBusy
    }

    private mutating func freeBucket(
        _ keyspace: UnsafeMutablePointer<Keyspace>, _ heap: UnsafeMutablePointer<SlabHeap>
    ) {
        let before = keyspace.pointee.table.count
        let waiting = values.count
        let more = keyspace.pointee.table.drainLast { entry in
            release(valueOf: entry, heap)
            heap.pointee.deallocateEntry(entry.raw, entry.size)
        }
        let freed = before - keyspace.pointee.table.count
        pendingObjects -= freed
        // Those with big values count when these are freed.
        freedObjects += freed - (values.count - waiting)
        if more { return }
        if keyspace.pointee.wheel.freeSome(maxChunks: 64),
            keyspace.pointee.fieldWheel.freeSome(maxChunks: 64)
        {
            keyspace.deinitialize(count: 1)
            keyspace.deallocate()
            keyspaces.removeLast()
        }
    }
}
