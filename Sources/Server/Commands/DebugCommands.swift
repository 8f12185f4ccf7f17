// DEBUG: one row; its subcommands are no commands of their own (Redis 7.4 COMMAND INFO).
//
// Refused unless `enable-debug-command` lets the client use it. What looks at the keyspace is in
// DebugObject.swift and DebugDigest.swift, what acts on the process in DebugProcess.swift.

import Configuration
import Engine
import EventLoop
import Glibc
import Memory
import RESP

package let debugCommandRows: [CommandRow] = [
    debugRow
]

private let debugRow = CommandRow(
    .debug, "debug", arity: -2, [.admin, .noScript, .loading, .stale, .protected],
    since: "1.0.0", group: .server, complexity: "See the subcommands.",
    summary: "Does what only testing needs.",
    isInternal: true,
    help: [
        CommandHelp("ASSERT", "End the process as a failed check does."),
        CommandHelp("CHANGE-REPL-ID", "Give this server a new replication id."),
        CommandHelp("DICT-RESIZING <0|1>", "Keep the memory of emptied tables, or give it back."),
        CommandHelp("DIGEST", "A digest of all keys and values, whatever their order."),
        CommandHelp("DIGEST-VALUE <key> [<key> ...]", "Digests of the values of these keys."),
        CommandHelp("ERROR <text>", "Answer with this error."),
        CommandHelp("HTSTATS <database> [full]", "Figures of a database's hash table."),
        CommandHelp("HTSTATS-KEY <key> [full]", "Figures of the hash table that is a value."),
        CommandHelp("JMAP", "Keys and bytes for each type and encoding."),
        CommandHelp("LISTPACK <key>", "Write the elements of a listpack to the log."),
        CommandHelp("LOG <text>", "Write a line to the log."),
        CommandHelp("OBJECT <key>", "How a key's value is kept."),
        CommandHelp("OOM", "End the process as when memory runs out."),
        CommandHelp("PANIC", "End the process as when something impossible happened."),
        CommandHelp("PAUSE-CRON <0|1>", "Stop the periodic work, or let it go on."),
        CommandHelp(
            "POPULATE <count> [<prefix>] [<size>]",
            "Make string keys <prefix>:0, <prefix>:1, ... where there are none; the prefix is",
            "'key' if not given."),
        CommandHelp(
            "PROTOCOL <type>",
            "Answer with an example of a type: string, integer, double, bignum, null, array, set,",
            "map, attrib, push, verbatim, true or false."),
        CommandHelp("QUICKLIST <key> [<0|1>]", "Write the figures of a quicklist to the log."),
        CommandHelp(
            "QUICKLIST-PACKED-THRESHOLD <size>",
            "Give list elements of this size and more a node of their own; 0 is the default."),
        CommandHelp("REPLYBUFFER RESIZING <0|1>", "Accepted: reply buffers are shared here."),
        CommandHelp(
            "REPLYBUFFER PEAK-RESET-TIME <NEVER|RESET|milliseconds>",
            "Accepted: reply buffers are shared here."),
        CommandHelp("SDSLEN <key>", "Lengths of a key and its string."),
        CommandHelp("SEGFAULT", "End the process by a segmentation fault."),
        CommandHelp("SET-ACTIVE-EXPIRE <0|1>", "Expire keys only on access, or by themselves."),
        CommandHelp(
            "SET-DISABLE-DENY-SCRIPTS <0|1>",
            "Accepted: there are no scripts to be denied anything."),
        CommandHelp(
            "SET-SKIP-CHECKSUM-VALIDATION <0|1>", "Let RESTORE take payloads of any checksum."),
        CommandHelp("SLEEP <seconds>", "Serve nobody for so long; decimals are allowed."),
        CommandHelp(
            "STRINGMATCH-LEN <pattern> <string> [NOCASE]", "Whether KEYS would match the string."),
        CommandHelp("STRINGMATCH-TEST", "Match random patterns and strings."),
    ])

extension Server {
    @inline(never)
    func debugCommand(_ client: ClientPointer, _ c: inout CommandContext) {
        guard mayDebug(client) else { return }
        if debugKeyspace(&c) || debugProcess(&c) || debugSettings(&c) || debugMatching(&c) {
            return
        }
        if c[1].isWord("help"), c.count == 2 {
            return replyHelp(.debug, debugCommandRows, name: c[0], c.reply)
        }
        c.reply.pointee.error(
            "ERR unknown subcommand or wrong number of arguments for '",
            c[1].slice(0, min(c[1].count, 128)),
            "'. Try DEBUG HELP.")
    }

    /// Whether `enable-debug-command` lets the client use DEBUG; else the error is written.
    func mayDebug(_ client: ClientPointer) -> Bool {
        let access = configuration.settings.enableDebugCommand
        if access.allows(isLocal: isLocal(client.pointee.connection)) { return true }
        reply.pointee.error(
            """
            ERR DEBUG command not allowed. If the enable-debug-command option is set to \
            "local", you can run it from a local connection, otherwise you need to set this \
            option in the configuration file, and then restart the server.
            """)
        noteRejected(.debug)
        return false
    }

    /// Subcommands that set something. False if it is none of them.
    private func debugSettings(_ c: inout CommandContext) -> Bool {
        switch (c[1].string.lowercased(), c.count) {
        case ("set-active-expire", 3): engine.pointee.settings.activeExpiry = flag(c[2])
        case ("dict-resizing", 3): engine.pointee.settings.compaction = flag(c[2])
        case ("pause-cron", 3): isCronPaused = flag(c[2])
        case ("set-skip-checksum-validation", 3):
            engine.pointee.settings.checksDumps = !flag(c[2])
        case ("set-disable-deny-scripts", 3): break
        case ("quicklist-packed-threshold", 3):
            guard let size = memoryAmount(c[2].array), size <= UInt(UInt32.max) else {
                c.reply.pointee.error(
                    "ERR argument must be a memory value bigger than 1 and smaller than 4gb")
                return true
            }
            PackedListLimit.largeElementBytes = Int(size)
        case ("replybuffer", 4): return debugReplyBuffer(&c)
        case ("change-repl-id", 2):
            log.notice("Changing replication IDs after receiving DEBUG change-repl-id")
            replicationID = Self.randomID(&engine.pointee.random)
        default: return false
        }
        c.reply.pointee.ok()
        return true
    }

    /// Replies gather in one buffer for all clients, so that there is nothing to set.
    private func debugReplyBuffer(_ c: inout CommandContext) -> Bool {
        if c[2].isWord("peak-reset-time") {
            guard c[3].isWord("never") || c[3].isWord("reset") || c[3].integer != nil else {
                c.replyNotAnInteger()
                return true
            }
        } else if !c[2].isWord("resizing") {
            return false
        }
        c.reply.pointee.ok()
        return true
    }

    /// As C's atoi: what is no number is 0.
    private func flag(_ word: Bytes) -> Bool { (word.integer ?? 0) != 0 }
}
