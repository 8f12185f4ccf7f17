// The hash table of the keyspace and of big collections: linear hashing over buckets of one cache
// line.
//
// Bucket i of a table of N = 2^level + split buckets holds the elements whose hash, cut to
// level + 1 bits, is i; or, where that bucket does not exist yet, cut to level bits. Growing splits
// one bucket at a time, in order; shrinking merges the last one back. So there is never a second
// table and never a rehash: the cost of an insert is bounded, and memory follows the count.
// Buckets live in chunks of 64 KiB (the first one grows by quarters up to that), small enough that
// neither a new chunk nor the growth of the first one is felt.
//
// Complexity: find, insert, remove O(1) expected; 1.1 buckets touched per hit at load 0.75.
// The table owns its buckets, not the elements.

import CMachine
import Memory

/// What a table can hold: a pointer whose target knows its own key. The lowest three bits of the
/// pointer are the element's own (see TaggedCell).
protocol TableElement {
    init(raw: UnsafeMutableRawPointer)
    var raw: UnsafeMutableRawPointer { get }
    var key: Bytes { get }
    /// Elements per bucket that the table grows at, times four.
    static var growthQuarters: Int { get }
}

extension TableElement {
    /// Load 0.75: 11.3 bytes and 1.11 buckets for each element.
    static var growthQuarters: Int { 27 }
}

extension Entry: TableElement {}

struct Table<Element: TableElement>: ~Copyable {
    /// Where an element stands. Valid until the table changes.
    struct Position {
        /// First bucket of the chain.
        let head: Bucket
        let bucket: Bucket
        let slot: Int

        @inline(__always)
        var element: Element { Element(raw: bucket.pointer(at: slot)) }
    }

    private static var chunkShift: Int { 10 }
    private static var chunkBuckets: Int { 1 << chunkShift }
    private static var chunkBytes: Int { ChunkStore.chunkBytes }
    private static var growthQuarters: Int { Element.growthQuarters }

    let heap: UnsafeMutablePointer<SlabHeap>
    private let key0: UInt64
    private let key1: UInt64
    private var directory: UnsafeMutablePointer<UnsafeMutableRawPointer>
    private var directoryCapacity: Int
    private(set) var chunkCount: Int
    /// Buckets the first chunk has room for.
    private var firstChunkBuckets: Int
    private(set) var level: Int
    private(set) var split: Int
    private(set) var bucketCount: Int
    private(set) var childCount: Int
    private(set) var count: Int
    /// The count beyond which an insert splits a bucket.
    private var growthLimit: Int
    /// How far the next split has been prefetched (see `warmNextSplit`).
    private var warmth: Int

    /// An empty table of one bucket; `key0`, `key1` seed the hash.
    init(heap: UnsafeMutablePointer<SlabHeap>, key0: UInt64, key1: UInt64) {
        self.heap = heap
        self.key0 = key0
        self.key1 = key1
        directoryCapacity = 4
        directory = .allocate(capacity: directoryCapacity)
        firstChunkBuckets = 1
        directory[0] = Allocator.allocate(Bucket.bytes)
        Bucket(directory[0]).clear()
        chunkCount = 1
        level = 0
        split = 0
        bucketCount = 1
        childCount = 0
        count = 0
        growthLimit = Self.growthQuarters / 4
        warmth = 0
    }

    /// Frees the buckets; the caller has dealt with the elements.
    deinit {
        for i in 0..<bucketCount { _ = freeChain(bucket(i).child) }
        for i in 0..<chunkCount { freeChunk(i) }
        directory.deallocate()
    }

    /// Bytes of buckets, children included.
    var bucketBytes: Int {
        let first = firstChunkBuckets * Bucket.bytes
        return first + (chunkCount - 1) * Self.chunkBytes + childCount * Bucket.bytes
    }

    // MARK: Finding

    @inline(__always)
    func hash(_ key: Bytes) -> UInt64 { sipHash12(key, key0: key0, key1: key1) }

    @inline(__always)
    func bucket(_ index: Int) -> Bucket {
        let chunk = directory[index >> Self.chunkShift]
        return Bucket(chunk + (index & (Self.chunkBuckets &- 1)) &* Bucket.bytes)
    }

    @inline(__always)
    func index(_ hash: UInt64) -> Int {
        let h = Int(truncatingIfNeeded: hash)
        let small = h & (1 &<< level &- 1)
        return small < split ? h & (1 &<< (level &+ 1) &- 1) : small
    }

    /// Asks for the bucket that `hash` belongs to.
    @inline(__always)
    func prefetchBucket(_ hash: UInt64) { machine_prefetch(bucket(index(hash)).raw) }

