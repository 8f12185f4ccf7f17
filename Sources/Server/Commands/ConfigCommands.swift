// CONFIG and its subcommands.

import Engine

package let configCommandRows: [CommandRow] = [
    configRow, configGetRow, configSetRow, configResetstatRow, configRewriteRow, configHelpRow,
]

private let configRow = CommandRow(
    .config, "config", arity: -2,
    since: "2.0.0", group: .server, complexity: "See the subcommands.",
    summary: "Reads and changes the configuration of the running server.")

private let configGetRow = CommandRow(
    .configGet, "get", in: .config, arity: -3, [.admin, .noScript, .loading, .stale],
    since: "2.0.0", group: .server, complexity: "O(N), N being the number of parameters",
    summary: "Returns the parameters that match, with their values.",
    history: ["7.0.0": "Several patterns in one call."],
    arguments: [.string("parameter").multiple],
    help: [
        CommandHelp(
            "<pattern> [<pattern> ...]",
            "Parameters whose names match, with their values.")
    ])

private let configSetRow = CommandRow(
    .configSet, "set", in: .config, arity: -4, [.admin, .noScript, .loading, .stale],
    tips: [.requestAllNodes, .responseAllSucceeded],
    since: "2.0.0", group: .server, complexity: "O(N), N being the number of parameters",
    summary: "Changes parameters, all of them or none.",
    history: ["7.0.0": "Several parameters in one call."],
    arguments: [.block("data", [.string("parameter"), .string("value")]).multiple],
    help: [
        CommandHelp(
            "<directive> <value> [<directive> <value> ...]",
            "Sets each <directive> to its <value>.")
    ])

private let configResetstatRow = CommandRow(
    .configResetstat, "resetstat", in: .config, arity: 2, [.admin, .noScript, .loading, .stale],
    tips: [.requestAllNodes, .responseAllSucceeded],
    since: "2.0.0", group: .server, complexity: "O(1)",
    summary: "Sets the counters that INFO shows back to zero.",
    help: [
        CommandHelp("", "Sets the counters of INFO back to zero.")
    ])

private let configRewriteRow = CommandRow(
    .configRewrite, "rewrite", in: .config, arity: 2, [.admin, .noScript, .loading, .stale],
    tips: [.requestAllNodes, .responseAllSucceeded],
    since: "2.8.0", group: .server, complexity: "O(1)",
    summary: "Writes the current parameters into the configuration file.",
    help: [
        CommandHelp("", "Writes the parameters into the configuration file.")
    ])

private let configHelpRow = CommandRow(
    .configHelp, "help", in: .config, arity: 2, [.loading, .stale],
    since: "5.0.0", group: .server, complexity: "O(1)",
    summary: "Lists the subcommands of CONFIG.")
