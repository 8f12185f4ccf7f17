// Finding, reading and changing elements inside a list.

import Memory

/// A place in a list: an element's node and where it starts. Valid until the list changes.
@frozen
package struct PackedCursor {
    var node: PackedNodePointer
    var position: UnsafeMutablePointer<UInt8>

    /// The element here.
    @inline(__always) package var item: PackedItem { node.pointee.item(at: position) }

    /// Goes to the next element; false, and unmoved, at the last.
    @inline(__always)
    package mutating func moveForward() -> Bool {
        if !node.pointee.isPlain {
            let behind = position + Listpack.entryBytes(at: position)
            if behind < node.pointee.end {
                position = behind
                return true
            }
        }
        guard let next = node.pointee.next else { return false }
        node = next
        position = next.pointee.first
        return true
    }

    /// Goes to the previous element; false, and unmoved, at the first.
    @inline(__always)
    package mutating func moveBackward() -> Bool {
        if !node.pointee.isPlain, position > node.pointee.first {
            position -= Listpack.entryBytes(before: position)
            return true
        }
        let before = node.pointee.previous
        // Only the tail, whose next is nil, comes before the head.
        guard before.pointee.next != nil else { return false }
        node = before
        position = before.pointee.last
        return true
    }
}

extension PackedList {
    /// The place of element `index`, counted from 0; nil outside of the list.
    /// - Complexity: O(nodes to the nearer end + elements of a node)
    package func cursor(at index: Int) -> PackedCursor? {
        guard let (node, offset) = locate(index) else { return nil }
        return PackedCursor(node: node, position: node.pointee.position(of: offset))
    }

    /// The element at `index`, valid until the next change.
    package func item(at index: Int) -> PackedItem? { cursor(at: index)?.item }

    /// The first element equal to `needle`.
    /// - Complexity: O(elements)
    package func firstMatch(_ needle: PackedNeedle) -> PackedCursor? {
        guard var cursor = cursor(at: 0) else { return nil }
        repeat {
            if needle.matches(cursor.item) { return cursor }
        } while cursor.moveForward()
        return nil
    }

    /// The node that holds element `index`, and which of the node's it is.
    func locate(_ index: Int) -> (node: PackedNodePointer, offset: Int)? {
        guard index >= 0, index < count, let head else { return nil }
        if index &* 2 <= count {
            var node = head
            var left = index
            while left >= node.pointee.count {
                left &-= node.pointee.count
                guard let next = node.pointee.next else { return nil }
                node = next
            }
            return (node, left)
        }
        var node = head.pointee.previous
        // Elements from `index` to the end of the list, those of the nodes passed subtracted.
        var left = count &- index
        while left > node.pointee.count {
            left &-= node.pointee.count
            node = node.pointee.previous
        }
        return (node, node.pointee.count &- left)
    }

    // MARK: Replacing

    /// Puts `bytes` in place of the element at `cursor`. Call `convertBeforeAdding` first and
    /// `convertAfterRemoving` afterwards, as LSET of Redis 7.4 does.
    package func replace(at cursor: PackedCursor, with bytes: Bytes) {
        let node = cursor.node
        let large = isQuicklist && limit.isLarge(bytes.count)
        if node.pointee.isPlain {
            if large { return node.pointee.replacePlain(with: bytes) }
        } else if !large {
            let offset = cursor.position - node.pointee.first
            return node.pointee.replace(
                at: offset, with: ListpackEntry(bytes), growth: isQuicklist ? .tight : .small)
        }
        // The element changes between a shared node and one of its own.
        let (home, offset) = insertEntry(ListpackEntry(bytes), at: cursor, after: true)
        fields.pointee.count -= 1
        if home.pointee.count == 1 { return unlink(home) }
        let own = home.pointee.next
        let size = Listpack.entryBytes(at: home.pointee.first + offset)
        home.pointee.remove(size, count: 1, at: offset)
        if let own { mergeAround(own) }
    }

    // MARK: Inserting

    /// Adds `bytes` directly before or after the element at `cursor`; the cursor is void then.
    package func insert(_ bytes: Bytes, at cursor: PackedCursor, after: Bool) {
        _ = insertEntry(ListpackEntry(bytes), at: cursor, after: after)
    }

