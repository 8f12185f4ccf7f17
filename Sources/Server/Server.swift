// The server: everything one thread owns, in one place by reference.
//
// A final class with stored pointers and numbers for what is hot, so that serving a request counts
// no references; what is cold (configuration, log, details) may be ordinary Swift. Its work is in the
// extensions: Clients/ (sessions), Dispatch/ (from a request to a handler), Lifecycle/ (start, turn,
// periodic work, shutdown), Commands/ (handlers that need more than the keyspace).

import Configuration
import Engine
import EventLoop
import Memory
import RESP

/// The configuration that the hot paths look at, as plain numbers.
struct ServerSettings {
    /// client-query-buffer-limit, bytes.
    var queryBufferLimit = 1 << 30
    /// proto-max-bulk-len, bytes.
    var protoMaxBulkLength = 512 << 20
    var maxClients = 10000
    /// Seconds after which an idle client is closed; 0 is never.
    var timeoutSeconds = 0
    var protectedMode = true
    var hz = 10
    /// Whether `maxmemory` is set.
    var limitsMemory = false
    var normalOutputLimit: OutputLimit?
    var pubsubOutputLimit: OutputLimit?
    /// requirepass; empty if the default user has none.
    var password: [UInt8] = []

    var requiresPassword: Bool { !password.isEmpty }
}

package final class Server {
    let engine: UnsafeMutablePointer<Engine>
    let reactor: UnsafeMutablePointer<Reactor>
    let parser: UnsafeMutablePointer<RequestParser>
    let reply: UnsafeMutablePointer<ReplyBuffer>
    /// For replies to others than the client being served; empty outside of Waiting.
    let otherReply: UnsafeMutablePointer<ReplyBuffer>
    let table: UnsafeMutablePointer<CommandTable>
    let batch: UnsafeMutablePointer<LookAhead>
    let commandStatistics: UnsafeMutablePointer<CommandStatistics>

    var settings = ServerSettings()
    var parserLimits = ParserLimits()
    var unauthenticatedLimits = ParserLimits(authenticated: false)
    var clients = ClientRegistry()
    var waitingClients = WaitingClients()
    var statistics = ServerStatistics()
    /// Set by the parse that just ended: the argument waited for gets a blob of its own.
    var pendingBigArgument = false
    /// Tick count at which a connection's share of the turn is spent.
    var shareDeadline: UInt64 = 0
    /// A connection's share and the whole turn, in ticks.
    var shareTicks: UInt64 = 0
    var turnTicks: UInt64 = 0
    /// How long the next wait may last: until a key expires; -1 without bound.
    var waitMilliseconds: Int32 = -1
    var pause = Pause()
    var pauseTimer = TimerHandle.none
    var pubsub = PubSub()
    /// Clients that watch keys.
    var watchingClients = 0
    /// EXEC is running its commands.
    var isInExec = false
    var isShuttingDown = false

    var configuration: Configuration
    let log: Log
    let startedRealtimeMilliseconds: Int64
    let startedMonotonicMilliseconds: Int64
    let runID: String
    /// Names this dataset's history for replication; DEBUG CHANGE-REPL-ID makes a new one.
    var replicationID: String
    var cycleIndexes = CycleIndexes()
    var rates = Rates()
    var figures = ServerFigures()
    var executable = ""
    /// The program's name as it was called, for the process title.
    var programName = ""
    var supervision = Supervision.none
    /// DEBUG PAUSE-CRON.
    var isCronPaused = false
    /// The pid file that this process wrote, to be removed at the end.
    var writtenPidFile: String?
    /// oom_score_adj as the process found it; nil until it is first changed.
    var initialOOMScore: Int?

    package init(
        configuration: Configuration, log: Log, backend: Backend, seed: UInt64, key0: UInt64,
        key1: UInt64
    ) {
        self.configuration = configuration
        self.log = log
        reactor = Reactor.create(backend: backend)
        let now = reactor.pointee.clock.realtimeMilliseconds
        engine = Engine.make(
            databaseCount: configuration.integer("databases"), seed: seed, key0: key0, key1: key1,
            now: now)
        parser = .allocate(capacity: 1)
        parser.initialize(to: RequestParser())
        reply = .allocate(capacity: 1)
        reply.initialize(to: ReplyBuffer(capacity: Self.replyHighWater))
        otherReply = .allocate(capacity: 1)
        otherReply.initialize(to: ReplyBuffer(capacity: 4096))
        table = .allocate(capacity: 1)
        table.initialize(to: CommandTable(rows: allCommandRows))
        batch = .allocate(capacity: 1)
        batch.initialize(to: LookAhead())
        commandStatistics = .allocate(capacity: CommandID.count)
        commandStatistics.initialize(repeating: CommandStatistics(), count: CommandID.count)
        startedRealtimeMilliseconds = now
        startedMonotonicMilliseconds = reactor.pointee.clock.monotonicMilliseconds
        var random = RandomSource(seed: seed ^ 0x9E37_79B9_7F4A_7C15)
        runID = Self.randomID(&random)
        replicationID = Self.randomID(&random)
        engine.pointee.mayBlock = true
        registerCycles()
        // The start has checked them all.
        try? StartChecks.rename(configuration.renamedCommands, in: &table.pointee)
        applySettings()
        noteStart()
    }

    deinit {
        Engine.destroy(engine)
        Reactor.destroy(reactor)
        parser.deinitialize(count: 1)
        parser.deallocate()
        reply.deinitialize(count: 1)
        reply.deallocate()
        otherReply.deinitialize(count: 1)
        otherReply.deallocate()
        table.deinitialize(count: 1)
        table.deallocate()
        batch.deinitialize(count: 1)
        batch.deallocate()
        commandStatistics.deallocate()
    }

    /// Forty hexadecimal digits, as Redis's run ids.
    static func randomID(_ random: inout RandomSource) -> String {
        var text = ""
        for _ in 0..<40 { text += String(random.below(16), radix: 16) }
        return text
    }

    var now: Int64 { engine.pointee.now }
    var isPaused: Bool { pause.isActive }

    /// Whether commands must pass the slow checks whatever the client's own state.
    var isGated: Bool {
        get { engine.pointee.attention.contains(.gate) }
        set {
            if newValue {
                engine.pointee.attention.insert(.gate)
            } else {
                engine.pointee.attention.remove(.gate)
            }
        }
    }
}
