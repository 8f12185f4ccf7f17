// LCS: the longest common subsequence of two strings.

package let lcsCommandRows: [CommandRow] = [
    lcsRow
]

private let lcsRow = CommandRow(
    .lcs, "lcs", arity: -3, .readOnly, .string,
    keys: [.at(1, through: 1, [.ro, .access])],
    since: "7.0.0", group: .string,
    complexity: "O(N*M), N and M being the lengths of the strings",
    summary: "Compares two strings by their longest common subsequence.",
    arguments: [
        .key("key1"),
        .key("key2"),
        .token("len", "LEN").optional,
        .token("idx", "IDX").optional,
        .integer("min-match-len", token: "MINMATCHLEN").optional,
        .token("withmatchlen", "WITHMATCHLEN").optional,
    ])
