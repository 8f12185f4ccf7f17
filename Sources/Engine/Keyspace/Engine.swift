// The keyspace as a whole: databases, the heap of small cells, the clock, statistics.
//
// Owned by the server's one thread and reached through a stable pointer. It knows no socket and no
// file; the clock and the seeds come from outside, so that a seed replays a run (law 8).

import Memory

/// What the engine needs of the configuration; the server writes it, at any time between commands.
package struct EngineSettings {
    /// Redis's list-max-listpack-size: a count, or -1...-5 for 4 to 64 KiB.
    package var listMaxListpackSize = -2
    /// set-max-intset-entries, set-max-listpack-entries, set-max-listpack-value: up to where a set
    /// is an intset, or a listpack.
    package var setMaxIntsetEntries = 512
    package var setMaxListpackEntries = 128
    package var setMaxListpackValue = 64
    /// zset-max-listpack-entries and zset-max-listpack-value: up to where a sorted set is a listpack.
    package var zsetMaxListpackEntries = 128
    package var zsetMaxListpackValue = 64
    /// Bytes of the longest sparse HyperLogLog.
    package var hllSparseMaxBytes = 3000
    /// stream-node-max-bytes and stream-node-max-entries.
    package var streamLimits = StreamNodeLimits()
    /// hash-max-listpack-entries and hash-max-listpack-value.
    package var hashLimits = HashLimits()
    package var eviction = EvictionParameters()
    /// `proto-max-bulk-len`: the longest string that APPEND and SETRANGE make, and the most memory
    /// that LCS takes.
    package var protoMaxBulkLength = 512 << 20
    /// Bytes; 0 is no limit.
    package var maxMemory = 0
    /// DEBUG SET-ACTIVE-EXPIRE.
    package var activeExpiry = true
    /// Whether compaction runs by itself.
    package var compaction = true
    /// `rdbcompression`: whether DUMP compresses.
    package var compressesDumps = true
    /// Whether RESTORE looks at checksums (DEBUG SET-SKIP-CHECKSUM-VALIDATION).
    package var checksDumps = true
    /// `sanitize-dump-payload` is not `no`: packed blocks that RESTORE checks are counted.
    package var countsSanitizations = false

    package init() {}
}

/// Counters that INFO shows. All since start or CONFIG RESETSTAT.
package struct EngineStatistics {
    package var keyspaceHits = 0
    package var keyspaceMisses = 0
    package var expiredKeys = 0
    /// Fields of hashes removed because their time had passed.
    package var expiredFields = 0
    package var evictedKeys = 0
    /// Keys removed lazily because an access found them past their time.
    package var lazilyExpiredKeys = 0
    /// Milliseconds between a key's deadline and its removal by the expiry cycle: the latest, the
    /// worst.
    package var expiryLag: Int64 = 0
    package var expiryLagWorst: Int64 = 0
    /// Entries moved by compaction, and entries it looked at and left.
    package var compactionMoves = 0
    package var compactionMisses = 0
    /// Packed blocks checked deeply by RESTORE, where the configuration asks for it.
    package var dumpSanitizations = 0

    package init() {}
}

