// CONFIG SET and CONFIG GET: several at once, all or none, and what may not be set.

import Testing

@testable import Configuration

@Suite struct SettingTests {
    private var fresh: Configuration { Configuration(host: TestHost().host) }

    private func failed(_ name: String, _ reason: String) -> String {
        "ERR CONFIG SET failed (possibly related to argument '\(name)') - \(reason)"
    }

    @Test func severalAreSetTogether() {
        var c = fresh
        #expect(c.set("timeout", "5", "MaxMemory", "1mb", "save", "") == "OK")
        #expect(
            c.get("timeout", "maxmemory", "save")
                == ["timeout", "5", "maxmemory", "1048576", "save", ""])
        #expect(c.settings.maxmemoryBytes == 1 << 20)
    }

    @Test func oneBadValueUndoesAll() {
        var c = fresh
        let before = c.values
        #expect(
            c.set("timeout", "5", "hz", "abc")
                == failed("hz", "argument couldn't be parsed into an integer"))
        #expect(
            c.set("timeout", "5", "databases", "3")
                == failed("databases", "can't set immutable config"))
        #expect(
            c.set("timeout", "5", "nosuch", "1")
                == "ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'")
        #expect(c.values == before)
        #expect(c.settings.timeoutSeconds == 0)
    }

    @Test func theFirstObjectionCountsAndNamesAreShownAsRedisDoes() {
        var c = fresh
        let unknown = "ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'"
        #expect(c.set("timeout", "abc", "nosuch", "1") == unknown)
        #expect(c.set("nosuch", "2", "databases", "1") == unknown)
        #expect(
            c.set("databases", "1", "nosuch", "2")
                == failed("databases", "can't set immutable config"))
        #expect(c.set("dir", "/", "databases", "1") == failed("dir", "can't set protected config"))
        #expect(
            c.set("timeout", "1", "TIMEOUT", "2", "databases", "3")
                == failed("TIMEOUT", "duplicate parameter"))
        // A bad value names the directive in lower case, an alias as itself.
        #expect(
            c.set("Timeout", "abc")
                == failed("timeout", "argument couldn't be parsed into an integer"))
        #expect(
            c.set("slave-priority", "abc")
                == failed("slave-priority", "argument couldn't be parsed into an integer"))
        for name in ["include", "user", "rename-command", "loadmodule", "sentinel", "host"] {
            #expect(
                c.set(name, "x")
                    == "ERR Unknown option or number of arguments for CONFIG SET - '\(name)'")
        }
    }

    @Test func anAliasAndItsDirectiveAreTwoNames() {
        var c = fresh
        #expect(c.set("slave-priority", "1", "replica-priority", "2") == "OK")
        #expect(
            c.get("slave-priority", "replica-priority")
                == ["slave-priority", "2", "replica-priority", "2"])
    }

    @Test func protectedDirectivesNeedPermission() throws {
        let dir = [(name: ByteText(ascii: "dir"), value: ByteText(ascii: "/other"))]
        for (access, local, allowed) in [
            ("no", true, false), ("local", false, false), ("local", true, true),
            ("yes", false, true),
        ] {
            var c = try TestHost().load("enable-protected-configs \(access)")
            let context = SetContext(clientIsLocal: local)
            do throws(SetError) {
                try c.apply(dir, context) { _, _ in nil }
                #expect(allowed, "\(access) \(local)")
                #expect(c.string("dir") == "/other")
            } catch {
                #expect(!allowed, "\(access) \(local)")
                #expect(error.reply.decoded == failed("dir", "can't set protected config"))
            }
        }
    }

    @Test func someAreRefusedWhileLoading() {
        var c = fresh
        let pairs = [(name: ByteText(ascii: "appendonly"), value: ByteText(ascii: "yes"))]
        #expect(throws: SetError.loading) {
            try c.apply(pairs, SetContext(clientIsLocal: true, isLoading: true)) { _, _ in nil }
        }
        #expect(!c.bool("appendonly"))
    }

    @Test func commitSeesWhatChangedAndMayRefuse() throws {
        let system = TestHost()
        var c = try system.load("enable-protected-configs yes")
        let pairs = [("port", "7000"), ("timeout", "0"), ("dir", "/other")].map {
            (name: ByteText(ascii: $0.0), value: ByteText(ascii: $0.1))
        }
        var calls: [(port: Int, changed: [String])] = []
        do throws(SetError) {
            try c.apply(pairs, SetContext(clientIsLocal: true)) { next, changed in
                calls.append((next.integer("port"), changed))
                return Veto("port", "Unable to listen on this port. Check server logs.")
            }
            Issue.record("the veto was ignored")
        } catch {
            #expect(
                error.reply.decoded
                    == failed("port", "Unable to listen on this port. Check server logs."))
        }
        // Once forwards, once back; what stayed the same is not named.
        #expect(calls.map(\.port) == [7000, 6379])
        #expect(calls.map(\.changed) == [["port", "dir"], ["port", "dir"]])
        #expect(c.integer("port") == 6379)
        #expect(system.current == "/data")
    }

    @Test func commitIsNotCalledWhenNothingChanges() throws {
        var c = fresh
        let pairs = [(name: ByteText(ascii: "timeout"), value: ByteText(ascii: "0"))]
        let changed = try c.apply(pairs, SetContext(clientIsLocal: true)) { _, _ in
            Issue.record("nothing had changed")
            return nil
        }
        #expect(changed.isEmpty)
    }

    @Test func aLaterErrorMovesTheProcessBack() throws {
        let system = TestHost()
        var c = try system.load("enable-protected-configs yes")
        #expect(
            c.set("dir", "/other", "hz", "x")
                == failed("hz", "argument couldn't be parsed into an integer"))
        #expect(system.current == "/data")
        #expect(c.string("dir") == "/data")
    }

    @Test func configSetReplacesSaveRules() {
        var c = fresh
        #expect(c.set("save", "10 1") == "OK")
        #expect(c.set("save", "20 2 30 3") == "OK")
        #expect(
            c.savePoints
                == [SavePoint(seconds: 20, changes: 2), SavePoint(seconds: 30, changes: 3)])
    }

    @Test func getTakesNamesAndPatterns() {
        let c = fresh
        #expect(c.get("MaxMemory") == ["MaxMemory", "0"])
        #expect(c.get("SLAVEOF") == ["SLAVEOF", ""])
        #expect(c.get("nosuch").isEmpty)
        #expect(c.get("[tT]imeout") == ["timeout", "0"])
        #expect(
            c.get("slave-prio*", "replica-prio*")
                == ["slave-priority", "100", "replica-priority", "100"])
        #expect(c.get("SAVE", "s?ve") == ["SAVE", "3600 1 300 100 60 10000"])
        #expect(c.get("s?ve", "SAVE") == ["save", "3600 1 300 100 60 10000"])
        #expect(
            c.get("max?emory", "MAXMEMORY", "MAXmemory-s*")
                == ["maxmemory", "0", "maxmemory-samples", "5"])
        #expect(c.get("slave-*").count == 2 * 7)
    }

    @Test func valuesNeedNotBeUTF8() throws {
        var c = fresh
        let secret: ByteText = [0xff, 0, 0x80, 10]
        try c.apply(
            [(name: ByteText(ascii: "requirepass"), value: secret)],
            SetContext(clientIsLocal: true)
        ) { _, _ in nil }
        #expect(c.text("requirepass") == secret)
    }

    @Test func secretsAreKnownAsSuch() {
        for name in [
            "requirepass", "MASTERAUTH", "masteruser", "tls-key-file-pass",
            "tls-client-key-file-pass",
        ] {
            #expect(Configuration.isSensitive(ByteText(ascii: name)))
        }
        for name in ["maxmemory", "nosuch", "user"] {
            #expect(!Configuration.isSensitive(ByteText(ascii: name)))
        }
    }

    @Test func recordKeepsSettingsInStep() {
        var c = fresh
        c.record("maxclients", .integer(100))
        #expect(c.settings.maxclients == 100)
        #expect(c.get("maxclients") == ["maxclients", "100"])
    }
}
