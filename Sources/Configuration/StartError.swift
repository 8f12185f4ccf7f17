// What stops the start: an error in the configuration, and the report that Redis prints for it.

/// The versions that the program tells of itself.
package enum Version {
    /// The Redis version whose behaviour is claimed.
    package static let redis = "7.4.1"
    package static let flashkvd = "0.1.0"
}

package enum StartError: Error, Equatable {
    /// A line that cannot be obeyed. Numbers start at 1 in each file; options of the command line
    /// count on from the file's last line.
    case line(SourceLine, message: ByteText)
    /// Lines that do not fit together.
    case conflict(String)
    case unreadable(path: ByteText, code: Int32)
    case refused(String)

    static func line(_ number: Int, _ text: ByteText, _ message: String) -> StartError {
        .line(SourceLine(number: number, text: text), message: ByteText(ascii: message))
    }

    /// What to write to the error stream before exiting with code 1.
    package var report: ByteText {
        let title = "\n*** FATAL CONFIG FILE ERROR (Redis \(Version.redis)) ***\n"
        switch self {
        case .line(let line, let message):
            return ByteText(ascii: title + "Reading the configuration file, at line \(line.number)")
                + ByteText(ascii: "\n>>> '") + line.text + ByteText(ascii: "'\n") + message + [10]
        case .conflict(let message): return ByteText(ascii: title + message + "\n")
        case .unreadable(let path, let code):
            return ByteText(ascii: "Fatal error, can't open config file '") + path
                + ByteText(ascii: "': \(errorText(code))\n")
        case .refused(let message): return ByteText(ascii: message + "\n")
        }
    }
}
