// DEBUG DIGEST and DIGEST-VALUE: the same digests as Redis 7.4 computes, so that two servers'
// contents can be compared. Learnt by experiment:
//
//   add(d, x)    d := d xor SHA1(x)          whatever the order
//   chain(d, x)  d := SHA1(d xor SHA1(x))    in order
//
// A value: chain of its type number (4 bytes, big-endian) and its elements in order (of a set: add
// of each), then, if the key has a deadline, add of "!!expire!!". A key: chain of its name, then the value's chain. All:
// for each database that is not empty chain its number (4 bytes, big-endian), add each key's digest.

import Engine
import Memory

struct KeyspaceDigest {
    private(set) var bytes = [UInt8](repeating: 0, count: SHA1.digestBytes)

    mutating func add(_ part: Bytes) {
        let digest = SHA1.digest(part)
        for i in bytes.indices { bytes[i] ^= digest[i] }
    }

    mutating func chain(_ part: Bytes) {
        add(part)
        bytes = bytes.withBytes { SHA1.digest($0) }
    }

    mutating func chain(_ number: UInt32) {
        let bigEndian = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> UInt32($0)) }
        bigEndian.withBytes { chain($0) }
    }

    mutating func chainValue(_ entry: Entry) {
        chain(UInt32(entry.type.rawValue))
        if entry.type == .set {
            entry.forEachElement { add($0) }
        } else {
            entry.forEachElement { chain($0) }
        }
        if entry.hasDeadline { add(Bytes("!!expire!!")) }
    }

    /// Forty hexadecimal digits.
    var text: String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

extension Server {
    /// DEBUG DIGEST. All zeros of an empty keyspace.
    func debugDigest(_ c: inout CommandContext) {
        var whole = KeyspaceDigest()
        for i in 0..<engine.pointee.databaseCount where engine.pointee.databases[i].count > 0 {
            whole.chain(UInt32(i))
            engine.pointee.databases[i].forEach { entry in
                var one = KeyspaceDigest()
                one.chain(entry.key)
                one.chainValue(entry)
                one.bytes.withBytes { whole.add($0) }
            }
        }
        whole.text.withBytes { c.reply.pointee.simple($0) }
    }

    /// DEBUG DIGEST-VALUE. All zeros of a key that is not there.
    func debugDigestValue(_ c: inout CommandContext) {
        c.reply.pointee.array(c.count - 2)
        for i in 2..<c.count {
            var digest = KeyspaceDigest()
            if let entry = c.database.pointee.peek(c[i], engine.pointee.hash(c[i])) {
                digest.chainValue(entry)
            }
            digest.text.withBytes { c.reply.pointee.simple($0) }
        }
    }
}
