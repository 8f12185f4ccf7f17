// Commands that look whether and what a key is: EXISTS, TOUCH, TYPE.

package let existsCommandRows: [CommandRow] = [
    existsRow, touchRow, typeRow,
]

private let existsRow = CommandRow(
    .exists, "exists", arity: -2, [.readOnly, .fast], .keyspace,
    keys: [.at(1, through: -1, .ro)],
    tips: [.requestMultiShard, .responseAggregateSum],
    since: "1.0.0", group: .generic, complexity: "O(N), N being the number of keys",
    summary: "Counts how many of the keys named exist, repeated ones each time.",
    history: ["3.0.3": "Several keys in one call."],
    arguments: [.key("key").multiple])

private let touchRow = CommandRow(
    .touch, "touch", arity: -2, [.readOnly, .fast], .keyspace,
    keys: [.at(1, through: -1, .ro)],
    tips: [.requestMultiShard, .responseAggregateSum],
    since: "3.2.1", group: .generic, complexity: "O(N), N being the number of keys",
    summary: "Marks keys as just used and counts how many of them exist.",
    arguments: [.key("key").multiple])

private let typeRow = CommandRow(
    .type, "type", arity: 2, [.readOnly, .fast], .keyspace,
    keys: [.at(1, .ro)],
    since: "1.0.0", group: .generic, complexity: "O(1)",
    summary: "Returns the type of the value under a key.",
    arguments: [.key("key")])
