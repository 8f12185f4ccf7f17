// A B+ tree of small items in the order of their keys: the blocks of a stream, pending entries,
// consumer groups and consumers.
//
// The values of streams own such trees. Nodes take at most 1 KiB; items lie in the leaves, which
// are linked both ways; an inner node keeps for each child the smallest key below it. Items are
// mostly added at the end and removed at the front, so:
//
//   * an item behind all others goes straight into the last leaf, and when that is full, alone
//     into a new one, which leaves the full one full;
//   * a node is merged with a neighbour only when both together are far from full.
//
//     node    | next 8 | previous 8 | count 2 | capacity 2 | bytes 4 | ...
//     leaf    ... | item | item | ...
//     inner   ... | key x capacity | child x capacity
//
// The leaf of a tree with one leaf grows by doubling, so a tree of one item is small.
//
// Invariants: keys ascend strictly over all leaves; no node is empty; an inner node's key i is the
// smallest key below its child i, so no key outlives its item; the root has two children or is a
// leaf. What items point to belongs to the owner of the tree.

import Memory

protocol TreeKey: BitwiseCopyable {
    /// The order of keys.
    static func precedes(_ a: Self, _ b: Self) -> Bool
}

protocol TreeItem: BitwiseCopyable {
    associatedtype Key: TreeKey
    var key: Key { get }
}

/// A node's address, with what all nodes begin with.
struct TreeNode: Equatable {
    let raw: UnsafeMutableRawPointer

    static let headerBytes = 24
    /// What a node takes when it is full grown.
    static let largestBytes = 1024

    @inline(__always)
    var next: TreeNode? {
        get { Self.node(raw.load(as: UnsafeMutableRawPointer?.self)) }
        nonmutating set { raw.storeBytes(of: newValue?.raw, as: UnsafeMutableRawPointer?.self) }
    }

    @inline(__always)
    var previous: TreeNode? {
        get { Self.node(raw.load(fromByteOffset: 8, as: UnsafeMutableRawPointer?.self)) }
        nonmutating set {
            raw.storeBytes(of: newValue?.raw, toByteOffset: 8, as: UnsafeMutableRawPointer?.self)
        }
    }

    @inline(__always)
    private static func node(_ raw: UnsafeMutableRawPointer?) -> TreeNode? {
        guard let raw else { return nil }
        return TreeNode(raw: raw)
    }

    @inline(__always)
    var count: Int {
        get { Int(raw.load(fromByteOffset: 16, as: UInt16.self)) }
        nonmutating set {
            raw.storeBytes(
                of: UInt16(truncatingIfNeeded: newValue), toByteOffset: 16, as: UInt16.self)
        }
    }

    @inline(__always)
    var capacity: Int { Int(raw.load(fromByteOffset: 18, as: UInt16.self)) }

    @inline(__always)
    var bytes: Int { Int(raw.load(fromByteOffset: 20, as: UInt32.self)) }

    /// A node without content that takes `bytes` bytes, slots of `slotBytes` each behind its header.
    static func make(bytes: Int, slotBytes: Int) -> TreeNode {
        let raw = Allocator.allocate(bytes)
        let node = TreeNode(raw: raw)
        node.next = nil
        node.previous = nil
        node.count = 0
        raw.storeBytes(
            of: UInt16((bytes - headerBytes) / slotBytes), toByteOffset: 18, as: UInt16.self)
        raw.storeBytes(of: UInt32(bytes), toByteOffset: 20, as: UInt32.self)
        return node
    }

    func free() { Allocator.deallocate(raw, bytes) }
}

/// Trivial to copy, but one copy only may be changed: nodes know nothing of their tree.
struct SortedTree<Item: TreeItem> {
    typealias Key = Item.Key

    /// Where an item stands. Valid until the tree changes.
    struct Cursor {
        var leaf: TreeNode
        var index: Int

        @inline(__always)
        var item: UnsafeMutablePointer<Item> { SortedTree.items(leaf) + index }

        /// Goes to the next item; false, and nothing changes, at the last.
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

        /// Goes to the item before; false, and nothing changes, at the first.
        @inline(__always)
        mutating func moveBackward() -> Bool {
            if index > 0 {
                index &-= 1
                return true
            }
            guard let previous = leaf.previous else { return false }
            leaf = previous
            index = leaf.count &- 1
            return true
        }
    }

    var root: TreeNode?
    var firstLeaf: TreeNode?
    var lastLeaf: TreeNode?
    var count = 0
    /// Inner levels above the leaves.
    var height: Int32 = 0
    /// Bytes of all nodes.
    var nodeBytes = 0

    init() {}

    @inline(__always) var isEmpty: Bool { count == 0 }

    // MARK: Nodes

    @inline(__always)
    static func items(_ leaf: TreeNode) -> UnsafeMutablePointer<Item> {
        (leaf.raw + TreeNode.headerBytes).assumingMemoryBound(to: Item.self)
    }

