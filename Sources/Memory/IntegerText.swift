// Integers as text: the strict reading that commands and the protocol use, and the fast writing that
// replies and integer values use.
//
// Called by the request parser, the reply writer, the keyspace (integer encoding) and every command
// that takes a number. The rules of reading are those of Redis 7.4: a value has exactly one text.

@frozen
@usableFromInline
package enum IntegerText {
    /// The longest text there is: "-9223372036854775808".
    @inlinable package static var maxBytes: Int { 20 }

    /// "00" to "99", two digits each: one load writes two digits. A literal stands in the binary's
    /// constants, so reaching it takes no lazy initialisation, unlike a global array.
    @inlinable
    static var pairs: UnsafePointer<UInt8> {
        let text: StaticString = """
            0001020304050607080910111213141516171819\
            2021222324252627282930313233343536373839\
            4041424344454647484950515253545556575859\
            6061626364656667686970717273747576777879\
            8081828384858687888990919293949596979899
            """
        return text.utf8Start
    }

    /// How many decimal digits `value` has; 1 for 0.
    @inlinable
    package static func digitCount(_ value: UInt64) -> Int {
        var value = value
        var digits = 1
        while true {
            if value < 10 { return digits }
            if value < 100 { return digits &+ 1 }
            if value < 1000 { return digits &+ 2 }
            if value < 10000 { return digits &+ 3 }
            value /= 10000
            digits &+= 4
        }
    }

    /// How many bytes `write` will write.
    @inlinable
    package static func byteCount(_ value: Int64) -> Int {
        digitCount(value.magnitude) &+ (value < 0 ? 1 : 0)
    }

    /// Writes `value` at `p`, which has room for `maxBytes`, and returns how many bytes that took.
    @inlinable
    package static func write(_ value: Int64, to p: UnsafeMutablePointer<UInt8>) -> Int {
        if value >= 0 { return write(unsigned: UInt64(bitPattern: value), to: p) }
        p[0] = 0x2D
        return 1 &+ write(unsigned: value.magnitude, to: p + 1)
    }

    /// As `write`, for a value without sign; room for 20 bytes.
    @inlinable
    package static func write(
        unsigned value: UInt64, to p: UnsafeMutablePointer<UInt8>
    ) -> Int {
        if value < 10 {
            p[0] = 48 &+ UInt8(truncatingIfNeeded: value)
            return 1
        }
        let digits = digitCount(value)
        var rest = value
        var at = digits
        let table = pairs
        while rest >= 100 {
            let pair = Int(truncatingIfNeeded: rest % 100) &* 2
            rest /= 100
            at &-= 2
            p[at] = table[pair]
            p[at &+ 1] = table[pair &+ 1]
        }
        if rest >= 10 {
            p[0] = table[Int(truncatingIfNeeded: rest) &* 2]
            p[1] = table[Int(truncatingIfNeeded: rest) &* 2 &+ 1]
        } else {
            p[0] = 48 &+ UInt8(truncatingIfNeeded: rest)
        }
        return digits
    }
}

extension Bytes {
    /// The integer that these bytes are the one canonical text of, or nil.
    ///
    /// As Redis reads integers: the whole run, no spaces, no '+', no leading zeros, no "-0", and
    /// within Int64. What passes here prints back as the very same bytes.
    @inlinable
    package var integer: Int64? {
        guard count > 0, count <= IntegerText.maxBytes else { return nil }
        var i = 0
        let negative = base[0] == 0x2D
        if negative {
            guard count > 1 else { return nil }
            i = 1
        }
        let first = base[i] &- 48
        if first == 0 { return count == 1 ? 0 : nil }
        // 20 digits without a leading zero exceed Int64, and 19 cannot overflow UInt64.
        guard first <= 9, count &- i <= 19 else { return nil }
        var value = UInt64(first)
        i &+= 1
        while i < count {
            let digit = base[i] &- 48
            guard digit <= 9 else { return nil }
            value = value &* 10 &+ UInt64(digit)
            i &+= 1
        }
        if negative {
            guard value <= 1 << 63 else { return nil }
            return Int64(bitPattern: 0 &- value)
        }
        return value < 1 << 63 ? Int64(bitPattern: value) : nil
    }
}
