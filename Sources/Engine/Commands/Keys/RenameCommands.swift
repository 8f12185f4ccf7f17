// Commands that give a value another key: RENAME, RENAMENX, COPY, MOVE.

package let renameCommandRows: [CommandRow] = [
    renameRow, renamenxRow, copyRow, moveRow,
]

private let renameRow = CommandRow(
    .rename, "rename", arity: 3, .write, .keyspace,
    keys: [.at(1, [.rw, .access, .delete]), .at(2, [.ow, .update])],
    since: "1.0.0", group: .generic, complexity: "O(1)",
    summary: "Gives a key another name, replacing what stood there.",
    arguments: [.key("key"), .key("newkey", spec: 1)])

private let renamenxRow = CommandRow(
    .renamenx, "renamenx", arity: 3, [.write, .fast], .keyspace,
    keys: [.at(1, [.rw, .access, .delete]), .at(2, [.ow, .insert])],
    since: "1.0.0", group: .generic, complexity: "O(1)",
    summary: "Gives a key another name, unless that name is taken.",
    history: ["3.2.0": "Equal names are no error any more."],
    arguments: [.key("key"), .key("newkey", spec: 1)])

private let copyRow = CommandRow(
    .copy, "copy", arity: -3, [.write, .denyOOM], .keyspace,
    keys: [.at(1, [.ro, .access]), .at(2, [.ow, .update])],
    since: "6.2.0", group: .generic,
    complexity: "O(1) for a string, O(N) for a collection of N elements",
    summary: "Copies the value of a key, with its expiry, to another key.",
    arguments: [
        .key("source"),
        .key("destination", spec: 1),
        .integer("destination-db", token: "DB").optional,
        .token("replace", "REPLACE").optional,
    ])

private let moveRow = CommandRow(
    .move, "move", arity: 3, [.write, .fast], .keyspace,
    keys: [.at(1, [.rw, .access, .update])],
    since: "1.0.0", group: .generic, complexity: "O(1)",
    summary: "Moves a key to another database, unless its name is taken there.",
    arguments: [.key("key"), .integer("db")])
