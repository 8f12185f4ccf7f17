// The reply of COMMAND DOCS: the documentation in a command's row as nested maps.
//
// Which fields there are, and their order, is Redis 7.4's; a field without a value is left out.

import Engine
import Memory
import RESP

struct CommandDocsReply {
    let reply: UnsafeMutablePointer<ReplyBuffer>

    private var info: CommandInfoReply { CommandInfoReply(reply: reply) }

    /// The command's name and the map that documents it.
    func command(_ id: CommandID, _ table: borrowing CommandTable) {
        let row = table.row(id)
        let subcommands = table.subcommands(of: id)
        reply.pointee.bulk(table.fullName(id))
        let place = reply.pointee.deferred()
        var fields = facts(row)
        if !row.history.isEmpty {
            fields += 1
            history(row)
        }
        if !row.arguments.isEmpty {
            fields += 1
            arguments(row.arguments)
        }
        if !subcommands.isEmpty {
            fields += 1
            info.field("subcommands")
            reply.pointee.map(subcommands.count)
            for subcommand in subcommands { command(subcommand, table) }
        }
        reply.pointee.close(place, map: fields)
    }

    /// The fields that are no lists; returns how many.
    private func facts(_ row: CommandRow) -> Int {
        var fields = 3
        info.text("summary", row.summary)
        info.text("since", row.since)
        info.text("group", row.group.name)
        if let complexity = row.complexity {
            fields += 1
            info.text("complexity", complexity)
        }
        if row.deprecatedSince != nil || row.isInternal {
            fields += 1
            info.field("doc_flags")
            info.names(
                (row.deprecatedSince != nil ? ["deprecated"] : [])
                    + (row.isInternal ? ["syscmd"] : []))
        }
        if let version = row.deprecatedSince {
            fields += 1
            info.text("deprecated_since", version)
        }
        if let replacement = row.replacedBy {
            fields += 1
            info.text("replaced_by", replacement)
        }
        return fields
    }

    private func history(_ row: CommandRow) {
        info.field("history")
        reply.pointee.set(row.history.count)
        for (version, change) in row.history {
            reply.pointee.array(2)
            reply.pointee.bulk(version)
            reply.pointee.bulk(change)
        }
    }

    // MARK: Arguments

    private func arguments(_ arguments: [ArgumentSpec]) {
        info.field("arguments")
        reply.pointee.array(arguments.count)
        for argument in arguments { self.argument(argument) }
    }

    private func argument(_ argument: ArgumentSpec) {
        let place = reply.pointee.deferred()
        var fields = 2
        info.text("name", argument.name)
        info.text("type", argument.kind.name)
        // Groups have no text of their own: their members have.
        if argument.arguments.isEmpty {
            fields += 1
            info.text("display_text", argument.displayName ?? argument.name)
        }
        if let spec = argument.keySpec {
            fields += 1
            info.number("key_spec_index", spec)
        }
        if let token = argument.token {
            fields += 1
            info.text("token", token)
        }
        if let version = argument.sinceVersion {
            fields += 1
            info.text("since", version)
        }
        if let version = argument.deprecatedVersion {
            fields += 1
            info.text("deprecated_since", version)
        }
        if !argument.shownFlags.isEmpty {
            fields += 1
            info.field("flags")
            info.names(argument.shownFlags)
        }
        if !argument.arguments.isEmpty {
            fields += 1
            arguments(argument.arguments)
        }
        reply.pointee.close(place, map: fields)
    }
}
