// Integers as text: the edges, and everything in between at random.

import Testing

@testable import Memory

@Suite struct IntegerTextTests {
    private func read(_ text: String) -> Int64? { text.withBytes { $0.integer } }

    private func written(_ value: Int64) -> String {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: IntegerText.maxBytes) {
            let length = IntegerText.write(value, to: $0.baseAddress!)
            #expect(length == IntegerText.byteCount(value))
            return Bytes(UnsafePointer($0.baseAddress!), length).string
        }
    }

    @Test func whatIsRead() {
        for value in [0, 1, -1, 9, 10, Int64.max, Int64.min, Int64.max - 1, Int64.min + 1] {
            #expect(read("\(value)") == value)
        }
        for text in [
            "", "-", "+1", "-0", "00", "01", "-01", " 1", "1 ", "1.0", "1a", "0x1", "a", "\0",
            "1\0",
            "9223372036854775808", "-9223372036854775809", "18446744073709551616",
            "99999999999999999999", "-99999999999999999999", "100000000000000000000",
        ] {
            #expect(read(text) == nil, "\(text)")
        }
    }

    @Test func whatIsWrittenReadsBack() {
        for value in -12000...Int64(12000) { #expect(written(value) == "\(value)") }
        var power: Int64 = 1
        for _ in 0..<18 {
            power *= 10
            for value in [power - 1, power, power + 1, -power, 1 - power] {
                #expect(written(value) == "\(value)" && read("\(value)") == value)
            }
        }
        #expect(written(.max) == "\(Int64.max)" && written(.min) == "\(Int64.min)")
        var state: UInt64 = 2024
        for _ in 0..<20_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let value = Int64(bitPattern: state) >> Int64(state % 63)
            #expect(written(value) == "\(value)" && read("\(value)") == value)
        }
    }
}
