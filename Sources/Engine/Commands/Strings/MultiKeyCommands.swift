// Commands on several strings: MGET, MSET, MSETNX.

package let multiKeyCommandRows: [CommandRow] = [
    mgetRow, msetRow, msetnxRow,
]

private let mgetRow = CommandRow(
    .mget, "mget", arity: -2, [.readOnly, .fast], .string,
    keys: [.at(1, through: -1, [.ro, .access])],
    tips: [.requestMultiShard],
    since: "1.0.0", group: .string, complexity: "O(N), N being the number of keys",
    summary: "Returns the strings under several keys at once.",
    arguments: [.key("key").multiple])

private let msetRow = CommandRow(
    .mset, "mset", arity: -3, [.write, .denyOOM], .string,
    keys: [.at(1, through: -1, every: 2, [.ow, .update])],
    tips: [.requestMultiShard, .responseAllSucceeded],
    since: "1.0.1", group: .string, complexity: "O(N), N being the number of keys",
    summary: "Stores strings under several keys at once.",
    arguments: [.block("data", [.key("key"), .string("value")]).multiple])

private let msetnxRow = CommandRow(
    .msetnx, "msetnx", arity: -3, [.write, .denyOOM], .string,
    keys: [.at(1, through: -1, every: 2, [.ow, .insert])],
    since: "1.0.1", group: .string, complexity: "O(N), N being the number of keys",
    summary: "Stores strings under several keys, or under none if any of them exists.",
    arguments: [.block("data", [.key("key"), .string("value")]).multiple])
