// Adding to and removing from a SortedTree.
//
// Both go down recursively (a tree of a million items has four levels) and put things right on
// the way back: a child that split gets a new neighbour, an empty one leaves, the smallest keys
// are brought up to date, sparse neighbours are merged.

import Memory

extension SortedTree {
    // MARK: Adding

    /// Adds `item` if its key is new. Returns where the key's item stands and whether it is new.
    @discardableResult
    mutating func insert(_ item: Item) -> (UnsafeMutablePointer<Item>, isNew: Bool) {
        guard let root else { return (makeFirst(item), true) }
        if let place = append(item) { return (place, true) }
        var placed: (UnsafeMutablePointer<Item>, isNew: Bool)?
        if let sibling = insert(item, into: root, height, &placed) { growRoot(sibling) }
        // Safety: every way down ends in a leaf, which sets it.
        return placed.unsafelyUnwrapped
    }

    private mutating func makeFirst(_ item: Item) -> UnsafeMutablePointer<Item> {
        let leaf = makeLeaf(capacity: 1)
        root = leaf
        firstLeaf = leaf
        lastLeaf = leaf
        height = 0
        count = 1
        leaf.count = 1
        Self.items(leaf)[0] = item
        return Self.items(leaf)
    }

    /// The short way: behind all others, into the room that the last leaf has.
    @inline(__always)
    private mutating func append(_ item: Item) -> UnsafeMutablePointer<Item>? {
        guard let leaf = lastLeaf else { return nil }
        let used = leaf.count
        let items = Self.items(leaf)
        guard used < leaf.capacity, Key.precedes(items[used &- 1].key, item.key) else { return nil }
        items[used] = item
        leaf.count = used &+ 1
        count &+= 1
        return items + used
    }

    private mutating func makeLeaf(capacity: Int) -> TreeNode {
        let stride = MemoryLayout<Item>.stride
        let wanted = TreeNode.headerBytes + capacity * stride
        return makeNode(min(Allocator.usableSize(wanted), TreeNode.largestBytes), stride)
    }

    private mutating func makeNode(_ bytes: Int, _ slotBytes: Int) -> TreeNode {
        nodeBytes += bytes
        return TreeNode.make(bytes: bytes, slotBytes: slotBytes)
    }

    private mutating func freeNode(_ node: TreeNode) {
        nodeBytes -= node.bytes
        node.free()
    }

    /// Inserts below `node`; returns a new right neighbour of `node` if it had to split.
    private mutating func insert(
        _ item: Item, into node: TreeNode, _ level: Int32,
        _ placed: inout (UnsafeMutablePointer<Item>, isNew: Bool)?
    ) -> TreeNode? {
        if level == 0 { return insert(item, intoLeaf: node, &placed) }
        let index = Self.childIndex(node, item.key)
        let child = Self.children(node)[index]
        let split = insert(item, into: child, level - 1, &placed)
        // A leaf that grew has moved: only the root does, which is nobody's child.
        Self.keys(node)[index] = Self.smallest(child, level - 1)
        guard let split else { return nil }
        return insertChild(split, Self.smallest(split, level - 1), at: index + 1, of: node)
    }

    private mutating func insert(
        _ item: Item, intoLeaf leaf: TreeNode,
        _ placed: inout (UnsafeMutablePointer<Item>, isNew: Bool)?
    ) -> TreeNode? {
        let index = Self.lowerBound(leaf, item.key)
        if index < leaf.count, !Key.precedes(item.key, Self.items(leaf)[index].key) {
            placed = (Self.items(leaf) + index, false)
            return nil
        }
        count += 1
        if leaf.count < leaf.capacity {
            placed = (put(item, at: index, in: leaf), true)
            return nil
        }
        if leaf.capacity < Self.leafCapacity {
            placed = (put(item, at: index, in: growOnlyLeaf(leaf)), true)
            return nil
        }
        let right = splitLeaf(leaf, atEnd: index == leaf.count && leaf == lastLeaf)
        if index > leaf.count || right.count == 0 {
            placed = (put(item, at: index - leaf.count, in: right), true)
        } else {
            placed = (put(item, at: index, in: leaf), true)
        }
        return right
    }

