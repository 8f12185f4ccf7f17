// HyperLogLogs against a naive array of registers, in both forms, and against bytes that Redis 7.4.1
// has made of the same elements.

import Memory
import RESP
import Testing

@testable import Engine

@Suite(.serialized) struct HyperLogLogTests {
    typealias S = CommandSession
    static let invalid = "-WRONGTYPE Key is not a valid HyperLogLog string value.\r\n"
    static let corrupt = "-INVALIDOBJ Corrupted HLL object detected\r\n"

    private func stored(_ s: CommandSession, _ key: String) -> [UInt8] {
        let reply = s.run(bytes: [Array("GET".utf8), Array(key.utf8)])
        return Array(reply[(reply.firstIndex(of: 10)! + 1)...].dropLast(2))
    }

    private func registers(_ s: CommandSession, _ key: String) -> [UInt8] {
        let bytes = stored(s, key)
        var values = [UInt8](repeating: 0, count: HyperLogLog.registerCount)
        let isSound = bytes.withBytes { string in
            values.withUnsafeMutableBufferPointer {
                if string[4] == HyperLogLog.sparse {
                    return HyperLogLog.merge(sparse: string, into: $0.baseAddress!)
                }
                HyperLogLog.merge(
                    dense: string.base + HyperLogLog.headerBytes, into: $0.baseAddress!)
                return true
            }
        }
        #expect(isSound)
        return values
    }

    @Test func hash() {
        func hash(_ text: String) -> UInt64 {
            text.withBytes { murmurHash64A($0, seed: 0xADC8_3B19) }
        }
        // Every length of the remainder; two calls agree, different texts do not.
        var seen: Set<UInt64> = []
        for length in 0...17 { seen.insert(hash(String(repeating: "x", count: length))) }
        #expect(seen.count == 18)
        // What PFADD of this element changes in Redis 7.4.1.
        let place = "a".withBytes { HyperLogLog.place(of: $0) }
        #expect(place.register == 12711)
        #expect(place.rank == 2)
    }

    @Test func bytesOfRedis() {
        let s = CommandSession()
        #expect(s.run("PFADD", "k") == ":1\r\n")
        #expect(s.run("PFADD", "k") == ":0\r\n")
        let header = Array("HYLL".utf8) + [1] + [UInt8](repeating: 0, count: 10) + [0x80]
        #expect(stored(s, "k") == header + [0x7F, 0xFF])
        #expect(s.encoding("k") == S.bulk("raw"))
        #expect(s.run("PFADD", "k", "a", "b", "c") == ":1\r\n")
        #expect(
            s.run("PFDEBUG", "DECODE", "k")
                == S.bulk("Z:8436 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603"))
        #expect(s.run("PFCOUNT", "k") == ":3\r\n")
        #expect(stored(s, "k")[8...15] == [3, 0, 0, 0, 0, 0, 0, 0])
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func agreesWithTheModel(_ seed: UInt64) {
        let s = CommandSession(seed: seed)
        var random = RandomSource(seed: seed)
        s.engine.pointee.settings.hllSparseMaxBytes = [0, 100, 3000, 20_000][Int(seed) - 1]
        var model: [[UInt8]] = Array(
            repeating: [UInt8](repeating: 0, count: HyperLogLog.registerCount), count: 3)
        for round in 0..<300 {
            let k = random.below(3)
            if random.below(6) == 0 {
                let other = random.below(3)
                #expect(s.run("PFMERGE", "k\(k)", "k\(other)") == S.ok)
                for i in model[k].indices { model[k][i] = max(model[k][i], model[other][i]) }
            } else {
                let elements = (0...random.below(40)).map { _ in "e\(random.below(5000))" }
                _ = s.run(["PFADD", "k\(k)"] + elements)
                for element in elements {
                    let (register, rank) = element.withBytes { HyperLogLog.place(of: $0) }
                    model[k][register] = max(model[k][register], rank)
                }
            }
            guard round % 10 == 0, s.run("EXISTS", "k\(k)") == ":1\r\n" else { continue }
            #expect(registers(s, "k\(k)") == model[k], "seed \(seed), round \(round)")
        }
    }

