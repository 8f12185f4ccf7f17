// SORT and SORT_RO as a session sees them. The expectations were read off Redis 7.4.1.

import Memory
import RESP
import Testing

@testable import Engine

@Suite(.serialized) struct SortCommandTests {
    typealias S = CommandSession
    static let noNumber = "-ERR One or more scores can't be converted into double\r\n"

    private func numbers() -> CommandSession {
        let s = CommandSession()
        _ = s.run("RPUSH", "l", "10", "9", "-1", "2.5", "100")
        return s
    }

    @Test func numbersAndTexts() {
        let s = numbers()
        #expect(s.run("SORT", "l") == S.array(["-1", "2.5", "9", "10", "100"]))
        #expect(s.run("SORT", "l", "DESC") == S.array(["100", "10", "9", "2.5", "-1"]))
        #expect(s.run("SORT", "l", "ALPHA") == S.array(["-1", "10", "100", "2.5", "9"]))
        #expect(s.run("SORT_RO", "l", "LIMIT", "1", "2") == S.array(["2.5", "9"]))
        #expect(s.run("SORT", "l", "LIMIT", "-5", "1") == S.array(["-1"]))
        #expect(s.run("SORT", "l", "LIMIT", "9", "1") == "*0\r\n")
        #expect(s.run("SORT", "l", "LIMIT", "3", "-1") == S.array(["10", "100"]))
        #expect(
            s.run("SORT", "l", "LIMIT", "9223372036854775807", "9223372036854775807") == "*0\r\n")
        #expect(s.run("SORT", "none") == "*0\r\n")
        _ = s.run("RPUSH", "l", "x")
        #expect(s.run("SORT", "l") == Self.noNumber)
        #expect(s.run("SORT", "l", "STORE", "d") == Self.noNumber)
        #expect(s.run("SORT", "l", "LIMIT", "0", "x") == S.notInteger)
        #expect(s.run("SORT", "l", "LIMIT", "0") == S.syntax)
        #expect(s.run("SORT_RO", "l", "STORE", "d") == S.syntax)
        _ = s.run("SET", "s", "v")
        #expect(s.run("SORT", "s") == S.wrongType)
        // Numbers that are written in other ways, and none at all.
        _ = s.run("RPUSH", "n", " 3", "0x10", "1e1", "", "inf")
        #expect(s.run("SORT", "n") == S.array(["", " 3", "1e1", "0x10", "inf"]))
    }

    @Test func patterns() {
        let s = numbers()
        for (key, weight) in [("10", "3"), ("9", "1"), ("-1", "2")] {
            _ = s.run("SET", "w_\(key)", weight)
            _ = s.run("HSET", "h_\(key)", "f", "v\(weight)", "w", weight)
        }
        #expect(s.run("SORT", "l", "BY", "w_*") == S.array(["100", "2.5", "9", "-1", "10"]))
        #expect(
            s.run("SORT", "l", "BY", "h_*->w", "LIMIT", "2", "3") == S.array(["9", "-1", "10"]))
        #expect(
            s.run("SORT", "l", "BY", "w_*", "LIMIT", "1", "2", "GET", "#", "GET", "h_*->f")
                == "*4\r\n" + S.bulk("2.5") + S.null + S.bulk("9") + S.bulk("v1"))
        #expect(
            s.run("SORT", "l", "BY", "w_*", "ALPHA", "DESC", "GET", "w_*")
                == "*5\r\n" + S.bulk("3") + S.bulk("2") + S.bulk("1") + S.null + S.null)
        // No star: no order, and nothing to get.
        #expect(s.run("SORT", "l", "BY", "x") == S.array(["10", "9", "-1", "2.5", "100"]))
        #expect(s.run("SORT", "l", "BY", "x", "DESC", "LIMIT", "1", "2") == S.array(["2.5", "-1"]))
        #expect(s.run("SORT", "l", "LIMIT", "0", "1", "GET", "x") == "*1\r\n" + S.null)
        #expect(s.run("SORT", "l", "BY", "h_*->f") == Self.noNumber)
    }

    @Test func fieldsPastTheirTime() {
        let s = CommandSession()
        _ = s.run("RPUSH", "l", "1", "2")
        _ = s.run("HSET", "h_1", "f", "x")
        _ = s.run("HSET", "h_2", "f", "y")
        _ = s.run("HPEXPIRE", "h_1", "100", "FIELDS", "1", "f")
        s.advance(200)
        #expect(s.run("SORT", "l", "GET", "h_*->f") == "*2\r\n" + S.null + S.bulk("y"))
        #expect(s.run("EXISTS", "h_1") == ":0\r\n")
    }

    @Test func storing() {
        let s = numbers()
        #expect(s.run("SORT", "l", "STORE", "l") == ":5\r\n")
        #expect(s.run("LRANGE", "l", "0", "-1") == S.array(["-1", "2.5", "9", "10", "100"]))
        #expect(s.encoding("l") == S.bulk("listpack"))
        #expect(s.changes == 10)
        _ = s.run("PEXPIRE", "l", "1000")
        #expect(s.run("SORT", "l", "GET", "none_*", "GET", "#", "STORE", "l") == ":10\r\n")
        #expect(s.run("PTTL", "l") == ":-1\r\n")
        #expect(s.run("LRANGE", "l", "0", "3") == S.array(["", "-1", "", "2.5"]))
        let changes = s.changes
        #expect(s.run("SORT", "none", "STORE", "l") == ":0\r\n")
        #expect(s.run("EXISTS", "l") == ":0\r\n")
        #expect(s.changes == changes + 1)
        _ = s.run(["SADD", "s"] + (0..<3000).map { "\($0)" })
        #expect(s.run("SORT", "s", "STORE", "l") == ":3000\r\n")
        #expect(s.encoding("l") == S.bulk("quicklist"))
        // A set that is stored unsorted is sorted as text.
        #expect(s.run("SORT", "s", "BY", "x", "LIMIT", "0", "4", "STORE", "l") == ":4\r\n")
        #expect(s.run("LRANGE", "l", "0", "-1") == S.array(["0", "1", "10", "100"]))
    }

    @Test func sortedSets() {
        let s = CommandSession()
        _ = s.run("ZADD", "z", "1", "c", "2", "b", "3", "a", "4", "10")
        #expect(s.encoding("z") == S.bulk("listpack"))
        #expect(s.run("SORT", "z", "ALPHA", "DESC") == S.array(["c", "b", "a", "10"]))
        #expect(s.encoding("z") == S.bulk("skiplist"))
        #expect(s.run("SORT", "z", "BY", "x", "DESC") == S.array(["10", "a", "b", "c"]))
        #expect(s.run("SORT", "z", "BY", "x", "LIMIT", "1", "2") == S.array(["b", "a"]))
        #expect(s.run("SORT", "z", "BY", "x", "DESC", "LIMIT", "1", "2") == S.array(["a", "b"]))
        #expect(s.run("ZRANGE", "z", "0", "-1") == S.array(["c", "b", "a", "10"]))
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func agreesWithTheModel(_ seed: UInt64) {
        let s = CommandSession(seed: seed)
        var random = RandomSource(seed: seed)
        for round in 0..<60 {
            let values = (0..<(1 + random.below(300))).map { _ in Int(random.below(200)) - 100 }
            _ = s.run("DEL", "l")
            _ = s.run(["RPUSH", "l"] + values.map { "\($0)" })
            for value in Set(values) where random.below(2) == 0 {
                _ = s.run("SET", "w\(round)_\(value)", "\(value * value)")
            }
            let offset = random.below(values.count)
            let limit = random.below(values.count) + 1
            let isDescending = random.below(2) == 0
            let byWeight = random.below(2) == 0
            func weight(_ value: Int) -> Int {
                if !byWeight { return value }
                return s.run("EXISTS", "w\(round)_\(value)") == ":1\r\n" ? value * value : 0
            }
            // Equal numbers are told apart by their texts.
            var expected = values.map { (weight($0), "\($0)") }.sorted { $0 < $1 }.map(\.1)
            if isDescending { expected.reverse() }
            let command =
                ["SORT", "l", "LIMIT", "\(offset)", "\(limit)"]
                + (isDescending ? ["DESC"] : []) + (byWeight ? ["BY", "w\(round)_*"] : [])
            #expect(
                s.run(command) == S.array(Array(expected[offset...].prefix(limit))),
                "seed \(seed), round \(round)")
        }
    }
}
