// The list value: a doubly linked list of nodes of packed entries.
//
// The keyspace entry holds its pointer; the list commands and the lazy free cycle call it. A list
// starts as `listpack`: one node that takes everything. The push that would exceed
// list-max-listpack-size makes it a `quicklist`, whose nodes each keep the limit that held then.
// Which element lies in which node, and when a list turns back, is exactly Redis 7.4's doing:
// OBJECT ENCODING depends on it.
//
// Memory: one allocation of 64 bytes that includes one node, so that a small list takes this and
// its buffer; every further node takes 40 bytes and its buffer. Nothing here points back to the
// keyspace, and a node knows only its neighbours.
//
// Invariants: count is the sum of the nodes' counts; a listpack has at most one node, never plain;
// head.previous is the tail and tail.next nil; no node is empty.

import CMachine
import Memory

/// Handle to a list; copying the handle copies nothing. `create` and `destroy` (or `freeSome`) go
/// in pairs.
@frozen
package struct PackedList {
    @usableFromInline let fields: UnsafeMutablePointer<Fields>

    @usableFromInline
    struct Fields {
        var head: PackedNodePointer?
        var count: Int
        var nodeCount: UInt32
        /// list-max-listpack-size when the list became a quicklist.
        var storedLimit: Int16
        var isQuicklist: Bool
        /// Whether the node in this allocation, behind the fields, is linked.
        var ownNodeTaken: Bool
    }

    private init(fields: UnsafeMutablePointer<Fields>) { self.fields = fields }

    /// The list whose `raw` pointer the keyspace kept.
    package init(raw: UnsafeMutableRawPointer) {
        fields = raw.assumingMemoryBound(to: Fields.self)
    }

    package var raw: UnsafeMutableRawPointer { UnsafeMutableRawPointer(fields) }

    private static var nodeBytes: Int { MemoryLayout<PackedNode>.size }
    private static var ownNodeOffset: Int { MemoryLayout<Fields>.stride }
    /// The list's own allocation: the fields, and the node made first.
    private static var allocationBytes: Int { ownNodeOffset + nodeBytes }

    // MARK: Life

    /// An empty list, encoded as listpack.
    package static func create() -> PackedList {
        let raw = Allocator.allocate(allocationBytes)
        let fields = raw.bindMemory(to: Fields.self, capacity: 1)
        (raw + ownNodeOffset).bindMemory(to: PackedNode.self, capacity: 1)
        fields.initialize(
            to: Fields(
                head: nil, count: 0, nodeCount: 0, storedLimit: 0,
                isQuicklist: false, ownNodeTaken: false))
        return PackedList(fields: fields)
    }

    /// Frees the list and everything in it.
    /// - Complexity: O(nodes)
    package func destroy() { _ = freeSome(.max) }

    /// Frees at most `nodes` nodes from the head; true once the list itself is gone too. Between
    /// two calls the list is a shorter one, valid in every respect.
    package func freeSome(_ nodes: Int) -> Bool {
        var left = nodes
        while let head = fields.pointee.head {
            if left == 0 { return false }
            left -= 1
            fields.pointee.count -= head.pointee.count
            unlink(head)
        }
        Allocator.deallocate(fields, Self.allocationBytes)
        return true
    }

    /// The same elements in the same nodes, without slack (COPY).
    /// - Complexity: O(bytes)
    package func copy() -> PackedList {
        let twin = PackedList.create()
        var node = fields.pointee.head
        while let source = node {
            let address = twin.takeNode()
            address.initialize(to: PackedNode(self: address, copying: source.pointee))
            twin.link(address, after: twin.tail)
            node = source.pointee.next
        }
        twin.fields.pointee.count = count
        twin.fields.pointee.isQuicklist = isQuicklist
        twin.fields.pointee.storedLimit = fields.pointee.storedLimit
        return twin
    }

    // MARK: Looking

    @inline(__always) package var count: Int { fields.pointee.count }
    @inline(__always) package var isEmpty: Bool { fields.pointee.count == 0 }
    /// Whether OBJECT ENCODING says quicklist; else it says listpack.
    package var isQuicklist: Bool { fields.pointee.isQuicklist }
    package var nodeCount: Int { Int(fields.pointee.nodeCount) }
    /// The limit that a quicklist's nodes keep.
    package var limit: PackedListLimit { PackedListLimit(Int(fields.pointee.storedLimit)) }

    @inline(__always) var head: PackedNodePointer? { fields.pointee.head }
    @inline(__always) var tail: PackedNodePointer? { fields.pointee.head?.pointee.previous }

    @inline(__always)
    var growth: PackedGrowth {
        isQuicklist ? .filling(limitBytes: limit.maximumBytes) : .small
    }

    /// Bytes that the list takes from the allocator. With `samples` > 0 only so many nodes are
    /// looked at and the others taken for their average, as MEMORY USAGE SAMPLES has it.
    package func footprint(samples: Int = 0) -> Int {
        var buffers = 0
        var seen = 0
        var node = fields.pointee.head
        while let here = node, samples <= 0 || seen < samples {
            buffers += Allocator.usableSize(here.pointee.capacity)
            seen += 1
            node = here.pointee.next
        }
        if seen > 0 && seen < nodeCount {
            buffers = Int(Double(buffers) / Double(seen) * Double(nodeCount))
        }
        let outside = nodeCount - (fields.pointee.ownNodeTaken ? 1 : 0)
        return Allocator.usableSize(Self.allocationBytes)
            + outside * Allocator.usableSize(Self.nodeBytes) + buffers
    }

    // MARK: Encoding

    /// To be called before elements are added: turns a listpack that would exceed `limit` with
    /// `count` more elements of `bytes` together into a quicklist.
    ///
    /// Redis 7.4: the sum of the arguments' lengths counts, not that of their entries, and
    /// elements that it holds as integers while it moves them (LMOVE) count no bytes.
    package func convertBeforeAdding(bytes: Int, count added: Int, limit: PackedListLimit) {
        guard !isQuicklist else { return }
        let block = (head?.pointee.used ?? 0) + Listpack.overheadBytes
        // The second condition is ours: no node comes near the 4 GiB that its fields can say.
        if limit.isExceeded(bytes: block + bytes, count: count + added)
            || block + bytes + 16 * added > 1 << 30
        {
            fields.pointee.isQuicklist = true
            fields.pointee.storedLimit = limit.stored
        }
    }

    /// To be called when elements went (or one was replaced): a quicklist whose one node is small
    /// enough becomes a listpack.
    package func convertAfterRemoving(limit: PackedListLimit) {
        guard isQuicklist, nodeCount == 1, let head, !head.pointee.isPlain else { return }
        guard limit.fitsHalf(bytes: head.pointee.blockBytes, count: count) else { return }
        fields.pointee.isQuicklist = false
        head.pointee.trim(.small)
    }

    // MARK: Nodes

    /// Memory for a node; the caller initialises and links it.
    func takeNode() -> PackedNodePointer {
        if !fields.pointee.ownNodeTaken {
            fields.pointee.ownNodeTaken = true
            return ownNodeAddress
        }
        return Allocator.allocate(Self.nodeBytes).bindMemory(to: PackedNode.self, capacity: 1)
    }

    // Safety: `create` allocated and bound the place.
    private var ownNodeAddress: PackedNodePointer {
        (raw + Self.ownNodeOffset).assumingMemoryBound(to: PackedNode.self)
    }

    /// Links `node` behind `after`, or as head.
    func link(_ node: PackedNodePointer, after: PackedNodePointer?) {
        fields.pointee.nodeCount += 1
        guard let head = fields.pointee.head else {
            node.pointee.previous = node
            node.pointee.next = nil
            fields.pointee.head = node
            return
        }
        guard let after else {
            node.pointee.previous = head.pointee.previous
            node.pointee.next = head
            head.pointee.previous = node
            fields.pointee.head = node
            return
        }
        node.pointee.previous = after
        node.pointee.next = after.pointee.next
        (after.pointee.next ?? head).pointee.previous = node
        after.pointee.next = node
    }

    /// Links `node` before `before`.
    func link(_ node: PackedNodePointer, before: PackedNodePointer) {
        link(node, after: before == head ? nil : before.pointee.previous)
    }

    /// Unlinks and frees `node`. The list's count is the caller's.
    func unlink(_ node: PackedNodePointer) {
        detach(node)
        node.pointee.freeBuffer()
        if isOwn(node) {
            fields.pointee.ownNodeTaken = false
        } else {
            Allocator.deallocate(node, Self.nodeBytes)
        }
    }

    /// Unlinks `node`, which stays allocated.
    func detach(_ node: PackedNodePointer) {
        let previous = node.pointee.previous
        let next = node.pointee.next
        if node == fields.pointee.head {
            fields.pointee.head = next
        } else {
            previous.pointee.next = next
        }
        // The tail's successor in this respect is the head, whose `previous` is the tail.
        if let successor = next ?? fields.pointee.head { successor.pointee.previous = previous }
        fields.pointee.nodeCount -= 1
    }

    /// Whether `node` lies in the list's own allocation and cannot outlive it.
    func isOwn(_ node: PackedNodePointer) -> Bool { node == ownNodeAddress }

    /// The node before `node`, or nil at the head.
    @inline(__always)
    func nodeBefore(_ node: PackedNodePointer) -> PackedNodePointer? {
        node == fields.pointee.head ? nil : node.pointee.previous
    }
}
