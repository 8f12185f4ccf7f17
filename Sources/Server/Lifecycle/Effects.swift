// CONFIG SET put into effect: what the process has to do besides remembering the new values.
//
// `putIntoEffect` does what can fail and may refuse; the configuration then calls it again with the
// values as before, so it must be able to go either way. `finishChange` follows once the change
// stands.

import Configuration
import EventLoop
import Glibc
import Memory

extension Server {
    /// Directives that `putIntoEffect` may refuse.
    private static var effects: [String] {
        [
            "port", "bind", "tls-port", "maxclients", "appendonly", "oom-score-adj",
            "oom-score-adj-values", "locale-collate",
        ]
    }

    func isEffect(_ name: ByteText) -> Bool {
        Self.effects.contains(name.lowercasedASCII.decoded)
    }

    /// Puts the changed directives of `next` into effect, or says which one cannot be.
    func putIntoEffect(_ next: Configuration, _ changed: [String]) -> Veto? {
        for name in changed {
            switch name {
            case "appendonly":
                if next.bool(name) {
                    return Veto(name, "This version has no append-only file")
                }
            case "tls-port":
                if next.integer(name) != 0 { return Veto(name, "This version does not speak TLS") }
            case "maxclients":
                if let veto = makeRoom(forClients: next.integer(name)) { return veto }
            case "oom-score-adj", "oom-score-adj-values":
                guard applyOOMScore(next) else {
                    return Veto(
                        name, "Failed to set current oom_score_adj. Check server logs.")
                }
            case "locale-collate":
                guard ServerProcess.setLocale(next.string(name)) else {
                    return Veto(name, "Invalid locale name")
                }
            default: break
            }
        }
        return listenAnew(next, changed)
    }

    /// The listeners, if `port` or `bind` changed; the last step, so that nothing can undo it.
    private func listenAnew(_ next: Configuration, _ changed: [String]) -> Veto? {
        let movesPort = changed.contains("port")
        guard movesPort || changed.contains("bind"), !listenTCP(next) else { return nil }
        guard movesPort else { return Veto("bind", "Failed to bind to specified addresses.") }
        return Veto("port", "Unable to listen on this port. Check server logs.")
    }

    private func makeRoom(forClients count: Int) -> Veto? {
        guard count > settings.maxClients else { return nil }
        let limit = raiseOpenFileLimit(maxClients: count)
        guard limit.maxclients < UInt64(count) else { return nil }
        return Veto(
            "maxclients",
            "The operating system is not able to handle the specified number of clients, try with "
                + "\(limit.maxclients)")
    }

    /// After the change, which nothing can refuse any more.
    func finishChange(_ changed: [String]) {
        for name in changed {
            switch name {
            case "tcp-keepalive":
                reactor.pointee.setKeepalive(seconds: configuration.integer(name))
            case "requirepass": letIn()
            case "maxmemory": warnOfSmallMemory()
            case "port", "bind", "proc-title-template": updateProcessTitle()
            default: break
            }
        }
    }

    /// Without a password nobody has to log in, those that did not included.
    private func letIn() {
        guard !settings.requiresPassword else { return }
        clients.forEach { $0.pointee.flags.remove(.unauthenticated) }
    }

    private func warnOfSmallMemory() {
        let limit = engine.pointee.settings.maxMemory
        engine.pointee.retryEviction()
        guard limit != 0, limit < Allocator.usedBytes else { return }
        log.warning(
            "WARNING: the new maxmemory value set via CONFIG SET (\(limit)) is smaller than the "
                + "current memory usage (\(Allocator.usedBytes)). Keys will be evicted, or writes "
                + "refused, as the maxmemory-policy says.")
    }
}
