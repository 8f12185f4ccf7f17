// Seeded random input: whatever comes, the parser neither traps nor reads outside, and how the bytes
// are cut changes nothing.

import Testing

@testable import Memory
@testable import RESP

@Suite struct ParserFuzzTests {
    static let rounds: UInt64 = 3000

    /// Bytes that matter to the parser, so that random input gets far.
    static let alphabet: [UInt8] = Array("*$\r\n0123456789-+ abc\"'\\x\0\t".utf8) + [0x80, 0xFF]

    /// Valid requests, now and then damaged.
    static func material(_ generator: inout SeededGenerator) -> [UInt8] {
        var input: [UInt8] = []
        for _ in 0..<Int.random(in: 1...6, using: &generator) {
            switch Int.random(in: 0..<8, using: &generator) {
            case 0:
                let count = Int.random(in: 0..<30, using: &generator)
                input += (0..<count).map { _ in alphabet.randomElement(using: &generator)! }
            case 1: input += bytes("SET a 'b c' \"\\x00\\n\" d\r\n")
            case 2: input += bytes("PING\r\n\r\n*0\r\n")
            case 3:
                let count = Int.random(in: 30..<80, using: &generator)
                input += encode((0..<count).map { bytes("v\($0)") })
            default:
                let count = Int.random(in: 1...4, using: &generator)
                input += encode(
                    (0..<count).map { _ in
                        let length = Int.random(in: 0...20, using: &generator)
                        return (0..<length).map { _ in alphabet.randomElement(using: &generator)! }
                    })
            }
        }
        if !input.isEmpty, Int.random(in: 0..<3, using: &generator) == 0 {
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let at = Int.random(in: 0..<input.count, using: &generator)
                input[at] = alphabet.randomElement(using: &generator)!
            }
        }
        return input
    }

    @Test func howInputIsCutChangesNothing() {
        for seed in 0..<Self.rounds {
            var generator = SeededGenerator(seed)
            let input = Self.material(&generator)
            let whole = parse([input])
            var chunks: [[UInt8]] = []
            var at = 0
            let longest = Int.random(in: 1...40, using: &generator)
            while at < input.count {
                let end = min(input.count, at + Int.random(in: 1...longest, using: &generator))
                chunks.append(Array(input[at..<end]))
                at = end
            }
            #expect(parse(chunks) == whole, "seed \(seed)")
        }
    }

    @Test func missingBytesAreTrulyMissing() {
        // With fewer than `missing` more bytes the request cannot be complete.
        for seed in 0..<500 {
            var generator = SeededGenerator(UInt64(seed) + 1_000_000)
            let count = Int.random(in: 1...50, using: &generator)
            let input = encode(
                (0..<count).map { _ in
                    [UInt8](repeating: 120, count: Int.random(in: 0...300, using: &generator))
                })
            let split = Int.random(in: 1..<input.count, using: &generator)
            var session = FakeSession()
            session.feed(Array(input[..<split]))
            let missing = session.parser.missing
            #expect(missing >= 1 && missing <= input.count - split, "seed \(seed)")
            session.feed(Array(input[split..<(split + missing - 1)]))
            #expect(session.requests.isEmpty, "seed \(seed)")
            session.feed(Array(input[(split + missing - 1)...]))
            #expect(session.requests.count == 1, "seed \(seed)")
        }
    }
}
