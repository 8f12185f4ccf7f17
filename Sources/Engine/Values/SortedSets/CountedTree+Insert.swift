// Adding to the tree, and changing a score in place.
//
// A full leaf first shares with a neighbour under the same parent and is split only when both are
// (nearly) full as well, so that leaves stay some five sixths full under random inserts. At the
// two ends of the tree a full leaf is left alone and a new one begun: ascending or descending
// scores fill every leaf.

import Memory

extension CountedTree {
    /// A neighbour must have so many places free for sharing to pay.
    private var worthwhileRoom: Int { 4 }

    /// Adds an element that is not in the tree.
    /// - Complexity: O(log n)
    func insert(_ score: Double, _ cell: TreeCell, _ member: Bytes) {
        guard fields.pointee.root != nil else { return insertFirst(score, cell) }
        var path = TreePath()
        placeFor(score, member, &path)
        insert(score, cell, at: &path)
    }

    /// Adds an element at the place that `placeFor` found.
    @inline(__always)
    func insert(_ score: Double, _ cell: TreeCell, at path: inout TreePath) {
        let height = self.height
        for level in 0..<height {
            path.nodes[level].counts[path.indexes[level]] &+= 1
        }
        fields.pointee.count &+= 1
        if path.leaf.count < TreeLeaf.capacity {
            path.leaf.insert(at: path.index, score, cell)
            if path.index == 0 { setFirst(&path, from: height, score, cell) }
        } else {
            overflow(score, cell, &path)
        }
    }

    private func insertFirst(_ score: Double, _ cell: TreeCell) {
        let leaf = makeLeaf()
        leaf.insert(at: 0, score, cell)
        fields.pointee.root = leaf.raw
        fields.pointee.first = leaf
        fields.pointee.last = leaf
        fields.pointee.count = 1
    }

    /// Tells the levels above `level` that the first element under the path's node there is another.
    @inline(__always)
    func setFirst(
        _ path: inout TreePath, from level: Int, _ score: Double, _ cell: TreeCell
    ) {
        var level = level &- 1
        while level >= 0 {
            let index = path.indexes[level]
            path.nodes[level].scores[index] = score
            path.nodes[level].cells[index] = cell
            if index > 0 { return }
            level &-= 1
        }
    }

    // MARK: Full leaves

    @inline(never)
    private func overflow(_ score: Double, _ cell: TreeCell, _ path: inout TreePath) {
        let leaf = path.leaf
        let isAppend = leaf.next == nil && path.index == leaf.count
        let isPrepend = leaf.previous == nil && path.index == 0
        if !isAppend, !isPrepend, height > 0, share(score, cell, &path) { return }
        let keep = isAppend ? leaf.count : isPrepend ? 0 : leaf.count / 2
        let fresh = makeLeaf()
        link(fresh, behind: leaf)
        leaf.move(from: keep, leaf.count - keep, to: fresh, at: 0)
        fresh.count = leaf.count - keep
        leaf.count = keep
        if path.index > keep || isAppend {
            fresh.insert(at: path.index - keep, score, cell)
        } else {
            leaf.insert(at: path.index, score, cell)
            if path.index == 0 { setFirst(&path, from: height, score, cell) }
        }
        addChild(TreeChild(fresh), &path, level: height - 1, appending: isAppend)
    }

    /// Puts the element in after a neighbour has taken some of the leaf's; false if both are full.
    private func share(_ score: Double, _ cell: TreeCell, _ path: inout TreePath) -> Bool {
        let parent = path.nodes[height - 1]
        let at = path.indexes[height - 1]
        var leftRoom = 0
        var rightRoom = 0
        if at > 0 { leftRoom = TreeLeaf.capacity - TreeLeaf(parent.children[at - 1]).count }
        if at + 1 < parent.count {
            rightRoom = TreeLeaf.capacity - TreeLeaf(parent.children[at + 1]).count
        }
        guard max(leftRoom, rightRoom) >= worthwhileRoom else { return false }
        if leftRoom >= rightRoom {
            shareLeft(parent, at, moving: (leftRoom + 1) / 2, score, cell, path.index)
        } else {
            shareRight(parent, at, moving: (rightRoom + 1) / 2, score, cell, &path)
        }
        return true
    }

