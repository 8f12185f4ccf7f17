// The sockets that the server listens on, from the configuration.

import Configuration
import EventLoop

extension Server {
    /// Opens the listeners. Returns false, having logged why, if the server cannot start.
    package func listen() -> Bool {
        var options = ListenOptions()
        options.backlog = Int32(clamping: configuration.integer("tcp-backlog"))
        options.keepaliveSeconds = configuration.settings.tcpKeepaliveSeconds
        let failures = reactor.pointee.listenTCP(
            addresses: configuration.words("bind").map(\.decoded),
            port: UInt16(clamping: configuration.integer("port")), options: options)
        for failure in failures { log.warning("Warning: \(failure.text)") }
        return !failures.contains(where: \.isFatal) && reactor.pointee.isListening
    }
}
