// Doubles: their text as Redis 7.4.1 prints it, and what is read as one.

import Glibc
import Testing

@testable import Memory
@testable import RESP

@Suite struct DoubleTextTests {
    /// 1e-310, which the compiler would warn about as a literal.
    private let subnormal = strtod("1e-310", nil)

    private func text(_ value: Double) -> String {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: DoubleText.maxBytes) {
            let length = DoubleText.write(value, to: $0.baseAddress!)
            return Bytes(UnsafePointer($0.baseAddress!), length).string
        }
    }

    @Test func asRedisPrintsThem() {
        let known: [(Double, String)] = [
            (1e20, "1e+20"), (1e-7, "1e-7"), (3, "3"), (0.1, "0.1"), (1e21, "1e+21"),
            (1.5e300, "1.5e+300"), (.infinity, "inf"), (-.infinity, "-inf"), (.nan, "nan"),
            (0, "0"), (-0.0, "-0"), (0.001, "0.001"), (1e-5, "0.00001"), (1e-9, "1e-9"),
            (123456.789, "123456.789"), (4503599627370497, "4503599627370497"),
            (9007199254740992, "9007199254740992"), (1e17, "100000000000000000"),
            (1e22, "1e+22"), (1e23, "99999999999999990000000"), (1.2e25, "1.2e+25"),
            (123456789012345683968, "123456789012345680000"), (.leastNonzeroMagnitude, "5e-324"),
            (1.7976931348623157e308, "1.7976931348623157e+308"), (2.5e-3, "0.0025"),
            (1.234e-5, "1.234e-5"), (subnormal, "1e-310"), (4.6e18, "4600000000000000000"),
            (-4.7e18, "-4.7e+18"), (0.3, "0.3"), (-1.5, "-1.5"),
        ]
        for (value, expected) in known { #expect(text(value) == expected) }
    }

    @Test func everyTextReadsBackAsTheSameDouble() {
        let seed: UInt64 = 42
        var generator = SeededGenerator(seed)
        for _ in 0..<20_000 {
            let value = Double(bitPattern: generator.next())
            guard value.isFinite else { continue }
            let written = text(value)
            #expect(strtod(written, nil) == value, "seed \(seed): \(value) as \(written)")
            #expect(written.utf8.count <= 25)
        }
    }

    @Test func reading() {
        func read(_ text: String) -> Double? { text.withBytes { $0.double } }
        let accepted: [(String, Double)] = [
            ("1", 1), ("-1", -1), ("0", 0), ("1.5", 1.5), (".5", 0.5), ("5.", 5), ("+5", 5),
            ("0x10", 16), ("0x1p3", 8), ("inf", .infinity), ("-INF", -.infinity),
            ("infinity", .infinity), ("+inf", .infinity), ("1e-310", subnormal), ("1e5", 1e5),
            ("123456789012345", 123456789012345), ("0.1", 0.1), ("0.000000000000001", 1e-15),
            ("1234567890.12345", 1234567890.12345), ("9007199254740993", 9007199254740992),
        ]
        for (text, value) in accepted { #expect(read(text) == value, "\(text)") }
        #expect(read("-0")?.sign == .minus)
        for text in [
            "", " 1", "1 ", "nan", "-nan", "nan(1)", "1e400", "-1e400", "1e-400", "1\0", "1e", "-",
            ".", "-.", "--1", "1.2.3", "abc", "0x",
        ] {
            #expect(read(text) == nil, "\(text)")
        }
        let long = String(repeating: "1", count: 5000)
        #expect(read("0." + long) == 0.1111111111111111)
        #expect(read(long) == nil)
    }

    @Test func theShortReadingIsCorrectlyRounded() {
        let seed: UInt64 = 7
        var generator = SeededGenerator(seed)
        for _ in 0..<20_000 {
            let whole = generator.next() % 1_000_000
            let digits = Int.random(in: 0...9, using: &generator)
            let fraction = "\(generator.next() % 1_000_000_000)".prefix(digits)
            let text = "\(Bool.random(using: &generator) ? "-" : "")\(whole).\(fraction)"
            #expect(text.withBytes { $0.double } == strtod(text, nil), "seed \(seed): \(text)")
        }
    }

    /// 10^k and significand x 2^exponent differ by at most half a unit of the last bit.
    @Test func thePowersOfTenAreCorrectlyRounded() {
        let first = PowersOfTen.firstDecimalExponent
        for (i, significand) in PowersOfTen.significands.enumerated() {
            let k = first + i * PowersOfTen.decimalStep
            let exponent = PowersOfTen.exponent(k)
            #expect(significand.leadingZeroBitCount == 0)
            // Both sides times 2^-exponent or 10^-k, whatever keeps them integers.
            var exact = Natural(1)
            var unit = Natural(1)
            for _ in 0..<abs(k) {
                if k < 0 { unit.multiply(by: 10) } else { exact.multiply(by: 10) }
            }
            if exponent < 0 { exact.shift(-exponent) } else { unit.shift(exponent) }
            let approximate = unit.times(significand)
            var error = exact > approximate ? exact.minus(approximate) : approximate.minus(exact)
            error.shift(1)
            #expect(!(error > unit), "10^\(k)")
        }
    }
}

/// Just enough of an unsigned integer of any size.
private struct Natural {
    var words: [UInt32]

    init(_ value: UInt32) { words = [value] }

    mutating func multiply(by factor: UInt32) {
        var carry: UInt64 = 0
        for i in words.indices {
            carry += UInt64(words[i]) * UInt64(factor)
            words[i] = UInt32(truncatingIfNeeded: carry)
            carry >>= 32
        }
        if carry > 0 { words.append(UInt32(carry)) }
    }

    mutating func shift(_ bits: Int) {
        multiply(by: 1 << UInt32(bits % 32))
        words.insert(contentsOf: [UInt32](repeating: 0, count: bits / 32), at: 0)
    }

    func times(_ factor: UInt64) -> Natural {
        var low = self
        var high = self
        low.multiply(by: UInt32(truncatingIfNeeded: factor))
        high.multiply(by: UInt32(factor >> 32))
        high.shift(32)
        return low.plus(high)
    }

    func plus(_ other: Natural) -> Natural {
        var sum = Natural(0)
        sum.words = []
        var carry: UInt64 = 0
        for i in 0..<max(words.count, other.words.count) {
            carry += UInt64(i < words.count ? words[i] : 0)
            carry += UInt64(i < other.words.count ? other.words[i] : 0)
            sum.words.append(UInt32(truncatingIfNeeded: carry))
            carry >>= 32
        }
        if carry > 0 { sum.words.append(UInt32(carry)) }
        return sum
    }

    /// Needs self >= other.
    func minus(_ other: Natural) -> Natural {
        var difference = self
        var borrow: Int64 = 0
        for i in words.indices {
            let rest = Int64(words[i]) - Int64(i < other.words.count ? other.words[i] : 0) - borrow
            difference.words[i] = UInt32(truncatingIfNeeded: rest)
            borrow = rest < 0 ? 1 : 0
        }
        return difference
    }

    static func > (a: Natural, b: Natural) -> Bool {
        for i in (0..<max(a.words.count, b.words.count)).reversed() {
            let x = i < a.words.count ? a.words[i] : 0
            let y = i < b.words.count ? b.words[i] : 0
            if x != y { return x > y }
        }
        return false
    }
}
