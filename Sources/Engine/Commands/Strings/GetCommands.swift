// Commands that return a string: GET, GETEX, GETDEL, STRLEN.
//
// GET is the hot path: one lookup, one append, no allocation, no reference counting.

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
    guard let entry = c.database.pointee.lookupRead(c[1], c.firstKeyHash, touch: !c.noTouch) else {
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

private let getdelRow = CommandRow(
    .getdel, "getdel", arity: 2, [.write, .fast], .string,
    keys: [.at(1, [.rw, .access, .delete])],
    since: "6.2.0", group: .string, complexity: "O(1)",
    summary: "Returns the string under a key and deletes the key.",
    arguments: [.key("key")])

private let strlenRow = CommandRow(
    .strlen, "strlen", arity: 2, [.readOnly, .fast], .string,
    keys: [.at(1, .ro)],
    since: "2.2.0", group: .string, complexity: "O(1)",
    summary: "Returns how many bytes the string under a key has.",
    arguments: [.key("key")])
