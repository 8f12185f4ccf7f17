// Directives on TLS: checked, kept and returned.

extension Directive {
    static let transportSecurity: [Directive] = [
        .integer("tls-port", 0, 0...65535),
        .choice("tls-auth-clients", 1, ["no", "yes", "optional"]),
        .optionalText("tls-ca-cert-dir"),
        .optionalText("tls-ca-cert-file"),
        .optionalText("tls-cert-file"),
        .optionalText("tls-ciphers"),
        .optionalText("tls-ciphersuites"),
        .optionalText("tls-client-cert-file"),
        .optionalText("tls-client-key-file"),
        .optionalText("tls-client-key-file-pass", .sensitive),
        .bool("tls-cluster", false),
        .optionalText("tls-dh-params-file"),
        .optionalText("tls-key-file"),
        .optionalText("tls-key-file-pass", .sensitive),
        .bool("tls-prefer-server-ciphers", false),
        .optionalText("tls-protocols"),
        .bool("tls-replication", false),
        .integer("tls-session-cache-size", 20480, 0...intMax),
        .integer("tls-session-cache-timeout", 300, 0...intMax),
        .bool("tls-session-caching", true),
    ]
}
