// The key commands as a session sees them. The expectations were read off Redis 7.4.1.

import Memory
import RESP
import Testing

@testable import Engine

@Suite(.serialized) struct KeyCommandTests {
    typealias S = CommandSession

    @Test func deleteAndExists() {
        let s = CommandSession()
        _ = s.run("MSET", "a", "1", "b", "2", "c", "3")
        #expect(s.run("EXISTS", "a", "a", "x", "b") == ":3\r\n")
        #expect(s.run("TOUCH", "a", "x") == ":1\r\n")
        #expect(s.hits == 4)
        #expect(s.misses == 2)
        #expect(s.run("DEL", "a", "a", "x") == ":1\r\n")
        #expect(s.run("UNLINK", "b", "c") == ":2\r\n")
        #expect(s.run("TYPE", "a") == "+none\r\n")
        _ = s.run("SET", "a", "1")
        #expect(s.run("TYPE", "a") == "+string\r\n")
        _ = s.run("RPUSH", "l", "1")
        #expect(s.run("TYPE", "l") == "+list\r\n")
        #expect(s.changes == 8)
    }

    @Test func expire() {
        let s = CommandSession()
        #expect(s.run("EXPIRE", "k", "10") == ":0\r\n")
        #expect(s.run("TTL", "k") == ":-2\r\n")
        _ = s.run("SET", "k", "v")
        #expect(s.run("TTL", "k") == ":-1\r\n")
        #expect(s.run("PEXPIRETIME", "k") == ":-1\r\n")
        #expect(s.run("EXPIRE", "k", "10") == ":1\r\n")
        #expect(s.run("PTTL", "k") == ":10000\r\n")
        #expect(s.run("EXPIRETIME", "k") == ":1700000010\r\n")
        #expect(s.run("PERSIST", "k") == ":1\r\n")
        #expect(s.run("PERSIST", "k") == ":0\r\n")
        #expect(s.run("PEXPIREAT", "k", "1999999999600") == ":1\r\n")
        #expect(s.run("EXPIRETIME", "k") == ":2000000000\r\n")
        #expect(s.run("PEXPIRETIME", "k") == ":1999999999600\r\n")
        #expect(s.run("EXPIREAT", "k", "1700000002") == ":1\r\n")
        s.advance(2000)
        #expect(s.run("TTL", "k") == ":0\r\n")
        s.advance(1)
        #expect(s.run("TTL", "k") == ":-2\r\n")
        #expect(s.changes == 5)
    }

    @Test func expireInThePast() {
        let s = CommandSession()
        for command in ["EXPIRE", "PEXPIRE", "EXPIREAT", "PEXPIREAT"] {
            for time in ["0", "-1"] {
                _ = s.run("SET", "k", "v")
                #expect(s.run(command, "k", time) == ":1\r\n")
                #expect(s.run("DBSIZE") == ":0\r\n")
            }
        }
        _ = s.run("SET", "k", "v")
        #expect(s.run("PEXPIRE", "k", "-9223372036854775808") == ":1\r\n")
        #expect(s.changes == 18)
    }

    @Test(arguments: [
        (["10", "ZZ"], "-ERR Unsupported option ZZ\r\n"),
        (["abc", "ZZ"], "-ERR Unsupported option ZZ\r\n"), (["abc"], S.notInteger),
        (
            ["10", "nx", "XX"],
            "-ERR NX and XX, GT or LT options at the same time are not compatible\r\n"
        ),
        (["10", "gt", "lt"], "-ERR GT and LT options at the same time are not compatible\r\n"),
        (["9223372036854775807"], "-ERR invalid expire time in 'expire' command\r\n"),
        (["-9223372036854775807"], "-ERR invalid expire time in 'expire' command\r\n"),
        (["10", "XX"], ":0\r\n"), (["10", "xx", "xx"], ":0\r\n"), (["10", "GT"], ":0\r\n"),
        (["10", "LT"], ":1\r\n"), (["10", "NX"], ":1\r\n"),
    ])
    func expireOptions(_ rest: [String], _ expected: String) {
        let s = CommandSession()
        _ = s.run("SET", "k", "v")
        #expect(s.run(["EXPIRE", "k"] + rest) == expected)
    }

