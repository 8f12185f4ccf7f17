// DEBUG: one row; its subcommands are no commands of their own (Redis 7.4 COMMAND INFO).

import Engine

package let debugCommandRows: [CommandRow] = [
    debugRow
]

private let debugRow = CommandRow(
    .debug, "debug", arity: -2, [.admin, .noScript, .loading, .stale, .protected],
    since: "1.0.0", group: .server, complexity: "See the subcommands.",
    summary: "Does what only testing needs.",
    isInternal: true)
