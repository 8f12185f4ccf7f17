// Directives on memory: the limit, eviction, expiry, lazy freeing, defragmentation.

extension Directive {
    static let memory: [Directive] = [
        .memory("maxmemory", 0, 0...UInt.max),
        .choice("maxmemory-policy", 7, EvictionPolicy.names),
        .integer("maxmemory-samples", 5, 1...64),
        .integer("maxmemory-eviction-tenacity", 10, 0...100),
        .integer("lfu-log-factor", 10, 0...intMax),
        .integer("lfu-decay-time", 1, 0...intMax),
        .integer("active-expire-effort", 1, 1...10),
        .bool("lazyfree-lazy-eviction", false),
        .bool("lazyfree-lazy-expire", false),
        .bool("lazyfree-lazy-server-del", false),
        .bool("lazyfree-lazy-user-del", false),
        .bool("lazyfree-lazy-user-flush", false),
        .bool("activedefrag", false),
        .memory("active-defrag-ignore-bytes", 100 << 20, 1...UInt(Int.max)),
        .integer("active-defrag-threshold-lower", 10, 0...1000),
        .integer("active-defrag-threshold-upper", 100, 0...1000),
        .integer("active-defrag-cycle-min", 1, 1...99),
        .integer("active-defrag-cycle-max", 25, 1...99),
        .integer("active-defrag-max-scan-fields", 1000, 1...Int.max),
        .bool("jemalloc-bg-thread", true),
    ]
}
