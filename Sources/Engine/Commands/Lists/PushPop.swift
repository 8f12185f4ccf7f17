// Commands on the ends of lists: LPUSH, RPUSH, LPUSHX, RPUSHX, LPOP, RPOP, LMPOP.

package let pushPopCommandRows: [CommandRow] = [
    lpushRow, rpushRow, lpushxRow, rpushxRow, lpopRow, rpopRow, lmpopRow,
]

private let lpushRow = CommandRow(
    .lpush, "lpush", arity: -3, [.write, .denyOOM, .fast], .list,
    keys: [.at(1, [.rw, .insert])],
    since: "1.0.0", group: .list, complexity: "O(N), N being the elements added",
    summary: "Adds elements at the head of a list, creating it if need be.",
    history: ["2.4.0": "Several elements in one call."],
    arguments: [.key("key"), .string("element").multiple])

private let rpushRow = CommandRow(
    .rpush, "rpush", arity: -3, [.write, .denyOOM, .fast], .list,
    keys: [.at(1, [.rw, .insert])],
    since: "1.0.0", group: .list, complexity: "O(N), N being the elements added",
    summary: "Adds elements at the tail of a list, creating it if need be.",
    history: ["2.4.0": "Several elements in one call."],
    arguments: [.key("key"), .string("element").multiple])

private let lpushxRow = CommandRow(
    .lpushx, "lpushx", arity: -3, [.write, .denyOOM, .fast], .list,
    keys: [.at(1, [.rw, .insert])],
    since: "2.2.0", group: .list, complexity: "O(N), N being the elements added",
    summary: "Adds elements at the head of a list that exists already.",
    history: ["4.0.0": "Several elements in one call."],
    arguments: [.key("key"), .string("element").multiple])

private let rpushxRow = CommandRow(
    .rpushx, "rpushx", arity: -3, [.write, .denyOOM, .fast], .list,
    keys: [.at(1, [.rw, .insert])],
    since: "2.2.0", group: .list, complexity: "O(N), N being the elements added",
    summary: "Adds elements at the tail of a list that exists already.",
    history: ["4.0.0": "Several elements in one call."],
    arguments: [.key("key"), .string("element").multiple])

private let lpopRow = CommandRow(
    .lpop, "lpop", arity: -2, [.write, .fast], .list,
    keys: [.at(1, [.rw, .access, .delete])],
    since: "1.0.0", group: .list, complexity: "O(N), N being the elements returned",
    summary: "Takes elements from the head of a list; an emptied list is deleted.",
    history: ["6.2.0": "Argument `count`."],
    arguments: [.key("key"), .integer("count").optional.since("6.2.0")])

private let rpopRow = CommandRow(
    .rpop, "rpop", arity: -2, [.write, .fast], .list,
    keys: [.at(1, [.rw, .access, .delete])],
    since: "1.0.0", group: .list, complexity: "O(N), N being the elements returned",
    summary: "Takes elements from the tail of a list; an emptied list is deleted.",
    history: ["6.2.0": "Argument `count`."],
    arguments: [.key("key"), .integer("count").optional.since("6.2.0")])

private let lmpopRow = CommandRow(
    .lmpop, "lmpop", arity: -4, [.write, .movableKeys], .list,
    keys: [.counted(at: 1, [.rw, .access, .delete])],
    since: "7.0.0", group: .list,
    complexity: "O(N+M), N being the number of keys, M the elements returned",
    summary: "Takes elements from the first of several lists that is not empty.",
    arguments: [
        .integer("numkeys"),
        .key("key").multiple,
        .oneOf("where", [.token("left", "LEFT"), .token("right", "RIGHT")]),
        .integer("count", token: "COUNT").optional,
    ])
