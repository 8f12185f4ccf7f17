// A run of elements straight into the reply, as LRANGE, LPOP with a count and LMPOP send them: node
// by node, see Listpack+Reply.

import RESP

extension PackedList {
    /// Appends `number` elements from index `start` on as bulk strings. They lie in the list; the
    /// array header is the caller's.
    /// - Complexity: O(nodes to `start` + number)
    package func appendBulks(from start: Int, _ number: Int, to reply: inout ReplyBuffer) {
        guard number > 0, let (first, offset) = locate(start) else { return }
        assert(start + number <= count)
        var node = first
        var position = node.pointee.position(of: offset)
        var here = min(number, node.pointee.count - offset)
        var left = number
        while true {
            appendRun(of: node, from: position, here, to: &reply)
            left -= here
            guard left > 0, let next = node.pointee.next else { return }
            node = next
            position = next.pointee.first
            here = min(left, next.pointee.count)
        }
    }

    /// Appends `number` elements from index `start` on, the last of them first.
    package func appendBulksReversed(from start: Int, _ number: Int, to reply: inout ReplyBuffer) {
        guard number > 0, var cursor = cursor(at: start + number - 1) else { return }
        for _ in 0..<number {
            reply.appendBulk(cursor.item)
            if !cursor.moveBackward() { return }
        }
    }

    private func appendRun(
        of node: PackedNodePointer, from position: UnsafeMutablePointer<UInt8>, _ number: Int,
        to reply: inout ReplyBuffer
    ) {
        if node.pointee.isPlain { return reply.appendBulk(node.pointee.item(at: position)) }
        Listpack.appendBulks(
            position, number, bytes: node.pointee.end - position, to: &reply)
    }
}
