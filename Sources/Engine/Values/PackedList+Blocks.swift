// Whole nodes of a list going out and coming in: what a dump holds are the nodes themselves.

import CMachine
import Memory

extension PackedList {
    /// An empty list that is a quicklist whose nodes keep `limit`.
    static func createQuicklist(limit: PackedListLimit) -> PackedList {
        let list = create()
        list.fields.pointee.isQuicklist = true
        list.fields.pointee.storedLimit = limit.stored
        return list
    }

    /// Adds a node of `count` elements whose entries are `run`, which was checked. No limit is
    /// looked at: who made the nodes decided on their size.
    func appendNode(entries run: Bytes, count added: Int) {
        assert(isQuicklist && added > 0)
        let node = takeNode()
        node.initialize(to: PackedNode(self: node, capacity: run.count))
        node.pointee.adopt(run, count: added, atFront: false)
        link(node, after: tail)
        fields.pointee.count += added
    }

    /// Adds a node that is one large element.
    func appendPlainNode(_ bytes: Bytes) {
        assert(isQuicklist)
        let node = takeNode()
        node.initialize(to: PackedNode(self: node, plain: bytes))
        link(node, after: tail)
        fields.pointee.count += 1
    }

    /// After nodes were added: a quicklist of one node within `limit` becomes a listpack.
    func convertAfterLoading(limit: PackedListLimit) {
        guard isQuicklist, nodeCount == 1, let head, !head.pointee.isPlain,
            limit.fitsWhole(bytes: head.pointee.blockBytes, count: count)
        else { return }
        fields.pointee.isQuicklist = false
    }

    /// Calls `body` with each node: whether it is one plain element, its bytes (of a packed node
    /// the run of entries), and its number of elements.
    func forEachNode(_ body: (_ isPlain: Bool, _ bytes: Bytes, _ count: Int) -> Void) {
        var node = head
        while let here = node {
            body(
                here.pointee.isPlain, Bytes(here.pointee.first, here.pointee.used),
                here.pointee.count)
            node = here.pointee.next
        }
    }
}
