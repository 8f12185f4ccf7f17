// DEBUG: who may use it, replies byte for byte as Redis 7.4 gives them, and digests that are the
// same as a Redis server's for the same data.

import Configuration
import Engine
import Memory
import Testing

@testable import Server

@Suite struct DebugCommandTests {
    private func fixture() -> HandlerFixture {
        let fixture = HandlerFixture()
        fixture.server.configuration.record("enable-debug-command", .choice(1))
        return fixture
    }

    private func debug(_ fixture: HandlerFixture, _ words: String...) -> String {
        fixture.run(Server.debugCommand, (["DEBUG"] + words).map { Array($0.utf8) })
    }

    private func store(_ fixture: HandlerFixture, _ words: String...) {
        let handler: HandlerFixture.Handler = { _ in
            { _, context in
                switch words[0] {
                case "SET": setCommand(&context)
                case "RPUSH": rpushCommand(&context)
                default: expireCommand(&context)
                }
            }
        }
        let reply = fixture.run(handler, words.map { Array($0.utf8) })
        #expect(!reply.hasPrefix("-"), "\(words)")
    }

    @Test func isRefusedUnlessAllowed() {
        let fixture = HandlerFixture()
        #expect(debug(fixture, "SLEEP", "0").hasPrefix("-ERR DEBUG command not allowed. If the "))
        fixture.server.configuration.record("enable-debug-command", .choice(2))
        // The fixture's clients come over unix sockets.
        #expect(debug(fixture, "SLEEP", "0") == "+OK\r\n")
    }

