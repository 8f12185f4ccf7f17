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
    guard let options = ScanOptions(c) else { return }
    scan(&c, from: cursor, options)
}

private struct ScanOptions {
    var count = 10
    var pattern: Bytes?
    /// Whether only keys of one type are wanted, and of which; none are of a type that is unknown.
    var filtersType = false
    var type: ValueType?

    /// The options behind the cursor; or nil, and the error is written.
    init?(_ c: borrowing CommandContext) {
        var i = 2
        while i < c.count {
            let hasNext = i + 1 < c.count
            if c[i].isWord("count"), hasNext {
                guard let wanted = c.integer(i + 1) else { return nil }
                guard wanted >= 1 else {
                    c.replySyntaxError()
                    return nil
                }
                count = Int(wanted)
            } else if c[i].isWord("match"), hasNext {
                pattern = c[i + 1].equals(Bytes("*")) ? nil : c[i + 1]
            } else if c[i].isWord("type"), hasNext {
                filtersType = true
                type = ValueType(name: c[i + 1])
            } else if c[i].isWord("novalues") {
                c.reply.pointee.error("ERR NOVALUES option can only be used in HSCAN")
                return nil
            } else {
                c.replySyntaxError()
                return nil
            }
            i += 2
        }
    }
}

/// Walks on from the cursor until COUNT keys were seen or ten times as many steps were taken, and
/// answers with what passes the filters. Keys past their time are removed on the way.
private func scan(_ c: inout CommandContext, from start: UInt64, _ options: ScanOptions) {
    let reply = c.reply
    let database = c.database
    let outer = reply.pointee.deferred()
    let inner = reply.pointee.deferred()
    var gone: [[UInt8]] = []
    var seen = 0
    var found = 0
    var cursor = start
    var steps = options.count.multipliedReportingOverflow(by: 10)
    if steps.overflow { steps.partialValue = .max }
    repeat {
        cursor = database.pointee.scan(cursor) { entry in
            seen += 1
            let key = entry.key
            if let pattern = options.pattern, !Glob.matches(pattern, key) { return }
            if database.pointee.isExpired(entry) {
                gone.append(key.array)
            } else if !options.filtersType || entry.type == options.type {
                reply.pointee.bulk(key)
                found += 1
            }
        }
        steps.partialValue -= 1
    } while cursor != 0 && steps.partialValue > 0 && seen < options.count
    reply.pointee.close(inner, array: found)
    for key in gone {
        key.withBytes { _ = database.pointee.removeIfExpired($0, c.engine.pointee.hash($0)) }
    }
    replyCursor(cursor, before: outer, reply)
}

/// Puts the array's header and the cursor in front of the keys.
private func replyCursor(
    _ cursor: UInt64, before place: ReplyBuffer.Deferred,
    _ reply: UnsafeMutablePointer<ReplyBuffer>
) {
    var head: [UInt8] = Array("*2\r\n$".utf8)
    let digits = Array(String(cursor).utf8)
    head += Array(String(digits.count).utf8) + [13, 10] + digits + [13, 10]
    reply.pointee.insert(head, at: place)
}

/// A cursor as Redis reads it: a decimal number of 64 bits, with blanks, a sign or zeros before it,
/// a negative one counted down from 2^64; but -1 and other plain negative integers are refused.
private func scanCursor(_ whole: Bytes) -> UInt64? {
    let text = whole.upToZero
    if let plain = text.integer { return UInt64(exactly: plain) }
    var i = 0
    while i < text.count, text[i] == 0x20 || (0x09...0x0D).contains(text[i]) { i += 1 }
    let negative = i < text.count && text[i] == 0x2D
    if negative || (i < text.count && text[i] == 0x2B) { i += 1 }
    guard i < text.count else { return nil }
    var value: UInt64 = 0
    while i < text.count {
        let digit = text[i] &- 48
        let (product, tooLong) = value.multipliedReportingOverflow(by: 10)
        let (sum, tooLarge) = product.addingReportingOverflow(UInt64(digit))
        guard digit <= 9, !tooLong, !tooLarge else { return nil }
        value = sum
        i += 1
    }
    return negative ? 0 &- value : value
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
