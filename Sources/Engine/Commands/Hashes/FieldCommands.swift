// Commands that read fields by name: HGET, HMGET, HEXISTS, HSTRLEN, HLEN.

import Memory
import RESP

package let fieldCommandRows: [CommandRow] = [
    hgetRow, hmgetRow, hexistsRow, hstrlenRow, hlenRow,
]

private let hgetRow = CommandRow(
    .hget, "hget", arity: 3, [.readOnly, .fast], .hash,
    keys: [.at(1, [.ro, .access])],
    since: "2.0.0", group: .hash, complexity: "O(1)",
    summary: "Returns the value of a field of a hash.",
    arguments: [.key("key"), .string("field")])

private let hmgetRow = CommandRow(
    .hmget, "hmget", arity: -3, [.readOnly, .fast], .hash,
    keys: [.at(1, [.ro, .access])],
    since: "2.0.0", group: .hash, complexity: "O(N), N being the fields asked for",
    summary: "Returns the values of several fields of a hash.",
    arguments: [.key("key"), .string("field").multiple])

private let hexistsRow = CommandRow(
    .hexists, "hexists", arity: 3, [.readOnly, .fast], .hash,
    keys: [.at(1, .ro)],
    since: "2.0.0", group: .hash, complexity: "O(1)",
    summary: "Tells whether a hash has a field.",
    arguments: [.key("key"), .string("field")])

private let hstrlenRow = CommandRow(
    .hstrlen, "hstrlen", arity: 3, [.readOnly, .fast], .hash,
    keys: [.at(1, .ro)],
    since: "3.2.0", group: .hash, complexity: "O(1)",
    summary: "Returns the length of the value of a field.",
    arguments: [.key("key"), .string("field")])

private let hlenRow = CommandRow(
    .hlen, "hlen", arity: 2, [.readOnly, .fast], .hash,
    keys: [.at(1, .ro)],
    since: "2.0.0", group: .hash, complexity: "O(1)",
    summary: "Returns the number of fields in a hash.",
    arguments: [.key("key")])

package func hgetCommand(_ c: inout CommandContext) {
    var isError = false
    guard let hash = c.readHash(&isError) else {
        if !isError { c.reply.pointee.null() }
        return
    }
    var isGone = false
    guard let field = c.liveField(hash, 2, &isGone) else { return c.reply.pointee.null() }
    c.reply.pointee.appendBulk(field.value)
}

package func hmgetCommand(_ c: inout CommandContext) {
    var isError = false
    let hash = c.readHash(&isError)
    if isError { return }
    c.reply.pointee.array(c.count &- 2)
    var isGone = hash == nil
    for i in 2..<c.count {
        // Expired fields are removed on the way, but the handle stays valid: of a hash with
        // deadlines, whatever its form, the pointer stays as it is.
        if !isGone, let hash, let field = c.liveField(hash, i, &isGone) {
            c.reply.pointee.appendBulk(field.value)
        } else {
            c.reply.pointee.null()
        }
    }
}

package func hexistsCommand(_ c: inout CommandContext) {
    var isError = false
    var isGone = false
    guard let hash = c.readHash(&isError) else {
        if !isError { c.reply.pointee.integer(0) }
        return
    }
    c.reply.pointee.integer(c.liveField(hash, 2, &isGone) == nil ? 0 : 1)
}

package func hstrlenCommand(_ c: inout CommandContext) {
    var isError = false
    var isGone = false
    guard let hash = c.readHash(&isError) else {
        if !isError { c.reply.pointee.integer(0) }
        return
    }
    c.reply.pointee.integer(c.liveField(hash, 2, &isGone)?.value.textBytes ?? 0)
}

package func hlenCommand(_ c: inout CommandContext) {
    var isError = false
    guard let hash = c.readHash(&isError) else {
        if !isError { c.reply.pointee.integer(0) }
        return
    }
    c.reply.pointee.integer(hash.count)
}
