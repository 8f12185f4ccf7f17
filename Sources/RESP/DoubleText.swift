// Doubles as Redis 7.4 prints them: ZSCORE, WITHSCORES, RESP3 doubles.
//
// Integers up to 2^62 are printed as such. Everything else gets the digits of Grisu2 (Florian
// Loitsch, "Printing floating-point numbers quickly and accurately with integers", PLDI 2010): they
// read back as the same double, but in one case of a thousand they are not the shortest or closest
// (1e23 prints as 99999999999999990000000). Redis 7.4 shows the same digits, hence this algorithm
// and none of the better ones. The form (plain, decimal or with an exponent) follows Redis too.

import Glibc
import Memory

package enum DoubleText {
    /// The longest text: sign, 17 digits, point, exponent, or the zeros of a plain form.
    package static var maxBytes: Int { 32 }

    /// Writes `value` at `p`, which has room for `maxBytes`, and returns the bytes written.
    package static func write(_ value: Double, to p: UnsafeMutablePointer<UInt8>) -> Int {
        if value.isNaN { return put("nan", p) }
        if value.isInfinite { return value < 0 ? put("-inf", p) : put("inf", p) }
        if value == 0 { return value.sign == .minus ? put("-0", p) : put("0", p) }
        if value.magnitude <= 0x1p62 {
            let whole = Int64(value)
            if Double(whole) == value { return IntegerText.write(whole, to: p) }
        }
        return writeDigits(value, to: p)
    }

    /// The same without the special way of integers (1e+18, not 1000000000000000000): what DEBUG's
    /// digests of sorted sets are made of.
    package static func writeDigits(_ value: Double, to p: UnsafeMutablePointer<UInt8>) -> Int {
        if value.isNaN { return put("nan", p) }
        if value.isInfinite { return value < 0 ? put("-inf", p) : put("inf", p) }
        if value == 0 { return value.sign == .minus ? put("-0", p) : put("0", p) }
        var at = 0
        if value < 0 {
            p[0] = 0x2D
            at = 1
        }
        var digits = Digits()
        digits.generate(value.magnitude)
        return at + layOut(&digits, p + at)
    }

    /// Writes `value` with 17 digits as C's "%.17g" does: where Redis shows a score as a long double
    /// (ZSCAN of a big set). 0.1 is 0.10000000000000001 there.
    package static func writeLong(_ value: Double, to p: UnsafeMutablePointer<UInt8>) -> Int {
        if value.magnitude < 1e17 {
            let whole = Int64(value)
            if Double(whole) == value, whole != 0 || value.sign == .plus {
                return IntegerText.write(whole, to: p)
            }
        }
        if value.isInfinite { return put(value < 0 ? "-inf" : "inf", p) }
        let raw = UnsafeMutableRawPointer(p).assumingMemoryBound(to: CChar.self)
        return Int(withVaList([value]) { vsnprintf(raw, maxBytes, "%.17g", $0) })
    }

    private static func put(_ text: StaticString, _ p: UnsafeMutablePointer<UInt8>) -> Int {
        p.update(from: text.utf8Start, count: text.utf8CodeUnitCount)
        return text.utf8CodeUnitCount
    }

    /// Writes d1d2...dn x 10^exponent in the shortest of the three forms by Redis's rules.
    private static func layOut(_ digits: inout Digits, _ p: UnsafeMutablePointer<UInt8>) -> Int {
        let n = digits.count
        let scientific = digits.exponent + n - 1
        if digits.exponent >= 0, scientific < n + 7 {
            for i in 0..<n { p[i] = digits[i] }
            for i in n..<(n + digits.exponent) { p[i] = 0x30 }
            return n + digits.exponent
        }
        if digits.exponent < 0, digits.exponent > -7 || abs(scientific) < 4 {
            return decimal(digits, p)
        }
        var at = 1
        p[0] = digits[0]
        if n > 1 {
            p[1] = 0x2E
            for i in 1..<n { p[i + 1] = digits[i] }
            at = n + 1
        }
        p[at] = 0x65
        p[at + 1] = scientific < 0 ? 0x2D : 0x2B
        return at + 2 + IntegerText.write(Int64(abs(scientific)), to: p + at + 2)
    }

    /// A point among or before the digits, without exponent.
    private static func decimal(_ digits: Digits, _ p: UnsafeMutablePointer<UInt8>) -> Int {
        let n = digits.count
        let whole = n + digits.exponent
        if whole > 0 {
            for i in 0..<whole { p[i] = digits[i] }
            p[whole] = 0x2E
            for i in whole..<n { p[i + 1] = digits[i] }
            return n + 1
        }
        p[0] = 0x30
        p[1] = 0x2E
        for i in 0..<(-whole) { p[2 + i] = 0x30 }
        for i in 0..<n { p[2 - whole + i] = digits[i] }
        return 2 - whole + n
    }
}

/// A number as significand times a power of two; the significand is an unsigned integer.
private struct BinaryFloat {
    var significand: UInt64
    var exponent: Int

    /// The same number with the significand's top bit set.
    var normalized: BinaryFloat {
        let shift = significand.leadingZeroBitCount
        return BinaryFloat(significand: significand << UInt64(shift), exponent: exponent - shift)
    }

