// Every command and subcommand by number, dense from 0.
//
// The dispatch switch is exhaustive over this enum: a new case does not compile until it has an arm.
// Cases are grouped by family file; where a case stands has no meaning outside the process.

/// A command (or a container's subcommand: the container's name first).
@frozen
@usableFromInline
package enum CommandID: UInt16, CaseIterable, Sendable {
    // Strings/SetCommands
    case set, setnx, setex, psetex, getset, append
    // Strings/GetCommands
    case get, getex, getdel, strlen
    // Strings/RangeCommands
    case getrange, substr, setrange
    // Strings/CounterCommands
    case incr, incrby, incrbyfloat, decr, decrby
    // Strings/MultiKeyCommands
    case mget, mset, msetnx
    // Strings/LCSCommand
    case lcs
    // Lists/PushPop
    case lpush, rpush, lpushx, rpushx, lpop, rpop, lmpop
    // Lists/Access
    case llen, lindex, lrange
    // Lists/Edit
    case lset, lrem, ltrim, linsert
    // Lists/Move
    case lmove, rpoplpush
    // Lists/BlockingPops
    case blpop, brpop, blmove, brpoplpush, blmpop
    // Lists/Position
    case lpos
    // Bits/BitCommands
    case setbit, getbit
    // Bits/BitCountCommands
    case bitcount, bitpos
    // Bits/BitOperationCommand
    case bitop
    // Bits/BitFieldCommands
    case bitfield, bitfieldRo
    // HyperLogLogs/HyperLogLogCommands
    case pfadd, pfcount, pfmerge
    // HyperLogLogs/HyperLogLogDebug
    case pfdebug, pfselftest
    // Sets
    case sadd, srem, smove, sismember, smismember, smembers, scard, sscan, spop, srandmember
    case sinter, sintercard, sinterstore, sunion, sdiff, sunionstore, sdiffstore
    // SortedSets/Adding
    case zadd, zincrby, zrem
    // SortedSets/Scores
    case zscore, zmscore, zcard, zcount, zlexcount, zrank, zrevrank
    // SortedSets/Ranges
    case zrange, zrangestore, zrevrange, zrangebyscore, zrevrangebyscore, zrangebylex,
        zrevrangebylex
    // SortedSets/RemovingRanges
    case zremrangebyrank, zremrangebyscore, zremrangebylex
    // SortedSets/Popping
    case zpopmin, zpopmax, zmpop
    // SortedSets/BlockingPopping
    case bzpopmin, bzpopmax, bzmpop
    // SortedSets/RandomMembers
    case zrandmember
    // SortedSets/ScanMembers
    case zscan
    // SortedSets/SetOperations
    case zunion, zinter, zdiff, zintercard, zunionstore, zinterstore, zdiffstore
    // Streams/StreamAddCommands
    case xadd, xlen, xdel, xtrim, xsetid
    // Streams/StreamRangeCommands
    case xrange, xrevrange
    // Streams/StreamReadCommands
    case xread, xreadgroup
    // Streams/StreamPendingCommands
    case xack, xpending
    // Streams/StreamClaimCommands
    case xclaim, xautoclaim
    // Streams/StreamGroupCommands
    case xgroup, xgroupCreate, xgroupCreateconsumer, xgroupDelconsumer, xgroupDestroy
    case xgroupSetid, xgroupHelp
    // Streams/StreamInfoCommands
    case xinfo, xinfoConsumers, xinfoGroups, xinfoStream, xinfoHelp
    // Hashes/FieldCommands
    case hget, hmget, hexists, hstrlen, hlen
    // Hashes/SetFieldCommands
    case hset, hsetnx, hmset, hdel
    // Hashes/FieldCounterCommands
    case hincrby, hincrbyfloat
    // Hashes/WalkCommands
    case hgetall, hkeys, hvals, hscan
    // Hashes/RandomFieldCommand
    case hrandfield
    // Hashes/FieldExpiryCommands
    case hexpire, hpexpire, hexpireat, hpexpireat, hpersist
    // Hashes/FieldTimeCommands
    case httl, hpttl, hexpiretime, hpexpiretime
    // Hashes/FieldOptionCommands
    case hgetex, hsetex, hgetdel
    // Places/GeoCommands
    case geoadd, geodist, geohash, geopos
    // Places/GeoSearchCommands
    case geosearch, geosearchstore, georadius, georadiusRo
    case georadiusbymember, georadiusbymemberRo
    // Keys/DeleteCommands
    case del, unlink
    // Keys/ExistsCommands
    case exists, touch, type
    // Keys/RenameCommands
    case rename, renamenx, copy, move
    // Keys/ExpiryCommands
    case expire, pexpire, expireat, pexpireat, ttl, pttl, expiretime, pexpiretime, persist
    // Keys/ScanCommands
    case keys, scan, randomkey
    // Keys/ObjectCommands
    case object, objectEncoding, objectRefcount, objectIdletime, objectFreq, objectHelp
    // Keys/DatabaseCommands
    case dbsize, flushdb, flushall, swapdb
    // Keys/SortCommand
    case sort, sortRo
    // Keys/MemoryCommands
    case memory, memoryUsage, memoryHelp, memoryDoctor, memoryMallocStats, memoryPurge
    case memoryStats
    // Keys/DumpCommands
    case dump, restore, restoreAsking
    // Server: Connection
    case ping, echo, quit, reset, hello, auth, select
    // Server: Transactions
    case multi, exec, discard, watch, unwatch
    // Server: PubSub
    case subscribe, unsubscribe, psubscribe, punsubscribe, ssubscribe, sunsubscribe
    case publish, spublish
    case pubsub, pubsubChannels, pubsubNumpat, pubsubNumsub, pubsubShardchannels
    case pubsubShardnumsub, pubsubHelp
    // Server: Client
    case client, clientId, clientGetname, clientSetname, clientSetinfo, clientInfo, clientList
    case clientKill, clientReply, clientNoEvict, clientNoTouch, clientPause, clientUnpause
    case clientUnblock
    case clientHelp
    // Server: Config
    case config, configGet, configSet, configResetstat, configRewrite, configHelp
    // Server: Info
    case info, time, lolwut
    // Server: Command
    case command, commandCount, commandList, commandInfo, commandDocs, commandGetkeys
    case commandGetkeysandflags, commandHelp
    // Server: Debug
    case debug
    // Server: Function
    case function, functionFlush, functionHelp
    // Server: Admin
    case shutdown

    /// The number of commands and subcommands.
    @inlinable package static var count: Int { allCases.count }

    /// No command's number.
    @inlinable package static var noNumber: UInt16 { .max }

    /// The command of a number that is known to be one's: no table, no check in release.
    ///
    /// Safety: cases are dense from 0, so the enum is that number, in one byte or two; of a little
    /// endian number the lowest bytes come first.
    @inlinable @inline(__always)
    package init(number: UInt16) {
        assert(Int(number) < Self.count)
        self = withUnsafeBytes(of: number) { $0.loadUnaligned(as: CommandID.self) }
    }

    /// For indexing tables.
    @inlinable package var index: Int { Int(rawValue) }
}
