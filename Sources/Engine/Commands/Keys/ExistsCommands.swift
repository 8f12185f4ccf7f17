// Commands that look whether and what a key is: EXISTS, TOUCH, TYPE.

import Memory

package let existsCommandRows: [CommandRow] = [
    existsRow, touchRow, typeRow,
]

private let existsRow = CommandRow(
    .exists, "exists", arity: -2, [.readOnly, .fast], .keyspace,
    keys: [.at(1, through: -1, .ro)],
    tips: [.requestMultiShard, .responseAggregateSum],
    since: "1.0.0", group: .generic, complexity: "O(N), N being the number of keys",
    summary: "Counts how many of the keys named exist, repeated ones each time.",
    history: ["3.0.3": "Several keys in one call."],
    arguments: [.key("key").multiple])

package func existsCommand(_ c: inout CommandContext) { countKeys(&c, touch: false) }

/// Answers how many of the keys exist. Each counts as a hit or a miss.
private func countKeys(_ c: inout CommandContext, touch: Bool) {
    var batch = KeyBatch()
    var found = 0
    var i = 1
    while i < c.count {
        let keys = min(KeyBatch.size, c.count &- i)
        batch.prepare(c, from: i, count: keys)
        for k in 0..<keys {
            let entry = c.database.pointee.lookupRead(c[i &+ k], batch.hash(k), touch: touch)
            if entry != nil { found &+= 1 }
        }
        i &+= keys
    }
    c.reply.pointee.integer(found)
}

private let touchRow = CommandRow(
    .touch, "touch", arity: -2, [.readOnly, .fast], .keyspace,
    keys: [.at(1, through: -1, .ro)],
    tips: [.requestMultiShard, .responseAggregateSum],
    since: "3.2.1", group: .generic, complexity: "O(N), N being the number of keys",
    summary: "Marks keys as just used and counts how many of them exist.",
    arguments: [.key("key").multiple])

/// Touches even for a client that said NO-TOUCH: it asks for nothing else.
package func touchCommand(_ c: inout CommandContext) { countKeys(&c, touch: true) }

private let typeRow = CommandRow(
    .type, "type", arity: 2, [.readOnly, .fast], .keyspace,
    keys: [.at(1, .ro)],
    since: "1.0.0", group: .generic, complexity: "O(1)",
    summary: "Returns the type of the value under a key.",
    arguments: [.key("key")])

package func typeCommand(_ c: inout CommandContext) {
    let entry = c.database.pointee.lookupRead(c[1], c.firstKeyHash, touch: false)
    c.reply.pointee.simple(entry?.type.name ?? "none")
}
