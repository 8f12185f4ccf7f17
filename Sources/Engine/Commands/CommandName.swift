// A command's name as the table compares it: letter case folded, in two words.
//
// Sixteen bytes cover nearly every name, so that a lookup compares two words and a length; what is
// longer is compared byte by byte. Folding is exact (only A-Z change), so equal words of equal length
// are equal names.

import Memory

@frozen
package struct CommandName: Equatable {
    /// The first eight bytes, or all of a shorter name with zeros behind.
    package let first: UInt64
    /// The last eight bytes of a name longer than that, else 0.
    package let last: UInt64
    package let count: Int

    @inlinable @inline(__always)
    package init(_ name: Bytes) {
        let p = UnsafeRawPointer(name.base)
        let n = name.count
        count = n
        // Safety: each load lies within the n bytes; where two loads overlap they agree.
        if n > 8 {
            first = Self.fold(p.loadUnaligned(as: UInt64.self))
            last = Self.fold(p.loadUnaligned(fromByteOffset: n &- 8, as: UInt64.self))
            return
        }
        last = 0
        if n >= 4 {
            let low = UInt64(p.loadUnaligned(as: UInt32.self))
            let high = UInt64(p.loadUnaligned(fromByteOffset: n &- 4, as: UInt32.self))
            first = Self.fold(low | high &<< UInt64(truncatingIfNeeded: (n &- 4) &* 8))
        } else if n > 0 {
            let middle = n &>> 1
            let low = UInt64(name.base[0])
            let mid = UInt64(name.base[middle]) &<< UInt64(truncatingIfNeeded: middle &* 8)
            let high = UInt64(name.base[n &- 1]) &<< UInt64(truncatingIfNeeded: (n &- 1) &* 8)
            first = Self.fold(low | mid | high)
        } else {
            first = 0
        }
    }

    /// The word with A-Z turned to a-z in each of its bytes.
    @inlinable @inline(__always)
    static func fold(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let low7 = word & (ones &* 0x7f)
        // The top bit of a byte of `fromA` is set from 'A' on, of `beyondZ` from '[' on.
        let fromA = low7 &+ ones &* (0x80 - 0x41)
        let beyondZ = low7 &+ ones &* (0x80 - 0x5b)
        let upper = (fromA ^ beyondZ) & ~word & (ones &* 0x80)
        return word | upper &>> 2
    }

    /// Mixed with `scope`, for choosing a slot from the high bits.
    @inlinable @inline(__always)
    func hash(scope: UInt16) -> UInt64 {
        let salt = UInt64(truncatingIfNeeded: count) &+ UInt64(scope) &<< 8
        return (first ^ (last &<< 29 | last &>> 35) ^ salt &* 0x9e37_79b9_7f4a_7c15)
            &* 0xd6e8_feb8_6659_fd93
    }
}
