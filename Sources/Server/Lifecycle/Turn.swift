// The loop: wait, serve what is ready, run cycles in slices, and the periodic work that is due.

import CMachine
import Engine
import EventLoop
import Memory
import RESP

/// Numbers of the registered cycles.
struct CycleIndexes {
    var expiry = 0
    var lazyFree = 0
    var compaction = 0
    var eviction = 0
}

/// What a timer of the reactor is for.
enum TimerKind: UInt32 {
    /// Ten times a second (or `hz` times): see Cron.
    case cron = 1
    case pauseEnd = 2
    /// A client has waited for a key for as long as it wanted to; the payload is its pointer.
    case waitTimeout = 3
}

extension Server {
    /// A connection's longest run of requests in one turn, and all connections' together, ns.
    static let shareNanoseconds: UInt64 = 300_000
    static let turnNanoseconds: UInt64 = 1_000_000

    func registerCycles() {
        cycleIndexes.expiry = reactor.pointee.cycles.register("expiry")
        cycleIndexes.lazyFree = reactor.pointee.cycles.register("lazyfree")
        cycleIndexes.compaction = reactor.pointee.cycles.register("compaction")
        cycleIndexes.eviction = reactor.pointee.cycles.register("eviction")
    }

    /// Runs until a shutdown was asked for.
    package func run() {
        // The start of the process is no turn.
        reactor.pointee.resetStatistics()
        shareTicks = reactor.pointee.clock.ticks(forNanoseconds: Self.shareNanoseconds)
        turnTicks = reactor.pointee.clock.ticks(forNanoseconds: Self.turnNanoseconds)
        startCron()
        while !isShuttingDown { turn() }
    }

    /// One turn of the loop.
    func turn() {
        reactor.pointee.wait(atMostMilliseconds: waitMilliseconds)
        engine.pointee.setClock(Int64(reactor.pointee.clock.realtimeNanoseconds / 1_000_000))
        serveEvents()
        runTimers()
        if pubsub.hasEnqueued { flushMessages() }
        noteCycleWork()
        runCycles()
        // Keys that went in the cycles.
        if engine.pointee.attention.contains(.readyKeys) { serveReadyKeys() }
    }

    @inline(__always)
    private func serveEvents() {
        var now = machine_ticks()
        let turnDeadline = now &+ turnTicks
        while true {
            let event = reactor.pointee.next()
            switch event.kind {
            case .none: return
            case .connection:
                guard let connection = event.connection else { continue }
                shareDeadline = now &+ shareTicks
                serve(connection)
                now = machine_ticks()
                // The turn is long enough: who is left comes first in the next one.
                if now >= turnDeadline { return }
            case .listener: acceptClients(event.index)
            case .signal: signalled(Int32(event.index))
            case .descriptor: break
            }
        }
    }

    private func runTimers() {
        var left = Self.timersPerTurn
        while left > 0,
            let timer = reactor.pointee.timers.popDue(
                now: reactor.pointee.clock.monotonicNanoseconds)
        {
            left -= 1
            switch TimerKind(rawValue: timer.kind) {
            case .cron: cron()
            case .pauseEnd: pauseTimerFired()
            case .waitTimeout: waitTimedOut(timer.payload)
            case nil: break
            }
        }
    }

    // MARK: Cycles

    /// Tells the reactor which cycles have something to do, and how long it may wait for keys to
    /// expire.
    @inline(__always)
    private func noteCycleWork() {
        let work = Engine.pendingWork(engine)
        waitMilliseconds = -1
        if work.expiry <= now {
            reactor.pointee.cycles.setWork(cycleIndexes.expiry, true)
        } else if work.expiry != .max {
            waitMilliseconds = Int32(truncatingIfNeeded: min(work.expiry &- now, 1000))
        }
        if work.lazyFree { reactor.pointee.cycles.setWork(cycleIndexes.lazyFree, true) }
        if work.eviction, !isPaused { reactor.pointee.cycles.setWork(cycleIndexes.eviction, true) }
    }

    @inline(__always)
    private func runCycles() {
        guard reactor.pointee.cycles.workCount > 0 else { return }
        runSlices()
    }

    @inline(never)
    private func runSlices() {
        reactor.pointee.beginCycles()
        while let slice = reactor.pointee.nextSlice() {
            var items = 0
            var more = true
            while more, !slice.budget.exhausted() {
                more = step(of: slice.cycle)
                items += 1
            }
            reactor.pointee.endSlice(slice, items: items, hasWork: more)
        }
    }

    /// One bounded piece of a cycle; false when it has nothing left to do.
    private func step(of cycle: Int) -> Bool {
        switch cycle {
        case cycleIndexes.expiry: engine.pointee.expireSome()
        case cycleIndexes.lazyFree: engine.pointee.lazyFreeSome()
        case cycleIndexes.compaction: engine.pointee.compactSome()
        case cycleIndexes.eviction: engine.pointee.evictSome()
        default: false
        }
    }
}
