// The hash commands as sessions: replies as Redis 7.4 gives them, forms, thresholds, counts of
// changes.

import Testing

@testable import Engine

@Suite struct HashCommandTests {
    private typealias S = CommandSession

    @Test func setsAndReads() {
        let s = S()
        #expect(s.run("hset", "h", "a", "1", "b", "two") == ":2\r\n")
        #expect(s.changes == 2)
        #expect(s.run("hset", "h", "a", "3", "c", "4") == ":1\r\n")
        #expect(s.run("hgetall", "h") == S.array(["a", "3", "b", "two", "c", "4"]))
        #expect(s.run("hkeys", "h") == S.array(["a", "b", "c"]))
        #expect(s.run("hvals", "h") == S.array(["3", "two", "4"]))
        #expect(s.run("hget", "h", "b") == S.bulk("two"))
        #expect(s.run("hget", "h", "x") == S.null)
        #expect(s.run("hmget", "h", "c", "x", "a") == "*3\r\n$1\r\n4\r\n$-1\r\n$1\r\n3\r\n")
        #expect(s.run("hlen", "h") == ":3\r\n")
        #expect(s.run("hexists", "h", "a") == ":1\r\n")
        #expect(s.run("hexists", "h", "x") == ":0\r\n")
        #expect(s.run("hstrlen", "h", "b") == ":3\r\n")
        #expect(s.run("hsetnx", "h", "a", "9") == ":0\r\n")
        #expect(s.run("hsetnx", "h", "d", "9") == ":1\r\n")
        #expect(s.run("hmset", "h", "e", "5") == S.ok)
    }

    @Test func missingKeysAreEmptyHashes() {
        let s = S()
        #expect(s.run("hget", "h", "a") == S.null)
        #expect(s.run("hmget", "h", "a", "b") == "*2\r\n$-1\r\n$-1\r\n")
        #expect(s.run("hgetall", "h") == "*0\r\n")
        #expect(s.run("hlen", "h") == ":0\r\n")
        #expect(s.run("hdel", "h", "a") == ":0\r\n")
        #expect(s.run("hrandfield", "h") == S.null)
        #expect(s.run("hrandfield", "h", "3") == "*0\r\n")
        #expect(s.run("hscan", "h", "0") == "*2\r\n$1\r\n0\r\n*0\r\n")
        #expect(s.run("httl", "h", "fields", "1", "a") == "*1\r\n:-2\r\n")
        #expect(s.run("exists", "h") == ":0\r\n")
    }

