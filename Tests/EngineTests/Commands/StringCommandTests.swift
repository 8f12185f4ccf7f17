// The string commands as a session sees them. The expectations were read off Redis 7.4.1.

import Memory
import RESP
import Testing

@testable import Engine

@Suite(.serialized) struct StringCommandTests {
    typealias S = CommandSession

    @Test func setAndGet() {
        let s = CommandSession()
        #expect(s.run("GET", "k") == S.null)
        #expect(s.run("SET", "k", "v") == S.ok)
        #expect(s.run("GET", "k") == S.bulk("v"))
        #expect(s.run("SET", "k", "-12") == S.ok)
        #expect(s.run("GET", "k") == S.bulk("-12"))
        #expect(s.run("SET", "", "") == S.ok)
        #expect(s.run("GET", "") == S.bulk(""))
        let long = String(repeating: "long ", count: 10_000)
        #expect(s.run("SET", "k", long) == S.ok)
        #expect(s.run("GET", "k") == S.bulk(long))
        #expect(s.run("RPUSH", "l", "a") == ":1\r\n")
        #expect(s.run("GET", "l") == S.wrongType)
        #expect(s.run("SET", "l", "v") == S.ok)
        #expect(s.changes == 6)
        s.reply.pointee.resp3 = true
        #expect(s.run("GET", "none") == "_\r\n")
        #expect(s.hits == 5)
        #expect(s.misses == 2)
    }

    @Test(arguments: [
        (["nx", "xx"], S.syntax), (["NX", "nx"], S.null), (["EX"], S.syntax),
        (["ex", "10", "keepttl"], S.syntax), (["KEEPTTL", "EX", "10"], S.syntax),
        (["EX", "10", "PX", "10"], S.syntax), (["EX", "10", "eX", "20"], S.ok),
        (["PERSIST"], S.syntax), (["keepttl", "keepttl"], S.ok), (["foo"], S.syntax),
        (["EX", "abc", "NX"], S.notInteger), (["get", "GET"], S.bulk("old")),
        (["EX", "0"], "-ERR invalid expire time in 'set' command\r\n"),
        (["PX", "-1"], "-ERR invalid expire time in 'set' command\r\n"),
        (["EX", "9223372036854775807"], "-ERR invalid expire time in 'set' command\r\n"),
        (["EXAT", "9223372036854775"], S.ok), (["PXAT", "9223372036854775807"], S.ok),
        (["EXAT", "9223372036854776"], "-ERR invalid expire time in 'set' command\r\n"),
        (["PX", "9223372036854775807"], "-ERR invalid expire time in 'set' command\r\n"),
    ])
    func setOptions(_ options: [String], _ expected: String) {
        let s = CommandSession()
        _ = s.run("SET", "k", "old")
        #expect(s.run(["SET", "k", "new"] + options) == expected)
    }

    @Test func setConditions() {
        let s = CommandSession()
        #expect(s.run("SET", "k", "1", "XX") == S.null)
        #expect(s.run("SET", "k", "1", "XX", "GET") == S.null)
        #expect(s.run("SET", "k", "1", "NX", "GET") == S.null)
        #expect(s.run("SET", "k", "2", "NX", "GET") == S.bulk("1"))
        #expect(s.run("GET", "k") == S.bulk("1"))
        #expect(s.run("SET", "k", "3", "XX", "GET", "PX", "5000") == S.bulk("1"))
        #expect(s.run("SET", "k", "4", "KEEPTTL") == S.ok)
        #expect(s.run("PTTL", "k") == ":5000\r\n")
        #expect(s.run("SET", "k", "5") == S.ok)
        #expect(s.run("PTTL", "k") == ":-1\r\n")
        #expect(s.run("RPUSH", "l", "a") == ":1\r\n")
        #expect(s.run("SET", "l", "v", "NX", "GET") == S.wrongType)
        #expect(s.run("SET", "l", "v", "EX", "x", "GET") == S.notInteger)
        #expect(s.changes == 5)
    }

