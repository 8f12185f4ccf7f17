// Commands that store a string: SET, SETNX, SETEX, PSETEX, GETSET, APPEND.
//
// Plain `SET key value` is the hot path: no allocation but the entry's, no reference counting.
// Everything with options goes through `setWithOptions`.

import CMachine
import Memory

package let setCommandRows: [CommandRow] = [
    setRow, setnxRow, setexRow, psetexRow, getsetRow, appendRow,
]

private let setRow = CommandRow(
    .set, "set", arity: -3, [.write, .denyOOM], .string,
    keys: [.at(1, [.rw, .access, .update, .variable], notes: "`GET` makes it RW and ACCESS")],
    variableKeyFlags: setKeyFlags,
    since: "1.0.0", group: .string, complexity: "O(1)",
    summary: "Stores a string under a key, whatever the key held before.",
    history: [
        "2.6.12": "Options `EX`, `PX`, `NX` and `XX`.",
        "6.0.0": "Option `KEEPTTL`.",
        "6.2.0": "Options `GET`, `EXAT` and `PXAT`.",
        "7.0.0": "`NX` together with `GET`.",
    ],
    arguments: [
        .key("key"),
        .string("value"),
        .oneOf("condition", [.token("nx", "NX"), .token("xx", "XX")]).optional.since("2.6.12"),
        .token("get", "GET").optional.since("6.2.0"),
        .oneOf(
            "expiration",
            [
                .integer("seconds", token: "EX").since("2.6.12"),
                .integer("milliseconds", token: "PX").since("2.6.12"),
                .unixTime("unix-time-seconds", token: "EXAT").since("6.2.0"),
                .unixTime("unix-time-milliseconds", token: "PXAT").since("6.2.0"),
                .token("keepttl", "KEEPTTL").since("6.0.0"),
            ]
        ).optional,
    ])

/// SET reads the old value only with the word GET; like Redis 7.4 this looks at all arguments after
/// the value, not at their meaning.
private let setKeyFlags: VariableKeyFlags = { arguments, count in
    var i = 3
    while i < count {
        if arguments[i].isWord("get") { return [.rw, .access, .update] }
        i += 1
    }
    return [.ow, .update]
}

package func setCommand(_ c: inout CommandContext) {
    guard c.count == 3 else { return setWithOptions(&c) }
    let key = c[1]
    let hash = c.firstKeyHash
    let position = c.lookupWrite(key, hash)
    c.database.pointee.setString(key, hash, position, c.newString(2))
    c.database.pointee.changed(key)
    c.reply.pointee.ok()
}

extension CommandContext {
    /// An argument as a value to store: as an integer if it is the one text of one, by reference if
    /// it was received into a blob of its own.
    @inline(__always)
    func newString(_ i: Int) -> NewString {
        let value = self[i]
        if let integer = value.integer { return .integer(integer) }
        if i == ownedArgumentIndex, let blob = ownedArgument {
            blob.retain()
            return .blob(blob)
        }
        return .bytes(value)
    }
}

@inline(never)
private func setWithOptions(_ c: inout CommandContext) {
    guard let options = StringOptions(c, from: 3, .set) else { return c.replySyntaxError() }
    var deadline: NewDeadline = options.keepsDeadline ? .keep : .none
    if let form = options.form {
        guard let due = c.deadline(c[options.timeIndex], form, command: "set") else { return }
        deadline = .at(due)
    }
    if options.returnsOld {
        guard replyOldString(&c) else { return }
    }
    let key = c[1]
    let hash = c.firstKeyHash
    let position = c.lookupWrite(key, hash)
    if position == nil ? options.onlyIfPresent : options.onlyIfMissing {
        if !options.returnsOld { c.reply.pointee.null() }
        return
    }
    c.database.pointee.setString(key, hash, position, c.newString(2), deadline: deadline)
    c.database.pointee.changed(key)
    if !options.returnsOld { c.reply.pointee.ok() }
}

/// Answers with the string under the first key, or null; false if it is no string.
func replyOldString(_ c: inout CommandContext) -> Bool {
    guard let entry = c.lookupRead(c[1], c.firstKeyHash) else {
        c.reply.pointee.null()
        return true
    }
    guard entry.isString else {
        c.replyWrongType()
        return false
    }
    c.reply(string: entry)
    return true
}

private let setnxRow = CommandRow(
    .setnx, "setnx", arity: 3, [.write, .denyOOM, .fast], .string,
    keys: [.at(1, [.ow, .insert])],
    since: "1.0.0", group: .string, complexity: "O(1)",
    summary: "Stores a string under a key that does not exist yet.",
    deprecatedSince: "2.6.12", replacedBy: "`SET` with `NX`",
    arguments: [.key("key"), .string("value")])

