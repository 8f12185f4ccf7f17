// The nodes of the counted B+ tree that orders a big sorted set.
//
//   leaf    count 8 | previous 8 | next 8 | 66 scores of 8 | 66 cells of 6        960 bytes
//   inner   count 8 | 63 scores of 8 | 63 cells of 8 | 63 children of 8 | 63 counts of 8
//                                                                                2048 bytes
//
// A leaf's elements are in order: by score, then by the bytes of the member. An inner node keeps
// for each child the first element under it (score and cell) and how many there are.
//
// Scores stand in a run of their own, so that a search compares them all with vector instructions
// and reads no cell unless scores are equal. A cell is a word of 48 bits that only the element
// type understands: it may be tagged.
//
// Safety: nodes are made by `CountedTree` alone, which keeps every index below the count.

import CMachine
import Glibc
import Memory

/// A cell's word as the tree keeps it.
typealias TreeCell = UnsafeMutableRawPointer

struct TreeLeaf: Equatable {
    static var capacity: Int { 66 }
    static var bytes: Int { 960 }
    private static var scoresOffset: Int { 24 }
    private static var cellsOffset: Int { scoresOffset + capacity * 8 }

    let raw: UnsafeMutableRawPointer

    @inline(__always)
    init(_ raw: UnsafeMutableRawPointer) { self.raw = raw }

    @inline(__always)
    var count: Int {
        get { raw.load(as: Int.self) }
        nonmutating set { raw.storeBytes(of: newValue, as: Int.self) }
    }

    @inline(__always)
    var previous: TreeLeaf? {
        get {
            raw.load(fromByteOffset: 8, as: UnsafeMutableRawPointer?.self).map { TreeLeaf($0) }
        }
        nonmutating set {
            raw.storeBytes(
                of: newValue?.raw, toByteOffset: 8, as: UnsafeMutableRawPointer?.self)
        }
    }

    @inline(__always)
    var next: TreeLeaf? {
        get {
            raw.load(fromByteOffset: 16, as: UnsafeMutableRawPointer?.self).map { TreeLeaf($0) }
        }
        nonmutating set {
            raw.storeBytes(
                of: newValue?.raw, toByteOffset: 16, as: UnsafeMutableRawPointer?.self)
        }
    }

    @inline(__always)
    var scores: UnsafeMutablePointer<Double> {
        (raw + Self.scoresOffset).assumingMemoryBound(to: Double.self)
    }

    /// Read as eight bytes that start two before it, so that no read leaves the node.
    @inline(__always)
    func cell(_ i: Int) -> TreeCell {
        let word = (raw + Self.cellsOffset - 2 + i &* 6).loadUnaligned(as: UInt64.self)
        return UnsafeMutableRawPointer(bitPattern: UInt(word >> 16)).unsafelyUnwrapped
    }

    @inline(__always)
    func setCell(_ i: Int, _ cell: TreeCell) {
        let word = UInt64(UInt(bitPattern: cell))
        assert(word >> 48 == 0)
        let p = raw + Self.cellsOffset + i &* 6
        p.storeBytes(of: UInt32(truncatingIfNeeded: word), as: UInt32.self)
        (p + 4).storeBytes(of: UInt16(truncatingIfNeeded: word >> 32), as: UInt16.self)
    }

    @inline(__always)
    func set(_ i: Int, _ score: Double, _ cell: TreeCell) {
        scores[i] = score
        setCell(i, cell)
    }

    /// Moves `number` elements from index `from` to index `to` of `other`, which may be this leaf.
    @inline(__always)
    func move(from: Int, _ number: Int, to other: TreeLeaf, at to: Int) {
        memmove(other.scores + to, scores + from, number &* 8)
        memmove(
            other.raw + Self.cellsOffset + to &* 6, raw + Self.cellsOffset + from &* 6,
            number &* 6)
    }

    /// Puts an element at index `i`; there is room.
    @inline(__always)
    func insert(at i: Int, _ score: Double, _ cell: TreeCell) {
        assert(count < Self.capacity && i <= count)
        move(from: i, count &- i, to: self, at: i &+ 1)
        set(i, score, cell)
        count &+= 1
    }

    /// Takes `number` elements from index `i` on out.
    @inline(__always)
    func remove(at i: Int, _ number: Int) {
        assert(i + number <= count)
        move(from: i &+ number, count &- i &- number, to: self, at: i)
        count &-= number
    }

