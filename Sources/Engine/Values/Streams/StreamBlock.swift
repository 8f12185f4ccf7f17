// A block of stream entries: one listpack in exactly the form that Redis keeps in memory, in dumps
// and in snapshot files.
//
//     master    count | deleted | fields | field ... field | 0
//     entry     flags | ms | seq | value ... value | elements          same fields as the master
//     entry     flags | ms | seq | n | field | value ... | elements    fields of its own
//
// The master entry names the fields of the block's first entry; entries with the same ones hold
// values only. IDs are differences to the block's own ID, which is that of its first entry. The
// number of elements before it ends an entry, so that the run can be walked backwards; the
// master's 0 ends that walk. Deleted entries stay, flagged and counted, until the block goes.
//
// Called by PackedStream, whose tree holds the blocks. A block's first element stands at byte 6;
// flags take two bytes always, since their values are below 128.
//
// Safety: these functions trust a block; one from outside was checked by `StreamBlockCheck`.

import CMachine
import Memory

/// A block where the stream's tree keeps it.
struct StreamBlock: TreeItem {
    /// The ID that the entries' are relative to.
    let id: StreamID
    var base: UnsafeMutablePointer<UInt8>
    /// Entries not deleted.
    var live: UInt32
    /// Bytes of the allocation, a size of the allocator's.
    var capacity: UInt32

    @inline(__always) var key: StreamID { id }

    static let deletedFlag: UInt8 = 1
    static let sameFieldsFlag: UInt8 = 2

    /// Bytes of the block, header and end included.
    @inline(__always)
    var bytes: Int {
        Int(UnsafeRawPointer(base).loadUnaligned(as: UInt32.self).littleEndian)
    }

    /// The listpack.
    var content: Bytes { Bytes(base, bytes) }

    @inline(__always)
    var firstElement: UnsafeMutablePointer<UInt8> { base + Listpack.headerBytes }

    /// Where the end byte stands.
    @inline(__always)
    var end: UnsafeMutablePointer<UInt8> { base + (bytes &- 1) }

    func free() { Allocator.deallocate(base, Int(capacity)) }

    /// The same block in an allocation without slack.
    func copy() -> StreamBlock {
        let bytes = bytes
        let size = Allocator.usableSize(bytes)
        let copy = Allocator.allocate(size).bindMemory(to: UInt8.self, capacity: size)
        machine_copy(copy, base, bytes)
        return StreamBlock(id: id, base: copy, live: live, capacity: UInt32(size))
    }

    // MARK: Reading

    @inline(__always)
    static func integer(at p: UnsafePointer<UInt8>) -> Int64 {
        let c = p[0]
        return c < 0x80 ? Int64(c) : Listpack.item(at: p).integer
    }

    /// Reads the integer at `p` and moves `p` behind it.
    @inline(__always)
    static func takeInteger(_ p: inout UnsafePointer<UInt8>) -> Int64 {
        let c = p[0]
        if c < 0x80 {
            p += 2
            return Int64(c)
        }
        let value = Listpack.item(at: p).integer
        p += Listpack.entryBytes(at: p)
        return value
    }

    @inline(__always)
    static func skip(_ p: inout UnsafePointer<UInt8>, _ elements: Int) {
        for _ in 0..<elements { p += Listpack.entryBytes(at: p) }
    }

    /// The master entry.
    struct Master {
        let live: Int
        let deleted: Int
        let fieldCount: Int
        let fields: UnsafePointer<UInt8>
    }

    @inline(__always)
    var master: Master {
        var p = UnsafePointer(firstElement)
        let live = Int(Self.takeInteger(&p))
        let deleted = Int(Self.takeInteger(&p))
        let fields = Int(Self.takeInteger(&p))
        return Master(live: live, deleted: deleted, fieldCount: fields, fields: p)
    }

    /// Where the first entry begins, or the end.
    func entries(_ master: Master) -> UnsafePointer<UInt8> {
        var p = master.fields
        // The fields, and the 0 behind them.
        Self.skip(&p, master.fieldCount + 1)
        return p
    }

