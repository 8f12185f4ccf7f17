// Directives on sockets: addresses, ports, limits of the listener.

extension Directive {
    static let network: [Directive] = [
        Directive(
            "bind", .bindAddresses, .words([ByteText(ascii: "*"), ByteText(ascii: "-::*")]),
            .manyArguments),
        .optionalText("bind-source-addr"),
        .integer("port", 6379, 0...65535),
        .bool("protected-mode", true),
        .integer("tcp-backlog", 511, 0...intMax, .immutable),
        .integer("tcp-keepalive", 300, 0...intMax),
        .integer("timeout", 0, 0...intMax),
        .optionalText("unixsocket", .immutable),
        Directive("unixsocketperm", .octal(0...0o777), .integer(0), .immutable),
        .optionalText("unixsocketgroup", .immutable),
        .integer("socket-mark-id", 0, 0...Int(UInt32.max), .immutable),
        .integer("io-threads", 1, 1...128, .immutable),
        .bool("io-threads-do-reads", false, .immutable),
        .integer("max-new-connections-per-cycle", 10, 1...1000),
        .integer("max-new-tls-connections-per-cycle", 1, 1...1000),
    ]
}
