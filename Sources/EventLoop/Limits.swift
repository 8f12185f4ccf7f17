// What the process asks of the kernel at start-up: enough file descriptors, and how long a backlog
// the kernel allows. The server logs what came of it, in Redis's words.

import Glibc

/// What came of raising RLIMIT_NOFILE (Redis 7.4's rule: maxclients plus 32 of our own).
package struct FileLimit: Equatable {
    /// Descriptors that the server keeps for itself: listeners, files, the log.
    package static let reserved: UInt64 = 32

    package enum Outcome: Equatable {
        /// The limit was high enough before.
        case sufficient
        /// It was raised to what was wanted.
        case raised
        /// It is lower than wanted; `maxclients` is what it allows.
        case lowered
        /// It does not even leave room for one client: the server cannot start.
        case insufficient
        /// The limit cannot be read; 1024 is assumed as Redis does.
        case unknown
    }

    package let outcome: Outcome
    /// Descriptors wanted, had before, and allowed now.
    package let wanted: UInt64
    package let previous: UInt64
    package let achieved: UInt64
    /// Clients that the limit allows.
    package let maxclients: UInt64
    /// Why it could not be raised to `wanted`, or 0.
    package let errno: Int32

    /// Raises the soft limit, and the hard one where the process may.
    package static func raise(maxclients: UInt64) -> FileLimit {
        let wanted = maxclients.addingReportingOverflow(reserved).partialValue
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            let errno = Glibc.errno
            return FileLimit(
                outcome: .unknown, wanted: wanted, previous: 0, achieved: 1024,
                maxclients: 1024 - reserved, errno: errno)
        }
        let previous = UInt64(limit.rlim_cur)
        if previous >= wanted {
            return FileLimit(
                outcome: .sufficient, wanted: wanted, previous: previous, achieved: previous,
                maxclients: maxclients, errno: 0)
        }
        let (achieved, errno) = climb(to: wanted, from: previous, hard: UInt64(limit.rlim_max))
        if achieved >= wanted {
            return FileLimit(
                outcome: .raised, wanted: wanted, previous: previous, achieved: achieved,
                maxclients: maxclients, errno: 0)
        }
        return FileLimit(
            outcome: achieved <= reserved ? .insufficient : .lowered, wanted: wanted,
            previous: previous, achieved: achieved,
            maxclients: achieved > reserved ? achieved - reserved : 0, errno: errno)
    }

    /// Tries `wanted` (which only a privileged process gets past the hard limit), then the hard
    /// limit itself. The errno is the first attempt's.
    private static func climb(
        to wanted: UInt64, from previous: UInt64, hard: UInt64
    ) -> (achieved: UInt64, errno: Int32) {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit(rlim_cur: rlim_t(wanted), rlim_max: rlim_t(max(wanted, hard)))
        if setrlimit(resource, &limit) == 0 { return (wanted, 0) }
        let errno = Glibc.errno
        limit = rlimit(rlim_cur: rlim_t(min(wanted, hard)), rlim_max: rlim_t(hard))
        if hard > previous && setrlimit(resource, &limit) == 0 { return (min(wanted, hard), errno) }
        return (previous, errno)
    }
}

package enum KernelLimits {
    /// The longest backlog the kernel allows (net.core.somaxconn), or nil if it cannot be read:
    /// a larger tcp-backlog is silently cut to it, which the server warns of.
    package static var somaxconn: Int? {
        let fd = open("/proc/sys/net/core/somaxconn", O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { return nil }
        defer { _ = close(fd) }
        var text = [UInt8](repeating: 0, count: 32)
        let count = read(fd, &text, text.count)
        guard count > 0 else { return nil }
        return Int(String(decoding: text[..<count].prefix { $0 != 10 }, as: UTF8.self))
    }
}
