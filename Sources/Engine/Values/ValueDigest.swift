// The digests of DEBUG DIGEST and DIGEST-VALUE: the same as Redis 7.4 computes, so that two servers'
// contents can be compared. Learnt by experiment:
//
//   add(d, x)    d := d xor SHA1(x)          whatever the order
//   chain(d, x)  d := SHA1(d xor SHA1(x))    in order
//
// A value: chain of its type number (4 bytes, big-endian), then
//
//   string, list   chain of each element
//   set            add of each member
//   sorted set     for each element add of a digest of its own: chain of member, chain of score
//   hash           the same of field and value; add "!!hexpire!!" to it if the field has a deadline
//   stream         for each entry chain of "<ms>.<seq>", then of each field and its value
//
// and, if the key has a deadline, add of "!!expire!!". A key: chain of its name, then the value's
// chain. All: for each database that is not empty chain its number (4 bytes, big-endian), add each
// key's digest.

import Memory
import RESP

package struct ValueDigest {
    package private(set) var bytes = [UInt8](repeating: 0, count: SHA1.digestBytes)

    package init() {}

    package mutating func add(_ part: Bytes) {
        let digest = SHA1.digest(part)
        for i in bytes.indices { bytes[i] ^= digest[i] }
    }

    package mutating func chain(_ part: Bytes) {
        add(part)
        bytes = bytes.withBytes { SHA1.digest($0) }
    }

    package mutating func chain(_ number: UInt32) {
        let bigEndian = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> UInt32($0)) }
        bigEndian.withBytes { chain($0) }
    }

    /// Adds a digest of its own.
    private mutating func add(_ other: ValueDigest) { other.bytes.withBytes { add($0) } }

    private mutating func chain(_ item: PackedItem) { item.withText { chain($0) } }

    /// Adds a whole key, as DEBUG DIGEST does.
    package mutating func add(key entry: Entry, _ engine: UnsafeMutablePointer<Engine>) {
        var one = ValueDigest()
        one.chain(entry.key)
        one.chainValue(entry, engine)
        add(one)
    }

    /// - Complexity: O(bytes of the value)
    package mutating func chainValue(_ entry: Entry, _ engine: UnsafeMutablePointer<Engine>) {
        chain(UInt32(entry.type.rawValue))
        switch entry.type {
        case .string, .list, .stream: entry.forEachElement { chain($0) }
        case .set: entry.forEachElement { add($0) }
        case .sortedSet:
            SortedSet(entry, engine).forEach { member, score in
                var one = ValueDigest()
                one.chain(member)
                one.chain(score: score)
                add(one)
            }
        case .hash:
            HashValue(entry, engine).forEach { name, value, deadline in
                var one = ValueDigest()
                one.chain(name)
                one.chain(value)
                if deadline != 0 { one.add(Bytes("!!hexpire!!")) }
                add(one)
            }
        }
        if entry.hasDeadline { add(Bytes("!!expire!!")) }
    }

    private mutating func chain(score: Double) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: DoubleText.maxBytes) {
            let text = $0.baseAddress.unsafelyUnwrapped
            let count = DoubleText.writeDigits(score, to: text)
            chain(Bytes(UnsafePointer(text), count))
        }
    }

    /// Forty hexadecimal digits.
    package var text: String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
