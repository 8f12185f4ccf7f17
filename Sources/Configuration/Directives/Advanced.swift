// Directives on the rhythm of background work and on scripts.

extension Directive {
    static let advanced: [Directive] = [
        .integer("hz", 10, 0...intMax),
        .bool("dynamic-hz", true),
        .bool("activerehashing", true),
        .integer("busy-reply-threshold", 5000, 0...Int.max, alias: "lua-time-limit"),
    ]
}
