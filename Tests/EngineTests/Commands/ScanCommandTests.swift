// SCAN: its arguments, its filters, and that nothing that stays is missed while the table changes.

import Testing

@testable import Engine

@Suite(.serialized) struct ScanCommandTests {
    typealias S = CommandSession

    /// The cursor and the keys of a reply.
    private func scan(_ s: CommandSession, _ arguments: String...) -> (String, [String]) {
        let lines = s.run(["SCAN"] + arguments).split(separator: "\r\n").map(String.init)
        #expect(lines[0] == "*2")
        let keys = stride(from: 5, to: lines.count, by: 2).map { lines[$0] }
        #expect(lines[3] == "*\(keys.count)")
        return (lines[2], keys)
    }

    private func all(_ s: CommandSession, _ options: String...) -> [String] {
        var found: [String] = []
        var cursor = "0"
        repeat {
            let lines = s.run(["SCAN", cursor] + options).split(separator: "\r\n").map(String.init)
            cursor = lines[2]
            found += stride(from: 5, to: lines.count, by: 2).map { lines[$0] }
        } while cursor != "0"
        return found
    }

    @Test(arguments: [
        (["abc"], "-ERR invalid cursor\r\n"), (["-1"], "-ERR invalid cursor\r\n"),
        ([""], "-ERR invalid cursor\r\n"), (["1x"], "-ERR invalid cursor\r\n"),
        (["18446744073709551616"], "-ERR invalid cursor\r\n"),
        (["abc", "COUNT", "x"], "-ERR invalid cursor\r\n"),
        (["18446744073709551615"], "*2\r\n$1\r\n0\r\n*0\r\n"), (["+0"], "*2\r\n$1\r\n0\r\n*0\r\n"),
        ([" 0"], "*2\r\n$1\r\n0\r\n*0\r\n"), (["-01"], "*2\r\n$1\r\n0\r\n*0\r\n"),
        (["0", "count", "0"], S.syntax), (["0", "COUNT", "-1"], S.syntax),
        (["0", "COUNT", "x"], S.notInteger), (["0", "COUNT"], S.syntax),
        (["0", "MATCH"], S.syntax), (["0", "foo", "bar"], S.syntax),
        (["0", "NOVALUES"], "-ERR NOVALUES option can only be used in HSCAN\r\n"),
        (["0", "TYPE", "foo"], "*2\r\n$1\r\n0\r\n*0\r\n"),
        (["0", "COUNT", "9223372036854775807"], "*2\r\n$1\r\n0\r\n*0\r\n"),
    ])
    func arguments(_ rest: [String], _ expected: String) {
        let s = CommandSession()
        #expect(s.run(["SCAN"] + rest) == expected)
    }

    @Test func filters() {
        let s = CommandSession()
        for i in 0..<200 { _ = s.run("SET", "key:\(i)", "v") }
        _ = s.run("RPUSH", "list", "a")
        #expect(Set(all(s)).count == 201)
        #expect(Set(all(s, "TYPE", "string", "COUNT", "1000")).count == 200)
        #expect(all(s, "type", "LIST") == ["list"])
        #expect(all(s, "TYPE", "zset").isEmpty)
        #expect(Set(all(s, "MATCH", "key:1?")) == Set((10..<20).map { "key:\($0)" }))
        #expect(Set(all(s, "MATCH", "*")).count == 201)
        let (cursor, keys) = scan(s, "0", "COUNT", "50")
        #expect(cursor != "0")
        #expect(keys.count >= 50 && keys.count < 80)
    }

    @Test func removesWhatIsPastItsTime() {
        let s = CommandSession()
        for i in 0..<100 { _ = s.run("SET", "gone:\(i)", "v", "PX", "10") }
        for i in 0..<100 { _ = s.run("SET", "stays:\(i)", "v") }
        s.advance(11)
        #expect(Set(all(s)).count == 100)
        #expect(s.run("DBSIZE") == ":100\r\n")
        #expect(s.engine.pointee.statistics.expiredKeys == 100)
    }

    /// Between the steps the table grows to several times its size and shrinks again.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func missesNothing(_ seed: UInt64) {
        let s = CommandSession(seed: seed)
        var random = RandomSource(seed: seed)
        for i in 0..<1000 { _ = s.run("SET", "stays:\(i)", "v") }
        var seen = Set<String>()
        var cursor = "0"
        var extra = 0
        repeat {
            let (next, keys) = scan(s, cursor)
            cursor = next
            seen.formUnion(keys.filter { $0.hasPrefix("stays:") })
            if extra > 3000, random.below(2) == 0 {
                for i in 0..<extra { _ = s.run("DEL", "extra:\(i)") }
                extra = 0
                while s.engine.pointee.compactSome() {}
            }
            for _ in 0..<random.below(100) {
                _ = s.run("SET", "extra:\(extra)", "v")
                extra += 1
            }
        } while cursor != "0"
        #expect(seen.count == 1000, "seed \(seed)")
    }
}
