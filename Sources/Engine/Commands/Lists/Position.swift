// LPOS: where an element stands in a list.

package let positionCommandRows: [CommandRow] = [
    lposRow
]

private let lposRow = CommandRow(
    .lpos, "lpos", arity: -3, .readOnly, .list,
    keys: [.at(1, [.ro, .access])],
    since: "6.0.6", group: .list, complexity: "O(N), N being the elements compared",
    summary: "Returns the indexes at which an element stands in a list.",
    arguments: [
        .key("key"),
        .string("element"),
        .integer("rank", token: "RANK").optional,
        .integer("num-matches", token: "COUNT").optional,
        .integer("len", token: "MAXLEN").optional,
    ])
