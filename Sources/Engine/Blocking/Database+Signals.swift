// Where the keyspace tells clients that wait: called by the primitives of Database+Changes, and by
// commands whose value can grow into what somebody waits for without the key appearing (XADD).
//
// While nobody waits each of these is one comparison. As in Redis 7.4, a value that takes the place
// of another one under its key is no appearance: only the old one's loss is signalled.

import Memory

extension Database {
    /// Tells clients that wait for `key` that a value of `type` is there, or has grown.
    @inline(__always)
    package mutating func signal(_ key: Bytes, _ hash: UInt64, _ type: ValueType) {
        if engine.pointee.waits.pointee.clientCount != 0 { signalSlowly(key, hash, type) }
    }

    /// The same for a key whose hash is not at hand.
    package mutating func signal(_ key: Bytes, _ type: ValueType) {
        signal(key, engine.pointee.hash(key), type)
    }

    @inline(never)
    private mutating func signalSlowly(_ key: Bytes, _ hash: UInt64, _ type: ValueType) {
        engine.pointee.waits.pointee.signal(index, key, hash, type)
    }

    /// Tells clients that want to know it that the value of `entry` is about to leave its key.
    @inline(__always)
    mutating func signalLoss(of entry: Entry) {
        if engine.pointee.waits.pointee.lossKeyCount != 0 { signalLossSlowly(entry) }
    }

    @inline(never)
    private mutating func signalLossSlowly(_ entry: Entry) {
        let key = entry.key
        engine.pointee.waits.pointee.signalLoss(
            index, key, engine.pointee.hash(key), entry.type)
    }
}
