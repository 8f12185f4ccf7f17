// Adding an entry behind the last one. Hot: the way of every XADD.
//
// The last block is not scanned: its length stands in its header, its counts in its first elements.

import CMachine
import Memory

/// The limits on a block, as configured.
package struct StreamNodeLimits {
    /// stream-node-max-bytes; 0 is no limit.
    package var bytes = 4096
    /// stream-node-max-entries; 0 is no limit.
    package var entries = 100

    package init() {}

    package init(bytes: Int, entries: Int) {
        self.bytes = bytes
        self.entries = entries
    }

    /// What a block, and the strings of an entry together, may have at most.
    package static var largestBytes: Int { 1 << 30 }

    @inline(__always)
    var effectiveBytes: Int {
        bytes <= 0 || bytes > Self.largestBytes ? Self.largestBytes : bytes
    }
}

extension PackedStream {
    /// Adds an entry of `count` fields; `pairs` holds field, value, field, value... in `payload`
    /// bytes together. `id` is larger than `lastID`, `payload` at most
    /// `StreamNodeLimits.largestBytes`.
    package func append(
        _ id: StreamID, _ pairs: UnsafePointer<Bytes>, fields count: Int, payload: Int,
        _ limits: StreamNodeLimits
    ) {
        assert(id > lastID && count > 0)
        let fields = fields
        let block: UnsafeMutablePointer<StreamBlock>
        if let last = fields.pointee.blocks.last, !isFull(last, payload, limits) {
            block = last
            addToCount(block)
        } else {
            block = makeBlock(id, pairs, count, payload, limits)
        }
        writeEntry(id, pairs, count, payload, limits, to: block)
        fields.pointee.length &+= 1
        fields.pointee.entriesAdded &+= 1
        fields.pointee.lastID = id
        if fields.pointee.length == 1 { fields.pointee.firstID = id }
    }

    @inline(__always)
    private func isFull(
        _ block: UnsafeMutablePointer<StreamBlock>, _ payload: Int, _ limits: StreamNodeLimits
    ) -> Bool {
        if block.pointee.bytes &+ payload >= limits.effectiveBytes { return true }
        if limits.entries == 0 { return false }
        var p = UnsafePointer(block.pointee.firstElement)
        let live = StreamBlock.takeInteger(&p)
        return live &+ StreamBlock.takeInteger(&p) >= Int64(limits.entries)
    }

    /// Counts one entry more in the master entry.
    @inline(__always)
    private func addToCount(_ block: UnsafeMutablePointer<StreamBlock>) {
        let p = block.pointee.firstElement
        if p[0] < 127 {
            p[0] &+= 1
            block.pointee.live &+= 1
        } else {
            let before = block.pointee.capacity
            let master = block.pointee.master
            block.pointee.setCounts(live: master.live + 1, deleted: master.deleted)
            fields.pointee.blockBytes += Int(block.pointee.capacity) - Int(before)
        }
    }

    // MARK: Blocks

    /// A new last block with its master entry, for the entry that is about to be written. The block
    /// before is shrunk to its size.
    @inline(never)
    private func makeBlock(
        _ id: StreamID, _ pairs: UnsafePointer<Bytes>, _ count: Int, _ payload: Int,
        _ limits: StreamNodeLimits
    ) -> UnsafeMutablePointer<StreamBlock> {
        var room = Self.roomForEntry(payload, count) + 32
        for i in 0..<count { room += pairs[2 * i].count + 10 }
        if let last = fields.pointee.blocks.last {
            fields.pointee.blockBytes -= Int(last.pointee.capacity)
            last.pointee.resize(to: last.pointee.bytes)
            fields.pointee.blockBytes += Int(last.pointee.capacity)
            // The new one will become as large as the one before, most likely.
            room = max(room, min(last.pointee.bytes, limits.effectiveBytes, 1 << 16))
        }
        // Checked: an entry's strings were, its elements are as many as a request can have.
        let size = Allocator.usableSize(room)
        let base = Allocator.allocate(size).bindMemory(to: UInt8.self, capacity: size)
        let block = add(StreamBlock(id: id, base: base, live: 1, capacity: UInt32(size)))
        var p = block.pointee.firstElement
        p = Self.writeInteger(1, to: p)
        p = Self.writeInteger(0, to: p)
        p = Self.writeInteger(Int64(count), to: p)
        for i in 0..<count { p = Self.writeString(pairs[2 * i], to: p) }
        p = Self.writeInteger(0, to: p)
        p[0] = Listpack.end
        block.pointee.setHeader(
            bytes: p + 1 - base, elements: UInt16(clamping: count + 4))
        return block
    }

    /// Makes room for the entry: twice what there was, up to what a block may have. An entry that
    /// reaches beyond that is the block's last.
    @inline(never)
    private func grow(
        _ block: UnsafeMutablePointer<StreamBlock>, for wanted: Int, _ limits: StreamNodeLimits
    ) {
        var target = wanted < 1 << 20 ? wanted * 2 : wanted + wanted / 4
        target = max(wanted, min(target, limits.effectiveBytes))
        let before = block.pointee.capacity
        block.pointee.resize(to: target)
        fields.pointee.blockBytes += Int(block.pointee.capacity) - Int(before)
    }

