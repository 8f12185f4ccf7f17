// Fields that expire: what commands see of one past its time, when the cycle comes, what is counted.

import Memory
import Testing

@testable import Engine

@Suite struct FieldExpiryTests {
    private typealias S = CommandSession

    /// A packed hash, and one that is a table.
    private static let forms = [512, 0]

    private func session(_ entries: Int) -> CommandSession {
        let s = S()
        s.engine.pointee.settings.hashLimits.entries = entries
        return s
    }

    @Test(arguments: forms) func conditions(entries: Int) {
        let s = session(entries)
        _ = s.run("hset", "h", "a", "1", "b", "2", "c", "3")
        func expire(_ words: String...) -> String { s.run(["hexpire", "h"] + words) }
        #expect(expire("100", "nx", "fields", "2", "a", "x") == "*2\r\n:1\r\n:-2\r\n")
        #expect(s.encoding("h") == S.bulk(entries == 0 ? "hashtable" : "listpackex"))
        #expect(expire("100", "nx", "fields", "2", "a", "b") == "*2\r\n:0\r\n:1\r\n")
        #expect(expire("200", "xx", "fields", "2", "a", "c") == "*2\r\n:1\r\n:0\r\n")
        #expect(expire("150", "gt", "fields", "3", "a", "b", "c") == "*3\r\n:0\r\n:1\r\n:0\r\n")
        #expect(expire("120", "lt", "fields", "3", "a", "b", "c") == "*3\r\n:1\r\n:1\r\n:1\r\n")
        #expect(s.run("httl", "h", "fields", "2", "a", "x") == "*2\r\n:120\r\n:-2\r\n")
        #expect(
            s.run("hpersist", "h", "fields", "3", "a", "a", "x") == "*3\r\n:1\r\n:-1\r\n:-2\r\n")
        #expect(s.run("hpexpireat", "h", "1", "fields", "2", "a", "b") == "*2\r\n:2\r\n:2\r\n")
        #expect(s.run("hkeys", "h") == S.array(["c"]))
        #expect(s.run("hexpireat", "h", "1", "fields", "1", "c") == "*1\r\n:2\r\n")
        #expect(s.run("exists", "h") == ":0\r\n")
        #expect(s.database.pointee.expiringHashCount == 0)
    }

    @Test func refusesBadArguments() {
        let s = S()
        _ = s.run("hset", "h", "a", "1")
        func expect(_ words: [String], _ error: String) {
            #expect(s.run(words) == "-ERR \(error)\r\n", "\(words)")
        }
        expect(["hexpire", "h", "-1", "fields", "1", "a"], "invalid expire time, must be >= 0")
        for (command, time) in [
            ("hexpire", "70368744178"), ("hpexpire", "70368744177664"),
            ("hexpireat", "70368744178"), ("hpexpireat", "70368744177664"),
            ("hexpire", "9223372036854775807"),
        ] {
            expect(
                [command, "h", time, "fields", "1", "a"],
                "invalid expire time in '\(command)' command")
        }
        expect(
            ["hexpire", "h", "1", "bogus", "1", "a"],
            "Mandatory argument FIELDS is missing or not at the right position")
        expect(
            ["hexpire", "h", "1", "fields", "0", "a"],
            "Parameter `numFields` should be greater than 0")
        expect(
            ["httl", "h", "fields", "x", "a"], "Number of fields must be a positive integer")
        expect(
            ["httl", "h", "fields", "2", "a"],
            "The `numfields` parameter must match the number of arguments")
        #expect(s.run("hpexpireat", "h", "70368744177663", "fields", "1", "a") == "*1\r\n:1\r\n")
    }

    /// Before the cycle comes: who looks for the field removes it, walks leave it out, HLEN, HSET
    /// and HDEL do not ask.
    @Test(arguments: forms) func fieldsPastTheirTimeAreNotSeen(entries: Int) {
        let s = session(entries)
        let names = (0..<8).map { "f\($0)" }
        _ = s.run(["hset", "h"] + names.flatMap { [$0, "7"] } + ["stays", "1"])
        _ = s.run(["hpexpire", "h", "10", "fields", "8"] + names)
        s.advance(10)
        #expect(s.run("hget", "h", "f0") == S.bulk("7"))
        s.advance(1)
        #expect(s.run("hlen", "h") == ":9\r\n")
        #expect(s.run("hgetall", "h") == S.array(["stays", "1"]))
        #expect(s.run("hkeys", "h") == S.array(["stays"]))
        #expect(s.run("hvals", "h") == S.array(["1"]))
        #expect(s.run("hscan", "h", "0") == "*2\r\n$1\r\n0\r\n" + S.array(["stays", "1"]))
        #expect(s.run("hpttl", "h", "fields", "1", "f0") == "*1\r\n:-2\r\n")
        #expect(s.run("hpersist", "h", "fields", "1", "f0") == "*1\r\n:-2\r\n")
        #expect(s.run("hlen", "h") == ":9\r\n")
        let changes = s.changes
        #expect(s.run("hget", "h", "f0") == S.null)
        #expect(s.run("hexists", "h", "f1") == ":0\r\n")
        #expect(s.run("hstrlen", "h", "f2") == ":0\r\n")
        #expect(s.run("hmget", "h", "f3", "stays") == "*2\r\n$-1\r\n$1\r\n1\r\n")
        #expect(s.changes == changes)
        #expect(s.run("hlen", "h") == ":5\r\n")
        #expect(s.run("hincrby", "h", "f4", "1") == ":1\r\n")
        #expect(s.run("hsetnx", "h", "f5", "new") == ":1\r\n")
        #expect(s.run("hset", "h", "f6", "new") == ":0\r\n")
        #expect(s.run("hdel", "h", "f7") == ":1\r\n")
        #expect(
            s.run("httl", "h", "fields", "3", "f4", "f5", "f6") == "*3\r\n:-1\r\n:-1\r\n:-1\r\n")
        #expect(s.engine.pointee.statistics.expiredFields == 6)
    }

    @Test(arguments: forms) func theLastFieldTakesTheKeyWhenItIsLookedFor(entries: Int) {
        let s = session(entries)
        for words in [
            ["hget", "h", "a"], ["hmget", "h", "a", "b"], ["hexists", "h", "a"],
            ["hrandfield", "h"], ["hrandfield", "h", "2"], ["hgetdel", "h", "fields", "1", "a"],
            ["hgetex", "h", "ex", "10", "fields", "2", "a", "b"],
        ] {
            _ = s.run("hset", "h", "a", "1")
            _ = s.run("hpexpire", "h", "1", "fields", "1", "a")
            s.advance(2)
            _ = s.run(words)
            #expect(s.run("exists", "h") == ":0\r\n", "\(words)")
        }
        _ = s.run("hset", "h", "a", "41")
        _ = s.run("hpexpire", "h", "1", "fields", "1", "a")
        s.advance(2)
        #expect(s.run("hincrby", "h", "a", "1") == ":1\r\n")
        #expect(s.run("httl", "h", "fields", "1", "a") == "*1\r\n:-1\r\n")
    }

    @Test(arguments: forms) func setClearsTheDeadlineAndCountersKeepIt(entries: Int) {
        let s = session(entries)
        _ = s.run("hset", "h", "a", "1", "b", "2")
        _ = s.run("hexpire", "h", "100", "fields", "2", "a", "b")
        _ = s.run("hincrby", "h", "a", "1000000")
        _ = s.run("hincrbyfloat", "h", "a", "0.5")
        _ = s.run("hset", "h", "b", "3")
        #expect(s.run("httl", "h", "fields", "2", "a", "b") == "*2\r\n:100\r\n:-1\r\n")
    }

    @Test(arguments: forms) func theCycleComesOnTime(entries: Int) {
        let s = session(entries)
        for i in 0..<300 {
            _ = s.run("hset", "h", "f\(i)", "v")
            _ = s.run("hpexpire", "h", "\(1 + (i * 37) % 300)", "fields", "1", "f\(i)")
        }
        for millisecond in 1...301 {
            s.advance(1)
            while s.engine.pointee.expireSome() {}
            let left = 301 - millisecond
            #expect(s.run("hlen", "h") == ":\(max(0, left))\r\n", "\(millisecond)")
        }
        #expect(s.run("exists", "h") == ":0\r\n")
        #expect(s.engine.pointee.statistics.expiryLagWorst == 0)
    }

    /// No step of the cycle takes more than some dozens of fields, and other hashes get their turn.
    @Test func aStormGoesInSmallSteps() {
        let s = session(0)
        for i in 0..<20_000 { _ = s.run("hset", "h", "f\(i)", "v") }
        for start in stride(from: 0, to: 20_000, by: 500) {
            let names = (start..<start + 500).map { "f\($0)" }
            _ = s.run(["hpexpireat", "h", "\(S.start + 1000)", "fields", "500"] + names)
        }
        _ = s.run("hset", "other", "a", "1", "b", "2")
        _ = s.run("hpexpire", "other", "1001", "fields", "1", "a")
        s.advance(1100)
        var steps = 0
        var otherDone = 0
        var before = 20_000
        while s.engine.pointee.expireSome() {
            steps += 1
            let left = s.database.pointee.count > 1 ? count(s, "h") : 0
            #expect(before - left <= 64)
            before = left
            if otherDone == 0, count(s, "other") == 1 { otherDone = steps }
        }
        #expect(s.run("exists", "h") == ":0\r\n")
        #expect(steps > 300)
        #expect(otherDone > 0 && otherDone < 20)
        #expect(s.database.pointee.expiringHashCount == 0)
        #expect(s.engine.pointee.statistics.expiredFields == 20_001)
    }

    private func count(_ s: CommandSession, _ key: String) -> Int {
        Array(key.utf8).withBytes {
            let hash = s.engine.pointee.hash($0)
            guard let entry = s.database.pointee.peek($0, hash) else { return 0 }
            return HashValue(entry, s.engine).count
        }
    }

    @Test(arguments: forms) func deadlinesMoveWithTheKey(entries: Int) {
        let s = session(entries)
        func make(_ key: String) {
            _ = s.run("hset", key, "a", "1", "b", "2")
            _ = s.run("hpexpire", key, "100", "fields", "1", "a")
        }
        make("h")
        _ = s.run("rename", "h", "renamed")
        _ = s.run("copy", "renamed", "copied")
        make("h")
        _ = s.run("move", "h", "1")
        make("h")
        _ = s.run("copy", "h", "elsewhere", "db", "2")
        #expect(s.database.pointee.expiringHashCount == 3)
        _ = s.run("swapdb", "2", "3")
        s.advance(101)
        while s.engine.pointee.expireSome() {}
        for (database, key) in [
            (0, "renamed"), (0, "copied"), (1, "h"), (0, "h"), (3, "elsewhere"),
        ] {
            s.selected = database
            #expect(s.run("hkeys", key) == S.array(["b"]), "\(key)")
            #expect(s.run("hlen", key) == ":1\r\n", "\(key)")
        }
        for i in 0..<4 {
            #expect(s.engine.pointee.databases[i].expiringHashCount == 0)
        }
    }

    @Test(arguments: forms) func hashesThatGoAreForgotten(entries: Int) {
        let s = session(entries)
        for words in [["del", "h"], ["set", "h", "1"], ["flushdb"], ["hdel", "h", "a"]] {
            _ = s.run("hset", "h", "a", "1")
            _ = s.run("hexpire", "h", "100", "fields", "1", "a")
            #expect(s.database.pointee.expiringHashCount == 1)
            _ = s.run(words)
            #expect(s.database.pointee.expiringHashCount == 0, "\(words)")
            _ = s.run("flushdb")
        }
        // What was persisted is forgotten when its time would have come.
        _ = s.run("hset", "h", "a", "1")
        _ = s.run("hexpire", "h", "100", "fields", "1", "a")
        _ = s.run("hpersist", "h", "fields", "1", "a")
        #expect(s.database.pointee.expiringHashCount == 1)
        s.advance(100_001)
        while s.engine.pointee.expireSome() {}
        #expect(s.database.pointee.expiringHashCount == 0)
        #expect(s.run("hget", "h", "a") == S.bulk("1"))
    }

    @Test(arguments: forms) func nothingGoesWhileExpiryIsPaused(entries: Int) {
        let s = session(entries)
        _ = s.run("hset", "h", "a", "1")
        _ = s.run("hpexpire", "h", "1", "fields", "1", "a")
        s.engine.pointee.expiryPaused = true
        s.advance(5)
        #expect(s.run("hget", "h", "a") == S.null)
        #expect(s.run("hgetall", "h") == "*0\r\n")
        let hasExpired = s.engine.pointee.expireSome()
        #expect(!hasExpired)
        #expect(s.run("hlen", "h") == ":1\r\n")
        s.engine.pointee.expiryPaused = false
        while s.engine.pointee.expireSome() {}
        #expect(s.run("exists", "h") == ":0\r\n")
    }

    /// A deadline set and cleared over and over leaves no pile behind.
    @Test(arguments: forms) func staleItemsDoNotPileUp(entries: Int) {
        let s = session(entries)
        for i in 0..<20_000 {
            _ = s.run("hset", "h", "f\(i % 50)", "v")
            _ = s.run("hexpire", "h", "\(1000 - i % 900)", "fields", "1", "f\(i % 50)")
        }
        let used = s.database.pointee.fieldWheel.count
        #expect(used < 2000)
        if entries == 0 {
            let entry = Array("h".utf8).withBytes {
                s.database.pointee.peek($0, s.engine.pointee.hash($0))!
            }
            #expect(HashValue(entry, s.engine).big.state.pointee.index.count <= 1024)
        }
    }
}
