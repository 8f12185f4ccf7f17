// The reply of COMMAND and COMMAND INFO: a command's facts as an array of ten.
//
// Shapes as Redis 7.4 has them in RESP2 and RESP3, checked against it: names of flags are status
// replies in a set, specifications are maps, the subcommands are nested arrays of the same ten.

import Engine
import Memory
import RESP

struct CommandInfoReply {
    let reply: UnsafeMutablePointer<ReplyBuffer>

    /// All commands that can be called, without asking for any by name.
    func all(_ table: borrowing CommandTable) {
        reply.pointee.array(table.commandCount)
        for id in CommandID.allCases where table.isEnabled(id) {
            if table.row(id).container == nil { command(id, table) }
        }
    }

    /// One command and, inside it, its subcommands.
    func command(_ id: CommandID, _ table: borrowing CommandTable) {
        let row = table.row(id)
        let keys = row.legacyKeys
        reply.pointee.array(10)
        reply.pointee.bulk(table.fullName(id))
        reply.pointee.integer(row.arity)
        names(row.flags.shownNames)
        reply.pointee.integer(keys.first)
        reply.pointee.integer(keys.last)
        reply.pointee.integer(keys.step)
        categories(row.categories)
        reply.pointee.set(row.tips.count)
        for tip in row.tips { reply.pointee.bulk(tip.name) }
        reply.pointee.set(row.keys.count)
        for spec in row.keys { keySpec(spec) }
        let subcommands = table.subcommands(of: id)
        if subcommands.isEmpty {
            reply.pointee.set(0)
        } else {
            reply.pointee.array(subcommands.count)
            for subcommand in subcommands { command(subcommand, table) }
        }
    }

    /// A set of status replies.
    func names(_ names: [StaticString]) {
        reply.pointee.set(names.count)
        for name in names { reply.pointee.simple(name) }
    }

    private func categories(_ categories: CommandCategories) {
        let names = categories.shownNames
        reply.pointee.set(names.count)
        for name in names {
            reply.pointee.raw("+@")
            reply.pointee.raw(name)
            reply.pointee.raw("\r\n")
        }
    }

    // MARK: Key specifications

    private func keySpec(_ spec: KeySpec) {
        reply.pointee.map(spec.notes == nil ? 3 : 4)
        if let notes = spec.notes { text("notes", notes) }
        field("flags")
        names(spec.flags.shownNames)
        begin(spec.begin)
        find(spec.find)
    }

    private func begin(_ begin: KeySpec.Begin) {
        field("begin_search")
        switch begin {
        case .index(let index):
            kind("index", fields: 1)
            number("index", index)
        case .keyword(let keyword, let from):
            kind("keyword", fields: 2)
            text("keyword", keyword)
            number("startfrom", from)
        case .unknown:
            kind("unknown", fields: 0)
        }
    }

    private func find(_ find: KeySpec.Find) {
        field("find_keys")
        switch find {
        case .range(let last, let step, let limit):
            kind("range", fields: 3)
            number("lastkey", last)
            number("keystep", step)
            number("limit", limit)
        case .counted(let count, let first, let step):
            kind("keynum", fields: 3)
            number("keynumidx", count)
            number("firstkey", first)
            number("keystep", step)
        case .unknown:
            kind("unknown", fields: 0)
        }
    }

    /// The beginning of a half of a specification; `fields` fields follow.
    private func kind(_ type: StaticString, fields: Int) {
        reply.pointee.map(2)
        text("type", type)
        field("spec")
        reply.pointee.map(fields)
    }

    // MARK: Fields of maps

    func field(_ name: StaticString) { reply.pointee.bulk(name) }

    func text(_ name: StaticString, _ value: StaticString) {
        reply.pointee.bulk(name)
        reply.pointee.bulk(value)
    }

    func number(_ name: StaticString, _ value: Int) {
        reply.pointee.bulk(name)
        reply.pointee.integer(value)
    }
}