    @Test func unknownSubcommandsAndCounts() {
        let fixture = fixture()
        for words in [
            ["foo"], ["SLEEP"], ["DIGEST", "x"], ["help", "x"], ["REPLYBUFFER", "a", "1"],
        ] {
            #expect(
                fixture.run(Server.debugCommand, (["DEBUG"] + words).map { Array($0.utf8) })
                    == "-ERR unknown subcommand or wrong number of arguments for '\(words[0])'. "
                    + "Try DEBUG HELP.\r\n")
        }
        #expect(
            debug(fixture, "QUICKLIST-PACKED-THRESHOLD", "5g")
                == "-ERR argument must be a memory value bigger than 1 and smaller than 4gb\r\n")
        #expect(debug(fixture, "OBJECT", "nokey") == "-ERR no such key\r\n")
        #expect(debug(fixture, "ERROR", "OOPS a\nb") == "-OOPS a b\r\n")
    }

    /// Expected digests come from Redis 7.4.1 holding the same keys.
    @Test func matchingAndTheMapOfMemory() {
        let fixture = fixture()
        #expect(debug(fixture, "STRINGMATCH-LEN", "h[ae]llo", "hallo") == ":1\r\n")
        #expect(debug(fixture, "STRINGMATCH-LEN", "h[ae]llo", "HALLO") == ":0\r\n")
        #expect(debug(fixture, "STRINGMATCH-LEN", "h[ae]llo", "HALLO", "NOCASE") == ":1\r\n")
        #expect(debug(fixture, "STRINGMATCH-LEN", "a", "a", "x").hasPrefix("-ERR unknown subcomm"))
        #expect(debug(fixture, "STRINGMATCH-TEST").hasPrefix("+Every match"))
        #expect(debug(fixture, "JMAP") == "*0\r\n")
        store(fixture, "SET", "k", "7")
        store(fixture, "RPUSH", "l", "a", "b")
        let map = debug(fixture, "JMAP")
        #expect(map.hasPrefix("*2\r\n") && map.contains("list listpack: keys=1,bytes="))
        #expect(map.contains("string int: keys=1,bytes="))
    }

    @Test func digestsAreThoseOfRedis() {
        let fixture = fixture()
        let zeros = "+" + String(repeating: "0", count: 40) + "\r\n"
        #expect(debug(fixture, "DIGEST") == zeros)
        store(fixture, "SET", "s", "hello")
        store(fixture, "SET", "i", "123")
        store(fixture, "SET", "l50", String(repeating: "x", count: 73))
        store(fixture, "RPUSH", "l", "a", "b", "c", "1", "1000", "100000")
        #expect(
            debug(fixture, "DIGEST-VALUE", "s", "i", "l", "nokey", "l50")
                == "*5\r\n+36b23a1456b2dce2c3ed252c456761301dba8060\r\n"
                + "+89f7f51b707418f666d5b45e053bd5bbbf82ac2b\r\n"
                + "+88c4e479cbc6f9ca61e3b4d9b83fa8de5b7e8fd5\r\n\(zeros)"
                + "+4c6de395c9886f228b14c61b8497e21ad4585f49\r\n")
        #expect(debug(fixture, "DIGEST") == "+0e2fe23f19b723ad92d21c80e5fc842f4e1a3c16\r\n")
    }

    @Test func digestsTakeDeadlinesAndDatabasesIn() {
        let fixture = fixture()
        store(fixture, "SET", "e", "v", "EX", "1000")
        #expect(
            debug(fixture, "DIGEST-VALUE", "e")
                == "*1\r\n+311b17018163335616e089f6b951c82c477335ac\r\n")
        #expect(debug(fixture, "DIGEST") == "+9cf77fd0a4d54440ddf50b63f74e23892c5c73a3\r\n")
        fixture.client.pointee.database = 3
        store(fixture, "SET", "b", "v")
        #expect(debug(fixture, "DIGEST") == "+bf0ea70393334ebf3786e820d094c65bd8a2e06f\r\n")
    }

    @Test func objectDescribesTheValue() {
        let fixture = fixture()
        store(fixture, "SET", "i", "123")
        store(fixture, "SET", "n", "-70000")
        store(fixture, "RPUSH", "l", "a", "b", "c", "1", "1000", "100000")
        #expect(
            debug(fixture, "OBJECT", "i").contains(
                " refcount:2147483647 encoding:int serializedlength:2 lru:"))
        #expect(
            debug(fixture, "OBJECT", "n").contains(
                " refcount:1 encoding:int serializedlength:5 lru:"))
        #expect(
            debug(fixture, "OBJECT", "l").contains(
                " refcount:1 encoding:listpack serializedlength:29 lru:"))
        for i in 0..<300 {
            store(fixture, "RPUSH", "q", "\(i)-" + String(repeating: "a", count: 48))
        }
        #expect(
            debug(fixture, "OBJECT", "q").contains(
                " ql_nodes:2 ql_avg_node:150.00 ql_listpack_max:-2 ql_compressed:0 "))
    }

    @Test func populateLeavesWhatIsThere() {
        let fixture = fixture()
        store(fixture, "SET", "pp:1", "mine")
        #expect(debug(fixture, "POPULATE", "3", "pp", "5") == "+OK\r\n")
        let database = fixture.server.engine.pointee.databases
        #expect(database.pointee.count == 3)
        for (key, value) in [("pp:0", "value"), ("pp:1", "mine"), ("pp:2", "value")] {
            let found = Array(key.utf8).withBytes { key in
                database.pointee.peek(key, fixture.server.engine.pointee.hash(key))?
                    .withString { $0.string }
            }
            #expect(found == value, "\(key)")
        }
        #expect(
            debug(fixture, "POPULATE", "abc")
                == "-ERR value is out of range, must be positive\r\n")
    }

    @Test func protocolShowsEachType() {
        let fixture = fixture()
        #expect(debug(fixture, "PROTOCOL", "set") == "*3\r\n:0\r\n:1\r\n:2\r\n")
        #expect(debug(fixture, "PROTOCOL", "true") == ":1\r\n")
        #expect(
            debug(fixture, "PROTOCOL", "push") == "-ERR RESP2 is not supported by this command\r\n")
        fixture.client.pointee.resp3 = true
        for (type, reply) in [
            ("double", ",3.141\r\n"), ("null", "_\r\n"), ("set", "~3\r\n:0\r\n:1\r\n:2\r\n"),
            ("map", "%3\r\n:0\r\n#f\r\n:1\r\n#t\r\n:2\r\n#f\r\n"), ("false", "#f\r\n"),
            ("bignum", "(1234567999999999999999999999999999999\r\n"),
            ("verbatim", "=29\r\ntxt:This is a verbatim\nstring\r\n"),
            (
                "push",
                "$40\r\nSome real reply following the push reply\r\n"
                    + ">2\r\n$16\r\nserver-cpu-usage\r\n:42\r\n"
            ),
        ] {
            #expect(debug(fixture, "PROTOCOL", type) == reply, "\(type)")
        }
    }
}
