// Where the expiry wheel's items live: chunks, lists of chunks, and a directory of them per size.
//
// A list is one pointer, to its newest chunk, and the chunks form a ring (the newest one's `next`
// is the oldest), so appending, taking from the old end and joining two lists are all O(1). A list
// starts with a chunk of 64 bytes and doubles up to 4 KiB, so a lone item costs little and a
// million cost hardly more than their eight bytes. Freed chunks go back to the allocator, whose
// thread cache serves the next ones. Chunks can be empty (`remove` leaves them so); who drains a
// list frees them in passing.
//
// Root block, in words: 5 levels (pointer to 512 lists, or nil), 5 pending lists, 5 x 8 words of
// `occupied` bits, 7 directories of 3 words.

import Memory

/// Header of a chunk; the items follow it.
struct ExpiryChunk {
    var next: UnsafeMutablePointer<ExpiryChunk>
    var count: UInt16
    /// 6, 14, 30, 62, 126, 254 or 510.
    var capacity: UInt16
    /// The chunk's place in the directory of its size.
    var index: UInt32
}

/// All chunks of one size, in no order: for sampling and for freeing.
struct ExpiryDirectory {
    var chunks: UnsafeMutablePointer<ExpiryChunkPointer>?
    var count: Int
    var capacity: Int

    var byteCount: Int { capacity * MemoryLayout<ExpiryChunkPointer>.stride }

    /// Adds a chunk and tells it its place.
    mutating func insert(_ chunk: ExpiryChunkPointer) {
        if count == capacity { resize(max(8, capacity * 2)) }
        chunks![count] = chunk
        chunk.pointee.index = UInt32(count)
        count += 1
    }

    /// Takes a chunk out; the last one moves to its place.
    mutating func remove(_ chunk: ExpiryChunkPointer) {
        let last = chunks![count - 1]
        chunks![Int(chunk.pointee.index)] = last
        last.pointee.index = chunk.pointee.index
        count -= 1
        if capacity > 64, count < capacity / 4 { resize(capacity / 2) }
    }

    @inline(never)
    private mutating func resize(_ new: Int) {
        let stride = MemoryLayout<ExpiryChunkPointer>.stride
        let block =
            chunks.map { Allocator.reallocate($0, from: byteCount, to: new * stride) }
            ?? Allocator.allocate(new * stride)
        chunks = block.bindMemory(to: ExpiryChunkPointer.self, capacity: new)
        capacity = new
    }

    /// Frees up to `limit` chunks, then the directory itself; returns how many.
    mutating func freeSome(_ limit: Int) -> Int {
        let freed = min(limit, count)
        for i in count - freed..<count {
            Allocator.deallocate(chunks![i], chunks![i].byteCount)
        }
        count -= freed
        if count == 0, let directory = chunks {
            Allocator.deallocate(directory, byteCount)
            chunks = nil
            capacity = 0
        }
        return freed
    }
}

typealias ExpiryChunkPointer = UnsafeMutablePointer<ExpiryChunk>
typealias ExpiryListPointer = UnsafeMutablePointer<ExpiryChunkPointer?>

extension UnsafeMutablePointer where Pointee == ExpiryChunk {
    /// Safety: a chunk is allocated with room for `capacity` words behind its header.
    var items: UnsafeMutablePointer<UInt64> {
        UnsafeMutableRawPointer(self + 1).assumingMemoryBound(to: UInt64.self)
    }

    /// 0 for the smallest size, 6 for the largest.
    var sizeClass: Int { (Int(pointee.capacity) &+ 2).trailingZeroBitCount &- 3 }
    var byteCount: Int { (Int(pointee.capacity) &+ 2) &* 8 }
}

extension ExpiryWheel {
    static var smallestCapacity: Int { 6 }
    static var largestCapacity: Int { 510 }
    static var sizeClassCount: Int { 7 }
    /// Lists of one chunk no larger than this are copied rather than joined.
    static var copiedCapacity: Int { 14 }
    static var rootWords: Int { levelCount * 10 + sizeClassCount * 3 }
    static var levelBytes: Int { slotCount * MemoryLayout<ExpiryChunkPointer?>.stride }

    // MARK: The root block

    // Safety of the four accessors: the layout above; only used once the root exists.
    var levels: UnsafeMutablePointer<ExpiryListPointer?> {
        root!.assumingMemoryBound(to: ExpiryListPointer?.self)
    }
    var pending: ExpiryListPointer {
        (root! + 8 * Self.levelCount).assumingMemoryBound(to: ExpiryChunkPointer?.self)
    }
    var occupied: UnsafeMutablePointer<UInt64> {
        (root! + 16 * Self.levelCount).assumingMemoryBound(to: UInt64.self)
    }
    var directories: UnsafeMutablePointer<ExpiryDirectory> { Self.directories(root!) }

    static func directories(
        _ root: UnsafeMutableRawPointer
    ) -> UnsafeMutablePointer<ExpiryDirectory> {
        (root + 80 * levelCount).assumingMemoryBound(to: ExpiryDirectory.self)
    }

    /// The lists of `level`, which is allocated when first asked for.
    func slots(_ level: Int) -> ExpiryListPointer { levels[level] ?? makeLevel(level) }

    @inline(never)
    mutating func makeRoot() {
        let block = Allocator.allocate(Self.rootWords * 8)
        block.initializeMemory(as: UInt64.self, repeating: 0, count: Self.rootWords)
        root = block
    }

    @inline(never)
    private func makeLevel(_ level: Int) -> ExpiryListPointer {
        let block = Allocator.allocate(Self.levelBytes)
        let lists = block.bindMemory(to: ExpiryChunkPointer?.self, capacity: Self.slotCount)
        lists.initialize(repeating: nil, count: Self.slotCount)
        levels[level] = lists
        return lists
    }

