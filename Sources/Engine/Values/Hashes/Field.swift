// A field of a big hash with its value, in one cell of the heap.
//
//   byte 0    flags: has deadline 1 | long 1 | wheel generation 3
//   byte 1    length of the name         long form: four bytes each, behind these four, for names
//   byte 2,3  length of the value        beyond 255 bytes and values beyond 65,535
//   [8 bytes: the deadline] name bytes, value bytes
//
// A name and a value of 12 bytes each take 28 bytes, a cell of 32. Only the hash's table points to
// a field, so it may move at every change and in compaction; nothing keeps a Field across one.

import CMachine
import Memory

/// Handle to a field's cell.
@frozen @usableFromInline
struct Field: OwnedElement {
    @usableFromInline let raw: UnsafeMutableRawPointer

    @inline(__always)
    init(raw: UnsafeMutableRawPointer) { self.raw = raw }

    /// Load 0.86: 10.5 bytes and 1.15 buckets for each field, whose cell takes the most anyway.
    static var growthQuarters: Int { 31 }

    private static var deadlineFlag: UInt8 { 1 }
    private static var longFlag: UInt8 { 2 }
    private static var generationShift: UInt8 { 2 }
    private static var longestName: Int { 255 }
    private static var longestValue: Int { 65_535 }

    @inline(__always)
    private var flags: UInt8 {
        get { raw.load(as: UInt8.self) }
        nonmutating set { raw.storeBytes(of: newValue, as: UInt8.self) }
    }

    @inline(__always) var hasDeadline: Bool { flags & Self.deadlineFlag != 0 }
    @inline(__always) private var isLong: Bool { flags & Self.longFlag != 0 }

    /// Tells the one valid item of the hash's index from stale ones of the same field.
    var generation: UInt8 {
        get { flags &>> Self.generationShift & 7 }
        nonmutating set {
            let kept = flags & (Self.deadlineFlag | Self.longFlag)
            flags = kept | (newValue & 7) &<< Self.generationShift
        }
    }

    /// Unix milliseconds after which the field is gone; 0 for one that stays.
    @inline(__always)
    var deadline: Int64 {
        if !hasDeadline { return 0 }
        return (raw + (isLong ? 12 : 4)).loadUnaligned(as: Int64.self)
    }

    /// Only where there is room for one.
    func setDeadline(_ due: Int64) {
        assert(hasDeadline)
        (raw + (isLong ? 12 : 4)).storeBytes(of: due, as: Int64.self)
    }

    @inline(__always)
    private var nameOffset: Int {
        let f = flags
        return 4 &+ Int(f & Self.deadlineFlag) &<< 3 &+ Int(f & Self.longFlag) &<< 2
    }

    @inline(__always)
    private var nameLength: Int {
        isLong
            ? Int(raw.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
            : Int(raw.load(fromByteOffset: 1, as: UInt8.self))
    }

    @inline(__always)
    private var valueLength: Int {
        isLong
            ? Int(raw.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
            : Int(raw.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
    }

    /// The field's name.
    @inline(__always) @usableFromInline
    var key: Bytes { Bytes(raw: raw + nameOffset, nameLength) }

    @inline(__always)
    var value: Bytes { Bytes(raw: raw + nameOffset + nameLength, valueLength) }

    /// Bytes of the cell as they were asked for.
    @inline(__always)
    var size: Int { nameOffset &+ nameLength &+ valueLength }

    // MARK: Making and changing

    /// Bytes of a field with such a name and value.
    @inline(__always)
    static func size(name: Int, value: Int, hasDeadline: Bool) -> Int {
        let long = name > longestName || value > longestValue
        return 4 &+ (hasDeadline ? 8 : 0) &+ (long ? 8 : 0) &+ name &+ value
    }

    /// A new cell; the deadline, if there is room for one, is to be set.
    @inline(__always)
    static func make(
        _ name: Bytes, _ value: Bytes, hasDeadline: Bool, _ heap: UnsafeMutablePointer<SlabHeap>
    ) -> Field {
        let size = size(name: name.count, value: value.count, hasDeadline: hasDeadline)
        let field = Field(raw: heap.pointee.allocateEntry(size))
        field.writeHeader(name.count, value.count, hasDeadline ? deadlineFlag : 0)
        let target = field.raw + field.nameOffset
        machine_copy(target, name.base, name.count)
        machine_copy(target + name.count, value.base, value.count)
        return field
    }

    @inline(__always)
    private func writeHeader(_ name: Int, _ value: Int, _ kept: UInt8) {
        if name > Self.longestName || value > Self.longestValue {
            raw.storeBytes(of: kept | Self.longFlag, as: UInt8.self)
            raw.storeBytes(of: UInt32(truncatingIfNeeded: name), toByteOffset: 4, as: UInt32.self)
            raw.storeBytes(of: UInt32(truncatingIfNeeded: value), toByteOffset: 8, as: UInt32.self)
        } else {
            let lengths = UInt32(truncatingIfNeeded: name) &<< 8 | UInt32(value) &<< 16
            raw.storeBytes(of: lengths | UInt32(kept), as: UInt32.self)
        }
    }

    /// Puts another value into the same cell, if it is as large as a new one's would be; else
    /// false, and nothing has changed. The deadline stays.
    @inline(__always)
    func overwrite(_ value: Bytes) -> Bool {
        let name = nameLength
        let size = Self.size(name: name, value: value.count, hasDeadline: hasDeadline)
        let long = name > Self.longestName || value.count > Self.longestValue
        guard long == isLong, SlabHeap.footprint(size) == SlabHeap.footprint(self.size) else {
            return false
        }
        machine_copy(raw + nameOffset + name, value.base, value.count)
        writeHeader(name, value.count, flags & ~Self.longFlag)
        return true
    }

    // MARK: As the table's element

    var footprint: Int { SlabHeap.footprint(size) }

    @inline(__always)
    func free(_ heap: UnsafeMutablePointer<SlabHeap>) {
        heap.pointee.deallocateEntry(raw, size)
    }

    /// The same bytes in a cell of their own.
    func copy(_ heap: UnsafeMutablePointer<SlabHeap>) -> Field {
        let bytes = size
        let copy = Field(raw: heap.pointee.allocateEntry(bytes))
        copy.raw.copyMemory(from: raw, byteCount: bytes)
        return copy
    }

    func evacuated(_ heap: UnsafeMutablePointer<SlabHeap>) -> Field? {
        guard size <= SlabHeap.largestCell, SlabHeap.isEvacuating(raw) else { return nil }
        let moved = copy(heap)
        free(heap)
        return moved
    }
}
