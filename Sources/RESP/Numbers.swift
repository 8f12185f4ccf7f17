// Reading doubles from arguments, as Redis 7.4 does for scores and other floats.
//
// Called by command handlers. Integers are in Memory (IntegerText), long doubles in LongDouble.

import Glibc
import Memory

extension Bytes {
    /// The double that the whole run is the text of, or nil.
    ///
    /// What strtod reads counts: decimal and hexadecimal, with exponent, "inf" and "infinity" in any
    /// letter case. Refused: leading or trailing blanks, NaN, and what over- or underflows.
    package var double: Double? {
        if let value = shortDecimal { return value }
        return withTerminated { text, length in
            if length == 0 || isspace(Int32(text[0])) != 0 { return nil }
            var end: UnsafeMutablePointer<CChar>?
            errno = 0
            let value = text.withMemoryRebound(to: CChar.self, capacity: length + 1) {
                strtod($0, &end)
            }
            guard let end, UnsafeRawPointer(end) - UnsafeRawPointer(text) == length else {
                return nil
            }
            if errno == ERANGE, value.isInfinite || value == 0 { return nil }
            return value.isNaN ? nil : value
        }
    }

    /// The double that the run up to its first zero byte is the text of, or nil: the bounds of score
    /// ranges, which Redis reads more loosely. Blanks may lead, nothing at all is 0, and what is too
    /// large is infinite.
    package var looseDouble: Double? {
        if let value = shortDecimal { return value }
        return withTerminated { text, _ in
            var end: UnsafeMutablePointer<CChar>?
            let value = text.withMemoryRebound(to: CChar.self, capacity: 1) { strtod($0, &end) }
            guard let end, end.pointee == 0 else { return nil }
            return value.isNaN ? nil : value
        }
    }

    /// Plain decimals of at most 15 digits: both the digits and the power of ten are exact doubles,
    /// so one division rounds correctly. Nil means only that the text is not of this form.
    private var shortDecimal: Double? {
        guard count > 0, count <= 17 else { return nil }
        var i = base[0] == 0x2D ? 1 : 0
        var digits = 0
        var scale = 1.0
        var value: UInt64 = 0
        var behindPoint = false
        while i < count {
            let c = base[i]
            if c == 0x2E, !behindPoint {
                behindPoint = true
            } else {
                guard c &- 48 <= 9, digits < 15 else { return nil }
                value = value &* 10 &+ UInt64(c &- 48)
                digits &+= 1
                if behindPoint { scale *= 10 }
            }
            i &+= 1
        }
        guard digits > 0 else { return nil }
        let magnitude = Double(value) / scale
        return base[0] == 0x2D ? -magnitude : magnitude
    }

    /// Lends a copy that ends with a NUL, and its length, to C's number parsers. The stack holds
    /// what a number usually takes; longer runs go to the heap.
    func withTerminated<R>(_ body: (UnsafeMutablePointer<UInt8>, Int) -> R) -> R {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: count + 1) { copy in
            let p = copy.baseAddress!
            p.update(from: base, count: count)
            p[count] = 0
            return body(p, count)
        }
    }
}
