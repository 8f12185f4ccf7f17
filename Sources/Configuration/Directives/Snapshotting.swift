// Directives on snapshot files.

extension Directive {
    static let snapshotting: [Directive] = [
        Directive(
            "save", .savePoints,
            .savePoints([
                SavePoint(seconds: 3600, changes: 1), SavePoint(seconds: 300, changes: 100),
                SavePoint(seconds: 60, changes: 10000),
            ]), .manyArguments),
        .text("dbfilename", "dump.rdb", .fileName, .protected),
        .bool("stop-writes-on-bgsave-error", true),
        .bool("rdbcompression", true),
        .bool("rdbchecksum", true, .immutable),
        .bool("rdb-save-incremental-fsync", true),
        .bool("rdb-del-sync-files", false),
        .integer("rdb-key-save-delay", 0, -intMax - 1...intMax, .hidden),
        .integer("key-load-delay", 0, -intMax - 1...intMax, .hidden),
        .integer("loading-process-events-interval-bytes", 2 << 20, 1024...intMax, .hidden),
    ]
}
