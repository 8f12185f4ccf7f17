// CLIENT and its subcommands.

import Engine

package let clientCommandRows: [CommandRow] = [
    clientRow, clientIdRow, clientGetnameRow, clientSetnameRow, clientSetinfoRow, clientInfoRow,
    clientListRow, clientKillRow, clientReplyRow, clientNoEvictRow, clientNoTouchRow,
    clientPauseRow, clientUnpauseRow, clientUnblockRow, clientHelpRow,
]

private let clientRow = CommandRow(
    .client, "client", arity: -2, .sentinel,
    since: "2.4.0", group: .connection, complexity: "See the subcommands.",
    summary: "Looks at connections and changes them.")

private let clientIdRow = CommandRow(
    .clientId, "id", in: .client, arity: 2, [.noScript, .loading, .stale, .sentinel], .connection,
    since: "5.0.0", group: .connection, complexity: "O(1)",
    summary: "Returns the number of this connection.",
    help: [
        CommandHelp("", "Number of this connection.")
    ])

private let clientGetnameRow = CommandRow(
    .clientGetname, "getname", in: .client, arity: 2, [.noScript, .loading, .stale, .sentinel],
    .connection,
    since: "2.6.9", group: .connection, complexity: "O(1)",
    summary: "Returns the name of this connection.",
    help: [
        CommandHelp("", "Name of this connection.")
    ])

private let clientSetnameRow = CommandRow(
    .clientSetname, "setname", in: .client, arity: 3, [.noScript, .loading, .stale, .sentinel],
    .connection,
    tips: [.requestAllNodes, .responseAllSucceeded],
    since: "2.6.9", group: .connection, complexity: "O(1)",
    summary: "Gives this connection a name.",
    arguments: [.string("connection-name")],
    help: [
        CommandHelp("<name>", "Calls this connection <name>.")
    ])

private let clientSetinfoRow = CommandRow(
    .clientSetinfo, "setinfo", in: .client, arity: 4, [.noScript, .loading, .stale, .sentinel],
    .connection,
    tips: [.requestAllNodes, .responseAllSucceeded],
    since: "7.2.0", group: .connection, complexity: "O(1)",
    summary: "Records which library is at the other end of this connection.",
    arguments: [
        .oneOf(
            "attr",
            [
                .string("libname", token: "LIB-NAME"),
                .string("libver", token: "LIB-VER"),
            ])
    ],
    help: [
        CommandHelp(
            "<option> <value>",
            "Records the library of this client:",
            "* LIB-NAME: its name",
            "* LIB-VER: its version")
    ])

private let clientInfoRow = CommandRow(
    .clientInfo, "info", in: .client, arity: 2, [.noScript, .loading, .stale, .sentinel],
    .connection,
    tips: [.nondeterministicOutput],
    since: "6.2.0", group: .connection, complexity: "O(1)",
    summary: "Describes this connection.",
    help: [
        CommandHelp("", "Describes this connection.")
    ])

private let clientListRow = CommandRow(
    .clientList, "list", in: .client, arity: -2, [.admin, .noScript, .loading, .stale, .sentinel],
    .connection,
    tips: [.nondeterministicOutput],
    since: "2.4.0", group: .connection, complexity: "O(N), N being the number of connections",
    summary: "Describes the connections of all clients, or of those chosen.",
    history: [
        "2.8.12": "Field `id`.",
        "5.0.0": "Filter `TYPE`.",
        "6.0.0": "Field `user`.",
        "6.2.0": "Filter `ID`; fields `argv-mem`, `tot-mem`, `laddr`, `redir`.",
        "7.0.0": "Fields `resp`, `multi-mem`, `rbs`, `rbp`.",
        "7.0.3": "Field `ssub`.",
    ],
    arguments: [
        .oneOf(
            "client-type", token: "TYPE",
            [
                .token("normal", "NORMAL"),
                .token("master", "MASTER"),
                .token("replica", "REPLICA"),
                .token("pubsub", "PUBSUB"),
            ]
        ).optional.since("5.0.0"),
        .integer("client-id", token: "ID").optional.multiple.since("6.2.0"),
    ],
    help: [
        CommandHelp(
            "[options ...]",
            "Describes connections, one on each line. Options:",
            "* TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
            "  Only those of this type.",
            "* ID <client-id> [<client-id> ...]",
            "  Only those with these numbers.")
    ])

