// Taking a stream apart and putting one together: what DUMP, RESTORE and snapshots do.
//
// Blocks go out as they are. What comes in is not trusted: every element is checked to lie within
// its block, every entry to follow the form, counts to be true, IDs of live entries to ascend, so
// that nothing that walks a block later needs to check anything. (Deleted ones need not: after XSETID
// has lowered what it may, new entries can come behind deleted ones with larger IDs.)

import CMachine
import Memory

extension PackedStream {
    /// Calls `body` with each block: its ID and its listpack.
    package func forEachBlock(_ body: (StreamID, Bytes) -> Void) {
        fields.pointee.blocks.forEach { body($0.pointee.id, $0.pointee.content) }
    }

    /// Adds a block from outside behind the others; false, and nothing is added, if it is not
    /// valid or does not belong there. Counts its live entries into `length`.
    package func addBlock(_ id: StreamID, _ bytes: Bytes) -> Bool {
        if let last = fields.pointee.blocks.last, last.pointee.id >= id { return false }
        guard let live = StreamBlockCheck.liveEntries(bytes, id) else { return false }
        let size = Allocator.usableSize(bytes.count)
        guard size <= Int(UInt32.max) else { return false }
        let base = Allocator.allocate(size).bindMemory(to: UInt8.self, capacity: size)
        machine_copy(base, bytes.base, bytes.count)
        add(StreamBlock(id: id, base: base, live: UInt32(live), capacity: UInt32(size)))
        fields.pointee.length += live
        return true
    }

    /// Sets what a file says of the stream, once all blocks are in; false if that cannot be.
    /// Files older than Redis 7.0 know no more than the length and the last ID: then pass nil for
    /// what is missing.
    package func finishLoading(
        length: UInt64, lastID: StreamID, firstID: StreamID?, maxDeletedID: StreamID?,
        entriesAdded: UInt64?
    ) -> Bool {
        guard length == UInt64(self.length) else { return false }
        if let last = lastEntryID, last > lastID { return false }
        fields.pointee.lastID = lastID
        fields.pointee.maxDeletedID = maxDeletedID ?? .zero
        fields.pointee.entriesAdded = Int64(bitPattern: entriesAdded ?? length)
        renewFirstID()
        return true
    }
}

/// Checks a block from outside.
package enum StreamBlockCheck {
    /// The number of live entries; nil if the block is not valid in every respect.
    package static func liveEntries(_ bytes: Bytes, _ id: StreamID) -> Int? {
        guard var reader = Reader(bytes) else { return nil }
        guard let live = reader.integer(), let deleted = reader.integer(),
            let fields = reader.integer(), live >= 0, deleted >= 0, fields >= 0,
            fields <= bytes.count, live <= bytes.count, deleted <= bytes.count
        else { return nil }
        for _ in 0..<fields { guard reader.skip() else { return nil } }
        guard reader.integer() == 0 else { return nil }
        var counted: (live: Int64, deleted: Int64) = (0, 0)
        var last: StreamID?
        while !reader.isAtEnd {
            guard let entry = reader.entry(id, masterFields: fields) else { return nil }
            if entry.isDeleted {
                counted.deleted += 1
                continue
            }
            if let last, entry.id <= last { return nil }
            last = entry.id
            counted.live += 1
        }
        guard counted.live == live, counted.deleted == deleted, live + deleted > 0,
            reader.countFits
        else { return nil }
        return Int(live)
    }

    /// Reads elements one by one and never beyond the block.
    private struct Reader {
        private var p: UnsafePointer<UInt8>
        private let end: UnsafePointer<UInt8>
        private let declared: UInt16
        private var seen = 0

        /// Nil if header and end are not those of a listpack.
        init?(_ bytes: Bytes) {
            guard bytes.count >= Listpack.overheadBytes, bytes.count <= Int(UInt32.max) else {
                return nil
            }
            let raw = UnsafeRawPointer(bytes.base)
            let total = raw.loadUnaligned(as: UInt32.self).littleEndian
            guard Int(total) == bytes.count, bytes[bytes.count - 1] == Listpack.end else {
                return nil
            }
            declared = raw.loadUnaligned(fromByteOffset: 4, as: UInt16.self).littleEndian
            p = bytes.base + Listpack.headerBytes
            end = bytes.base + (bytes.count - 1)
        }

        var isAtEnd: Bool { p == end }

        var countFits: Bool { declared == Listpack.unknownCount || Int(declared) == seen }

        /// Bytes of the element at `p`, if it lies within the block and its two lengths agree.
        private func elementBytes() -> Int? {
            let left = end - p
            // The largest head that says how long the element is takes five bytes.
            guard left >= 2, p[0] <= 0xF4, p[0] != 0xF0 || left >= 5 else { return nil }
            let encoded = Listpack.encodedBytes(at: p)
            let backlen = Listpack.backlenBytes(encoded)
            guard encoded + backlen <= left else { return nil }
            for i in 0..<backlen {
                let digit = UInt8(encoded >> (7 * (backlen - 1 - i)) & 0x7F)
                guard p[encoded + i] == (i > 0 ? digit | 0x80 : digit) else { return nil }
            }
            return encoded + backlen
        }

        mutating func skip() -> Bool {
            guard let bytes = elementBytes() else { return false }
            p += bytes
            seen += 1
            return true
        }

        mutating func integer() -> Int64? {
            let start = p
            guard skip() else { return nil }
            return Listpack.item(at: start).integerIfAny
        }

        mutating func entry(
            _ id: StreamID, masterFields: Int64
        ) -> (id: StreamID, isDeleted: Bool)? {
            guard let flags = integer(), flags >= 0, flags <= 3,
                let milliseconds = integer(), let sequence = integer()
            else { return nil }
            var fields = masterFields
            var elements = masterFields + 3
            if flags & Int64(StreamBlock.sameFieldsFlag) == 0 {
                guard let own = integer(), own >= 0, own <= end - p else { return nil }
                fields = own * 2
                elements = fields + 4
            }
            for _ in 0..<fields { guard skip() else { return nil } }
            guard integer() == elements else { return nil }
            return (
                id.adding(milliseconds: milliseconds, sequence: sequence),
                flags & Int64(StreamBlock.deletedFlag) != 0
            )
        }
    }
}
