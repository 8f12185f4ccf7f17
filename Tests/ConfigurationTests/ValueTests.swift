// Every kind of value: what is accepted, how it reads back, what is refused in which words. The
// cases were checked on Redis 7.4.1.

import Testing

@testable import Configuration

/// A directive, a value given to it, and what CONFIG GET shows then, or the reason of the refusal
/// with a `!` in front.
private let cases: [(String, String, String)] = [
    ("activerehashing", "Yes", "yes"), ("activerehashing", "NO", "no"),
    ("activerehashing", "true", "!argument must be 'yes' or 'no'"),
    ("activerehashing", "1", "!argument must be 'yes' or 'no'"),
    ("activerehashing", "no ", "!argument must be 'yes' or 'no'"),

    ("timeout", "5", "5"), ("timeout", "2147483647", "2147483647"),
    ("timeout", "2147483648", "!argument must be between 0 and 2147483647 inclusive"),
    ("timeout", "-1", "!argument must be between 0 and 2147483647 inclusive"),
    ("timeout", "+5", "!argument couldn't be parsed into an integer"),
    ("timeout", "05", "!argument couldn't be parsed into an integer"),
    ("timeout", " 5", "!argument couldn't be parsed into an integer"),
    ("timeout", "5.0", "!argument couldn't be parsed into an integer"),
    ("timeout", "-0", "!argument couldn't be parsed into an integer"),
    ("timeout", "", "!argument couldn't be parsed into an integer"),
    ("acllog-max-len", "9223372036854775807", "9223372036854775807"),
    ("acllog-max-len", "9223372036854775808", "!argument couldn't be parsed into an integer"),
    (
        "acllog-max-len", "-9223372036854775808",
        "!argument must be between 0 and 9223372036854775807 inclusive"
    ),
    ("maxclients", "0", "!argument must be between 1 and 4294967295 inclusive"),
    ("active-expire-effort", "11", "!argument must be between 1 and 10 inclusive"),
    ("slowlog-log-slower-than", "-1", "-1"),
    (
        "slowlog-log-slower-than", "-2",
        "!argument must be between -1 and 9223372036854775807 inclusive"
    ),
    ("list-max-listpack-size", "-2147483648", "-2147483648"),
    ("hz", "1000", "500"), ("hz", "0", "1"), ("watchdog-period", "1", "200"),
    ("repl-backlog-size", "1", "16384"),

    ("maxmemory", "1000", "1000"), ("maxmemory", "00012", "12"), ("maxmemory", "1b", "1"),
    ("maxmemory", "100k", "100000"), ("maxmemory", "1KB", "1024"), ("maxmemory", "1m", "1000000"),
    ("maxmemory", "100mb", "104857600"), ("maxmemory", "1g", "1000000000"),
    ("maxmemory", "1Gb", "1073741824"), ("maxmemory", "", "0"), ("maxmemory", "k", "0"),
    ("maxmemory", "99999999999999999999", "18446744073709551615"),
    ("maxmemory", "1zb", "!argument must be a memory value"),
    ("maxmemory", "-1", "!argument must be a memory value"),
    ("maxmemory", "1.5gb", "!argument must be a memory value"),
    ("maxmemory", "1gb ", "!argument must be a memory value"),
    ("maxmemory", "0x10", "!argument must be a memory value"),
    ("maxmemory", "99999999999gb", "!argument must be a memory value"),
    ("proto-max-bulk-len", "1mb", "1048576"),
    (
        "proto-max-bulk-len", "1048575",
        "!argument must be between 1048576 and 9223372036854775807 inclusive"
    ),
    (
        "active-defrag-ignore-bytes", "99999999999999999999",
        "!argument must be between 1 and 9223372036854775807 inclusive"
    ),

    ("maxmemory-clients", "50%", "50%"), ("maxmemory-clients", "0%", "0"),
    ("maxmemory-clients", "100%", "100%"), ("maxmemory-clients", "1gb", "1073741824"),
    ("maxmemory-clients", "101%", "!percentage argument must be less or equal to 100"),
    ("maxmemory-clients", "-1%", "!argument must be a memory or percent value"),
    ("maxmemory-clients", "%", "!argument must be a memory or percent value"),
    ("maxmemory-clients", "5 %", "!argument must be a memory or percent value"),

    ("loglevel", "Verbose", "verbose"),
    (
        "loglevel", "bogus",
        "!argument(s) must be one of the following: debug, verbose, notice, warning, nothing"
    ),
    ("oom-score-adj", "relative", "yes"), ("oom-score-adj", "absolute", "absolute"),
    ("appendfsync", "ALWAYS", "always"),

    ("save", "900 1 300 10", "900 1 300 10"), ("save", "", ""), ("save", "1 0", "1 0"),
    ("save", "60 ", "60 0"),
    ("save", "1", "!Invalid save parameters"), ("save", "x", "!Invalid save parameters"),
    ("save", "0 1", "!Invalid save parameters"), ("save", "1 -1", "!Invalid save parameters"),
    ("save", "\"\"", "!Invalid save parameters"),
    ("save", "1 9999999999", "!Invalid save parameters"),

    ("notify-keyspace-events", "KEA", "AKE"), ("notify-keyspace-events", "Kg$", "g$K"),
    ("notify-keyspace-events", "KEg$lshzxetd", "AKE"), ("notify-keyspace-events", "KEgmn", "gnKEm"),
    ("notify-keyspace-events", "AKEmn", "AKEm"), ("notify-keyspace-events", "", ""),
    (
        "notify-keyspace-events", "Kq",
        "!Invalid event class character. Use 'Ag$lshzxeKEtmdn'."
    ),

    (
        "client-output-buffer-limit", "replica 1mb 2mb 3",
        "normal 0 0 0 slave 1048576 2097152 3 pubsub 33554432 8388608 60"
    ),
    (
        "client-output-buffer-limit", "pubsub 1 2 3 NORMAL 10 20 30",
        "normal 10 20 30 slave 268435456 67108864 60 pubsub 1 2 3"
    ),
    (
        "client-output-buffer-limit", "",
        "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60"
    ),
    (
        "client-output-buffer-limit", "normal 0 0",
        "!Wrong number of arguments in buffer limit configuration."
    ),
    (
        "client-output-buffer-limit", "master 0 0 0",
        "!Invalid client class specified in buffer limit configuration."
    ),
    (
        "client-output-buffer-limit", "normal a 0 0",
        "!Error in hard, soft or soft_seconds setting in buffer limit configuration."
    ),
    (
        "client-output-buffer-limit", "normal 0 0 5k",
        "!Error in hard, soft or soft_seconds setting in buffer limit configuration."
    ),

    ("latency-tracking-info-percentiles", "50.5 99.99", "50.5 99.99"),
    ("latency-tracking-info-percentiles", "100.0", "100"),
    ("latency-tracking-info-percentiles", "0.001 1e1", "0.001 10"),
    ("latency-tracking-info-percentiles", "99.9999999999", "100"),
    ("latency-tracking-info-percentiles", "", ""),
    (
        "latency-tracking-info-percentiles", "nan",
        "!Invalid latency-tracking-info-percentiles parameters"
    ),
    (
        "latency-tracking-info-percentiles", "  50 ",
        "!Invalid latency-tracking-info-percentiles parameters"
    ),
    (
        "latency-tracking-info-percentiles", "50 101",
        "!latency-tracking-info-percentiles parameters should sit between [0.0,100.0]"
    ),

    ("oom-score-adj-values", "-2000 0 2000", "-2000 0 2000"),
    ("oom-score-adj-values", "1 2", "!wrong number of arguments"),
    ("oom-score-adj-values", "0  1 2", "!wrong number of arguments"),
    (
        "oom-score-adj-values", "0 0 2001",
        "!Invalid oom-score-adj-values, elements must be between -2000 and 2000."
    ),
    (
        "oom-score-adj-values", "a b c",
        "!Invalid oom-score-adj-values, elements must be between -2000 and 2000."
    ),

    ("shutdown-on-sigterm", "force now", "now force"), ("shutdown-on-sigterm", "SAVE", "save"),
    ("shutdown-on-sigterm", "default force", "force"),
    (
        "shutdown-on-sigterm", "save nosave",
        "!shutdown options SAVE and NOSAVE can't be used simultaneously"
    ),
    (
        "shutdown-on-sigterm", "",
        "!argument(s) must be one of the following: default, save, nosave, now, force"
    ),

    ("bind", "127.0.0.1 ::1", "127.0.0.1 ::1"), ("bind", "", ""),
    ("bind", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", "!Too many bind addresses specified."),

    ("proc-title-template", "{title} x", "{title} x"),
    ("proc-title-template", "{{title}}", "{{title}}"), ("proc-title-template", "}x", "}x"),
    (
        "proc-title-template", "{foo}",
        "!template format is invalid or contains unknown variables"
    ),
    (
        "proc-title-template", "{title",
        "!template format is invalid or contains unknown variables"
    ),
    ("proc-title-template", "", "!template format is invalid or contains unknown variables"),
    (
        "proc-title-template", "{title}",
        "!template format is invalid or contains unknown variables"
    ),
    ("cluster-announce-hostname", "host.name-1", "host.name-1"),
    (
        "cluster-announce-hostname", "a_b",
        "!Hostnames may only contain alphanumeric characters, hyphens or dots"
    ),
    (
        "cluster-announce-hostname", String(repeating: "x", count: 256),
        "!Hostnames must be less than 256 characters"
    ),
    ("cluster-announce-human-nodename", "a/b=c\"d", "a/b=c\"d"),
    (
        "cluster-announce-human-nodename", "a@b",
        "!Announced human node name contained invalid character"
    ),
    ("locale-collate", "POSIX", "POSIX"), ("locale-collate", "xx", "!Invalid locale name"),
]

/// Lines of a file (for directives that CONFIG SET may not set), and what is shown, likewise.
private let fileCases: [(String, String)] = [
    ("unixsocketperm 700", "700"), ("unixsocketperm 0777", "777"), ("unixsocketperm \"\"", "0"),
    ("unixsocketperm 999", "!argument couldn't be parsed as an octal number"),
    ("unixsocketperm 7777", "!argument must be between 0 and 777 inclusive"),
    ("unixsocketperm -1", "!argument must be between 0 and 777 inclusive"),
    ("unixsocketperm 777777777777777777777777", "!argument must be between 0 and 777 inclusive"),
    ("repl-backlog-size 1k", "1000"),
    ("replicaof example.com 6380", "example.com 6380"), ("slaveof no one", ""),
    ("replicaof a b", "!Invalid master port"), ("replicaof a 65536", "!Invalid master port"),
    ("replicaof a", "!wrong number of arguments"),
    ("databases 0", "!argument must be between 1 and 2147483647 inclusive"),
    ("enable-debug-command local", "local"), ("supervised systemd", "systemd"),
    ("dir /other", "/other"), ("dir .", "/data"), ("dir /nowhere", "!No such file or directory"),
    ("dir /data/test.conf", "!Not a directory"), ("dir \"\"", "!No such file or directory"),
    ("dbfilename a/b", "!dbfilename can't be a path, just a filename"), ("dbfilename \"\"", ""),
    ("appendfilename a/b", "!appendfilename can't be a path, just a filename"),
    ("appendfilename \"\"", "!appendfilename can't be empty"),
    ("appenddirname a/b", "!appenddirname can't be a path, just a dirname"),
    ("appenddirname \"\"", "!appenddirname can't be empty"),
    ("requirepass \"\\x41\\n\"", "A\n"), ("requirepass 'a b'", "a b"),
    ("requirepass", "!wrong number of arguments"), ("port 1 2", "!wrong number of arguments"),
    ("save \"10 20 30 40\"", "10 20 30 40"), ("save 10 20 30 40", "10 20 30 40"),
    ("save", ""), ("save \"\"", ""), ("save \"\" x", "!Invalid save parameters"),
    ("shutdown-on-sigint nosave force", "nosave force"), ("bind", ""),
    (
        "client-output-buffer-limit normal 1 2 3",
        "normal 1 2 3 slave 268435456 67108864 60 pubsub 33554432 8388608 60"
    ),
    ("latency-tracking-info-percentiles", ""), ("oom-score-adj-values 1 2 3", "1 2 3"),
    ("cluster-slave-no-failover yes", "yes"),
]

@Suite struct ValueTests {
    @Test func configSetAcceptsAndRefusesAsRedis() {
        for (name, value, expected) in cases {
            var configuration = Configuration(host: TestHost().host)
            let reply = configuration.set(name, value)
            if expected.first == "!" {
                let reason = expected.dropFirst()
                let whole =
                    "ERR CONFIG SET failed (possibly related to argument '\(name)') - \(reason)"
                #expect(reply == whole, "\(name) '\(value)'")
            } else {
                #expect(reply == "OK", "\(name) '\(value)'")
                #expect(configuration.get(name) == [name, expected], "\(name) '\(value)'")
            }
        }
    }

    @Test func filesAcceptAndRefuseAsRedis() throws {
        for (line, expected) in fileCases {
            let name = line.split(separator: " ")[0].description
            if expected.first == "!" {
                #expect(
                    TestHost().report(line).hasSuffix(
                        ", at line 1\n>>> '\(line)'\n\(expected.dropFirst())\n"), "\(line)")
            } else {
                let configuration = try TestHost().load(line)
                #expect(configuration.get(name) == [name, expected], "\(line)")
            }
        }
    }

    /// Numbers at random, each read by the strict reader exactly when it prints back the same.
    @Test func strictIntegersAreThoseThatPrintTheSame() {
        let seed: UInt64 = 20_241
        var random = SeededGenerator(seed: seed)
        for _ in 0..<2000 {
            let length = Int.random(in: 1...20, using: &random)
            let text = String(
                (0..<length).map { _ in "0123456789-".randomElement(using: &random)! })
            let expected = Int(text).flatMap { String($0) == text ? $0 : nil }
            #expect(strictInteger(ByteText(ascii: text)) == expected, "\(text), seed \(seed)")
        }
    }

    @Test func lenientIntegersSaturate() {
        #expect(lenientInteger(ByteText(ascii: "99999999999999999999")) == Int.max)
        #expect(lenientInteger(ByteText(ascii: "-99999999999999999999")) == Int.min)
        #expect(lenientInteger(ByteText(ascii: "99999999999999999999x")) == nil)
        #expect(lenientInteger(ByteText(ascii: " +7")) == 7)
        #expect(lenientInteger([]) == 0)
        #expect(lenientInteger(ByteText(ascii: "-")) == nil)
        #expect(lenientInteger(ByteText(ascii: "-9223372036854775808")) == Int.min)
        #expect(lenientInteger(ByteText(ascii: "9223372036854775807")) == Int.max)
    }

    @Test func quotedTextSplitsBackToItself() {
        let seed: UInt64 = 77
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let words = (0..<Int.random(in: 1...4, using: &random)).map { _ in
                (0..<Int.random(in: 0...20, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
            }
            let line = ByteText(words.map { quoted($0) }.joined(separator: [32]))
            #expect(arguments(of: line) == words, "seed \(seed)")
        }
    }

    @Test func memoryIsWrittenInTheLargestUnitThatDividesIt() {
        #expect(memoryText(0) == "0")
        #expect(memoryText(1) == "1")
        #expect(memoryText(1024) == "1kb")
        #expect(memoryText(1536) == "1536")
        #expect(memoryText(3 << 30) == "3gb")
        #expect(memoryText(1025 << 20) == "1025mb")
    }
}
