// Commands about the server as a whole: INFO, TIME, LOLWUT.

import Engine

package let infoCommandRows: [CommandRow] = [
    infoRow, timeRow, lolwutRow,
]

private let infoRow = CommandRow(
    .info, "info", arity: -1, [.loading, .stale, .sentinel], .dangerous,
    tips: [.nondeterministicOutput, .requestAllShards, .responseSpecial],
    since: "1.0.0", group: .server, complexity: "O(1)",
    summary: "Describes the server by figures, in sections.",
    history: ["7.0.0": "Several sections in one call."],
    arguments: [.string("section").optional.multiple])

private let timeRow = CommandRow(
    .time, "time", arity: 1, [.loading, .stale, .fast],
    tips: [.nondeterministicOutput],
    since: "2.6.0", group: .server, complexity: "O(1)",
    summary: "Returns the time of day as seconds and microseconds.")

private let lolwutRow = CommandRow(
    .lolwut, "lolwut", arity: -1, [.readOnly, .fast],
    since: "5.0.0", group: .server,
    summary: "Draws a picture and prints the version.",
    arguments: [.integer("version", token: "VERSION").optional])