    private func shareLeft(
        _ parent: TreeInner, _ at: Int, moving: Int, _ score: Double, _ cell: TreeCell,
        _ index: Int
    ) {
        let leaf = TreeLeaf(parent.children[at])
        let left = TreeLeaf(parent.children[at - 1])
        let before = left.count
        leaf.move(from: 0, moving, to: left, at: before)
        left.count = before + moving
        leaf.remove(at: 0, moving)
        if index <= moving {
            left.insert(at: before + index, score, cell)
        } else {
            leaf.insert(at: index - moving, score, cell)
        }
        parent.counts[at - 1] = left.count
        parent.set(at, TreeChild(leaf))
    }

    private func shareRight(
        _ parent: TreeInner, _ at: Int, moving: Int, _ score: Double, _ cell: TreeCell,
        _ path: inout TreePath
    ) {
        let leaf = TreeLeaf(parent.children[at])
        let right = TreeLeaf(parent.children[at + 1])
        right.move(from: 0, right.count, to: right, at: moving)
        leaf.move(from: leaf.count - moving, moving, to: right, at: 0)
        right.count += moving
        leaf.count -= moving
        if path.index <= leaf.count {
            leaf.insert(at: path.index, score, cell)
            if path.index == 0 { setFirst(&path, from: height, score, cell) }
        } else {
            right.insert(at: path.index - leaf.count, score, cell)
        }
        parent.counts[at] = leaf.count
        parent.set(at + 1, TreeChild(right))
    }

    // MARK: Inner nodes

    /// Adds a child behind the path's one at `level`. Its elements are counted already above.
    private func addChild(
        _ child: TreeChild, _ path: inout TreePath, level: Int, appending: Bool
    ) {
        guard level >= 0 else { return addRoot(child) }
        let node = path.nodes[level]
        let at = path.indexes[level] + 1
        // The child's elements were its neighbour's.
        node.counts[at - 1] -= child.count
        if node.count < TreeInner.capacity { return node.insert(at: at, child) }
        let keep = appending && at == node.count ? at : node.count / 2
        let fresh = makeInner()
        node.move(from: keep, node.count - keep, to: fresh, at: 0)
        fresh.count = node.count - keep
        node.count = keep
        if at > keep || fresh.count == 0 {
            fresh.insert(at: at - keep, child)
        } else {
            node.insert(at: at, child)
        }
        addChild(TreeChild(fresh), &path, level: level - 1, appending: appending)
    }

    /// A new root above the old one and `child`.
    private func addRoot(_ child: TreeChild) {
        guard let old = fields.pointee.root else { return }
        let root = makeInner()
        let first = height == 0 ? TreeChild(TreeLeaf(old)) : TreeChild(TreeInner(old))
        root.insert(at: 0, first)
        root.insert(at: 1, child)
        fields.pointee.root = root.raw
        fields.pointee.height += 1
    }

    // MARK: Changing

    /// Gives the element another score. Where it keeps its place between its neighbours, only the
    /// score is written.
    /// - Complexity: O(log n)
    func update(_ cell: TreeCell, _ member: Bytes, from old: Double, to new: Double) {
        var path = TreePath()
        find(old, cell, member, &path)
        let leaf = path.leaf
        let i = path.index
        if isAbove(new, leaf, i), isBelow(new, leaf, i) {
            leaf.scores[i] = new
            if i == 0 { setFirst(&path, from: height, new, cell) }
            return
        }
        remove(1, &path)
        insert(new, cell, member)
    }

    /// Whether a score is above that of the element before index `i`.
    @inline(__always)
    private func isAbove(_ score: Double, _ leaf: TreeLeaf, _ i: Int) -> Bool {
        if i > 0 { return leaf.scores[i &- 1] < score }
        guard let previous = leaf.previous else { return true }
        return previous.scores[previous.count &- 1] < score
    }

    /// Whether a score is below that of the element behind index `i`.
    @inline(__always)
    private func isBelow(_ score: Double, _ leaf: TreeLeaf, _ i: Int) -> Bool {
        if i &+ 1 < leaf.count { return score < leaf.scores[i &+ 1] }
        guard let next = leaf.next else { return true }
        return score < next.scores[0]
    }

    /// Puts another word in the place of `old`, for an element whose cell has moved; the member can
    /// be read at `new`.
    /// - Complexity: O(log n)
    func replace(_ old: TreeCell, with new: TreeCell, _ score: Double, _ member: Bytes) {
        var path = TreePath()
        find(score, old, member, &path)
        path.leaf.setCell(path.index, new)
        if path.index == 0 { setFirst(&path, from: height, score, new) }
    }
}
