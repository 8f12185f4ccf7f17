// The dense form of a HyperLogLog: 16,384 registers of six bits, four of them in three bytes.
//
// `registers` always points behind the header of a whole dense string, so the byte before it may be
// read: a group of four registers is then the upper three bytes of one 32-bit word, also the last.

import Memory

extension HyperLogLog {
    /// The word that holds a register in its upper 24 bits, and the register's place there.
    @inline(__always)
    private static func word(
        _ registers: UnsafeMutablePointer<UInt8>, _ index: Int
    ) -> (at: UnsafeMutableRawPointer, shift: UInt32) {
        assert(index >= 0 && index < registerCount)
        return (
            UnsafeMutableRawPointer(registers + (index &>> 2 &* 3 &- 1)),
            8 &+ 6 &* UInt32(truncatingIfNeeded: index & 3)
        )
    }

    static func register(_ registers: UnsafePointer<UInt8>, _ index: Int) -> UInt8 {
        let (at, shift) = word(UnsafeMutablePointer(mutating: registers), index)
        return UInt8(truncatingIfNeeded: at.loadUnaligned(as: UInt32.self).littleEndian >> shift)
            & 63
    }

    /// Lifts a register to `value` if it is lower; whether it was.
    @inline(__always)
    static func raise(
        _ registers: UnsafeMutablePointer<UInt8>, _ index: Int, to value: UInt8
    ) -> Bool {
        let (at, shift) = word(registers, index)
        let bits = at.loadUnaligned(as: UInt32.self).littleEndian
        guard UInt8(truncatingIfNeeded: bits >> shift) & 63 < value else { return false }
        let changed = bits & ~(63 << shift) | UInt32(value) << shift
        at.storeBytes(of: changed.littleEndian, as: UInt32.self)
        return true
    }

    /// Adds the dense registers' values to a histogram.
    static func count(dense registers: UnsafePointer<UInt8>, _ histogram: inout Histogram) {
        forEachFour(registers) { _, a, b, c, d in
            histogram[Int(a)] &+= 1
            histogram[Int(b)] &+= 1
            histogram[Int(c)] &+= 1
            histogram[Int(d)] &+= 1
        }
    }

    /// Raises each of 16,384 values of a byte to the dense register of its number.
    static func merge(
        dense registers: UnsafePointer<UInt8>, into values: UnsafeMutablePointer<UInt8>
    ) {
        let out = UnsafeMutableRawPointer(values)
        var i = 0
        while i < registerCount {
            // Four registers spread over the bytes of one word.
            let at = UnsafeRawPointer(registers + (i &>> 2 &* 3 &- 1))
            let bits = at.loadUnaligned(as: UInt32.self).littleEndian >> 8
            let spread =
                bits & 0x3F | bits << 2 & 0x3F00 | bits << 4 & 0x3F_0000 | bits << 6 & 0x3F00_0000
            let old = out.loadUnaligned(fromByteOffset: i, as: SIMD4<UInt8>.self)
            let new = unsafeBitCast(spread.littleEndian, to: SIMD4<UInt8>.self)
            out.storeBytes(
                of: pointwiseMax(old, new), toByteOffset: i, as: SIMD4<UInt8>.self)
            i &+= 4
        }
    }

    /// Writes 16,384 values of a byte, each below 64, as dense registers.
    static func pack(
        _ values: UnsafePointer<UInt8>, into registers: UnsafeMutablePointer<UInt8>
    ) {
        var i = 0
        while i < registerCount {
            let bits =
                UInt32(values[i]) | UInt32(values[i + 1]) << 6 | UInt32(values[i + 2]) << 12
                | UInt32(values[i + 3]) << 18
            let out = registers + i / 4 * 3
            out[0] = UInt8(truncatingIfNeeded: bits)
            out[1] = UInt8(truncatingIfNeeded: bits >> 8)
            out[2] = UInt8(truncatingIfNeeded: bits >> 16)
            i += 4
        }
    }

    @inline(__always)
    private static func forEachFour(
        _ registers: UnsafePointer<UInt8>,
        _ body: (_ first: Int, UInt32, UInt32, UInt32, UInt32) -> Void
    ) {
        var i = 0
        while i < registerCount {
            let at = UnsafeRawPointer(registers + (i &>> 2 &* 3 &- 1))
            let bits = at.loadUnaligned(as: UInt32.self).littleEndian
            body(i, bits >> 8 & 63, bits >> 14 & 63, bits >> 20 & 63, bits >> 26)
            i &+= 4
        }
    }
}