    // MARK: Lists

    @inline(__always)
    mutating func append(_ item: UInt64, to list: ExpiryListPointer) {
        var tail = list.pointee
        if tail == nil || tail!.pointee.count == tail!.pointee.capacity {
            let capacity = tail.map { Int($0.pointee.capacity) &* 2 &+ 2 }
            tail = link(to: list, min(capacity ?? Self.smallestCapacity, Self.largestCapacity))
        }
        let chunk = tail!
        chunk.items[Int(chunk.pointee.count)] = item
        chunk.pointee.count &+= 1
    }

    /// A new, empty newest chunk of `list`.
    @inline(never) @discardableResult
    mutating func link(to list: ExpiryListPointer, _ capacity: Int) -> ExpiryChunkPointer {
        let block = Allocator.allocate((capacity + 2) * 8)
        let chunk = block.bindMemory(to: ExpiryChunk.self, capacity: 1)
        chunk.initialize(
            to: ExpiryChunk(
                next: chunk, count: 0, capacity: UInt16(capacity), index: 0))
        if let tail = list.pointee {
            chunk.pointee.next = tail.pointee.next
            tail.pointee.next = chunk
        }
        list.pointee = chunk
        directories[chunk.sizeClass].insert(chunk)
        chunkBytes += chunk.byteCount
        return chunk
    }

    /// Appends all of `source`, which is left empty, to `target`.
    mutating func concatenate(_ source: ExpiryListPointer, onto target: ExpiryListPointer) {
        guard let tail = source.pointee else { return }
        source.pointee = nil
        let head = tail.pointee.next
        if head == tail, Int(tail.pointee.capacity) <= Self.copiedCapacity {
            // So a pile of nearly empty slots does not become a list of nearly empty chunks.
            for i in 0..<Int(tail.pointee.count) { append(tail.items[i], to: target) }
            release(tail)
            return
        }
        if let last = target.pointee {
            tail.pointee.next = last.pointee.next
            last.pointee.next = head
        }
        target.pointee = tail
    }

    /// Moves up to `max` items out of the list's oldest chunks, freeing the emptied ones.
    mutating func drain(
        _ list: ExpiryListPointer, into items: UnsafeMutablePointer<UInt64>, max: Int
    ) -> Int {
        var taken = 0
        while taken < max, let tail = list.pointee {
            let head = tail.pointee.next
            taken &+= takeFrom(head, into: items + taken, max: max &- taken)
            if head.pointee.count == 0 { unlinkOldest(list) }
        }
        return taken
    }

    /// Moves up to `max` items out of a chunk; the items leave the wheel.
    mutating func takeFrom(
        _ chunk: ExpiryChunkPointer, into items: UnsafeMutablePointer<UInt64>, max: Int
    ) -> Int {
        let rest = Int(chunk.pointee.count)
        let taken = min(rest, max)
        items.update(from: chunk.items + (rest &- taken), count: taken)
        chunk.pointee.count = UInt16(rest &- taken)
        count &-= taken
        return taken
    }

    /// Unlinks and frees the oldest chunk, which is empty, of a list that has one.
    mutating func unlinkOldest(_ list: ExpiryListPointer) {
        let tail = list.pointee!
        let head = tail.pointee.next
        assert(head.pointee.count == 0)
        if head == tail {
            list.pointee = nil
        } else {
            tail.pointee.next = head.pointee.next
        }
        release(head)
    }

    /// Frees a chunk that no list links to any more.
    mutating func release(_ chunk: ExpiryChunkPointer) {
        if chunk == purgeStop {
            purgeStop = nil
            purgeSlot &+= 1
        }
        directories[chunk.sizeClass].remove(chunk)
        chunkBytes &-= chunk.byteCount
        Allocator.deallocate(chunk, chunk.byteCount)
    }

    // MARK: Freeing

    /// Frees up to `maxChunks` chunks, whatever they hold; true once nothing is left.
    ///
    /// For a wheel whose database was flushed: from the first call on only `freeSome` may be called
    /// until it returns true; then the wheel is like new.
    package mutating func freeSome(maxChunks: Int) -> Bool {
        guard let root else { return true }
        count = 0
        pendingMask = 0
        nextEvent = .max
        purgeSlot = Self.purgeEnd
        purgeStop = nil
        var left = maxChunks
        for size in 0..<Self.sizeClassCount {
            let freed = directories[size].freeSome(left)
            chunkBytes -= freed * (8 << size) * 8
            left -= freed
            if directories[size].count > 0 { return false }
        }
        Self.free(root)
        self.root = nil
        return true
    }

    /// Frees the root block, the levels and whatever chunks there are.
    static func free(_ root: UnsafeMutableRawPointer) {
        for size in 0..<sizeClassCount { _ = directories(root)[size].freeSome(.max) }
        let levels = root.assumingMemoryBound(to: ExpiryListPointer?.self)
        for i in 0..<levelCount {
            if let lists = levels[i] { Allocator.deallocate(lists, levelBytes) }
        }
        Allocator.deallocate(root, rootWords * 8)
    }

    /// Bytes the wheel holds, itself not included.
    package var memoryBytes: Int {
        guard root != nil else { return 0 }
        var bytes = chunkBytes + Self.rootWords * 8
        for i in 0..<Self.levelCount where levels[i] != nil { bytes += Self.levelBytes }
        for size in 0..<Self.sizeClassCount { bytes += directories[size].byteCount }
        return bytes
    }
}
