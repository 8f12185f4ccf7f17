// Clients that wait for a key: from the handler that asked for it (`suspendIfAsked`) to the reply,
// the timeout or the end of the connection.
//
// A waiting client keeps a copy of its request, and nothing more is read or executed for it: what it
// sent behind the request stays in its input buffer, and what it sends stays in its socket. Only its
// end is noticed. When a key is ready the same command runs again, for the client and in its place,
// while another client's batch may be half executed: so replies to waiting clients are built in a
// buffer of their own and queued, and leave with their connection's next turn. No client is closed
// in the midst of that.

import CMachine
import Engine
import EventLoop
import Memory
import RESP

/// The request of a client that waits.
final class WaitingRequest {
    let request: SavedRequest
    /// The engine's record of the wait; nil while the command runs again.
    var handle: WaitHandle?
    var timer = TimerHandle.none
    /// What the command's runs without a result took.
    var ticks: UInt64 = 0

    init(_ request: SavedRequest) { self.request = request }

    /// Bytes of memory that the wait takes, but for the records of the keys.
    var memoryBytes: Int { request.memoryBytes + (handle?.memoryBytes ?? 0) }

    var argumentBytes: Int {
        var sum = 0
        for i in 0..<request.count { sum += request.arguments[i].count }
        return sum
    }
}

/// All clients that wait for keys.
struct WaitingClients {
    /// By id, for CLIENT UNBLOCK.
    var byID: [UInt64: ClientPointer] = [:]
    /// Those with a timeout.
    var timed = 0

    var count: Int { byID.count }
}

extension Server {
    /// Timeouts that are answered in one turn; more of them follow in the next.
    static var timersPerTurn: Int { 512 }

    // MARK: Beginning to wait

    /// After a handler that may have called `block`: suspends its client if it did.
    @inline(never)
    func suspendIfAsked(_ id: CommandID, _ client: ClientPointer, _ c: borrowing CommandContext) {
        guard let wish = engine.pointee.takeBlockRequest() else { return }
        let waiting: WaitingRequest
        if let again = client.pointee.waiting {
            // It was woken and found nothing: the same request waits on, as long as before.
            waiting = again
        } else {
            waiting = WaitingRequest(
                SavedRequest(
                    id, c.arguments, c.count, owned: c.ownedArgument,
                    ownedIndex: c.ownedArgumentIndex))
            for change in wish.replacing {
                waiting.request.replace(change.index, with: change.bytes)
            }
            client.pointee.waiting = waiting
            client.pointee.flags.insert(.blocked)
            waitingClients.byID[client.pointee.id] = client
            if wish.deadline != 0 { armTimeout(client, waiting, wish.deadline) }
            // A call is counted once, when it is through.
            commandStatistics[id.index].calls -= 1
            statistics.commands -= 1
            client.pointee.commandCount &-= 1
        }
        waiting.handle = Engine.startWaiting(
            engine, UnsafeMutableRawPointer(client), database: Int(client.pointee.database),
            UnsafePointer(waiting.request.arguments), wish)
    }

    private func armTimeout(
        _ client: ClientPointer, _ waiting: WaitingRequest, _ deadline: Int64
    ) {
        // 285 years at most: nanoseconds cannot overflow.
        let milliseconds = UInt64(min(max(deadline - now, 0), 9_000_000_000_000))
        waiting.timer = reactor.pointee.timers.add(
            deadline: reactor.pointee.clock.monotonicNanoseconds + milliseconds * 1_000_000,
            kind: TimerKind.waitTimeout.rawValue,
            payload: UInt64(UInt(bitPattern: client)))
        waitingClients.timed += 1
    }

    // MARK: Waking

    /// Runs the commands of all clients whose keys have become ready: after each command, before
    /// the next one of any client.
    @inline(never)
    func serveReadyKeys() {
        // Woken commands are commands: while those are held back, so are they.
        if isPaused { return }
        exchangeReplies()
        while let owner = Engine.nextReadyOwner(engine) {
            runAgain(owner.assumingMemoryBound(to: Client.self))
        }
        exchangeReplies()
    }

    /// Puts the buffer for other clients' replies in the place of that of the client being served,
    /// and back.
    private func exchangeReplies() { swap(&reply.pointee, &otherReply.pointee) }

