// The listpack entry format: bytes as Redis writes them, and walks in both directions.

import Memory
import Testing

@testable import Engine

@Suite struct ListpackTests {
    /// The entry of `text`, as bytes.
    private func packed(_ text: [UInt8]) -> [UInt8] {
        text.withBytes { bytes in
            let entry = ListpackEntry(bytes)
            return [UInt8](unsafeUninitializedCapacity: entry.totalBytes) { buffer, count in
                Listpack.write(entry, to: buffer.baseAddress!)
                count = entry.totalBytes
            }
        }
    }

    private func hex(_ text: String) -> String {
        packed(Array(text.utf8)).map {
            String($0 >> 4, radix: 16) + String($0 & 15, radix: 16)
        }.joined()
    }

    /// Bytes seen in DUMP of one-element lists on Redis 7.4.
    @Test func integersHaveRedisBytes() {
        let known = [
            "0": "0001", "127": "7f01", "128": "c08002", "-1": "dfff02", "4095": "cfff02",
            "4096": "f1001003", "-4096": "d00002", "-4097": "f1ffef03", "32767": "f1ff7f03",
            "-32769": "f2ff7fff04", "8388607": "f2ffff7f04", "-8388609": "f3ffff7fff05",
            "2147483647": "f3ffffff7f05", "2147483648": "f4000000800000000009",
            "-9223372036854775808": "f4000000000000008009",
            "-0": "822d3003", "01": "82303103", "+1": "822b3103", "": "8001",
        ]
        for (text, bytes) in known { #expect(hex(text) == bytes, "\(text)") }
    }

    @Test func onlyCanonicalIntegersAreIntegers() {
        let integers = ["0", "7", "-7", "10", "9223372036854775807", "-9223372036854775808"]
        for text in integers {
            #expect(
                text.withBytes { ListpackEntry($0).item.integerIfAny } == Int64(text), "\(text)")
        }
        let strings = [
            "", "-", "+1", "-0", "00", "01", "-01", " 1", "1 ", "1a", "9223372036854775808",
            "-9223372036854775809", "18446744073709551616", "99999999999999999999",
            "-99999999999999999999", "1.0", "0x1", "/", ":",
        ]
        for text in strings {
            #expect(text.withBytes { ListpackEntry($0).item.integerIfAny } == nil, "\(text)")
        }
    }

    /// Where the backlen grows; 16383 takes three bytes already.
    @Test func backlenSizes() {
        let known = [
            (1, 1), (127, 1), (128, 2), (16_382, 2), (16_383, 3), (2_097_150, 3),
            (2_097_151, 4), (268_435_454, 4), (268_435_455, 5),
        ]
        for (length, bytes) in known { #expect(Listpack.backlenBytes(length) == bytes) }
    }

    @Test func entriesReadBackBothWays() {
        var generator = SeededGenerator(seed: 11)
        var texts: [[UInt8]] = []
        for length in [0, 1, 62, 63, 64, 65, 121, 122, 123, 4094, 4095, 4096, 4097, 16_376, 16_380]
        {
            texts.append([UInt8](repeating: 0x61, count: length))
        }
        for bits in 0..<64 {
            let power = UInt64(1) << UInt64(bits)
            for value in [power, power &- 1, power &+ 1] {
                texts.append(Array(String(Int64(bitPattern: value)).utf8))
                texts.append(Array(String(0 &- Int64(bitPattern: value)).utf8))
            }
        }
        for _ in 0..<500 { texts.append(generator.element()) }
        let run = texts.flatMap { packed($0) }
        run.withUnsafeBufferPointer { buffer in
            var p = buffer.baseAddress!
            let end = p + buffer.count
            for text in texts {
                #expect(Listpack.item(at: p).array == text)
                #expect(Listpack.item(at: p).textBytes == text.count)
                p += Listpack.entryBytes(at: p)
            }
            #expect(p == end)
            for text in texts.reversed() {
                p -= Listpack.entryBytes(before: p)
                #expect(Listpack.item(at: p).array == text)
            }
            #expect(p == buffer.baseAddress!)
        }
    }

    @Test func needlesMatchWhatIsStored() {
        for (needle, element, same) in [
            ("1", "1", true), ("1", "01", false), ("abc", "abc", true), ("abc", "abd", false),
            ("", "", true), ("0", "", false), ("-1", "-1", true),
            ("9223372036854775808", "9223372036854775808", true),
        ] {
            let run = packed(Array(element.utf8))
            run.withUnsafeBufferPointer { buffer in
                let item = Listpack.item(at: buffer.baseAddress!)
                needle.withBytes { #expect(PackedNeedle($0).matches(item) == same, "\(needle)") }
            }
        }
    }

    @Test func headerCounts() {
        var header = [UInt8](repeating: 0, count: 6)
        header.withUnsafeMutableBufferPointer {
            Listpack.writeHeader(entryBytes: 3, count: 1, to: $0.baseAddress!)
        }
        #expect(header == [10, 0, 0, 0, 1, 0])
        header.withUnsafeMutableBufferPointer {
            Listpack.writeHeader(entryBytes: 0x1_0000, count: 70_000, to: $0.baseAddress!)
        }
        #expect(header == [7, 0, 1, 0, 0xFF, 0xFF])
    }
}

/// SplitMix64: the same numbers for the same seed everywhere.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &self) }

    /// A list element: mostly short strings and integers of every width, rarely a long one.
    mutating func element() -> [UInt8] {
        switch below(20) {
        case 0..<6: return Array(String(below(10)).utf8)
        case 6..<10:
            return Array(String(Int64(bitPattern: next()) >> Int64(below(64))).utf8)
        case 10..<18: return (0..<below(30)).map { UInt8(0x61 + $0 % 3) }
        case 18: return [UInt8](repeating: 0x78, count: below(600))
        default: return [UInt8](repeating: 0x79, count: below(9) == 0 ? below(20_000) : 100)
        }
    }
}
