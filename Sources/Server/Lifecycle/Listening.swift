// The sockets that the server listens on, from the configuration: TCP addresses and a unix socket.

import Configuration
import EventLoop
import Glibc

extension Server {
    /// Opens the listeners. Returns false, having logged why, if the server cannot start.
    package func listen() -> Bool {
        warnOfShortBacklog()
        let port = configuration.integer("port")
        guard listenTCP(configuration) else {
            log.warning("Failed listening on port \(port) (tcp), aborting.")
            return false
        }
        guard listenUnix() else { return false }
        guard reactor.pointee.isListening else {
            log.warning("Configured to not listen anywhere, exiting.")
            return false
        }
        return true
    }

    /// Makes the TCP listeners those of `configuration`; false, with the old ones in force, if one
    /// could not be opened.
    func listenTCP(_ configuration: Configuration) -> Bool {
        var options = ListenOptions()
        options.backlog = Int32(clamping: configuration.integer("tcp-backlog"))
        options.keepaliveSeconds = configuration.settings.tcpKeepaliveSeconds
        options.mark = UInt32(clamping: configuration.integer("socket-mark-id"))
        let failures = reactor.pointee.listenTCP(
            addresses: configuration.words("bind").map(\.decoded),
            port: UInt16(clamping: configuration.integer("port")), options: options)
        for failure in failures { log.warning("Warning: \(failure.text)") }
        return !failures.contains(where: \.isFatal)
    }

    private func listenUnix() -> Bool {
        let path = configuration.string("unixsocket")
        guard !path.isEmpty else { return true }
        var options = UnixSocketOptions(path: path)
        options.permissions = mode_t(configuration.integer("unixsocketperm"))
        options.group = configuration.string("unixsocketgroup")
        options.backlog = Int32(clamping: configuration.integer("tcp-backlog"))
        guard let problem = reactor.pointee.listenUnix(options) else { return true }
        log.warning("Failed opening Unix socket: \(problem.text)")
        return false
    }

    private func warnOfShortBacklog() {
        let wanted = configuration.integer("tcp-backlog")
        guard let allowed = KernelLimits.somaxconn, allowed > 0, allowed < wanted else { return }
        log.warning(
            "WARNING: The TCP backlog setting of \(wanted) cannot be enforced because "
                + "/proc/sys/net/core/somaxconn is set to the lower value of \(allowed).")
    }
}