    @Test func estimates() {
        let s = CommandSession()
        for i in 0..<20_000 { _ = s.run("PFADD", i % 2 == 0 ? "a" : "b", "element \(i)") }
        func number(_ words: String...) -> Double {
            // The line's end is one character.
            Double(s.run(words).dropFirst().dropLast())!
        }
        #expect(abs(number("PFCOUNT", "a") - 10_000) < 300)
        #expect(abs(number("PFCOUNT", "a", "b", "none") - 20_000) < 600)
        #expect(s.run("PFMERGE", "c", "a", "b") == S.ok)
        #expect(number("PFCOUNT", "c") == number("PFCOUNT", "a", "b"))
        let changes = s.changes
        _ = s.run("PFCOUNT", "c")
        #expect(s.changes == changes)
        #expect(s.run("PFSELFTEST") == S.ok)
    }

    @Test func refusals() {
        let s = CommandSession()
        func set(_ bytes: [UInt8]) {
            _ = s.run(bytes: [Array("SET".utf8), Array("k".utf8), bytes])
        }
        let zeros = [UInt8](repeating: 0, count: 11)
        let header = Array("HYLL".utf8)
        for bytes in [
            [], header, Array("12345".utf8), header + [0] + zeros, header + [2] + zeros,
            header + [0] + zeros + [UInt8](repeating: 0, count: 12_289),
        ] {
            set(bytes)
            for command in ["PFADD", "PFCOUNT", "PFMERGE"] {
                #expect(s.run(command, "k") == Self.invalid)
            }
            #expect(s.run("PFDEBUG", "TODENSE", "k") == Self.invalid)
        }
        // Runs too short, too long, cut off.
        for runs: [UInt8] in [[], [0x7F], [0x7F, 0xFE], [0x7F, 0xFF, 0], [0x7F, 0xFE, 0x83]] {
            set(header + [1] + zeros.dropLast() + [0x80] + runs)
            #expect(s.run("PFCOUNT", "k") == Self.corrupt)
            #expect(s.run("PFMERGE", "d", "k") == Self.corrupt)
            #expect(s.run("PFDEBUG", "TODENSE", "k") == Self.corrupt)
            #expect(s.run("PFADD", "k", "a", "b", "c", "d").count > 0)
        }
        _ = s.run("RPUSH", "l", "a")
        #expect(s.run("PFADD", "l", "x") == S.wrongType)
        #expect(s.run("PFCOUNT", "l", "k") == S.wrongType)
        #expect(
            s.run("PFDEBUG", "GETREG", "none") == "-ERR The specified key does not exist\r\n")
        #expect(s.run("PFADD", "n", "x") == ":1\r\n")
        #expect(s.run("PFDEBUG", "x", "n") == "-ERR Unknown PFDEBUG subcommand 'x'\r\n")
        #expect(s.run("PFDEBUG", "encoding", "n") == "+sparse\r\n")
        #expect(s.run("PFDEBUG", "todense", "n") == ":1\r\n")
        #expect(s.run("PFDEBUG", "decode", "n") == "-ERR HLL encoding is not sparse\r\n")
    }

    @Test(arguments: 1...2 as ClosedRange<UInt64>)
    func anyBytesAreSurvived(_ seed: UInt64) {
        let s = CommandSession(seed: seed)
        var random = RandomSource(seed: seed)
        for _ in 0..<500 {
            var bytes = Array("HYLL".utf8) + [UInt8](repeating: 0, count: 12)
            bytes[4] = UInt8(random.below(2))
            bytes[15] = 0x80
            let length = bytes[4] == 0 ? 12_288 : random.below(300)
            bytes += (0..<length).map { _ in UInt8(random.below(256)) }
            _ = s.run(bytes: [Array("SET".utf8), Array("k".utf8), bytes])
            for _ in 0..<20 { _ = s.run("PFADD", "k", "e\(random.below(1000))") }
            _ = s.run("PFCOUNT", "k")
            _ = s.run("PFCOUNT", "k", "k")
            _ = s.run("PFMERGE", "m", "k")
            _ = s.run("PFDEBUG", "DECODE", "k")
            _ = s.run("PFDEBUG", "GETREG", "k")
            #expect(s.run("TYPE", "k") == "+string\r\n")
        }
    }
}
