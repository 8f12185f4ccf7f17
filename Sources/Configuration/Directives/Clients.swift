// Directives on connections and what they may hold.

extension Directive {
    private static let megabyte: UInt = 1 << 20

    static let clients: [Directive] = [
        .integer("maxclients", 10000, 1...Int(UInt32.max)),
        .memory("proto-max-bulk-len", 512 << 20, megabyte...UInt(Int.max)),
        .memory("client-query-buffer-limit", 1 << 30, megabyte...UInt(Int.max)),
        Directive(
            "client-output-buffer-limit", .outputLimits,
            .outputLimits([
                OutputBufferLimit(hardBytes: 0, softBytes: 0, softSeconds: 0),
                OutputBufferLimit(
                    hardBytes: 256 * megabyte, softBytes: 64 * megabyte, softSeconds: 60),
                OutputBufferLimit(
                    hardBytes: 32 * megabyte, softBytes: 8 * megabyte, softSeconds: 60),
            ]), .manyArguments),
        Directive("maxmemory-clients", .memoryOrPercent, .memory(0)),
        .integer("tracking-table-max-keys", 1_000_000, 0...Int.max),
    ]
}