    /// The product with its significand rounded to 64 bits, half up.
    func times(_ other: BinaryFloat) -> BinaryFloat {
        let product = significand.multipliedFullWidth(by: other.significand)
        return BinaryFloat(
            significand: product.high &+ (product.low >> 63),
            exponent: exponent + other.exponent + 64)
    }
}

/// Decimal digits (as ASCII) and the power of ten of the last one.
private struct Digits {
    // At most 18 digits, in two words, so that nothing is allocated.
    private var low: UInt64 = 0
    private var high: UInt64 = 0
    private var top: UInt64 = 0
    private(set) var count = 0
    private(set) var exponent = 0

    subscript(_ i: Int) -> UInt8 {
        let word = i < 8 ? low : i < 16 ? high : top
        return UInt8(truncatingIfNeeded: word >> UInt64((i & 7) * 8))
    }

    private mutating func append(_ digit: UInt64) {
        let bits = (0x30 + digit) << UInt64((count & 7) * 8)
        if count < 8 { low |= bits } else if count < 16 { high |= bits } else { top |= bits }
        count += 1
    }

    private mutating func decrementLast() {
        let i = count - 1
        let one = UInt64(1) << UInt64((i & 7) * 8)
        if i < 8 { low -= one } else if i < 16 { high -= one } else { top -= one }
    }

    /// Grisu2 on a finite value above 0.
    mutating func generate(_ value: Double) {
        let (middle, lower, upper) = Self.boundaries(value)
        let (power, decimal) = Self.cachedPower(for: upper.exponent)
        let scaled = middle.times(power)
        // One unit inwards on both sides makes up for the products' rounding.
        var high = upper.times(power)
        high.significand &-= 1
        let low = lower.times(power).significand &+ 1
        exponent = -decimal
        digits(high, width: high.significand &- low, below: high.significand &- scaled.significand)
    }

    /// The value and the midpoints to its neighbours, all normalized to the upper one's exponent.
    private static func boundaries(
        _ value: Double
    ) -> (middle: BinaryFloat, lower: BinaryFloat, upper: BinaryFloat) {
        let hidden = UInt64(1) << 52
        let bits = value.bitPattern
        let biased = Int(bits >> 52)
        let fraction = bits & (hidden - 1)
        let exact = BinaryFloat(
            significand: biased == 0 ? fraction : fraction | hidden,
            exponent: (biased == 0 ? 1 : biased) - 1075)
        let upper = BinaryFloat(
            significand: exact.significand << 1 + 1, exponent: exact.exponent - 1
        ).normalized
        // Below a power of two the neighbour is half as far away.
        let shift = exact.significand == hidden ? 2 : 1
        var lower = BinaryFloat(
            significand: exact.significand << UInt64(shift) - 1, exponent: exact.exponent - shift)
        lower.significand <<= UInt64(lower.exponent - upper.exponent)
        lower.exponent = upper.exponent
        return (exact.normalized, lower, upper)
    }

    /// The smallest power of ten of the table that brings a normalized number of this exponent to
    /// one of at least -60 (and below -32, since the table is dense enough).
    private static func cachedPower(for exponent: Int) -> (power: BinaryFloat, decimal: Int) {
        let least = -60 - 64 - exponent
        let first = PowersOfTen.firstDecimalExponent
        let step = PowersOfTen.decimalStep
        // An estimate from below; at most a few steps are missing.
        var i = max(0, (((least + 63) * 1233) >> 12 - first) / step - 1)
        while PowersOfTen.exponent(first + i * step) < least { i += 1 }
        let decimal = first + i * step
        return (
            BinaryFloat(
                significand: PowersOfTen.significands[i],
                exponent: PowersOfTen.exponent(decimal)), decimal
        )
    }

    /// Generates digits from the upper end down until what is left lies within `width`; `below` is
    /// how far the wanted value lies below the upper end.
    private mutating func digits(_ high: BinaryFloat, width: UInt64, below: UInt64) {
        let shift = UInt64(-high.exponent)
        let one = UInt64(1) << shift
        var whole = high.significand >> shift
        var fraction = high.significand & (one - 1)
        var width = width
        var divisor: UInt64 = 1_000_000_000
        var position = 10
        while position > 0 {
            let digit = whole / divisor
            if digit != 0 || count != 0 { append(digit) }
            whole -= digit * divisor
            position -= 1
            let rest = whole << shift + fraction
            if rest <= width {
                exponent += position
                round(width: width, rest: rest, unit: divisor << shift, below: below)
                return
            }
            divisor /= 10
        }
        var scale: UInt64 = 1
        while true {
            fraction &*= 10
            width &*= 10
            scale &*= 10
            position -= 1
            let digit = fraction >> shift
            if digit != 0 || count != 0 { append(digit) }
            fraction &= one - 1
            if fraction < width {
                exponent += position
                round(width: width, rest: fraction, unit: one, below: below &* scale)
                return
            }
        }
    }

    /// Moves the last digit down while that comes closer to the wanted value and stays in range.
    private mutating func round(width: UInt64, rest: UInt64, unit: UInt64, below: UInt64) {
        var rest = rest
        while rest < below, width &- rest >= unit,
            rest &+ unit < below || below &- rest > rest &+ unit &- below
        {
            decrementLast()
            rest &+= unit
        }
    }
}