    private func runAgain(_ client: ClientPointer) {
        guard let waiting = client.pointee.waiting else { return }
        waiting.handle = nil
        let connection = client.pointee.connection
        if connection.pointee.isPeerClosed || connection.pointee.hasFailed {
            // Nobody would get what is taken out of the key: its turn closes it.
            reactor.pointee.schedule(connection)
            return
        }
        reply.pointee.resp3 = client.pointee.resp3
        let errors = reply.pointee.errorCount
        let started = machine_ticks()
        let id = waiting.request.id
        if !settings.limitsMemory || makeRoom(id) { run(waiting.request, client) }
        waiting.ticks &+= machine_ticks() &- started
        guard waiting.handle == nil else { return }
        finish(client, waiting, errors)
    }

    /// The request is through, its reply written: counts it, queues the reply, lets the client go on.
    private func finish(_ client: ClientPointer, _ waiting: WaitingRequest, _ errors: Int) {
        let id = waiting.request.id
        commandStatistics[id.index].calls += 1
        commandStatistics[id.index].ticks &+= waiting.ticks
        statistics.commands += 1
        client.pointee.commandCount &+= 1
        if reply.pointee.errorCount != errors { noteErrors(id.rawValue, since: errors) }
        stopWaiting(client)
        mute(client, from: 0)
        if reply.pointee.wireCount > 0 {
            reactor.pointee.enqueue(
                client.pointee.connection, UnsafePointer(reply.pointee.base), reply.pointee.count,
                references: reply.pointee.references.map { UnsafePointer($0) },
                referenceCount: reply.pointee.referenceCount)
            reply.pointee.reset()
        }
        // What it sent meanwhile comes in its next turn, behind the reply.
        client.pointee.flags.insert(.deferred)
        reactor.pointee.schedule(client.pointee.connection)
    }

    /// Ends a client's wait: it may go on, or it is about to be closed.
    func stopWaiting(_ client: ClientPointer) {
        guard let waiting = client.pointee.waiting else { return }
        if let handle = waiting.handle { Engine.stopWaiting(engine, handle) }
        waiting.handle = nil
        if reactor.pointee.timers.cancel(waiting.timer) { waitingClients.timed -= 1 }
        waiting.timer = .none
        waitingClients.byID[client.pointee.id] = nil
        client.pointee.flags.remove(.blocked)
        client.pointee.waiting = nil
    }

    // MARK: Ending without a result

    /// A waiting client's time is over.
    func waitTimedOut(_ payload: UInt64) {
        // Safety: the timer is cancelled before its client is freed.
        guard let client = ClientPointer(bitPattern: UInt(payload)) else { return }
        client.pointee.waiting?.timer = .none
        waitingClients.timed -= 1
        endWait(client, withError: false)
    }

    /// Answers a waiting client with a null array, or the error of CLIENT UNBLOCK.
    private func endWait(_ client: ClientPointer, withError: Bool) {
        guard let waiting = client.pointee.waiting else { return }
        exchangeReplies()
        reply.pointee.resp3 = client.pointee.resp3
        let errors = reply.pointee.errorCount
        if withError {
            reply.pointee.error("UNBLOCKED client unblocked via CLIENT UNBLOCK")
        } else {
            reply.pointee.nullArray()
        }
        finish(client, waiting, errors)
        exchangeReplies()
    }

    /// CLIENT UNBLOCK client-id [TIMEOUT|ERROR].
    @inline(never)
    func clientUnblockCommand(_ client: ClientPointer, _ c: inout CommandContext) {
        guard c.count <= 4 else {
            return c.reply.pointee.error(
                "ERR unknown subcommand or wrong number of arguments for '", c[1],
                "'. Try CLIENT HELP.")
        }
        var withError = false
        if c.count == 4 {
            withError = c[3].isWord("error")
            guard withError || c[3].isWord("timeout") else {
                return c.reply.pointee.error(
                    "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR")
            }
        }
        guard let id = c[2].integer else {
            return c.reply.pointee.error("ERR value is not an integer or out of range")
        }
        guard id > 0, let other = waitingClients.byID[UInt64(id)] else {
            return c.reply.pointee.integer(0)
        }
        endWait(other, withError: withError)
        // Redis 7.4 counts the error as this command's failure, too.
        if withError { commandStatistics[CommandID.clientUnblock.index].failed += 1 }
        c.reply.pointee.integer(1)
    }
}
