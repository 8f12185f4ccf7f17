// Directives on when a value changes from its compact encoding.

extension Directive {
    static let encodings: [Directive] = [
        .integer(
            "hash-max-listpack-entries", 512, 0...Int.max, alias: "hash-max-ziplist-entries"),
        .memory("hash-max-listpack-value", 64, alias: "hash-max-ziplist-value"),
        .integer(
            "list-max-listpack-size", -2, -intMax - 1...intMax, alias: "list-max-ziplist-size"),
        .integer("list-compress-depth", 0, 0...intMax),
        .integer("set-max-intset-entries", 512, 0...Int.max),
        .integer("set-max-listpack-entries", 128, 0...Int.max),
        .integer("set-max-listpack-value", 64, 0...Int.max),
        .integer(
            "zset-max-listpack-entries", 128, 0...Int.max, alias: "zset-max-ziplist-entries"),
        .memory("zset-max-listpack-value", 64, alias: "zset-max-ziplist-value"),
        .memory("hll-sparse-max-bytes", 3000),
        .memory("stream-node-max-bytes", 4096),
        .integer("stream-node-max-entries", 100, 0...Int.max),
    ]
}
