// A node of a list: a run of listpack entries in a buffer with slack at both ends, or one element
// too large to share a node ("plain", as Redis calls it), raw.
//
// Called by PackedList only, which links the nodes and decides what goes where. The buffer holds
// no block header and no end byte; limits count them (`blockBytes`).
//
//     buffer                start                    start + used            capacity
//       | slack for LPUSH     | entry | entry | entry  | slack for RPUSH        |
//
// Invariants: start + used <= capacity; a node in a list holds at least one element; a plain node
// has start 0 and counts one element; the buffer is an allocation of exactly `capacity` bytes.

import CMachine
import Memory

typealias PackedNodePointer = UnsafeMutablePointer<PackedNode>

@frozen
package struct PackedNode {
    /// The node before; of the head, the tail.
    var previous: PackedNodePointer
    /// The node after; nil at the tail.
    var next: PackedNodePointer?
    var buffer: UnsafeMutablePointer<UInt8>
    private var startBytes: UInt32
    private var usedBytes: UInt32
    private var capacityBytes: UInt32
    /// Number of elements; the top bit says that the node is plain.
    private var countAndPlain: UInt32

    private static let plainBit: UInt32 = 1 << 31
    /// Capacity below which nobody counts bytes.
    private static let smallBytes = 64

    // MARK: Making and freeing

    /// A packed node without elements and room for `capacity` bytes; the caller links it.
    init(self address: PackedNodePointer, capacity: Int) {
        let rounded = Allocator.usableSize(max(capacity, 16))
        self.init(self: address, exactly: rounded)
    }

    private init(self address: PackedNodePointer, exactly capacity: Int) {
        previous = address
        next = nil
        buffer = Allocator.allocate(capacity).bindMemory(to: UInt8.self, capacity: capacity)
        startBytes = 0
        usedBytes = 0
        capacityBytes = UInt32(capacity)
        countAndPlain = 0
    }

    /// A node of one element of its own.
    init(self address: PackedNodePointer, plain bytes: Bytes) {
        self.init(self: address, exactly: max(bytes.count, 1))
        machine_copy(buffer, bytes.base, bytes.count)
        usedBytes = UInt32(bytes.count)
        countAndPlain = 1 | Self.plainBit
    }

    /// The same elements in a buffer without slack.
    init(self address: PackedNodePointer, copying other: borrowing PackedNode) {
        if other.isPlain {
            self.init(self: address, plain: Bytes(other.buffer, other.used))
        } else {
            self.init(self: address, capacity: other.used)
            machine_copy(buffer, other.first, other.used)
            usedBytes = other.usedBytes
            countAndPlain = other.countAndPlain
        }
    }

    func freeBuffer() { Allocator.deallocate(buffer, capacity) }

    // MARK: Looking

    @inline(__always) var isPlain: Bool { countAndPlain & Self.plainBit != 0 }
    @inline(__always) var count: Int { Int(countAndPlain & ~Self.plainBit) }
    @inline(__always) var used: Int { Int(usedBytes) }
    @inline(__always) var capacity: Int { Int(capacityBytes) }
    @inline(__always) var first: UnsafeMutablePointer<UInt8> { buffer + Int(startBytes) }
    @inline(__always) var end: UnsafeMutablePointer<UInt8> { first + used }
    @inline(__always) var frontSlack: Int { Int(startBytes) }
    @inline(__always) var backSlack: Int { capacity &- Int(startBytes) &- used }

    /// What the node weighs against Redis's limits.
    @inline(__always)
    var blockBytes: Int { isPlain ? used : used &+ Listpack.overheadBytes }

    /// The element at `position`, which is one of this node's.
    @inline(__always)
    func item(at position: UnsafeMutablePointer<UInt8>) -> PackedItem {
        if isPlain { return PackedItem(Bytes(buffer, used)) }
        return Listpack.item(at: position)
    }

    /// Where the last element starts.
    @inline(__always)
    var last: UnsafeMutablePointer<UInt8> {
        isPlain ? buffer : end - Listpack.entryBytes(before: end)
    }

    /// Where element `index` starts, walked to from the nearer end.
    func position(of index: Int) -> UnsafeMutablePointer<UInt8> {
        assert(index >= 0 && index < count)
        if isPlain { return buffer }
        if index &* 2 <= count {
            var p = first
            for _ in 0..<index { p += Listpack.entryBytes(at: p) }
            return p
        }
        var p = end
        for _ in index..<count { p -= Listpack.entryBytes(before: p) }
        return p
    }

    // MARK: Adding

    @inline(__always)
    mutating func append(_ entry: ListpackEntry, growth: PackedGrowth) {
        if backSlack < entry.totalBytes { rearrange(front: 0, back: entry.totalBytes, growth) }
        Listpack.write(entry, to: end)
        usedBytes &+= UInt32(truncatingIfNeeded: entry.totalBytes)
        countAndPlain &+= 1
    }

    @inline(__always)
    mutating func prepend(_ entry: ListpackEntry, growth: PackedGrowth) {
        if frontSlack < entry.totalBytes { rearrange(front: entry.totalBytes, back: 0, growth) }
        startBytes &-= UInt32(truncatingIfNeeded: entry.totalBytes)
        usedBytes &+= UInt32(truncatingIfNeeded: entry.totalBytes)
        Listpack.write(entry, to: first)
        countAndPlain &+= 1
    }

    /// Writes `entry` so that it starts `offset` bytes after the first entry.
    mutating func insert(_ entry: ListpackEntry, at offset: Int, growth: PackedGrowth) {
        openGap(entry.totalBytes, at: offset, growth)
        Listpack.write(entry, to: first + offset)
        countAndPlain += 1
    }

    /// Puts `entry` in place of the one that starts at `offset`.
    mutating func replace(at offset: Int, with entry: ListpackEntry, growth: PackedGrowth) {
        let old = Listpack.entryBytes(at: first + offset)
        if entry.totalBytes > old {
            openGap(entry.totalBytes - old, at: offset, growth)
        } else {
            closeGap(old - entry.totalBytes, at: offset)
        }
        Listpack.write(entry, to: first + offset)
        shrinkIfSparse()
    }

    /// Puts other bytes in place of a plain node's.
    mutating func replacePlain(with bytes: Bytes) {
        assert(isPlain)
        let size = max(bytes.count, 1)
        if size != capacity {
            let moved = Allocator.allocate(size).bindMemory(to: UInt8.self, capacity: size)
            Allocator.deallocate(buffer, capacity)
            buffer = moved
            capacityBytes = UInt32(size)
        }
        machine_copy(buffer, bytes.base, bytes.count)
        usedBytes = UInt32(bytes.count)
    }

    /// Adds the elements of `run`, `count` of them, behind the last (or before the first).
    mutating func adopt(_ run: Bytes, count: Int, atFront: Bool) {
        if atFront {
            if frontSlack < run.count { rearrange(front: run.count, back: 0, .tight) }
            startBytes -= UInt32(run.count)
            machine_copy(first, run.base, run.count)
        } else {
            if backSlack < run.count { rearrange(front: 0, back: run.count, .tight) }
            machine_copy(end, run.base, run.count)
        }
        usedBytes += UInt32(run.count)
        countAndPlain += UInt32(count)
    }

    // MARK: Removing

    /// Forgets `count` elements that take `bytes` from the front.
    @inline(__always)
    mutating func dropFront(_ bytes: Int, count: Int) {
        startBytes &+= UInt32(truncatingIfNeeded: bytes)
        usedBytes &-= UInt32(truncatingIfNeeded: bytes)
        countAndPlain &-= UInt32(truncatingIfNeeded: count)
    }

    /// Forgets `count` elements that take `bytes` from the back.
    @inline(__always)
    mutating func dropBack(_ bytes: Int, count: Int) {
        usedBytes &-= UInt32(truncatingIfNeeded: bytes)
        countAndPlain &-= UInt32(truncatingIfNeeded: count)
    }

    /// Removes `count` elements that take `bytes` from `offset` on.
    mutating func remove(_ bytes: Int, count: Int, at offset: Int) {
        closeGap(bytes, at: offset)
        countAndPlain -= UInt32(count)
    }

    // MARK: Room

    /// After a pop: gives memory back once three quarters of it lie idle.
    @inline(__always)
    mutating func shrinkIfSparse() {
        if capacity > Self.smallBytes && used &* 4 < capacity { resize(to: used + used / 4) }
    }

    /// Gives back what a buffer of this growth would not have taken.
    mutating func trim(_ growth: PackedGrowth) {
        guard !isPlain else { return }
        let target = growth == .tight ? used : used + used >> 3
        if Allocator.usableSize(max(target, 16)) < capacity { resize(to: target) }
    }

    /// Opens `bytes` at `offset` by moving the shorter side, or into a larger buffer.
    private mutating func openGap(_ bytes: Int, at offset: Int, _ growth: PackedGrowth) {
        if bytes == 0 { return }
        let moveFront = offset < used - offset ? frontSlack >= bytes : backSlack < bytes
        if frontSlack < bytes && backSlack < bytes {
            rearrange(front: 0, back: bytes, growth)
        } else if moveFront {
            machine_move(first - bytes, first, offset)
            startBytes -= UInt32(bytes)
            usedBytes += UInt32(bytes)
            return
        }
        let p = first + offset
        machine_move(p + bytes, p, used - offset)
        usedBytes += UInt32(bytes)
    }

    /// Closes `bytes` at `offset` by moving the shorter side.
    private mutating func closeGap(_ bytes: Int, at offset: Int) {
        if bytes == 0 { return }
        let p = first + offset
        let behind = used - offset - bytes
        if offset < behind {
            machine_move(first + bytes, first, offset)
            startBytes += UInt32(bytes)
        } else {
            machine_move(p, p + bytes, behind)
        }
        usedBytes -= UInt32(bytes)
    }

    /// Brings `front` or `back` bytes of slack about: shares what slack there is between both
    /// ends if that is enough for a while, else moves to a larger buffer.
    @inline(never)
    private mutating func rearrange(front: Int, back: Int, _ growth: PackedGrowth) {
        let needed = used + front + back
        // A small node grows rather than slides back and forth with every push; a large one is
        // near its limit, and whoever pushes at one end and pops at the other must not grow it.
        let spare = capacity < 4096 ? needed >> 3 : 0
        if needed + spare <= capacity {
            let slack = capacity - needed
            move(to: buffer, start: front + slack / 2)
            return
        }
        let target = Allocator.usableSize(growth.capacity(for: needed))
        let moved = Allocator.allocate(target).bindMemory(to: UInt8.self, capacity: target)
        let old = buffer
        let oldCapacity = capacity
        move(to: moved, start: front > 0 ? target - used : 0)
        Allocator.deallocate(old, oldCapacity)
        buffer = moved
        // Checked: a node never comes near 4 GiB (PackedList refuses such elements).
        capacityBytes = UInt32(target)
    }

    private mutating func move(to target: UnsafeMutablePointer<UInt8>, start: Int) {
        machine_move(target + start, first, used)
        startBytes = UInt32(start)
    }

    @inline(never)
    private mutating func resize(to bytes: Int) {
        let target = Allocator.usableSize(max(bytes, 16))
        if target >= capacity { return }
        let moved = Allocator.allocate(target).bindMemory(to: UInt8.self, capacity: target)
        machine_copy(moved, first, used)
        Allocator.deallocate(buffer, capacity)
        buffer = moved
        startBytes = 0
        capacityBytes = UInt32(target)
    }
}

/// How generously a buffer that must grow does so.
package enum PackedGrowth: Equatable {
    /// To what is needed, for nodes that were just split or merged.
    case tight
    /// By an eighth: the one node of a small list.
    case small
    /// To the double up to the limit: a node at the end of a long list, which will fill up.
    case filling(limitBytes: Int)

    func capacity(for needed: Int) -> Int {
        switch self {
        case .tight: return max(needed, 16)
        case .small: return max(needed + needed >> 3, 16)
        case .filling(let limitBytes): return max(needed, min(needed * 2, limitBytes), 16)
        }
    }
}

/// Moves `count` bytes between places that may overlap.
@inline(__always)
private func machine_move(
    _ to: UnsafeMutablePointer<UInt8>, _ from: UnsafeMutablePointer<UInt8>, _ count: Int
) {
    to.update(from: from, count: count)
}