    @Test func expireConditions() {
        let s = CommandSession()
        _ = s.run("SET", "k", "v", "EX", "10")
        #expect(s.run("EXPIRE", "k", "20", "NX") == ":0\r\n")
        #expect(s.run("EXPIRE", "k", "20", "LT") == ":0\r\n")
        #expect(s.run("EXPIRE", "k", "10", "GT") == ":0\r\n")
        #expect(s.run("EXPIRE", "k", "11", "XX", "GT") == ":1\r\n")
        #expect(s.run("EXPIRE", "k", "5", "LT") == ":1\r\n")
        #expect(s.run("TTL", "k") == ":5\r\n")
        #expect(
            s.run("PEXPIRE", "k", "9223372036854775807")
                == "-ERR invalid expire time in 'pexpire' command\r\n")
        #expect(s.run("PEXPIREAT", "k", "9223372036854775807") == ":1\r\n")
    }

    @Test func rename() {
        let s = CommandSession()
        #expect(s.run("RENAME", "a", "a") == "-ERR no such key\r\n")
        #expect(s.run("RENAMENX", "a", "b") == "-ERR no such key\r\n")
        _ = s.run("SET", "a", "1", "PX", "500")
        _ = s.run("SET", "b", "2")
        #expect(s.run("RENAME", "a", "a") == S.ok)
        #expect(s.run("RENAMENX", "a", "a") == ":0\r\n")
        #expect(s.run("RENAMENX", "a", "b") == ":0\r\n")
        #expect(s.run("RENAME", "a", "b") == S.ok)
        #expect(s.run("GET", "b") == S.bulk("1"))
        #expect(s.run("PTTL", "b") == ":500\r\n")
        let long = String(repeating: "long", count: 100)
        #expect(s.run("RENAMENX", "b", long) == ":1\r\n")
        #expect(s.run("PTTL", long) == ":500\r\n")
        #expect(s.run("RENAMENX", long, "b") == ":1\r\n")
        #expect(s.run("GET", "b") == S.bulk("1"))
        #expect(s.run("DBSIZE") == ":1\r\n")
        #expect(s.changes == 5)
    }

    @Test func copy() {
        let s = CommandSession()
        let same = "-ERR source and destination objects are the same\r\n"
        #expect(s.run("COPY", "a", "a") == same)
        #expect(s.run("COPY", "a", "a", "DB", "0") == same)
        #expect(s.run("COPY", "a", "b") == ":0\r\n")
        let long = String(repeating: "x", count: 2000)
        for value in ["12", "text", long] {
            _ = s.run("SET", "a", value, "PX", "700")
            #expect(s.run("COPY", "a", "b", "replace") == ":1\r\n")
            #expect(s.run("GET", "b") == S.bulk(value))
            #expect(s.encoding("a") == s.encoding("b"))
            #expect(s.run("PTTL", "b") == ":700\r\n")
            #expect(s.run("APPEND", "a", "!") == ":\(value.utf8.count + 1)\r\n")
            #expect(s.run("GET", "b") == S.bulk(value))
        }
        #expect(s.run("COPY", "a", "b") == ":0\r\n")
        #expect(s.run("COPY", "a", "a", "DB", "3", "DB", "1") == ":1\r\n")
        _ = s.run("RPUSH", "l", "1", "2")
        #expect(s.run("COPY", "l", "m") == ":1\r\n")
        _ = s.run("RPUSH", "l", "3")
        #expect(s.run("LRANGE", "m", "0", "-1") == S.array(["1", "2"]))
        #expect(s.run("COPY", "a", "b", "DB") == S.syntax)
        #expect(s.run("COPY", "a", "b", "foo") == S.syntax)
        #expect(s.run("COPY", "a", "b", "DB", "x") == S.notInteger)
        #expect(s.run("COPY", "a", "b", "DB", "4") == S.outOfRange)
        #expect(s.run("COPY", "a", "b", "DB", "-1") == S.outOfRange)
        #expect(
            s.run("COPY", "a", "b", "DB", "99999999999")
                == "-ERR value is out of range, value must between -2147483648 and 2147483647\r\n")
        s.selected = 1
        #expect(s.run("GET", "a") == S.bulk(long + "!"))
    }

    @Test func move() {
        let s = CommandSession()
        #expect(s.run("MOVE", "k", "0") == "-ERR source and destination objects are the same\r\n")
        #expect(s.run("MOVE", "k", "x") == S.notInteger)
        #expect(s.run("MOVE", "k", "9") == S.outOfRange)
        #expect(s.run("MOVE", "k", "1") == ":0\r\n")
        _ = s.run("SET", "k", "v", "PX", "500")
        #expect(s.run("MOVE", "k", "1") == ":1\r\n")
        _ = s.run("SET", "k", "w")
        #expect(s.run("MOVE", "k", "1") == ":0\r\n")
        s.selected = 1
        #expect(s.run("PTTL", "k") == ":500\r\n")
        #expect(s.changes == 3)
        s.selected = 0
        s.advance(501)
        #expect(s.run("MOVE", "k", "1") == ":1\r\n")
    }

    @Test func databases() {
        let s = CommandSession()
        _ = s.run("MSET", "a", "1", "b", "2")
        s.selected = 1
        _ = s.run("SET", "c", "3", "PX", "100")
        #expect(s.run("SWAPDB", "0", "1") == S.ok)
        #expect(s.run("DBSIZE") == ":2\r\n")
        #expect(s.run("SWAPDB", "1", "1") == S.ok)
        #expect(s.changes == 5)
        s.selected = 0
        #expect(s.run("GET", "c") == S.bulk("3"))
        s.advance(101)
        while s.engine.pointee.expireSome() {}
        #expect(s.run("DBSIZE") == ":0\r\n")
        for (a, b, error) in [
            ("x", "0", "-ERR invalid first DB index\r\n"),
            ("0", "x", "-ERR invalid second DB index\r\n"),
            ("0", "99999999999", "-ERR invalid second DB index\r\n"),
            ("0", "4", S.outOfRange), ("-1", "0", S.outOfRange),
        ] {
            #expect(s.run("SWAPDB", a, b) == error)
        }
        for options in [["foo"], ["ASYNC", "SYNC"]] {
            #expect(s.run(["FLUSHDB"] + options) == S.syntax)
            #expect(s.run(["FLUSHALL"] + options) == S.syntax)
        }
        #expect(s.run("FLUSHDB", "async") == S.ok)
        #expect(s.changes == 5)
        #expect(s.run("FLUSHALL", "SYNC") == S.ok)
        #expect(s.changes == 7)
        s.selected = 1
        #expect(s.run("DBSIZE") == ":0\r\n")
    }

    @Test func keysAndRandom() {
        let s = CommandSession()
        #expect(s.run("RANDOMKEY") == S.null)
        #expect(s.run("KEYS", "*") == "*0\r\n")
        _ = s.run("MSET", "foo", "1", "fob", "2", "bar", "3", "", "4")
        #expect(s.run("KEYS", "b[a-c]?") == S.array(["bar"]))
        #expect(s.run("KEYS", "*").hasPrefix("*4\r\n"))
        #expect(s.run("KEYS", "fo*").hasPrefix("*2\r\n"))
        _ = s.run("DEL", "foo", "fob", "")
        #expect(s.run("RANDOMKEY") == S.bulk("bar"))
        _ = s.run("PEXPIRE", "bar", "10")
        s.advance(11)
        #expect(s.run("KEYS", "*") == "*0\r\n")
        #expect(s.run("DBSIZE") == ":1\r\n")
        #expect(s.run("RANDOMKEY") == S.null)
        #expect(s.run("DBSIZE") == ":0\r\n")
    }

    @Test func object() {
        let s = CommandSession()
        for word in ["ENCODING", "REFCOUNT", "IDLETIME", "FREQ"] {
            #expect(s.run("OBJECT", word, "none") == S.null)
        }
        _ = s.run("MSET", "shared", "9999", "own", "10000", "text", "x")
        #expect(s.run("OBJECT", "REFCOUNT", "shared") == ":2147483647\r\n")
        #expect(s.run("OBJECT", "REFCOUNT", "own") == ":1\r\n")
        #expect(s.run("OBJECT", "REFCOUNT", "text") == ":1\r\n")
        s.advance(5000)
        #expect(s.run("OBJECT", "IDLETIME", "text") == ":5\r\n")
        s.noTouch = true
        _ = s.run("GET", "text")
        #expect(s.run("OBJECT", "IDLETIME", "text") == ":5\r\n")
        _ = s.run("TOUCH", "text")
        #expect(s.run("OBJECT", "IDLETIME", "text") == ":0\r\n")
        let adjust =
            "Please note that when switching between policies at runtime LRU and LFU data will "
            + "take some time to adjust.\r\n"
        #expect(
            s.run("OBJECT", "FREQ", "text")
                == "-ERR An LFU maxmemory policy is not selected, access frequency not tracked. "
                + adjust)
        useLFU(s)
        #expect(
            s.run("OBJECT", "IDLETIME", "text")
                == "-ERR An LFU maxmemory policy is selected, idle time not tracked. " + adjust)
        s.engine.pointee.settings.maxMemory = 1 << 30
        #expect(s.run("OBJECT", "REFCOUNT", "shared") == ":1\r\n")
    }

    /// Under this policy every access counts.
    private func useLFU(_ s: CommandSession) {
        s.engine.pointee.setEviction(
            policy: Bytes("allkeys-lfu"), samples: 5, lfuLogFactor: 0, lfuDecayMinutes: 1)
    }

    @Test func frequency() {
        let s = CommandSession()
        useLFU(s)
        _ = s.run("SET", "k", "v")
        #expect(s.run("OBJECT", "FREQ", "k") == ":5\r\n")
        _ = s.run("GET", "k")
        #expect(s.run("OBJECT", "FREQ", "k") == ":6\r\n")
        // A new value inherits the counter; a new name starts it anew.
        _ = s.run("SET", "k", "a longer value than before")
        #expect(s.run("OBJECT", "FREQ", "k") == ":7\r\n")
        _ = s.run("RENAME", "k", "l")
        #expect(s.run("OBJECT", "FREQ", "l") == ":5\r\n")
    }

    @Test func memoryUsage() {
        let s = CommandSession()
        #expect(s.run("MEMORY", "USAGE", "none") == S.null)
        #expect(s.run("MEMORY", "USAGE", "none", "SAMPLES", "x") == S.notInteger)
        #expect(s.run("MEMORY", "USAGE", "none", "SAMPLES", "-1") == S.syntax)
        #expect(s.run("MEMORY", "USAGE", "none", "SAMPLES") == S.syntax)
        #expect(s.run("MEMORY", "USAGE", "none", "foo") == S.syntax)
        // A CRLF is one Character.
        func usage(_ key: String) -> Int {
            Int(s.run("MEMORY", "USAGE", key, "samples", "0").dropFirst().dropLast()) ?? 0
        }
        _ = s.run("SET", "k", "1")
        let small = usage("k")
        #expect(small >= 8 + 1 + 8)
        _ = s.run("SET", "k", String(repeating: "x", count: 100_000))
        #expect(usage("k") > 100_000)
        _ = s.run("RPUSH", "l", String(repeating: "x", count: 5000))
        #expect(usage("l") > 5000)
    }
}
