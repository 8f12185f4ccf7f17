// A last line in the log when the process dies of a fault (`crash-log-enabled`): which signal it
// was. The signal then takes its default course, so that a core file is written as usual.
//
// The handler runs in the middle of anything: it touches only the plain globals below, and calls
// only what signal-safety(7) allows.

import Configuration
import Glibc

/// Where the line goes: a path, or nil for standard output. Set once, before the handlers.
nonisolated(unsafe) private var crashLogPath: UnsafeMutablePointer<CChar>?
/// "... crashed by signal: ", followed by the number.
nonisolated(unsafe) private var crashText: UnsafeMutablePointer<CChar>?

enum CrashLog {
    private static var signals: [Int32] { [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT] }

    /// Installs the handlers. At start, once the log's place is known.
    static func install(_ configuration: Configuration) {
        guard configuration.bool("crash-log-enabled") else { return }
        let path = configuration.string("logfile")
        // Kept for as long as the process lives.
        crashLogPath = path.isEmpty ? nil : strdup(path)
        crashText = strdup(
            "\(getpid()):M # flashkvd \(Version.flashkvd) crashed by signal: ")
        for number in signals { signal(number, crashed) }
    }
}

private func crashed(_ number: Int32) {
    signal(number, SIG_DFL)
    var fd: Int32 = 1
    if let crashLogPath { fd = open(crashLogPath, O_WRONLY | O_APPEND | O_CREAT, 0o644) }
    if let crashText, fd >= 0 {
        _ = write(fd, crashText, strlen(crashText))
        // Signal numbers have at most two digits.
        var digits: (UInt8, UInt8, UInt8) = (
            UInt8(truncatingIfNeeded: number / 10 % 10 + 48),
            UInt8(truncatingIfNeeded: number % 10 + 48), 10
        )
        _ = write(fd, &digits, 3)
    }
    raise(number)
}
