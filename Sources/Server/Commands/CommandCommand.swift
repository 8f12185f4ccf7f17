// COMMAND and its subcommands: rows and handlers.
//
// The handlers answer from the command table alone. The dispatcher calls them after the arity
// check, with `arguments[0]` the name as sent. Behaviour as Redis 7.4, also under
// `rename-command`: commands are found by the name they answer to and shown by their own.

import Engine
import Memory
import RESP

// MARK: Rows

package let commandCommandRows: [CommandRow] = [
    commandRow, commandCountRow, commandListRow, commandInfoRow, commandDocsRow, commandGetkeysRow,
    commandGetkeysandflagsRow, commandHelpRow,
]

private let commandRow = CommandRow(
    .command, "command", arity: -1, [.loading, .stale, .sentinel], .connection,
    tips: [.nondeterministicOutputOrder],
    since: "2.8.13", group: .server, complexity: "O(N), N being the number of commands",
    summary: "Describes every command of the server.",
    help: [CommandHelp("(no subcommand)", "Facts about all commands.")])

private let commandCountRow = CommandRow(
    .commandCount, "count", in: .command, arity: 2, [.loading, .stale, .sentinel], .connection,
    since: "2.8.13", group: .server, complexity: "O(1)",
    summary: "Returns how many commands the server has.",
    help: [
        CommandHelp("", "Number of commands.")
    ])

private let commandListRow = CommandRow(
    .commandList, "list", in: .command, arity: -2, [.loading, .stale, .sentinel], .connection,
    tips: [.nondeterministicOutputOrder],
    since: "7.0.0", group: .server, complexity: "O(N), N being the number of commands",
    summary: "Lists the names of commands, all or filtered.",
    arguments: [
        .oneOf(
            "filterby", token: "FILTERBY",
            [
                .string("module-name", token: "MODULE"),
                .string("category", token: "ACLCAT"),
                .pattern("pattern", token: "PATTERN"),
            ]
        ).optional
    ],
    help: [
        CommandHelp(
            "[FILTERBY (MODULE <name>|ACLCAT <category>|PATTERN <pattern>)]",
            "Names of commands, all or those that the filter lets pass.")
    ])

private let commandInfoRow = CommandRow(
    .commandInfo, "info", in: .command, arity: -2, [.loading, .stale, .sentinel], .connection,
    tips: [.nondeterministicOutputOrder],
    since: "2.8.13", group: .server, complexity: "O(N), N being the commands asked for",
    summary: "Describes the commands named, or all of them.",
    history: ["7.0.0": "Without names it describes all commands."],
    arguments: [.string("command-name").optional.multiple],
    help: [
        CommandHelp("[<command-name> ...]", "Facts about the commands named, or about all.")
    ])

private let commandDocsRow = CommandRow(
    .commandDocs, "docs", in: .command, arity: -2, [.loading, .stale, .sentinel], .connection,
    tips: [.nondeterministicOutputOrder],
    since: "7.0.0", group: .server, complexity: "O(N), N being the commands asked for",
    summary: "Returns the documentation of the commands named, or of all.",
    arguments: [.string("command-name").optional.multiple],
    help: [
        CommandHelp("[<command-name> ...]", "Documentation of the commands named, or of all.")
    ])

private let commandGetkeysRow = CommandRow(
    .commandGetkeys, "getkeys", in: .command, arity: -3, [.loading, .stale, .sentinel], .connection,
    since: "2.8.13", group: .server, complexity: "O(N), N being the number of arguments",
    summary: "Returns the keys among the arguments of a command.",
    arguments: [.string("command"), .string("arg").optional.multiple],
    help: [
        CommandHelp("<full-command>", "Keys among the arguments of <full-command>.")
    ])

private let commandGetkeysandflagsRow = CommandRow(
    .commandGetkeysandflags, "getkeysandflags", in: .command, arity: -3,
    [.loading, .stale, .sentinel], .connection,
    since: "7.0.0", group: .server, complexity: "O(N), N being the number of arguments",
    summary: "Returns the keys of a command with what it does to each.",
    arguments: [.string("command"), .string("arg").optional.multiple],
    help: [
        CommandHelp("<full-command>", "The same, with what the command does to each key.")
    ])

private let commandHelpRow = CommandRow(
    .commandHelp, "help", in: .command, arity: 2, [.loading, .stale, .sentinel], .connection,
    since: "5.0.0", group: .server, complexity: "O(1)",
    summary: "Lists the subcommands of COMMAND.")

// MARK: Handlers

/// COMMAND: the facts of all commands.
@inline(never)
package func commandCommand(
    _ table: borrowing CommandTable, _ arguments: UnsafePointer<Bytes>, _ count: Int,
    _ reply: UnsafeMutablePointer<ReplyBuffer>
) {
    CommandInfoReply(reply: reply).all(table)
}

/// COMMAND COUNT: how many commands there are, subcommands not counted.
@inline(never)
package func commandCountCommand(
    _ table: borrowing CommandTable, _ arguments: UnsafePointer<Bytes>, _ count: Int,
    _ reply: UnsafeMutablePointer<ReplyBuffer>
) {
    reply.pointee.integer(table.commandCount)
}

