// The ID of a stream entry: milliseconds and a sequence number, as clients write it and as entries
// are ordered.
//
// Reading is Redis 7.4's to the letter, also where that follows from the C library: "<ms>",
// "<ms>-<seq>", "-" and "+", numbers with leading zeros, spaces or signs as `strtoull` takes them.

import CMachine
import Memory
import RESP

/// Ordered by milliseconds, then by sequence number.
@frozen
package struct StreamID: Equatable, BitwiseCopyable {
    package var milliseconds: UInt64
    package var sequence: UInt64

    @inline(__always)
    package init(_ milliseconds: UInt64, _ sequence: UInt64) {
        self.milliseconds = milliseconds
        self.sequence = sequence
    }

    @inline(__always) package static var zero: Self { Self(0, 0) }
    @inline(__always) package static var max: Self { Self(.max, .max) }

    @inline(__always) package var isZero: Bool { milliseconds | sequence == 0 }

    @inline(__always)
    package static func == (a: Self, b: Self) -> Bool {
        a.milliseconds == b.milliseconds && a.sequence == b.sequence
    }

    @inline(__always)
    package static func < (a: Self, b: Self) -> Bool {
        a.milliseconds == b.milliseconds
            ? a.sequence < b.sequence : a.milliseconds < b.milliseconds
    }

    @inline(__always) package static func > (a: Self, b: Self) -> Bool { b < a }
    @inline(__always) package static func <= (a: Self, b: Self) -> Bool { !(b < a) }
    @inline(__always) package static func >= (a: Self, b: Self) -> Bool { !(a < b) }

    /// The ID right behind this one, or nil behind the last.
    package var next: Self? {
        if sequence < .max { return Self(milliseconds, sequence + 1) }
        return milliseconds < .max ? Self(milliseconds + 1, 0) : nil
    }

    /// The ID right before this one, or nil before the first.
    package var previous: Self? {
        if sequence > 0 { return Self(milliseconds, sequence - 1) }
        return milliseconds > 0 ? Self(milliseconds - 1, .max) : nil
    }

    /// The ID that a block's entry has: stored as difference to the block's own, modulo 2^64.
    @inline(__always)
    func adding(milliseconds: Int64, sequence: Int64) -> Self {
        Self(
            self.milliseconds &+ UInt64(bitPattern: milliseconds),
            self.sequence &+ UInt64(bitPattern: sequence))
    }

    /// The ID that XADD with `*` gives to an entry behind this one.
    package func following(now: Int64) -> Self {
        let now = UInt64(clamping: now)
        if now > milliseconds { return Self(now, 0) }
        return next ?? .zero
    }

    // MARK: Text

    /// The longest text: two numbers of 20 digits and the dash.
    package static var maxTextBytes: Int { 41 }

    /// Writes the text at `p`, which has room for `maxTextBytes`, and returns its length.
    @inline(__always)
    package func write(to p: UnsafeMutablePointer<UInt8>) -> Int {
        let length = IntegerText.write(unsigned: milliseconds, to: p)
        p[length] = 0x2D
        return length + 1 + IntegerText.write(unsigned: sequence, to: p + length + 1)
    }

    /// The text with another separator, for cold paths.
    package func text(separator: String = "-") -> String {
        "\(milliseconds)\(separator)\(sequence)"
    }

    /// What Redis refuses as an ID because of its length alone.
    private static var longestArgument: Int { 127 }

    /// Reads an ID. Without a sequence number `missing` stands for it; "-" and "+" are the first
    /// and the last ID unless `strict`.
    package init?(_ text: Bytes, missing: UInt64, strict: Bool) {
        guard let parts = Parts(text) else { return nil }
        switch parts {
        case .minus, .plus:
            if strict { return nil }
            if case .minus = parts { self = .zero } else { self = .max }
        case .numbers(let head, let tail):
            guard let milliseconds = Self.unsigned(head) else { return nil }
            guard let tail else {
                self.init(milliseconds, missing)
                return
            }
            guard let sequence = Self.unsigned(tail) else { return nil }
            self.init(milliseconds, sequence)
        }
    }

    /// Reads the ID of a new entry, whose sequence number may be "*": then it comes back as 0 and
    /// `isComplete` as false.
    static func forNewEntry(_ text: Bytes) -> (id: StreamID, isComplete: Bool)? {
        guard case .numbers(let head, let tail)? = Parts(text) else { return nil }
        guard let milliseconds = unsigned(head) else { return nil }
        guard let tail else { return (StreamID(milliseconds, 0), true) }
        if tail.count == 1 && tail[0] == UInt8(ascii: "*") {
            return (StreamID(milliseconds, 0), false)
        }
        guard let sequence = unsigned(tail) else { return nil }
        return (StreamID(milliseconds, sequence), true)
    }

    private enum Parts {
        case minus, plus
        case numbers(Bytes, Bytes?)

        init?(_ argument: Bytes) {
            guard argument.count <= longestArgument else { return nil }
            // Redis reads a C string: what follows a zero byte does not count.
            let text = argument.upToZero
            if text.count == 1 && text[0] == UInt8(ascii: "-") {
                self = .minus
                return
            }
            if text.count == 1 && text[0] == UInt8(ascii: "+") {
                self = .plus
                return
            }
            var i = 0
            while i < text.count, text[i] != UInt8(ascii: "-") { i += 1 }
            let tail = i < text.count ? text.slice(i + 1, text.count) : nil
            self = .numbers(text.slice(0, i), tail)
        }
    }

    /// An unsigned number: the canonical text, or what `strtoull` makes of another one.
    private static func unsigned(_ text: Bytes) -> UInt64? {
        guard text.count > 0 else { return nil }
        if text.count < 20, text[0] &- 48 < 10 {
            var value: UInt64 = 0
            var i = 0
            while i < text.count {
                let digit = text[i] &- 48
                guard digit < 10 else { return nil }
                value = value &* 10 &+ UInt64(digit)
                i += 1
            }
            return value
        }
        return longUnsigned(text)
    }

    @inline(never)
    private static func longUnsigned(_ text: Bytes) -> UInt64? {
        if let integer = text.integer, integer < 0 { return nil }
        var i = 0
        while i < text.count, text[i] == 0x20 || (9...13).contains(text[i]) { i += 1 }
        let isNegative = i < text.count && text[i] == UInt8(ascii: "-")
        if isNegative || (i < text.count && text[i] == UInt8(ascii: "+")) { i += 1 }
        guard i < text.count else { return nil }
        var value: UInt64 = 0
        while i < text.count {
            let digit = text[i] &- 48
            guard digit < 10 else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
            if overflow || carry { return nil }
            value = sum
            i += 1
        }
        return isNegative ? 0 &- value : value
    }
}

