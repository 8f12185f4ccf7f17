// Commands that store a string: SET, SETNX, SETEX, PSETEX, GETSET, APPEND.

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

private let setnxRow = CommandRow(
    .setnx, "setnx", arity: 3, [.write, .denyOOM, .fast], .string,
    keys: [.at(1, [.ow, .insert])],
    since: "1.0.0", group: .string, complexity: "O(1)",
    summary: "Stores a string under a key that does not exist yet.",
    deprecatedSince: "2.6.12", replacedBy: "`SET` with `NX`",
    arguments: [.key("key"), .string("value")])

private let setexRow = CommandRow(
    .setex, "setex", arity: 4, [.write, .denyOOM], .string,
    keys: [.at(1, [.ow, .update])],
    since: "2.0.0", group: .string, complexity: "O(1)",
    summary: "Stores a string together with a time to live in seconds.",
    deprecatedSince: "2.6.12", replacedBy: "`SET` with `EX`",
    arguments: [.key("key"), .integer("seconds"), .string("value")])

private let psetexRow = CommandRow(
    .psetex, "psetex", arity: 4, [.write, .denyOOM], .string,
    keys: [.at(1, [.ow, .update])],
    since: "2.6.0", group: .string, complexity: "O(1)",
    summary: "Stores a string together with a time to live in milliseconds.",
    deprecatedSince: "2.6.12", replacedBy: "`SET` with `PX`",
    arguments: [.key("key"), .integer("milliseconds"), .string("value")])

private let getsetRow = CommandRow(
    .getset, "getset", arity: 3, [.write, .denyOOM, .fast], .string,
    keys: [.at(1, [.rw, .access, .update])],
    since: "1.0.0", group: .string, complexity: "O(1)",
    summary: "Stores a string and returns the one it replaces.",
    deprecatedSince: "6.2.0", replacedBy: "`SET` with `GET`",
    arguments: [.key("key"), .string("value")])

private let appendRow = CommandRow(
    .append, "append", arity: 3, [.write, .denyOOM, .fast], .string,
    keys: [.at(1, [.rw, .insert])],
    since: "2.0.0", group: .string, complexity: "O(1) amortized, for short additions",
    summary: "Adds bytes at the end of a string; a missing key counts as empty.",
    arguments: [.key("key"), .string("value")])
