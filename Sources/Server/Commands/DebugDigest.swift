// DEBUG DIGEST and DIGEST-VALUE; ValueDigest knows how the digests are computed.

import Engine
import Memory

extension Server {
    /// DEBUG DIGEST. All zeros of an empty keyspace.
    func debugDigest(_ c: inout CommandContext) {
        var whole = ValueDigest()
        for i in 0..<engine.pointee.databaseCount where engine.pointee.databases[i].count > 0 {
            whole.chain(UInt32(i))
            engine.pointee.databases[i].forEach { whole.add(key: $0, engine) }
        }
        whole.text.withBytes { c.reply.pointee.simple($0) }
    }

    /// DEBUG DIGEST-VALUE. All zeros of a key that is not there.
    func debugDigestValue(_ c: inout CommandContext) {
        c.reply.pointee.array(c.count - 2)
        for i in 2..<c.count {
            var digest = ValueDigest()
            if let entry = c.database.pointee.peek(c[i], engine.pointee.hash(c[i])) {
                digest.chainValue(entry, engine)
            }
            digest.text.withBytes { c.reply.pointee.simple($0) }
        }
    }
}
