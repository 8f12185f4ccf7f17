// The settings that hot paths read, as plain numbers: made anew from the table after every
// change, and copied by the server to where they are needed.

/// `maxmemory-policy`, in the order of Redis's list of names.
package enum EvictionPolicy: UInt8, Sendable, CaseIterable {
    case volatileLRU, volatileLFU, volatileRandom, volatileTTL
    case allKeysLRU, allKeysLFU, allKeysRandom, noEviction

    static let names = [
        "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl", "allkeys-lru",
        "allkeys-lfu", "allkeys-random", "noeviction",
    ]
}

/// `appendfsync`, in the order of Redis's list of names.
package enum AppendFsync: UInt8, Sendable {
    case everySecond, always, never
}

/// `loglevel`.
package enum LogLevel: UInt8, Sendable, Comparable {
    case debug, verbose, notice, warning, nothing

    package static func < (a: LogLevel, b: LogLevel) -> Bool { a.rawValue < b.rawValue }
}

/// `enable-debug-command` and its like.
package enum CommandAccess: UInt8, Sendable {
    case never, always, local

    /// Whether a client may; `isLocal` says that it came over loopback or a Unix socket.
    package func allows(isLocal: Bool) -> Bool { self == .always || self == .local && isLocal }
}

/// Limits of one client class, zero for none.
@frozen
package struct OutputLimit: Equatable, Sendable {
    package var hardBytes = 0
    package var softBytes = 0
    package var softSeconds = 0
}

/// Names are the directives', units last. Amounts of memory beyond Int.max stand at Int.max.
@frozen
package struct Settings: Equatable, Sendable {
    package var maxmemoryBytes = 0
    package var maxmemoryPolicy = EvictionPolicy.noEviction
    package var maxmemorySamples = 0
    package var maxmemoryEvictionTenacity = 0
    /// Bytes, or zero when `maxmemoryClientsPercent` says it, or neither: no limit.
    package var maxmemoryClientsBytes = 0
    package var maxmemoryClientsPercent = 0
    package var lfuLogFactor = 0
    package var lfuDecayTimeMinutes = 0
    package var activeExpireEffort = 0
    package var lazyfreeLazyEviction = false
    package var lazyfreeLazyExpire = false
    package var lazyfreeLazyServerDel = false
    package var lazyfreeLazyUserDel = false
    package var lazyfreeLazyUserFlush = false
    package var activedefrag = false
    package var activeDefragIgnoreBytes = 0
    package var activeDefragThresholdLowerPercent = 0
    package var activeDefragThresholdUpperPercent = 0
    package var activeDefragCycleMinPercent = 0
    package var activeDefragCycleMaxPercent = 0

    package var hashMaxListpackEntries = 0
    package var hashMaxListpackValueBytes = 0
    package var listMaxListpackSize = 0
    package var listCompressDepth = 0
    package var setMaxIntsetEntries = 0
    package var setMaxListpackEntries = 0
    package var setMaxListpackValueBytes = 0
    package var zsetMaxListpackEntries = 0
    package var zsetMaxListpackValueBytes = 0
    package var hllSparseMaxBytes = 0
    package var streamNodeMaxBytes = 0
    package var streamNodeMaxEntries = 0

    package var hz = 0
    package var dynamicHz = false
    package var activerehashing = false
    package var timeoutSeconds = 0
    package var tcpKeepaliveSeconds = 0
    package var maxclients = 0
    package var maxNewConnectionsPerCycle = 0
    package var protectedMode = false
    package var protoMaxBulkLengthBytes = 0
    package var clientQueryBufferLimitBytes = 0
    package var normalOutputLimit = OutputLimit()
    package var replicaOutputLimit = OutputLimit()
    package var pubsubOutputLimit = OutputLimit()
    package var trackingTableMaxKeys = 0
    package var busyReplyThresholdMilliseconds = 0

    package var rdbcompression = false
    /// Whether `sanitize-dump-payload` asks for deep checks of anybody's payloads.
    package var sanitizeDumpPayload = false
    package var appendonly = false
    package var appendfsync = AppendFsync.everySecond
    package var stopWritesOnBgsaveError = false
    package var minReplicasToWrite = 0
    package var minReplicasMaxLagSeconds = 0
    package var replicaReadOnly = false
    package var replicaServeStaleData = false
    package var replicaIgnoreMaxmemory = false

    package var loglevel = LogLevel.notice
    package var slowlogLogSlowerThanMicroseconds = 0
    package var slowlogMaxLength = 0
    package var latencyMonitorThresholdMilliseconds = 0
    package var latencyTracking = false
    package var notifyKeyspaceEvents: KeyspaceEvents = []
    package var enableDebugCommand = CommandAccess.never
}

extension Settings {
    /// What the directives of `configuration` say now.
    init(_ configuration: borrowing Configuration) {
        self.init()
        readMemory(configuration)
        readEncodings(configuration)
        readClients(configuration)
        readRest(configuration)
    }

