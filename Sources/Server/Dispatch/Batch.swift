// Executes a batch of parsed requests in order. Hot.
//
// First the whole batch is looked at: command, key hash, prefetch of the bucket, then of the entry.
// With a large keyspace the cost of a request is waiting for memory, and so that waiting overlaps.
// Then each request runs. Time is taken once per run of the same command; the clock that keys expire
// by is the turn's, unless a run took long.

import CMachine
import Engine
import EventLoop
import Memory
import RESP

extension Server {
    /// Executes the parser's requests. Returns how many were done with; fewer than there are if the
    /// client must not go on.
    @inline(__always)
    func executeBatch(_ client: ClientPointer) -> Int {
        let count = parser.pointee.requestCount
        guard count > 0 else { return 0 }
        batch.pointee.look(
            at: parser.pointee.requests, count, parser.pointee.arguments, table.pointee,
            engine.pointee.databases + Int(client.pointee.database))
        var i = 0
        var started = machine_ticks()
        while i < count {
            let id = batch.pointee.ids[i]
            let first = i
            repeat {
                let errors = reply.pointee.errorCount
                if engine.pointee.attention.rawValue != 0
                    || !client.pointee.flags.isDisjoint(with: .gated)
                {
                    guard executeGated(client, i) else {
                        return stopped(client, at: i, id, calls: i - first, errors)
                    }
                } else {
                    execute(client, i)
                }
                if reply.pointee.errorCount != errors { noteErrors(id, since: errors) }
                i &+= 1
            } while i < count && batch.pointee.ids[i] == id
            let now = machine_ticks()
            noteCalls(id, i &- first, now &- started)
            started = now
            if now >= shareDeadline { refreshTime() }
        }
        client.pointee.commandCount &+= UInt64(count)
        statistics.commands &+= count
        if engine.pointee.attention.rawValue != 0 { attend(client) }
        return count
    }

    /// Between two commands, or behind a batch's last: serves clients whose keys are ready.
    @inline(never)
    private func attend(_ client: ClientPointer) {
        guard engine.pointee.attention.contains(.readyKeys) else { return }
        if client.pointee.flags.contains(.blocked), reply.pointee.wireCount > 0 {
            // It may be served itself: its earlier replies go first.
            reactor.pointee.enqueue(
                client.pointee.connection, UnsafePointer(reply.pointee.base), reply.pointee.count,
                references: reply.pointee.references.map { UnsafePointer($0) },
                referenceCount: reply.pointee.referenceCount)
            reply.pointee.reset()
        }
        serveReadyKeys()
    }

    /// Reads the clock after what took long: to what comes behind it in the pipeline, time has passed.
    @inline(never)
    private func refreshTime() {
        reactor.pointee.refreshClock()
        engine.pointee.setClock(Int64(reactor.pointee.clock.realtimeNanoseconds / 1_000_000))
    }

    @inline(__always)
    private func noteCalls(_ id: UInt16, _ calls: Int, _ ticks: UInt64) {
        guard id != CommandID.noNumber else { return }
        commandStatistics[Int(id)].calls &+= calls
        commandStatistics[Int(id)].ticks &+= ticks
    }

    /// Runs request `i` of the batch for a client in its normal state.
    @inline(__always)
    func execute(_ client: ClientPointer, _ i: Int) {
        let request = parser.pointee.requests[i]
        let arguments = UnsafePointer(parser.pointee.arguments + request.argumentStart)
        let number = batch.pointee.ids[i]
        guard number != CommandID.noNumber else {
            rejectUnknown(arguments, request.count)
            return
        }
        let id = CommandID(number: number)
        client.pointee.lastCommand = id
        guard batch.pointee.accepted[i] else {
            rejectArity(id)
            return
        }
        if settings.limitsMemory, !makeRoom(id) { return }
        var context = CommandContext(
            arguments: arguments, count: request.count, engine: engine,
            database: engine.pointee.databases + Int(client.pointee.database), reply: reply,
            firstKeyHash: batch.pointee.hashes[i], keyHashes: batch.pointee.allKeyHashes[i],
            memberHash: batch.pointee.memberHashes[i],
            ownedArgument: i == 0 ? parser.pointee.owned : nil,
            ownedArgumentIndex: parser.pointee.ownedIndex,
            noTouch: client.pointee.flags.contains(.noTouch))
        dispatch(id, client, &context)
    }

    /// Runs request `i` under the slow checks. False if the client must not go on now.
    @inline(never)
    private func executeGated(_ client: ClientPointer, _ i: Int) -> Bool {
        attend(client)
        guard mayExecute(client, i) else { return false }
        beginSkip(client)
        let offset = reply.pointee.count
        if !refuses(client, i), !refusesWhileSubscribed(client, i) {
            if client.pointee.flags.contains(.inTransaction) {
                executeInTransaction(client, i)
            } else {
                execute(client, i)
            }
        }
        mute(client, from: offset)
        return client.pointee.flags.isDisjoint(with: [.closeAfterReply, .closeNow])
    }

    /// Accounts for a run that ended early at request `i`, and says how many were done with.
    @inline(never)
    private func stopped(
        _ client: ClientPointer, at i: Int, _ id: UInt16, calls: Int, _ errors: Int
    ) -> Int {
        // The request that closed the connection is done with; the one that must wait is not.
        let closing = client.pointee.flags.isDisjoint(with: .waits)
        noteCalls(id, closing ? calls + 1 : calls, 0)
        if reply.pointee.errorCount != errors { noteErrors(id, since: errors) }
        let done = closing ? i + 1 : i
        statistics.commands &+= done
        client.pointee.commandCount &+= UInt64(done)
        return done
    }

    /// Whether a connection's share of the turn is spent.
    func isShareSpent() -> Bool { machine_ticks() >= shareDeadline }
}
