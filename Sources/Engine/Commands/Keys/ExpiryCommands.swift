// Commands on the expiry of keys: EXPIRE and its kin, TTL and its kin, PERSIST.
//
// Times are kept as unix milliseconds; seconds are a matter of the arguments and the replies.

import Memory

package let expiryCommandRows: [CommandRow] = [
    expireRow, pexpireRow, expireatRow, pexpireatRow, ttlRow, pttlRow, expiretimeRow,
    pexpiretimeRow, persistRow,
]

private let expireRow = CommandRow(
    .expire, "expire", arity: -3, [.write, .fast], .keyspace,
    keys: [.at(1, [.rw, .update])],
    since: "1.0.0", group: .generic, complexity: "O(1)",
    summary: "Sets how many seconds a key has left to live.",
    history: ["7.0.0": "Conditions `NX`, `XX`, `GT` and `LT`."],
    arguments: [
        .key("key"),
        .integer("seconds"),
        .oneOf(
            "condition",
            [
                .token("nx", "NX"),
                .token("xx", "XX"),
                .token("gt", "GT"),
                .token("lt", "LT"),
            ]
        ).optional.since("7.0.0"),
    ])

package func expireCommand(_ c: inout CommandContext) { expire(&c, .seconds, "expire") }

/// What stands behind the time of EXPIRE and its kin.
private struct ExpiryCondition {
    var onlyWithout = false
    var onlyWith = false
    var onlyLater = false
    var onlySooner = false

    /// The conditions; or nil, and the error is written.
    init?(_ c: borrowing CommandContext) {
        for i in 3..<c.count {
            if c[i].isWord("nx") {
                onlyWithout = true
            } else if c[i].isWord("xx") {
                onlyWith = true
            } else if c[i].isWord("gt") {
                onlyLater = true
            } else if c[i].isWord("lt") {
                onlySooner = true
            } else {
                c.reply.pointee.error("ERR Unsupported option ", c[i], "")
                return nil
            }
        }
        if onlyWithout, onlyWith || onlyLater || onlySooner {
            c.reply.pointee.error(
                "ERR NX and XX, GT or LT options at the same time are not compatible")
            return nil
        }
        if onlyLater, onlySooner {
            c.reply.pointee.error("ERR GT and LT options at the same time are not compatible")
            return nil
        }
    }

    /// Whether a key with the deadline `old` gets the deadline `new`. No deadline is the latest.
    func allows(_ new: Int64, over old: Int64?) -> Bool {
        guard let old else { return !onlyWith && !onlyLater }
        if onlyWithout { return false }
        if onlyLater, new <= old { return false }
        if onlySooner, new >= old { return false }
        return true
    }
}

/// EXPIRE and its kin. A time that has come already removes the key.
private func expire(_ c: inout CommandContext, _ form: ExpiryForm, _ command: StaticString) {
    guard let condition = ExpiryCondition(c), let time = c.integer(2) else { return }
    guard let due = form.deadline(time, now: c.engine.pointee.now) else {
        c.replyInvalidExpiry(command)
        return
    }
    let key = c[1]
    let hash = c.firstKeyHash
    guard let position = c.lookupWrite(key, hash),
        condition.allows(due, over: position.entry.deadlineIfAny)
    else {
        c.reply.pointee.integer(0)
        return
    }
    c.setDeadline(position, hash, due)
    c.database.pointee.changed(key)
    c.reply.pointee.integer(1)
}

private let pexpireRow = CommandRow(
    .pexpire, "pexpire", arity: -3, [.write, .fast], .keyspace,
    keys: [.at(1, [.rw, .update])],
    since: "2.6.0", group: .generic, complexity: "O(1)",
    summary: "Sets how many milliseconds a key has left to live.",
    history: ["7.0.0": "Conditions `NX`, `XX`, `GT` and `LT`."],
    arguments: [
        .key("key"),
        .integer("milliseconds"),
        .oneOf(
            "condition",
            [
                .token("nx", "NX"),
                .token("xx", "XX"),
                .token("gt", "GT"),
                .token("lt", "LT"),
            ]
        ).optional.since("7.0.0"),
    ])

package func pexpireCommand(_ c: inout CommandContext) { expire(&c, .milliseconds, "pexpire") }

private let expireatRow = CommandRow(
    .expireat, "expireat", arity: -3, [.write, .fast], .keyspace,
    keys: [.at(1, [.rw, .update])],
    since: "1.2.0", group: .generic, complexity: "O(1)",
    summary: "Sets the Unix time in seconds at which a key expires.",
    history: ["7.0.0": "Conditions `NX`, `XX`, `GT` and `LT`."],
    arguments: [
        .key("key"),
        .unixTime("unix-time-seconds"),
        .oneOf(
            "condition",
            [
                .token("nx", "NX"),
                .token("xx", "XX"),
                .token("gt", "GT"),
                .token("lt", "LT"),
            ]
        ).optional.since("7.0.0"),
    ])