    /// Returns where the element at `cursor` lies afterwards, if no nodes were merged.
    private func insertEntry(
        _ entry: ListpackEntry, at cursor: PackedCursor, after: Bool
    ) -> (node: PackedNodePointer, offset: Int) {
        let node = cursor.node
        let offset = cursor.position - node.pointee.first
        let size =
            node.pointee.isPlain
            ? node.pointee.used : Listpack.entryBytes(at: cursor.position)
        fields.pointee.count += 1
        if takesEntry(node, entry.textBytes) {
            let gap = after ? offset + size : offset
            node.pointee.insert(entry, at: gap, growth: growth)
            return (node, after ? offset : offset + entry.totalBytes)
        }
        let atEdge = after ? offset + size == node.pointee.used : offset == 0
        let neighbour = after ? node.pointee.next : nodeBefore(node)
        if atEdge {
            if let neighbour, takesEntry(neighbour, entry.textBytes) {
                if after {
                    neighbour.pointee.prepend(entry, growth: growth)
                } else {
                    neighbour.pointee.append(entry, growth: growth)
                }
            } else {
                addNode(of: entry, after: after ? node : nodeBefore(node))
            }
            return (node, offset)
        }
        insertBySplitting(entry, node: node, at: after ? offset + size : offset, after: after)
        return (node, after ? offset : 0)
    }

    /// Splits `node` at byte `offset`, in the middle of it, and adds `entry` there: to the part
    /// that becomes a new node, or in a node of its own between both parts.
    private func insertBySplitting(
        _ entry: ListpackEntry, node: PackedNodePointer, at offset: Int, after: Bool
    ) {
        let part = split(node, at: offset, newBehind: after)
        if limit.isLarge(entry.textBytes) {
            addNode(of: entry, after: after ? node : part)
            return
        }
        if after {
            part.pointee.prepend(entry, growth: .tight)
        } else {
            part.pointee.append(entry, growth: .tight)
        }
        mergeAround(node)
    }

    /// Moves the entries from byte `offset` on into a new node behind `node`, or, not `newBehind`,
    /// those up to there into a new node before it. Returns the new node.
    private func split(
        _ node: PackedNodePointer, at offset: Int, newBehind: Bool
    ) -> PackedNodePointer {
        let first = node.pointee.first
        let used = node.pointee.used
        let run =
            newBehind
            ? Bytes(first + offset, used - offset) : Bytes(UnsafePointer(first), offset)
        var p = UnsafePointer(run.base)
        var moved = 0
        while p < run.end {
            p += Listpack.entryBytes(at: p)
            moved += 1
        }
        let part = takeNode()
        part.initialize(to: PackedNode(self: part, capacity: run.count))
        part.pointee.adopt(run, count: moved, atFront: false)
        if newBehind {
            node.pointee.dropBack(run.count, count: moved)
            link(part, after: node)
        } else {
            node.pointee.dropFront(run.count, count: moved)
            link(part, before: node)
        }
        node.pointee.trim(.tight)
        return part
    }

    // MARK: Merging

    /// After a split at or next to `center`: joins neighbours that fit into one node, in Redis's order.
    private func mergeAround(_ center: PackedNodePointer) {
        if let before = nodeBefore(center), let outer = nodeBefore(before) {
            _ = merge(outer, before)
        }
        if let behind = center.pointee.next, let outer = behind.pointee.next {
            _ = merge(behind, outer)
        }
        var target = center
        if let before = nodeBefore(center), let joined = merge(before, center) {
            target = joined
        }
        if let behind = target.pointee.next { _ = merge(target, behind) }
    }

    /// Joins two neighbours if one node may hold both, and returns that node.
    private func merge(
        _ left: PackedNodePointer, _ right: PackedNodePointer
    ) -> PackedNodePointer? {
        guard !left.pointee.isPlain, !right.pointee.isPlain else { return nil }
        let bytes = left.pointee.used + right.pointee.used + Listpack.overheadBytes
        let count = left.pointee.count + right.pointee.count
        if limit.isExceeded(bytes: bytes, count: count) { return nil }
        let keepsLeft = left.pointee.used >= right.pointee.used
        let target = keepsLeft ? left : right
        let source = keepsLeft ? right : left
        target.pointee.adopt(
            Bytes(source.pointee.first, source.pointee.used), count: source.pointee.count,
            atFront: !keepsLeft)
        unlink(source)
        return target
    }
}