    private mutating func readMemory(_ c: borrowing Configuration) {
        maxmemoryBytes = c.bytes("maxmemory")
        maxmemoryPolicy =
            EvictionPolicy(rawValue: UInt8(c.choice("maxmemory-policy"))) ?? .noEviction
        maxmemorySamples = c.integer("maxmemory-samples")
        maxmemoryEvictionTenacity = c.integer("maxmemory-eviction-tenacity")
        if case .percent(let percent) = c.value("maxmemory-clients") {
            maxmemoryClientsPercent = percent
        } else {
            maxmemoryClientsBytes = c.bytes("maxmemory-clients")
        }
        lfuLogFactor = c.integer("lfu-log-factor")
        lfuDecayTimeMinutes = c.integer("lfu-decay-time")
        activeExpireEffort = c.integer("active-expire-effort")
        lazyfreeLazyEviction = c.bool("lazyfree-lazy-eviction")
        lazyfreeLazyExpire = c.bool("lazyfree-lazy-expire")
        lazyfreeLazyServerDel = c.bool("lazyfree-lazy-server-del")
        lazyfreeLazyUserDel = c.bool("lazyfree-lazy-user-del")
        lazyfreeLazyUserFlush = c.bool("lazyfree-lazy-user-flush")
        activedefrag = c.bool("activedefrag")
        activeDefragIgnoreBytes = c.bytes("active-defrag-ignore-bytes")
        activeDefragThresholdLowerPercent = c.integer("active-defrag-threshold-lower")
        activeDefragThresholdUpperPercent = c.integer("active-defrag-threshold-upper")
        activeDefragCycleMinPercent = c.integer("active-defrag-cycle-min")
        activeDefragCycleMaxPercent = c.integer("active-defrag-cycle-max")
    }

    private mutating func readEncodings(_ c: borrowing Configuration) {
        hashMaxListpackEntries = c.integer("hash-max-listpack-entries")
        hashMaxListpackValueBytes = c.bytes("hash-max-listpack-value")
        listMaxListpackSize = c.integer("list-max-listpack-size")
        listCompressDepth = c.integer("list-compress-depth")
        setMaxIntsetEntries = c.integer("set-max-intset-entries")
        setMaxListpackEntries = c.integer("set-max-listpack-entries")
        setMaxListpackValueBytes = c.integer("set-max-listpack-value")
        zsetMaxListpackEntries = c.integer("zset-max-listpack-entries")
        zsetMaxListpackValueBytes = c.bytes("zset-max-listpack-value")
        hllSparseMaxBytes = c.bytes("hll-sparse-max-bytes")
        streamNodeMaxBytes = c.bytes("stream-node-max-bytes")
        streamNodeMaxEntries = c.integer("stream-node-max-entries")
    }

    private mutating func readClients(_ c: borrowing Configuration) {
        hz = c.integer("hz")
        dynamicHz = c.bool("dynamic-hz")
        activerehashing = c.bool("activerehashing")
        timeoutSeconds = c.integer("timeout")
        tcpKeepaliveSeconds = c.integer("tcp-keepalive")
        maxclients = c.integer("maxclients")
        maxNewConnectionsPerCycle = c.integer("max-new-connections-per-cycle")
        protectedMode = c.bool("protected-mode")
        protoMaxBulkLengthBytes = c.bytes("proto-max-bulk-len")
        clientQueryBufferLimitBytes = c.bytes("client-query-buffer-limit")
        if case .outputLimits(let limits) = c.value("client-output-buffer-limit") {
            let plain = limits.map {
                OutputLimit(
                    hardBytes: Int(clamping: $0.hardBytes),
                    softBytes: Int(clamping: $0.softBytes), softSeconds: $0.softSeconds)
            }
            (normalOutputLimit, replicaOutputLimit) = (plain[0], plain[1])
            pubsubOutputLimit = plain[2]
        }
        trackingTableMaxKeys = c.integer("tracking-table-max-keys")
        busyReplyThresholdMilliseconds = c.integer("busy-reply-threshold")
    }

    private mutating func readRest(_ c: borrowing Configuration) {
        rdbcompression = c.bool("rdbcompression")
        sanitizeDumpPayload = c.choice("sanitize-dump-payload") != 0
        appendonly = c.bool("appendonly")
        appendfsync = AppendFsync(rawValue: UInt8(c.choice("appendfsync"))) ?? .everySecond
        stopWritesOnBgsaveError = c.bool("stop-writes-on-bgsave-error")
        minReplicasToWrite = c.integer("min-replicas-to-write")
        minReplicasMaxLagSeconds = c.integer("min-replicas-max-lag")
        replicaReadOnly = c.bool("replica-read-only")
        replicaServeStaleData = c.bool("replica-serve-stale-data")
        replicaIgnoreMaxmemory = c.bool("replica-ignore-maxmemory")
        loglevel = LogLevel(rawValue: UInt8(c.choice("loglevel"))) ?? .notice
        slowlogLogSlowerThanMicroseconds = c.integer("slowlog-log-slower-than")
        slowlogMaxLength = c.integer("slowlog-max-len")
        latencyMonitorThresholdMilliseconds = c.integer("latency-monitor-threshold")
        latencyTracking = c.bool("latency-tracking")
        if case .events(let events) = c.value("notify-keyspace-events") {
            notifyKeyspaceEvents = events
        }
        enableDebugCommand = c.access("enable-debug-command")
    }
}
