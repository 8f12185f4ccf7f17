// Commands that walk the keyspace: KEYS, SCAN, RANDOMKEY.

import Memory
import RESP

package let scanCommandRows: [CommandRow] = [
    keysRow, scanRow, randomkeyRow,
]

private let keysRow = CommandRow(
    .keys, "keys", arity: 2, .readOnly, [.keyspace, .dangerous],
    tips: [.requestAllShards, .nondeterministicOutputOrder],
    since: "1.0.0", group: .generic, complexity: "O(N), N being the keys in the database",
    summary: "Lists the names of all keys that match a pattern.",
    arguments: [.pattern("pattern")])

package func keysCommand(_ c: inout CommandContext) {
    let pattern = c[1]
    let all = pattern.equals(Bytes("*"))
    let reply = c.reply
    let database = c.database
    let place = reply.pointee.deferred()
    var count = 0
    database.pointee.forEach { entry in
        let key = entry.key
        guard all || Glob.matches(pattern, key), !database.pointee.isExpired(entry) else { return }
        reply.pointee.bulk(key)
        count += 1
    }
    reply.pointee.close(place, array: count)
}

private let scanRow = CommandRow(
    .scan, "scan", arity: -2, [.readOnly, .touchesArbitraryKeys], .keyspace,
    tips: [.nondeterministicOutput, .requestSpecial, .responseSpecial],
    since: "2.8.0", group: .generic,
    complexity: "O(1) for a call, O(N) for all calls until the cursor is 0, N being the keys",
    summary: "Lists key names step by step, keeping its place in a cursor.",
    history: ["6.0.0": "Option `TYPE`."],
    arguments: [
        .integer("cursor"),
        .pattern("pattern", token: "MATCH").optional,
        .integer("count", token: "COUNT").optional,
        .string("type", token: "TYPE").optional.since("6.0.0"),
    ])

package func scanCommand(_ c: inout CommandContext) {
    guard let cursor = scanCursor(c[1]) else {
        c.reply.pointee.error("ERR invalid cursor")
        return
    }
    guard let options = ScanOptions(c, from: 2, of: nil) else { return }
    scan(&c, from: cursor, options)
}

/// Walks on from the cursor until COUNT keys were seen or ten times as many steps were taken, and
/// answers with what passes the filters. Keys past their time are removed on the way.
private func scan(_ c: inout CommandContext, from start: UInt64, _ options: ScanOptions) {
    let reply = c.reply
    let database = c.database
    let frame = ScanReply.begin(reply)
    var gone: [[UInt8]] = []
    var seen = 0
    var found = 0
    var cursor = start
    var steps = options.mostSteps
    repeat {
        cursor = database.pointee.scan(cursor) { entry in
            seen += 1
            let key = entry.key
            guard options.matches(key) else { return }
            if database.pointee.isExpired(entry) {
                gone.append(key.array)
            } else if !options.filtersType || entry.type == options.type {
                reply.pointee.bulk(key)
                found += 1
            }
        }
        steps -= 1
    } while cursor != 0 && steps > 0 && seen < options.count
    frame.finish(reply, cursor: cursor, count: found)
    for key in gone {
        key.withBytes { _ = database.pointee.removeIfExpired($0, c.engine.pointee.hash($0)) }
    }
}

private let randomkeyRow = CommandRow(
    .randomkey, "randomkey", arity: 1, [.readOnly, .touchesArbitraryKeys], .keyspace,
    tips: [.requestAllShards, .responseSpecial, .nondeterministicOutput],
    since: "1.0.0", group: .generic, complexity: "O(1)",
    summary: "Returns the name of a key chosen at random.")

package func randomkeyCommand(_ c: inout CommandContext) {
    if let entry = c.database.pointee.randomEntry() {
        c.reply.pointee.bulk(entry.key)
    } else {
        c.reply.pointee.null()
    }
}
