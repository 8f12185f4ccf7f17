// client-output-buffer-limit: a client that does not read what it asked for is dropped.

import EventLoop
import Memory
import RESP

extension Server {
    /// Checks what waits for the client against its limits. False if it was dropped.
    func checkOutputLimit(_ client: ClientPointer) -> Bool {
        guard let limit = settings.normalOutputLimit else { return true }
        let used = client.pointee.connection.pointee.output.memory
        if limit.hardBytes > 0, used >= limit.hardBytes { return drop(client) }
        guard limit.softBytes > 0, used >= limit.softBytes else {
            client.pointee.softLimitSince = 0
            return true
        }
        if client.pointee.softLimitSince == 0 {
            client.pointee.softLimitSince = now
            return true
        }
        guard now - client.pointee.softLimitSince > Int64(limit.softSeconds) * 1000 else {
            return true
        }
        return drop(client)
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