    @Test func setInThePast() {
        let s = CommandSession()
        #expect(s.run("SET", "k", "v", "EXAT", "1") == S.ok)
        #expect(s.run("DBSIZE") == ":1\r\n")
        #expect(s.run("EXISTS", "k") == ":0\r\n")
        #expect(s.run("DBSIZE") == ":0\r\n")
    }

    @Test func setVariants() {
        let s = CommandSession()
        #expect(s.run("SETNX", "k", "1") == ":1\r\n")
        #expect(s.run("SETNX", "k", "2") == ":0\r\n")
        #expect(s.run("SETEX", "k", "10", "3") == S.ok)
        #expect(s.run("TTL", "k") == ":10\r\n")
        #expect(s.run("PSETEX", "k", "1499", "4") == S.ok)
        #expect(s.run("TTL", "k") == ":1\r\n")
        #expect(s.run("SETEX", "k", "0", "4") == "-ERR invalid expire time in 'setex' command\r\n")
        #expect(
            s.run("PSETEX", "k", "-1", "4") == "-ERR invalid expire time in 'psetex' command\r\n")
        #expect(s.run("SETEX", "k", "abc", "4") == S.notInteger)
        #expect(s.run("GETSET", "k", "5") == S.bulk("4"))
        #expect(s.run("TTL", "k") == ":-1\r\n")
        #expect(s.run("GETSET", "n", "5") == S.null)
        _ = s.run("RPUSH", "l", "a")
        #expect(s.run("GETSET", "l", "5") == S.wrongType)
        #expect(s.run("SETEX", "l", "10", "v") == S.ok)
        #expect(s.changes == 7)
    }

    @Test func ownedArgumentIsAdopted() {
        let s = CommandSession()
        let blob = SharedBlob.allocate(count: 40_000, capacity: 40_000)
        blob.bytes.update(repeating: 0x61, count: 40_000)
        #expect(s.run(owning: blob, 2, ["SET", "k", ""]) == S.ok)
        #expect(blob.references == 2)
        #expect(s.run("APPEND", "k", "b") == ":40001\r\n")
        #expect(blob.references == 1)
        #expect(blob.count == 40_000)
        #expect(s.run("GETRANGE", "k", "-2", "-1") == S.bulk("ab"))
        #expect(s.run(owning: blob, 1, ["APPEND", "", "x"]) == ":1\r\n")
        #expect(blob.references == 1)
        blob.release()
    }

    @Test func append() {
        let s = CommandSession()
        #expect(s.run("APPEND", "k", "12") == ":2\r\n")
        #expect(s.encoding("k") == S.bulk("int"))
        #expect(s.run("APPEND", "k", "") == ":2\r\n")
        #expect(s.encoding("k") == S.bulk("raw"))
        #expect(s.run("APPEND", "e", "") == ":0\r\n")
        #expect(s.run("EXISTS", "e") == ":1\r\n")
        _ = s.run("PEXPIRE", "k", "1000")
        var expected = "12"
        for i in 0..<3000 {
            expected += "\(i % 10)"
            #expect(s.run("APPEND", "k", "\(i % 10)") == ":\(expected.utf8.count)\r\n")
        }
        #expect(s.run("GET", "k") == S.bulk(expected))
        #expect(s.run("PTTL", "k") == ":1000\r\n")
        _ = s.run("RPUSH", "l", "a")
        #expect(s.run("APPEND", "l", "x") == S.wrongType)
    }

    @Test func appendLeavesSlack() {
        let s = CommandSession()
        _ = s.run("SET", "k", String(repeating: "x", count: 1000))
        var moves = 0
        var last: UnsafeMutableRawPointer?
        for _ in 0..<20_000 {
            _ = s.run("APPEND", "k", "y")
            let hash = s.engine.pointee.hash(Bytes("k"))
            let blob = s.database.pointee.peek(Bytes("k"), hash)!.blobValue
            if blob.capacity > blob.count, blob.raw != last { moves += 1 }
            last = blob.raw
        }
        #expect(moves < 10)
    }

    @Test func lengthLimit() {
        let s = CommandSession()
        s.engine.pointee.settings.protoMaxBulkLength = 1000
        #expect(s.run("SETRANGE", "k", "999", "x") == ":1000\r\n")
        #expect(s.run("SETRANGE", "k", "1000", "x") == S.tooLong)
        #expect(s.run("SETRANGE", "n", "9223372036854775807", "x") == S.tooLong)
        #expect(s.run("SETRANGE", "n", "9223372036854775807", "") == ":0\r\n")
        #expect(s.run("APPEND", "k", "x") == S.tooLong)
        #expect(s.run("APPEND", "k", "") == ":1000\r\n")
        _ = s.run("RPUSH", "l", "a")
        #expect(s.run("SETRANGE", "l", "1000", "x") == S.wrongType)
    }

    @Test func setRange() {
        let s = CommandSession()
        #expect(s.run("SETRANGE", "k", "0", "") == ":0\r\n")
        #expect(s.run("EXISTS", "k") == ":0\r\n")
        #expect(s.run("SETRANGE", "k", "2", "ab") == ":4\r\n")
        #expect(s.run("GET", "k") == S.bulk("\0\0ab"))
        #expect(s.encoding("k") == S.bulk("raw"))
        #expect(s.run("SETRANGE", "k", "6", "c") == ":7\r\n")
        #expect(s.run("GET", "k") == S.bulk("\0\0ab\0\0c"))
        #expect(s.run("SETRANGE", "k", "-1", "") == "-ERR offset is out of range\r\n")
        #expect(s.run("SETRANGE", "k", "x", "") == S.notInteger)
        _ = s.run("SET", "n", "12345")
        #expect(s.run("SETRANGE", "n", "0", "") == ":5\r\n")
        #expect(s.encoding("n") == S.bulk("int"))
        #expect(s.run("SETRANGE", "n", "1", "xy") == ":5\r\n")
        #expect(s.run("GET", "n") == S.bulk("1xy45"))
        #expect(s.run("SETRANGE", "n", "700", "z") == ":701\r\n")
        #expect(s.run("GETRANGE", "n", "699", "-1") == S.bulk("\0z"))
        #expect(s.run("SETRANGE", "n", "1", "--") == ":701\r\n")
        #expect(s.run("GETRANGE", "n", "0", "4") == S.bulk("1--45"))
        _ = s.run("RPUSH", "l", "a")
        #expect(s.run("SETRANGE", "l", "0", "") == S.wrongType)
        #expect(s.changes == 7)
    }

    @Test func getRange() {
        let s = CommandSession()
        _ = s.run("SET", "k", "hello")
        let cases = [
            ("0", "-1", "hello"), ("-3", "-10", ""), ("-10", "-3", "hel"), ("-1", "0", ""),
            ("1", "100", "ello"), ("10", "100", ""), ("4", "4", "o"), ("-1", "-1", "o"),
            ("-9223372036854775808", "9223372036854775807", "hello"), ("-10", "-7", "h"),
        ]
        for (start, end, expected) in cases {
            #expect(s.run("GETRANGE", "k", start, end) == S.bulk(expected), "\(start) \(end)")
        }
        _ = s.run("SET", "n", "-123")
        #expect(s.run("SUBSTR", "n", "0", "1") == S.bulk("-1"))
        _ = s.run("SET", "e", "")
        #expect(s.run("GETRANGE", "e", "0", "-1") == S.bulk(""))
        #expect(s.run("GETRANGE", "none", "0", "-1") == S.bulk(""))
        #expect(s.run("GETRANGE", "none", "0", "x") == S.notInteger)
        _ = s.run("RPUSH", "l", "a")
        #expect(s.run("GETRANGE", "l", "x", "0") == S.notInteger)
        #expect(s.run("GETRANGE", "l", "0", "0") == S.wrongType)
    }

    @Test func getEx() {
        let s = CommandSession()
        #expect(s.run("GETEX", "none") == S.null)
        #expect(s.run("GETEX", "none", "EX", "abc") == S.null)
        #expect(s.run("GETEX", "none", "EX") == S.syntax)
        _ = s.run("SET", "k", "v")
        #expect(s.run("GETEX", "k", "PERSIST") == S.bulk("v"))
        #expect(s.changes == 1)
        #expect(s.run("GETEX", "k", "EX", "10", "ex", "20") == S.bulk("v"))
        #expect(s.run("TTL", "k") == ":20\r\n")
        #expect(s.run("GETEX", "k", "persist", "PERSIST") == S.bulk("v"))
        #expect(s.run("TTL", "k") == ":-1\r\n")
        for options in [["EX", "1", "PERSIST"], ["PERSIST", "EX", "1"], ["KEEPTTL"], ["NX"]] {
            #expect(s.run(["GETEX", "k"] + options) == S.syntax)
        }
        #expect(
            s.run("GETEX", "k", "EX", "0") == "-ERR invalid expire time in 'getex' command\r\n")
        #expect(s.run("GETEX", "k", "PXAT", "1") == S.bulk("v"))
        #expect(s.run("DBSIZE") == ":0\r\n")
        #expect(s.changes == 4)
        _ = s.run("RPUSH", "l", "a")
        #expect(s.run("GETEX", "l", "EX", "abc") == S.wrongType)
    }

    @Test func getDelAndLength() {
        let s = CommandSession()
        _ = s.run("SET", "k", "hello")
        _ = s.run("SET", "n", "-100")
        #expect(s.run("STRLEN", "k") == ":5\r\n")
        #expect(s.run("STRLEN", "n") == ":4\r\n")
        #expect(s.run("STRLEN", "none") == ":0\r\n")
        #expect(s.run("GETDEL", "k") == S.bulk("hello"))
        #expect(s.run("GETDEL", "k") == S.null)
        let long = String(repeating: "z", count: 20_000)
        _ = s.run("SET", "k", long)
        #expect(s.run("GETDEL", "k") == S.bulk(long))
        _ = s.run("RPUSH", "l", "a")
        #expect(s.run("GETDEL", "l") == S.wrongType)
        #expect(s.run("STRLEN", "l") == S.wrongType)
        #expect(s.changes == 6)
    }

    @Test func encodings() {
        let s = CommandSession()
        for (value, name) in [
            ("12", "int"), ("-9223372036854775808", "int"), ("9223372036854775808", "embstr"),
            ("007", "embstr"), ("-0", "embstr"), ("+1", "embstr"), ("", "embstr"),
            (String(repeating: "x", count: 44), "embstr"),
            (String(repeating: "x", count: 45), "raw"),
            (String(repeating: "x", count: 513), "raw"),
        ] {
            _ = s.run("SET", "k", value)
            #expect(s.encoding("k") == S.bulk(name), "\(value)")
            _ = s.run("SETRANGE", "k", "0", "x")
            #expect(value.isEmpty || s.encoding("k") == S.bulk("raw"), "\(value)")
        }
    }

    @Test func manyKeys() {
        let s = CommandSession()
        let count = 100
        let pairs = (0..<count).flatMap { ["key:\($0)", "value:\($0)"] }
        #expect(s.run(["MSET"] + pairs) == S.ok)
        #expect(s.changes == count)
        let keys = (0..<count).map { "key:\($0)" }
        let values = (0..<count).map { "value:\($0)" }
        #expect(s.run(["MGET"] + keys) == S.array(values))
        _ = s.run("RPUSH", "l", "a")
        #expect(s.run("MGET", "key:1", "l", "none") == "*3\r\n$7\r\nvalue:1\r\n$-1\r\n$-1\r\n")
        #expect(s.hits == count + 2)
        #expect(s.misses == 1)
        let error = "-ERR wrong number of arguments for"
        #expect(s.run("MSET", "a", "1", "b") == "\(error) 'mset' command\r\n")
        #expect(s.run("MSETNX", "a", "1", "b") == "\(error) 'msetnx' command\r\n")
        #expect(s.run("MSETNX", "a", "1", "a", "2") == ":1\r\n")
        #expect(s.run("GET", "a") == S.bulk("2"))
        #expect(s.run("MSETNX", "b", "1", "a", "3") == ":0\r\n")
        #expect(s.run("EXISTS", "b") == ":0\r\n")
        #expect(s.run(["DEL", "l", "l"] + keys) == ":\(count + 1)\r\n")
        #expect(s.run("DBSIZE") == ":1\r\n")
    }
}
