// One key with its value (or a pointer to it), in one allocation.
//
//   | header 8 | [deadline 8] | [key length 4] | key bytes | value |
//
//   value: the bytes of a short string, the 8 bytes of an integer, or a pointer of 8 bytes
//
// The header, from its lowest bit:
//   type 4 | encoding 4 | has deadline 1 | long key 1 | snapshot epoch 2 | wheel generation 3 |
//   free 1 | eviction clock 24 | key length 8 (short keys) | value length 16 (embedded strings)
//
// Only the table points to an entry, so an entry may move at every change; nobody keeps an Entry
// across a call that can change the keyspace.

import CMachine
import Memory

/// What a key holds, with Redis's object type numbers.
package enum ValueType: UInt8 {
    case string = 0
    case list = 1
    case set = 2
    case sortedSet = 3
    case hash = 4
    case stream = 6

    /// The name TYPE answers.
    package var name: StaticString {
        switch self {
        case .string: "string"
        case .list: "list"
        case .set: "set"
        case .sortedSet: "zset"
        case .hash: "hash"
        case .stream: "stream"
        }
    }
}

extension ValueType {
    /// The type of that name, in any letter case.
    package init?(name: Bytes) {
        let all: [ValueType] = [.string, .list, .set, .sortedSet, .hash, .stream]
        guard let type = all.first(where: { name.isWord($0.name) }) else { return nil }
        self = type
    }
}

/// How the value is laid out. Names are Redis's, as OBJECT ENCODING reports them.
package enum Encoding: UInt8 {
    /// Bytes in the entry, set as a whole.
    case embedded = 0
    /// Bytes in the entry, that a change in place made "raw" in Redis's words.
    case rawEmbedded = 1
    /// A pointer to a SharedBlob.
    case blob = 2
    /// A 64-bit integer in the entry.
    case integer = 3
    /// A pointer to a PackedList, which knows whether it is a listpack or a quicklist.
    case packedList = 4
    /// A pointer to a PackedBlock: a small hash, set or sorted set.
    case listpack = 5
    /// A pointer to an IntSet: a small set of integers.
    case intset = 6
    /// A pointer to a table: a big set.
    case hashTable = 7
    /// A pointer to a TreeSet: a big sorted set.
    case tree = 8
    /// A pointer to a PackedStream.
    case stream = 9
    /// A pointer to an ExpiringBlock: a small hash, fields of which may have deadlines.
    case listpackEx = 10
    /// A pointer to a BigHash.
    case fieldTable = 11
}

