// A client without a socket: runs commands against an engine of its own under a clock that only the
// test moves, and returns the bytes of the replies.

import Memory
import RESP
import Testing

@testable import Engine

final class CommandSession {
    let engine: UnsafeMutablePointer<Engine>
    let reply = UnsafeMutablePointer<ReplyBuffer>.allocate(capacity: 1)
    /// The selected database.
    var selected = 0
    var noTouch = false

    /// When every session starts, unix milliseconds.
    static let start: Int64 = 1_700_000_000_000

    init(databases: Int = 4, seed: UInt64 = 1) {
        engine = Engine.make(
            databaseCount: databases, seed: seed, key0: seed &* 3, key1: seed &* 5, now: Self.start)
        reply.initialize(to: ReplyBuffer())
    }

    deinit {
        reply.deinitialize(count: 1)
        reply.deallocate()
        Engine.destroy(engine)
    }

    var database: UnsafeMutablePointer<Database> { engine.pointee.databases + selected }
    var changes: Int { engine.pointee.changes }
    var hits: Int { engine.pointee.statistics.keyspaceHits }
    var misses: Int { engine.pointee.statistics.keyspaceMisses }

    func advance(_ milliseconds: Int64) {
        engine.pointee.setClock(engine.pointee.now + milliseconds)
    }

    /// Runs a command; the reply with long values in their places.
    func run(_ words: String...) -> String { run(words) }

    func run(_ words: [String]) -> String {
        String(decoding: run(bytes: words.map { Array($0.utf8) }), as: UTF8.self)
    }

    func run(bytes words: [[UInt8]]) -> [UInt8] { execute(words, owned: nil, -1) }

    /// Runs a command whose argument `index` was received into a blob of its own.
    func run(owning blob: SharedBlob, _ index: Int, _ words: [String]) -> String {
        var words = words.map { Array($0.utf8) }
        words[index] = blob.view.array
        return String(decoding: execute(words, owned: blob, index), as: UTF8.self)
    }

