// Commands that move an element from list to list: LMOVE, RPOPLPUSH.

package let moveCommandRows: [CommandRow] = [
    lmoveRow, rpoplpushRow,
]

private let lmoveRow = CommandRow(
    .lmove, "lmove", arity: 5, [.write, .denyOOM], .list,
    keys: [.at(1, [.rw, .access, .delete]), .at(2, [.rw, .insert])],
    since: "6.2.0", group: .list, complexity: "O(1)",
    summary: "Takes an element from one end of a list and adds it at an end of another.",
    arguments: [
        .key("source"),
        .key("destination", spec: 1),
        .oneOf("wherefrom", [.token("left", "LEFT"), .token("right", "RIGHT")]),
        .oneOf("whereto", [.token("left", "LEFT"), .token("right", "RIGHT")]),
    ])

private let rpoplpushRow = CommandRow(
    .rpoplpush, "rpoplpush", arity: 3, [.write, .denyOOM], .list,
    keys: [.at(1, [.rw, .access, .delete]), .at(2, [.rw, .insert])],
    since: "1.2.0", group: .list, complexity: "O(1)",
    summary: "Takes the tail element of a list and adds it at the head of another.",
    deprecatedSince: "6.2.0", replacedBy: "`LMOVE` with `RIGHT` and `LEFT`",
    arguments: [.key("source"), .key("destination", spec: 1)])