package func setnxCommand(_ c: inout CommandContext) {
    let key = c[1]
    let hash = c.firstKeyHash
    guard c.lookupWrite(key, hash) == nil else {
        c.reply.pointee.integer(0)
        return
    }
    c.database.pointee.setString(key, hash, nil, c.newString(2))
    c.database.pointee.changed(key)
    c.reply.pointee.integer(1)
}

private let setexRow = CommandRow(
    .setex, "setex", arity: 4, [.write, .denyOOM], .string,
    keys: [.at(1, [.ow, .update])],
    since: "2.0.0", group: .string, complexity: "O(1)",
    summary: "Stores a string together with a time to live in seconds.",
    deprecatedSince: "2.6.12", replacedBy: "`SET` with `EX`",
    arguments: [.key("key"), .integer("seconds"), .string("value")])

package func setexCommand(_ c: inout CommandContext) {
    setWithTime(&c, .seconds, "setex")
}

private func setWithTime(
    _ c: inout CommandContext, _ form: ExpiryForm, _ command: StaticString
) {
    guard let due = c.deadline(c[2], form, command: command) else { return }
    let key = c[1]
    let hash = c.firstKeyHash
    let position = c.lookupWrite(key, hash)
    c.database.pointee.setString(key, hash, position, c.newString(3), deadline: .at(due))
    c.database.pointee.changed(key)
    c.reply.pointee.ok()
}

private let psetexRow = CommandRow(
    .psetex, "psetex", arity: 4, [.write, .denyOOM], .string,
    keys: [.at(1, [.ow, .update])],
    since: "2.6.0", group: .string, complexity: "O(1)",
    summary: "Stores a string together with a time to live in milliseconds.",
    deprecatedSince: "2.6.12", replacedBy: "`SET` with `PX`",
    arguments: [.key("key"), .integer("milliseconds"), .string("value")])

package func psetexCommand(_ c: inout CommandContext) {
    setWithTime(&c, .milliseconds, "psetex")
}

private let getsetRow = CommandRow(
    .getset, "getset", arity: 3, [.write, .denyOOM, .fast], .string,
    keys: [.at(1, [.rw, .access, .update])],
    since: "1.0.0", group: .string, complexity: "O(1)",
    summary: "Stores a string and returns the one it replaces.",
    deprecatedSince: "6.2.0", replacedBy: "`SET` with `GET`",
    arguments: [.key("key"), .string("value")])

package func getsetCommand(_ c: inout CommandContext) {
    guard replyOldString(&c) else { return }
    let key = c[1]
    let hash = c.firstKeyHash
    let position = c.lookupWrite(key, hash)
    c.database.pointee.setString(key, hash, position, c.newString(2))
    c.database.pointee.changed(key)
}

private let appendRow = CommandRow(
    .append, "append", arity: 3, [.write, .denyOOM, .fast], .string,
    keys: [.at(1, [.rw, .insert])],
    since: "2.0.0", group: .string, complexity: "O(1) amortized, for short additions",
    summary: "Adds bytes at the end of a string; a missing key counts as empty.",
    arguments: [.key("key"), .string("value")])

package func appendCommand(_ c: inout CommandContext) {
    let key = c[1]
    let hash = c.firstKeyHash
    let added = c[2]
    guard let position = c.lookupWrite(key, hash) else {
        c.database.pointee.setString(key, hash, nil, c.newString(2))
        c.database.pointee.changed(key)
        c.reply.pointee.integer(added.count)
        return
    }
    guard position.entry.isString else { return c.replyWrongType() }
    let length = position.entry.stringLength
    guard let total = c.checkedLength(length, added.count) else { return }
    let bytes = c.database.pointee.editString(position, count: total)
    machine_copy(bytes + length, added.base, added.count)
    c.database.pointee.changed(key)
    c.reply.pointee.integer(total)
}

extension CommandContext {
    /// The length of a string that grows; or nil, and the error is written, where it would exceed
    /// proto-max-bulk-len.
    func checkedLength(_ length: Int, _ added: Int) -> Int? {
        let (total, overflow) = length.addingReportingOverflow(added)
        guard !overflow, total <= engine.pointee.settings.protoMaxBulkLength else {
            reply.pointee.error(
                "ERR string exceeds maximum allowed size (proto-max-bulk-len)")
            return nil
        }
        return total
    }
}
