// The stream value: entries in packed blocks, the blocks in a tree by ID, and consumer groups.
//
// The keyspace entry holds its pointer; the stream commands and the lazy free cycle call it. Which
// entry lies in which block is exactly Redis 7.4's doing, since approximate trimming removes whole
// blocks: a new block begins when the last one would reach stream-node-max-bytes or holds
// stream-node-max-entries, deleted ones included.
//
// Files: StreamID, StreamBlock (the bytes of a block), SortedTree (the tree), PackedStream+Append,
// +Trim, +Groups, +Loading, StreamCursor (walking), StreamGroup (groups, consumers, pending
// entries), StreamFigures (what INFO and DEBUG show).
//
// Invariants: blocks ascend and their entries too; `length` is the sum of the blocks' live entries;
// `firstID` is the first live entry's, or zero; `lastID` is not smaller than any entry's.

import CMachine
import Memory

/// Handle to a stream; copying the handle copies nothing. `create` and `destroy` (or `freeSome`) go
/// in pairs.
@frozen
package struct PackedStream {
    @usableFromInline let fields: UnsafeMutablePointer<Fields>

    @usableFromInline
    struct Fields {
        var blocks = SortedTree<StreamBlock>()
        var groups = SortedTree<StreamGroup>()
        var length = 0
        /// Entries ever added, as XADD and XSETID count them.
        var entriesAdded: Int64 = 0
        var lastID = StreamID.zero
        var firstID = StreamID.zero
        var maxDeletedID = StreamID.zero
        /// Bytes of all blocks' allocations.
        var blockBytes = 0
        /// Leaves of blocks cut off the tree, linked, in a stream that only waits to be freed.
        var cutOff: TreeNode?
    }

    private init(fields: UnsafeMutablePointer<Fields>) { self.fields = fields }

    /// The stream whose `raw` pointer the keyspace kept.
    @inline(__always)
    package init(raw: UnsafeMutableRawPointer) {
        fields = raw.assumingMemoryBound(to: Fields.self)
    }

    package var raw: UnsafeMutableRawPointer { UnsafeMutableRawPointer(fields) }

    // MARK: Life

    package static func create() -> PackedStream {
        let raw = Allocator.allocate(MemoryLayout<Fields>.size)
        let fields = raw.bindMemory(to: Fields.self, capacity: 1)
        fields.initialize(to: Fields())
        return PackedStream(fields: fields)
    }

    /// Frees the stream and everything in it.
    /// - Complexity: O(blocks + pending entries)
    package func destroy() { _ = freeSome(.max) }

    /// Frees some of the stream, about `nodes` tree nodes and what they hold; true once the stream
    /// itself is gone too. Nobody may use it any more after the first call.
    package func freeSome(_ nodes: Int) -> Bool {
        var left = nodes
        while let leaf = takeBlocks() {
            let blocks = SortedTree<StreamBlock>.items(leaf)
            for i in 0..<leaf.count { blocks[i].free() }
            leaf.free()
            left -= 1
            if left == 0 { return false }
        }
        while let group = fields.pointee.groups.first?.pointee {
            if !group.freeSome(&left) { return false }
            fields.pointee.groups.remove(group.key)
            group.free()
        }
        Allocator.deallocate(fields, MemoryLayout<Fields>.size)
        return true
    }

    private func takeBlocks() -> TreeNode? {
        if let leaf = fields.pointee.cutOff {
            fields.pointee.cutOff = leaf.next
            return leaf
        }
        return fields.pointee.blocks.takeFirstLeaf()
    }

    /// Whether freeing it at once is as cheap as freeing it later.
    package var isSmall: Bool {
        fields.pointee.blocks.count <= 8 && fields.pointee.groups.isEmpty
    }

    /// The same stream, its blocks without slack (COPY).
    /// - Complexity: O(bytes + pending entries)
    package func copy() -> PackedStream {
        let twin = PackedStream.create()
        fields.pointee.blocks.forEach { twin.add($0.pointee.copy()) }
        twin.fields.pointee.length = length
        twin.fields.pointee.entriesAdded = entriesAdded
        twin.fields.pointee.lastID = lastID
        twin.fields.pointee.firstID = firstID
        twin.fields.pointee.maxDeletedID = maxDeletedID
        fields.pointee.groups.forEach {
            _ = twin.fields.pointee.groups.insert($0.pointee.copy())
        }
        return twin
    }

    /// Puts a block in; it stands behind the others but where XSETID has set the last ID back. Then
    /// one of deleted entries may even have the same ID: it gives way.
    @discardableResult
    func add(_ block: StreamBlock) -> UnsafeMutablePointer<StreamBlock> {
        let (place, isNew) = fields.pointee.blocks.insert(block)
        if !isNew {
            fields.pointee.length -= Int(place.pointee.live)
            fields.pointee.blockBytes -= Int(place.pointee.capacity)
            place.pointee.free()
            place.pointee = block
        }
        fields.pointee.blockBytes += Int(block.capacity)
        return place
    }

    // MARK: Looking

    @inline(__always) package var length: Int { fields.pointee.length }
    package var entriesAdded: Int64 { fields.pointee.entriesAdded }
    /// The ID that a new entry's must exceed.
    @inline(__always) package var lastID: StreamID { fields.pointee.lastID }
    /// The ID of the first entry; zero in an empty stream.
    package var firstID: StreamID { fields.pointee.firstID }
    /// The largest ID that XDEL removed.
    package var maxDeletedID: StreamID { fields.pointee.maxDeletedID }
    package var blockCount: Int { fields.pointee.blocks.count }
    package var groupCount: Int { fields.pointee.groups.count }

    /// The ID of the last entry that is not deleted.
    package var lastEntryID: StreamID? {
        var cursor = StreamCursor(self, from: .zero, through: .max, reversed: true)
        return cursor.advance() ? cursor.id : nil
    }

    /// Whether an entry with this ID is there.
    package func contains(_ id: StreamID) -> Bool {
        if id > lastID { return false }
        var cursor = StreamCursor(self, from: id, through: id)
        return cursor.advance()
    }

    // MARK: Setting

    package func setLastID(_ id: StreamID) { fields.pointee.lastID = id }
    package func setEntriesAdded(_ count: Int64) { fields.pointee.entriesAdded = count }
    package func setMaxDeletedID(_ id: StreamID) { fields.pointee.maxDeletedID = id }

    /// Looks the first entry's ID up again.
    func renewFirstID() {
        var cursor = StreamCursor(self, from: .zero, through: .max)
        fields.pointee.firstID = cursor.advance() ? cursor.id : .zero
    }
}