package func expireatCommand(_ c: inout CommandContext) { expire(&c, .unixSeconds, "expireat") }

private let pexpireatRow = CommandRow(
    .pexpireat, "pexpireat", arity: -3, [.write, .fast], .keyspace,
    keys: [.at(1, [.rw, .update])],
    since: "2.6.0", group: .generic, complexity: "O(1)",
    summary: "Sets the Unix time in milliseconds at which a key expires.",
    history: ["7.0.0": "Conditions `NX`, `XX`, `GT` and `LT`."],
    arguments: [
        .key("key"),
        .unixTime("unix-time-milliseconds"),
        .oneOf(
            "condition",
            [
                .token("nx", "NX"),
                .token("xx", "XX"),
                .token("gt", "GT"),
                .token("lt", "LT"),
            ]
        ).optional.since("7.0.0"),
    ])

package func pexpireatCommand(_ c: inout CommandContext) {
    expire(&c, .unixMilliseconds, "pexpireat")
}

private let ttlRow = CommandRow(
    .ttl, "ttl", arity: 2, [.readOnly, .fast], .keyspace,
    keys: [.at(1, [.ro, .access])],
    tips: [.nondeterministicOutput],
    since: "1.0.0", group: .generic, complexity: "O(1)",
    summary: "Returns how many seconds a key has left to live.",
    history: ["2.8.0": "Answers -2 for a missing key."],
    arguments: [.key("key")])

package func ttlCommand(_ c: inout CommandContext) {
    replyTime(&c, relative: true, seconds: true)
}

/// Answers with the deadline or what is left until then; -1 without a deadline, -2 without a key.
private func replyTime(_ c: inout CommandContext, relative: Bool, seconds: Bool) {
    guard let entry = c.database.pointee.lookupRead(c[1], c.firstKeyHash, touch: false) else {
        c.reply.pointee.integer(-2)
        return
    }
    guard var time = entry.deadlineIfAny else {
        c.reply.pointee.integer(-1)
        return
    }
    if relative { time = max(0, time - c.engine.pointee.now) }
    // Rounded to the nearest second; the remainder decides, as a sum could pass the end of time.
    let rounded = time / 1000 + (time % 1000 >= 500 ? 1 : 0)
    c.reply.pointee.integer(Int(seconds ? rounded : time))
}

private let pttlRow = CommandRow(
    .pttl, "pttl", arity: 2, [.readOnly, .fast], .keyspace,
    keys: [.at(1, [.ro, .access])],
    tips: [.nondeterministicOutput],
    since: "2.6.0", group: .generic, complexity: "O(1)",
    summary: "Returns how many milliseconds a key has left to live.",
    history: ["2.8.0": "Answers -2 for a missing key."],
    arguments: [.key("key")])

package func pttlCommand(_ c: inout CommandContext) {
    replyTime(&c, relative: true, seconds: false)
}

private let expiretimeRow = CommandRow(
    .expiretime, "expiretime", arity: 2, [.readOnly, .fast], .keyspace,
    keys: [.at(1, [.ro, .access])],
    since: "7.0.0", group: .generic, complexity: "O(1)",
    summary: "Returns the Unix time in seconds at which a key expires.",
    arguments: [.key("key")])

package func expiretimeCommand(_ c: inout CommandContext) {
    replyTime(&c, relative: false, seconds: true)
}

private let pexpiretimeRow = CommandRow(
    .pexpiretime, "pexpiretime", arity: 2, [.readOnly, .fast], .keyspace,
    keys: [.at(1, [.ro, .access])],
    since: "7.0.0", group: .generic, complexity: "O(1)",
    summary: "Returns the Unix time in milliseconds at which a key expires.",
    arguments: [.key("key")])

package func pexpiretimeCommand(_ c: inout CommandContext) {
    replyTime(&c, relative: false, seconds: false)
}

private let persistRow = CommandRow(
    .persist, "persist", arity: 2, [.write, .fast], .keyspace,
    keys: [.at(1, [.rw, .update])],
    since: "2.2.0", group: .generic, complexity: "O(1)",
    summary: "Makes a key live for ever.",
    arguments: [.key("key")])

package func persistCommand(_ c: inout CommandContext) {
    guard let position = c.lookupWrite(c[1], c.firstKeyHash), position.entry.hasDeadline else {
        c.reply.pointee.integer(0)
        return
    }
    c.database.pointee.clearDeadline(position)
    c.database.pointee.changed(c[1])
    c.reply.pointee.integer(1)
}