    private func put(_ item: Item, at index: Int, in leaf: TreeNode) -> UnsafeMutablePointer<Item> {
        let place = Self.items(leaf) + index
        (place + 1).update(from: place, count: leaf.count - index)
        place.pointee = item
        leaf.count += 1
        return place
    }

    /// The root, a leaf of less than full size, in an allocation of about twice its size.
    private mutating func growOnlyLeaf(_ leaf: TreeNode) -> TreeNode {
        assert(height == 0)
        let larger = makeLeaf(capacity: leaf.capacity * 2)
        Self.items(larger).update(from: Self.items(leaf), count: leaf.count)
        larger.count = leaf.count
        freeNode(leaf)
        root = larger
        firstLeaf = larger
        lastLeaf = larger
        return larger
    }

    /// A new leaf behind `leaf` with its upper half, or with nothing yet if what comes next is
    /// behind everything.
    private mutating func splitLeaf(_ leaf: TreeNode, atEnd: Bool) -> TreeNode {
        let right = makeLeaf(capacity: Self.leafCapacity)
        if !atEnd {
            let kept = leaf.count / 2
            Self.items(right).update(from: Self.items(leaf) + kept, count: leaf.count - kept)
            right.count = leaf.count - kept
            leaf.count = kept
        }
        right.next = leaf.next
        right.previous = leaf
        if let next = leaf.next { next.previous = right } else { lastLeaf = right }
        leaf.next = right
        return right
    }

    /// Puts a child in; returns a new right neighbour of `node` if it had to split.
    private mutating func insertChild(
        _ child: TreeNode, _ key: Key, at index: Int, of node: TreeNode
    ) -> TreeNode? {
        if node.count < Self.innerCapacity {
            putChild(child, key, at: index, in: node)
            return nil
        }
        let right = makeNode(TreeNode.largestBytes, Self.innerSlotBytes)
        let kept = index == node.count ? node.count : node.count / 2
        let moved = node.count - kept
        Self.keys(right).update(from: Self.keys(node) + kept, count: moved)
        Self.children(right).update(from: Self.children(node) + kept, count: moved)
        right.count = moved
        node.count = kept
        if index >= kept {
            putChild(child, key, at: index - kept, in: right)
        } else {
            putChild(child, key, at: index, in: node)
        }
        return right
    }

    private func putChild(_ child: TreeNode, _ key: Key, at index: Int, in node: TreeNode) {
        let keys = Self.keys(node) + index
        let children = Self.children(node) + index
        let behind = node.count - index
        (keys + 1).update(from: keys, count: behind)
        (children + 1).update(from: children, count: behind)
        keys.pointee = key
        children.pointee = child
        node.count += 1
    }

    /// The root split: a new one above the two halves.
    private mutating func growRoot(_ sibling: TreeNode) {
        guard let old = root else { return }
        let top = makeNode(TreeNode.largestBytes, Self.innerSlotBytes)
        Self.keys(top)[0] = Self.smallest(old, height)
        Self.keys(top)[1] = Self.smallest(sibling, height)
        Self.children(top)[0] = old
        Self.children(top)[1] = sibling
        top.count = 2
        root = top
        height += 1
    }

    // MARK: Removing

    /// Removes the item with this key and returns it.
    @discardableResult
    mutating func remove(_ key: Key) -> Item? {
        guard let root else { return nil }
        guard let item = remove(key, from: root, height) else { return nil }
        count -= 1
        lowerRoot()
        return item
    }

    private mutating func remove(_ key: Key, from node: TreeNode, _ level: Int32) -> Item? {
        if level == 0 {
            let index = Self.lowerBound(node, key)
            let place = Self.items(node) + index
            guard index < node.count, !Key.precedes(key, place.pointee.key) else { return nil }
            let item = place.pointee
            place.update(from: place + 1, count: node.count - index - 1)
            node.count -= 1
            return item
        }
        let index = Self.childIndex(node, key)
        guard let item = remove(key, from: Self.children(node)[index], level - 1) else {
            return nil
        }
        settleChild(index, of: node, level)
        return item
    }

