// Files, includes, repeated directives, and the reports on what is wrong.

import Testing

@testable import Configuration

@Suite struct LoadingTests {
    private func report(_ line: Int, _ text: String, _ message: String) -> String {
        "\n*** FATAL CONFIG FILE ERROR (Redis 7.4.1) ***\n"
            + "Reading the configuration file, at line \(line)\n>>> '\(text)'\n\(message)\n"
    }

    private func save(_ text: String, options: String = "") throws -> String {
        try TestHost().load(text, options: options).string("save")
    }

    @Test func commentsBlanksAndLetterCaseAreAsInRedis() throws {
        let configuration = try TestHost().load(
            "# comment\n\n  \t PORT   7000\r\n\tTimeOut 5 \n   # another\nrequirepass \"a b\"")
        #expect(configuration.integer("port") == 7000)
        #expect(configuration.integer("timeout") == 5)
        #expect(configuration.string("requirepass") == "a b")
        #expect(configuration.settings.timeoutSeconds == 5)
        #expect(configuration.configFile == ByteText(ascii: "/data/test.conf"))
    }

    @Test func theLastOfSeveralLinesCounts() throws {
        let configuration = try TestHost().load(
            "maxmemory 1mb\nslave-priority 3\nmaxmemory 2mb\nreplica-priority 4\n"
                + "client-output-buffer-limit normal 1 1 1\n"
                + "client-output-buffer-limit pubsub 2 2 2\n")
        #expect(configuration.bytes("maxmemory") == 2 << 20)
        #expect(configuration.integer("replica-priority") == 4)
        #expect(
            configuration.string("client-output-buffer-limit")
                == "normal 1 1 1 slave 268435456 67108864 60 pubsub 2 2 2")
    }

    @Test func saveLinesAddUp() throws {
        #expect(try save("save 900 1\nsave 300 10\n") == "900 1 300 10")
        #expect(try save("save 900 1\nsave \"\"\nsave 5 5\n") == "5 5")
        #expect(try save("save 900 1\nsave \"\"\n") == "")
        #expect(try save("save\nsave 1 1") == "1 1")
        #expect(try save("save 900 1\nsave 900 1\nsave 300 1 300 2\n") == "900 1 900 1 300 1 300 2")
        #expect(try save("timeout 5") == "3600 1 300 100 60 10000")
        #expect(try save("save 900 1", options: "save \"1\" \"1\"") == "900 1 1 1")
        #expect(try save("save 900 1", options: "save \"\"") == "")
    }

    @Test func includesAreReadInPlaceAndByPattern() throws {
        let system = TestHost()
        system.files["/data/a.conf"] = "timeout 1\nhz 50\n"
        system.files["/data/d/1.conf"] = "timeout 2\n"
        system.files["/data/d/2.conf"] = "tcp-keepalive 9\n"
        let configuration = try system.load(
            "timeout 9\ninclude a.conf\nhz 60\ninclude d/*.conf\ninclude none*.conf\n")
        #expect(configuration.integer("timeout") == 2)
        #expect(configuration.integer("hz") == 60)
        #expect(configuration.integer("tcp-keepalive") == 9)
    }

    /// As in Redis: a save line behind an include starts afresh.
    @Test func saveAfterAnIncludeReplaces() throws {
        let system = TestHost()
        system.files["/data/a.conf"] = "save 900 1\nsave 300 10\n"
        let configuration = try system.load("include a.conf\nsave 3 3\ninclude a.conf\n")
        #expect(configuration.string("save") == "3 3 900 1 300 10")
    }

    @Test func anErrorInAnIncludedFileCountsItsLines() {
        let system = TestHost()
        system.files["/data/a.conf"] = "\nbogus 1\n"
        #expect(
            system.report("port 1\nport 2\ninclude a.conf")
                == report(2, "bogus 1", "Bad directive or wrong number of arguments"))
    }

    @Test func aFileThatIncludesItselfIsRefused() {
        #expect(
            TestHost().report("include test.conf")
                == report(1, "include test.conf", "files include each other too deeply"))
    }

    @Test func filesThatCannotBeReadAreNamed() {
        #expect(
            TestHost().report("include nofile.conf")
                == "Fatal error, can't open config file 'nofile.conf': No such file or directory\n")
        var launch = LaunchOptions()
        launch.configFile = ByteText(ascii: "no.conf")
        #expect(
            throws: StartError.unreadable(path: ByteText(ascii: "/data/no.conf"), code: 2)
        ) { try Configuration.load(launch, host: TestHost().host) }
    }

    @Test func badLinesAreReported() {
        let bad = "Bad directive or wrong number of arguments"
        let unbalanced = "Unbalanced quotes in configuration line"
        for (text, number, line, message) in [
            ("port 1\nbogus 1", 2, "bogus 1", bad),
            ("\n\n# c\nport \"abc\n", 4, "port \"abc", unbalanced),
            ("requirepass \"a b\"c", 1, "requirepass \"a b\"c", unbalanced),
            ("loglevel  verbose\tx\n", 1, "loglevel  verbose\tx", "wrong number of arguments"),
            ("  port bad\r\n", 1, "port bad", "argument couldn't be parsed into an integer"),
            ("rename-command A", 1, "rename-command A", bad), ("user", 1, "user", bad),
            ("include", 1, "include", bad), ("include a b", 1, "include a b", bad),
            ("loadmodule", 1, "loadmodule", bad),
            (
                "loadmodule /x.so", 1, "loadmodule /x.so",
                "modules are not supported: remove this loadmodule line"
            ),
            (
                "sentinel monitor x", 1, "sentinel monitor x",
                "sentinel directive while not in sentinel mode"
            ),
            ("foo.bar", 1, "foo.bar", "Module config specified without value"),
            ("list-max-ziplist-value", 1, "list-max-ziplist-value", bad),
            (
                "user x on\nuser x off", 2, "user x off",
                "Error in user declaration 'x': Duplicate user found. A user can only be defined "
                    + "once in config files"
            ),
            ("host 127.0.0.1", 1, "host 127.0.0.1", bad),
        ] {
            #expect(TestHost().report(text) == report(number, line, message), "\(text)")
        }
    }

    @Test func linesThatDoNotFitTogetherAreReported() {
        let title = "\n*** FATAL CONFIG FILE ERROR (Redis 7.4.1) ***\n"
        #expect(
            TestHost().report("replicaof a 1\ncluster-enabled yes")
                == title + "replicaof directive not allowed in cluster mode\n")
        #expect(
            TestHost().report("logfile /nowhere/x")
                == title + "Can't open the log file: No such file or directory\n")
        #expect(TestHost().report("foo.bar 1").hasPrefix("Module Configuration detected"))
    }

    @Test func directivesOfThePastArePassedOver() throws {
        let configuration = try TestHost().load(
            "list-max-ziplist-entries 1\nlist-max-ziplist-value 2\nlua-replicate-commands yes\n")
        #expect(configuration.values == Configuration(host: TestHost().host).values)
    }

    @Test func renamedCommandsAndUsersAreKeptWithTheirLines() throws {
        let configuration = try TestHost().load(
            "rename-command CONFIG \"\"\nuser bob on >x ~*\nrename-command get g\n")
        #expect(configuration.renamedCommands.map(\.from.decoded) == ["CONFIG", "get"])
        #expect(configuration.renamedCommands.map(\.to.decoded) == ["", "g"])
        #expect(configuration.renamedCommands[1].line.number == 3)
        #expect(configuration.users.map(\.name.decoded) == ["bob"])
        #expect(configuration.users[0].rules.map(\.decoded) == ["on", ">x", "~*"])
        #expect(configuration.users[0].line.text.decoded == "user bob on >x ~*")
    }

    @Test func dirMovesTheProcessAtOnce() throws {
        let system = TestHost()
        system.files["/other/a.conf"] = "timeout 7"
        let configuration = try system.load("dir /other\ninclude a.conf")
        #expect(configuration.integer("timeout") == 7)
        #expect(configuration.string("dir") == "/other")
        #expect(system.current == "/other")
    }

    @Test func fileStandardInputAndOptionsFollowEachOther() {
        let system = TestHost()
        system.files["/data/y.conf"] = "port 7956\n"
        system.standardInput = "timeout 3\n"
        var launch = LaunchOptions()
        launch.configFile = ByteText(ascii: "y.conf")
        launch.readsStandardInput = true
        launch.options = ByteText(ascii: "timeout \"bogus\" ")
        do throws(StartError) {
            _ = try Configuration.load(launch, host: system.host)
            Issue.record("a bad option was accepted")
        } catch {
            #expect(
                error.report.decoded
                    == report(
                        4, "timeout \"bogus\"", "argument couldn't be parsed into an integer"))
        }
    }

    /// The sample file loads, and uncommented, each of its defaults is one.
    @Test func theSampleFileShowsTheDefaults() throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let path = ByteText(ascii: "/" + root + "/packaging/flashkvd.conf")
        guard case .bytes(let bytes) = Host.system.readFile(path) else {
            Issue.record("cannot read \(path.decoded)")
            return
        }
        let system = TestHost()
        let loaded = try system.load(bytes.decoded)
        #expect(loaded.string("bind") == "127.0.0.1 -::1")
        var shown = 0
        let examples = [
            "include", "unixsocket", "unixsocketperm", "unixsocketgroup", "dir",
            "pidfile", "requirepass",
        ]
        for line in bytes.split(separator: 10) where line.starts(with: "# ".utf8) {
            let text = ByteText(line.dropFirst(2))
            guard let words = arguments(of: text), let name = words.first,
                let (row, directive) = DirectiveTable.find(name), name == name.lowercasedASCII,
                !examples.contains(directive.name)
            else { continue }
            let value = try system.load(text.decoded).values[row]
            #expect(value == directive.initial, "\(text.decoded)")
            shown += 1
        }
        #expect(shown >= 25)
    }

    /// Whatever bytes a file holds, reading it ends in a configuration or an error.
    @Test func randomFilesNeverTrap() {
        let seed: UInt64 = 4711
        var random = SeededGenerator(seed: seed)
        let names = DirectiveTable.all.map(\.name) + ["include", "user", "rename-command", "a.b"]
        let words = [
            "", "yes", "-1", "0", "1gb", "99999999999999999999", "5%", "\"", "'a", "\\x",
            "normal", "no", "one", "1e400", "\"\\xff\"", "*", "test.conf", "default",
        ]
        for round in 0..<3000 {
            var line = names.randomElement(using: &random)!
            for _ in 0..<Int.random(in: 0...5, using: &random) {
                line += " " + words.randomElement(using: &random)!
            }
            let system = TestHost()
            do throws(StartError) {
                let configuration = try system.load(line)
                #expect(!configuration.values.isEmpty)
            } catch {
                #expect(error.report.count > 20, "round \(round), seed \(seed): \(line)")
            }
        }
    }
}