/// COMMAND INFO [name ...]: null for a name that is none.
@inline(never)
package func commandInfoCommand(
    _ table: borrowing CommandTable, _ arguments: UnsafePointer<Bytes>, _ count: Int,
    _ reply: UnsafeMutablePointer<ReplyBuffer>
) {
    let info = CommandInfoReply(reply: reply)
    guard count > 2 else { return info.all(table) }
    reply.pointee.array(count - 2)
    for i in 2..<count {
        if let id = table.find(path: arguments[i]) {
            info.command(id, table)
        } else {
            reply.pointee.null()
        }
    }
}

/// COMMAND DOCS [name ...]: names that are none are left out.
@inline(never)
package func commandDocsCommand(
    _ table: borrowing CommandTable, _ arguments: UnsafePointer<Bytes>, _ count: Int,
    _ reply: UnsafeMutablePointer<ReplyBuffer>
) {
    let docs = CommandDocsReply(reply: reply)
    let place = reply.pointee.deferred()
    var pairs = 0
    if count > 2 {
        for i in 2..<count {
            guard let id = table.find(path: arguments[i]) else { continue }
            docs.command(id, table)
            pairs += 1
        }
    } else {
        for id in CommandID.allCases where table.isEnabled(id) {
            guard table.row(id).container == nil else { continue }
            docs.command(id, table)
            pairs += 1
        }
    }
    reply.pointee.close(place, map: pairs)
}

/// COMMAND LIST [FILTERBY MODULE name | ACLCAT category | PATTERN pattern]: names of commands and
/// subcommands.
@inline(never)
package func commandListCommand(
    _ table: borrowing CommandTable, _ arguments: UnsafePointer<Bytes>, _ count: Int,
    _ reply: UnsafeMutablePointer<ReplyBuffer>
) {
    guard let filter = ListFilter(arguments, count) else {
        return reply.pointee.error("ERR syntax error")
    }
    let place = reply.pointee.deferred()
    var shown = 0
    for id in CommandID.allCases where table.isEnabled(id) {
        let name = table.fullName(id)
        guard filter.passes(table.row(id), name) else { continue }
        reply.pointee.bulk(name)
        shown += 1
    }
    reply.pointee.close(place, array: shown)
}

/// Which commands COMMAND LIST shows.
private enum ListFilter {
    case all, none
    case category(CommandCategories)
    case pattern(Bytes)

    /// Nil if the arguments are no filter.
    init?(_ arguments: UnsafePointer<Bytes>, _ count: Int) {
        if count == 2 {
            self = .all
            return
        }
        guard count == 5, arguments[2].isWord("filterby") else { return nil }
        let value = arguments[4]
        if arguments[3].isWord("module") {
            // There are no modules, hence no commands of one.
            self = .none
        } else if arguments[3].isWord("aclcat") {
            self = CommandCategories(name: value).map { .category($0) } ?? .none
        } else if arguments[3].isWord("pattern") {
            self = .pattern(value)
        } else {
            return nil
        }
    }

    func passes(_ row: CommandRow, _ fullName: String) -> Bool {
        switch self {
        case .all: true
        case .none: false
        case .category(let category): row.categories.isSuperset(of: category)
        case .pattern(let pattern):
            fullName.withBytes { Glob.matches(pattern, $0, ignoringCase: true) }
        }
    }
}

/// COMMAND GETKEYS command [argument ...].
@inline(never)
package func commandGetkeysCommand(
    _ table: borrowing CommandTable, _ arguments: UnsafePointer<Bytes>, _ count: Int,
    _ reply: UnsafeMutablePointer<ReplyBuffer>
) {
    guard let keys = requestedKeys(table, arguments, count, reply) else { return }
    reply.pointee.array(keys.count)
    for key in keys { reply.pointee.bulk(arguments[2 + key.position]) }
}

/// COMMAND GETKEYSANDFLAGS command [argument ...].
@inline(never)
package func commandGetkeysandflagsCommand(
    _ table: borrowing CommandTable, _ arguments: UnsafePointer<Bytes>, _ count: Int,
    _ reply: UnsafeMutablePointer<ReplyBuffer>
) {
    guard let keys = requestedKeys(table, arguments, count, reply) else { return }
    let info = CommandInfoReply(reply: reply)
    reply.pointee.array(keys.count)
    for key in keys {
        reply.pointee.array(2)
        reply.pointee.bulk(arguments[2 + key.position])
        info.names(key.flags.shownNames)
    }
}

/// The keys of the request that starts at `arguments[2]`; nil after an error reply.
private func requestedKeys(
    _ table: borrowing CommandTable, _ arguments: UnsafePointer<Bytes>, _ count: Int,
    _ reply: UnsafeMutablePointer<ReplyBuffer>
) -> [KeyReference]? {
    let request = arguments + 2
    let length = count - 2
    guard let id = table.find(arguments: request, count: length) else {
        reply.pointee.error("ERR Invalid command specified")
        return nil
    }
    let row = table.row(id)
    guard !row.keys.isEmpty else {
        reply.pointee.error("ERR The command has no key arguments")
        return nil
    }
    guard table[id].accepts(length) else {
        reply.pointee.error("ERR Invalid number of arguments specified for command")
        return nil
    }
    var keys: [KeyReference] = []
    guard commandKeys(row, request, length, into: &keys) else {
        reply.pointee.error("ERR Invalid arguments specified for command")
        return nil
    }
    return keys
}

/// COMMAND HELP.
@inline(never)
package func commandHelpCommand(
    _ table: borrowing CommandTable, _ arguments: UnsafePointer<Bytes>, _ count: Int,
    _ reply: UnsafeMutablePointer<ReplyBuffer>
) {
    replyHelp(.command, commandCommandRows, name: arguments[0], reply)
}
