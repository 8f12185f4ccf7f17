// Commands that return a string: GET, GETEX, GETDEL, STRLEN.
//
// GET is the hot path: one lookup, one append, no allocation, no reference counting.

import Memory

package let getCommandRows: [CommandRow] = [
    getRow, getexRow, getdelRow, strlenRow,
]

private let getRow = CommandRow(
    .get, "get", arity: 2, [.readOnly, .fast], .string,
    keys: [.at(1, [.ro, .access])],
    since: "1.0.0", group: .string, complexity: "O(1)",
    summary: "Returns the string under a key.",
    arguments: [.key("key")])

package func getCommand(_ c: inout CommandContext) {
    guard let entry = c.lookupRead(c[1], c.firstKeyHash) else {
        c.reply.pointee.null()
        return
    }
    guard entry.isString else { return c.replyWrongType() }
    c.reply(string: entry)
}

private let getexRow = CommandRow(
    .getex, "getex", arity: -2, [.write, .fast], .string,
    keys: [.at(1, [.rw, .access, .update], notes: "Changing the expiry makes it RW and UPDATE")],
    since: "6.2.0", group: .string, complexity: "O(1)",
    summary: "Returns the string under a key and changes or removes its expiry.",
    arguments: [
        .key("key"),
        .oneOf(
            "expiration",
            [
                .integer("seconds", token: "EX"),
                .integer("milliseconds", token: "PX"),
                .unixTime("unix-time-seconds", token: "EXAT"),
                .unixTime("unix-time-milliseconds", token: "PXAT"),
                .token("persist", "PERSIST"),
            ]
        ).optional,
    ])

package func getexCommand(_ c: inout CommandContext) {
    guard let options = StringOptions(c, from: 2, .getex) else { return c.replySyntaxError() }
    let key = c[1]
    guard let entry = c.lookupRead(key, c.firstKeyHash) else {
        c.reply.pointee.null()
        return
    }
    guard entry.isString else { return c.replyWrongType() }
    var due: Int64?
    if let form = options.form {
        due = c.deadline(c[options.timeIndex], form, command: "getex")
        if due == nil { return }
    }
    c.reply(string: entry)
    guard due != nil || options.persists,
        let position = c.database.pointee.lookupWrite(key, c.firstKeyHash, touch: false)
    else { return }
    if let due {
        c.setDeadline(position, c.firstKeyHash, due)
    } else {
        guard entry.hasDeadline else { return }
        c.database.pointee.clearDeadline(position)
    }
    c.database.pointee.changed(key)
}

extension CommandContext {
    /// Gives a key a deadline; one that has come already removes the key at once.
    func setDeadline(_ position: Position, _ hash: UInt64, _ due: Int64) {
        if due <= engine.pointee.now {
            database.pointee.remove(position)
        } else {
            database.pointee.setDeadline(position, hash, due)
        }
    }
}

private let getdelRow = CommandRow(
    .getdel, "getdel", arity: 2, [.write, .fast], .string,
    keys: [.at(1, [.rw, .access, .delete])],
    since: "6.2.0", group: .string, complexity: "O(1)",
    summary: "Returns the string under a key and deletes the key.",
    arguments: [.key("key")])

package func getdelCommand(_ c: inout CommandContext) {
    guard replyOldString(&c),
        let position = c.database.pointee.lookupWrite(c[1], c.firstKeyHash, touch: false)
    else { return }
    c.database.pointee.remove(position)
    c.database.pointee.changed(c[1])
}

private let strlenRow = CommandRow(
    .strlen, "strlen", arity: 2, [.readOnly, .fast], .string,
    keys: [.at(1, .ro)],
    since: "2.2.0", group: .string, complexity: "O(1)",
    summary: "Returns how many bytes the string under a key has.",
    arguments: [.key("key")])

package func strlenCommand(_ c: inout CommandContext) {
    guard let entry = c.lookupRead(c[1], c.firstKeyHash) else {
        c.reply.pointee.integer(0)
        return
    }
    guard entry.isString else { return c.replyWrongType() }
    c.reply.pointee.integer(entry.stringLength)
}
