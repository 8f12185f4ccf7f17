// What a socket did not take: a singly linked queue of blocks of bytes and of long values by
// reference.
//
// Owned by a Connection slot and emptied by it (`free`). Blocks of the usual size come from and go
// to a small pool of the reactor's, so that a slow reader costs no allocator traffic. The queue's
// byte counts feed client-output-buffer-limit.

import CEpoll
import CMachine
import Memory

/// One link: a block whose bytes follow this header, or a reference (capacity 0).
@usableFromInline
struct OutputNode {
    var next: UnsafeMutablePointer<OutputNode>?
    /// The referenced value, or nil for a block.
    var blob: SharedBlob?
    /// Bytes before `sent` are with the kernel; bytes from `filled` on are not written yet.
    var sent: Int
    var filled: Int
    var capacity: Int

    static let headerBytes = MemoryLayout<OutputNode>.stride
}

/// Spare blocks of the usual size.
struct OutputBlockPool: ~Copyable {
    /// A block's allocation: 16 KiB with its header.
    static let blockBytes = 16 * 1024
    /// A first block's where little is to be expected.
    static let smallBytes = 1024
    private static let limit = 64
    private var head: UnsafeMutablePointer<OutputNode>?
    private(set) var count = 0

    mutating func take(
        room: Int, isExact: Bool, startsSmall: Bool
    ) -> UnsafeMutablePointer<OutputNode> {
        var total = Self.blockBytes
        if startsSmall, room + OutputNode.headerBytes <= Self.smallBytes {
            total = Self.smallBytes
        } else if isExact || room + OutputNode.headerBytes > total {
            total = Allocator.usableSize(room + OutputNode.headerBytes)
        } else if let node = head {
            head = node.pointee.next
            count -= 1
            node.initialize(to: Self.blank(total))
            return node
        }
        let node = Allocator.allocate(total).bindMemory(to: OutputNode.self, capacity: 1)
        node.initialize(to: Self.blank(total))
        return node
    }

    mutating func give(_ node: UnsafeMutablePointer<OutputNode>) {
        let total = node.pointee.capacity + OutputNode.headerBytes
        guard total == Self.blockBytes && count < Self.limit else {
            return Allocator.deallocate(node, total)
        }
        node.pointee.next = head
        head = node
        count += 1
    }

    mutating func free() {
        while let node = head {
            head = node.pointee.next
            Allocator.deallocate(node, node.pointee.capacity + OutputNode.headerBytes)
        }
        count = 0
    }

    private static func blank(_ total: Int) -> OutputNode {
        OutputNode(
            next: nil, blob: nil, sent: 0, filled: 0, capacity: total - OutputNode.headerBytes)
    }
}

@frozen
package struct OutputQueue: ~Copyable {
    @usableFromInline var head: UnsafeMutablePointer<OutputNode>?
    @usableFromInline var tail: UnsafeMutablePointer<OutputNode>?
    /// Bytes not yet with the kernel.
    package private(set) var bytes: Int
    /// Memory the queue holds, values by reference counted in full: what Redis calls omem.
    package private(set) var memory: Int
    /// Links in the queue: what Redis calls oll.
    package private(set) var length: Int

    package init() {
        head = nil
        tail = nil
        bytes = 0
        memory = 0
        length = 0
    }

    @inlinable package var isEmpty: Bool { bytes == 0 }

    /// Appends a copy of `count` bytes. When more bytes may follow in the same block (`isLast`: no
    /// value comes right behind) the block has the usual size, else just the bytes'; where it
    /// `startsSmall`, an empty queue's first block is a small one.
    mutating func append(
        _ source: UnsafePointer<UInt8>, _ count: Int, isLast: Bool, startsSmall: Bool = false,
        _ pool: inout OutputBlockPool
    ) {
        var source = source
        var left = count
        if left > 0, let tail, tail.pointee.blob == nil {
            let fits = min(left, tail.pointee.capacity - tail.pointee.filled)
            machine_copy(Self.start(tail) + tail.pointee.filled, source, fits)
            tail.pointee.filled += fits
            source += fits
            left -= fits
        }
        if left > 0 {
            let node = pool.take(
                room: left, isExact: !isLast, startsSmall: startsSmall && head == nil)
            machine_copy(Self.start(node), source, left)
            node.pointee.filled = left
            link(node, memory: node.pointee.capacity + OutputNode.headerBytes)
        }
        bytes += count
    }

    /// Appends a value from its byte `offset` on, by reference: it is retained until sent.
    mutating func append(_ blob: SharedBlob, from offset: Int) {
        guard offset < blob.count else { return }
        let node = Allocator.allocate(OutputNode.headerBytes)
            .bindMemory(to: OutputNode.self, capacity: 1)
        blob.retain()
        node.initialize(
            to: OutputNode(next: nil, blob: blob, sent: offset, filled: blob.count, capacity: 0))
        link(node, memory: OutputNode.headerBytes + blob.footprint)
        bytes += blob.count - offset
    }

    /// Describes up to `capacity` runs at the front, at most `limit` bytes in all.
    func gather(
        _ parts: UnsafeMutablePointer<iovec>, _ capacity: Int, limit: Int
    ) -> (parts: Int, bytes: Int) {
        var node = head
        var count = 0
        var total = 0
        while let current = node, count < capacity, total < limit {
            let run = min(current.pointee.filled - current.pointee.sent, limit - total)
            if run > 0 {
                parts[count] = iovec(
                    iov_base: Self.start(current) + current.pointee.sent, iov_len: run)
                count += 1
                total += run
            }
            node = current.pointee.next
        }
        return (count, total)
    }

    /// The kernel took `count` bytes from the front: frees what is through.
    mutating func advance(_ count: Int, _ pool: inout OutputBlockPool) {
        assert(count <= bytes)
        bytes -= count
        var left = count
        while let node = head {
            let run = node.pointee.filled - node.pointee.sent
            if run > left {
                node.pointee.sent += left
                return
            }
            left -= run
            head = node.pointee.next
            if head == nil { tail = nil }
            unlink(node, &pool)
            if left == 0 && bytes > 0 { return }
        }
    }

    /// Drops everything.
    mutating func free(_ pool: inout OutputBlockPool) {
        while let node = head {
            head = node.pointee.next
            unlink(node, &pool)
        }
        tail = nil
        bytes = 0
    }

    private static func start(_ node: UnsafeMutablePointer<OutputNode>)
        -> UnsafeMutablePointer<UInt8>
    {
        if let blob = node.pointee.blob { return blob.bytes }
        return (UnsafeMutableRawPointer(node) + OutputNode.headerBytes)
            .assumingMemoryBound(to: UInt8.self)
    }

    private mutating func link(_ node: UnsafeMutablePointer<OutputNode>, memory: Int) {
        if let tail { tail.pointee.next = node } else { head = node }
        tail = node
        length += 1
        self.memory += memory
    }

    private mutating func unlink(
        _ node: UnsafeMutablePointer<OutputNode>, _ pool: inout OutputBlockPool
    ) {
        length -= 1
        if let blob = node.pointee.blob {
            memory -= OutputNode.headerBytes + blob.footprint
            blob.release()
            Allocator.deallocate(node, OutputNode.headerBytes)
        } else {
            memory -= node.pointee.capacity + OutputNode.headerBytes
            pool.give(node)
        }
    }
}
