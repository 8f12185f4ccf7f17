// Commands on whole databases: DBSIZE, FLUSHDB, FLUSHALL, SWAPDB.

import Memory

package let databaseCommandRows: [CommandRow] = [
    dbsizeRow, flushdbRow, flushallRow, swapdbRow,
]

private let dbsizeRow = CommandRow(
    .dbsize, "dbsize", arity: 1, [.readOnly, .fast], .keyspace,
    tips: [.requestAllShards, .responseAggregateSum],
    since: "1.0.0", group: .server, complexity: "O(1)",
    summary: "Returns how many keys the selected database has.")

package func dbsizeCommand(_ c: inout CommandContext) {
    c.reply.pointee.integer(c.database.pointee.count)
}

private let flushType = ArgumentSpec.oneOf(
    "flush-type",
    [
        .token("async", "ASYNC").since("4.0.0"),
        .token("sync", "SYNC").since("6.2.0"),
    ]
).optional

private let flushdbRow = CommandRow(
    .flushdb, "flushdb", arity: -1, .write, [.keyspace, .dangerous],
    tips: [.requestAllShards, .responseAllSucceeded],
    since: "1.0.0", group: .server,
    complexity: "O(1) for the caller; N keys are freed in slices",
    summary: "Deletes all keys of the selected database.",
    history: [
        "4.0.0": "Option `ASYNC`.",
        "6.2.0": "Option `SYNC`.",
    ],
    arguments: [flushType])

package func flushdbCommand(_ c: inout CommandContext) {
    guard checkFlushOptions(c) else { return }
    c.engine.pointee.flush(c.database.pointee.index)
    c.reply.pointee.ok()
}

/// SYNC and ASYNC are the same here: both free in slices. False if the error is written.
private func checkFlushOptions(_ c: borrowing CommandContext) -> Bool {
    if c.count == 1 { return true }
    if c.count == 2, c[1].isWord("sync") || c[1].isWord("async") { return true }
    c.replySyntaxError()
    return false
}

private let flushallRow = CommandRow(
    .flushall, "flushall", arity: -1, .write, [.keyspace, .dangerous],
    tips: [.requestAllShards, .responseAllSucceeded],
    since: "1.0.0", group: .server,
    complexity: "O(1) for the caller; N keys are freed in slices",
    summary: "Deletes all keys of all databases.",
    history: [
        "4.0.0": "Option `ASYNC`.",
        "6.2.0": "Option `SYNC`.",
    ],
    arguments: [flushType])

package func flushallCommand(_ c: inout CommandContext) {
    guard checkFlushOptions(c) else { return }
    for i in 0..<c.engine.pointee.databaseCount { c.engine.pointee.flush(i) }
    c.reply.pointee.ok()
}

private let swapdbRow = CommandRow(
    .swapdb, "swapdb", arity: 3, [.write, .fast], [.keyspace, .dangerous],
    since: "4.0.0", group: .server,
    complexity: "O(N), N being the clients that watch or wait for keys of the two databases",
    summary: "Exchanges the contents of two databases.",
    arguments: [.integer("index1"), .integer("index2")])

package func swapdbCommand(_ c: inout CommandContext) {
    guard let first = c[1].integer, Int32(exactly: first) != nil else {
        c.reply.pointee.error("ERR invalid first DB index")
        return
    }
    guard let second = c[2].integer, Int32(exactly: second) != nil else {
        c.reply.pointee.error("ERR invalid second DB index")
        return
    }
    let valid = 0..<Int64(c.engine.pointee.databaseCount)
    guard valid.contains(first), valid.contains(second) else { return c.replyDatabaseOutOfRange() }
    c.engine.pointee.swap(Int(first), Int(second))
    c.reply.pointee.ok()
}

extension CommandContext {
    func replyDatabaseOutOfRange() { reply.pointee.error("ERR DB index is out of range") }
}
