// MEMORY and its subcommands: what a key takes.

package let memoryCommandRows: [CommandRow] = [
    memoryRow, memoryUsageRow, memoryHelpRow,
]

private let memoryRow = CommandRow(
    .memory, "memory", arity: -2,
    since: "4.0.0", group: .server, complexity: "See the subcommands.",
    summary: "Reports on the use of memory.")

private let memoryUsageRow = CommandRow(
    .memoryUsage, "usage", in: .memory, arity: -3, .readOnly,
    keys: [.at(2, .ro)],
    since: "4.0.0", group: .server, complexity: "O(N), N being the number of samples",
    summary: "Returns how many bytes of memory a key and its value take.",
    arguments: [.key("key"), .integer("count", token: "SAMPLES").optional],
    help: [
        CommandHelp(
            "<key> [SAMPLES <count>]",
            "Bytes of memory that <key> and its value take. Of a collection <count>",
            "elements are measured (5 if not given, 0 for all).")
    ])

private let memoryHelpRow = CommandRow(
    .memoryHelp, "help", in: .memory, arity: 2, [.loading, .stale],
    since: "4.0.0", group: .server, complexity: "O(1)",
    summary: "Lists the subcommands of MEMORY.")
