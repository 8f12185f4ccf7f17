// The log: Redis's line format and levels, to standard output, a file, or syslog.
//
//   12345:M 23 Nov 2026 16:20:35.123 * Ready to accept connections tcp
//
// Every line is one write(2): lines of a server that dies are there. The file is opened for each line,
// as Redis does, so that it can be rotated by renaming.

import CEpoll
import Configuration
import Glibc
import Memory

package final class Log {
    package var level = LogLevel.notice
    /// Empty: standard output.
    package var path = ""
    package var usesSyslog = false
    /// M: a primary; S: a replica.
    package var role: Character = "M"
    private var processID = getpid()

    package init() {}

    var isVerbose: Bool { level <= .verbose }
    var isDebug: Bool { level <= .debug }

    package func debug(_ text: @autoclosure () -> String) { write(.debug, text) }
    package func verbose(_ text: @autoclosure () -> String) { write(.verbose, text) }
    package func notice(_ text: @autoclosure () -> String) { write(.notice, text) }
    package func warning(_ text: @autoclosure () -> String) { write(.warning, text) }

    /// Where lines go and which do, as the configuration says. Once, at start.
    package func configure(_ configuration: Configuration) {
        level = configuration.settings.loglevel
        path = configuration.string("logfile")
        usesSyslog = configuration.bool("syslog-enabled")
        guard usesSyslog else { return }
        let facility = configuration.string("syslog-facility")
        let local = facility.hasPrefix("local") ? Int32(facility.dropFirst(5)) : nil
        // LOG_USER is 1, LOG_LOCAL0 to LOG_LOCAL7 are 16 to 23, three bits up.
        // The name must stay: openlog keeps the pointer.
        openlog(
            strdup(configuration.string("syslog-ident")), LOG_PID | LOG_NDELAY | LOG_NOWAIT,
            (local.map { 16 + $0 } ?? 1) << 3)
    }

    /// Text without the head of a log line: the banner.
    func raw(_ text: String) {
        if level <= .notice { put(Array(text.utf8)) }
    }

    /// After the process has become a daemon.
    package func noteProcess() { processID = getpid() }

    private func write(_ lineLevel: LogLevel, _ text: () -> String) {
        guard lineLevel >= level else { return }
        let message = text()
        var line = Array("\(processID):\(role) \(Self.timestamp()) \(mark(lineLevel)) ".utf8)
        line += Array(message.utf8)
        line.append(10)
        put(line)
        if usesSyslog { sendToSyslog(lineLevel, message) }
    }

    private func mark(_ level: LogLevel) -> Character {
        switch level {
        case .debug: "."
        case .verbose: "-"
        case .notice: "*"
        case .warning, .nothing: "#"
        }
    }

    private func put(_ line: [UInt8]) {
        guard !path.isEmpty else {
            _ = line.withUnsafeBytes { Glibc.write(1, $0.baseAddress, $0.count) }
            return
        }
        let fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
        guard fd >= 0 else { return }
        _ = line.withUnsafeBytes { Glibc.write(fd, $0.baseAddress, $0.count) }
        Glibc.close(fd)
    }

    private func sendToSyslog(_ level: LogLevel, _ message: String) {
        let priority =
            switch level {
            case .debug: LOG_DEBUG
            case .verbose: LOG_INFO
            case .notice: LOG_NOTICE
            case .warning, .nothing: LOG_WARNING
            }
        message.withCString { text in withVaList([text]) { vsyslog(priority, "%s", $0) } }
    }

    /// `23 Nov 2026 16:20:35.123`, local time.
    static func timestamp() -> String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        var parts = tm()
        localtime_r(&time.tv_sec, &parts)
        var buffer = [CChar](repeating: 0, count: 64)
        strftime(&buffer, buffer.count, "%d %b %Y %H:%M:%S.", &parts)
        let milliseconds = String(time.tv_nsec / 1_000_000)
        let padding = String(repeating: "0", count: 3 - milliseconds.count)
        let text = String(
            decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return text + padding + milliseconds
    }
}

/// The words for an errno.
func errnoText(_ code: Int32) -> String { String(cString: strerror(code)) }

/// Bytes for a log line: as text where printable, else escaped.
func printable(_ bytes: Bytes) -> String {
    var text = ""
    for i in 0..<bytes.count {
        let byte = bytes[i]
        switch byte {
        case 0x0A: text += "\\n"
        case 0x0D: text += "\\r"
        case 0x22: text += "\\\""
        case 0x5C: text += "\\\\"
        case 0x20...0x7E: text.unicodeScalars.append(Unicode.Scalar(byte))
        default: text += "\\x" + String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }
    }
    return text
}
