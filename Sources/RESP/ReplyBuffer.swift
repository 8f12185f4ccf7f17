// Where replies are written: one growing run of bytes, shared by all connections of a turn.
//
// Command handlers append; the session sends what stands here once per connection and turn. A bulk
// reply is one append (one capacity check). Values from `referenceThreshold` bytes on are not
// copied: the buffer remembers where they belong and holds a reference until they are sent.
//
// Protocol: RESP2 and RESP3 as redis.io/docs/reference/protocol-spec describes them; `resp3` is set
// by the session before each command, and every method that differs looks at it.

import CMachine
import Memory

/// A reply under construction. Offsets and sizes in bytes.
@frozen @usableFromInline
package struct ReplyBuffer: ~Copyable {
    @usableFromInline package private(set) var base: UnsafeMutablePointer<UInt8>
    @usableFromInline package private(set) var capacity: Int
    @usableFromInline package var count: Int
    /// Whether the client being answered speaks RESP3.
    @usableFromInline package var resp3: Bool
    /// Long values sent by reference, by rising offset. Empty in nearly every reply.
    package private(set) var references: UnsafeMutablePointer<OutputReference>?
    @usableFromInline package private(set) var referenceCount: Int
    private var referenceCapacity: Int
    /// Bytes of the values in `references`.
    package private(set) var referencedBytes: Int
    /// Counts the error replies ever written, so that the session sees whether a command failed.
    package var errorCount: Int
    /// Where the latest error reply starts (offset of its '-').
    package var lastErrorOffset: Int

    /// Values of at least this many bytes are sent by reference.
    package static var referenceThreshold: Int { 16 * 1024 }

    package init(capacity: Int = 64 * 1024) {
        self.capacity = capacity
        base = Allocator.allocate(capacity).bindMemory(to: UInt8.self, capacity: capacity)
        count = 0
        resp3 = false
        references = nil
        referenceCount = 0
        referenceCapacity = 0
        referencedBytes = 0
        errorCount = 0
        lastErrorOffset = 0
    }

    deinit {
        for i in 0..<referenceCount { references![i].blob.release() }
        if let references {
            Allocator.deallocate(
                references, referenceCapacity * MemoryLayout<OutputReference>.stride)
        }
        Allocator.deallocate(base, capacity)
    }

    /// Bytes the reply takes on the wire, values by reference included.
    package var wireCount: Int { count + referencedBytes }

    // MARK: Raw appends

    /// Makes room for `bytes` more and returns where to write them; add to `count` afterwards.
    @inlinable
    package mutating func room(_ bytes: Int) -> UnsafeMutablePointer<UInt8> {
        if capacity &- count < bytes { grow(bytes) }
        return base + count
    }

    @inlinable
    package mutating func raw(_ bytes: Bytes) {
        let p = room(bytes.count)
        machine_copy(p, bytes.base, bytes.count)
        count &+= bytes.count
    }

    @inlinable
    package mutating func raw(_ literal: StaticString) { raw(Bytes(literal)) }

    @inlinable
    package mutating func byte(_ byte: UInt8) {
        room(1).pointee = byte
        count &+= 1
    }

    /// Takes back everything from `offset` on (a muted client, a replaced reply).
    package mutating func truncate(to offset: Int) {
        assert(offset <= count)
        while referenceCount > 0, references![referenceCount - 1].offset > offset {
            referenceCount -= 1
            referencedBytes -= references![referenceCount].blob.count
            references![referenceCount].blob.release()
        }
        count = offset
    }

    /// Forgets the bytes of a reply without references. Hot.
    @inlinable
    package mutating func clear() {
        assert(referenceCount == 0)
        count = 0
    }

    /// Forgets everything; who sent the references has taken them over with `takeReferences`.
    package mutating func reset() { truncate(to: 0) }

    /// After the references were handed to an output queue: forget without releasing them.
    package mutating func forgetReferences() {
        referenceCount = 0
        referencedBytes = 0
    }

    /// Opens a gap of `length` bytes at `offset` for a header known only now.
    package mutating func openGap(at offset: Int, length: Int) {
        _ = room(length)
        let from = base + offset
        (from + length).update(from: from, count: count - offset)
        count += length
        var i = referenceCount
        while i > 0, references![i - 1].offset > offset {
            i -= 1
            references![i] = OutputReference(
                offset: references![i].offset + length, blob: references![i].blob)
        }
    }

    /// Appends the blob's bytes by reference, retaining it.
    package mutating func reference(_ blob: SharedBlob) {
        if referenceCount == referenceCapacity { growReferences() }
        blob.retain()
        references![referenceCount] = OutputReference(offset: count, blob: blob)
        referenceCount += 1
        referencedBytes += blob.count
    }

    @inline(never) @usableFromInline
    mutating func grow(_ bytes: Int) {
        var target = capacity * 2
        while target - count < bytes { target *= 2 }
        base = Allocator.reallocate(base, from: capacity, to: target)
            .bindMemory(to: UInt8.self, capacity: target)
        capacity = target
    }

    /// After an unusually long reply: back to `bytes` of capacity. The buffer must be empty.
    package mutating func shrink(to bytes: Int) {
        assert(count == 0)
        guard capacity > bytes else { return }
        base = Allocator.reallocate(base, from: capacity, to: bytes)
            .bindMemory(to: UInt8.self, capacity: bytes)
        capacity = bytes
    }

    @inline(never)
    private mutating func growReferences() {
        let stride = MemoryLayout<OutputReference>.stride
        let target = max(8, referenceCapacity * 2)
        let moved: UnsafeMutableRawPointer
        if let references {
            moved = Allocator.reallocate(
                references, from: referenceCapacity * stride, to: target * stride)
        } else {
            moved = Allocator.allocate(target * stride)
        }
        references = moved.bindMemory(to: OutputReference.self, capacity: target)
        referenceCapacity = target
    }
}