    /// Asks for the element that `hash` most likely finds. Call when the bucket has arrived.
    @inline(__always)
    func prefetchElement(_ hash: UInt64) {
        let b = bucket(index(hash))
        let mask = b.matches(Bucket.tag(hash))
        guard mask != 0 else { return }
        let p = b.pointer(at: mask.trailingZeroBitCount)
        machine_prefetch(p)
        // Small elements lie across two lines more often than not.
        machine_prefetch(p + 40)
    }

    /// The element that `hash` most likely finds; its key is not looked at.
    @inline(__always)
    func likely(_ hash: UInt64) -> Element? {
        let b = bucket(index(hash))
        let mask = b.matches(Bucket.tag(hash))
        return mask == 0 ? nil : Element(raw: b.pointer(at: mask.trailingZeroBitCount))
    }

    @inline(__always)
    func find(_ key: Bytes, _ hash: UInt64) -> Position? {
        let tag = Bucket.tag(hash)
        let head = bucket(index(hash))
        var b = head
        while true {
            var mask = b.matches(tag)
            while mask != 0 {
                let slot = mask.trailingZeroBitCount
                if Element(raw: b.pointer(at: slot)).key.equals(key) {
                    return Position(head: head, bucket: b, slot: slot)
                }
                mask &= mask &- 1
            }
            guard b.hasChild else { return nil }
            b = Bucket(b.pointer(at: Bucket.slots - 1))
        }
    }

    /// The element whose key hashes to exactly `hash` and whom `accept` takes.
    func find(hash: UInt64, mask wanted: UInt64, where accept: (Element) -> Bool) -> Position? {
        let tag = Bucket.tag(hash)
        let head = bucket(index(hash))
        var b = head
        while true {
            var mask = b.matches(tag)
            while mask != 0 {
                let slot = mask.trailingZeroBitCount
                let element = Element(raw: b.pointer(at: slot))
                if accept(element), (self.hash(element.key) ^ hash) & wanted == 0 {
                    return Position(head: head, bucket: b, slot: slot)
                }
                mask &= mask &- 1
            }
            guard let next = b.child else { return nil }
            b = next
        }
    }

    // MARK: Changing

    /// Puts another element of the same key in the place of one.
    @inline(__always)
    func replace(_ position: Position, with element: Element) {
        position.bucket.setPointer(element.raw, at: position.slot)
    }

    /// Adds an element whose key is not in the table.
    @inline(__always)
    mutating func insert(_ element: Element, _ hash: UInt64) {
        place(element.raw, Bucket.tag(hash), in: bucket(index(hash)))
        count &+= 1
        if count > growthLimit { splitNext() } else { warmNextSplit() }
    }

    @inline(__always)
    private mutating func place(_ p: UnsafeMutableRawPointer, _ tag: UInt8, in head: Bucket) {
        let vacant = head.vacant
        if vacant == 0 {
            placeInChain(p, tag, in: head)
            return
        }
        let slot = vacant.trailingZeroBitCount
        head.setPointer(p, at: slot)
        head.setTag(tag, at: slot)
    }

    @inline(never)
    private mutating func placeInChain(
        _ p: UnsafeMutableRawPointer, _ tag: UInt8, in head: Bucket
    ) {
        var b = head
        while b.vacant == 0 {
            if let next = b.child {
                b = next
                continue
            }
            // A full last bucket: its last slot becomes the way to a child.
            let last = Bucket.slots - 1
            let child = Bucket(heap.pointee.allocate(Bucket.bytes))
            child.clear()
            child.setPointer(b.pointer(at: last), at: 0)
            child.setTag(b.tag(at: last), at: 0)
            b.setTag(0, at: last)
            b.setPointer(child.raw, at: last)
            b.setHasChild(true)
            childCount += 1
            b = child
        }
        let slot = b.vacant.trailingZeroBitCount
        b.setPointer(p, at: slot)
        b.setTag(tag, at: slot)
    }

    /// Takes the element at `position` out; the caller frees it.
    @inline(__always)
    mutating func remove(_ position: Position) {
        position.bucket.setTag(0, at: position.slot)
        count &-= 1
        if position.head.hasChild { closeGap(position) }
    }

    /// Fills the gap from the end of the chain, so that children do not linger half empty.
    @inline(never)
    private mutating func closeGap(_ position: Position) {
        var parent = position.head
        var last = parent
        while let next = last.child {
            parent = last
            last = next
        }
        let occupied = last.occupied
        if last.raw != position.bucket.raw, occupied != 0 {
            let slot = occupied.trailingZeroBitCount
            position.bucket.setPointer(last.pointer(at: slot), at: position.slot)
            position.bucket.setTag(last.tag(at: slot), at: position.slot)
            last.setTag(0, at: slot)
        }
        if last.occupied == 0 {
            parent.setHasChild(false)
            heap.pointee.deallocate(last.raw, Bucket.bytes)
            childCount -= 1
        }
    }