    /// One entry's head.
    struct Entry {
        let start: UnsafePointer<UInt8>
        let flags: UInt8
        let id: StreamID
        let fieldCount: Int
        /// The first value, or the first field if the fields are the entry's own.
        let content: UnsafePointer<UInt8>

        @inline(__always) var isDeleted: Bool { flags & deletedFlag != 0 }
        @inline(__always) var hasSameFields: Bool { flags & sameFieldsFlag != 0 }

        /// Where the next entry begins, or the end.
        @inline(__always)
        var next: UnsafePointer<UInt8> {
            var p = content
            StreamBlock.skip(&p, hasSameFields ? fieldCount + 1 : 2 * fieldCount + 1)
            return p
        }
    }

    @inline(__always)
    func entry(at start: UnsafePointer<UInt8>, _ master: Master) -> Entry {
        var p = start + 2
        let milliseconds = Self.takeInteger(&p)
        let sequence = Self.takeInteger(&p)
        let flags = start[0]
        let count =
            flags & Self.sameFieldsFlag != 0 ? master.fieldCount : Int(Self.takeInteger(&p))
        return Entry(
            start: start, flags: flags,
            id: id.adding(milliseconds: milliseconds, sequence: sequence), fieldCount: count,
            content: p)
    }

    /// Where the entry begins that ends before `p`; nil in front of the first one.
    @inline(__always)
    static func start(before p: UnsafePointer<UInt8>) -> UnsafePointer<UInt8>? {
        var start = p - Listpack.entryBytes(before: p)
        let elements = integer(at: start)
        if elements == 0 { return nil }
        for _ in 0..<elements { start -= Listpack.entryBytes(before: start) }
        return start
    }

    /// The ID of the last entry, deleted or not; nil in a block without any.
    var lastID: StreamID? {
        guard let start = Self.start(before: end) else { return nil }
        return entry(at: start, master).id
    }

    // MARK: Changing

    @inline(__always)
    func setHeader(bytes: Int, elements: UInt16) {
        let raw = UnsafeMutableRawPointer(base)
        raw.storeBytes(of: UInt32(truncatingIfNeeded: bytes).littleEndian, as: UInt32.self)
        raw.storeBytes(of: elements.littleEndian, toByteOffset: 4, as: UInt16.self)
    }

    @inline(__always)
    var elements: UInt16 {
        UnsafeRawPointer(base).loadUnaligned(fromByteOffset: 4, as: UInt16.self).littleEndian
    }

    /// Makes room for `wanted` bytes.
    mutating func resize(to wanted: Int) {
        let size = Allocator.usableSize(wanted)
        if size == Int(capacity) { return }
        base = Allocator.reallocate(base, from: Int(capacity), to: size)
            .bindMemory(to: UInt8.self, capacity: size)
        capacity = UInt32(size)
    }

    /// Writes the counts of the master entry; the block may move.
    mutating func setCounts(live: Int, deleted: Int) {
        setCount(live, skipping: 0)
        setCount(deleted, skipping: 1)
        self.live = UInt32(truncatingIfNeeded: live)
    }

    /// Puts `value` in place of the master's first or second element.
    private mutating func setCount(_ value: Int, skipping: Int) {
        var p = UnsafePointer(firstElement)
        Self.skip(&p, skipping)
        let old = Listpack.entryBytes(at: p)
        let entry = ListpackEntry(PackedItem(integer: Int64(value)))
        let offset = p - UnsafePointer(base)
        let size = bytes
        if entry.totalBytes != old {
            let target = size + entry.totalBytes - old
            if target > Int(capacity) { resize(to: target) }
            let behind = base + offset + old
            (base + offset + entry.totalBytes).update(from: behind, count: size - offset - old)
            setHeader(bytes: target, elements: elements)
        }
        Listpack.write(entry, to: base + offset)
    }

    /// Flags the entry that begins at `start`, of this block, as deleted.
    func markDeleted(_ start: UnsafePointer<UInt8>) {
        base[start - UnsafePointer(base)] |= Self.deletedFlag
    }
}

extension StreamID: TreeKey, TreeItem {
    @inline(__always)
    static func precedes(_ a: StreamID, _ b: StreamID) -> Bool { a < b }

    @inline(__always) var key: StreamID { self }
}
