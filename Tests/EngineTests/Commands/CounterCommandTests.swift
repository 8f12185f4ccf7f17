// INCR and its kin, and LCS. The expectations were read off Redis 7.4.1.

import Testing

@testable import Engine

@Suite(.serialized) struct CounterCommandTests {
    typealias S = CommandSession
    static let overflow = "-ERR increment or decrement would overflow\r\n"
    static let notFloat = "-ERR value is not a valid float\r\n"
    static let notFinite = "-ERR increment would produce NaN or Infinity\r\n"

    @Test func counters() {
        let s = CommandSession()
        #expect(s.run("INCR", "n") == ":1\r\n")
        #expect(s.run("INCRBY", "n", "41") == ":42\r\n")
        #expect(s.run("DECR", "n") == ":41\r\n")
        #expect(s.run("DECRBY", "n", "-1") == ":42\r\n")
        #expect(s.run("INCRBY", "n", "0") == ":42\r\n")
        #expect(s.changes == 5)
        #expect(s.run("DECRBY", "m", "5") == ":-5\r\n")
        #expect(s.encoding("m") == S.bulk("int"))
        _ = s.run("SET", "n", "9223372036854775807", "PX", "500")
        #expect(s.run("INCR", "n") == Self.overflow)
        #expect(s.run("DECRBY", "n", "-1") == Self.overflow)
        #expect(s.run("DECRBY", "n", "-9223372036854775808") == "-ERR decrement would overflow\r\n")
        #expect(s.run("DECR", "n") == ":9223372036854775806\r\n")
        #expect(s.run("PTTL", "n") == ":500\r\n")
        _ = s.run("SET", "n", "-9223372036854775808")
        #expect(s.run("DECR", "n") == Self.overflow)
        #expect(s.run("INCRBY", "n", "1.5") == S.notInteger)
        for value in ["", " 1", "1 ", "00012", "abc", String(repeating: "1", count: 600)] {
            _ = s.run("SET", "n", value)
            #expect(s.run("INCR", "n") == S.notInteger, "\(value)")
        }
        _ = s.run("RPUSH", "l", "a")
        #expect(s.run("INCR", "l") == S.wrongType)
        #expect(s.run("INCRBY", "l", "x") == S.notInteger)
    }

    @Test func countersOnText() {
        let s = CommandSession()
        _ = s.run("SET", "r", "14", "EX", "10")
        _ = s.run("APPEND", "r", "0")
        #expect(s.encoding("r") == S.bulk("raw"))
        #expect(s.run("INCR", "r") == ":141\r\n")
        #expect(s.encoding("r") == S.bulk("int"))
        #expect(s.run("INCRBYFLOAT", "r", "1") == S.bulk("142"))
        #expect(s.encoding("r") == S.bulk("embstr"))
        #expect(s.run("INCR", "r") == ":143\r\n")
        #expect(s.run("TTL", "r") == ":10\r\n")
    }

    @Test func floats() {
        let s = CommandSession()
        _ = s.run("SET", "f", "10.5")
        #expect(s.run("INCRBYFLOAT", "f", "0.1") == S.bulk("10.6"))
        #expect(s.run("INCRBYFLOAT", "n", "1.50") == S.bulk("1.5"))
        #expect(s.run("INCRBYFLOAT", "n", "-1.5") == S.bulk("0"))
        #expect(s.run("INCRBYFLOAT", "n", "0x10") == S.bulk("16"))
        #expect(s.run("INCRBYFLOAT", "n", "1e5") == S.bulk("100016"))
        for bad in ["", "abc", "nan", "1 ", " 1", "1e5000"] {
            #expect(s.run("INCRBYFLOAT", "n", bad) == Self.notFloat, "\(bad)")
        }
        #expect(s.run("INCRBYFLOAT", "n", "inf") == Self.notFinite)
        #expect(s.run("INCRBYFLOAT", "none", "-inf") == Self.notFinite)
        #expect(s.run("EXISTS", "none") == ":0\r\n")
        for bad in ["", "abc", "1 "] {
            _ = s.run("SET", "f", bad)
            #expect(s.run("INCRBYFLOAT", "f", "1") == Self.notFloat)
        }
        _ = s.run("RPUSH", "l", "a")
        #expect(s.run("INCRBYFLOAT", "l", "abc") == S.wrongType)
        _ = s.run("SET", "f", String(repeating: "1", count: 71))
        let digits = "11111111111111111110776308114185280725713105296172935272309905166434304"
        #expect(s.run("INCRBYFLOAT", "f", "1") == S.bulk(digits))
        #expect(s.encoding("f") == S.bulk("raw"))
    }

    @Test func longestCommonSubsequence() {
        let s = CommandSession()
        _ = s.run("MSET", "a", "ohmytext", "b", "mynewtext")
        #expect(s.run("LCS", "a", "b") == S.bulk("mytext"))
        #expect(s.run("LCS", "a", "b", "LEN") == ":6\r\n")
        let last = "*2\r\n:4\r\n:7\r\n*2\r\n:5\r\n:8\r\n"
        let first = "*2\r\n:2\r\n:3\r\n*2\r\n:0\r\n:1\r\n"
        let end = "$3\r\nlen\r\n:6\r\n"
        #expect(
            s.run("LCS", "a", "b", "IDX")
                == "*4\r\n$7\r\nmatches\r\n*2\r\n*2\r\n\(last)*2\r\n\(first)\(end)")
        #expect(
            s.run("LCS", "a", "b", "idx", "withmatchlen", "minmatchlen", "4")
                == "*4\r\n$7\r\nmatches\r\n*1\r\n*3\r\n\(last):4\r\n\(end)")
        #expect(
            s.run("LCS", "a", "b", "IDX", "WITHMATCHLEN", "MINMATCHLEN", "-4")
                == "*4\r\n$7\r\nmatches\r\n*2\r\n*3\r\n\(last):4\r\n*3\r\n\(first):2\r\n\(end)")
        #expect(s.run("LCS", "a", "none") == S.bulk(""))
        #expect(
            s.run("LCS", "x", "y", "IDX") == "*4\r\n$7\r\nmatches\r\n*0\r\n$3\r\nlen\r\n:0\r\n")
        s.reply.pointee.resp3 = true
        #expect(
            s.run("LCS", "x", "y", "IDX") == "%2\r\n$7\r\nmatches\r\n*0\r\n$3\r\nlen\r\n:0\r\n")
    }

    @Test func longestCommonSubsequenceErrors() {
        let s = CommandSession()
        _ = s.run("MSET", "a", "ohmytext", "b", "mynewtext")
        _ = s.run("RPUSH", "l", "1")
        #expect(
            s.run("LCS", "a", "b", "LEN", "IDX")
                == "-ERR If you want both the length and indexes, please just use IDX.\r\n")
        #expect(s.run("LCS", "a", "b", "MINMATCHLEN") == S.syntax)
        #expect(s.run("LCS", "a", "b", "MINMATCHLEN", "x") == S.notInteger)
        #expect(s.run("LCS", "a", "b", "foo") == S.syntax)
        #expect(
            s.run("LCS", "l", "a", "foo")
                == "-ERR The specified keys must contain string values\r\n")
        let long = String(repeating: "x", count: 20_000)
        _ = s.run("MSET", "a", long, "b", long)
        #expect(
            s.run("LCS", "a", "b")
                == "-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len\r\n"
        )
    }
}
