// Walking through the entries of a stream, forwards or backwards, within a range of IDs.
//
// Called by whatever reads entries: ranges, reads, claims, DEBUG. Deleted entries are passed over.

import CMachine
import Memory
import RESP

/// Valid until the stream changes (but for flags and counts in its blocks).
struct StreamCursor {
    private let last: StreamID
    private let first: StreamID
    private let reversed: Bool
    private var position: SortedTree<StreamBlock>.Cursor?
    private var master: StreamBlock.Master
    /// Forwards: where the next entry begins. Backwards: the end of the entry before.
    private var next: UnsafePointer<UInt8>?
    /// The end byte of the block.
    private var end: UnsafePointer<UInt8>
    /// The entry that `advance` came to; only after it said true.
    private(set) var entry: StreamBlock.Entry

    @inline(__always) var id: StreamID { entry.id }
    @inline(__always) var fieldCount: Int { entry.fieldCount }

    /// Stands before the first entry from `first` on, or behind the last one up to `last`.
    init(
        _ stream: PackedStream, from first: StreamID, through last: StreamID,
        reversed: Bool = false
    ) {
        self.first = first
        self.last = last
        self.reversed = reversed
        let blocks = stream.fields
        if reversed {
            position =
                last == .max
                ? blocks.pointee.blocks.end : blocks.pointee.blocks.seek(atOrBefore: last)
        } else {
            position =
                first.isZero
                ? blocks.pointee.blocks.start
                : blocks.pointee.blocks.seek(atOrBefore: first) ?? blocks.pointee.blocks.start
        }
        // Placeholders until the first block is entered.
        let nothing = UnsafePointer(stream.raw.assumingMemoryBound(to: UInt8.self))
        master = StreamBlock.Master(live: 0, deleted: 0, fieldCount: 0, fields: nothing)
        end = nothing
        entry = StreamBlock.Entry(
            start: nothing, flags: 0, id: .zero, fieldCount: 0, content: nothing)
        enterBlock(seekingIn: stream)
    }

    /// The block that holds the entry.
    var block: UnsafeMutablePointer<StreamBlock>? { position?.item }

    /// Goes to the next entry in the range; false when there is none.
    @inline(__always)
    mutating func advance() -> Bool {
        reversed ? goBackward() : goForward()
    }

    private mutating func goForward() -> Bool {
        while let block = position?.item.pointee {
            while let start = next, start < end {
                entry = block.entry(at: start, master)
                if entry.id < first || entry.isDeleted {
                    next = entry.next
                    continue
                }
                if entry.id > last { return false }
                // Who emits the entry finds its end on the way; else `goForward` looks for it.
                next = nil
                return true
            }
            if next == nil {
                next = entry.next
                continue
            }
            guard position?.moveForward() ?? false else {
                position = nil
                return false
            }
            enterBlock()
        }
        return false
    }

    private mutating func goBackward() -> Bool {
        while let block = position?.item.pointee {
            while let stop = next, let start = StreamBlock.start(before: stop) {
                entry = block.entry(at: start, master)
                next = start
                if entry.id > last || entry.isDeleted { continue }
                return entry.id >= first
            }
            guard position?.moveBackward() ?? false else {
                position = nil
                return false
            }
            enterBlock()
        }
        return false
    }

    private mutating func enterBlock(seekingIn stream: PackedStream? = nil) {
        guard let block = position?.item.pointee else { return }
        master = block.master
        end = UnsafePointer(block.end)
        if reversed {
            next = end
        } else if let stream, let near = startNearEnd(block, stream) {
            next = near
        } else {
            next = block.entries(master)
        }
    }

    /// Readers mostly want what is at the very end: where `first` is nearer to the stream's last ID
    /// than to the last block's own, the block is walked from its end.
    private func startNearEnd(
        _ block: StreamBlock, _ stream: PackedStream
    ) -> UnsafePointer<UInt8>? {
        guard let position, position.leaf.next == nil, position.index + 1 == position.leaf.count,
            first > block.id, block.live > 4
        else { return nil }
        let head = Self.distance(block.id, first)
        let tail = Self.distance(first, stream.lastID)
        guard first > stream.lastID || tail < head else { return nil }
        var stop = end
        while let start = StreamBlock.start(before: stop) {
            if block.entry(at: start, master).id < first { return stop }
            stop = start
        }
        return nil
    }

    /// How far apart two IDs are, in the part in which they differ.
    private static func distance(_ a: StreamID, _ b: StreamID) -> UInt64 {
        let milliseconds = b.milliseconds &- a.milliseconds
        return milliseconds == 0 ? b.sequence &- a.sequence : milliseconds
    }

    // MARK: Content

    /// Calls `body` with each field and its value.
    func forEachPair(_ body: (PackedItem, PackedItem) -> Void) {
        var field = entry.hasSameFields ? master.fields : entry.content
        var value = entry.content
        for _ in 0..<entry.fieldCount {
            if !entry.hasSameFields {
                field = value
                value += Listpack.entryBytes(at: value)
            }
            body(Listpack.item(at: field), Listpack.item(at: value))
            if entry.hasSameFields { field += Listpack.entryBytes(at: field) }
            value += Listpack.entryBytes(at: value)
        }
    }

    /// Longest entry, with its block's fields, whose reply's room is asked for at once.
    private static var roomAtOnce: Int { 1 << 16 }

    /// Appends the entry as XRANGE shows it: its ID, and an array of fields and values.
    mutating func appendEntry(to reply: inout ReplyBuffer) {
        let own = end - entry.start
        let shared = entry.hasSameFields ? entry.content - master.fields : 0
        let room = own + shared + 2 * entry.fieldCount * ReplyBuffer.bulkFrameBytes + 128
        guard room <= Self.roomAtOnce else { return appendLongEntry(to: &reply) }
        let start = reply.room(room)
        var p = start
        p[0] = 0x2A
        p[1] = 0x32
        p[2] = 0x0D
        p[3] = 0x0A
        p += 4
        p += ReplyBuffer.writeStreamID(entry.id, to: p)
        p += ReplyBuffer.writeArrayHeader(2 &* entry.fieldCount, to: p)
        var field = entry.hasSameFields ? master.fields : entry.content
        var value = entry.content
        for _ in 0..<entry.fieldCount {
            if entry.hasSameFields {
                Self.write(&field, to: &p)
            } else {
                Self.write(&value, to: &p)
            }
            Self.write(&value, to: &p)
        }
        reply.wrote(p - start)
        if !reversed { next = value + Listpack.entryBytes(at: value) }
    }

    /// Writes the element at `source` as a bulk string, and moves both behind.
    @inline(__always)
    private static func write(
        _ source: inout UnsafePointer<UInt8>, to p: inout UnsafeMutablePointer<UInt8>
    ) {
        let c = source[0]
        if c & 0xC0 == 0x80 {
            let count = Int(c & 0x3F)
            p += ReplyBuffer.writeShortHeader(count, to: p)
            machine_copy(p, source + 1, count)
            p += count
            UnsafeMutableRawPointer(p).storeBytes(of: 0x0A0D, as: UInt16.self)
            p += 2
            source += count &+ 2
        } else {
            p += ReplyBuffer.writeBulk(Listpack.item(at: source), to: p)
            source += Listpack.entryBytes(at: source)
        }
    }

    @inline(never)
    private func appendLongEntry(to reply: inout ReplyBuffer) {
        reply.array(2)
        reply.streamID(entry.id)
        reply.array(2 * entry.fieldCount)
        forEachPair { field, value in
            reply.appendBulk(field)
            reply.appendBulk(value)
        }
    }
}
