// Commands that read lists: LLEN, LINDEX, LRANGE.

package let accessCommandRows: [CommandRow] = [
    llenRow, lindexRow, lrangeRow,
]

private let llenRow = CommandRow(
    .llen, "llen", arity: 2, [.readOnly, .fast], .list,
    keys: [.at(1, .ro)],
    since: "1.0.0", group: .list, complexity: "O(1)",
    summary: "Returns the number of elements in a list.",
    arguments: [.key("key")])

private let lindexRow = CommandRow(
    .lindex, "lindex", arity: 3, .readOnly, .list,
    keys: [.at(1, [.ro, .access])],
    since: "1.0.0", group: .list,
    complexity: "O(N), N being the elements between the index and the nearer end",
    summary: "Returns the element at an index of a list.",
    arguments: [.key("key"), .integer("index")])

private let lrangeRow = CommandRow(
    .lrange, "lrange", arity: 4, .readOnly, .list,
    keys: [.at(1, [.ro, .access])],
    since: "1.0.0", group: .list,
    complexity: """
        O(S+N), S being the distance of the start from the nearer end, N the elements \
        returned
        """,
    summary: "Returns the elements between two indexes of a list.",
    arguments: [.key("key"), .integer("start"), .integer("stop")])
