// Between MULTI and EXEC: a command is checked as if it ran now, and queued. Cold.
//
// A command that fails these checks makes EXEC refuse the whole transaction (Redis 7.4).

import Engine
import Memory
import RESP

extension Server {
    /// Queues request `i`, or runs it if it is one of those that steer the transaction.
    @inline(never)
    func executeInTransaction(_ client: ClientPointer, _ i: Int) {
        guard let transaction = client.pointee.details?.transaction else { return }
        let request = parser.pointee.requests[i]
        let arguments = UnsafePointer(parser.pointee.arguments + request.argumentStart)
        guard let id = batch.pointee.command(i) else {
            transaction.hasFailed = true
            return rejectUnknown(arguments, request.count)
        }
        client.pointee.lastCommand = id
        guard batch.pointee.accepted[i] || isMissingSubcommand(id, request.count) else {
            return id == .exec ? abortMalformed(client) : reject(id, transaction)
        }
        if steersTransaction(id) { return execute(client, i) }
        if isQueueable(id, arguments, request.count, client) {
            queue(id, arguments, request.count, i, transaction, client)
        } else {
            transaction.hasFailed = true
        }
    }

    private func reject(_ id: CommandID, _ transaction: Transaction) {
        transaction.hasFailed = true
        rejectArity(id)
    }

    /// EXEC itself came with arguments.
    private func abortMalformed(_ client: ClientPointer) {
        discardTransaction(client)
        reply.pointee.error(
            """
            EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' \
            command
            """)
        noteRejected(.exec)
    }

    private func steersTransaction(_ id: CommandID) -> Bool {
        switch id {
        case .exec, .discard, .multi, .watch, .quit, .reset: true
        default: false
        }
    }

    /// Whether a container stands here itself because it has no subcommand of that name.
    private func isMissingSubcommand(_ id: CommandID, _ count: Int) -> Bool {
        count > 1 && table.pointee[id].isContainer
    }

    /// Whether the command passes the checks before its handler; else the error is written.
    private func isQueueable(
        _ id: CommandID, _ arguments: UnsafePointer<Bytes>, _ count: Int, _ client: ClientPointer
    ) -> Bool {
        if isMissingSubcommand(id, count) {
            rejectSubcommand(id, arguments[1])
            return false
        }
        let flags = table.pointee[id].flags
        if flags.contains(.protected), !mayDebug(client) { return false }
        if flags.contains(.noMulti) {
            reply.pointee.error("ERR Command not allowed inside a transaction")
            noteRejected(id)
            return false
        }
        // The queue itself takes memory, whatever the command.
        if settings.limitsMemory, !hasRoom() {
            refuseForMemory(id)
            return false
        }
        return true
    }

    private func queue(
        _ id: CommandID, _ arguments: UnsafePointer<Bytes>, _ count: Int, _ i: Int,
        _ transaction: Transaction, _ client: ClientPointer
    ) {
        let owned = i == 0 ? parser.pointee.owned : nil
        let request = SavedRequest(
            id, arguments, count, owned: owned, ownedIndex: parser.pointee.ownedIndex)
        transaction.append(request, flags: table.pointee[id].flags)
        // Queueing is no call, though the run that this request is part of counts one.
        commandStatistics[id.index].calls -= 1
        statistics.commands -= 1
        guard transaction.queueBytes <= settings.queryBufferLimit else {
            log.warning("Closing client that queued too much in MULTI: \(describe(client))")
            statistics.queryBufferDisconnections += 1
            return closeSoon(client)
        }
        reply.pointee.simple("QUEUED")
    }
}
