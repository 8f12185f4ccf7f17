// XGROUP and its subcommands: making, changing and removing consumer groups and consumers.

import Memory
import RESP

package let streamGroupCommandRows: [CommandRow] = [
    xgroupRow, xgroupCreateRow, xgroupCreateconsumerRow, xgroupDelconsumerRow, xgroupDestroyRow,
    xgroupSetidRow, xgroupHelpRow,
]

private let idSelector = ArgumentSpec.oneOf(
    "id-selector", [.string("id"), .token("new-id", "$")])
private let entriesRead = ArgumentSpec.integer("entriesread", token: "ENTRIESREAD")
    .shown(as: "entries-read").optional

private let xgroupRow = CommandRow(
    .xgroup, "xgroup", arity: -2,
    since: "5.0.0", group: .stream, complexity: "See the subcommands.",
    summary: "Manages the consumer groups of streams.")

private let xgroupCreateRow = CommandRow(
    .xgroupCreate, "create", in: .xgroup, arity: -5, [.write, .denyOOM], .stream,
    keys: [.at(2, [.rw, .insert])],
    since: "5.0.0", group: .stream, complexity: "O(log N), N being the groups",
    summary: "Makes a consumer group.",
    history: ["7.0.0": "`entries_read`."],
    arguments: [
        .key("key"), .string("group"), idSelector,
        .token("mkstream", "MKSTREAM").optional, entriesRead,
    ],
    help: [
        CommandHelp(
            "<key> <groupname> <id|$> [option]",
            "Make a consumer group that reads on behind an ID. Options:",
            "* MKSTREAM",
            "  Make an empty stream if there is none.",
            "* ENTRIESREAD entries_read",
            "  How many entries count as read (for internal use).")
    ])

private let xgroupCreateconsumerRow = CommandRow(
    .xgroupCreateconsumer, "createconsumer", in: .xgroup, arity: 5, [.write, .denyOOM], .stream,
    keys: [.at(2, [.rw, .insert])],
    since: "6.2.0", group: .stream, complexity: "O(log N), N being the consumers",
    summary: "Makes a consumer in a group.",
    arguments: [.key("key"), .string("group"), .string("consumer")],
    help: [CommandHelp("<key> <groupname> <consumer>", "Make a consumer in a group.")])

private let xgroupDelconsumerRow = CommandRow(
    .xgroupDelconsumer, "delconsumer", in: .xgroup, arity: 5, .write, .stream,
    keys: [.at(2, [.rw, .delete])],
    since: "5.0.0", group: .stream, complexity: "O(N log M), N of M pending entries being its own",
    summary: "Removes a consumer from a group, with its pending entries.",
    arguments: [.key("key"), .string("group"), .string("consumer")],
    help: [
        CommandHelp(
            "<key> <groupname> <consumer>", "Remove a consumer and its pending entries.")
    ])

private let xgroupDestroyRow = CommandRow(
    .xgroupDestroy, "destroy", in: .xgroup, arity: 4, .write, .stream,
    keys: [.at(2, [.rw, .delete])],
    since: "5.0.0", group: .stream, complexity: "O(log N), N being the groups",
    summary: "Removes a consumer group.",
    arguments: [.key("key"), .string("group")],
    help: [CommandHelp("<key> <groupname>", "Remove a group with all that belongs to it.")])

private let xgroupSetidRow = CommandRow(
    .xgroupSetid, "setid", in: .xgroup, arity: -5, .write, .stream,
    keys: [.at(2, [.rw, .update])],
    since: "5.0.0", group: .stream, complexity: "O(1)",
    summary: "Sets the ID behind which a group reads on.",
    history: ["7.0.0": "`entries_read`."],
    arguments: [.key("key"), .string("group"), idSelector, entriesRead],
    help: [
        CommandHelp(
            "<key> <groupname> <id|$> [ENTRIESREAD entries_read]",
            "Set the ID behind which a group reads on, and the entries that count as read.")
    ])

private let xgroupHelpRow = CommandRow(
    .xgroupHelp, "help", in: .xgroup, arity: 2, [.loading, .stale], .stream,
    since: "5.0.0", group: .stream, complexity: "O(1)",
    summary: "Lists the subcommands of XGROUP.")

@inline(never)
package func xgroupHelpCommand(_ c: inout CommandContext) {
    replyHelp(.xgroup, streamGroupCommandRows, name: c[0], c.reply)
}

// MARK: What they share

private struct GroupOptions {
    var makesStream = false
    var entriesRead = StreamGroup.unknownCount

