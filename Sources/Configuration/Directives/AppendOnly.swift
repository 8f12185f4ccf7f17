// Directives on the append-only file.

extension Directive {
    static let appendOnly: [Directive] = [
        .bool("appendonly", false, .notWhileLoading),
        .text("appendfilename", "appendonly.aof", .nonEmptyFileName, .immutable),
        .text("appenddirname", "appendonlydir", .nonEmptyDirectoryName, .immutable),
        .choice("appendfsync", 0, ["everysec", "always", "no"]),
        .bool("no-appendfsync-on-rewrite", false),
        .integer("auto-aof-rewrite-percentage", 100, 0...intMax),
        .memory("auto-aof-rewrite-min-size", 64 << 20),
        .bool("aof-load-truncated", true),
        .bool("aof-use-rdb-preamble", true),
        .bool("aof-timestamp-enabled", false),
        .bool("aof-rewrite-incremental-fsync", true),
        .bool("aof-disable-auto-gc", false, .hidden),
    ]
}