    // MARK: Growing

    /// Asks for what the next split will read, a step per insert: first the bucket, then its
    /// elements, whose keys are rehashed. The split then waits for no memory.
    @inline(__always)
    private mutating func warmNextSplit() {
        warmth &+= 1
        if warmth == 2 {
            machine_prefetch(bucket(split).raw)
        } else if warmth == 4 {
            warmElements()
        }
    }

    @inline(never)
    private func warmElements() {
        let b = bucket(split)
        var occupied = b.occupied
        while occupied != 0 {
            machine_prefetch(b.pointer(at: occupied.trailingZeroBitCount))
            occupied &= occupied &- 1
        }
    }

    /// Splits the next bucket in order in two.
    @inline(never)
    private mutating func splitNext() {
        warmth = 0
        let source = split
        let target = (1 << level) + source
        addBucket(target)
        let b = bucket(source)
        let other = bucket(target)
        let bit = UInt64(1) << UInt64(level)
        distribute(from: b, to: other, bit: bit)
        split += 1
        if split == 1 << level {
            level += 1
            split = 0
        }
        growthLimit = bucketCount * Self.growthQuarters / 4
    }

    /// Moves the elements of the chain at `source` whose hash has `bit` set to `target`.
    private mutating func distribute(from source: Bucket, to target: Bucket, bit: UInt64) {
        if source.hasChild {
            distributeChain(from: source, to: target, bit: bit)
            return
        }
        var occupied = source.occupied
        var to = 0
        while occupied != 0 {
            let slot = occupied.trailingZeroBitCount
            occupied &= occupied &- 1
            let p = source.pointer(at: slot)
            if hash(Element(raw: p).key) & bit != 0 {
                target.setPointer(p, at: to)
                target.setTag(source.tag(at: slot), at: to)
                to += 1
                source.setTag(0, at: slot)
            }
        }
    }

    /// The chain is taken apart and both halves are built anew, so no child stays half empty.
    @inline(never)
    private mutating func distributeChain(from source: Bucket, to target: Bucket, bit: UInt64) {
        let first = source.child
        // A copy of the head: its slots are needed after it is cleared.
        let copy = Bucket(heap.pointee.allocate(Bucket.bytes))
        copy.raw.copyMemory(from: source.raw, byteCount: Bucket.bytes)
        source.clear()
        var next: Bucket? = copy
        while let b = next {
            var occupied = b.occupied
            while occupied != 0 {
                let slot = occupied.trailingZeroBitCount
                occupied &= occupied &- 1
                let p = b.pointer(at: slot)
                let moves = hash(Element(raw: p).key) & bit != 0
                place(p, b.tag(at: slot), in: moves ? target : source)
            }
            next = b.child
        }
        childCount -= freeChain(first)
        heap.pointee.deallocate(copy.raw, Bucket.bytes)
    }

    private mutating func addBucket(_ index: Int) {
        if index < Self.chunkBuckets {
            if index == firstChunkBuckets { growFirstChunk() }
        } else if index >> Self.chunkShift == chunkCount {
            // Else the chunk is still there from before the table shrank.
            addChunk()
        }
        bucketCount = index + 1
        bucket(index).clear()
    }

    /// By a quarter, and by what the allocator rounds that up to.
    @inline(never)
    private mutating func growFirstChunk() {
        let old = firstChunkBuckets * Bucket.bytes
        let wanted = old + max(Bucket.bytes, old / 4)
        let new = min(Allocator.usableSize(wanted) & ~(Bucket.bytes - 1), Self.chunkBytes)
        directory[0] = Allocator.reallocate(directory[0], from: old, to: new)
        firstChunkBuckets = new / Bucket.bytes
    }

    @inline(never)
    private mutating func addChunk() {
        if chunkCount == directoryCapacity {
            let larger = UnsafeMutablePointer<UnsafeMutableRawPointer>.allocate(
                capacity: directoryCapacity * 2)
            larger.moveInitialize(from: directory, count: chunkCount)
            directory.deallocate()
            directory = larger
            directoryCapacity *= 2
        }
        directory[chunkCount] = ChunkStore.take()
        chunkCount += 1
    }

    // MARK: Copying

    /// Gives an empty table as many buckets as `other` has.
    mutating func takeShape(of other: UnsafeMutablePointer<Self>) {
        assert(count == 0)
        while bucketCount < other.pointee.bucketCount { addBucket(bucketCount) }
        level = other.pointee.level
        split = other.pointee.split
        growthLimit = other.pointee.growthLimit
    }

