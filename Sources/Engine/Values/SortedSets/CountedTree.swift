// A counted B+ tree: the order of a big sorted set. By rank, by score and by member in O(log n).
//
// Called by `TreeSet`, which owns the elements' cells; the tree keeps their words and asks an
// element for its member only where scores are equal. Nodes are cells of the SlabHeap.
//
// Invariants: all leaves are at the same depth and linked both ways; no node is empty but the root
// leaf of a new tree does not exist; what an inner node says about a child (first element, count)
// is exact; every node but those at the two ends of a level is a third full at least, or the only
// child.
//
// A handle: one pointer, copied freely; the fields lie in the sorted set's own allocation. Not
// methods of a big struct, because calling those through a pointer copies the struct.

import CMachine
import Memory

/// What a tree is, besides its nodes.
struct TreeFields {
    let heap: UnsafeMutablePointer<SlabHeap>
    var root: UnsafeMutableRawPointer?
    /// Levels of inner nodes.
    var height = 0
    var count = 0
    var first: TreeLeaf?
    var last: TreeLeaf?

    init(_ heap: UnsafeMutablePointer<SlabHeap>) { self.heap = heap }
}

/// A place in the tree. Valid until the tree changes.
struct TreeCursor {
    var leaf: TreeLeaf
    var index: Int

    @inline(__always) var score: Double { leaf.scores[index] }
    @inline(__always) var cell: TreeCell { leaf.cell(index) }

    /// False at the end; the cursor stays.
    @inline(__always)
    mutating func moveForward() -> Bool {
        if index &+ 1 < leaf.count {
            index &+= 1
            return true
        }
        guard let next = leaf.next else { return false }
        leaf = next
        index = 0
        return true
    }

    @inline(__always)
    mutating func moveBackward() -> Bool {
        if index > 0 {
            index &-= 1
            return true
        }
        guard let previous = leaf.previous else { return false }
        leaf = previous
        index = previous.count &- 1
        return true
    }
}

struct CountedTree<Element: TableElement> {
    let fields: UnsafeMutablePointer<TreeFields>

    @inline(__always)
    init(_ fields: UnsafeMutablePointer<TreeFields>) { self.fields = fields }

    @inline(__always)
    private var heap: UnsafeMutablePointer<SlabHeap> { fields.pointee.heap }

    @inline(__always) var count: Int { fields.pointee.count }
    @inline(__always) var height: Int { fields.pointee.height }

    @inline(__always)
    func member(_ cell: TreeCell) -> Bytes { Element(raw: cell).key }

    /// Whether the member in `cell` stands before `member`.
    @inline(__always)
    func isBefore(_ cell: TreeCell, _ member: Bytes) -> Bool {
        let other = self.member(cell)
        let order = machine_compare(other.base, member.base, min(other.count, member.count))
        return order == 0 ? other.count < member.count : order < 0
    }

    /// Whether `member` stands before the one in `cell`.
    @inline(__always)
    func isBehind(_ cell: TreeCell, _ member: Bytes) -> Bool {
        let other = self.member(cell)
        let order = machine_compare(member.base, other.base, min(other.count, member.count))
        return order == 0 ? member.count < other.count : order < 0
    }

    // MARK: Finding a place

    /// The child of `node` under which (score, member) is or belongs: the last one whose first
    /// element is not behind it.
    @inline(__always)
    private func child(of node: TreeInner, _ score: Double, _ member: Bytes) -> Int {
        let (below, notAbove) = node.bounds(score)
        let index = below == notAbove ? below : tied(node, below, notAbove, member)
        return max(index &- 1, 0)
    }

    /// Of children from `low` to `high`, whose first scores are equal: how many stand up to and
    /// including the last one not behind `member`.
    @inline(never)
    private func tied(_ node: TreeInner, _ low: Int, _ high: Int, _ member: Bytes) -> Int {
        var low = low
        var high = high
        while low < high {
            let middle = (low &+ high) &>> 1
            if isBehind(node.cells[middle], member) { high = middle } else { low = middle &+ 1 }
        }
        return low
    }

    /// Where (score, member), which is not in the tree, belongs. The tree is not empty.
    @inline(__always)
    func placeFor(_ score: Double, _ member: Bytes, _ path: inout TreePath) {
        descend(score, member, &path)
        let (below, notAbove) = path.leaf.bounds(score)
        path.index =
            below == notAbove ? below : tiedInLeaf(path.leaf, below, notAbove, member)
    }

    @inline(never)
    private func tiedInLeaf(
        _ leaf: TreeLeaf, _ low: Int, _ high: Int, _ member: Bytes
    ) -> Int {
        var low = low
        var high = high
        while low < high {
            let middle = (low &+ high) &>> 1
            if isBefore(leaf.cell(middle), member) { low = middle &+ 1 } else { high = middle }
        }
        return low
    }

    /// Where the element `cell`, whose score and member these are, stands.
    @inline(__always)
    func find(_ score: Double, _ cell: TreeCell, _ member: Bytes, _ path: inout TreePath) {
        descend(score, member, &path)
        // The word tells equal scores apart without reading a cell.
        var i = path.leaf.bounds(score).below
        while path.leaf.cell(i) != cell {
            i &+= 1
            assert(i < path.leaf.count)
        }
        path.index = i
    }

    @inline(__always)
    private func descend(_ score: Double, _ member: Bytes, _ path: inout TreePath) {
        var node = fields.pointee.root.unsafelyUnwrapped
        let height = fields.pointee.height
        for level in 0..<height {
            let inner = TreeInner(node)
            let index = child(of: inner, score, member)
            path.nodes[level] = inner
            path.indexes[level] = index
            node = inner.children[index]
        }
        path.leaf = TreeLeaf(node)
    }