    // MARK: The entry

    /// An upper bound of an entry's bytes: each string with encoding and backlen, flags, the two
    /// parts of the ID, the number of fields, the number of elements.
    @inline(__always)
    private static func roomForEntry(_ payload: Int, _ count: Int) -> Int {
        payload &+ 20 &* count &+ 48
    }

    @inline(__always)
    private func writeEntry(
        _ id: StreamID, _ pairs: UnsafePointer<Bytes>, _ count: Int, _ payload: Int,
        _ limits: StreamNodeLimits, to block: UnsafeMutablePointer<StreamBlock>
    ) {
        let used = block.pointee.bytes
        let same = hasSameFields(block.pointee.master, pairs, count)
        let room = used &+ Self.roomForEntry(payload, count)
        if room > Int(block.pointee.capacity) {
            growForExactly(block, id, pairs, count, same, limits)
        }
        let base = block.pointee.base
        var p = base + (used &- 1)
        p[0] = same ? StreamBlock.sameFieldsFlag : 0
        p[1] = 1
        p += 2
        let milliseconds = Int64(bitPattern: id.milliseconds &- block.pointee.id.milliseconds)
        let sequence = Int64(bitPattern: id.sequence &- block.pointee.id.sequence)
        p = Self.writeInteger(milliseconds, to: p)
        p = Self.writeInteger(sequence, to: p)
        if same {
            for i in 0..<count { p = Self.writeString(pairs[2 &* i &+ 1], to: p) }
        } else {
            p = Self.writeInteger(Int64(count), to: p)
            for i in 0..<2 &* count { p = Self.writeString(pairs[i], to: p) }
        }
        let elements = same ? count &+ 3 : 2 &* count &+ 4
        p = Self.writeInteger(Int64(elements), to: p)
        p[0] = Listpack.end
        let total = Int(block.pointee.elements) &+ elements &+ 1
        block.pointee.setHeader(
            bytes: p + 1 - base,
            elements: UInt16(truncatingIfNeeded: min(total, Int(Listpack.unknownCount))))
    }

    /// The upper bound does not fit: grows the block if the entry really does not.
    @inline(never)
    private func growForExactly(
        _ block: UnsafeMutablePointer<StreamBlock>, _ id: StreamID, _ pairs: UnsafePointer<Bytes>,
        _ count: Int, _ same: Bool, _ limits: StreamNodeLimits
    ) {
        // Flags, the elements' number and both parts of the ID with their backlens.
        var needed = block.pointee.bytes + 2 + 2 * 10 + 10 + (same ? 0 : 10)
        for i in 0..<2 * count where !same || i & 1 == 1 {
            needed += ListpackEntry(pairs[i]).totalBytes
        }
        if needed > Int(block.pointee.capacity) { grow(block, for: needed, limits) }
    }

    /// Whether the entry has the master's fields, in their order.
    @inline(__always)
    private func hasSameFields(
        _ master: StreamBlock.Master, _ pairs: UnsafePointer<Bytes>, _ count: Int
    ) -> Bool {
        guard master.fieldCount == count else { return false }
        var p = master.fields
        for i in 0..<count {
            let field = pairs[2 &* i]
            let c = p[0]
            if c & 0xC0 == 0x80 {
                let length = Int(c & 0x3F)
                guard length == field.count, machine_equal(p + 1, field.base, length) != 0 else {
                    return false
                }
                p += length &+ 2
            } else {
                guard PackedNeedle(field).matches(Listpack.item(at: p)) else { return false }
                p += Listpack.entryBytes(at: p)
            }
        }
        return true
    }

    @inline(__always)
    private static func writeInteger(
        _ value: Int64, to p: UnsafeMutablePointer<UInt8>
    ) -> UnsafeMutablePointer<UInt8> {
        if value >= 0 && value < 128 {
            p[0] = UInt8(truncatingIfNeeded: value)
            p[1] = 1
            return p + 2
        }
        let entry = ListpackEntry(PackedItem(integer: value))
        Listpack.write(entry, to: p)
        return p + entry.totalBytes
    }

    @inline(__always)
    private static func writeString(
        _ bytes: Bytes, to p: UnsafeMutablePointer<UInt8>
    ) -> UnsafeMutablePointer<UInt8> {
        let count = bytes.count
        // The common case without a detour: short, and no number by its first character.
        if count < 64, count == 0 || bytes.base[0] > 57 {
            p[0] = 0x80 | UInt8(truncatingIfNeeded: count)
            machine_copy(p + 1, bytes.base, count)
            p[1 &+ count] = UInt8(truncatingIfNeeded: count &+ 1)
            return p + (count &+ 2)
        }
        let entry = ListpackEntry(bytes)
        Listpack.write(entry, to: p)
        return p + entry.totalBytes
    }
}
