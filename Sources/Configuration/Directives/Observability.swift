// Directives on slow log, latency figures and keyspace events.

extension Directive {
    static let observability: [Directive] = [
        .integer("slowlog-log-slower-than", 10000, -1...Int.max),
        .integer("slowlog-max-len", 128, 0...Int.max),
        .integer("latency-monitor-threshold", 0, 0...Int.max),
        .bool("latency-tracking", true),
        Directive(
            "latency-tracking-info-percentiles", .percentiles, .percentiles([50, 99, 99.9]),
            .manyArguments),
        Directive("notify-keyspace-events", .events, .events([])),
        .integer("watchdog-period", 0, 0...intMax, .hidden),
    ]
}
