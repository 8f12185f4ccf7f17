// ZSCAN: a sorted set step by step. A small one is answered whole, with scores as they are kept; the
// scores of a big one are shown with 17 digits, as Redis 7.4 does.

import Memory
import RESP

package let sortedSetScanCommandRows: [CommandRow] = [
    zscanRow
]

private let zscanRow = CommandRow(
    .zscan, "zscan", arity: -3, .readOnly, .sortedSet,
    keys: [.at(1, [.ro, .access])],
    tips: [.nondeterministicOutput],
    since: "2.8.0", group: .sortedSet,
    complexity: "O(1) for a call, O(N) for all calls until the cursor is 0, N being the elements",
    summary: "Lists elements of a sorted set step by step, keeping its place in a cursor.",
    arguments: [
        .key("key"),
        .integer("cursor"),
        .pattern("pattern", token: "MATCH").optional,
        .integer("count", token: "COUNT").optional,
    ])

@inline(never)
package func zscanCommand(_ c: inout CommandContext) {
    guard let scan = CollectionScan(&c, of: .sortedSet) else { return }
    let reply = c.reply
    let frame = ScanReply.begin(reply)
    var found = 0
    var cursor: UInt64 = 0
    switch SortedSet(scan.entry, c.engine).form {
    case .packed(let scores):
        var place = scores.block.first
        while let here = place {
            let member = scores.block.item(at: here)
            if scan.options.pattern == nil || member.withText(scan.options.matches) {
                reply.pointee.appendBulk(member)
                reply.pointee.appendBulk(scores.block.item(at: scores.block.after(here)))
                found += 2
            }
            place = scores.next(here)
        }
    case .tree(let set):
        cursor = scan.options.scan(set.table, from: scan.cursor) { element in
            guard scan.options.matches(element.key) else { return }
            reply.pointee.bulk(element.key)
            reply.pointee.bulkLong(element.score)
            found += 2
        }
    }
    frame.finish(reply, cursor: cursor, count: found)
}

extension ReplyBuffer {
    /// A score with 17 digits as a bulk string.
    fileprivate mutating func bulkLong(_ score: Double) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: DoubleText.maxBytes) { buffer in
            let text = buffer.baseAddress.unsafelyUnwrapped
            bulk(Bytes(UnsafePointer(text), DoubleText.writeLong(score, to: text)))
        }
    }
}
