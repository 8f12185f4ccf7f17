// HyperLogLog in a string: the format's outline, the hash of elements, the estimate.
//
// Called by the PF* commands. The bytes are those of Redis, so that such a string may be read, set
// and moved like any other:
//
//     | "HYLL" | encoding 1 | unused 3 | cardinality 8, little endian | registers |
//
//     encoding 0, dense: 16,384 registers of six bits, from the lowest bit of the first byte on
//     encoding 1, sparse: runs of equal registers (HyperLogLog+Sparse.swift)
//
// The cardinality is the latest estimate; its top bit says that registers have changed since. A
// string that somebody set by hand may hold anything: what is read here is checked, and what no
// check rules out (registers above the highest rank) is only counted.
//
// The estimate is that of Otmar Ertl, "New cardinality estimation algorithms for HyperLogLog
// sketches" (arXiv:1702.01284), on the histogram of the registers.

import Memory

enum HyperLogLog {
    static var headerBytes: Int { 16 }
    static var indexBits: Int { 14 }
    static var registerCount: Int { 1 << indexBits }
    /// Bits of the hash that a rank is found in; the highest rank is one more.
    static var rankBits: Int { 64 - indexBits }
    static var denseBytes: Int { headerBytes + registerCount * 6 / 8 }
    static var dense: UInt8 { 0 }
    static var sparse: UInt8 { 1 }

    /// The registers of a set that was never added to, sparse.
    static var emptyBytes: Int { headerBytes + 2 }

    /// Writes the empty set's `emptyBytes` bytes at `p`.
    static func writeEmpty(to p: UnsafeMutablePointer<UInt8>) {
        writeHeader(to: p, sparse)
        // One run of 16,384 zeros.
        p[headerBytes] = 0x7F
        p[headerBytes + 1] = 0xFF
    }

    static func writeHeader(to p: UnsafeMutablePointer<UInt8>, _ encoding: UInt8) {
        p.update(repeating: 0, count: headerBytes)
        p.update(from: ("HYLL" as StaticString).utf8Start, count: 4)
        p[4] = encoding
    }

    /// Whether a string looks like one; the runs of a sparse one are checked by who reads them.
    static func isValid(_ bytes: Bytes) -> Bool {
        guard bytes.count >= headerBytes, bytes.slice(0, 4).equals(Bytes("HYLL")) else {
            return false
        }
        return bytes[4] == sparse || bytes[4] == dense && bytes.count == denseBytes
    }

    // MARK: The cached estimate

    /// The estimate in the header; nil if registers have changed since.
    static func cachedEstimate(_ header: UnsafePointer<UInt8>) -> Int64? {
        let value = UnsafeRawPointer(header + 8).loadUnaligned(as: UInt64.self)
        let estimate = Int64(bitPattern: UInt64(littleEndian: value))
        return estimate < 0 ? nil : estimate
    }

    static func cache(_ estimate: Int64, in header: UnsafeMutablePointer<UInt8>) {
        UnsafeMutableRawPointer(header + 8).storeBytes(
            of: UInt64(bitPattern: estimate).littleEndian, as: UInt64.self)
    }

    static func forgetEstimate(_ header: UnsafeMutablePointer<UInt8>) { header[15] |= 0x80 }

    // MARK: Elements

    /// The register that an element belongs to, and its rank: how far the first bit set stands from
    /// the start of what the hash has left.
    @inline(__always)
    static func place(of element: Bytes) -> (register: Int, rank: UInt8) {
        let hash = murmurHash64A(element, seed: 0xADC8_3B19)
        let rest = hash >> UInt64(indexBits) | 1 << UInt64(rankBits)
        return (
            Int(truncatingIfNeeded: hash) & (registerCount - 1),
            UInt8(truncatingIfNeeded: rest.trailingZeroBitCount + 1)
        )
    }

    // MARK: Estimating

    /// How many of the registers have each value; 64 values, registers of six bits have no more.
    typealias Histogram = InlineArray<64, Int32>

    /// How many different elements were added, judged by the registers' values.
    static func estimate(_ histogram: borrowing Histogram) -> Int64 {
        let m = Double(registerCount)
        var z = m * tau((m - Double(histogram[rankBits + 1])) / m)
        for rank in stride(from: rankBits, through: 1, by: -1) {
            z += Double(histogram[rank])
            z *= 0.5
        }
        z += m * sigma(Double(histogram[0]) / m)
        // 0.5 / ln 2
        let alpha = 0.721347520444481703680
        let estimate = (alpha * m * m / z).rounded(.toNearestOrAwayFromZero)
        // Only registers that no element leaves behind lead beyond (Redis 7.4 shows this number).
        return Int64(exactly: estimate) ?? .min
    }

    private static func sigma(_ start: Double) -> Double {
        if start == 1 { return .infinity }
        var x = start
        var y = 1.0
        var z = start
        while true {
            x *= x
            let before = z
            z += x * y
            y += y
            if before == z { return z }
        }
    }

    private static func tau(_ start: Double) -> Double {
        if start == 0 || start == 1 { return 0 }
        var x = start
        var y = 1.0
        var z = 1 - start
        while true {
            x = x.squareRoot()
            let before = z
            y *= 0.5
            z -= (1 - x) * (1 - x) * y
            if before == z { return z / 3 }
        }
    }
}

/// MurmurHash64A (Austin Appleby, in the public domain), reading eight little-endian bytes at a time.
@inline(__always)
func murmurHash64A(_ bytes: Bytes, seed: UInt64) -> UInt64 {
    let m: UInt64 = 0xC6A4_A793_5BD1_E995
    var h = seed ^ (UInt64(bytes.count) &* m)
    var p = UnsafeRawPointer(bytes.base)
    var left = bytes.count
    while left >= 8 {
        var k = UInt64(littleEndian: p.loadUnaligned(as: UInt64.self)) &* m
        k ^= k >> 47
        h = (h ^ (k &* m)) &* m
        p += 8
        left &-= 8
    }
    if left > 0 {
        var rest: UInt64 = 0
        while left > 0 {
            left &-= 1
            rest = rest << 8 | UInt64(p.load(fromByteOffset: left, as: UInt8.self))
        }
        h = (h ^ rest) &* m
    }
    h ^= h >> 47
    h = h &* m
    return h ^ h >> 47
}
