// Commands for the administrator: SHUTDOWN.

import Engine

package let adminCommandRows: [CommandRow] = [
    shutdownRow
]

private let shutdownRow = CommandRow(
    .shutdown, "shutdown", arity: -1,
    [.admin, .noScript, .loading, .stale, .noMulti, .allowBusy, .sentinel],
    since: "1.0.0", group: .server,
    complexity: "O(N) when it saves, N being the keys in all databases; else O(1)",
    summary: "Stops the server, after saving if so configured.",
    history: ["7.0.0": "Options `NOW`, `FORCE` and `ABORT`."],
    arguments: [
        .oneOf("save-selector", [.token("nosave", "NOSAVE"), .token("save", "SAVE")]).optional,
        .token("now", "NOW").optional.since("7.0.0"),
        .token("force", "FORCE").optional.since("7.0.0"),
        .token("abort", "ABORT").optional.since("7.0.0"),
    ])