    @inline(__always)
    static func keys(_ node: TreeNode) -> UnsafeMutablePointer<Key> {
        (node.raw + TreeNode.headerBytes).assumingMemoryBound(to: Key.self)
    }

    @inline(__always)
    static func children(_ node: TreeNode) -> UnsafeMutablePointer<TreeNode> {
        let offset = TreeNode.headerBytes &+ innerCapacity &* MemoryLayout<Key>.stride
        return (node.raw + offset).assumingMemoryBound(to: TreeNode.self)
    }

    static var innerSlotBytes: Int {
        MemoryLayout<Key>.stride + MemoryLayout<TreeNode>.stride
    }

    @inline(__always)
    static var innerCapacity: Int {
        (TreeNode.largestBytes - TreeNode.headerBytes) / innerSlotBytes
    }

    static var leafCapacity: Int {
        (TreeNode.largestBytes - TreeNode.headerBytes) / MemoryLayout<Item>.stride
    }

    /// The smallest key below `node`, which stands `level` levels above the leaves.
    @inline(__always)
    static func smallest(_ node: TreeNode, _ level: Int32) -> Key {
        level == 0 ? items(node)[0].key : keys(node)[0]
    }

    // MARK: Finding

    /// The number of items in `leaf` whose key is smaller than `key`.
    @inline(__always)
    static func lowerBound(_ leaf: TreeNode, _ key: Key) -> Int {
        let items = items(leaf)
        var low = 0
        var high = leaf.count
        while low < high {
            let middle = (low &+ high) / 2
            if Key.precedes(items[middle].key, key) { low = middle &+ 1 } else { high = middle }
        }
        return low
    }

    /// The child under which `key` is or would be.
    @inline(__always)
    static func childIndex(_ node: TreeNode, _ key: Key) -> Int {
        let keys = keys(node)
        var low = 1
        var high = node.count
        while low < high {
            let middle = (low &+ high) / 2
            if Key.precedes(key, keys[middle]) { high = middle } else { low = middle &+ 1 }
        }
        return low &- 1
    }

    @inline(__always)
    private func leaf(for key: Key) -> TreeNode? {
        guard var node = root else { return nil }
        for _ in 0..<height { node = Self.children(node)[Self.childIndex(node, key)] }
        return node
    }

    /// The first item with this key or a later one.
    func seek(atOrAfter key: Key) -> Cursor? {
        guard let leaf = leaf(for: key) else { return nil }
        let index = Self.lowerBound(leaf, key)
        if index < leaf.count { return Cursor(leaf: leaf, index: index) }
        return Self.cursor(leaf.next)
    }

    /// The last item with this key or an earlier one.
    func seek(atOrBefore key: Key) -> Cursor? {
        guard let leaf = leaf(for: key) else { return nil }
        let items = Self.items(leaf)
        let index = Self.lowerBound(leaf, key)
        if index < leaf.count, !Key.precedes(key, items[index].key) {
            return Cursor(leaf: leaf, index: index)
        }
        if index > 0 { return Cursor(leaf: leaf, index: index - 1) }
        return Self.cursor(atEndOf: leaf.previous)
    }

    /// The item with this key. Its key must not be changed.
    func find(_ key: Key) -> UnsafeMutablePointer<Item>? {
        guard let leaf = leaf(for: key) else { return nil }
        let index = Self.lowerBound(leaf, key)
        guard index < leaf.count else { return nil }
        let item = Self.items(leaf) + index
        return Key.precedes(key, item.pointee.key) ? nil : item
    }

    @inline(__always)
    var start: Cursor? { Self.cursor(firstLeaf) }

    @inline(__always)
    var end: Cursor? { Self.cursor(atEndOf: lastLeaf) }

    /// Written out: what Swift 6.3's `Optional.map` returns in a debug build for no leaf, its caller
    /// takes for a cursor.
    @inline(__always)
    private static func cursor(_ leaf: TreeNode?) -> Cursor? {
        guard let leaf else { return nil }
        return Cursor(leaf: leaf, index: 0)
    }

    @inline(__always)
    private static func cursor(atEndOf leaf: TreeNode?) -> Cursor? {
        guard let leaf else { return nil }
        return Cursor(leaf: leaf, index: leaf.count &- 1)
    }

    @inline(__always)
    var first: UnsafeMutablePointer<Item>? {
        guard let leaf = firstLeaf else { return nil }
        return Self.items(leaf)
    }

    @inline(__always)
    var last: UnsafeMutablePointer<Item>? {
        guard let leaf = lastLeaf else { return nil }
        return Self.items(leaf) + (leaf.count &- 1)
    }

    /// Calls `body` with every item in order; the tree must not change meanwhile.
    func forEach(_ body: (UnsafeMutablePointer<Item>) -> Void) {
        guard var cursor = start else { return }
        repeat { body(cursor.item) } while cursor.moveForward()
    }
}
