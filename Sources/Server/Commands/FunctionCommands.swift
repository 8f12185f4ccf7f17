// FUNCTION, as far as it means anything without a scripting engine: no library can be loaded, so
// there is nothing to flush. Clients and test suites that reset a server send FUNCTION FLUSH.

import Engine
import Memory
import RESP

package let functionCommandRows: [CommandRow] = [
    functionRow, functionFlushRow, functionHelpRow,
]

private let functionRow = CommandRow(
    .function, "function", arity: -2,
    since: "7.0.0", group: .scripting, complexity: "See the subcommands.",
    summary: "Manages libraries of functions.")

private let functionFlushRow = CommandRow(
    .functionFlush, "flush", in: .function, arity: -2, [.write, .noScript], .scripting,
    tips: [.requestAllShards, .responseAllSucceeded],
    since: "7.0.0", group: .scripting, complexity: "O(1): there are no libraries",
    summary: "Deletes all libraries of functions.",
    arguments: [
        .oneOf("flush-type", [.token("async", "ASYNC"), .token("sync", "SYNC")]).optional
    ],
    help: [
        CommandHelp("[ASYNC|SYNC]", "Deletes all libraries of functions.")
    ])

private let functionHelpRow = CommandRow(
    .functionHelp, "help", in: .function, arity: 2, [.loading, .stale], .scripting,
    since: "7.0.0", group: .scripting, complexity: "O(1)",
    summary: "Lists the subcommands of FUNCTION.")

extension Server {
    /// FUNCTION FLUSH [ASYNC|SYNC]: nothing can be loaded, so nothing is left behind.
    @inline(never)
    func functionFlushCommand(_ c: inout CommandContext) {
        guard c.count <= 3 else {
            return c.reply.pointee.error(
                "ERR unknown subcommand or wrong number of arguments for '", c[1],
                "'. Try FUNCTION HELP.")
        }
        guard c.count == 2 || c[2].isWord("sync") || c[2].isWord("async") else {
            return c.reply.pointee.error("ERR FUNCTION FLUSH only supports SYNC|ASYNC option")
        }
        c.reply.pointee.ok()
    }

    @inline(never)
    func functionHelpCommand(_ c: inout CommandContext) {
        replyHelp(.function, functionCommandRows, name: c[0], c.reply)
    }
}
