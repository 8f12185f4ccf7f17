// Who started the server, and telling them that it is ready and that it stops (`supervised`).
//
// systemd: one datagram each (EventLoop's Notify). upstart: the process stops itself once, and the
// init process, which waits for that, wakes it. A supervised process stays in the foreground.

import Configuration
import EventLoop
import Glibc

enum Supervision: String {
    case none = "no"
    case systemd
    case upstart

    /// What `supervised` asks for, or with `auto` what the environment shows.
    static func detect(_ configuration: Configuration, _ log: Log) -> Supervision {
        let asked = configuration.string("supervised")
        let supervision: Supervision =
            switch asked {
            case "systemd": .systemd
            case "upstart": .upstart
            case "auto":
                getenv("UPSTART_JOB") != nil
                    ? .upstart : getenv("NOTIFY_SOCKET") != nil ? .systemd : .none
            default: .none
            }
        return supervision.isPossible(log) ? supervision : .none
    }

    /// Whether what the supervisor needs is there; says so in the log.
    private func isPossible(_ log: Log) -> Bool {
        switch self {
        case .none: return true
        case .systemd:
            guard Notify.isSupervised else {
                log.warning("systemd supervision requested, but NOTIFY_SOCKET not found!")
                return false
            }
            log.notice("supervised by systemd - will signal readiness")
        case .upstart:
            guard getenv("UPSTART_JOB") != nil else {
                log.warning("upstart supervision requested, but UPSTART_JOB not found!")
                return false
            }
            log.notice("supervised by upstart, will stop to signal readiness")
        }
        return true
    }
}

extension Server {
    /// Says in the log, and to the supervisor, that clients may come.
    func announceReadiness() {
        if !reactor.pointee.tcpListeners.isEmpty {
            log.notice("Ready to accept connections tcp")
        }
        if !configuration.text("unixsocket").isEmpty {
            log.notice("Ready to accept connections unix")
        }
        switch supervision {
        case .none: break
        case .systemd: notify("STATUS=Ready to accept connections\nREADY=1\n")
        case .upstart:
            unsetenv("UPSTART_JOB")
            raise(SIGSTOP)
        }
    }

    /// Tells systemd about a change of state, if it listens.
    func notify(_ state: String) {
        guard supervision == .systemd else { return }
        if case .failure(let problem) = Notify.send(state) {
            log.warning("Can't notify systemd: \(problem.text)")
        }
    }
}
