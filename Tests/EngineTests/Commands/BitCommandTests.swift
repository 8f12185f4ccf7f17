// The bitmap commands as a session sees them. The expectations were read off Redis 7.4.1.

import Memory
import RESP
import Testing

@testable import Engine

@Suite(.serialized) struct BitCommandTests {
    typealias S = CommandSession
    static let badOffset = "-ERR bit offset is not an integer or out of range\r\n"
    static let badBit = "-ERR bit is not an integer or out of range\r\n"

    @Test func setAndGetBits() {
        let s = CommandSession()
        #expect(s.run("SETBIT", "k", "0", "0") == ":0\r\n")
        #expect(s.run("STRLEN", "k") == ":1\r\n")
        #expect(s.changes == 1)
        #expect(s.run("SETBIT", "k", "0", "0") == ":0\r\n")
        #expect(s.changes == 1)
        #expect(s.run("SETBIT", "k", "17", "1") == ":0\r\n")
        #expect(s.run("SETBIT", "k", "17", "1") == ":1\r\n")
        #expect(s.changes == 2)
        #expect(s.run("GET", "k") == S.bulk("\0\0@"))
        #expect(s.encoding("k") == S.bulk("raw"))
        #expect(s.run("GETBIT", "k", "17") == ":1\r\n")
        #expect(s.run("GETBIT", "k", "24") == ":0\r\n")
        #expect(s.run("GETBIT", "none", "0") == ":0\r\n")
        _ = s.run("SET", "n", "1234", "PX", "1000")
        #expect(s.run("GETBIT", "n", "3") == ":1\r\n")
        #expect(s.encoding("n") == S.bulk("int"))
        #expect(s.run("SETBIT", "n", "7", "0") == ":1\r\n")
        #expect(s.run("GET", "n") == S.bulk("0234"))
        #expect(s.run("PTTL", "n") == ":1000\r\n")
        for offset in ["-1", "x", "4294967296", "#1", ""] {
            #expect(s.run("SETBIT", "k", offset, "1") == Self.badOffset)
            #expect(s.run("GETBIT", "k", offset) == Self.badOffset)
        }
        for bit in ["2", "-1", "x", "20"] {
            #expect(s.run("SETBIT", "k", "0", bit) == Self.badBit)
        }
        _ = s.run("RPUSH", "l", "a")
        #expect(s.run("SETBIT", "l", "0", "1") == S.wrongType)
        #expect(s.run("GETBIT", "l", "0") == S.wrongType)
    }

    @Test func longBitmapsAreZeroAtOnce() {
        let s = CommandSession()
        let before = Allocator.usedBytes
        #expect(s.run("SETBIT", "k", "4294967295", "1") == ":0\r\n")
        #expect(s.run("STRLEN", "k") == ":536870912\r\n")
        #expect(s.run("GETBIT", "k", "4294967295") == ":1\r\n")
        #expect(s.run("GETBIT", "k", "2147483648") == ":0\r\n")
        _ = s.run("SET", "g", "a")
        #expect(s.run("SETBIT", "g", "80000007", "1") == ":0\r\n")
        #expect(s.run("BITCOUNT", "g") == ":4\r\n")
        #expect(s.run("GETRANGE", "g", "0", "1") == S.bulk("a\0"))
        #expect(s.run("DEL", "k", "g") == ":2\r\n")
        #expect(Allocator.usedBytes - before < 1 << 20)
    }

    @Test func lengthLimit() {
        let s = CommandSession()
        s.engine.pointee.settings.protoMaxBulkLength = 1000
        #expect(s.run("SETBIT", "k", "7999", "1") == ":0\r\n")
        #expect(s.run("SETBIT", "k", "8000", "1") == Self.badOffset)
        #expect(s.run("BITFIELD", "k", "SET", "u8", "#1000", "1") == Self.badOffset)
        s.engine.pointee.settings.protoMaxBulkLength = .max
        #expect(s.run("GETBIT", "k", "9223372036854775807") == Self.badOffset)
        #expect(s.run("BITFIELD", "k", "GET", "u8", "9223372036854775700") == "*1\r\n:0\r\n")
    }

