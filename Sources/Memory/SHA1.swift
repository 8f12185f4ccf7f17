// SHA-1 (FIPS 180-4), for digests that have to be those of other servers: DEBUG DIGEST. Not for
// secrets. Cold code.

package struct SHA1 {
    private var state: InlineArray<5, UInt32> = [
        0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0,
    ]
    private var block = [UInt8]()
    private var byteCount: UInt64 = 0

    package static var digestBytes: Int { 20 }

    package init() { block.reserveCapacity(64) }

    /// The digest of `bytes`.
    package static func digest(_ bytes: Bytes) -> [UInt8] {
        var hash = SHA1()
        hash.update(bytes)
        return hash.finish()
    }

    package mutating func update(_ bytes: Bytes) {
        byteCount &+= UInt64(bytes.count)
        for i in 0..<bytes.count { add(bytes[i]) }
    }

    /// The digest; the hash is used up.
    package mutating func finish() -> [UInt8] {
        let bits = byteCount &* 8
        add(0x80)
        while block.count != 56 { add(0) }
        for shift in stride(from: 56, through: 0, by: -8) {
            add(UInt8(truncatingIfNeeded: bits >> UInt64(shift)))
        }
        var digest: [UInt8] = []
        for i in 0..<5 {
            for shift: UInt32 in [24, 16, 8, 0] {
                digest.append(UInt8(truncatingIfNeeded: state[i] >> shift))
            }
        }
        return digest
    }

    private mutating func add(_ byte: UInt8) {
        block.append(byte)
        guard block.count == 64 else { return }
        compress()
        block.removeAll(keepingCapacity: true)
    }

    private mutating func compress() {
        var words = InlineArray<80, UInt32>(repeating: 0)
        for i in 0..<16 {
            for j in 0..<4 { words[i] = words[i] << 8 | UInt32(block[i * 4 + j]) }
        }
        for i in 16..<80 {
            words[i] = Self.rotated(
                words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1)
        }
        var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
        for i in 0..<80 {
            let (mixed, constant): (UInt32, UInt32) =
                switch i {
                case ..<20: ((b & c) | (~b & d), 0x5A82_7999)
                case ..<40: (b ^ c ^ d, 0x6ED9_EBA1)
                case ..<60: ((b & c) | (b & d) | (c & d), 0x8F1B_BCDC)
                default: (b ^ c ^ d, 0xCA62_C1D6)
                }
            let next = Self.rotated(a, 5) &+ mixed &+ e &+ constant &+ words[i]
            (e, d, c, b, a) = (d, c, Self.rotated(b, 30), a, next)
        }
        state[0] &+= a
        state[1] &+= b
        state[2] &+= c
        state[3] &+= d
        state[4] &+= e
    }

    private static func rotated(_ word: UInt32, _ bits: UInt32) -> UInt32 {
        word << bits | word >> (32 - bits)
    }
}
