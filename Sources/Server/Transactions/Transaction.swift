// What a client has on its way to EXEC: the keys it watches and the commands it has queued.
//
// Made at its first WATCH or MULTI, gone after EXEC, DISCARD, UNWATCH (outside MULTI) or the end of
// the connection. Cold.

import Engine
import Memory

final class Transaction {
    struct WatchedKey {
        let database: Int
        let key: [UInt8]
    }

    /// Whether MULTI has been called.
    var isOpen = false
    /// Whether a command could not be queued: EXEC will refuse.
    var hasFailed = false
    private(set) var requests: [SavedRequest] = []
    /// The flags of all queued commands together.
    private(set) var commandFlags: CommandFlags = []
    /// Bytes that the queue takes.
    private(set) var queueBytes = 0
    private(set) var watched: [WatchedKey] = []
    /// Set by the keyspace when a watched key changes.
    let mark: WatchMark

    init() {
        mark = .allocate(capacity: 1)
        mark.initialize(to: false)
    }

    deinit { mark.deallocate() }

    func append(_ request: SavedRequest, flags: CommandFlags) {
        requests.append(request)
        commandFlags.formUnion(flags)
        queueBytes += request.memoryBytes + MemoryLayout<SavedRequest>.stride
    }

    /// Ends the transaction's queue; what is watched stays.
    func clearQueue() {
        isOpen = false
        hasFailed = false
        requests = []
        commandFlags = []
        queueBytes = 0
    }

    func watch(_ key: WatchedKey) { watched.append(key) }

    func clearWatched() {
        watched = []
        mark.pointee = false
    }
}

extension Server {
    /// Stops watching for `client`.
    func unwatchAll(_ client: ClientPointer) {
        guard let transaction = client.pointee.details?.transaction else { return }
        if !transaction.watched.isEmpty { watchingClients -= 1 }
        for watched in transaction.watched {
            watched.key.withBytes {
                engine.pointee.unwatch(watched.database, $0, transaction.mark)
            }
        }
        transaction.clearWatched()
        if !transaction.isOpen { client.pointee.details?.transaction = nil }
    }

    /// Drops the queue and stops watching: DISCARD, the end of EXEC, RESET, a closed connection.
    func discardTransaction(_ client: ClientPointer) {
        guard let transaction = client.pointee.details?.transaction else { return }
        client.pointee.flags.remove(.inTransaction)
        transaction.clearQueue()
        unwatchAll(client)
    }

    /// Whether a key that `transaction` watches has run out of its time since.
    func hasExpiredKey(_ transaction: Transaction) -> Bool {
        transaction.watched.contains { watched in
            watched.key.withBytes {
                engine.pointee.hasExpired(watched.database, $0, transaction.mark)
            }
        }
    }
}
