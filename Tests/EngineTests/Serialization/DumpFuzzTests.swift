// Payloads of random values of every type: they come back the same; and with bytes changed they are
// refused or accepted, but never read outside (AddressSanitizer sees it), and what is accepted can
// be used like any other value.

import Memory
import Testing

@testable import Engine

@Suite struct DumpFuzzTests {
    static let rounds = 60

    @Test(arguments: [1, 2, 3] as [UInt64]) func randomValuesComeBack(seed: UInt64) {
        var fuzz = Fuzz(seed: seed)
        for round in 0..<Self.rounds {
            fuzz.vary()
            let kind = fuzz.makeValue("a")
            let payload = fuzz.session.dump("a")
            _ = fuzz.session.run("DEL", "b")
            let reply = fuzz.session.restore("b", "0", payload)
            #expect(reply == CommandSession.ok, "seed \(seed), round \(round): \(kind)")
            #expect(fuzz.digest("a") == fuzz.digest("b"), "seed \(seed), round \(round): \(kind)")
            #expect(
                fuzz.session.encoding("a") == fuzz.session.encoding("b"),
                "seed \(seed), round \(round): \(kind)")
        }
    }

    @Test(arguments: [11, 12, 13, 14] as [UInt64]) func changedPayloads(seed: UInt64) {
        var fuzz = Fuzz(seed: seed)
        fuzz.session.engine.pointee.settings.checksDumps = false
        var accepted = 0
        for _ in 0..<Self.rounds {
            fuzz.vary()
            let kind = fuzz.makeValue("a")
            let payload = fuzz.session.dump("a")
            for _ in 0..<40 {
                let changed = fuzz.change(payload)
                _ = fuzz.session.run("DEL", "b", "c")
                guard fuzz.session.restore("b", "0", changed) == CommandSession.ok else { continue }
                accepted += 1
                // What was accepted is as good as any: it goes out and comes back the same.
                let again = fuzz.session.dump("b")
                let reply = fuzz.session.restore("c", "0", again)
                #expect(reply == CommandSession.ok, "seed \(seed): \(kind), \(changed)")
                #expect(fuzz.digest("b") == fuzz.digest("c"), "seed \(seed): \(kind), \(changed)")
                fuzz.use("b")
            }
        }
        #expect(accepted > 20)
    }

    /// Ends at every place: nothing is missed when bytes are missing.
    @Test func shortPayloads() {
        var fuzz = Fuzz(seed: 5)
        fuzz.session.engine.pointee.settings.checksDumps = false
        for _ in 0..<20 {
            _ = fuzz.makeValue("a")
            let payload = fuzz.session.dump("a")
            let body = payload.dropLast(10)
            for end in stride(from: 0, to: body.count - 1, by: max(1, body.count / 200)) {
                let short = Array(body[..<end]) + payload.suffix(10)
                _ = fuzz.session.run("DEL", "b")
                if fuzz.session.restore("b", "0", short) == CommandSession.ok { fuzz.use("b") }
            }
        }
    }
}

private struct Fuzz {
    let session: CommandSession
    var random: RandomSource

    init(seed: UInt64) {
        session = CommandSession(seed: seed)
        random = RandomSource(seed: seed)
    }

    mutating func below(_ limit: Int) -> Int { Int(random.below(UInt64(limit))) }

    /// Other limits, so that every encoding occurs at few elements.
    mutating func vary() {
        let most = [4, 20, 128][below(3)]
        session.engine.pointee.settings.listMaxListpackSize = [2, 5, -1, -2][below(4)]
        session.engine.pointee.settings.setMaxIntsetEntries = most
        session.engine.pointee.settings.setMaxListpackEntries = most
        session.engine.pointee.settings.zsetMaxListpackEntries = most
        session.engine.pointee.settings.hashLimits.entries = most
        session.engine.pointee.settings.compressesDumps = below(4) != 0
    }

    mutating func word() -> String {
        switch below(6) {
        case 0: return String(below(200) - 100)
        case 1: return String(Int64(truncatingIfNeeded: random.next()))
        case 2: return String(repeating: "ab", count: below(60))
        case 3: return ""
        default: return "word\(below(1000))"
        }
    }

    mutating func words(_ number: Int) -> [String] { (0..<number).map { _ in word() } }