    /// How many scores are below `score`, and how many are not above it.
    @inline(__always)
    func bounds(_ score: Double) -> (below: Int, notAbove: Int) {
        let both = machine_count_doubles(scores, count, score)
        return (Int(both & 0xFFFF_FFFF), Int(both >> 32))
    }
}

struct TreeInner {
    static var capacity: Int { 63 }
    static var bytes: Int { 2048 }
    private static var cellsOffset: Int { 8 + capacity * 8 }
    private static var childrenOffset: Int { 8 + capacity * 16 }
    private static var countsOffset: Int { 8 + capacity * 24 }

    let raw: UnsafeMutableRawPointer

    @inline(__always)
    init(_ raw: UnsafeMutableRawPointer) { self.raw = raw }

    /// Number of children.
    @inline(__always)
    var count: Int {
        get { raw.load(as: Int.self) }
        nonmutating set { raw.storeBytes(of: newValue, as: Int.self) }
    }

    /// The score of the first element under each child.
    @inline(__always)
    var scores: UnsafeMutablePointer<Double> { (raw + 8).assumingMemoryBound(to: Double.self) }

    /// The cell of the first element under each child.
    @inline(__always)
    var cells: UnsafeMutablePointer<TreeCell> {
        (raw + Self.cellsOffset).assumingMemoryBound(to: TreeCell.self)
    }

    @inline(__always)
    var children: UnsafeMutablePointer<UnsafeMutableRawPointer> {
        (raw + Self.childrenOffset).assumingMemoryBound(to: UnsafeMutableRawPointer.self)
    }

    /// The number of elements under each child.
    @inline(__always)
    var counts: UnsafeMutablePointer<Int> {
        (raw + Self.countsOffset).assumingMemoryBound(to: Int.self)
    }

    /// Elements under children `from` up to `to`.
    @inline(__always)
    func sum(_ from: Int, _ to: Int) -> Int {
        var total = 0
        for i in from..<to { total &+= counts[i] }
        return total
    }

    func move(from: Int, _ number: Int, to other: TreeInner, at to: Int) {
        memmove(other.scores + to, scores + from, number &* 8)
        memmove(other.cells + to, cells + from, number &* 8)
        memmove(other.children + to, children + from, number &* 8)
        memmove(other.counts + to, counts + from, number &* 8)
    }

    func set(_ i: Int, _ child: TreeChild) {
        scores[i] = child.score
        cells[i] = child.cell
        children[i] = child.node
        counts[i] = child.count
    }

    func insert(at i: Int, _ child: TreeChild) {
        assert(count < Self.capacity && i <= count)
        move(from: i, count &- i, to: self, at: i &+ 1)
        set(i, child)
        count &+= 1
    }

    func remove(at i: Int) {
        assert(i < count)
        move(from: i &+ 1, count &- i &- 1, to: self, at: i)
        count &-= 1
    }

    @inline(__always)
    func bounds(_ score: Double) -> (below: Int, notAbove: Int) {
        let both = machine_count_doubles(scores, count, score)
        return (Int(both & 0xFFFF_FFFF), Int(both >> 32))
    }
}

/// What an inner node says about a child.
struct TreeChild {
    let node: UnsafeMutableRawPointer
    let score: Double
    let cell: TreeCell
    let count: Int

    /// A leaf as a child.
    init(_ leaf: TreeLeaf) {
        node = leaf.raw
        score = leaf.scores[0]
        cell = leaf.cell(0)
        count = leaf.count
    }

    /// An inner node as a child.
    init(_ inner: TreeInner) {
        node = inner.raw
        score = inner.scores[0]
        cell = inner.cells[0]
        count = inner.sum(0, inner.count)
    }
}

/// The way from the root to an element's place.
struct TreePath {
    /// Deep enough for more elements than an address space holds: inner nodes have 21 children at
    /// least, those at the ends of a level excepted.
    static var depth: Int { 14 }
    /// The inner nodes, the root first, and which child was taken in each.
    var nodes = InlineArray<14, TreeInner>(repeating: TreeInner(TreePath.nowhere))
    var indexes = InlineArray<14, Int>(repeating: 0)
    var leaf = TreeLeaf(TreePath.nowhere)
    var index = 0

    /// What unused places hold; never read.
    private static var nowhere: UnsafeMutableRawPointer {
        UnsafeMutableRawPointer(bitPattern: 8).unsafelyUnwrapped
    }
}
