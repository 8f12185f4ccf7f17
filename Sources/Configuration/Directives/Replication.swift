// Directives on primaries and replicas.

extension Directive {
    static let replication: [Directive] = [
        Directive(
            "replicaof", .primary, .primary(host: [], port: 0), [.immutable, .manyArguments],
            alias: "slaveof"),
        .optionalText("masterauth", .sensitive),
        .optionalText("masteruser", .sensitive),
        .bool("replica-read-only", true, alias: "slave-read-only"),
        .bool("replica-serve-stale-data", true, alias: "slave-serve-stale-data"),
        .bool("replica-lazy-flush", false, alias: "slave-lazy-flush"),
        .bool("replica-ignore-maxmemory", true, alias: "slave-ignore-maxmemory"),
        .bool("replica-ignore-disk-write-errors", false),
        .bool("replica-announced", true),
        .optionalText("replica-announce-ip", alias: "slave-announce-ip"),
        .integer("replica-announce-port", 0, 0...65535, alias: "slave-announce-port"),
        .integer("replica-priority", 100, 0...intMax, alias: "slave-priority"),
        .integer("min-replicas-to-write", 0, 0...intMax, alias: "min-slaves-to-write"),
        .integer("min-replicas-max-lag", 10, 0...intMax, alias: "min-slaves-max-lag"),
        .memory("repl-backlog-size", 1 << 20, 1...UInt(Int.max)),
        .integer("repl-backlog-ttl", 3600, 0...Int.max),
        .integer("repl-timeout", 60, 1...intMax),
        .integer("repl-ping-replica-period", 10, 1...intMax, alias: "repl-ping-slave-period"),
        .bool("repl-disable-tcp-nodelay", false),
        .bool("repl-diskless-sync", true),
        .integer("repl-diskless-sync-delay", 5, 0...intMax),
        .integer("repl-diskless-sync-max-replicas", 0, 0...intMax),
        .choice(
            "repl-diskless-load", 0, ["disabled", "on-empty-db", "swapdb"], .notWhileLoading),
        .choice("propagation-error-behavior", 0, ["ignore", "panic", "panic-on-replicas"]),
    ]
}