private let clientKillRow = CommandRow(
    .clientKill, "kill", in: .client, arity: -3, [.admin, .noScript, .loading, .stale, .sentinel],
    .connection,
    since: "2.4.0", group: .connection, complexity: "O(N), N being the number of connections",
    summary: "Closes the connections that match.",
    history: [
        "2.8.12": "Form with filters.",
        "2.8.12": "Filter `ID`.",
        "3.2.0": "Type `master`.",
        "5.0.0": "Type `replica`, of which `slave` is the former name.",
        "6.2.0": "Filter `LADDR`.",
        "7.4.0": "Filter `MAXAGE`.",
    ],
    arguments: [
        .oneOf(
            "filter",
            [
                .string("old-format").deprecated(since: "2.8.12").shown(as: "ip:port"),
                .oneOf(
                    "new-format",
                    [
                        .integer("client-id", token: "ID").optional.since("2.8.12"),
                        .oneOf(
                            "client-type", token: "TYPE",
                            [
                                .token("normal", "NORMAL"),
                                .token("master", "MASTER").since("3.2.0"),
                                .token("slave", "SLAVE"),
                                .token("replica", "REPLICA").since("5.0.0"),
                                .token("pubsub", "PUBSUB"),
                            ]
                        ).optional.since("2.8.12"),
                        .string("username", token: "USER").optional,
                        .string("addr", token: "ADDR").optional.shown(as: "ip:port"),
                        .string("laddr", token: "LADDR").optional.since("6.2.0").shown(
                            as: "ip:port"),
                        .oneOf(
                            "skipme", token: "SKIPME",
                            [
                                .token("yes", "YES"),
                                .token("no", "NO"),
                            ]
                        ).optional,
                        .integer("maxage", token: "MAXAGE").optional.since("7.4.0"),
                    ]
                ).multiple,
            ])
    ],
    help: [
        CommandHelp("<ip:port>", "Closes the connection from <ip:port>."),
        CommandHelp(
            "<option> <value> [<option> <value> [...]]",
            "Closes the connections to which all options apply:",
            "* ADDR (<ip:port>|<unixsocket>:0)",
            "  Those from this address.",
            "* LADDR (<ip:port>|<unixsocket>:0)",
            "  Those to this local address.",
            "* TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
            "  Those of this type.",
            "* USER <username>",
            "  Those logged in as this user.",
            "* SKIPME (YES|NO)",
            "  Whether to spare this connection (yes if not given).",
            "* ID <client-id>",
            "  The one with this number.",
            "* MAXAGE <maxage>",
            "  Those open for at least so many seconds."),
    ])

private let clientReplyRow = CommandRow(
    .clientReply, "reply", in: .client, arity: 3, [.noScript, .loading, .stale, .sentinel],
    .connection,
    since: "3.2.0", group: .connection, complexity: "O(1)",
    summary: "Turns replies on this connection off or on, or skips one.",
    arguments: [
        .oneOf(
            "action",
            [
                .token("on", "ON"),
                .token("off", "OFF"),
                .token("skip", "SKIP"),
            ])
    ],
    help: [
        CommandHelp("(ON|OFF|SKIP)", "Sends replies, sends none, or leaves out the next one.")
    ])

private let clientNoEvictRow = CommandRow(
    .clientNoEvict, "no-evict", in: .client, arity: 3,
    [.admin, .noScript, .loading, .stale, .sentinel], .connection,
    since: "7.0.0", group: .connection, complexity: "O(1)",
    summary: "Keeps this connection from being closed when clients use too much memory.",
    arguments: [.oneOf("enabled", [.token("on", "ON"), .token("off", "OFF")])],
    help: [
        CommandHelp(
            "(ON|OFF)",
            "Whether this connection is spared when clients use too much memory.")
    ])

private let clientNoTouchRow = CommandRow(
    .clientNoTouch, "no-touch", in: .client, arity: 3, [.noScript, .loading, .stale], .connection,
    since: "7.2.0", group: .connection, complexity: "O(1)",
    summary: "Decides whether this connection marks the keys it uses as used.",
    arguments: [.oneOf("enabled", [.token("on", "ON"), .token("off", "OFF")])],
    help: [
        CommandHelp(
            "(ON|OFF)",
            "Whether this connection leaves LRU and LFU figures of keys alone.")
    ])

private let clientPauseRow = CommandRow(
    .clientPause, "pause", in: .client, arity: -3,
    [.admin, .noScript, .loading, .stale, .sentinel], .connection,
    since: "3.0.0", group: .connection, complexity: "O(1)",
    summary: "Holds back the commands of all clients for a time.",
    history: ["6.2.0": "Argument `mode`, which can hold back writes only."],
    arguments: [
        .integer("timeout"),
        .oneOf("mode", [.token("write", "WRITE"), .token("all", "ALL")]).optional.since("6.2.0"),
    ],
    help: [
        CommandHelp(
            "<timeout> [WRITE|ALL]",
            "Holds back writes, or all commands, for <timeout> milliseconds.")
    ])

private let clientUnpauseRow = CommandRow(
    .clientUnpause, "unpause", in: .client, arity: 2,
    [.admin, .noScript, .loading, .stale, .sentinel], .connection,
    since: "6.2.0", group: .connection, complexity: "O(N), N being the clients held back",
    summary: "Lets held back clients go on.",
    help: [
        CommandHelp("", "Ends a pause.")
    ])

private let clientUnblockRow = CommandRow(
    .clientUnblock, "unblock", in: .client, arity: -3,
    [.admin, .noScript, .loading, .stale, .sentinel], .connection,
    since: "5.0.0", group: .connection, complexity: "O(1)",
    summary: "Ends the wait of a client that waits for a key.",
    arguments: [
        .integer("client-id"),
        .oneOf("unblock-type", [.token("timeout", "TIMEOUT"), .token("error", "ERROR")]).optional,
    ],
    help: [
        CommandHelp(
            "<client-id> [TIMEOUT|ERROR]",
            "Lets a waiting client go on as if its time were over, or with an error.")
    ])

private let clientHelpRow = CommandRow(
    .clientHelp, "help", in: .client, arity: 2, [.loading, .stale, .sentinel], .connection,
    since: "5.0.0", group: .connection, complexity: "O(1)",
    summary: "Lists the subcommands of CLIENT.")
