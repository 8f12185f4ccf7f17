// Commands on whole databases: DBSIZE, FLUSHDB, FLUSHALL, SWAPDB.

package let databaseCommandRows: [CommandRow] = [
    dbsizeRow, flushdbRow, flushallRow, swapdbRow,
]

private let dbsizeRow = CommandRow(
    .dbsize, "dbsize", arity: 1, [.readOnly, .fast], .keyspace,
    tips: [.requestAllShards, .responseAggregateSum],
    since: "1.0.0", group: .server, complexity: "O(1)",
    summary: "Returns how many keys the selected database has.")

private let flushdbRow = CommandRow(
    .flushdb, "flushdb", arity: -1, .write, [.keyspace, .dangerous],
    tips: [.requestAllShards, .responseAllSucceeded],
    since: "1.0.0", group: .server,
    complexity: "O(1) for the caller; N keys are freed in slices",
    summary: "Deletes all keys of the selected database.",
    history: [
        "4.0.0": "Option `ASYNC`.",
        "6.2.0": "Option `SYNC`.",
    ],
    arguments: [
        .oneOf(
            "flush-type",
            [
                .token("async", "ASYNC").since("4.0.0"),
                .token("sync", "SYNC").since("6.2.0"),
            ]
        ).optional
    ])

private let flushallRow = CommandRow(
    .flushall, "flushall", arity: -1, .write, [.keyspace, .dangerous],
    tips: [.requestAllShards, .responseAllSucceeded],
    since: "1.0.0", group: .server,
    complexity: "O(1) for the caller; N keys are freed in slices",
    summary: "Deletes all keys of all databases.",
    history: [
        "4.0.0": "Option `ASYNC`.",
        "6.2.0": "Option `SYNC`.",
    ],
    arguments: [
        .oneOf(
            "flush-type",
            [
                .token("async", "ASYNC").since("4.0.0"),
                .token("sync", "SYNC").since("6.2.0"),
            ]
        ).optional
    ])

private let swapdbRow = CommandRow(
    .swapdb, "swapdb", arity: 3, [.write, .fast], [.keyspace, .dangerous],
    since: "4.0.0", group: .server,
    complexity: "O(N), N being the clients that watch or wait for keys of the two databases",
    summary: "Exchanges the contents of two databases.",
    arguments: [.integer("index1"), .integer("index2")])
