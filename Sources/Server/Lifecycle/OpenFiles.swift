// The limit of open files against `maxclients`: raised at start and by CONFIG SET. Log lines are
// those of Redis 7.4.

import Configuration
import EventLoop
import Glibc

extension Server {
    /// At start: raises the limit as far as it goes, and lowers maxclients to what it allows.
    func adjustOpenFileLimit() {
        let limit = raiseOpenFileLimit(maxClients: configuration.integer("maxclients"))
        switch limit.outcome {
        case .sufficient, .raised: return
        case .insufficient:
            log.warning(
                "Your current 'ulimit -n' of \(limit.previous) is not enough for the server to "
                    + "start. Please increase your open file limit to at least "
                    + "\(FileLimit.reserved + 1). Exiting.")
            exit(1)
        case .lowered, .unknown:
            configuration.record("maxclients", .integer(Int(limit.maxclients)))
            applySettings()
        }
    }

    /// Raises the limit for so many clients, and logs if it could not.
    func raiseOpenFileLimit(maxClients: Int) -> FileLimit {
        let limit = FileLimit.raise(maxclients: UInt64(maxClients))
        switch limit.outcome {
        case .sufficient, .insufficient: break
        case .raised:
            log.notice(
                "Increased maximum number of open files to \(limit.achieved) (it was originally "
                    + "set to \(limit.previous)).")
        case .unknown:
            log.warning(
                "Unable to obtain the current NOFILE limit (\(errnoText(limit.errno))), assuming "
                    + "1024 and setting the max clients configuration accordingly.")
        case .lowered:
            log.warning(
                "You requested maxclients of \(maxClients) requiring at least \(limit.wanted) max "
                    + "file descriptors.")
            log.warning(
                "Server can't set maximum open files to \(limit.wanted) because of OS error: "
                    + "\(errnoText(limit.errno)).")
            log.warning(
                "Current maximum open files is \(limit.achieved). maxclients has been reduced to "
                    + "\(limit.maxclients) to compensate for low ulimit. If you need higher "
                    + "maxclients increase 'ulimit -n'.")
        }
        return limit
    }
}
