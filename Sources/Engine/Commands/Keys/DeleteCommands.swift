// Commands that delete keys: DEL, UNLINK.

package let deleteCommandRows: [CommandRow] = [
    delRow, unlinkRow,
]

private let delRow = CommandRow(
    .del, "del", arity: -2, .write, .keyspace,
    keys: [.at(1, through: -1, [.rm, .delete])],
    tips: [.requestMultiShard, .responseAggregateSum],
    since: "1.0.0", group: .generic,
    complexity: """
        O(N), N being the number of keys; the elements of a collection are freed in slices
        """,
    summary: "Deletes keys.",
    arguments: [.key("key").multiple])

private let unlinkRow = CommandRow(
    .unlink, "unlink", arity: -2, [.write, .fast], .keyspace,
    keys: [.at(1, through: -1, [.rm, .delete])],
    tips: [.requestMultiShard, .responseAggregateSum],
    since: "4.0.0", group: .generic,
    complexity: "O(N), N being the number of keys; values are freed in slices",
    summary: "Deletes keys and frees what they held in the background.",
    arguments: [.key("key").multiple])