    /// Fills an empty bucket with what `copy` makes of the elements of another table's bucket.
    mutating func fill(
        bucket i: Int, from other: Bucket,
        _ copy: (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer
    ) {
        var next: Bucket? = other
        while let b = next {
            var occupied = b.occupied
            while occupied != 0 {
                let slot = occupied.trailingZeroBitCount
                place(copy(b.pointer(at: slot)), b.tag(at: slot), in: bucket(i))
                count &+= 1
                occupied &= occupied &- 1
            }
            next = b.child
        }
    }

    // MARK: Shrinking

    /// Whether merging buckets would save memory worth the work: half of the load it grows at.
    var isSparse: Bool { bucketCount > 16 && count * 8 < bucketCount * Self.growthQuarters }

    /// Whether another merge keeps the table clear of growing right back.
    var canMerge: Bool {
        bucketCount > 1 && count * 4 < (bucketCount - 1) * (Self.growthQuarters - 2)
    }

    /// Merges the last bucket into the one it was split from. No key is hashed.
    mutating func mergeLast() {
        assert(bucketCount > 1)
        if split == 0 {
            level -= 1
            split = 1 << level
        }
        split -= 1
        let last = bucketCount - 1
        let b = bucket(last)
        let target = bucket(split)
        var next: Bucket? = b
        while let source = next {
            var occupied = source.occupied
            while occupied != 0 {
                let slot = occupied.trailingZeroBitCount
                occupied &= occupied &- 1
                place(source.pointer(at: slot), source.tag(at: slot), in: target)
            }
            next = source.child
        }
        childCount -= freeChain(b.child)
        bucketCount = last
        growthLimit = bucketCount * Self.growthQuarters / 4
        warmth = 0
        removeUnusedChunk()
    }

    private mutating func removeUnusedChunk() {
        if chunkCount > 1 {
            // Half a chunk of slack, or a table at the edge would map and unmap each time.
            let first = (chunkCount - 1) << Self.chunkShift
            if bucketCount + Self.chunkBuckets / 2 <= first {
                chunkCount -= 1
                freeChunk(chunkCount)
            }
        } else if firstChunkBuckets > 16, bucketCount * 4 <= firstChunkBuckets {
            shrinkFirstChunk()
        }
    }

    private mutating func shrinkFirstChunk() {
        let old = firstChunkBuckets * Bucket.bytes
        let new = Allocator.usableSize(old / 2) & ~(Bucket.bytes - 1)
        directory[0] = Allocator.reallocate(directory[0], from: old, to: new)
        firstChunkBuckets = new / Bucket.bytes
    }

    private func freeChunk(_ i: Int) {
        if i > 0 {
            ChunkStore.giveBack(directory[i])
        } else {
            Allocator.deallocate(directory[0], firstChunkBuckets * Bucket.bytes)
        }
    }

    /// Frees child buckets; returns how many.
    private func freeChain(_ first: Bucket?) -> Int {
        var freed = 0
        var next = first
        while let b = next {
            next = b.child
            heap.pointee.deallocate(b.raw, Bucket.bytes)
            freed += 1
        }
        return freed
    }

    // MARK: Cells, for compaction

    func allocateCell(_ bytes: Int) -> UnsafeMutableRawPointer { heap.pointee.allocate(bytes) }

    func deallocateCell(_ p: UnsafeMutableRawPointer, _ bytes: Int) {
        heap.pointee.deallocate(p, bytes)
    }

    /// Moves the child buckets of a chain that live in slabs being emptied.
    func moveChildren(of head: Bucket) {
        var parent = head
        while let child = parent.child {
            var kept = child
            if SlabHeap.isEvacuating(child.raw) {
                kept = Bucket(heap.pointee.allocate(Bucket.bytes))
                kept.raw.copyMemory(from: child.raw, byteCount: Bucket.bytes)
                parent.setPointer(kept.raw, at: Bucket.slots - 1)
                heap.pointee.deallocate(child.raw, Bucket.bytes)
            }
            parent = kept
        }
    }

    // MARK: Taking apart

    /// Hands every element of the last bucket to `body` and drops the bucket. Returns false when
    /// the last one is gone; the table can then only be destroyed. For freeing in slices.
    @discardableResult
    mutating func drainLast(_ body: (Element) -> Void) -> Bool {
        guard bucketCount > 0 else { return false }
        let head = bucket(bucketCount - 1)
        var drained = 0
        forEach(in: head) { element in
            body(element)
            drained += 1
        }
        count -= drained
        childCount -= freeChain(head.child)
        bucketCount -= 1
        if chunkCount > 1, bucketCount <= (chunkCount - 1) << Self.chunkShift {
            chunkCount -= 1
            freeChunk(chunkCount)
        }
        return bucketCount > 0
    }
}
