// Building a tree from elements that come in order, and moving its nodes for compaction.

import Memory

extension CountedTree {
    /// Adds an element behind all others.
    /// - Complexity: O(log n), nearly always O(height) without a search
    func append(_ score: Double, _ cell: TreeCell) {
        guard count > 0 else { return insert(score, cell, member(cell)) }
        var path = TreePath()
        find(rank: count - 1, &path)
        path.index += 1
        insert(score, cell, at: &path)
    }

    /// Moves the nodes on the way to the leaf that holds rank `rank`, that leaf included, out of
    /// slabs that are being emptied. Returns the path to the leaf's first element.
    func evacuateNodes(rank: Int, moved: inout Int) -> TreePath {
        var path = TreePath()
        find(rank: rank, &path)
        for level in 0..<height where SlabHeap.isEvacuating(path.nodes[level].raw) {
            let old = path.nodes[level]
            let fresh = makeInner()
            fresh.raw.copyMemory(from: old.raw, byteCount: TreeInner.bytes)
            setNode(&path, at: level, fresh.raw)
            path.nodes[level] = fresh
            free(old)
            moved += 1
        }
        if SlabHeap.isEvacuating(path.leaf.raw) {
            let old = path.leaf
            let fresh = makeLeaf()
            fresh.raw.copyMemory(from: old.raw, byteCount: TreeLeaf.bytes)
            if let previous = old.previous {
                previous.next = fresh
            } else {
                fields.pointee.first = fresh
            }
            if let next = old.next { next.previous = fresh } else { fields.pointee.last = fresh }
            setNode(&path, at: height, fresh.raw)
            path.leaf = fresh
            free(old)
            moved += 1
        }
        return path
    }

    private func setNode(_ path: inout TreePath, at level: Int, _ raw: UnsafeMutableRawPointer) {
        if level == 0 {
            fields.pointee.root = raw
        } else {
            path.nodes[level - 1].children[path.indexes[level - 1]] = raw
        }
    }
}
