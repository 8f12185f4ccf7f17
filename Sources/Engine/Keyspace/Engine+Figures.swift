// Figures about the keyspace that INFO shows and nobody else needs. Cold.

import Memory

extension Engine {
    /// Bytes of the expiry indexes of all databases.
    package var expiryBytes: Int {
        var sum = 0
        for i in 0..<databaseCount {
            sum += databases[i].wheel.memoryBytes + databases[i].fieldWheel.memoryBytes
        }
        return sum
    }

    /// Whether a pass of compaction is under way, and how many have ended.
    package var compactionPasses: (isRunning: Bool, finished: Int) {
        (compaction.phase != .idle, compaction.passes)
    }
}

extension Database {
    /// Bytes of the database's own table and expiry index.
    package var tableBytes: Int { table.bucketBytes }
    package var expiryBytes: Int { wheel.memoryBytes }
    package var isUsed: Bool { table.count > 0 || hasHeldKeys }

    /// Keys of a database up to which all are looked at for their mean time to live, and how many
    /// volatile ones are in a larger one.
    private static var keysAtOnce: Int { 256 }
    private static var ttlSamples: Int { 64 }

    /// The mean time to live of keys with a deadline, milliseconds; 0 where there are none. From a
    /// sample in all but small databases, so that it costs the same in any keyspace.
    package mutating func estimateAverageTTL() -> Int {
        guard volatileCount > 0 else { return 0 }
        let now = engine.pointee.now
        var sum = 0.0
        var count = 0
        if table.count <= Self.keysAtOnce {
            table.forEach { entry in
                guard entry.hasDeadline else { return }
                sum += Double(max(0, entry.deadline - now))
                count += 1
            }
        } else {
            while count < Self.ttlSamples, let position = sampleVolatile() {
                sum += Double(max(0, position.element.deadline - now))
                count += 1
            }
        }
        return count == 0 ? 0 : Int(min(sum / Double(count), 0x1p62))
    }
}