/// Handle to an entry. Trivial; see the file's header for its lifetime.
@frozen
package struct Entry {
    package let raw: UnsafeMutableRawPointer

    @inline(__always)
    init(raw: UnsafeMutableRawPointer) { self.raw = raw }

    // MARK: Header

    @inline(__always)
    var header: UInt64 {
        get { raw.load(as: UInt64.self) }
        nonmutating set { raw.storeBytes(of: newValue, as: UInt64.self) }
    }

    static let deadlineFlag: UInt64 = 1 << 8
    static let longKeyFlag: UInt64 = 1 << 9
    static let epochShift: UInt64 = 10
    static let generationShift: UInt64 = 12
    static let clockShift: UInt64 = 16
    static let clockMask: UInt64 = 0xFF_FFFF << 16
    static let keyLengthShift: UInt64 = 40
    static let valueLengthShift: UInt64 = 48
    /// Keys of this many bytes and more keep their length behind the header.
    static let longKeyBytes = 256

    @inline(__always)
    package var type: ValueType {
        ValueType(rawValue: UInt8(truncatingIfNeeded: header & 15)).unsafelyUnwrapped
    }

    @inline(__always)
    package var encoding: Encoding {
        Encoding(rawValue: UInt8(truncatingIfNeeded: (header >> 4) & 15)).unsafelyUnwrapped
    }

    @inline(__always) var isString: Bool { header & 15 == 0 }
    @inline(__always) package var hasDeadline: Bool { header & Self.deadlineFlag != 0 }

    /// The 24-bit eviction clock (LRU seconds, or LFU minutes and counter).
    @inline(__always)
    var clock: UInt32 {
        get { UInt32(truncatingIfNeeded: header >> Self.clockShift) & 0xFF_FFFF }
        nonmutating set {
            header = (header & ~Self.clockMask) | (UInt64(newValue) << Self.clockShift)
        }
    }

    /// Tells the one valid item of the expiry wheel from stale ones of the same key.
    @inline(__always)
    var generation: UInt8 {
        get { UInt8(truncatingIfNeeded: (header >> Self.generationShift) & 7) }
        nonmutating set {
            header =
                (header & ~(7 << Self.generationShift))
                | (UInt64(newValue & 7) << Self.generationShift)
        }
    }

    // MARK: Deadline

    /// Unix time in milliseconds from which on the key is gone; only where `hasDeadline`.
    @inline(__always)
    package var deadline: Int64 {
        get { raw.load(fromByteOffset: 8, as: Int64.self) }
        nonmutating set { raw.storeBytes(of: newValue, toByteOffset: 8, as: Int64.self) }
    }

    /// The deadline, or nil for a key that stays.
    package var deadlineIfAny: Int64? { hasDeadline ? deadline : nil }

    // MARK: Key and value

    @inline(__always)
    var keyOffset: Int {
        let h = header
        return 8 &+ Int(truncatingIfNeeded: (h >> 5) & 8) &+ Int(truncatingIfNeeded: (h >> 7) & 4)
    }

    @inline(__always)
    var keyLength: Int {
        let h = header
        if h & Self.longKeyFlag == 0 {
            return Int(truncatingIfNeeded: (h >> Self.keyLengthShift) & 0xFF)
        }
        return Int(raw.loadUnaligned(fromByteOffset: hasDeadline ? 16 : 8, as: UInt32.self))
    }

    @inline(__always)
    package var key: Bytes { Bytes(raw: raw + keyOffset, keyLength) }

    @inline(__always)
    var valueOffset: Int { keyOffset &+ keyLength }

    /// Bytes of an embedded string.
    @inline(__always)
    var embeddedLength: Int { Int(truncatingIfNeeded: header >> Self.valueLengthShift) }

    @inline(__always)
    var embeddedBytes: Bytes { Bytes(raw: raw + valueOffset, embeddedLength) }

    @inline(__always)
    var integerValue: Int64 {
        get { (raw + valueOffset).loadUnaligned(as: Int64.self) }
        nonmutating set { (raw + valueOffset).storeBytes(of: newValue, as: Int64.self) }
    }

    /// The pointer that stands as value: a SharedBlob's, a PackedList's.
    @inline(__always)
    var pointerValue: UnsafeMutableRawPointer {
        get { (raw + valueOffset).loadUnaligned(as: UnsafeMutableRawPointer.self) }
        nonmutating set {
            (raw + valueOffset).storeBytes(of: newValue, as: UnsafeMutableRawPointer.self)
        }
    }

    /// Puts a pointer to another form of the value in the place of one; the old form is the
    /// caller's to free.
    @inline(__always)
    func setPointer(_ encoding: Encoding, _ pointer: UnsafeMutableRawPointer) {
        header = (header & ~0xF0) | UInt64(encoding.rawValue) << 4
        pointerValue = pointer
    }

    @inline(__always)
    var blobValue: SharedBlob { SharedBlob(raw: pointerValue) }

    @inline(__always)
    var isEmbedded: Bool { (header >> 4) & 15 <= 1 }

    /// Bytes of the value inside the entry.
    @inline(__always)
    var valueBytes: Int { isEmbedded ? embeddedLength : 8 }

    /// Bytes of the allocation as it was asked for.
    @inline(__always)
    var size: Int { valueOffset &+ valueBytes }

    // MARK: Making entries

    /// Bytes of an entry with such a key and `valueBytes` bytes of value inside.
    @inline(__always)
    static func size(keyLength: Int, valueBytes: Int, hasDeadline: Bool) -> Int {
        8 &+ (hasDeadline ? 8 : 0) &+ (keyLength >= longKeyBytes ? 4 : 0) &+ keyLength
            &+ valueBytes
    }

    @inline(__always)
    static func header(
        _ type: ValueType, _ encoding: Encoding, keyLength: Int, hasDeadline: Bool,
        embeddedLength: Int
    ) -> UInt64 {
        let long = keyLength >= longKeyBytes
        var h = UInt64(type.rawValue) | UInt64(encoding.rawValue) << 4
        if hasDeadline { h |= deadlineFlag }
        h |= long ? longKeyFlag : UInt64(truncatingIfNeeded: keyLength) << keyLengthShift
        return h | UInt64(truncatingIfNeeded: embeddedLength) << valueLengthShift
    }
}

/// Where entries come from: slabs up to their largest cell, the general allocator above.
extension SlabHeap {
    @inline(__always)
    mutating func allocateEntry(_ size: Int) -> UnsafeMutableRawPointer {
        size <= Self.largestCell ? allocate(size) : Allocator.allocate(size)
    }

    @inline(__always)
    mutating func deallocateEntry(_ p: UnsafeMutableRawPointer, _ size: Int) {
        if size <= Self.largestCell {
            deallocate(p, size)
        } else {
            Allocator.deallocate(p, size)
        }
    }

    /// What an entry of `size` bytes really takes.
    @inline(__always)
    static func footprint(_ size: Int) -> Int {
        size <= largestCell ? cellBytes(size) : Allocator.usableSize(size)
    }
}
