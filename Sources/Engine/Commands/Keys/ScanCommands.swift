// Commands that walk the keyspace: KEYS, SCAN, RANDOMKEY.

package let scanCommandRows: [CommandRow] = [
    keysRow, scanRow, randomkeyRow,
]

private let keysRow = CommandRow(
    .keys, "keys", arity: 2, .readOnly, [.keyspace, .dangerous],
    tips: [.requestAllShards, .nondeterministicOutputOrder],
    since: "1.0.0", group: .generic, complexity: "O(N), N being the keys in the database",
    summary: "Lists the names of all keys that match a pattern.",
    arguments: [.pattern("pattern")])

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

private let randomkeyRow = CommandRow(
    .randomkey, "randomkey", arity: 1, [.readOnly, .touchesArbitraryKeys], .keyspace,
    tips: [.requestAllShards, .responseSpecial, .nondeterministicOutput],
    since: "1.0.0", group: .generic, complexity: "O(1)",
    summary: "Returns the name of a key chosen at random.")