    /// After a removal below child `index` of `node`: drops it if it is empty, else merges it with
    /// a neighbour if both are sparse.
    private mutating func settleChild(_ index: Int, of node: TreeNode, _ level: Int32) {
        let child = Self.children(node)[index]
        if child.count == 0 {
            if level == 1 { unlink(child) }
            freeNode(child)
            dropChild(index, of: node)
            return
        }
        Self.keys(node)[index] = Self.smallest(child, level - 1)
        let capacity = level == 1 ? Self.leafCapacity : Self.innerCapacity
        guard child.count < capacity / 4 else { return }
        if index + 1 < node.count {
            merge(index, index + 1, of: node, level, capacity)
        } else if index > 0 {
            merge(index - 1, index, of: node, level, capacity)
        }
    }

    private mutating func merge(
        _ left: Int, _ right: Int, of node: TreeNode, _ level: Int32, _ capacity: Int
    ) {
        let a = Self.children(node)[left]
        let b = Self.children(node)[right]
        guard a.count + b.count <= capacity * 3 / 4 else { return }
        if level == 1 {
            (Self.items(a) + a.count).update(from: Self.items(b), count: b.count)
            unlink(b)
        } else {
            (Self.keys(a) + a.count).update(from: Self.keys(b), count: b.count)
            (Self.children(a) + a.count).update(from: Self.children(b), count: b.count)
        }
        a.count += b.count
        freeNode(b)
        dropChild(right, of: node)
    }

    private func dropChild(_ index: Int, of node: TreeNode) {
        let keys = Self.keys(node) + index
        let children = Self.children(node) + index
        let behind = node.count - index - 1
        keys.update(from: keys + 1, count: behind)
        children.update(from: children + 1, count: behind)
        node.count -= 1
    }

    /// Takes a leaf out of the chain of leaves.
    private mutating func unlink(_ leaf: TreeNode) {
        if let previous = leaf.previous {
            previous.next = leaf.next
        } else {
            firstLeaf = leaf.next
        }
        if let next = leaf.next { next.previous = leaf.previous } else { lastLeaf = leaf.previous }
    }

    /// Removes root nodes that have one child, or none.
    private mutating func lowerRoot() {
        while let top = root, top.count <= 1 {
            if height == 0 {
                if top.count == 1 { return }
                freeNode(top)
                self = SortedTree()
                return
            }
            root = top.count == 1 ? Self.children(top)[0] : nil
            height -= 1
            freeNode(top)
        }
        if root == nil { self = SortedTree() }
    }

    // MARK: From the front

    /// Takes the first leaf out with all its items. It belongs to the caller, who frees it with
    /// `TreeNode.free` once its items are dealt with.
    mutating func takeFirstLeaf() -> TreeNode? {
        guard let root, let leaf = firstLeaf else { return nil }
        count -= leaf.count
        nodeBytes -= leaf.bytes
        unlink(leaf)
        leaf.next = nil
        if height == 0 {
            self = SortedTree()
            return leaf
        }
        dropFirstLeaf(of: root, height)
        lowerRoot()
        return leaf
    }

    private mutating func dropFirstLeaf(of node: TreeNode, _ level: Int32) {
        let child = Self.children(node)[0]
        if level > 1 {
            dropFirstLeaf(of: child, level - 1)
            if child.count > 0 {
                Self.keys(node)[0] = Self.keys(child)[0]
                return
            }
            freeNode(child)
        }
        dropChild(0, of: node)
    }

    /// Removes the first `number` items, which are fewer than the first leaf holds. The caller has
    /// dealt with them.
    mutating func removeFromFirstLeaf(_ number: Int) {
        guard number > 0, let root, let leaf = firstLeaf else { return }
        assert(number < leaf.count)
        let items = Self.items(leaf)
        items.update(from: items + number, count: leaf.count - number)
        leaf.count -= number
        count -= number
        var node = root
        var level = height
        while level > 0 {
            Self.keys(node)[0] = items[0].key
            node = Self.children(node)[0]
            level -= 1
        }
    }

    /// Frees all nodes; what items point to is the caller's.
    mutating func removeAll() {
        while let leaf = takeFirstLeaf() { leaf.free() }
    }
}
