// The slow checks before a command: what few clients in few moments need. Cold.

import Engine
import EventLoop
import Memory
import RESP

/// CLIENT PAUSE.
struct Pause {
    /// Unix milliseconds until which the pause lasts; 0 if there is none.
    var until: Int64 = 0
    /// Whether only writes wait.
    var onlyWrites = false

    var isActive: Bool { until != 0 }
}

extension Server {
    /// Whether request `i` may be looked at now. While clients are paused it stays where it is.
    func mayExecute(_ client: ClientPointer, _ i: Int) -> Bool {
        if !client.pointee.flags.isDisjoint(with: [.closeAfterReply, .closeNow, .blocked]) {
            return false
        }
        if isShuttingDown { return false }
        guard pause.isActive else { return true }
        if pause.until <= now {
            endPause()
            return true
        }
        // What is refused whatever it would do is refused now, as in Redis 7.4.
        guard let id = batch.pointee.command(i), batch.pointee.accepted[i], isHeldBack(id, client),
            !isUnauthenticated(client, id)
        else { return true }
        client.pointee.flags.insert(.paused)
        return false
    }

    /// Whether the pause concerns the command.
    private func isHeldBack(_ id: CommandID, _ client: ClientPointer) -> Bool {
        var flags = table.pointee[id].flags
        if id == .exec, let transaction = client.pointee.details?.transaction {
            flags.formUnion(transaction.commandFlags)
        }
        return !pause.onlyWrites || flags.contains(.write) || flags.contains(.mayReplicate)
    }

    /// Ends the pause: the waiting clients go on next turn.
    func endPause() {
        guard pause.isActive else { return }
        pause = Pause()
        engine.pointee.expiryPaused = false
        isGated = false
        if engine.pointee.attention.contains(.readyKeys) { serveReadyKeys() }
        clients.forEach { client in
            if client.pointee.flags.contains(.paused) {
                reactor.pointee.schedule(client.pointee.connection)
            }
        }
    }

    /// Refuses request `i` if the client has to authenticate first. True if it was refused.
    func refuses(_ client: ClientPointer, _ i: Int) -> Bool {
        // As Redis: an unknown command is unknown, a wrong count is wrong, whoever asks.
        guard let id = batch.pointee.command(i), batch.pointee.accepted[i],
            isUnauthenticated(client, id)
        else { return false }
        reply.pointee.error("NOAUTH Authentication required.")
        noteRejected(id)
        return true
    }

    private func isUnauthenticated(_ client: ClientPointer, _ id: CommandID) -> Bool {
        client.pointee.flags.contains(.unauthenticated)
            && !table.pointee[id].flags.contains(.noAuth)
    }

    /// Before a command: the one that CLIENT REPLY SKIP announced is this one.
    func beginSkip(_ client: ClientPointer) {
        if client.pointee.flags.contains(.replySkipNext) {
            client.pointee.flags.remove(.replySkipNext)
            client.pointee.flags.insert(.replySkip)
        }
    }

    /// Whether the command's reply is a message, which a client gets in any case.
    private func confirmsByPush(_ id: CommandID?) -> Bool {
        switch id {
        case .subscribe, .unsubscribe, .psubscribe, .punsubscribe, .ssubscribe, .sunsubscribe:
            true
        default: false
        }
    }

    /// Takes the reply back if the client does not want it. One that waits has its reply to come.
    func mute(_ client: ClientPointer, from offset: Int) {
        if client.pointee.flags.contains(.blocked) { return }
        if !client.pointee.flags.isDisjoint(with: [.replyOff, .replySkip]),
            !confirmsByPush(client.pointee.lastCommand)
        {
            reply.pointee.truncate(to: offset)
        }
        client.pointee.flags.remove(.replySkip)
    }
}
