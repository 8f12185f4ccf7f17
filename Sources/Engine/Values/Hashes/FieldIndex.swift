// The exact index of the deadlines in one big hash: which fields come due, in order.
//
// Called by BigHash alone. Up to 1,024 items stand in a binary heap of times and hashes; more of
// them move into an ExpiryWheel, whose slots would be a waste for few. As in the database's wheel
// an item is the field's hash with a generation, and the truth is in the field: whoever takes an
// item looks there. A deadline put off adds nothing: the item comes out at the old time and is added
// again.
//
// Times are those from which on a field is gone, one millisecond after its deadline.

import Memory

struct FieldIndex: ~Copyable {
    struct Item {
        var time: Int64
        var item: UInt64
    }

    /// More items than this move into a wheel.
    static var largestHeap: Int { 1024 }

    private var items: UnsafeMutablePointer<Item>?
    private(set) var heapCount = 0
    private var capacity = 0
    private(set) var wheel: UnsafeMutablePointer<ExpiryWheel>?

    init() {}

    deinit {
        if let items { Allocator.deallocate(items, capacity * MemoryLayout<Item>.stride) }
        if let wheel { Self.destroy(wheel) }
    }

    private static func destroy(_ wheel: UnsafeMutablePointer<ExpiryWheel>) {
        wheel.deinitialize(count: 1)
        Allocator.deallocate(wheel, MemoryLayout<ExpiryWheel>.size)
    }

    var isHeap: Bool { wheel == nil }

    /// Items, stale ones included.
    var count: Int { wheel.map { $0.pointee.count } ?? heapCount }

    /// Whether the next `add` has to be preceded by `retain` or moves everything into a wheel.
    var isFull: Bool { wheel == nil && heapCount == Self.largestHeap }

    var memoryBytes: Int {
        capacity * MemoryLayout<Item>.stride + (wheel.map { $0.pointee.memoryBytes } ?? 0)
    }

    mutating func add(hash: UInt64, generation: UInt8, deadline: Int64, now: Int64) {
        if isFull { makeWheel(now) }
        if let wheel {
            wheel.pointee.add(
                hash: hash, generation: generation, deadline: deadline &+ 1, now: now)
            return
        }
        if heapCount == capacity { grow() }
        let item = ExpiryItem.make(hash: hash, generation: generation)
        heapCount &+= 1
        siftUp(heapCount &- 1, Item(time: deadline &+ 1, item: item))
    }

    /// When there is something to take at the latest; .max for never.
    func next(_ now: Int64) -> Int64 {
        if let wheel { return wheel.pointee.nextDeadline(now: now) ?? .max }
        guard let items, heapCount > 0 else { return .max }
        return items[0].time
    }

    /// Hands out up to `max` items whose time has come, or, out of the wheel, that it wants looked
    /// at; they leave the index.
    mutating func take(
        _ now: Int64, into buffer: UnsafeMutablePointer<UInt64>, max: Int
    ) -> Int {
        if let wheel {
            wheel.pointee.advance(to: now)
            return wheel.pointee.take(into: buffer, max: max).count
        }
        guard let items else { return 0 }
        var taken = 0
        while taken < max, heapCount > 0, items[0].time <= now {
            buffer[taken] = items[0].item
            taken &+= 1
            removeFirst()
        }
        return taken
    }

    /// Keeps the items of the heap that `isLive` accepts.
    /// - Complexity: O(`largestHeap`)
    mutating func retain(where isLive: (UInt64) -> Bool) {
        guard let items else { return }
        var kept = 0
        for i in 0..<heapCount where isLive(items[i].item) {
            items[kept] = items[i]
            kept &+= 1
        }
        heapCount = kept
        var i = kept / 2
        while i > 0 {
            i &-= 1
            siftDown(i, items[i])
        }
    }

    /// Drops all items, where that is little work; what stays is stale and goes in time.
    mutating func clear() {
        heapCount = 0
        guard let wheel, wheel.pointee.count <= 4096 else { return }
        Self.destroy(wheel)
        self.wheel = nil
    }

    /// Frees a part of a large wheel; true when the rest is little work.
    mutating func freeSome() -> Bool {
        wheel.map { $0.pointee.freeSome(maxChunks: 64) } ?? true
    }

    // MARK: The wheel

    @inline(never)
    private mutating func makeWheel(_ now: Int64) {
        let raw = Allocator.allocate(MemoryLayout<ExpiryWheel>.size)
        let new = raw.bindMemory(to: ExpiryWheel.self, capacity: 1)
        new.initialize(to: ExpiryWheel())
        for i in 0..<heapCount {
            let item = items.unsafelyUnwrapped[i]
            new.pointee.add(
                hash: item.item, generation: ExpiryItem.generation(item.item),
                deadline: item.time, now: now)
        }
        heapCount = 0
        if let items { Allocator.deallocate(items, capacity * MemoryLayout<Item>.stride) }
        items = nil
        capacity = 0
        wheel = new
    }

    // MARK: The heap

    @inline(never)
    private mutating func grow() {
        let stride = MemoryLayout<Item>.stride
        let new = max(4, capacity * 2)
        let block =
            items.map { Allocator.reallocate($0, from: capacity * stride, to: new * stride) }
            ?? Allocator.allocate(new * stride)
        items = block.bindMemory(to: Item.self, capacity: new)
        capacity = new
    }

    private mutating func siftUp(_ start: Int, _ item: Item) {
        let items = items.unsafelyUnwrapped
        var i = start
        while i > 0 {
            let parent = (i &- 1) / 2
            if items[parent].time <= item.time { break }
            items[i] = items[parent]
            i = parent
        }
        items[i] = item
    }

    private mutating func siftDown(_ start: Int, _ item: Item) {
        let items = items.unsafelyUnwrapped
        var i = start
        while true {
            var child = 2 &* i &+ 1
            if child >= heapCount { break }
            if child &+ 1 < heapCount, items[child &+ 1].time < items[child].time { child &+= 1 }
            if items[child].time >= item.time { break }
            items[i] = items[child]
            i = child
        }
        items[i] = item
    }

    private mutating func removeFirst() {
        heapCount &-= 1
        if heapCount > 0 { siftDown(0, items.unsafelyUnwrapped[heapCount]) }
    }
}
