// The process in the background: `daemonize` and the pid file.

import CEpoll
import Configuration
import Glibc

enum Daemon {
    /// Leaves the terminal: the parent exits with 0, the child goes on in a session of its own.
    /// The only fork there is; before any thread, socket or data. False, with errno set, on failure.
    static func detach() -> Bool {
        let child = process_fork()
        if child < 0 {
            errno = -child
            return false
        }
        if child > 0 { _exit(0) }
        _ = setsid()
        let null = open("/dev/null", O_RDWR)
        if null >= 0 {
            for stream: Int32 in 0...2 { _ = dup2(null, stream) }
            if null > 2 { close(null) }
        }
        return true
    }
}

extension Server {
    /// Where a daemon leaves its pid when the configuration does not say.
    private static var defaultPidFile: String { "/var/run/flashkvd.pid" }

    /// Writes the pid file if there is to be one. As with Redis a failure is no reason to stop.
    func writePidFile(isDaemon: Bool) {
        var path = configuration.string("pidfile")
        guard isDaemon || !path.isEmpty else { return }
        if path.isEmpty {
            path = Self.defaultPidFile
            configuration.record("pidfile", .text(ByteText(ascii: path)))
        }
        let text = Array("\(getpid())\n".utf8)
        let fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard fd >= 0, write(fd, text, text.count) == text.count else {
            log.warning("Failed to write PID file: \(errnoText(errno))")
            if fd >= 0 { Glibc.close(fd) }
            return
        }
        Glibc.close(fd)
        // Absolute from here on: `dir` may change.
        if let real = realpath(path, nil) {
            writtenPidFile = String(cString: real)
            free(real)
        }
    }

    func removePidFile() {
        guard let path = writtenPidFile else { return }
        log.notice("Removing the pid file.")
        unlink(path)
        writtenPidFile = nil
    }
}
