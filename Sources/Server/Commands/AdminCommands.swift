// Commands for the administrator: SHUTDOWN.

import Configuration
import Engine
import Memory
import RESP

package let adminCommandRows: [CommandRow] = [
    shutdownRow
]

private let shutdownRow = CommandRow(
    .shutdown, "shutdown", arity: -1,
    [.admin, .noScript, .loading, .stale, .noMulti, .allowBusy, .sentinel],
    since: "1.0.0", group: .server,
    complexity: "O(N) when it saves, N being the keys in all databases; else O(1)",
    summary: "Stops the server, after saving if so configured.",
    history: ["7.0.0": "Options `NOW`, `FORCE` and `ABORT`."],
    arguments: [
        .oneOf("save-selector", [.token("nosave", "NOSAVE"), .token("save", "SAVE")]).optional,
        .token("now", "NOW").optional.since("7.0.0"),
        .token("force", "FORCE").optional.since("7.0.0"),
        .token("abort", "ABORT").optional.since("7.0.0"),
    ])

extension Server {
    /// SHUTDOWN [NOSAVE|SAVE] [NOW] [FORCE] [ABORT]: no reply when it goes well.
    @inline(never)
    func shutdownCommand(_ client: ClientPointer, _ c: inout CommandContext) {
        var flags: ShutdownFlags = []
        var aborts = false
        for i in 1..<max(1, c.count) {
            let word = c[i]
            if word.isWord("nosave") {
                flags.insert(.nosave)
            } else if word.isWord("save") {
                flags.insert(.save)
            } else if word.isWord("now") {
                flags.insert(.now)
            } else if word.isWord("force") {
                flags.insert(.force)
            } else if word.isWord("abort") {
                aborts = true
            } else {
                return c.replySyntaxError()
            }
        }
        if aborts && !flags.isEmpty || flags.isSuperset(of: [.save, .nosave]) {
            return c.replySyntaxError()
        }
        if aborts {
            // A shutdown waits for nothing here, so there is never one in progress.
            c.reply.pointee.error("ERR No shutdown in progress.")
        } else if requestShutdown(flags) {
            closeAfterReply(client)
        } else {
            c.reply.pointee.error("ERR Errors trying to SHUTDOWN. Check logs.")
        }
    }
}
