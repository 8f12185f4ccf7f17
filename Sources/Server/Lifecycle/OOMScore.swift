// `oom-score-adj`: how soon the kernel's out-of-memory killer picks this process.

import Configuration
import Glibc

enum OOMScore {
    private static var path: String { "/proc/self/oom_score_adj" }

    /// The adjustment in force, or nil if it cannot be read.
    static func read() -> Int? {
        let fd = open(path, O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { return nil }
        defer { close(fd) }
        var text = [UInt8](repeating: 0, count: 16)
        let count = Glibc.read(fd, &text, text.count)
        guard count > 0 else { return nil }
        return Int(String(decoding: text[..<count].prefix { $0 != 10 }, as: UTF8.self))
    }

    /// 0, or errno.
    static func write(_ score: Int) -> Int32 {
        let fd = open(path, O_WRONLY | O_CLOEXEC)
        guard fd >= 0 else { return errno }
        defer { close(fd) }
        let text = Array(String(score).utf8)
        return Glibc.write(fd, text, text.count) == text.count ? 0 : errno
    }

    /// The adjustment for a primary, or nil if it is to be as the process found it. `initial` is
    /// what it found.
    static func wanted(_ configuration: Configuration, initial: Int) -> Int? {
        guard let score = configuration.oomScoreAdjustments.first else { return nil }
        let adjusted: Int
        switch configuration.string("oom-score-adj") {
        case "yes", "relative": adjusted = initial + score
        case "absolute": adjusted = score
        default: return nil
        }
        return min(max(adjusted, -1000), 1000)
    }
}

extension Server {
    /// Puts `oom-score-adj` into effect. False, having logged why, if the kernel refuses.
    func applyOOMScore(_ configuration: Configuration) -> Bool {
        if initialOOMScore == nil {
            guard configuration.string("oom-score-adj") != "no" else { return true }
            initialOOMScore = OOMScore.read()
        }
        guard let initial = initialOOMScore else {
            log.warning("Unable to read oom_score_adj")
            return false
        }
        let score = OOMScore.wanted(configuration, initial: initial) ?? initial
        let code = OOMScore.write(score)
        guard code == 0 else {
            log.warning("Unable to write oom_score_adj: \(errnoText(code))")
            return false
        }
        return true
    }
}
