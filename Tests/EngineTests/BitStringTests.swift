// Bits of strings against a naive array of booleans, and the vector kernels at every alignment.

import CMachine
import Memory
import Testing

@testable import Engine

@Suite struct BitStringTests {
    /// The bits of a run, the most significant one of each byte first.
    private static func bits(_ bytes: [UInt8]) -> [Bool] {
        bytes.flatMap { byte in (0..<8).map { byte >> UInt8(7 - $0) & 1 == 1 } }
    }

    private static func run(_ random: inout RandomSource, _ count: Int) -> [UInt8] {
        switch random.below(3) {
        case 0: return (0..<count).map { _ in UInt8(random.below(256)) }
        case 1: return [UInt8](repeating: 0, count: count)
        default: return [UInt8](repeating: 0xFF, count: count)
        }
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func rangesAgreeWithTheModel(_ seed: UInt64) {
        var random = RandomSource(seed: seed)
        for _ in 0..<2000 {
            var bytes = Self.run(&random, 1 + random.below(300))
            bytes[random.below(bytes.count)] = UInt8(random.below(256))
            let bits = Self.bits(bytes)
            let first = random.below(bits.count)
            let last = first + random.below(bits.count - first)
            let wanted = random.below(2) == 1
            let count = bits[first...last].count { $0 }
            let position = bits[first...last].firstIndex(of: wanted)
            bytes.withBytes {
                #expect(BitString.count($0, from: first, through: last) == count, "seed \(seed)")
                #expect(
                    BitString.firstBit(wanted, $0, from: first, through: last) == position,
                    "seed \(seed)")
            }
        }
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func fieldsAgreeWithTheModel(_ seed: UInt64) {
        var random = RandomSource(seed: seed)
        var bytes = [UInt8](repeating: 0, count: 40)
        var bits = Self.bits(bytes)
        for _ in 0..<5000 {
            let width = 1 + random.below(64)
            let offset = random.below(bits.count - width + 1)
            let value = random.next()
            bytes.withUnsafeMutableBufferPointer {
                BitString.write(value, to: $0.baseAddress!, at: offset, width: width)
            }
            for i in 0..<width { bits[offset + i] = value >> UInt64(width - 1 - i) & 1 == 1 }
            #expect(Self.bits(bytes) == bits, "seed \(seed)")
            // Reading may begin anywhere and reach beyond the end.
            let from = random.below(bits.count + 100)
            var expected: UInt64 = 0
            for i in from..<(from + width) {
                expected = expected << 1 | (i < bits.count && bits[i] ? 1 : 0)
            }
            let read = bytes.withBytes { BitString.read($0, at: from, width: width) }
            #expect(read == expected, "seed \(seed)")
        }
    }

    @Test func kernelsAtEveryAlignment() {
        var random = RandomSource(seed: 7)
        let source = (0..<5000).map { _ in UInt8(random.below(256)) }
        for count in [0, 1, 7, 8, 9, 31, 63, 64, 65, 255, 256, 257, 511, 512, 1000, 4096] {
            for start in [0, 1, 3, 8, 15] {
                let slice = Array(source[start..<(start + count)])
                let expected = slice.reduce(0) { $0 + $1.nonzeroBitCount }
                let counted = source.withUnsafeBufferPointer {
                    machine_popcount($0.baseAddress! + start, count)
                }
                #expect(Int(counted) == expected)
                var and = [UInt8](repeating: 0x5A, count: count + 1)
                var or = and
                var xor = and
                var not = slice + [0x5A]
                source.withUnsafeBufferPointer {
                    machine_and(&and, $0.baseAddress! + start, count)
                    machine_or(&or, $0.baseAddress! + start, count)
                    machine_xor(&xor, $0.baseAddress! + start, count)
                }
                machine_not(&not, count)
                #expect(and == slice.map { $0 & 0x5A } + [0x5A])
                #expect(or == slice.map { $0 | 0x5A } + [0x5A])
                #expect(xor == slice.map { $0 ^ 0x5A } + [0x5A])
                #expect(not == slice.map { ~$0 } + [0x5A])
            }
        }
        for length in 0..<300 {
            let run = [UInt8](repeating: 0xFF, count: length) + [0xFE] + [0xFF]
            #expect(machine_run_of(run, 0xFF, run.count) == length)
            #expect(machine_run_of(run, 0xFF, length) == length)
        }
    }
}