    /// Makes a value; what kind it is.
    mutating func makeValue(_ key: String) -> String {
        _ = session.run("DEL", key)
        let number = [1, 3, 10, 40][below(4)]
        switch below(7) {
        case 0:
            _ = session.run("SET", key, word() + word())
            return "string"
        case 1:
            _ = session.run(["RPUSH", key] + words(number))
            return "list"
        case 2:
            let members =
                below(2) == 0 ? words(number) : (0..<number).map { _ in "\(below(70_000))" }
            _ = session.run(["SADD", key] + members)
            return "set"
        case 3:
            let pairs = words(number).flatMap { ["\(Double(below(64)) / 4)", $0] }
            _ = session.run(["ZADD", key] + pairs)
            return "sorted set"
        case 4:
            _ = session.run(["HSET", key] + words(number * 2))
            return "hash"
        case 5:
            _ = session.run(["HSET", key, "always", "there"] + words(number * 2))
            for name in ["always"] + words(5) {
                let due = String(CommandSession.start + Int64(1000 + below(100_000)))
                _ = session.run("HPEXPIREAT", key, due, "FIELDS", "1", name)
            }
            return "hash with deadlines"
        default:
            makeStream(key, number)
            return "stream"
        }
    }

    private mutating func makeStream(_ key: String, _ number: Int) {
        for i in 1...number {
            let fields = below(3) == 0 ? words(4) : ["temperature", word(), "unit", "C"]
            _ = session.run(["XADD", key, "\(i * 3)-\(below(5))"] + fields)
        }
        if below(2) == 0 { _ = session.run("XDEL", key, "3-0", "3-1", "3-2", "3-3", "3-4") }
        for group in ["g", "h"].prefix(below(3)) {
            _ = session.run("XGROUP", "CREATE", key, group, "0")
            for consumer in ["x", "y"].prefix(below(3)) {
                _ = session.run(
                    "XREADGROUP", "GROUP", group, consumer, "COUNT", "3", "STREAMS", key, ">")
            }
        }
    }

    func digest(_ key: String) -> String {
        key.withBytes { name in
            let hash = session.engine.pointee.hash(name)
            guard let entry = session.database.pointee.peek(name, hash) else { return "none" }
            var digest = ValueDigest()
            digest.chainValue(entry, session.engine)
            return digest.text
        }
    }

    /// Some bytes before the footer changed, taken out, or put in.
    mutating func change(_ payload: [UInt8]) -> [UInt8] {
        var bytes = payload
        for _ in 0..<[1, 1, 1, 2, 6][below(5)] {
            let at = below(max(1, bytes.count - 10))
            let byte = [UInt8(below(256)), 0, 0xFF, 0x7F, 0x80][below(5)]
            switch below(8) {
            case 0: bytes.remove(at: at)
            case 1: bytes.insert(byte, at: at)
            case 2: bytes[at] ^= 1 << UInt8(below(8))
            default: bytes[at] = byte
            }
        }
        return bytes
    }

    /// Reads and changes a value with what its type has.
    mutating func use(_ key: String) {
        for command in [["MEMORY", "USAGE"], ["OBJECT", "ENCODING"]] {
            _ = session.run(command + [key])
        }
        let type = session.run("TYPE", key).dropFirst().dropLast(2)
        let commands: [[String]]
        switch type {
        case "string": commands = [["GET"], ["APPEND", word()], ["STRLEN"]]
        case "list":
            commands = [
                ["LRANGE", "0", "-1"], ["LPUSH", word()], ["LSET", "0", word()], ["LPOP", "7"],
            ]
        case "set":
            commands = [["SMEMBERS"], ["SADD"] + words(30), ["SREM"] + words(9), ["SPOP", "5"]]
        case "zset":
            commands = [
                ["ZRANGE", "0", "-1", "WITHSCORES"], ["ZADD", "1", word(), "2", word()],
                ["ZRANK", word()], ["ZPOPMIN", "5"], ["ZREM"] + words(9),
            ]
        case "hash":
            commands = [
                ["HGETALL"], ["HSET"] + words(30), ["HDEL"] + words(9),
                ["HPEXPIRE", "5000", "FIELDS", "1", word()], ["HLEN"],
            ]
        default:
            commands = [
                ["XRANGE", "-", "+"], ["XADD", "*", "a", "b"], ["XINFO", "STREAM"],
                ["XTRIM", "MAXLEN", "2"],
            ]
        }
        for command in commands { run(command, on: key) }
    }

    private func run(_ command: [String], on key: String) {
        let at = command[0] == "XINFO" ? 2 : 1
        let words = Array(command[..<min(at, command.count)]) + [key] + command.dropFirst(at)
        _ = session.run(words)
    }
}