    /// The way to the element of that rank, below the count.
    func find(rank: Int, _ path: inout TreePath) {
        assert(rank >= 0 && rank < count)
        var node = fields.pointee.root.unsafelyUnwrapped
        var left = rank
        for level in 0..<height {
            let inner = TreeInner(node)
            var index = 0
            while left >= inner.counts[index] {
                left &-= inner.counts[index]
                index &+= 1
            }
            path.nodes[level] = inner
            path.indexes[level] = index
            node = inner.children[index]
        }
        path.leaf = TreeLeaf(node)
        path.index = left
    }

    // MARK: Ranks

    /// The element of that rank, 0 the lowest; nil beyond the ends.
    /// - Complexity: O(log n)
    func cursor(at rank: Int) -> TreeCursor? {
        guard rank >= 0, rank < count else { return nil }
        if rank == 0, let first = fields.pointee.first { return TreeCursor(leaf: first, index: 0) }
        if rank == count - 1, let last = fields.pointee.last {
            return TreeCursor(leaf: last, index: last.count - 1)
        }
        var path = TreePath()
        find(rank: rank, &path)
        return TreeCursor(leaf: path.leaf, index: path.index)
    }

    /// The rank of the element `cell`, whose score and member these are.
    /// - Complexity: O(log n)
    func rank(_ score: Double, _ cell: TreeCell, _ member: Bytes) -> Int {
        var node = fields.pointee.root.unsafelyUnwrapped
        var rank = 0
        for _ in 0..<height {
            let inner = TreeInner(node)
            let index = child(of: inner, score, member)
            rank &+= inner.sum(0, index)
            node = inner.children[index]
        }
        let leaf = TreeLeaf(node)
        var i = leaf.bounds(score).below
        while leaf.cell(i) != cell {
            i &+= 1
            assert(i < leaf.count)
        }
        return rank &+ i
    }

    /// How many elements have a score below `score`, those with that very score included or not.
    /// - Complexity: O(log n)
    func rank(of score: Double, including: Bool) -> Int {
        guard var node = fields.pointee.root else { return 0 }
        var rank = 0
        for _ in 0..<height {
            let inner = TreeInner(node)
            let (below, notAbove) = inner.bounds(score)
            let index = max((including ? notAbove : below) &- 1, 0)
            rank &+= inner.sum(0, index)
            node = inner.children[index]
        }
        let (below, notAbove) = TreeLeaf(node).bounds(score)
        return rank &+ (including ? notAbove : below)
    }

    /// How many elements stand before `member`, which itself is included or not, in a tree whose
    /// scores are all equal.
    /// - Complexity: O(log n)
    func rank(of member: Bytes, including: Bool) -> Int {
        guard var node = fields.pointee.root else { return 0 }
        var rank = 0
        for _ in 0..<height {
            let inner = TreeInner(node)
            let index = max(
                partition(inner.count) { precedes(inner.cells[$0], member, including) } &- 1, 0)
            rank &+= inner.sum(0, index)
            node = inner.children[index]
        }
        let leaf = TreeLeaf(node)
        return rank &+ partition(leaf.count) { precedes(leaf.cell($0), member, including) }
    }

    private func precedes(_ cell: TreeCell, _ member: Bytes, _ including: Bool) -> Bool {
        including ? !isBehind(cell, member) : isBefore(cell, member)
    }

    /// How many of `count` places satisfy `holds`, which is true of the first ones only.
    @inline(__always)
    private func partition(_ count: Int, _ holds: (Int) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low &+ high) &>> 1
            if holds(middle) { low = middle &+ 1 } else { high = middle }
        }
        return low
    }

    // MARK: Nodes

    func makeLeaf() -> TreeLeaf {
        let leaf = TreeLeaf(heap.pointee.allocate(TreeLeaf.bytes))
        leaf.count = 0
        leaf.previous = nil
        leaf.next = nil
        return leaf
    }

    func makeInner() -> TreeInner {
        let inner = TreeInner(heap.pointee.allocate(TreeInner.bytes))
        inner.count = 0
        return inner
    }

    func free(_ leaf: TreeLeaf) { heap.pointee.deallocate(leaf.raw, TreeLeaf.bytes) }
    func free(_ inner: TreeInner) { heap.pointee.deallocate(inner.raw, TreeInner.bytes) }

    /// Puts `fresh` behind `leaf` into the list of leaves.
    func link(_ fresh: TreeLeaf, behind leaf: TreeLeaf) {
        fresh.previous = leaf
        fresh.next = leaf.next
        if let next = leaf.next { next.previous = fresh } else { fields.pointee.last = fresh }
        leaf.next = fresh
    }

    /// Takes `leaf` out of the list of leaves.
    func unlink(_ leaf: TreeLeaf) {
        if let previous = leaf.previous {
            previous.next = leaf.next
        } else {
            fields.pointee.first = leaf.next
        }
        if let next = leaf.next {
            next.previous = leaf.previous
        } else {
            fields.pointee.last = leaf.previous
        }
    }

    /// Bytes of all nodes, rounded as the heap rounds them. Reads inner nodes only.
    var nodeBytes: Int {
        guard let root = fields.pointee.root else { return 0 }
        return bytes(under: root, level: 0)
    }

    private func bytes(under node: UnsafeMutableRawPointer, level: Int) -> Int {
        if level == height { return SlabHeap.cellBytes(TreeLeaf.bytes) }
        let inner = TreeInner(node)
        let own = SlabHeap.cellBytes(TreeInner.bytes)
        // Leaves need not be read to be counted.
        if level == height - 1 { return own + inner.count * SlabHeap.cellBytes(TreeLeaf.bytes) }
        var sum = own
        for i in 0..<inner.count { sum += bytes(under: inner.children[i], level: level + 1) }
        return sum
    }
}
