// The set commands through a session: replies, errors in Redis's order, encodings, counts of changes,
// and the operations on several sets against Swift's.

import Memory
import Testing

@testable import Engine

@Suite(.serialized) struct SetTypeCommandTests {
    private typealias S = CommandSession

    private func fill(_ session: CommandSession, _ key: String, _ members: [String]) {
        for start in stride(from: 0, to: members.count, by: 50) {
            _ = session.run(
                ["SADD", key] + members[start..<min(start + 50, members.count)])
        }
    }

    private func lines(_ reply: String) -> [String] {
        reply.split(separator: "\r\n", omittingEmptySubsequences: false).map { String($0) }
    }

    /// The elements of an array reply of bulk strings.
    private func elements(_ reply: String) -> [String] {
        let lines = lines(reply)
        guard reply.hasPrefix("*"), lines.count > 1 else { return [reply] }
        return stride(from: 2, to: lines.count - 1, by: 2).map { lines[$0] }
    }

    @Test func membersComeAndGo() {
        let s = CommandSession()
        #expect(s.run("SADD", "s", "3", "1", "2", "1") == ":3\r\n" && s.changes == 3)
        #expect(s.encoding("s") == S.bulk("intset"))
        #expect(s.run("SMEMBERS", "s") == S.array(["1", "2", "3"]))
        #expect(s.run("SADD", "s", "b", "1") == ":1\r\n")
        #expect(s.encoding("s") == S.bulk("listpack"))
        #expect(s.run("SMEMBERS", "s") == S.array(["1", "2", "3", "b"]))
        #expect(s.run("SISMEMBER", "s", "2") == ":1\r\n")
        #expect(s.run("SISMEMBER", "s", "02") == ":0\r\n")
        #expect(s.run("SMISMEMBER", "s", "1", "x", "b") == "*3\r\n:1\r\n:0\r\n:1\r\n")
        #expect(s.run("SREM", "s", "2", "x", "2") == ":1\r\n" && s.changes == 5)
        #expect(s.run("SCARD", "s") == ":3\r\n")
        #expect(s.run("SREM", "s", "1", "3", "b", "more") == ":3\r\n")
        #expect(s.run("EXISTS", "s") == ":0\r\n" && s.run("SCARD", "s") == ":0\r\n")
        #expect(s.run("SMISMEMBER", "s", "1", "x") == "*2\r\n:0\r\n:0\r\n")
        #expect(s.run("SMEMBERS", "s") == "*0\r\n" && s.run("SREM", "s", "1") == ":0\r\n")
    }

    @Test func encodingsFollowTheLimits() {
        let s = CommandSession()
        fill(s, "i", (0..<512).map { "\($0)" })
        #expect(s.encoding("i") == S.bulk("intset"))
        _ = s.run("SADD", "i", "512")
        #expect(s.encoding("i") == S.bulk("hashtable"))
        fill(s, "l", (0..<128).map { "m\($0)" })
        #expect(s.encoding("l") == S.bulk("listpack"))
        _ = s.run("SADD", "l", "m1")
        #expect(s.encoding("l") == S.bulk("listpack"))
        _ = s.run("SADD", "l", "one more")
        #expect(s.encoding("l") == S.bulk("hashtable"))
        _ = s.run("SADD", "v", String(repeating: "x", count: 64))
        #expect(s.encoding("v") == S.bulk("listpack"))
        _ = s.run("SADD", "v", String(repeating: "x", count: 65))
        #expect(s.encoding("v") == S.bulk("hashtable"))
        // The number of arguments alone makes a table, whatever they are.
        _ = s.run(["SADD", "h"] + [String](repeating: "x", count: 129))
        #expect(s.encoding("h") == S.bulk("hashtable") && s.run("SCARD", "h") == ":1\r\n")
        _ = s.run(["SADD", "j"] + [String](repeating: "1", count: 512))
        #expect(s.encoding("j") == S.bulk("intset"))
        s.engine.pointee.settings.setMaxListpackValue = 2
        _ = s.run("SADD", "k", "-12")
        _ = s.run("SADD", "k", "x")
        #expect(s.encoding("k") == S.bulk("hashtable"))
    }

