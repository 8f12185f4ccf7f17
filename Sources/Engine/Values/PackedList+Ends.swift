// Pushing and popping at both ends of a list. O(1) amortised: an end node has slack on its side.

import Memory

extension PackedList {
    /// Adds an argument before the first element.
    package func pushHead(_ bytes: Bytes) { pushHead(ListpackEntry(bytes)) }

    /// Adds an argument behind the last element.
    package func pushTail(_ bytes: Bytes) { pushTail(ListpackEntry(bytes)) }

    /// Adds an element of another list, or of this one if its bytes were copied out first.
    package func push(_ item: PackedItem, atHead: Bool) {
        let entry = ListpackEntry(item)
        if atHead { pushHead(entry) } else { pushTail(entry) }
    }

    package func pushHead(_ entry: ListpackEntry) {
        fields.pointee.count &+= 1
        if let head, takesEntry(head, entry.textBytes) {
            head.pointee.prepend(entry, growth: growth)
        } else {
            let old = head
            addNode(of: entry, after: nil)
            if let old { old.pointee.trim(.tight) }
        }
    }

    package func pushTail(_ entry: ListpackEntry) {
        fields.pointee.count &+= 1
        if let tail, takesEntry(tail, entry.textBytes) {
            tail.pointee.append(entry, growth: growth)
        } else {
            let old = tail
            addNode(of: entry, after: old)
            if let old { old.pointee.trim(.tight) }
        }
    }

    /// The first element, valid until the next change, or nil.
    package var first: PackedItem? {
        guard let head else { return nil }
        return head.pointee.item(at: head.pointee.first)
    }

    /// The last element, valid until the next change, or nil.
    package var last: PackedItem? {
        guard let tail else { return nil }
        return tail.pointee.item(at: tail.pointee.last)
    }

    /// Removes the first element; the list is not empty.
    package func removeFirst() {
        guard let head else { return }
        fields.pointee.count &-= 1
        if head.pointee.count == 1 { return unlink(head) }
        head.pointee.dropFront(Listpack.entryBytes(at: head.pointee.first), count: 1)
        head.pointee.shrinkIfSparse()
    }

    /// Removes the last element; the list is not empty.
    package func removeLast() {
        guard let tail else { return }
        fields.pointee.count &-= 1
        if tail.pointee.count == 1 { return unlink(tail) }
        tail.pointee.dropBack(Listpack.entryBytes(before: tail.pointee.end), count: 1)
        tail.pointee.shrinkIfSparse()
    }

    // MARK: What goes where

    /// Whether an element of `textBytes` still goes into `node`. A listpack takes everything: who
    /// adds to it asked `convertBeforeAdding` first.
    @inline(__always)
    func takesEntry(_ node: PackedNodePointer, _ textBytes: Int) -> Bool {
        if !isQuicklist { return true }
        return fits(node, textBytes)
    }

    /// Redis estimates the entry by the element's length as text and a constant.
    private func fits(_ node: PackedNodePointer, _ textBytes: Int) -> Bool {
        let limit = limit
        if node.pointee.isPlain || limit.isLarge(textBytes) { return false }
        return !limit.isExceeded(
            bytes: node.pointee.blockBytes &+ textBytes &+ PackedListLimit.entryEstimateBytes,
            count: node.pointee.count &+ 1)
    }

    /// Links a node with `entry` alone behind `after`, or as head.
    func addNode(of entry: ListpackEntry, after: PackedNodePointer?) {
        let node = takeNode()
        if isQuicklist, limit.isLarge(entry.textBytes) {
            Self.makePlain(node, entry.item)
        } else {
            node.initialize(
                to: PackedNode(
                    self: node,
                    capacity: growth.capacity(for: entry.totalBytes)))
            node.pointee.append(entry, growth: growth)
        }
        link(node, after: after)
    }

    @inline(never)
    private static func makePlain(_ node: PackedNodePointer, _ item: PackedItem) {
        if let bytes = item.bytes {
            node.initialize(to: PackedNode(self: node, plain: bytes))
        } else {
            // Only where DEBUG QUICKLIST-PACKED-THRESHOLD makes so short an element large.
            item.array.withBytes { node.initialize(to: PackedNode(self: node, plain: $0)) }
        }
    }
}
