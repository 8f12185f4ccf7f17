// Deleting single entries and trimming from the front.
//
// As in Redis, deleting flags an entry and counts it in its block; a block goes when its last live
// entry does. What trimming cuts off beyond a few blocks is freed in slices by the lazy free cycle.

import CMachine
import Memory

/// What XTRIM and XADD are to leave.
package enum StreamTrimGoal {
    /// At most so many entries.
    case length(UInt64)
    /// No entry with a smaller ID.
    case from(StreamID)
}

package struct StreamTrim {
    package var goal: StreamTrimGoal
    /// Whether only whole blocks go ("~").
    package var isApproximate = false
    /// At most so many entries are removed by an approximate trim; 0 is no limit.
    package var limit: Int64 = 0

    package init(_ goal: StreamTrimGoal) { self.goal = goal }
}

extension PackedStream {
    /// Blocks cut off that are freed on the spot.
    private static var blocksAtOnce: Int { 32 }

    // MARK: Single entries

    /// Deletes the entry with this ID; false if there is none.
    /// - Complexity: O(log blocks + entries of a block)
    package func delete(_ id: StreamID) -> Bool {
        if id > lastID { return false }
        var cursor = StreamCursor(self, from: id, through: id)
        guard cursor.advance(), let block = cursor.block else { return false }
        fields.pointee.length -= 1
        if block.pointee.live == 1 {
            fields.pointee.blockBytes -= Int(block.pointee.capacity)
            block.pointee.free()
            fields.pointee.blocks.remove(block.pointee.id)
        } else {
            block.pointee.markDeleted(cursor.entry.start)
            addDeleted(1, to: block)
        }
        return true
    }

    /// What XDEL does after it has deleted `count` entries, the largest of them `largest`.
    package func noteDeleted(largest: StreamID, firstWentToo: Bool) {
        if largest > maxDeletedID { fields.pointee.maxDeletedID = largest }
        if length == 0 {
            fields.pointee.firstID = .zero
        } else if firstWentToo {
            renewFirstID()
        }
    }

    /// Counts `number` live entries of the block as deleted.
    private func addDeleted(_ number: Int, to block: UnsafeMutablePointer<StreamBlock>) {
        let before = block.pointee.capacity
        let master = block.pointee.master
        block.pointee.setCounts(live: master.live - number, deleted: master.deleted + number)
        fields.pointee.blockBytes += Int(block.pointee.capacity) - Int(before)
    }

    // MARK: Trimming

    /// Trims from the front; returns how many entries went, and what remains to be freed in slices.
    /// - Complexity: O(blocks removed), without touching these, and O(entries of a block)
    package func trim(_ trim: StreamTrim) -> (removed: Int, rest: PackedStream?) {
        var removed = 0
        let whole = wholeBlocks(trim, &removed)
        fields.pointee.length -= removed
        let rest = cutOff(blocks: whole.blocks)
        if !trim.isApproximate && !whole.limitReached { removed += trimFirstBlock(trim.goal) }
        if length == 0 {
            fields.pointee.firstID = .zero
        } else if removed > 0 {
            renewFirstID()
        }
        return (removed, rest)
    }

    /// How many blocks from the front go as a whole, `removed` entries in them.
    private func wholeBlocks(
        _ trim: StreamTrim, _ removed: inout Int
    ) -> (blocks: Int, limitReached: Bool) {
        var blocks = 0
        guard var cursor = fields.pointee.blocks.start else { return (0, false) }
        while true {
            if case .length(let most) = trim.goal, UInt64(length - removed) <= most { break }
            let live = Int(cursor.item.pointee.live)
            if trim.limit != 0, Int64(removed + live) > trim.limit { return (blocks, true) }
            guard goesWhole(cursor, trim.goal, left: length - removed) else { break }
            removed += live
            blocks += 1
            guard cursor.moveForward() else { break }
        }
        return (blocks, false)
    }

    private func goesWhole(
        _ cursor: SortedTree<StreamBlock>.Cursor, _ goal: StreamTrimGoal, left: Int
    ) -> Bool {
        switch goal {
        case .length(let most): return UInt64(left - Int(cursor.item.pointee.live)) >= most
        case .from(let id):
            // Where the next block begins before the ID, this one need not be looked into.
            var following = cursor
            if following.moveForward(), following.item.pointee.id <= id { return true }
            guard cursor.item.pointee.id < id else { return false }
            guard let last = cursor.item.pointee.lastID else { return true }
            return last < id
        }
    }

    /// Takes the first `number` blocks out. Many of them come back in a stream that is only good
    /// for freeing.
    private func cutOff(blocks number: Int) -> PackedStream? {
        var left = number
        var chain: TreeNode?
        while left > 0, let leaf = fields.pointee.blocks.firstLeaf, leaf.count <= left {
            left -= leaf.count
            guard let taken = fields.pointee.blocks.takeFirstLeaf() else { break }
            let blocks = SortedTree<StreamBlock>.items(taken)
            for i in 0..<taken.count {
                fields.pointee.blockBytes -= Int(blocks[i].capacity)
            }
            taken.next = chain
            chain = taken
        }
        if left > 0, let leaf = fields.pointee.blocks.firstLeaf {
            let blocks = SortedTree<StreamBlock>.items(leaf)
            for i in 0..<left {
                fields.pointee.blockBytes -= Int(blocks[i].capacity)
                blocks[i].free()
            }
            fields.pointee.blocks.removeFromFirstLeaf(left)
        }
        guard chain != nil else { return nil }
        let rest = PackedStream.create()
        rest.fields.pointee.cutOff = chain
        if number > Self.blocksAtOnce { return rest }
        rest.destroy()
        return nil
    }

    /// Deletes entries of the first block up to the goal; returns how many.
    private func trimFirstBlock(_ goal: StreamTrimGoal) -> Int {
        guard let block = fields.pointee.blocks.first else { return 0 }
        if case .length(let most) = goal, UInt64(length) <= most { return 0 }
        let master = block.pointee.master
        var p = block.pointee.entries(master)
        let end = UnsafePointer(block.pointee.end)
        var removed = 0
        while p < end {
            let entry = block.pointee.entry(at: p, master)
            switch goal {
            case .length(let most):
                if UInt64(length - removed) <= most { p = end }
            case .from(let id):
                if entry.id >= id { p = end }
            }
            if p == end { break }
            if !entry.isDeleted {
                block.pointee.markDeleted(p)
                removed += 1
            }
            p = entry.next
        }
        fields.pointee.length -= removed
        if removed > 0 { addDeleted(removed, to: block) }
        return removed
    }
}
