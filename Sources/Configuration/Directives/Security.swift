// Directives on who may do what.

extension Directive {
    private static let access = ["no", "yes", "local"]

    static let security: [Directive] = [
        .optionalText("requirepass", .sensitive),
        .text("aclfile", "", .any, .immutable),
        .choice("acl-pubsub-default", 1, ["allchannels", "resetchannels"]),
        .integer("acllog-max-len", 128, 0...Int.max),
        .choice("enable-debug-command", 0, access, .immutable),
        .choice("enable-module-command", 0, access, .immutable),
        .choice("enable-protected-configs", 0, access, .immutable),
        .choice("sanitize-dump-payload", 0, ["no", "yes", "clients"]),
        .bool("hide-user-data-from-log", false),
    ]
}
