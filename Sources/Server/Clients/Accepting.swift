// New connections: limits, protected mode, and the client's first state.

import Engine
import EventLoop
import Memory
import RESP

extension Server {
    func acceptClients(_ listener: UInt32) {
        for _ in 0..<reactor.pointee.limits.acceptsPerTurn {
            switch reactor.pointee.accept(listener) {
            case .none: return
            case .paused(let problem):
                log.warning("Accepting client connection: \(problem.reason)")
                return
            case .failed(let problem):
                log.warning("Error registering fd event for the new client: \(problem.reason)")
            case .connection(let connection): welcome(connection)
            }
        }
    }

    private func welcome(_ connection: ConnectionPointer) {
        if clients.count >= settings.maxClients {
            statistics.rejectedConnections += 1
            refuse(connection, "-ERR max number of clients reached\r\n")
            return
        }
        if isProtected, !isLocal(connection) {
            statistics.rejectedConnections += 1
            refuse(connection, Self.protectedModeError)
            return
        }
        let client = clients.add(connection, now: now)
        if settings.requiresPassword { client.pointee.flags.insert(.unauthenticated) }
    }

    /// One attempt to say why, then the end.
    private func refuse(_ connection: ConnectionPointer, _ text: StaticString) {
        connection.pointee.closeAfterReply = true
        _ = reactor.pointee.send(connection, text.utf8Start, text.utf8CodeUnitCount)
        reactor.pointee.close(connection)
    }

    /// Protected mode refuses strangers while the default user has no password.
    private var isProtected: Bool { settings.protectedMode && !settings.requiresPassword }

    /// Whether the peer is on this machine: loopback or a unix socket.
    func isLocal(_ connection: ConnectionPointer) -> Bool {
        connection.pointee.isUnixSocket || connection.pointee.peer.isLoopback
    }

    private static var protectedModeError: StaticString {
        """
        -DENIED Redis is running in protected mode because protected mode is enabled and no \
        password is set for the default user. Only connections from this machine are accepted \
        then. To let others in, \
        either set a password (requirepass in the configuration file, or CONFIG SET requirepass \
        from this machine), or, where the network is safe, turn the mode off (protected-mode no, \
        or CONFIG SET protected-mode no followed by CONFIG REWRITE).\r\n
        """
    }
}
