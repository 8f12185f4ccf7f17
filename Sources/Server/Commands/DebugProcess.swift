// DEBUG: subcommands that act on the process or answer from nothing.

import Engine
import Glibc
import Memory
import RESP

extension Server {
    /// False if the subcommand is none of these.
    func debugProcess(_ c: inout CommandContext) -> Bool {
        switch (c[1].string.lowercased(), c.count) {
        case ("sleep", 3):
            sleepFor(seconds: strtod(c[2].string, nil))
            c.reply.pointee.ok()
        case ("error", 3): c.reply.pointee.error(c[2].array)
        case ("log", 3):
            log.warning("DEBUG LOG: \(c[2].string)")
            c.reply.pointee.ok()
        case ("protocol", 3): debugProtocol(&c)
        case ("panic", 2): die("Guru Meditation: DEBUG PANIC called")
        case ("assert", 2): die("=== ASSERTION FAILED === DEBUG ASSERT called")
        case ("oom", 2): die("Out Of Memory: DEBUG OOM called")
        case ("segfault", 2):
            log.warning("DEBUG SEGFAULT called")
            raise(SIGSEGV)
        case ("reload", _): debugReload(&c)
        case ("loadaof", 2): refuseLoading(&c)
        case ("restart", 2...3), ("crash-and-recover", 2...3): debugRestart(&c)
        default: return false
        }
        return true
    }

    private func sleepFor(seconds: Double) {
        guard seconds.isFinite, seconds > 0 else { return }
        let whole = min(seconds.rounded(.down), 1e9)
        var left = timespec(
            tv_sec: Int(whole), tv_nsec: min(Int((seconds - whole) * 1e9), 999_999_999))
        var rest = timespec()
        while nanosleep(&left, &rest) != 0, errno == EINTR { left = rest }
    }

    private func die(_ reason: String) -> Never {
        log.warning(reason)
        abort()
    }

    private func debugReload(_ c: inout CommandContext) {
        for i in 2..<max(2, c.count) {
            let word = c[i]
            guard word.isWord("merge") || word.isWord("noflush") || word.isWord("nosave") else {
                return c.reply.pointee.error(
                    "ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.")
            }
        }
        refuseLoading(&c)
    }

    private func refuseLoading(_ c: inout CommandContext) {
        c.reply.pointee.error(
            "ERR Error trying to load the data set: this version has no persistence")
    }

    private func debugRestart(_ c: inout CommandContext) {
        if c.count == 3, c[2].integer == nil { return c.replyNotAnInteger() }
        c.reply.pointee.error(
            "ERR failed to restart the server: this version cannot keep its data set over it")
    }
}
