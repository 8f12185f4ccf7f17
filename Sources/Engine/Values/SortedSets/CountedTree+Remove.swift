// Taking out of the tree: one element or a run of them, and the tree as a whole in slices.
//
// A node that falls below a third is joined with a neighbour under the same parent, or takes some
// of its elements where both together would be nearly full.

import Memory

extension CountedTree {
    private static var leastInLeaf: Int { TreeLeaf.capacity / 3 }
    private static var leastInInner: Int { TreeInner.capacity / 3 }
    /// Joined nodes are not so full that the next insert splits them again.
    private static var mostJoined: Int { TreeLeaf.capacity * 7 / 8 }
    private static var mostJoinedInner: Int { TreeInner.capacity * 7 / 8 }

    /// Takes out the element `cell`, whose score and member these are.
    /// - Complexity: O(log n)
    func remove(_ score: Double, _ cell: TreeCell, _ member: Bytes) {
        var path = TreePath()
        find(score, cell, member, &path)
        remove(1, &path)
    }

    /// Takes out up to `limit` elements of one leaf, the first of them of rank `rank`, after `body`
    /// has seen where they stand. Returns how many.
    @inline(__always)
    func removeRun(rank: Int, limit: Int, _ body: (TreeLeaf, Range<Int>) -> Void) -> Int {
        var path = TreePath()
        find(rank: rank, &path)
        let number = min(limit, path.leaf.count &- path.index)
        body(path.leaf, path.index..<path.index &+ number)
        remove(number, &path)
        return number
    }

    /// Takes out `number` elements of the path's leaf from its index on.
    func remove(_ number: Int, _ path: inout TreePath) {
        let height = self.height
        for level in 0..<height {
            path.nodes[level].counts[path.indexes[level]] &-= number
        }
        fields.pointee.count &-= number
        let leaf = path.leaf
        leaf.remove(at: path.index, number)
        if leaf.count >= Self.leastInLeaf {
            if path.index == 0 {
                setFirst(&path, from: height, leaf.scores[0], leaf.cell(0))
            }
            return
        }
        underflow(&path)
    }

    @inline(never)
    private func underflow(_ path: inout TreePath) {
        let leaf = path.leaf
        if leaf.count == 0 {
            unlink(leaf)
            free(leaf)
            return removeChild(
                &path, level: height - 1, at: height > 0 ? path.indexes[height - 1] : 0)
        }
        if path.index == 0 { setFirst(&path, from: height, leaf.scores[0], leaf.cell(0)) }
        guard height > 0 else { return }
        let parent = path.nodes[height - 1]
        guard parent.count > 1 else { return }
        // The pair of neighbours: this leaf and the one before it, or the one behind the first.
        let right = max(path.indexes[height - 1], 1)
        let a = TreeLeaf(parent.children[right - 1])
        let b = TreeLeaf(parent.children[right])
        if a.count + b.count > Self.mostJoined {
            level(a, b)
            parent.counts[right - 1] = a.count
            parent.set(right, TreeChild(b))
            return
        }
        b.move(from: 0, b.count, to: a, at: a.count)
        a.count += b.count
        parent.counts[right - 1] = a.count
        unlink(b)
        free(b)
        removeChild(&path, level: height - 1, at: right)
    }

    /// Brings two neighbours to the same count.
    private func level(_ a: TreeLeaf, _ b: TreeLeaf) {
        let half = (a.count + b.count) / 2
        if a.count < half {
            let moving = half - a.count
            b.move(from: 0, moving, to: a, at: a.count)
            a.count += moving
            b.remove(at: 0, moving)
        } else {
            let moving = a.count - half
            b.move(from: 0, b.count, to: b, at: moving)
            a.move(from: half, moving, to: b, at: 0)
            b.count += moving
            a.count = half
        }
    }

    // MARK: Inner nodes

    /// Drops child `at` of the path's node at `level`; its memory is gone already. Everything above
    /// has counted its elements out, or they went to the child before it.
    private func removeChild(_ path: inout TreePath, level: Int, at: Int) {
        guard level >= 0 else {
            fields.pointee.root = nil
            fields.pointee.height = 0
            return
        }
        let node = path.nodes[level]
        node.remove(at: at)
        if node.count == 0 {
            free(node)
            return removeChild(&path, level: level - 1, at: level > 0 ? path.indexes[level - 1] : 0)
        }
        if at == 0 { setFirst(&path, from: level, node.scores[0], node.cells[0]) }
        if level == 0 { return shortenRoot() }
        if node.count < Self.leastInInner { joinInner(&path, level: level) }
    }

    private func joinInner(_ path: inout TreePath, level: Int) {
        let parent = path.nodes[level - 1]
        guard parent.count > 1 else { return }
        let right = max(path.indexes[level - 1], 1)
        let a = TreeInner(parent.children[right - 1])
        let b = TreeInner(parent.children[right])
        if a.count + b.count > Self.mostJoinedInner {
            self.level(a, b)
            parent.counts[right - 1] = a.sum(0, a.count)
            parent.set(right, TreeChild(b))
            return
        }
        b.move(from: 0, b.count, to: a, at: a.count)
        a.count += b.count
        parent.counts[right - 1] += parent.counts[right]
        free(b)
        removeChild(&path, level: level - 1, at: right)
    }

    private func level(_ a: TreeInner, _ b: TreeInner) {
        let half = (a.count + b.count) / 2
        if a.count < half {
            let moving = half - a.count
            b.move(from: 0, moving, to: a, at: a.count)
            a.count += moving
            b.move(from: moving, b.count - moving, to: b, at: 0)
            b.count -= moving
        } else {
            let moving = a.count - half
            b.move(from: 0, b.count, to: b, at: moving)
            a.move(from: half, moving, to: b, at: 0)
            b.count += moving
            a.count = half
        }
    }

    /// A root with a single child gives way to it.
    private func shortenRoot() {
        while height > 0, let raw = fields.pointee.root {
            let root = TreeInner(raw)
            guard root.count == 1 else { return }
            fields.pointee.root = root.children[0]
            fields.pointee.height -= 1
            free(root)
        }
    }

    // MARK: The whole tree

    /// Frees up to `limit` leaves from the front after `body` has seen each cell; true once all is
    /// gone. Between calls only this may be called.
    func freeSome(_ limit: Int, _ body: (TreeCell) -> Void) -> Bool {
        var left = limit
        while let leaf = fields.pointee.first {
            if left == 0 { return false }
            left -= 1
            for i in 0..<leaf.count { body(leaf.cell(i)) }
            dropFirstLeaf(leaf)
        }
        return true
    }

    /// Takes the first leaf with all its elements out.
    private func dropFirstLeaf(_ leaf: TreeLeaf) {
        var path = TreePath()
        find(rank: 0, &path)
        assert(path.leaf == leaf)
        remove(leaf.count, &path)
    }
}