    @Test func countAndPosition() {
        let s = CommandSession()
        _ = s.run(bytes: [Array("SET".utf8), Array("k".utf8), [0xFF, 0xF0, 0x00]])
        #expect(s.run("BITCOUNT", "k") == ":12\r\n")
        #expect(s.run("BITCOUNT", "k", "0", "0") == ":8\r\n")
        #expect(s.run("BITCOUNT", "k", "4", "-9", "BIT") == ":8\r\n")
        #expect(s.run("BITCOUNT", "k", "-1", "-2") == ":0\r\n")
        #expect(s.run("BITCOUNT", "k", "0") == S.syntax)
        #expect(s.run("BITCOUNT", "k", "0", "1", "HEX") == S.syntax)
        #expect(s.run("BITCOUNT", "k", "a", "1") == S.notInteger)
        #expect(s.run("BITCOUNT", "none", "0", "9223372036854775807") == ":0\r\n")
        #expect(s.run("BITPOS", "k", "0") == ":12\r\n")
        #expect(s.run("BITPOS", "k", "1", "2") == ":-1\r\n")
        #expect(s.run("BITPOS", "k", "0", "0", "0") == ":-1\r\n")
        #expect(s.run("BITPOS", "k", "1", "9", "15", "bit") == ":9\r\n")
        #expect(s.run("BITPOS", "none", "0") == ":0\r\n")
        #expect(s.run("BITPOS", "none", "1") == ":-1\r\n")
        #expect(s.run("BITPOS", "k", "2") == "-ERR The bit argument must be 1 or 0.\r\n")
        _ = s.run(bytes: [Array("SET".utf8), Array("f".utf8), [0xFF, 0xFF]])
        #expect(s.run("BITPOS", "f", "0") == ":16\r\n")
        #expect(s.run("BITPOS", "f", "0", "1") == ":16\r\n")
        #expect(s.run("BITPOS", "f", "0", "0", "-1") == ":-1\r\n")
        #expect(s.run("BITPOS", "f", "0", "2") == ":-1\r\n")
    }