    /// Options from argument 5 on; false after an error.
    mutating func read(_ c: borrowing CommandContext, isCreate: Bool) -> Bool {
        var i = 5
        while i < c.count {
            if isCreate, c[i].isWord("mkstream") {
                makesStream = true
                i += 1
            } else if c[i].isWord("entriesread"), i + 1 < c.count {
                guard let value = c.integer(i + 1) else { return false }
                guard value >= 0 || value == StreamGroup.unknownCount else {
                    c.reply.pointee.error("ERR value for ENTRIESREAD must be positive or -1")
                    return false
                }
                entriesRead = value
                i += 2
            } else {
                c.replySubcommandSyntaxError()
                return false
            }
        }
        return true
    }
}

private enum FoundStream {
    case stream(PackedStream)
    case missing
    /// The error was written.
    case refused
}

/// The stream under argument 2, which must be there unless `mayBeMissing`.
private func findStream(_ c: inout CommandContext, mayBeMissing: Bool = false) -> FoundStream {
    if let position = c.lookupWrite(c[2], c.engine.pointee.hash(c[2])) {
        guard let stream = c.streamOrError(position.entry) else { return .refused }
        return .stream(stream)
    }
    if mayBeMissing { return .missing }
    c.reply.pointee.error(
        """
        ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to \
        use the MKSTREAM option to create an empty stream automatically.
        """)
    return .refused
}

/// The group in argument 3 of the stream under argument 2; nil after an error.
private func findGroup(_ c: inout CommandContext) -> (PackedStream, StreamGroup)? {
    guard case .stream(let stream) = findStream(&c) else { return nil }
    if let group = stream.group(c[3]) { return (stream, group) }
    replyNoGroup(c)
    return nil
}

/// Also XINFO's.
func replyNoGroup(_ c: borrowing CommandContext) {
    c.replyStreamError(
        "NOGROUP No such consumer group '", c[3], "' for key name '", c[2], "'")
}

// MARK: Subcommands

package func xgroupCreateCommand(_ c: inout CommandContext) {
    var options = GroupOptions()
    guard options.read(c, isCreate: true) else { return }
    var stream: PackedStream?
    switch findStream(&c, mayBeMissing: options.makesStream) {
    case .stream(let found): stream = found
    case .missing: break
    case .refused: return
    }
    guard c.count <= 8 else { return c.replySubcommandSyntaxError() }
    var id = stream?.lastID ?? .zero
    if !(c[4].count == 1 && c[4][0] == UInt8(ascii: "$")) {
        guard let given = c.streamID(4) else { return }
        id = given
    }
    let home = stream ?? c.insertNewStream(c[2], c.engine.pointee.hash(c[2]))
    guard home.createGroup(c[3], lastID: id, entriesRead: options.entriesRead) != nil else {
        return c.reply.pointee.error("BUSYGROUP Consumer Group name already exists")
    }
    c.reply.pointee.ok()
    c.database.pointee.changed(c[2])
}

package func xgroupSetidCommand(_ c: inout CommandContext) {
    var options = GroupOptions()
    guard options.read(c, isCreate: false), let (stream, group) = findGroup(&c) else { return }
    guard c.count == 5 || c.count == 7 else { return c.replySubcommandSyntaxError() }
    var id = stream.lastID
    if !(c[4].count == 1 && c[4][0] == UInt8(ascii: "$")) {
        guard let given = c.streamID(4, strict: false) else { return }
        id = given
    }
    group.lastID = id
    group.entriesRead = options.entriesRead
    c.reply.pointee.ok()
    c.database.pointee.changed(c[2])
}

package func xgroupDestroyCommand(_ c: inout CommandContext) {
    guard case .stream(let stream) = findStream(&c) else { return }
    guard let group = stream.group(c[3]) else { return c.reply.pointee.integer(0) }
    if let rest = stream.destroy(group) { c.engine.pointee.lazyFree.add(BigValue(rest)) }
    c.reply.pointee.integer(1)
    c.database.pointee.changed(c[2])
    // Who waits as a consumer of the group is told that it is gone.
    c.database.pointee.signal(c[2], .stream)
}

package func xgroupCreateconsumerCommand(_ c: inout CommandContext) {
    guard let (_, group) = findGroup(&c) else { return }
    let (_, isNew) = group.makeConsumer(c[4], seenTime: c.engine.pointee.now)
    if isNew { c.database.pointee.changed(c[2]) }
    c.reply.pointee.integer(isNew ? 1 : 0)
}

package func xgroupDelconsumerCommand(_ c: inout CommandContext) {
    guard let (_, group) = findGroup(&c) else { return }
    guard let consumer = group.consumer(c[4]) else { return c.reply.pointee.integer(0) }
    let pending = group.deleteConsumer(consumer)
    c.reply.pointee.integer(pending)
    c.database.pointee.changed(c[2])
}