@usableFromInline
package struct Engine: ~Copyable {
    package let databases: UnsafeMutablePointer<Database>
    package let databaseCount: Int
    let heap: UnsafeMutablePointer<SlabHeap>
    let key0: UInt64
    let key1: UInt64

    /// Unix time in milliseconds; the server sets it once per turn, so it stands still in a command.
    package var now: Int64
    /// What a key's eviction clock is set to on access under LRU: unix seconds, 24 bits.
    package var lruClock: UInt32
    /// Whether the eviction clock counts accesses (LFU) instead of seconds.
    private(set) var usesLFU = false
    package var settings: EngineSettings
    package var statistics: EngineStatistics
    package var random: RandomSource
    /// Changes to the keyspace since start.
    package var changes: Int
    /// What the server has to see to before the next command.
    package var attention: Attention = []
    /// Clients that wait for keys.
    let waits: UnsafeMutablePointer<Waits>
    /// Whether commands may wait for keys; the server sets it, and clears it where none may.
    package var mayBlock = false
    /// What the handler that just ran asked for with `block`.
    var blockRequest: BlockRequest?
    /// While set, keys past their time are invisible but stay (CLIENT PAUSE, as in Redis).
    package var expiryPaused: Bool
    /// Set by whoever reads or writes a long value: the next batch then looks ahead for those too.
    var usesLongValues = false
    /// Gives new entries differing wheel generations; see ExpiryCycle.
    var generation: UInt8
    /// Who must hear of changes; empty nearly always.
    var observers: Observers = []
    var watched = WatchedKeys()
    var lazyFree: LazyFree
    var expiry: ExpiryCycle
    var compaction: Compaction
    var evictionPool = EvictionPool()
    /// The database that gave the last random victim.
    var evictionCursor = 0
    /// `changes` when nothing could be evicted: the cycle rests until something is written.
    var evictionStuckAt = -1

    package init(databaseCount: Int, seed: UInt64, key0: UInt64, key1: UInt64, now: Int64) {
        heap = .allocate(capacity: 1)
        heap.initialize(to: SlabHeap())
        self.databaseCount = databaseCount
        self.key0 = key0
        self.key1 = key1
        self.now = now
        lruClock = 0
        settings = EngineSettings()
        statistics = EngineStatistics()
        random = RandomSource(seed: seed)
        changes = 0
        expiryPaused = false
        generation = 0
        lazyFree = LazyFree()
        expiry = ExpiryCycle()
        compaction = Compaction()
        databases = .allocate(capacity: databaseCount)
        waits = .allocate(capacity: 1)
    }

    /// An engine at a stable address, its databases empty.
    package static func make(
        databaseCount: Int, seed: UInt64, key0: UInt64, key1: UInt64, now: Int64
    ) -> UnsafeMutablePointer<Engine> {
        let engine = UnsafeMutablePointer<Engine>.allocate(capacity: 1)
        engine.initialize(
            to: Engine(
                databaseCount: databaseCount, seed: seed, key0: key0, key1: key1, now: now))
        for i in 0..<databaseCount {
            (engine.pointee.databases + i).initialize(to: Database(index: i, engine: engine))
        }
        engine.pointee.waits.initialize(to: Waits(engine: engine))
        engine.pointee.setClock(now)
        return engine
    }

    /// What the loop asks at the end of each turn, in one call and by pointer (a method would have
    /// the whole struct copied).
    package struct PendingWork {
        /// Unix milliseconds at which the expiry cycle has to run; .max for never.
        package var expiry = Int64.max
        package var lazyFree = false
        package var eviction = false
    }

    package static func pendingWork(_ engine: UnsafeMutablePointer<Engine>) -> PendingWork {
        var work = PendingWork()
        if engine.pointee.settings.activeExpiry, !engine.pointee.expiryPaused {
            let databases = engine.pointee.databases
            for i in 0..<engine.pointee.databaseCount {
                if databases[i].wheel.chunkBytes > 0 {
                    let live = databases[i].volatileCount
                    work.expiry = min(
                        work.expiry, ExpiryWheel.nextWork(&databases[i].wheel, live, engine))
                }
                if databases[i].fieldWheel.chunkBytes > 0 {
                    let live = databases[i].expiringHashCount
                    work.expiry = min(
                        work.expiry, ExpiryWheel.nextWork(&databases[i].fieldWheel, live, engine))
                }
            }
        }
        work.lazyFree = engine.pointee.lazyFree.isBusy
        work.eviction =
            engine.pointee.settings.maxMemory != 0
            && Allocator.usedBytes > engine.pointee.settings.maxMemory
            && engine.pointee.settings.eviction.policy != .noeviction
            && engine.pointee.evictionStuckAt != engine.pointee.changes
        return work
    }

    /// Frees an engine made by `make` with all that it holds.
    package static func destroy(_ engine: UnsafeMutablePointer<Engine>) {
        engine.pointee.waits.pointee.releaseAll()
        for i in 0..<engine.pointee.databaseCount {
            engine.pointee.flush(i)
        }
        while engine.pointee.lazyFree.hasWork {
            _ = engine.pointee.lazyFree.freeOne(engine.pointee.heap)
        }
        for i in 0..<engine.pointee.databaseCount {
            (engine.pointee.databases + i).deinitialize(count: 1)
        }
        engine.pointee.databases.deallocate()
        // Flushing looks at who waits.
        engine.pointee.waits.deinitialize(count: 1)
        engine.pointee.waits.deallocate()
        let heap = engine.pointee.heap
        engine.deinitialize(count: 1)
        engine.deallocate()
        heap.deinitialize(count: 1)
        heap.deallocate()
    }

    /// Sets the time of this turn.
    package mutating func setClock(_ now: Int64) {
        self.now = now
        lruClock = UInt32(truncatingIfNeeded: now / 1000) & 0xFF_FFFF
    }

    /// The keyed hash of a key.
    @inline(__always)
    package func hash(_ key: Bytes) -> UInt64 { sipHash12(key, key0: key0, key1: key1) }

    @inline(__always)
    mutating func nextGeneration() -> UInt8 {
        generation &+= 1
        return generation & 7
    }

    /// The eviction clock of an entry that is made now.
    @inline(__always)
    var initialClock: UInt32 {
        usesLFU ? EvictionClock.initialLFU(now: now) : lruClock
    }

    /// Bytes of the hash tables of all databases.
    package var tableBytes: Int {
        var sum = 0
        for i in 0..<databaseCount { sum += databases[i].table.bucketBytes }
        return sum
    }

    /// Bytes mapped for slabs, and bytes of them in live cells.
    package var slabBytes: (mapped: Int, live: Int) {
        (heap.pointee.mappedBytes, heap.pointee.liveBytes)
    }

    /// Sets `maxmemory-policy` by its name, and what goes with it.
    package mutating func setEviction(
        policy name: Bytes, samples: Int, lfuLogFactor: Int, lfuDecayMinutes: Int
    ) {
        let policy = EvictionPolicy(name: name) ?? .noeviction
        // The candidates gathered so far: their scores mean nothing under another policy.
        if policy != settings.eviction.policy { evictionPool.clear() }
        settings.eviction = EvictionParameters(
            policy: policy, samples: samples, lfuLogFactor: lfuLogFactor,
            lfuDecayMinutes: lfuDecayMinutes)
        evictionStuckAt = -1
        usesLFU = policy.isLFU
    }

    /// Call a few times a second: gives back memory that is free, while nothing changes.
    package mutating func rest() { heap.pointee.rest() }

    // MARK: Lazy free

    package var hasLazyFreeWork: Bool { lazyFree.hasWork }
    package var lazyFreePending: Int { lazyFree.pendingObjects }
    package var lazyFreed: Int {
        get { lazyFree.freedObjects }
        set { lazyFree.freedObjects = newValue }
    }

    /// Frees one bounded piece of what waits; false when nothing is left.
    package mutating func lazyFreeSome() -> Bool { lazyFree.freeOne(heap) }

    // MARK: Whole databases

    /// Empties a database: its table and expiry index are detached at once and freed in slices.
    /// Every key counts as a change.
    package mutating func flush(_ index: Int) {
        changes &+= databases[index].count
        waits.pointee.signalLosses(in: index, becoming: nil)
        noteReplaced(index, by: nil)
        databases[index].detach(into: &lazyFree)
    }

    /// Exchanges the content of two databases: one change, even of a database with itself.
    package mutating func swap(_ a: Int, _ b: Int) {
        changes &+= 1
        guard a != b else { return }
        // The candidates name databases by number.
        evictionPool.clear()
        waits.pointee.signalLosses(in: a, becoming: b)
        waits.pointee.signalLosses(in: b, becoming: a)
        noteReplaced(a, by: b)
        noteReplaced(b, by: a)
        let kept = (databases + a).move()
        (databases + a).moveInitialize(from: databases + b, count: 1)
        (databases + b).initialize(to: kept)
        databases[a].index = a
        databases[b].index = b
        waits.pointee.signalAll(in: a)
        waits.pointee.signalAll(in: b)
    }
}
