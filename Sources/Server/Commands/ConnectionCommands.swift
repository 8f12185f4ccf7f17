// Commands on the connection itself: PING, ECHO, QUIT, RESET, HELLO, AUTH, SELECT.

import Engine

package let connectionCommandRows: [CommandRow] = [
    pingRow, echoRow, quitRow, resetRow, helloRow, authRow, selectRow,
]

private let pingRow = CommandRow(
    .ping, "ping", arity: -1, [.fast, .sentinel], .connection,
    tips: [.requestAllShards, .responseAllSucceeded],
    since: "1.0.0", group: .connection, complexity: "O(1)",
    summary: "Answers PONG, or the message it is given.",
    arguments: [.string("message").optional])

private let echoRow = CommandRow(
    .echo, "echo", arity: 2, [.loading, .stale, .fast], .connection,
    since: "1.0.0", group: .connection, complexity: "O(1)",
    summary: "Answers the message it is given.",
    arguments: [.string("message")])

private let quitRow = CommandRow(
    .quit, "quit", arity: -1, [.noScript, .loading, .stale, .fast, .noAuth, .allowBusy],
    .connection,
    since: "1.0.0", group: .connection, complexity: "O(1)",
    summary: "Answers OK and closes the connection.",
    deprecatedSince: "7.2.0", replacedBy: "closing the connection")

private let resetRow = CommandRow(
    .reset, "reset", arity: 1, [.noScript, .loading, .stale, .fast, .noAuth, .allowBusy],
    .connection,
    since: "6.2.0", group: .connection, complexity: "O(1)",
    summary: "Brings the connection back to the state of a new one.")

private let helloRow = CommandRow(
    .hello, "hello", arity: -1,
    [.noScript, .loading, .stale, .fast, .noAuth, .allowBusy, .sentinel], .connection,
    since: "6.0.0", group: .connection, complexity: "O(1)",
    summary: "Chooses the protocol version and describes the server.",
    history: ["6.2.0": "May be called without a version, to ask about the connection."],
    arguments: [
        .block(
            "arguments",
            [
                .integer("protover"),
                .block("auth", token: "AUTH", [.string("username"), .string("password")]).optional,
                .string("clientname", token: "SETNAME").optional,
            ]
        ).optional
    ])

private let authRow = CommandRow(
    .auth, "auth", arity: -2, [.noScript, .loading, .stale, .fast, .noAuth, .allowBusy, .sentinel],
    .connection,
    since: "1.0.0", group: .connection, complexity: "O(N), N being the passwords of the user",
    summary: "Logs the connection in.",
    history: ["6.0.0": "Form with a user name."],
    arguments: [.string("username").optional.since("6.0.0"), .string("password")])

private let selectRow = CommandRow(
    .select, "select", arity: 2, [.loading, .stale, .fast], .connection,
    since: "1.0.0", group: .connection, complexity: "O(1)",
    summary: "Chooses the database the connection works on.",
    arguments: [.integer("index")])
