// From a command's number to its handler: one switch, exhaustive, so that a new command does not
// compile before it has an arm here.
//
// Arms stand in the order of CommandID. A container arrives here itself only with a subcommand that
// it does not have: the look-ahead has resolved all others. The switch is part of the function that
// serves a connection, so handlers that need the runtime are marked as not to be inlined into it.

import Engine
import Memory
import RESP

extension Server {
    @inline(__always)
    func dispatch(_ id: CommandID, _ client: ClientPointer, _ c: inout CommandContext) {
        switch id {
        // Strings/SetCommands
        case .set: setCommand(&c)
        case .setnx: setnxCommand(&c)
        case .setex: setexCommand(&c)
        case .psetex: psetexCommand(&c)
        case .getset: getsetCommand(&c)
        case .append: appendCommand(&c)
        // Strings/GetCommands
        case .get: getCommand(&c)
        case .getex: getexCommand(&c)
        case .getdel: getdelCommand(&c)
        case .strlen: strlenCommand(&c)
        // Strings/RangeCommands
        case .getrange: getrangeCommand(&c)
        case .substr: substrCommand(&c)
        case .setrange: setrangeCommand(&c)
        // Strings/CounterCommands
        case .incr: incrCommand(&c)
        case .incrby: incrbyCommand(&c)
        case .incrbyfloat: incrbyfloatCommand(&c)
        case .decr: decrCommand(&c)
        case .decrby: decrbyCommand(&c)
        // Strings/MultiKeyCommands
        case .mget: mgetCommand(&c)
        case .mset: msetCommand(&c)
        case .msetnx: msetnxCommand(&c)
        // Strings/LCSCommand
        case .lcs: lcsCommand(&c)
        // Lists/PushPop
        case .lpush: lpushCommand(&c)
        case .rpush: rpushCommand(&c)
        case .lpushx: lpushxCommand(&c)
        case .rpushx: rpushxCommand(&c)
        case .lpop: lpopCommand(&c)
        case .rpop: rpopCommand(&c)
        case .lmpop: lmpopCommand(&c)
        // Lists/Access
        case .llen: llenCommand(&c)
        case .lindex: lindexCommand(&c)
        case .lrange: lrangeCommand(&c)
        // Lists/Edit
        case .lset: lsetCommand(&c)
        case .lrem: lremCommand(&c)
        case .ltrim: ltrimCommand(&c)
        case .linsert: linsertCommand(&c)
        // Lists/Move
        case .lmove: lmoveCommand(&c)
        case .rpoplpush: rpoplpushCommand(&c)
        // Lists/BlockingPops
        case .blpop:
            blpopCommand(&c)
            suspendIfAsked(id, client, c)
        case .brpop:
            brpopCommand(&c)
            suspendIfAsked(id, client, c)
        case .blmove:
            blmoveCommand(&c)
            suspendIfAsked(id, client, c)
        case .brpoplpush:
            brpoplpushCommand(&c)
            suspendIfAsked(id, client, c)
        case .blmpop:
            blmpopCommand(&c)
            suspendIfAsked(id, client, c)
        // Lists/Position
        case .lpos: lposCommand(&c)
        // Bits/BitCommands
        case .setbit: setbitCommand(&c)
        case .getbit: getbitCommand(&c)
        // Bits/BitCountCommands
        case .bitcount: bitcountCommand(&c)
        case .bitpos: bitposCommand(&c)
        // Bits/BitOperationCommand
        case .bitop: bitopCommand(&c)
        // Bits/BitFieldCommands
        case .bitfield: bitfieldCommand(&c)
        case .bitfieldRo: bitfieldRoCommand(&c)
        // HyperLogLogs/HyperLogLogCommands
        case .pfadd: pfaddCommand(&c)
        case .pfcount: pfcountCommand(&c)
        case .pfmerge: pfmergeCommand(&c)
        // HyperLogLogs/HyperLogLogDebug
        case .pfdebug: pfdebugCommand(&c)
        case .pfselftest: pfselftestCommand(&c)
        // Sets
        case .sadd: saddCommand(&c)
        case .srem: sremCommand(&c)
        case .smove: smoveCommand(&c)
        case .sismember: sismemberCommand(&c)
        case .smismember: smismemberCommand(&c)
        case .smembers: smembersCommand(&c)
        case .scard: scardCommand(&c)
        case .sscan: sscanCommand(&c)
        case .spop: spopCommand(&c)
        case .srandmember: srandmemberCommand(&c)
        case .sinter: sinterCommand(&c)
        case .sintercard: sintercardCommand(&c)
        case .sinterstore: sinterstoreCommand(&c)
        case .sunion: sunionCommand(&c)
        case .sdiff: sdiffCommand(&c)
        case .sunionstore: sunionstoreCommand(&c)
        case .sdiffstore: sdiffstoreCommand(&c)
        // SortedSets/Adding
        case .zadd: zaddCommand(&c)
        case .zincrby: zincrbyCommand(&c)
        case .zrem: zremCommand(&c)
        // SortedSets/Scores
        case .zscore: zscoreCommand(&c)
        case .zmscore: zmscoreCommand(&c)
        case .zcard: zcardCommand(&c)
        case .zcount: zcountCommand(&c)
        case .zlexcount: zlexcountCommand(&c)
        case .zrank: zrankCommand(&c)
        case .zrevrank: zrevrankCommand(&c)
        // SortedSets/Ranges
        case .zrange: zrangeCommand(&c)
        case .zrangestore: zrangestoreCommand(&c)
        case .zrevrange: zrevrangeCommand(&c)
        case .zrangebyscore: zrangebyscoreCommand(&c)
        case .zrevrangebyscore: zrevrangebyscoreCommand(&c)
        case .zrangebylex: zrangebylexCommand(&c)
        case .zrevrangebylex: zrevrangebylexCommand(&c)
        // SortedSets/RemovingRanges
        case .zremrangebyrank: zremrangebyrankCommand(&c)
        case .zremrangebyscore: zremrangebyscoreCommand(&c)
        case .zremrangebylex: zremrangebylexCommand(&c)
        // SortedSets/Popping
        case .zpopmin: zpopminCommand(&c)
        case .zpopmax: zpopmaxCommand(&c)
        case .zmpop: zmpopCommand(&c)
        // SortedSets/BlockingPopping
        case .bzpopmin:
            bzpopminCommand(&c)
            suspendIfAsked(id, client, c)
        case .bzpopmax:
            bzpopmaxCommand(&c)
            suspendIfAsked(id, client, c)
        case .bzmpop:
            bzmpopCommand(&c)
            suspendIfAsked(id, client, c)
        // SortedSets/RandomMembers
        case .zrandmember: zrandmemberCommand(&c)
        // SortedSets/ScanMembers
        case .zscan: zscanCommand(&c)
        // SortedSets/SetOperations
        case .zunion: zunionCommand(&c)
        case .zinter: zinterCommand(&c)
        case .zdiff: zdiffCommand(&c)
        case .zintercard: zintercardCommand(&c)
        case .zunionstore: zunionstoreCommand(&c)
        case .zinterstore: zinterstoreCommand(&c)
        case .zdiffstore: zdiffstoreCommand(&c)
        // Streams/StreamAddCommands
        case .xadd: xaddCommand(&c)
        case .xlen: xlenCommand(&c)
        case .xdel: xdelCommand(&c)
        case .xtrim: xtrimCommand(&c)
        case .xsetid: xsetidCommand(&c)
        // Streams/StreamRangeCommands
        case .xrange: xrangeCommand(&c)
        case .xrevrange: xrevrangeCommand(&c)
        // Streams/StreamReadCommands
        case .xread:
            xreadCommand(&c)
            suspendIfAsked(id, client, c)
        case .xreadgroup:
            xreadgroupCommand(&c)
            suspendIfAsked(id, client, c)
        // Streams/StreamPendingCommands
        case .xack: xackCommand(&c)
        case .xpending: xpendingCommand(&c)
        // Streams/StreamClaimCommands
        case .xclaim: xclaimCommand(&c)
        case .xautoclaim: xautoclaimCommand(&c)
        // Streams/StreamGroupCommands
        case .xgroup: rejectSubcommand(id, c[1])
        case .xgroupCreate: xgroupCreateCommand(&c)
        case .xgroupCreateconsumer: xgroupCreateconsumerCommand(&c)
        case .xgroupDelconsumer: xgroupDelconsumerCommand(&c)
        case .xgroupDestroy: xgroupDestroyCommand(&c)
        case .xgroupSetid: xgroupSetidCommand(&c)
        case .xgroupHelp: xgroupHelpCommand(&c)
        // Streams/StreamInfoCommands
        case .xinfo: rejectSubcommand(id, c[1])
        case .xinfoConsumers: xinfoConsumersCommand(&c)
        case .xinfoGroups: xinfoGroupsCommand(&c)
        case .xinfoStream: xinfoStreamCommand(&c)
        case .xinfoHelp: xinfoHelpCommand(&c)
        // Hashes/FieldCommands
        case .hget: hgetCommand(&c)
        case .hmget: hmgetCommand(&c)
        case .hexists: hexistsCommand(&c)
        case .hstrlen: hstrlenCommand(&c)
        case .hlen: hlenCommand(&c)
        // Hashes/SetFieldCommands
        case .hset: hsetCommand(&c)
        case .hsetnx: hsetnxCommand(&c)
        case .hmset: hmsetCommand(&c)
        case .hdel: hdelCommand(&c)
        // Hashes/FieldCounterCommands
        case .hincrby: hincrbyCommand(&c)
        case .hincrbyfloat: hincrbyfloatCommand(&c)
        // Hashes/WalkCommands
        case .hgetall: hgetallCommand(&c)
        case .hkeys: hkeysCommand(&c)
        case .hvals: hvalsCommand(&c)
        case .hscan: hscanCommand(&c)
        // Hashes/RandomFieldCommand
        case .hrandfield: hrandfieldCommand(&c)
        // Hashes/FieldExpiryCommands
        case .hexpire: hexpireCommand(&c)
        case .hpexpire: hpexpireCommand(&c)
        case .hexpireat: hexpireatCommand(&c)
        case .hpexpireat: hpexpireatCommand(&c)
        case .hpersist: hpersistCommand(&c)
        // Hashes/FieldTimeCommands
        case .httl: httlCommand(&c)
        case .hpttl: hpttlCommand(&c)
        case .hexpiretime: hexpiretimeCommand(&c)
        case .hpexpiretime: hpexpiretimeCommand(&c)
        // Hashes/FieldOptionCommands
        case .hgetex: hgetexCommand(&c)
        case .hsetex: hsetexCommand(&c)
        case .hgetdel: hgetdelCommand(&c)
        // Places/GeoCommands
        case .geoadd: geoaddCommand(&c)
        case .geodist: geodistCommand(&c)
        case .geohash: geohashCommand(&c)
        case .geopos: geoposCommand(&c)
        // Places/GeoSearchCommands
        case .geosearch: geosearchCommand(&c)
        case .geosearchstore: geosearchstoreCommand(&c)
        case .georadius: georadiusCommand(&c)
        case .georadiusRo: georadiusRoCommand(&c)
        case .georadiusbymember: georadiusbymemberCommand(&c)
        case .georadiusbymemberRo: georadiusbymemberRoCommand(&c)
        // Keys/DeleteCommands
        case .del: delCommand(&c)
        case .unlink: unlinkCommand(&c)
        // Keys/ExistsCommands
        case .exists: existsCommand(&c)
        case .touch: touchCommand(&c)
        case .type: typeCommand(&c)
        // Keys/RenameCommands
        case .rename: renameCommand(&c)
        case .renamenx: renamenxCommand(&c)
        case .copy: copyCommand(&c)
        case .move: moveCommand(&c)
        // Keys/ExpiryCommands
        case .expire: expireCommand(&c)
        case .pexpire: pexpireCommand(&c)
        case .expireat: expireatCommand(&c)
        case .pexpireat: pexpireatCommand(&c)
        case .ttl: ttlCommand(&c)
        case .pttl: pttlCommand(&c)
        case .expiretime: expiretimeCommand(&c)
        case .pexpiretime: pexpiretimeCommand(&c)
        case .persist: persistCommand(&c)
        // Keys/ScanCommands
        case .keys: keysCommand(&c)
        case .scan: scanCommand(&c)
        case .randomkey: randomkeyCommand(&c)
        // Keys/ObjectCommands
        case .object: rejectSubcommand(id, c[1])
        case .objectEncoding: objectEncodingCommand(&c)
        case .objectRefcount: objectRefcountCommand(&c)
        case .objectIdletime: objectIdletimeCommand(&c)
        case .objectFreq: objectFreqCommand(&c)
        case .objectHelp: objectHelpCommand(&c)
        // Keys/DatabaseCommands
        case .dbsize: dbsizeCommand(&c)
        case .flushdb: flushdbCommand(&c)
        case .flushall: flushallCommand(&c)
        case .swapdb: swapdbCommand(&c)
        // Keys/SortCommand
        case .sort: sortCommand(&c)
        case .sortRo: sortRoCommand(&c)
        // Keys/MemoryCommands
        case .memory: rejectSubcommand(id, c[1])
        case .memoryUsage: memoryUsageCommand(&c)
        case .memoryHelp: memoryHelpCommand(&c)
        case .memoryDoctor: memoryDoctorCommand(&c)
        case .memoryMallocStats: memoryMallocStatsCommand(&c)
        case .memoryPurge: memoryPurgeCommand(&c)
        case .memoryStats: memoryStatsCommand(&c)
        // Keys/DumpCommands
        case .dump: dumpCommand(&c)
        case .restore: restoreCommand(&c)
        case .restoreAsking: restoreCommand(&c)
        // Server: Connection
        case .ping: pingCommand(client, &c)
        case .echo: echoCommand(client, &c)
        case .quit: quitCommand(client, &c)
        case .reset: resetCommand(client, &c)
        case .hello: helloCommand(client, &c)
        case .auth: authCommand(client, &c)
        case .select: selectCommand(client, &c)
        // Server: Transactions
        case .multi: multiCommand(client, &c)
        case .exec: execCommand(client, &c)
        case .discard: discardCommand(client, &c)
        case .watch: watchCommand(client, &c)
        case .unwatch: unwatchCommand(client, &c)
        // Server: PubSub
        case .subscribe: subscribeCommand(client, .channel, &c)
        case .unsubscribe: unsubscribeCommand(client, .channel, &c)
        case .psubscribe: subscribeCommand(client, .pattern, &c)
        case .punsubscribe: unsubscribeCommand(client, .pattern, &c)
        case .ssubscribe: subscribeCommand(client, .shardChannel, &c)
        case .sunsubscribe: unsubscribeCommand(client, .shardChannel, &c)
        case .publish: publishCommand(client, .channel, &c)
        case .spublish: publishCommand(client, .shardChannel, &c)
        case .pubsub: rejectSubcommand(id, c[1])
        case .pubsubChannels: pubsubChannelsCommand(.channel, &c)
        case .pubsubNumpat: pubsubNumpatCommand(&c)
        case .pubsubNumsub: pubsubNumsubCommand(.channel, &c)
        case .pubsubShardchannels: pubsubChannelsCommand(.shardChannel, &c)
        case .pubsubShardnumsub: pubsubNumsubCommand(.shardChannel, &c)
        case .pubsubHelp: pubsubHelpCommand(&c)
        // Server: Client
        case .client: rejectSubcommand(id, c[1])
        case .clientId: clientIdCommand(client, &c)
        case .clientGetname: clientGetnameCommand(client, &c)
        case .clientSetname: clientSetnameCommand(client, &c)
        case .clientSetinfo: clientSetinfoCommand(client, &c)
        case .clientInfo: clientInfoCommand(client, &c)
        case .clientList: clientListCommand(client, &c)
        case .clientKill: clientKillCommand(client, &c)
        case .clientReply: clientReplyCommand(client, &c)
        case .clientNoEvict: clientNoEvictCommand(client, &c)
        case .clientNoTouch: clientNoTouchCommand(client, &c)
        case .clientPause: clientPauseCommand(client, &c)
        case .clientUnpause: clientUnpauseCommand(client, &c)
        case .clientUnblock: clientUnblockCommand(client, &c)
        case .clientHelp: clientHelpCommand(client, &c)
        // Server: Config
        case .config: rejectSubcommand(id, c[1])
        case .configGet: configGetCommand(client, &c)
        case .configSet: configSetCommand(client, &c)
        case .configResetstat: configResetstatCommand(client, &c)
        case .configRewrite: configRewriteCommand(client, &c)
        case .configHelp: configHelpCommand(client, &c)
        // Server: Info
        case .info: infoCommand(client, &c)
        case .time: timeCommand(client, &c)
        case .lolwut: lolwutCommand(client, &c)
        // Server: Command
        case .command where c.count > 1: rejectSubcommand(id, c[1])
        case .command: commandCommand(table.pointee, c.arguments, c.count, c.reply)
        case .commandCount: commandCountCommand(table.pointee, c.arguments, c.count, c.reply)
        case .commandList: commandListCommand(table.pointee, c.arguments, c.count, c.reply)
        case .commandInfo: commandInfoCommand(table.pointee, c.arguments, c.count, c.reply)
        case .commandDocs: commandDocsCommand(table.pointee, c.arguments, c.count, c.reply)
        case .commandGetkeys:
            commandGetkeysCommand(table.pointee, c.arguments, c.count, c.reply)
        case .commandGetkeysandflags:
            commandGetkeysandflagsCommand(table.pointee, c.arguments, c.count, c.reply)
        case .commandHelp: commandHelpCommand(table.pointee, c.arguments, c.count, c.reply)
        // Server: Debug
        case .debug: debugCommand(client, &c)
        // Server: Function
        case .function: rejectSubcommand(id, c[1])
        case .functionFlush: functionFlushCommand(&c)
        case .functionHelp: functionHelpCommand(&c)
        // Server: Admin
        case .shutdown: shutdownCommand(client, &c)
        }
    }
}
