// Length lines: `*3\r\n` and `$16\r\n`.
//
// Two readers: `short` for the usual one to three digits, without a call or a loop, and `read` for
// everything else. They agree on what they both accept. As in Redis, a line ends at a CR and
// whatever byte follows it, and a NUL hides the rest of the buffer.

import Glibc
import Memory

enum LengthLine {
    /// How many bytes `short` may look at, and the least a whole argument takes ("$0\r\n\r\n").
    static var probeBytes: Int { 6 }

    /// The number behind the prefix at `p` and how many bytes the line takes, or 0 bytes if the line
    /// is not one of one to three digits without a leading zero.
    ///
    /// Safety: callers make sure that `probeBytes` are readable at `p`.
    @inline(__always)
    static func short(_ p: UnsafePointer<UInt8>) -> (value: Int, bytes: Int) {
        let a = p[1] &- 48
        if p[2] == 13 { return a <= 9 ? (Int(a), 4) : (0, 0) }
        let b = p[2] &- 48
        guard a &- 1 <= 8, b <= 9 else { return (0, 0) }
        if p[3] == 13 { return (Int(a) &* 10 &+ Int(b), 5) }
        let c = p[3] &- 48
        guard c <= 9, p[4] == 13 else { return (0, 0) }
        return (Int(a) &* 100 &+ Int(b) &* 10 &+ Int(c), 6)
    }

    enum Reading {
        /// The number, and how many bytes the line takes.
        case value(Int, bytes: Int)
        case incomplete
        case failed(ProtocolFailure)
    }

    /// Reads the count line of a request: `available` bytes at `p`, the first a '*'.
    @inline(never)
    static func argumentCount(
        _ p: UnsafePointer<UInt8>, _ available: Int, _ limits: ParserLimits
    ) -> Reading {
        guard let length = lineLength(p, available) else {
            return available > ParserLimits.lineBytes
                ? .failed(.tooBigMultibulkCount) : .incomplete
        }
        guard length + 2 <= available else { return .incomplete }
        guard let value = Bytes(p + 1, length - 1).integer, value <= Int64(Int32.max) else {
            return .failed(.invalidMultibulkLength)
        }
        if value > Int64(limits.arguments) { return .failed(.unauthenticatedMultibulkLength) }
        return .value(max(0, Int(value)), bytes: length + 2)
    }

    /// Reads the length line of an argument: `available` bytes at `p`, possibly none.
    @inline(never)
    static func bulkLength(
        _ p: UnsafePointer<UInt8>, _ available: Int, _ limits: ParserLimits
    ) -> Reading {
        guard let length = lineLength(p, available) else {
            return available > ParserLimits.lineBytes ? .failed(.tooBigBulkCount) : .incomplete
        }
        guard length + 2 <= available else { return .incomplete }
        guard p[0] == 0x24 else { return .failed(.expectedDollar(got: p[0])) }
        guard let value = Bytes(p + 1, length - 1).integer, value >= 0,
            value <= Int64(limits.bulkBytes)
        else { return .failed(.invalidBulkLength) }
        if value > Int64(limits.unauthenticatedBulkBytes) {
            return .failed(.unauthenticatedBulkLength)
        }
        return .value(Int(value), bytes: length + 2)
    }

    /// How many bytes stand before the first CR, or nil if there is none or a NUL before it.
    private static func lineLength(_ p: UnsafePointer<UInt8>, _ available: Int) -> Int? {
        guard available > 0, let found = memchr(p, 13, available) else { return nil }
        let length = UnsafeRawPointer(found) - UnsafeRawPointer(p)
        return length > 0 && memchr(p, 0, length) != nil ? nil : length
    }
}
