// COMMAND and its subcommands.

import Engine

package let commandCommandRows: [CommandRow] = [
    commandRow, commandCountRow, commandListRow, commandInfoRow, commandDocsRow, commandGetkeysRow,
    commandGetkeysandflagsRow, commandHelpRow,
]

private let commandRow = CommandRow(
    .command, "command", arity: -1, [.loading, .stale, .sentinel], .connection,
    tips: [.nondeterministicOutputOrder],
    since: "2.8.13", group: .server, complexity: "O(N), N being the number of commands",
    summary: "Describes every command of the server.")

private let commandCountRow = CommandRow(
    .commandCount, "count", in: .command, arity: 2, [.loading, .stale, .sentinel], .connection,
    since: "2.8.13", group: .server, complexity: "O(1)",
    summary: "Returns how many commands the server has.",
    help: [
        CommandHelp("", "Number of commands.")
    ])

private let commandListRow = CommandRow(
    .commandList, "list", in: .command, arity: -2, [.loading, .stale, .sentinel], .connection,
    tips: [.nondeterministicOutputOrder],
    since: "7.0.0", group: .server, complexity: "O(N), N being the number of commands",
    summary: "Lists the names of commands, all or filtered.",
    arguments: [
        .oneOf(
            "filterby", token: "FILTERBY",
            [
                .string("module-name", token: "MODULE"),
                .string("category", token: "ACLCAT"),
                .pattern("pattern", token: "PATTERN"),
            ]
        ).optional
    ],
    help: [
        CommandHelp(
            "[FILTERBY (MODULE <name>|ACLCAT <category>|PATTERN <pattern>)]",
            "Names of commands, all or those that the filter lets pass.")
    ])

private let commandInfoRow = CommandRow(
    .commandInfo, "info", in: .command, arity: -2, [.loading, .stale, .sentinel], .connection,
    tips: [.nondeterministicOutputOrder],
    since: "2.8.13", group: .server, complexity: "O(N), N being the commands asked for",
    summary: "Describes the commands named, or all of them.",
    history: ["7.0.0": "Without names it describes all commands."],
    arguments: [.string("command-name").optional.multiple],
    help: [
        CommandHelp("[<command-name> ...]", "Facts about the commands named, or about all.")
    ])

private let commandDocsRow = CommandRow(
    .commandDocs, "docs", in: .command, arity: -2, [.loading, .stale, .sentinel], .connection,
    tips: [.nondeterministicOutputOrder],
    since: "7.0.0", group: .server, complexity: "O(N), N being the commands asked for",
    summary: "Returns the documentation of the commands named, or of all.",
    arguments: [.string("command-name").optional.multiple],
    help: [
        CommandHelp("[<command-name> ...]", "Documentation of the commands named, or of all.")
    ])

private let commandGetkeysRow = CommandRow(
    .commandGetkeys, "getkeys", in: .command, arity: -3, [.loading, .stale, .sentinel], .connection,
    since: "2.8.13", group: .server, complexity: "O(N), N being the number of arguments",
    summary: "Returns the keys among the arguments of a command.",
    arguments: [.string("command"), .string("arg").optional.multiple],
    help: [
        CommandHelp("<full-command>", "Keys among the arguments of <full-command>.")
    ])

private let commandGetkeysandflagsRow = CommandRow(
    .commandGetkeysandflags, "getkeysandflags", in: .command, arity: -3,
    [.loading, .stale, .sentinel], .connection,
    since: "7.0.0", group: .server, complexity: "O(N), N being the number of arguments",
    summary: "Returns the keys of a command with what it does to each.",
    arguments: [.string("command"), .string("arg").optional.multiple],
    help: [
        CommandHelp("<full-command>", "The same, with what the command does to each key.")
    ])

private let commandHelpRow = CommandRow(
    .commandHelp, "help", in: .command, arity: 2, [.loading, .stale, .sentinel], .connection,
    since: "5.0.0", group: .server, complexity: "O(1)",
    summary: "Lists the subcommands of COMMAND.")
