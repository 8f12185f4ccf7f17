// Accepting connections, and what happens when descriptors run out.
//
// A listener that meets EMFILE, ENFILE or a kernel out of memory is taken out of the backend until a
// connection closes or 100 ms have passed: it is level-triggered and would spin otherwise. Peers
// wait in the backlog meanwhile and are served when there is room; nobody is cut off.

import CEpoll
import Glibc

package enum AcceptStatus {
    /// A new connection, registered.
    case connection(ConnectionPointer)
    /// The backlog is empty, or the rest is for the next turn.
    case none
    /// Descriptors have run out: the listener pauses. Log it (Redis: "Accepting client
    /// connection: ..."); this comes once per pause.
    case paused(KernelError)
    /// This one connection could not be set up and is closed; go on accepting.
    case failed(KernelError)
}

extension Reactor {
    /// The next connection of a listener. Call it until `.none` or `.paused`, at most
    /// `limits.acceptsPerTurn` times per turn: what is left is reported again.
    package mutating func accept(_ listener: UInt32) -> AcceptStatus {
        let index = Int(listener)
        guard listeners.isOpen(index) && !listeners.entries[index].isPaused else { return .none }
        var storage = sockaddr_storage()
        // Peers that left while queued are skipped, a bounded number at a time.
        for _ in 0..<16 {
            let fd = backend.accept(backend.context, listeners.entries[index].fd, &storage)
            if fd >= 0 { return welcome(fd, SocketAddress(&storage), index) }
            switch -fd {
            case EINTR, ECONNABORTED, EPROTO, EPERM, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET,
                EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH, ETIMEDOUT:
                continue
            case EAGAIN:
                return .none
            default:
                return pause(index, KernelError(call: "accept", errno: -fd))
            }
        }
        return .none
    }

    private mutating func welcome(
        _ fd: Int32, _ peer: SocketAddress, _ index: Int
    ) -> AcceptStatus {
        var peer = peer
        if case .unix = listeners.entries[index].place { peer = .unixPeer }
        switch adopt(fd: fd, peer: peer, listener: UInt16(index)) {
        case .success(let connection):
            statistics.connectionsAccepted += 1
            return .connection(connection)
        case .failure(let problem):
            backend.close(backend.context, fd)
            return .failed(problem)
        }
    }

    private mutating func pause(_ index: Int, _ problem: KernelError) -> AcceptStatus {
        _ = backend.remove(backend.context, listeners.entries[index].fd)
        listeners.entries[index].isPaused = true
        listeners.pausedCount += 1
        listeners.mayResume = false
        listeners.pausedUntil =
            clock.monotonicNanoseconds &+ ListenerSet.pauseMilliseconds * 1_000_000
        return .paused(problem)
    }

    /// After a wait: paused listeners go on once a connection has closed or their time is over.
    @inline(never)
    mutating func resumeListeners() {
        guard listeners.mayResume || clock.monotonicNanoseconds >= listeners.pausedUntil else {
            return
        }
        listeners.mayResume = false
        for index in listeners.entries.indices where listeners.entries[index].isPaused {
            let status = backend.add(
                backend.context, listeners.entries[index].fd,
                Self.token(.listener, UInt32(index)), Readiness.readable)
            // Out of memory again: the next pause's end tries again.
            guard status >= 0 else { continue }
            listeners.entries[index].isPaused = false
            listeners.pausedCount -= 1
        }
        listeners.pausedUntil =
            clock.monotonicNanoseconds &+ ListenerSet.pauseMilliseconds * 1_000_000
    }
}
