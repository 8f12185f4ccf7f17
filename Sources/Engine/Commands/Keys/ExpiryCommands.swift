// Commands on the expiry of keys: EXPIRE and its kin, TTL and its kin, PERSIST.

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

private let ttlRow = CommandRow(
    .ttl, "ttl", arity: 2, [.readOnly, .fast], .keyspace,
    keys: [.at(1, [.ro, .access])],
    tips: [.nondeterministicOutput],
    since: "1.0.0", group: .generic, complexity: "O(1)",
    summary: "Returns how many seconds a key has left to live.",
    history: ["2.8.0": "Answers -2 for a missing key."],
    arguments: [.key("key")])

private let pttlRow = CommandRow(
    .pttl, "pttl", arity: 2, [.readOnly, .fast], .keyspace,
    keys: [.at(1, [.ro, .access])],
    tips: [.nondeterministicOutput],
    since: "2.6.0", group: .generic, complexity: "O(1)",
    summary: "Returns how many milliseconds a key has left to live.",
    history: ["2.8.0": "Answers -2 for a missing key."],
    arguments: [.key("key")])

private let expiretimeRow = CommandRow(
    .expiretime, "expiretime", arity: 2, [.readOnly, .fast], .keyspace,
    keys: [.at(1, [.ro, .access])],
    since: "7.0.0", group: .generic, complexity: "O(1)",
    summary: "Returns the Unix time in seconds at which a key expires.",
    arguments: [.key("key")])

private let pexpiretimeRow = CommandRow(
    .pexpiretime, "pexpiretime", arity: 2, [.readOnly, .fast], .keyspace,
    keys: [.at(1, [.ro, .access])],
    since: "7.0.0", group: .generic, complexity: "O(1)",
    summary: "Returns the Unix time in milliseconds at which a key expires.",
    arguments: [.key("key")])

private let persistRow = CommandRow(
    .persist, "persist", arity: 2, [.write, .fast], .keyspace,
    keys: [.at(1, [.rw, .update])],
    since: "2.2.0", group: .generic, complexity: "O(1)",
    summary: "Makes a key live for ever.",
    arguments: [.key("key")])
