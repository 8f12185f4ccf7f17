// Strings as runs of bits: counting, searching, and integers of any width at any offset.
//
// Called by the bitmap commands. Bit 0 is the most significant one of the first byte (as SETBIT
// counts), so an integer that fills whole bytes is a big-endian one. Ranges are checked by the
// callers; no function here reads or writes outside the run it is given.

import CMachine
import Memory

enum BitString {
    /// Bits set from bit `first` through bit `last` of `bytes`.
    static func count(_ bytes: Bytes, from first: Int, through last: Int) -> Int {
        assert(first >= 0 && first <= last && last < bytes.count * 8)
        let firstByte = first >> 3
        let lastByte = last >> 3
        let whole = bytes.slice(firstByte, lastByte + 1)
        var sum = Int(machine_popcount(whole.base, whole.count))
        sum -= (whole[0] & headMask(first)).nonzeroBitCount
        sum -= (whole[whole.count - 1] & tailMask(last)).nonzeroBitCount
        return sum
    }

    /// The first bit that is `wanted` from bit `first` through bit `last`, or nil.
    static func firstBit(_ wanted: Bool, _ bytes: Bytes, from first: Int, through last: Int) -> Int?
    {
        assert(first >= 0 && first <= last && last < bytes.count * 8)
        let flip: UInt8 = wanted ? 0 : 0xFF
        let firstByte = first >> 3
        let lastByte = last >> 3
        var at = firstByte
        var bits = (bytes[firstByte] ^ flip) & ~headMask(first)
        if bits == 0, firstByte < lastByte {
            at += 1
            at += machine_run_of(bytes.base + at, flip, lastByte + 1 - at)
            if at > lastByte { return nil }
            bits = bytes[at] ^ flip
        }
        if at == lastByte { bits &= ~tailMask(last) }
        return bits == 0 ? nil : at * 8 + bits.leadingZeroBitCount
    }

    /// The bits before bit `first` in its byte.
    private static func headMask(_ first: Int) -> UInt8 { ~(UInt8.max >> UInt8(first & 7)) }

    /// The bits behind bit `last` in its byte.
    private static func tailMask(_ last: Int) -> UInt8 { ~(UInt8.max << UInt8(7 - last & 7)) }

    /// The unsigned integer of `width` bits (1...64) from bit `offset` on; what lies behind the end
    /// counts as zeros.
    static func read(_ bytes: Bytes, at offset: Int, width: Int) -> UInt64 {
        assert(offset >= 0 && width >= 1 && width <= 64)
        let byte = offset >> 3
        let shift = UInt64(offset & 7)
        var word: UInt64 = 0
        if bytes.count - byte >= 8 {
            word = UnsafeRawPointer(bytes.base + byte).loadUnaligned(as: UInt64.self).bigEndian
        } else if byte < bytes.count {
            for i in byte..<bytes.count { word |= UInt64(bytes[i]) << UInt64(56 - 8 * (i - byte)) }
        }
        word <<= shift
        if shift > 0, byte + 8 < bytes.count { word |= UInt64(bytes[byte + 8]) >> (8 - shift) }
        return word >> UInt64(64 - width)
    }

    /// Writes the lowest `width` bits (1...64) of `value` from bit `offset` on; all of these bits lie
    /// within the run.
    static func write(
        _ value: UInt64, to bytes: UnsafeMutablePointer<UInt8>, at offset: Int, width: Int
    ) {
        assert(offset >= 0 && width >= 1 && width <= 64)
        var rest = value
        var end = offset + width
        // From the last byte, which takes the lowest bits, to the first.
        while end > offset {
            let used = (end - 1) & 7 + 1
            let taken = min(end - offset, used)
            let shift = UInt8(8 - used)
            let mask = (UInt8.max >> UInt8(8 - taken)) << shift
            let byte = (end - 1) >> 3
            let bits = UInt8(truncatingIfNeeded: rest) << shift
            bytes[byte] = bytes[byte] & ~mask | bits & mask
            rest >>= UInt64(taken)
            end -= taken
        }
    }
}
