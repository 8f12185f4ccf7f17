// SipHash: the keyed hash of every table and of the expiry index.
//
// A client that can choose keys must not be able to choose buckets, so the hash is keyed with 128
// bits drawn at start. Clients never see a hash value, so one compression and two finalization
// rounds are enough, as in Redis. The number of rounds is a parameter of the one implementation, so
// that the tests can check it against the published SipHash-2-4 vectors.
//
// Tuned for keys of 8 to 32 bytes: whole words are loaded unaligned, the rest by overlapping loads
// instead of a loop over bytes. Nothing is allocated and nothing outside the run is read.

import Memory

/// The 64-bit SipHash-1-2 of `bytes` under the 128-bit key (`key0`, `key1`).
@inline(__always)
package func sipHash12(_ bytes: Bytes, key0: UInt64, key1: UInt64) -> UInt64 {
    SipHash.hash(bytes, key0: key0, key1: key1, compression: 1, finalization: 2)
}

/// The implementation, for any number of rounds.
@frozen
package enum SipHash {
    /// SipHash-c-d. Called with constant rounds only, which the optimizer unrolls.
    @inlinable @inline(__always)
    package static func hash(
        _ bytes: Bytes, key0: UInt64, key1: UInt64, compression: Int, finalization: Int
    ) -> UInt64 {
        var state = SipState(key0: key0, key1: key1)
        var at = UnsafeRawPointer(bytes.base)
        // Safety: `wordsEnd` is the last multiple of eight within the run; no load goes past it.
        let wordsEnd = at + (bytes.count & ~7)
        while at < wordsEnd {
            let word = UInt64(littleEndian: at.loadUnaligned(as: UInt64.self))
            state.v3 ^= word
            for _ in 0..<compression { state.round() }
            state.v0 ^= word
            at += 8
        }
        let last = tail(at, bytes.count) | UInt64(truncatingIfNeeded: bytes.count) << 56
        state.v3 ^= last
        for _ in 0..<compression { state.round() }
        state.v0 ^= last
        state.v2 ^= 0xff
        for _ in 0..<finalization { state.round() }
        return state.v0 ^ state.v1 ^ state.v2 ^ state.v3
    }

    /// The `count` % 8 bytes at `at`, the first in the lowest byte; the whole run ends right after.
    @inlinable @inline(__always)
    package static func tail(_ at: UnsafeRawPointer, _ count: Int) -> UInt64 {
        let rest = count & 7
        if rest == 0 { return 0 }
        // Safety: each load stays between the run's start and at + rest: with a full word before
        // the tail, the run's last eight bytes are readable, else the loads are placed by `rest`.
        if count >= 8 {
            let word = UInt64(littleEndian: (at + rest - 8).loadUnaligned(as: UInt64.self))
            return word &>> UInt64(64 &- 8 &* rest)
        }
        if rest >= 4 {
            let low = UInt32(littleEndian: at.loadUnaligned(as: UInt32.self))
            let high = UInt32(littleEndian: (at + rest - 4).loadUnaligned(as: UInt32.self))
            // The two overlap for fewer than eight bytes; there they hold the same bits.
            return UInt64(low) | UInt64(high) &<< UInt64(8 &* (rest &- 4))
        }
        let first = UInt64(at.load(as: UInt8.self))
        let middle = UInt64(at.load(fromByteOffset: rest &>> 1, as: UInt8.self))
        let last = UInt64(at.load(fromByteOffset: rest &- 1, as: UInt8.self))
        return first | middle &<< UInt64(8 &* (rest &>> 1)) | last &<< UInt64(8 &* (rest &- 1))
    }
}

/// The four words that SipHash mixes.
@frozen
package struct SipState {
    @usableFromInline package var v0: UInt64
    @usableFromInline package var v1: UInt64
    @usableFromInline package var v2: UInt64
    @usableFromInline package var v3: UInt64

    /// The constants spell "somepseudorandomlygeneratedbytes", as the paper fixes them.
    @inlinable @inline(__always)
    package init(key0: UInt64, key1: UInt64) {
        v0 = key0 ^ 0x736f_6d65_7073_6575
        v1 = key1 ^ 0x646f_7261_6e64_6f6d
        v2 = key0 ^ 0x6c79_6765_6e65_7261
        v3 = key1 ^ 0x7465_6462_7974_6573
    }

    @inlinable @inline(__always)
    package mutating func round() {
        v0 &+= v1
        v1 = (v1 &<< 13 | v1 &>> 51) ^ v0
        v0 = v0 &<< 32 | v0 &>> 32
        v2 &+= v3
        v3 = (v3 &<< 16 | v3 &>> 48) ^ v2
        v0 &+= v3
        v3 = (v3 &<< 21 | v3 &>> 43) ^ v0
        v2 &+= v1
        v1 = (v1 &<< 17 | v1 &>> 47) ^ v2
        v2 = v2 &<< 32 | v2 &>> 32
    }
}
