// MULTI, EXEC, DISCARD, WATCH, UNWATCH.
//
// What is queued in between: Transactions/Queueing.swift. Replies and errors are those of Redis 7.4.

import CMachine
import Engine
import Memory
import RESP

package let transactionCommandRows: [CommandRow] = [
    multiRow, execRow, discardRow, watchRow, unwatchRow,
]

private let multiRow = CommandRow(
    .multi, "multi", arity: 1, [.noScript, .loading, .stale, .fast, .allowBusy], .transaction,
    since: "1.2.0", group: .transactions, complexity: "O(1)",
    summary: "Begins a transaction: commands are queued from now on.")

private let execRow = CommandRow(
    .exec, "exec", arity: 1, [.noScript, .loading, .stale, .skipSlowlog], .transaction,
    since: "1.2.0", group: .transactions, complexity: "That of the queued commands",
    summary: "Runs the queued commands, with nothing in between.")

private let discardRow = CommandRow(
    .discard, "discard", arity: 1, [.noScript, .loading, .stale, .fast, .allowBusy], .transaction,
    since: "2.0.0", group: .transactions, complexity: "O(N), N being the queued commands",
    summary: "Ends a transaction without running it.")

private let watchRow = CommandRow(
    .watch, "watch", arity: -2, [.noScript, .loading, .stale, .fast, .allowBusy], .transaction,
    keys: [.at(1, through: -1, .ro)],
    since: "2.2.0", group: .transactions, complexity: "O(1) for each key",
    summary: "Makes the next transaction depend on keys staying as they are.",
    arguments: [.key("key").multiple])

private let unwatchRow = CommandRow(
    .unwatch, "unwatch", arity: 1, [.noScript, .loading, .stale, .fast, .allowBusy], .transaction,
    since: "2.2.0", group: .transactions, complexity: "O(1)",
    summary: "Forgets all watched keys.")

extension Server {
    @inline(never)
    func multiCommand(_ client: ClientPointer, _ c: inout CommandContext) {
        let transaction = makeTransaction(client)
        guard !transaction.isOpen else {
            return c.reply.pointee.error("ERR MULTI calls can not be nested")
        }
        transaction.isOpen = true
        client.pointee.flags.insert(.inTransaction)
        c.reply.pointee.ok()
    }

    private func makeTransaction(_ client: ClientPointer) -> Transaction {
        let details = client.pointee.makeDetails()
        if let transaction = details.transaction { return transaction }
        let made = Transaction()
        details.transaction = made
        return made
    }

    @inline(never)
    func discardCommand(_ client: ClientPointer, _ c: inout CommandContext) {
        guard client.pointee.flags.contains(.inTransaction) else {
            return c.reply.pointee.error("ERR DISCARD without MULTI")
        }
        discardTransaction(client)
        c.reply.pointee.ok()
    }

    @inline(never)
    func watchCommand(_ client: ClientPointer, _ c: inout CommandContext) {
        guard !client.pointee.flags.contains(.inTransaction) else {
            return c.reply.pointee.error("ERR WATCH inside MULTI is not allowed")
        }
        let transaction = makeTransaction(client)
        // What is dirty stays so: more watching is of no use.
        if !transaction.mark.pointee {
            for i in 1..<c.count { watch(c[i], client, transaction) }
        }
        c.reply.pointee.ok()
    }

    private func watch(_ key: Bytes, _ client: ClientPointer, _ transaction: Transaction) {
        let database = Int(client.pointee.database)
        // Seen first: a key past its time goes now, unless expiry is paused.
        let hash = engine.pointee.hash(key)
        _ = (engine.pointee.databases + database).pointee.peek(key, hash)
        guard engine.pointee.watch(database, key, transaction.mark) else { return }
        if transaction.watched.isEmpty { watchingClients += 1 }
        transaction.watch(Transaction.WatchedKey(database: database, key: key.array))
    }

    @inline(never)
    func unwatchCommand(_ client: ClientPointer, _ c: inout CommandContext) {
        unwatchAll(client)
        c.reply.pointee.ok()
    }

    @inline(never)
    func execCommand(_ client: ClientPointer, _ c: inout CommandContext) {
        guard client.pointee.flags.contains(.inTransaction),
            let transaction = client.pointee.details?.transaction
        else { return c.reply.pointee.error("ERR EXEC without MULTI") }
        if transaction.hasFailed {
            c.reply.pointee.error(
                "EXECABORT Transaction discarded because of previous errors.")
        } else if transaction.mark.pointee || hasExpiredKey(transaction) {
            c.reply.pointee.nullArray()
        } else if settings.limitsMemory, transaction.commandFlags.contains(.denyOOM), !hasRoom() {
            c.reply.pointee.error(
                """
                EXECABORT Transaction discarded because of: OOM command not allowed when used \
                memory > 'maxmemory'.
                """)
        } else {
            execute(transaction, client)
        }
        discardTransaction(client)
        appendOwnMessages()
    }

    /// Runs what is queued. Nobody is served in between, and no command waits.
    private func execute(_ transaction: Transaction, _ client: ClientPointer) {
        let requests = transaction.requests
        // From here on the client's own commands do not count as changes to what it watched.
        client.pointee.flags.remove(.inTransaction)
        transaction.clearQueue()
        unwatchAll(client)
        isInExec = true
        engine.pointee.mayBlock = false
        defer {
            isInExec = false
            engine.pointee.mayBlock = true
        }
        reply.pointee.array(requests.count)
        for request in requests {
            let errors = reply.pointee.errorCount
            let started = machine_ticks()
            client.pointee.lastCommand = request.id
            run(request, client)
            commandStatistics[request.id.index].calls += 1
            commandStatistics[request.id.index].ticks += machine_ticks() &- started
            statistics.commands += 1
            if reply.pointee.errorCount != errors {
                noteErrors(request.id.rawValue, since: errors)
                // Counted: they are not EXEC's own.
                reply.pointee.errorCount = errors
            }
        }
        client.pointee.lastCommand = .exec
    }
}