extension ReplyBuffer {
    /// Bytes that an ID takes as a bulk string, at most, stores beyond its end included.
    static var streamIDRoom: Int { 64 }

    /// Appends an ID as a bulk string.
    package mutating func streamID(_ id: StreamID) {
        let p = room(Self.streamIDRoom)
        count &+= Self.writeStreamID(id, to: p)
    }

    /// Writes an ID as a bulk string; returns its bytes on the wire.
    @inline(__always)
    static func writeStreamID(_ id: StreamID, to p: UnsafeMutablePointer<UInt8>) -> Int {
        // Behind a header for a length of two digits, which nearly every ID has.
        let length = id.write(to: p + 5)
        p[0] = 0x24
        if length >= 10 {
            p[1] = 48 &+ UInt8(truncatingIfNeeded: length / 10)
            p[2] = 48 &+ UInt8(truncatingIfNeeded: length % 10)
            p[3] = 0x0D
            p[4] = 0x0A
            p[5 + length] = 0x0D
            p[6 + length] = 0x0A
            return length &+ 7
        }
        p[1] = 48 &+ UInt8(truncatingIfNeeded: length)
        p[2] = 0x0D
        p[3] = 0x0A
        (p + 4).update(from: p + 5, count: length)
        p[4 + length] = 0x0D
        p[5 + length] = 0x0A
        return length &+ 6
    }

    /// Writes the header of an array; returns its bytes.
    @inline(__always)
    static func writeArrayHeader(_ count: Int, to p: UnsafeMutablePointer<UInt8>) -> Int {
        p[0] = 0x2A
        let digits = IntegerText.write(unsigned: UInt64(count), to: p + 1)
        p[1 + digits] = 0x0D
        p[2 + digits] = 0x0A
        return digits &+ 3
    }
}
