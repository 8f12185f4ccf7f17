// Commands that change the inside of lists: LSET, LREM, LTRIM, LINSERT.

package let editCommandRows: [CommandRow] = [
    lsetRow, lremRow, ltrimRow, linsertRow,
]

private let lsetRow = CommandRow(
    .lset, "lset", arity: 4, [.write, .denyOOM], .list,
    keys: [.at(1, [.rw, .update])],
    since: "1.0.0", group: .list,
    complexity: "O(N), N being the elements between the index and the nearer end",
    summary: "Replaces the element at an index of a list.",
    arguments: [.key("key"), .integer("index"), .string("element")])

private let lremRow = CommandRow(
    .lrem, "lrem", arity: 4, .write, .list,
    keys: [.at(1, [.rw, .delete])],
    since: "1.0.0", group: .list,
    complexity: "O(N+M), N being the length of the list, M the elements removed",
    summary: "Removes elements of a given value from a list; an emptied list is deleted.",
    arguments: [.key("key"), .integer("count"), .string("element")])

private let ltrimRow = CommandRow(
    .ltrim, "ltrim", arity: 4, .write, .list,
    keys: [.at(1, [.rw, .delete])],
    since: "1.0.0", group: .list, complexity: "O(N), N being the elements removed",
    summary: "Keeps only the elements between two indexes; an emptied list is deleted.",
    arguments: [.key("key"), .integer("start"), .integer("stop")])

private let linsertRow = CommandRow(
    .linsert, "linsert", arity: 5, [.write, .denyOOM], .list,
    keys: [.at(1, [.rw, .insert])],
    since: "2.2.0", group: .list,
    complexity: "O(N), N being the elements before the pivot",
    summary: "Adds an element next to the first one of a given value.",
    arguments: [
        .key("key"),
        .oneOf("where", [.token("before", "BEFORE"), .token("after", "AFTER")]),
        .string("pivot"),
        .string("element"),
    ])
