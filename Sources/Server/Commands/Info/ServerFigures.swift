// Figures that INFO shows and that have to be gathered while the server runs: sizes of clients, time
// above maxmemory, what memory was used for at the start. Fed by the periodic work (Cron).

import Engine
import EventLoop
import Memory

/// Sums and maxima over all clients. Bytes.
struct ClientSizes {
    var total = 0
    var largestInput = 0
    var largestOutput = 0

    mutating func note(_ client: ClientPointer) {
        total += client.pointee.memoryBytes
        let connection = client.pointee.connection
        // A long argument gathers in memory of its own, beside the input buffer.
        let input =
            connection.pointee.input.capacity + (client.pointee.partial?.pointee.memory ?? 0)
        largestInput = max(largestInput, input)
        largestOutput = max(largestOutput, connection.pointee.output.memory)
    }
}

struct ServerFigures {
    /// Memory before the first client came, and the hash tables' part in it.
    var startBytes = 0
    var startTableBytes = 0
    /// The clients as the latest walk over all of them found them, and the walk under way.
    private(set) var clientSizes = ClientSizes()
    private var walk = ClientSizes()
    /// Monotonic milliseconds since when memory is above maxmemory, or 0; and how long it was so
    /// before. Looked at `hz` times a second.
    private(set) var exceededSince: Int64 = 0
    private(set) var exceededMilliseconds: Int64 = 0
    /// Microseconds per turn.
    var turnDuration = InstantaneousMetric()

    mutating func note(_ client: ClientPointer) { walk.note(client) }

    /// All clients have been noted since the last call.
    mutating func endWalk() {
        clientSizes = walk
        walk = ClientSizes()
    }

    mutating func noteExcess(_ isOver: Bool, now: Int64) {
        if isOver, exceededSince == 0 { exceededSince = now }
        if !isOver, exceededSince != 0 {
            exceededMilliseconds += now - exceededSince
            exceededSince = 0
        }
    }

    /// Milliseconds above maxmemory up to now.
    func currentExcess(now: Int64) -> Int64 { exceededSince == 0 ? 0 : now - exceededSince }

    mutating func reset() {
        exceededSince = 0
        exceededMilliseconds = 0
        turnDuration.reset()
    }
}

extension Server {
    /// The most clients that INFO looks at one by one; of more it shows what the last walk found.
    private static var clientsAtOnce: Int { 256 }

    func noteStart() {
        figures.startBytes = Allocator.usedBytes
        figures.startTableBytes = engine.pointee.tableBytes
    }

    /// Called by the periodic work.
    func sampleFigures() {
        let now = reactor.pointee.clock.monotonicMilliseconds
        figures.noteExcess(engine.pointee.isOverMemory, now: now)
    }

    func clientSizes() -> ClientSizes {
        guard clients.count <= Self.clientsAtOnce else { return figures.clientSizes }
        var sizes = ClientSizes()
        clients.forEach { sizes.note($0) }
        return sizes
    }

    /// CONFIG RESETSTAT: what Redis 7.4 resets (the memory peak and denied log-ins stay), and our
    /// own figures of turns and cycles.
    func resetStatistics() {
        let denied = statistics.deniedAuthentications
        statistics = ServerStatistics()
        statistics.deniedAuthentications = denied
        engine.pointee.statistics = EngineStatistics()
        engine.pointee.lazyFreed = 0
        commandStatistics.update(repeating: CommandStatistics(), count: CommandID.count)
        reactor.pointee.resetStatistics()
        rates.commands.reset()
        rates.netInput.reset()
        rates.netOutput.reset()
        rates.turns.reset()
        figures.reset()
    }
}