    @Test func movingKeepsBothSetsRight() {
        let s = CommandSession()
        _ = s.run("SADD", "a", "1", "2")
        _ = s.run("SADD", "b", "2", "x")
        var before = s.changes
        #expect(s.run("SMOVE", "a", "b", "1") == ":1\r\n" && s.changes == before + 2)
        before = s.changes
        #expect(s.run("SMOVE", "a", "b", "2") == ":1\r\n" && s.changes == before + 1)
        #expect(s.run("EXISTS", "a") == ":0\r\n" && s.run("SCARD", "b") == ":3\r\n")
        #expect(
            s.run("SMOVE", "b", "new", "x") == ":1\r\n" && s.encoding("new") == S.bulk("listpack"))
        #expect(
            s.run("SMOVE", "b", "b", "2") == ":1\r\n" && s.run("SMOVE", "b", "b", "9") == ":0\r\n")
        #expect(s.run("SMOVE", "none", "b", "2") == ":0\r\n")
        _ = s.run("SET", "string", "v")
        #expect(s.run("SMOVE", "string", "b", "2") == S.wrongType)
        #expect(s.run("SMOVE", "b", "string", "9") == S.wrongType)
        #expect(s.run("SMOVE", "none", "string", "9") == ":0\r\n")
    }

    @Test func otherTypesAndBadNumbersAreRefused() {
        let s = CommandSession()
        _ = s.run("SET", "string", "v")
        _ = s.run("SADD", "s", "1")
        for command in [
            ["SADD", "string", "x"], ["SREM", "string", "x"], ["SCARD", "string"],
            ["SISMEMBER", "string", "x"], ["SMISMEMBER", "string", "x"], ["SMEMBERS", "string"],
            ["SPOP", "string"], ["SPOP", "string", "1"], ["SRANDMEMBER", "string"],
            ["SRANDMEMBER", "string", "1"], ["SINTER", "none", "string"],
            ["SUNION", "s", "string"],
            ["SDIFF", "none", "string"], ["SINTERSTORE", "d", "none", "string"],
            ["SINTERCARD", "1", "string"], ["SSCAN", "string", "0"],
        ] { #expect(s.run(command) == S.wrongType, "\(command)") }
        #expect(s.run("SPOP", "s", "-1") == "-ERR value is out of range, must be positive\r\n")
        #expect(s.run("SPOP", "s", "x") == "-ERR value is out of range, must be positive\r\n")
        #expect(s.run("SPOP", "s", "1", "2") == S.syntax)
        #expect(s.run("SRANDMEMBER", "s", "x") == S.notInteger)
        #expect(s.run("SRANDMEMBER", "s", "1", "2") == S.syntax)
        #expect(s.run("SRANDMEMBER", "s", "\(Int64.min)").contains("value is out of range"))
        #expect(s.run("SINTERCARD", "0", "s").contains("numkeys should be greater than 0"))
        #expect(s.run("SINTERCARD", "2", "s").contains("can't be greater than number of args"))
        #expect(s.run("SINTERCARD", "1", "s", "LIMIT") == S.syntax)
        #expect(s.run("SINTERCARD", "1", "s", "LIMIT", "-1").contains("LIMIT can't be negative"))
        #expect(s.run("SSCAN", "s", "x") == "-ERR invalid cursor\r\n")
        #expect(s.run("SSCAN", "s", "0", "TYPE", "set") == S.syntax)
        #expect(s.run("SSCAN", "s", "0", "NOVALUES").contains("can only be used in HSCAN"))
        #expect(s.run("SSCAN", "none", "0", "BAD") == "*2\r\n$1\r\n0\r\n*0\r\n")
    }

    @Test(arguments: Array(1...20) as [UInt64])
    func algebraIsThatOfSets(seed: UInt64) {
        let s = CommandSession(seed: seed)
        var random = RandomSource(seed: seed)
        var models: [String: Set<String>] = [:]
        for key in ["a", "b", "c", "d", "e", "f"] {
            let size = [0, 3, 100, 200, 1500][random.below(5)]
            let isNumeric = random.below(2) == 0
            let members = (0..<size).map { _ in
                (isNumeric ? "" : "m") + "\(random.below(max(10, size * 2)))"
            }
            fill(s, key, members)
            models[key] = Set(members)
        }
        let names = models.keys.sorted()
        for _ in 0..<60 {
            let keys = (0..<(1 + random.below(6))).map { _ in names[random.below(names.count)] }
            let sets = keys.map { models[$0]! }
            let results = [
                "SINTER": sets.dropFirst().reduce(sets[0]) { $0.intersection($1) },
                "SUNION": sets.reduce(Set()) { $0.union($1) },
                "SDIFF": sets.dropFirst().reduce(sets[0]) { $0.subtracting($1) },
            ]
            for (command, expected) in results {
                let found = elements(s.run([command] + keys))
                #expect(
                    found.count == expected.count && Set(found) == expected,
                    "\(command) \(keys), seed \(seed)")
                let stored = s.run([command + "STORE", "result"] + keys)
                #expect(stored == ":\(expected.count)\r\n")
                #expect(Set(elements(s.run("SMEMBERS", "result"))) == expected)
                #expect(s.run("EXISTS", "result") == (expected.isEmpty ? ":0\r\n" : ":1\r\n"))
            }
            let common = results["SINTER"]!.count
            #expect(s.run(["SINTERCARD", "\(keys.count)"] + keys) == ":\(common)\r\n")
            #expect(
                s.run(["SINTERCARD", "\(keys.count)"] + keys + ["limit", "2"])
                    == ":\(min(common, 2))\r\n")
        }
    }

    @Test func storedResultsHaveRedissEncodings() {
        let s = CommandSession()
        fill(s, "h", (0..<300).map { "m\($0)" } + (0..<20).map { "\($0)" })
        fill(s, "i", (0..<400).map { "\($0)" })
        fill(s, "few", (0..<5).map { "m\($0)" })
        func stored(_ words: String...) -> String {
            _ = s.run(words)
            return s.encoding("d")
        }
        #expect(stored("SINTERSTORE", "d", "h", "few") == S.bulk("listpack"))
        #expect(stored("SINTERSTORE", "d", "h", "i") == S.bulk("intset"))
        #expect(stored("SINTERSTORE", "d", "h", "h") == S.bulk("hashtable"))
        #expect(stored("SUNIONSTORE", "d", "i") == S.bulk("intset"))
        #expect(stored("SUNIONSTORE", "d", "i", "few") == S.bulk("hashtable"))
        // Removing leaves a table, looking does not make one: Redis chooses by the sizes.
        fill(s, "most", (10..<300).map { "m\($0)" })
        #expect(stored("SDIFFSTORE", "d", "h", "most") == S.bulk("listpack"))
        #expect(stored("SDIFFSTORE", "d", "h", "few", "few", "few") == S.bulk("hashtable"))
        // Storing over a key of another type, and with nothing to store.
        _ = s.run("SET", "d", "v")
        #expect(s.run("SINTERSTORE", "d", "i", "i") == ":400\r\n")
        #expect(s.run("TYPE", "d") == "+set\r\n")
        let before = s.changes
        #expect(s.run("SINTERSTORE", "d", "i", "none") == ":0\r\n" && s.changes == before + 1)
        #expect(s.run("SINTERSTORE", "d", "i", "none") == ":0\r\n" && s.changes == before + 1)
    }

    @Test(arguments: [10, 100, 300, 600])
    func poppingTakesOut(size: Int) {
        for prefix in ["", "m"] {
            for count in [1, size / 2, size * 9 / 10, size - 1, size, size + 1] {
                let s = CommandSession(seed: UInt64(count + 1))
                let all = (0..<size).map { "\(prefix)\($0)" }
                fill(s, "s", all)
                let before = s.changes
                let popped = elements(s.run("SPOP", "s", "\(count)"))
                let left = elements(s.run("SMEMBERS", "s"))
                #expect(popped.count == min(count, size) && s.changes - before == min(count, size))
                #expect(Set(popped).union(left) == Set(all) && popped.count + left.count == size)
                #expect(s.run("EXISTS", "s") == (count < size ? ":1\r\n" : ":0\r\n"))
            }
        }
        let s = CommandSession()
        #expect(s.run("SPOP", "none") == S.null && s.run("SPOP", "none", "3") == "*0\r\n")
    }

    @Test(arguments: [10, 100, 300, 3000])
    func randomMembersAreMembers(size: Int) {
        for prefix in ["", "m"] {
            let s = CommandSession(seed: UInt64(size))
            let all = (0..<size).map { "\(prefix)\($0)" }
            fill(s, "s", all)
            for count in [0, 1, 5, size / 4, size / 2, size - 1, size, size + 5] {
                let drawn = elements(s.run("SRANDMEMBER", "s", "\(count)"))
                #expect(drawn.count == min(count, size) && Set(drawn).count == drawn.count)
                #expect(Set(drawn).isSubset(of: all))
                if count == 0 { continue }
                let repeated = elements(s.run("SRANDMEMBER", "s", "-\(count)"))
                #expect(repeated.count == count && Set(repeated).isSubset(of: all))
            }
            #expect(s.run("SCARD", "s") == ":\(size)\r\n")
        }
        let s = CommandSession()
        #expect(s.run("SRANDMEMBER", "none") == S.null)
        #expect(s.run("SRANDMEMBER", "none", "2") == "*0\r\n")
    }

    @Test(arguments: [5, 100, 2000])
    func scanningSeesAll(size: Int) {
        let s = CommandSession()
        let all = (0..<size).map { "m\($0)" }
        fill(s, "s", all)
        for pattern in ["*", "m1*"] {
            var cursor = "0"
            var seen: [String] = []
            repeat {
                let reply = s.run("SSCAN", "s", cursor, "COUNT", "20", "MATCH", pattern)
                let lines = lines(reply)
                cursor = lines[2]
                seen += elements(lines[3...].joined(separator: "\r\n"))
            } while cursor != "0"
            let expected = pattern == "*" ? all : all.filter { $0.hasPrefix("m1") }
            #expect(Set(seen) == Set(expected) && seen.count == expected.count)
        }
    }

    @Test func copiesAndExpiryOfBigSets() {
        let s = CommandSession()
        let all = (0..<1000).map { "member:\($0)" }
        fill(s, "s", all)
        #expect(s.run("COPY", "s", "t") == ":1\r\n")
        _ = s.run("SREM", "s", "member:1")
        #expect(s.run("SCARD", "t") == ":1000\r\n" && s.run("SCARD", "s") == ":999\r\n")
        #expect(Set(elements(s.run("SMEMBERS", "t"))) == Set(all))
        _ = s.run("PEXPIRE", "t", "100")
        s.advance(200)
        #expect(
            s.run("SISMEMBER", "t", "member:1") == ":0\r\n" && s.run("SADD", "t", "x") == ":1\r\n")
        #expect(s.encoding("t") == S.bulk("listpack"))
    }
}
