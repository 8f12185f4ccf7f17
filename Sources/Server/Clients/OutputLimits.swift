// client-output-buffer-limit: a client that does not read what it asked for is dropped.

import Configuration
import EventLoop
import Memory
import RESP

extension Server {
    /// Checks what waits for the client against its limits. False if it was dropped.
    func checkOutputLimit(_ client: ClientPointer) -> Bool {
        guard let limit = outputLimit(client), isAbove(limit, client) else { return true }
        return drop(client)
    }

    /// The limit of the client's class.
    func outputLimit(_ client: ClientPointer) -> OutputLimit? {
        client.pointee.flags.contains(.subscribed)
            ? settings.pubsubOutputLimit : settings.normalOutputLimit
    }

    /// Whether what waits is above the hard limit, or has been above the soft one for too long.
    func isAbove(_ limit: OutputLimit, _ client: ClientPointer) -> Bool {
        let used = client.pointee.connection.pointee.output.memory
        if limit.hardBytes > 0, used >= limit.hardBytes { return true }
        guard limit.softBytes > 0, used >= limit.softBytes else {
            client.pointee.softLimitSince = 0
            return false
        }
        if client.pointee.softLimitSince == 0 {
            client.pointee.softLimitSince = now
            return false
        }
        return now - client.pointee.softLimitSince > Int64(limit.softSeconds) * 1000
    }

    @inline(never)
    private func drop(_ client: ClientPointer) -> Bool {
        log.warning(
            "Client \(describe(client)) scheduled to be closed ASAP for overcoming of output "
                + "buffer limits.")
        statistics.outputBufferDisconnections += 1
        close(client)
        return false
    }
}