    @Test func operations() {
        let s = CommandSession()
        _ = s.run("SET", "a", "abc", "PX", "1000")
        _ = s.run("SET", "b", "a")
        #expect(s.run("BITOP", "AND", "d", "a", "b") == ":3\r\n")
        #expect(s.run("GET", "d") == S.bulk("a\0\0"))
        #expect(s.encoding("d") == S.bulk("raw"))
        #expect(s.run("BITOP", "xor", "a", "a", "b", "none") == ":3\r\n")
        #expect(s.run("GET", "a") == S.bulk("\0bc"))
        #expect(s.run("PTTL", "a") == ":-1\r\n")
        #expect(s.run("BITOP", "OR", "d", "b") == ":1\r\n")
        #expect(
            s.run("BITOP", "NOT", "d", "a", "b")
                == "-ERR BITOP NOT must be called with a single source key.\r\n")
        #expect(s.run("BITOP", "NAND", "d", "a", "b") == S.syntax)
        let changes = s.changes
        #expect(s.run("BITOP", "OR", "d", "none", "nothing") == ":0\r\n")
        #expect(s.run("EXISTS", "d") == ":0\r\n")
        #expect(s.run("BITOP", "OR", "d", "none") == ":0\r\n")
        #expect(s.changes == changes + 1)
        _ = s.run("RPUSH", "l", "a")
        #expect(s.run("BITOP", "OR", "d", "a", "l") == S.wrongType)
        #expect(s.run("BITOP", "OR", "l", "a") == ":3\r\n")
        #expect(s.run("TYPE", "l") == "+string\r\n")
    }

    @Test(arguments: ["AND", "OR", "XOR", "NOT"])
    func operationsAgreeWithTheModel(_ name: String) {
        let s = CommandSession()
        var random = RandomSource(seed: 11)
        for _ in 0..<60 {
            let keys = name == "NOT" ? ["k0"] : (0...random.below(4)).map { "k\($0)" }
            var values: [[UInt8]] = []
            for key in keys {
                let length = [0, 5, 40, 600, 70_000][random.below(5)]
                values.append((0..<length).map { _ in UInt8(random.below(256)) })
                _ = s.run(bytes: [Array("SET".utf8), Array(key.utf8), values.last!])
            }
            let length = values.map(\.count).max()!
            var expected = values[0] + [UInt8](repeating: 0, count: length - values[0].count)
            for value in values.dropFirst() {
                for i in 0..<length {
                    let byte = i < value.count ? value[i] : 0
                    switch name {
                    case "AND": expected[i] &= byte
                    case "OR": expected[i] |= byte
                    default: expected[i] ^= byte
                    }
                }
            }
            if name == "NOT" { expected = expected.map { ~$0 } }
            #expect(s.run(["BITOP", name, "d"] + keys) == ":\(length)\r\n")
            let stored = s.run(bytes: [Array("GET".utf8), Array("d".utf8)])
            #expect(length == 0 || stored == Array("$\(length)\r\n".utf8) + expected + [13, 10])
        }
    }

    @Test func fields() {
        let s = CommandSession()
        #expect(s.run("BITFIELD", "k") == "*0\r\n")
        #expect(s.run("EXISTS", "k") == ":0\r\n")
        #expect(
            s.run("BITFIELD", "k", "SET", "i5", "100", "7", "GET", "u4", "0", "GET", "i5", "#20")
                == "*3\r\n:0\r\n:0\r\n:7\r\n")
        #expect(s.run("STRLEN", "k") == ":14\r\n")
        #expect(s.changes == 1)
        #expect(
            s.run(
                "BITFIELD", "k", "INCRBY", "u2", "0", "3", "OVERFLOW", "FAIL", "INCRBY", "u2", "0",
                "1", "OVERFLOW", "SAT", "INCRBY", "u2", "0", "9", "OVERFLOW", "wrap", "INCRBY",
                "u2", "0", "2") == "*4\r\n:3\r\n$-1\r\n:3\r\n:1\r\n")
        #expect(
            s.run(
                "BITFIELD", "w", "SET", "i64", "0", "9223372036854775807", "INCRBY", "i64", "0",
                "1", "OVERFLOW", "SAT", "INCRBY", "i64", "0", "-1", "SET", "u63", "1", "-1")
                == "*4\r\n:0\r\n:-9223372036854775808\r\n:-9223372036854775808\r\n:0\r\n")
        #expect(s.run("BITFIELD_RO", "w", "GET", "u63", "1") == "*1\r\n:9223372036854775807\r\n")
        #expect(
            s.run("BITFIELD_RO", "w", "SET", "u8", "0", "1")
                == "-ERR BITFIELD_RO only supports the GET subcommand\r\n")
        for type in ["u64", "i65", "u0", "x8", "", "u"] {
            #expect(
                s.run("BITFIELD", "k", "GET", type, "0").hasPrefix("-ERR Invalid bitfield type."))
        }
        #expect(s.run("BITFIELD", "k", "GET", "u8") == S.syntax)
        #expect(s.run("BITFIELD", "k", "SET", "u8", "0", "x") == S.notInteger)
        #expect(
            s.run("BITFIELD", "k", "OVERFLOW", "x")
                == "-ERR Invalid OVERFLOW type specified\r\n")
        _ = s.run("RPUSH", "l", "a")
        #expect(s.run("BITFIELD", "l", "GET", "u8", "0") == S.wrongType)
        #expect(s.run("BITFIELD", "l", "SET", "u8", "0", "1") == S.wrongType)
    }
}
