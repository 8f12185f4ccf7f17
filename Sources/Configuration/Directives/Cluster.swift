// Directives on cluster mode.

extension Directive {
    static let cluster: [Directive] = [
        .bool("cluster-enabled", false, .immutable),
        .text("cluster-config-file", "nodes.conf", .any, .immutable),
        .integer("cluster-node-timeout", 15000, 0...Int.max),
        .integer("cluster-port", 0, 0...65535, .immutable),
        .integer("cluster-ping-interval", 0, 0...Int.max, .hidden),
        .integer("cluster-migration-barrier", 1, 0...intMax),
        .memory("cluster-link-sendbuf-limit", 0, 0...UInt.max),
        .integer(
            "cluster-replica-validity-factor", 10, 0...intMax,
            alias: "cluster-slave-validity-factor"),
        .bool("cluster-replica-no-failover", false, alias: "cluster-slave-no-failover"),
        .bool("cluster-require-full-coverage", true),
        .bool("cluster-allow-reads-when-down", false),
        .bool("cluster-allow-pubsubshard-when-down", true),
        .bool("cluster-allow-replica-migration", true),
        .optionalText("cluster-announce-ip"),
        .integer("cluster-announce-port", 0, 0...65535),
        .integer("cluster-announce-bus-port", 0, 0...65535),
        .integer("cluster-announce-tls-port", 0, 0...65535),
        .optionalText("cluster-announce-hostname", rule: .hostname),
        .optionalText("cluster-announce-human-nodename", rule: .nodeName),
        .choice("cluster-preferred-endpoint-type", 0, ["ip", "hostname", "unknown-endpoint"]),
    ]
}