    private func execute(_ words: [[UInt8]], owned: SharedBlob?, _ index: Int) -> [UInt8] {
        // Each argument in an allocation of its own, so that a sanitizer sees a read beyond it.
        let arguments = words.map { word -> Bytes in
            let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: max(word.count, 1))
            copy.update(from: word, count: word.count)
            return Bytes(copy, word.count)
        }
        defer { for argument in arguments { argument.base.deallocate() } }
        arguments.withUnsafeBufferPointer { buffer in
            let first = buffer[buffer.count > 1 ? 1 : 0]
            var c = CommandContext(
                arguments: buffer.baseAddress!, count: buffer.count, engine: engine,
                database: database, reply: reply, firstKeyHash: engine.pointee.hash(first),
                keyHashes: nil,
                ownedArgument: owned, ownedArgumentIndex: index, noTouch: noTouch)
            dispatch(&c)
        }
        defer { reply.pointee.reset() }
        return wireBytes()
    }

    /// What the client would read: the buffer with the referenced values put in.
    private func wireBytes() -> [UInt8] {
        var bytes: [UInt8] = []
        var at = 0
        for i in 0..<reply.pointee.referenceCount {
            let reference = reply.pointee.references![i]
            bytes += Bytes(reply.pointee.base + at, reference.offset - at).array
            bytes += reference.blob.view.array
            at = reference.offset
        }
        return bytes + Bytes(reply.pointee.base + at, reply.pointee.count - at).array
    }

    private func dispatch(_ c: inout CommandContext) {
        var name = c[0].string.lowercased()
        if ["object", "memory", "xgroup", "xinfo"].contains(name) {
            name += "|" + c[1].string.lowercased()
        }
        guard let handler = Self.handlers[name] else {
            Issue.record("the session knows no command \(name)")
            return
        }
        handler(&c)
    }

    private typealias Handler = (inout CommandContext) -> Void

    nonisolated(unsafe) private static let handlers: [String: Handler] = [
        "set": setCommand, "setnx": setnxCommand, "setex": setexCommand,
        "psetex": psetexCommand, "getset": getsetCommand, "append": appendCommand,
        "get": getCommand, "getex": getexCommand, "getdel": getdelCommand,
        "blpop": blpopCommand, "brpop": brpopCommand, "blmove": blmoveCommand,
        "brpoplpush": brpoplpushCommand, "blmpop": blmpopCommand,
        "strlen": strlenCommand, "getrange": getrangeCommand, "substr": substrCommand,
        "setrange": setrangeCommand, "incr": incrCommand, "incrby": incrbyCommand,
        "incrbyfloat": incrbyfloatCommand, "decr": decrCommand, "decrby": decrbyCommand,
        "mget": mgetCommand, "mset": msetCommand, "msetnx": msetnxCommand, "lcs": lcsCommand,
        "del": delCommand, "unlink": unlinkCommand, "exists": existsCommand,
        "touch": touchCommand, "type": typeCommand, "rename": renameCommand,
        "renamenx": renamenxCommand, "copy": copyCommand, "move": moveCommand,
        "expire": expireCommand, "pexpire": pexpireCommand, "expireat": expireatCommand,
        "pexpireat": pexpireatCommand, "ttl": ttlCommand, "pttl": pttlCommand,
        "expiretime": expiretimeCommand, "pexpiretime": pexpiretimeCommand,
        "persist": persistCommand, "keys": keysCommand, "scan": scanCommand,
        "randomkey": randomkeyCommand, "object|encoding": objectEncodingCommand,
        "object|refcount": objectRefcountCommand, "object|idletime": objectIdletimeCommand,
        "object|freq": objectFreqCommand, "dbsize": dbsizeCommand, "flushdb": flushdbCommand,
        "flushall": flushallCommand, "swapdb": swapdbCommand,
        "memory|usage": memoryUsageCommand, "rpush": rpushCommand, "lpush": lpushCommand,
        "zadd": zaddCommand, "zscan": zscanCommand, "zincrby": zincrbyCommand, "zrem": zremCommand,
        "zscore": zscoreCommand, "zmscore": zmscoreCommand, "zcard": zcardCommand,
        "zcount": zcountCommand, "zlexcount": zlexcountCommand, "zrank": zrankCommand,
        "zrevrank": zrevrankCommand, "zrange": zrangeCommand, "zrangestore": zrangestoreCommand,
        "zrevrange": zrevrangeCommand, "zrangebyscore": zrangebyscoreCommand,
        "zrevrangebyscore": zrevrangebyscoreCommand, "zrangebylex": zrangebylexCommand,
        "zrevrangebylex": zrevrangebylexCommand, "zremrangebyrank": zremrangebyrankCommand,
        "zremrangebyscore": zremrangebyscoreCommand, "zremrangebylex": zremrangebylexCommand,
        "zpopmin": zpopminCommand, "zpopmax": zpopmaxCommand, "zmpop": zmpopCommand,
        "zrandmember": zrandmemberCommand, "zunion": zunionCommand, "zinter": zinterCommand,
        "zdiff": zdiffCommand, "zintercard": zintercardCommand, "zunionstore": zunionstoreCommand,
        "zinterstore": zinterstoreCommand, "zdiffstore": zdiffstoreCommand,
        "hget": hgetCommand, "hmget": hmgetCommand, "hexists": hexistsCommand,
        "hstrlen": hstrlenCommand, "hlen": hlenCommand, "hset": hsetCommand,
        "hsetnx": hsetnxCommand, "hmset": hmsetCommand, "hdel": hdelCommand,
        "hincrby": hincrbyCommand, "hincrbyfloat": hincrbyfloatCommand, "hgetall": hgetallCommand,
        "hkeys": hkeysCommand, "hvals": hvalsCommand, "hscan": hscanCommand,
        "hrandfield": hrandfieldCommand, "hexpire": hexpireCommand, "hpexpire": hpexpireCommand,
        "hexpireat": hexpireatCommand, "hpexpireat": hpexpireatCommand, "hpersist": hpersistCommand,
        "httl": httlCommand, "hpttl": hpttlCommand, "hexpiretime": hexpiretimeCommand,
        "hpexpiretime": hpexpiretimeCommand, "hgetex": hgetexCommand, "hsetex": hsetexCommand,
        "hgetdel": hgetdelCommand,
        "sort": sortCommand, "sort_ro": sortRoCommand,
        "setbit": setbitCommand, "getbit": getbitCommand, "bitcount": bitcountCommand,
        "bitpos": bitposCommand, "bitop": bitopCommand, "bitfield": bitfieldCommand,
        "bitfield_ro": bitfieldRoCommand, "pfadd": pfaddCommand, "pfcount": pfcountCommand,
        "pfmerge": pfmergeCommand, "pfdebug": pfdebugCommand, "pfselftest": pfselftestCommand,
        "geoadd": geoaddCommand, "geodist": geodistCommand, "geohash": geohashCommand,
        "geopos": geoposCommand, "geosearch": geosearchCommand,
        "geosearchstore": geosearchstoreCommand, "georadius": georadiusCommand,
        "georadius_ro": georadiusRoCommand, "georadiusbymember": georadiusbymemberCommand,
        "georadiusbymember_ro": georadiusbymemberRoCommand,
        "lrange": lrangeCommand, "lpop": lpopCommand,
        "dump": dumpCommand, "restore": restoreCommand,
        // Sets
        "sadd": saddCommand,
        "srem": sremCommand,
        "smove": smoveCommand,
        "sismember": sismemberCommand,
        "smismember": smismemberCommand,
        "smembers": smembersCommand,
        "scard": scardCommand,
        "sscan": sscanCommand,
        "spop": spopCommand,
        "srandmember": srandmemberCommand,
        "sinter": sinterCommand,
        "sintercard": sintercardCommand,
        "sinterstore": sinterstoreCommand,
        "sunion": sunionCommand,
        "sdiff": sdiffCommand,
        "sunionstore": sunionstoreCommand,
        "sdiffstore": sdiffstoreCommand,
        // Streams
        "xadd": xaddCommand, "xlen": xlenCommand, "xdel": xdelCommand, "xtrim": xtrimCommand,
        "xrange": xrangeCommand, "xread": xreadCommand, "xreadgroup": xreadgroupCommand,
        "xack": xackCommand, "xgroup|create": xgroupCreateCommand,
        "xinfo|stream": xinfoStreamCommand,
    ]

    // MARK: Replies as the protocol writes them

    static func bulk(_ text: String) -> String { "$\(text.utf8.count)\r\n\(text)\r\n" }

    static func array(_ elements: [String]) -> String {
        "*\(elements.count)\r\n" + elements.map { bulk($0) }.joined()
    }

    static let ok = "+OK\r\n"
    static let null = "$-1\r\n"
    static let wrongType = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"
    static let notInteger = "-ERR value is not an integer or out of range\r\n"
    static let syntax = "-ERR syntax error\r\n"
    static let outOfRange = "-ERR DB index is out of range\r\n"
    static let tooLong = "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n"

    func encoding(_ key: String) -> String { run("OBJECT", "encoding", key) }
}
