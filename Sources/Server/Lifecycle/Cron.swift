// Periodic work, `hz` times a second: rates, idle clients, memory peaks, the start of compaction.
//
// Each task is bounded per call: clients are looked at a share at a time.

import Engine
import EventLoop
import Memory

/// Rates over the last seconds, for INFO.
struct Rates {
    var commands = InstantaneousMetric()
    var netInput = InstantaneousMetric()
    var netOutput = InstantaneousMetric()
    var turns = InstantaneousMetric()
    var lastSample: Int64 = 0
    var cronCount = 0
    /// Where the walk over the clients goes on.
    var clientCursor: UInt32 = 0
    var peakMemoryTime: Int64 = 0
}

extension Server {
    func startCron() { armCron() }

    private func armCron() {
        let period = 1_000_000_000 / UInt64(max(1, settings.hz))
        _ = reactor.pointee.timers.add(
            deadline: reactor.pointee.clock.monotonicNanoseconds + period,
            kind: TimerKind.cron.rawValue)
    }

    func cron() {
        armCron()
        guard !isCronPaused else { return }
        rates.cronCount += 1
        sampleRates()
        sampleFigures()
        notePeak()
        PieceStore.tend()
        engine.pointee.rest()
        Allocator.decay()
        checkClients()
        if engine.pointee.wantsCompaction { engine.pointee.startCompaction() }
        if engine.pointee.compactionHasWork {
            reactor.pointee.cycles.setWork(cycleIndexes.compaction, true)
        }
    }

    private func sampleRates() {
        let now = reactor.pointee.clock.monotonicMilliseconds
        guard now - rates.lastSample >= 100 else { return }
        rates.lastSample = now
        let base = UInt64(now)
        rates.commands.sample(UInt64(statistics.commands), base: base)
        rates.netInput.sample(reactor.pointee.statistics.netInputBytes, base: base)
        rates.netOutput.sample(reactor.pointee.statistics.netOutputBytes, base: base)
        let turns = reactor.pointee.turnStatistics
        rates.turns.sample(turns.turns, base: base)
        figures.turnDuration.sample(turns.totalNanoseconds / 1000, base: turns.turns, factor: 1)
    }

    func notePeak() {
        let before = Allocator.peakBytes
        Allocator.notePeak()
        if Allocator.peakBytes > before { rates.peakMemoryTime = now / 1000 }
    }

    // MARK: Clients

    /// Looks at a share of the clients: all of them about once a second.
    private func checkClients() {
        let limit = reactor.pointee.slotLimit
        guard limit > 0 else { return }
        let share = max(16, limit / UInt32(max(1, settings.hz)) + 1)
        for _ in 0..<min(share, limit) {
            if rates.clientCursor >= limit {
                rates.clientCursor = 0
                figures.endWalk()
            }
            let slot = rates.clientCursor
            rates.clientCursor += 1
            guard let connection = reactor.pointee.connection(slot: slot),
                let context = connection.pointee.context
            else { continue }
            check(context.assumingMemoryBound(to: Client.self))
        }
    }

    private func check(_ client: ClientPointer) {
        figures.note(client)
        let connection = client.pointee.connection
        let idleSeconds =
            (reactor.pointee.clock.monotonicMilliseconds
                - connection.pointee.lastInteractionMilliseconds) / 1000
        // As in Redis, who waits for a key or for messages is not idle.
        if settings.timeoutSeconds > 0, idleSeconds > Int64(settings.timeoutSeconds),
            client.pointee.flags.isDisjoint(with: [.blocked, .subscribed])
        {
            log.verbose("Closing idle client")
            close(client)
            return
        }
        // Redis 7.4 shrinks a query buffer after two idle seconds.
        if idleSeconds > 2 { client.pointee.partial?.pointee.giveBackRoom() }
        if connection.pointee.hasOutput { _ = checkOutputLimit(client) }
    }
}
