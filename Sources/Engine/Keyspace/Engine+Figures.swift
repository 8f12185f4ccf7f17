// Figures about the keyspace that INFO shows and nobody else needs. Cold.

import Memory

extension Engine {
    /// Bytes of the expiry indexes of all databases.
    package var expiryBytes: Int {
        var sum = 0
        for i in 0..<databaseCount { sum += databases[i].wheel.memoryBytes }
        return sum
    }

    /// Bytes of hash tables in pages of their own, which the allocator knows nothing of.
    package var mappedTableBytes: Int {
        var sum = 0
        for i in 0..<databaseCount { sum += databases[i].table.mappedBytes }
        return sum
    }

    /// Whether a pass of compaction is under way, and how many have ended.
    package var compactionPasses: (isRunning: Bool, finished: Int) {
        (compaction.phase != .idle, compaction.passes)
    }
}

extension Database {
    /// Volatile keys that an estimate of the mean time to live looks at.
    private static var ttlSamples: Int { 32 }

    /// The mean time to live of keys with a deadline, milliseconds, from a sample of them; 0 where
    /// there are none. Of at most `ttlSamples` keys, so that it costs the same in any keyspace.
    package mutating func estimateAverageTTL() -> Int {
        var sum = 0.0
        var sampled = 0
        for _ in 0..<min(Self.ttlSamples, volatileCount) {
            guard let position = sampleVolatile() else { break }
            sum += Double(max(0, position.element.deadline - engine.pointee.now))
            sampled += 1
        }
        return sampled == 0 ? 0 : Int(min(sum / Double(sampled), 0x1p62))
    }
}

extension Table {
    /// Bytes in pages of their own: all chunks, but for a first one that is still small.
    var mappedBytes: Int {
        let chunks = bucketBytes - childCount * Bucket.bytes
        return chunks - chunks % Pages.pieceBytes
    }
}
