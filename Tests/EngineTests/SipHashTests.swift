// SipHash against the published SipHash-2-4 vectors, and SipHash-1-2 at every length and alignment
// against a plain byte-by-byte reading of the paper.

import Memory
import Testing

@testable import Engine

@Suite struct SipHashTests {
    static let key0: UInt64 = 0x0706_0504_0302_0100
    static let key1: UInt64 = 0x0f0e_0d0c_0b0a_0908

    /// Outputs of the paper's reference code for the inputs 00, 00 01, ... under key 00 01 ... 0f.
    static let vectors: [Int: UInt64] = [
        0: 0x726f_db47_dd0e_0e31, 1: 0x74f8_39c5_93dc_67fd, 2: 0x0d6c_8009_d9a9_4f5a,
        3: 0x8567_6696_d7fb_7e2d, 4: 0xcf27_94e0_2771_87b7, 5: 0x1876_5564_cd99_a68d,
        6: 0xcbc9_466e_58fe_e3ce, 7: 0xab02_00f5_8b01_d137, 8: 0x93f5_f579_9a93_2462,
        15: 0xa129_ca61_49be_45e5,
    ]

    @Test func theFullRoundsGiveThePublishedVectors() {
        let input = (0..<64).map { UInt8($0) }
        for (length, expected) in Self.vectors {
            let hash = Array(input.prefix(length)).withBytes {
                SipHash.hash($0, key0: Self.key0, key1: Self.key1, compression: 2, finalization: 4)
            }
            #expect(hash == expected, "length \(length)")
        }
    }

    /// The paper's definition with shifts of single bytes.
    static func plain(_ bytes: [UInt8], _ key0: UInt64, _ key1: UInt64) -> UInt64 {
        var v = SipState(key0: key0, key1: key1)
        var padded = bytes + Array(repeating: 0, count: 7 - bytes.count % 8)
        padded.append(UInt8(truncatingIfNeeded: bytes.count))
        for start in stride(from: 0, to: padded.count, by: 8) {
            var word: UInt64 = 0
            for i in 0..<8 { word |= UInt64(padded[start + i]) << UInt64(8 * i) }
            v.v3 ^= word
            v.round()
            v.v0 ^= word
        }
        v.v2 ^= 0xff
        v.round()
        v.round()
        return v.v0 ^ v.v1 ^ v.v2 ^ v.v3
    }

    @Test func everyLengthAtEveryAlignmentIsReadAsThePaperSays() {
        var random = RandomSource(seed: 11)
        for length in 0...80 {
            for offset in 0..<8 {
                let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                let key0 = random.next(), key1 = random.next()
                let hash = (Array(repeating: 0xee, count: offset) + bytes).withBytes {
                    sipHash12($0.slice(offset, offset + length), key0: key0, key1: key1)
                }
                #expect(hash == Self.plain(bytes, key0, key1), "length \(length) at \(offset)")
            }
        }
    }

    @Test func bothHalvesOfTheKeyMatter() {
        let a = sipHash12(Bytes("key:000000000001"), key0: 1, key1: 2)
        #expect(a != sipHash12(Bytes("key:000000000001"), key0: 3, key1: 2))
        #expect(a != sipHash12(Bytes("key:000000000001"), key0: 1, key1: 3))
    }
}

@Suite struct RandomSourceTests {
    /// The generator's defining recurrence from a state of 1, 2, 3, 4 (its authors' test output).
    @Test func theSequenceIsXoshiro() {
        var random = RandomSource(seed: 0)
        random.s0 = 1
        random.s1 = 2
        random.s2 = 3
        random.s3 = 4
        let expected: [UInt64] = [
            11520, 0, 1_509_978_240, 1_215_971_899_390_074_240, 1_216_172_134_540_287_360,
        ]
        #expect((0..<5).map { _ in random.next() } == expected)
    }

    @Test func aSeedReplaysItsSequence() {
        var a = RandomSource(seed: 42), b = RandomSource(seed: 42), c = RandomSource(seed: 43)
        let first = (0..<100).map { _ in a.next() }
        #expect(first == (0..<100).map { _ in b.next() })
        #expect(first != (0..<100).map { _ in c.next() })
    }

    @Test func picksBelowALimitAreEvenAndStayBelow() {
        var random = RandomSource(seed: 7)
        var seen = Array(repeating: 0, count: 6)
        for _ in 0..<60000 { seen[random.below(6)] += 1 }
        for count in seen { #expect(abs(count - 10000) < 500) }
        #expect(random.below(UInt64(1)) == 0)
        // Two thirds of the range: a plain product would favour some numbers by a factor of two.
        let limit: UInt64 = 3 << 62
        var low = 0
        for _ in 0..<30000 {
            let pick = random.below(limit)
            #expect(pick < limit)
            if pick < 1 << 62 { low += 1 }
        }
        #expect(abs(low - 10000) < 500)
    }
}