    @Test func refusesOtherTypes() {
        let s = S()
        _ = s.run("set", "s", "1")
        _ = s.run("rpush", "l", "1")
        for key in ["s", "l"] {
            for words in [
                ["hset", key, "a", "b"], ["hget", key, "a"], ["hgetall", key], ["hdel", key, "a"],
                ["hincrby", key, "a", "1"], ["hincrbyfloat", key, "a", "1"], ["hlen", key],
                ["hsetnx", key, "a", "b"], ["hmget", key, "a"], ["hrandfield", key],
                ["hscan", key, "0"], ["hexpire", key, "1", "fields", "1", "a"],
                ["httl", key, "fields", "1", "a"], ["hpersist", key, "fields", "1", "a"],
                ["hgetex", key, "fields", "1", "a"], ["hgetdel", key, "fields", "1", "a"],
                ["hsetex", key, "fields", "1", "a", "b"],
            ] {
                #expect(s.run(words) == S.wrongType, "\(words)")
            }
        }
        #expect(s.run("hset", "h", "a") == "-ERR wrong number of arguments for 'hset' command\r\n")
        #expect(
            s.run("hmset", "h", "a", "b", "c")
                == "-ERR wrong number of arguments for 'hmset' command\r\n")
    }

    @Test func theLastFieldTakesTheKey() {
        let s = S()
        _ = s.run("hset", "h", "a", "1", "b", "2")
        #expect(s.run("hdel", "h", "a", "x", "b", "a") == ":2\r\n")
        #expect(s.run("exists", "h") == ":0\r\n")
        #expect(s.changes == 4)
    }

    @Test func becomesATableAtTheThresholds() {
        let s = S()
        _ = s.run("hset", "h", "a", String(repeating: "v", count: 64))
        #expect(s.encoding("h") == S.bulk("listpack"))
        _ = s.run("hset", "h", "b", String(repeating: "v", count: 65))
        #expect(s.encoding("h") == S.bulk("hashtable"))
        _ = s.run("hset", "i", String(repeating: "n", count: 65), "1")
        #expect(s.encoding("i") == S.bulk("hashtable"))
        for i in 0..<512 { _ = s.run("hset", "j", "\(i)", "v") }
        #expect(s.encoding("j") == S.bulk("listpack"))
        _ = s.run("hset", "j", "512", "v")
        #expect(s.encoding("j") == S.bulk("hashtable"))
        #expect(s.run("hlen", "j") == ":513\r\n")
        // It never turns back.
        for i in 1...512 { _ = s.run("hdel", "j", "\(i)") }
        #expect(s.encoding("j") == S.bulk("hashtable"))
        s.engine.pointee.settings.hashLimits.entries = 2
        _ = s.run("hset", "k", "a", "1", "b", "2")
        #expect(s.encoding("k") == S.bulk("listpack"))
        _ = s.run("hset", "k", "a", "1", "a", "2", "a", "3")
        #expect(s.encoding("k") == S.bulk("hashtable"))
    }

    @Test func counters() {
        let s = S()
        for key in ["h", "big"] {
            if key == "big" {
                _ = s.run("hset", key, "x", String(repeating: "x", count: 100))
            }
            #expect(s.run("hincrby", key, "n", "5") == ":5\r\n")
            #expect(s.run("hincrby", key, "n", "-7") == ":-2\r\n")
            _ = s.run("hset", key, "max", "9223372036854775807", "t", "text", "f", "1.5")
            let overflow = "-ERR increment or decrement would overflow\r\n"
            #expect(s.run("hincrby", key, "max", "1") == overflow)
            #expect(s.run("hincrby", key, "t", "1") == "-ERR hash value is not an integer\r\n")
            #expect(s.run("hincrby", key, "t", "x") == S.notInteger)
            #expect(s.run("hincrbyfloat", key, "f", "0.1") == S.bulk("1.6"))
            #expect(s.run("hincrbyfloat", key, "n", "1e2") == S.bulk("98"))
            #expect(s.run("hincrbyfloat", key, "t", "1") == "-ERR hash value is not a float\r\n")
            let float = "-ERR value is not a valid float\r\n"
            #expect(s.run("hincrbyfloat", key, "f", "x") == float)
            let infinite = "-ERR value is NaN or Infinity\r\n"
            #expect(s.run("hincrbyfloat", key, "f", "inf") == infinite)
        }
    }

    @Test func randomFields() {
        let s = S()
        for (key, count) in [("small", 20), ("large", 900)] {
            for i in 0..<count { _ = s.run("hset", key, "f\(i)", "v\(i)") }
            func fields(_ reply: String) -> [String] {
                reply.split(separator: "\r\n").map(String.init).filter { $0.hasPrefix("f") }
            }
            for number in [1, 5, count / 2, count - 1, count, count + 5] {
                let seen = fields(s.run("hrandfield", key, "\(number)"))
                #expect(seen.count == min(number, count))
                #expect(Set(seen).count == seen.count)
            }
            #expect(fields(s.run("hrandfield", key, "-50")).count == 50)
            let pairs = s.run("hrandfield", key, "3", "withvalues")
            #expect(pairs.hasPrefix("*6\r\n"))
            s.reply.pointee.resp3 = true
            #expect(s.run("hrandfield", key, "3", "withvalues").hasPrefix("*3\r\n*2\r\n"))
            s.reply.pointee.resp3 = false
            // Each comes up about as often as any other.
            var counts: [String: Int] = [:]
            for _ in 0..<200 {
                for field in fields(s.run("hrandfield", key, "-\(count)")) {
                    counts[field, default: 0] += 1
                }
            }
            #expect(counts.count == count)
            #expect(counts.values.min()! > 120 && counts.values.max()! < 290)
        }
    }

    @Test func scansEverything() {
        let s = S()
        for i in 0..<2000 { _ = s.run("hset", "h", "f\(i)", "v\(i)") }
        for (options, parts) in [([], 2), (["novalues"], 1)] as [([String], Int)] {
            var cursor = "0"
            var seen: Set<String> = []
            var steps = 0
            repeat {
                let reply = s.run(["hscan", "h", cursor, "count", "50"] + options)
                    .split(separator: "\r\n").map(String.init)
                cursor = reply[2]
                let elements = stride(from: 5, to: reply.count, by: 2).map { reply[$0] }
                for i in stride(from: 0, to: elements.count, by: parts) {
                    seen.insert(elements[i])
                    if parts == 2 { #expect(elements[i + 1] == "v" + elements[i].dropFirst()) }
                }
                steps += 1
            } while cursor != "0" && steps < 1000
            #expect(seen.count == 2000)
            #expect(steps > 20)
        }
        #expect(s.run("hscan", "h", "x") == "-ERR invalid cursor\r\n")
        #expect(s.run("hscan", "h", "0", "count", "0") == S.syntax)
    }

    @Test func longFieldsAndValues() {
        let s = S()
        let name = String(repeating: "n", count: 300)
        for length in [0, 1, 255, 256, 5000, 65_535, 65_536, 200_000, 10] {
            let value = String(repeating: "v", count: length)
            _ = s.run("hset", "h", name, value, "short", value)
            #expect(s.run("hget", "h", name) == S.bulk(value))
            #expect(s.run("hget", "h", "short") == S.bulk(value))
            #expect(s.run("hlen", "h") == ":2\r\n")
        }
        _ = s.run("hpexpire", "h", "5000", "fields", "1", name)
        #expect(s.run("hget", "h", name) == S.bulk(String(repeating: "v", count: 10)))
        #expect(s.run("hpttl", "h", "fields", "1", name) == "*1\r\n:5000\r\n")
    }
}
