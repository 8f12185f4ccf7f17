// Directives on the process: how it starts, logs, is named, is scheduled and stops.

extension Directive {
    private static let facilities = ["user"] + (0...7).map { "local\($0)" }

    static let general: [Directive] = [
        .bool("daemonize", false, .immutable),
        .choice("supervised", 3, ["upstart", "systemd", "auto", "no"], .immutable),
        .optionalText("pidfile", .immutable),
        .integer("databases", 16, 1...intMax, .immutable),
        Directive(
            "dir", .text(.directory), .text([]), [.protected, .notWhileLoading]),
        .choice("loglevel", 2, ["debug", "verbose", "notice", "warning", "nothing"]),
        .text("logfile", "", .any, .immutable),
        .bool("syslog-enabled", false, .immutable),
        .text("syslog-ident", "redis", .any, .immutable),
        .choice("syslog-facility", 1, facilities, .immutable),
        .bool("always-show-logo", false, .immutable),
        .bool("set-proc-title", true, .immutable),
        .text("proc-title-template", "{title} {listen-addr} {server-mode}", .processTitle),
        .text("locale-collate", "", .locale),
        .bool("crash-log-enabled", true),
        .bool("crash-memcheck-enabled", true),
        .bool("use-exit-on-panic", false, .hidden),
        .text("ignore-warnings", ""),
        .bool("disable-thp", true, .immutable),
        .choice("oom-score-adj", 0, ["no", "yes", "relative", "absolute"]),
        Directive("oom-score-adj-values", .oomScores, .integers([0, 200, 800]), .manyArguments),
        .optionalText("server-cpulist", .immutable, alias: "server_cpulist"),
        .optionalText("bio-cpulist", .immutable, alias: "bio_cpulist"),
        .optionalText("aof-rewrite-cpulist", .immutable, alias: "aof_rewrite_cpulist"),
        .optionalText("bgsave-cpulist", .immutable, alias: "bgsave_cpulist"),
        .integer("shutdown-timeout", 10, 0...intMax),
        Directive("shutdown-on-sigint", .shutdown, .shutdown([]), .manyArguments),
        Directive("shutdown-on-sigterm", .shutdown, .shutdown([]), .manyArguments),
    ]
}
