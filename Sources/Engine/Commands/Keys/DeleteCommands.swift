// Commands that delete keys: DEL, UNLINK.

import Memory

package let deleteCommandRows: [CommandRow] = [
    delRow, unlinkRow,
]

private let delRow = CommandRow(
    .del, "del", arity: -2, .write, .keyspace,
    keys: [.at(1, through: -1, [.rm, .delete])],
    tips: [.requestMultiShard, .responseAggregateSum],
    since: "1.0.0", group: .generic,
    complexity: """
        O(N), N being the number of keys; the elements of a collection are freed in slices
        """,
    summary: "Deletes keys.",
    arguments: [.key("key").multiple])

package func delCommand(_ c: inout CommandContext) {
    var batch = KeyBatch()
    var removed = 0
    var i = 1
    while i < c.count {
        let keys = min(KeyBatch.size, c.count &- i)
        batch.prepare(c, from: i, count: keys)
        for k in 0..<keys {
            let key = c[i &+ k]
            let position = c.database.pointee.lookupWrite(key, batch.hash(k), touch: false)
            guard let position else { continue }
            c.database.pointee.remove(position)
            c.database.pointee.changed(key)
            removed &+= 1
        }
        i &+= keys
    }
    c.reply.pointee.integer(removed)
}

private let unlinkRow = CommandRow(
    .unlink, "unlink", arity: -2, [.write, .fast], .keyspace,
    keys: [.at(1, through: -1, [.rm, .delete])],
    tips: [.requestMultiShard, .responseAggregateSum],
    since: "4.0.0", group: .generic,
    complexity: "O(N), N being the number of keys; values are freed in slices",
    summary: "Deletes keys and frees what they held in the background.",
    arguments: [.key("key").multiple])

/// The same as DEL: both free big values in slices.
package func unlinkCommand(_ c: inout CommandContext) { delCommand(&c) }
