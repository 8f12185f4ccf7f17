// A reference-counted run of bytes with room to grow: the value of a long string, or a reply in
// flight that must outlive the command that made it.
//
// The keyspace holds one reference. A reply that is sent by reference (16 KiB and up) holds another
// until the kernel has taken the last byte. Who wants to change the bytes while somebody else holds
// a reference makes a copy first (`isUnique`). One thread owns the server, so the count is plain.
//
// Layout: three words (length, capacity, references), then the bytes.

/// Handle to a blob; copying the handle copies no reference: pair `retain` and `release` by hand.
@frozen @usableFromInline
package struct SharedBlob {
    @usableFromInline package let raw: UnsafeMutableRawPointer

    @inlinable package init(raw: UnsafeMutableRawPointer) { self.raw = raw }

    @usableFromInline static let headerBytes = 24

    /// A blob with one reference, `count` uninitialised bytes and room for `capacity`.
    package static func allocate(count: Int, capacity: Int) -> SharedBlob {
        assert(count >= 0 && capacity >= count)
        // The whole usable size is the capacity: what the allocator rounds up is not wasted.
        let total = Allocator.usableSize(headerBytes + max(capacity, 8))
        return SharedBlob(raw: Allocator.allocate(total), count, total)
    }

    /// A blob with one reference and `count` zero bytes.
    package static func zeros(count: Int) -> SharedBlob {
        let total = Allocator.usableSize(headerBytes + max(count, 8))
        return SharedBlob(raw: Allocator.allocateZeroed(total), count, total)
    }

    /// Makes an allocation of `total` bytes a blob with one reference.
    private init(raw: UnsafeMutableRawPointer, _ count: Int, _ total: Int) {
        self.raw = raw
        raw.storeBytes(of: count, as: Int.self)
        raw.storeBytes(of: total - Self.headerBytes, toByteOffset: 8, as: Int.self)
        raw.storeBytes(of: 1, toByteOffset: 16, as: Int.self)
    }

    @inlinable package var bytes: UnsafeMutablePointer<UInt8> {
        (raw + Self.headerBytes).assumingMemoryBound(to: UInt8.self)
    }

    @inlinable package var count: Int {
        get { raw.load(as: Int.self) }
        nonmutating set { raw.storeBytes(of: newValue, as: Int.self) }
    }

    @inlinable package var capacity: Int { raw.load(fromByteOffset: 8, as: Int.self) }

    @inlinable package var references: Int {
        get { raw.load(fromByteOffset: 16, as: Int.self) }
        nonmutating set { raw.storeBytes(of: newValue, toByteOffset: 16, as: Int.self) }
    }

    @inlinable package var isUnique: Bool { references == 1 }
    @inlinable package var view: Bytes { Bytes(UnsafePointer(bytes), count) }

    /// What the allocation takes, in bytes.
    package var footprint: Int { capacity + Self.headerBytes }

    @inlinable package func retain() { references &+= 1 }

    @inlinable package func release() {
        references &-= 1
        if references == 0 { free() }
    }

    /// A unique blob of the same bytes with room for `capacity`; consumes this reference.
    package func growing(to capacity: Int) -> SharedBlob {
        assert(capacity >= count)
        if isUnique {
            let total = Allocator.usableSize(Self.headerBytes + max(capacity, 8))
            let moved = SharedBlob(
                raw: Allocator.reallocate(raw, from: footprint, to: total))
            moved.raw.storeBytes(of: total - Self.headerBytes, toByteOffset: 8, as: Int.self)
            return moved
        }
        let copy = SharedBlob.allocate(count: count, capacity: capacity)
        copy.bytes.update(from: bytes, count: count)
        release()
        return copy
    }

    @inline(never) @usableFromInline
    func free() { Allocator.deallocate(raw, footprint) }
}

/// A long value that belongs between the bytes before and after `offset` of a run of output bytes:
/// how a reply names what is sent by reference (RESP writes it, EventLoop sends it).
@frozen @usableFromInline
package struct OutputReference {
    @usableFromInline package let offset: Int
    @usableFromInline package let blob: SharedBlob

    @inlinable
    package init(offset: Int, blob: SharedBlob) {
        self.offset = offset
        self.blob = blob
    }
}
