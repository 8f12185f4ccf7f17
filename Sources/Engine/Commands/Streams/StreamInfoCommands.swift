// XINFO and its subcommands: what a stream, its groups and their consumers are like.

import Memory
import RESP

package let streamInfoCommandRows: [CommandRow] = [
    xinfoRow, xinfoConsumersRow, xinfoGroupsRow, xinfoStreamRow, xinfoHelpRow,
]

private let xinfoRow = CommandRow(
    .xinfo, "xinfo", arity: -2,
    since: "5.0.0", group: .stream, complexity: "See the subcommands.",
    summary: "Reports on streams, consumer groups and consumers.")

private let xinfoConsumersRow = CommandRow(
    .xinfoConsumers, "consumers", in: .xinfo, arity: 4, .readOnly, .stream,
    keys: [.at(2, [.ro, .access])],
    tips: [.nondeterministicOutput],
    since: "5.0.0", group: .stream, complexity: "O(N), N being the consumers",
    summary: "Returns the consumers of a group.",
    history: ["7.2.0": "`inactive`; another meaning of `idle`."],
    arguments: [.key("key"), .string("group")],
    help: [CommandHelp("<key> <groupname>", "The consumers of a group.")])

private let xinfoGroupsRow = CommandRow(
    .xinfoGroups, "groups", in: .xinfo, arity: 3, .readOnly, .stream,
    keys: [.at(2, [.ro, .access])],
    since: "5.0.0", group: .stream, complexity: "O(N), N being the groups",
    summary: "Returns the consumer groups of a stream.",
    history: ["7.0.0": "`entries-read` and `lag`."],
    arguments: [.key("key")],
    help: [CommandHelp("<key>", "The consumer groups of a stream.")])

private let xinfoStreamRow = CommandRow(
    .xinfoStream, "stream", in: .xinfo, arity: -3, .readOnly, .stream,
    keys: [.at(2, [.ro, .access])],
    since: "5.0.0", group: .stream,
    complexity: "O(blocks); with FULL also O(N), N being what is returned",
    summary: "Returns what there is to know of a stream.",
    history: [
        "6.0.0": "`FULL`.",
        "7.0.0": """
        `max-deleted-entry-id`, `entries-added`, `recorded-first-entry-id`, `entries-read`, `lag`.
        """,
        "7.2.0": "`active-time`; another meaning of `seen-time`.",
    ],
    arguments: [
        .key("key"),
        .block(
            "full-block", [.token("full", "FULL"), .integer("count", token: "COUNT").optional]
        ).optional,
    ],
    help: [
        CommandHelp("<key> [FULL [COUNT <count>]", "What there is to know of a stream.")
    ])

private let xinfoHelpRow = CommandRow(
    .xinfoHelp, "help", in: .xinfo, arity: 2, [.loading, .stale], .stream,
    since: "5.0.0", group: .stream, complexity: "O(1)",
    summary: "Lists the subcommands of XINFO.")

@inline(never)
package func xinfoHelpCommand(_ c: inout CommandContext) {
    replyHelp(.xinfo, streamInfoCommandRows, name: c[0], c.reply)
}

/// The stream under argument 2; nil after an error.
private func findStream(_ c: inout CommandContext) -> PackedStream? {
    guard let entry = c.lookupRead(c[2], c.engine.pointee.hash(c[2])) else {
        c.replyNoSuchKey()
        return nil
    }
    return c.streamOrError(entry)
}

/// Rows of a map in a reply.
extension ReplyBuffer {
    fileprivate mutating func field(_ name: StaticString, _ value: Int64) {
        bulk(name)
        integer(Int(value))
    }

    fileprivate mutating func field(_ name: StaticString, _ value: Int64?) {
        bulk(name)
        if let value { integer(Int(value)) } else { null() }
    }

    fileprivate mutating func field(_ name: StaticString, _ value: Int) {
        field(name, Int64(value))
    }

    fileprivate mutating func field(_ name: StaticString, _ id: StreamID) {
        bulk(name)
        streamID(id)
    }

    fileprivate mutating func field(_ name: StaticString, _ text: Bytes) {
        bulk(name)
        bulk(text)
    }
}

extension StreamGroup {
    /// `entriesRead` where it is known.
    fileprivate var knownEntriesRead: Int64? {
        entriesRead == StreamGroup.unknownCount ? nil : entriesRead
    }
}

// MARK: XINFO CONSUMERS, XINFO GROUPS

@inline(never)
package func xinfoConsumersCommand(_ c: inout CommandContext) {
    guard let stream = findStream(&c) else { return }
    guard let group = stream.group(c[3]) else { return replyNoGroup(c) }
    let now = c.engine.pointee.now
    let reply = c.reply
    reply.pointee.array(group.consumerCount)
    group.forEachConsumer { consumer in
        let active = consumer.activeTime
        reply.pointee.map(4)
        reply.pointee.field("name", consumer.name)
        reply.pointee.field("pending", consumer.pendingCount)
        reply.pointee.field("idle", max(now - consumer.seenTime, 0))
        reply.pointee.field("inactive", active == -1 ? -1 : now - active)
    }
}

@inline(never)
package func xinfoGroupsCommand(_ c: inout CommandContext) {
    guard let stream = findStream(&c) else { return }
    let reply = c.reply
    reply.pointee.array(stream.groupCount)
    stream.forEachGroup { group in
        reply.pointee.map(6)
        reply.pointee.field("name", group.name)
        reply.pointee.field("consumers", group.consumerCount)
        reply.pointee.field("pending", group.pendingCount)
        reply.pointee.field("last-delivered-id", group.lastID)
        reply.pointee.field("entries-read", group.knownEntriesRead)
        reply.pointee.field("lag", stream.lag(of: group))
    }
}

// MARK: XINFO STREAM

/// How many entries of each kind XINFO STREAM FULL shows if nothing is said.
private let shownEntries: Int64 = 10

@inline(never)
package func xinfoStreamCommand(_ c: inout CommandContext) {
    guard let stream = findStream(&c) else { return }
    let isFull = c.count > 3
    var most = shownEntries
    if isFull {
        guard c.count == 4 || c.count == 6, c[3].isWord("full") else {
            return c.replySubcommandSyntaxError()
        }
        if c.count == 6 {
            guard c[4].isWord("count") else { return c.replySubcommandSyntaxError() }
            guard let value = c.integer(5) else { return }
            most = value < 0 ? shownEntries : value
        }
    }
    let reply = c.reply
    reply.pointee.map(isFull ? 9 : 10)
    reply.pointee.field("length", stream.length)
    reply.pointee.field("radix-tree-keys", stream.blockCount)
    reply.pointee.field("radix-tree-nodes", stream.radixTreeNodes)
    reply.pointee.field("last-generated-id", stream.lastID)
    reply.pointee.field("max-deleted-entry-id", stream.maxDeletedID)
    reply.pointee.field("entries-added", stream.entriesAdded)
    reply.pointee.field("recorded-first-entry-id", stream.firstID)
    if isFull {
        reply.pointee.bulk("entries")
        c.replyEntries(stream, StreamInterval(), most: most)
        replyGroupsInFull(&c, stream, most)
    } else {
        reply.pointee.field("groups", stream.groupCount)
        replyEdge(&c, "first-entry", stream, reversed: false)
        replyEdge(&c, "last-entry", stream, reversed: true)
    }
}

private func replyEdge(
    _ c: inout CommandContext, _ name: StaticString, _ stream: PackedStream, reversed: Bool
) {
    c.reply.pointee.bulk(name)
    var cursor = StreamCursor(stream, from: .zero, through: .max, reversed: reversed)
    if cursor.advance() {
        cursor.appendEntry(to: &c.reply.pointee)
    } else {
        c.reply.pointee.null()
    }
}

private func replyGroupsInFull(_ c: inout CommandContext, _ stream: PackedStream, _ most: Int64) {
    let reply = c.reply
    reply.pointee.bulk("groups")
    reply.pointee.array(stream.groupCount)
    stream.forEachGroup { group in
        reply.pointee.map(7)
        reply.pointee.field("name", group.name)
        reply.pointee.field("last-delivered-id", group.lastID)
        reply.pointee.field("entries-read", group.knownEntriesRead)
        reply.pointee.field("lag", stream.lag(of: group))
        reply.pointee.field("pel-count", group.pendingCount)
        reply.pointee.bulk("pending")
        reply.pointee.array(shown(group.pendingCount, most))
        var left = shown(group.pendingCount, most)
        group.forEachPending { pending in
            if left == 0 { return false }
            left -= 1
            reply.pointee.array(4)
            reply.pointee.streamID(pending.id)
            reply.pointee.bulk(pending.consumer?.name ?? Bytes(""))
            reply.pointee.integer(Int(pending.deliveryTime))
            reply.pointee.integer(Int(pending.deliveryCount))
            return true
        }
        reply.pointee.bulk("consumers")
        reply.pointee.array(group.consumerCount)
        group.forEachConsumer { replyConsumerInFull(reply, group, $0, most) }
    }
}

private func shown(_ count: Int, _ most: Int64) -> Int {
    most == 0 ? count : Int(min(Int64(count), most))
}

private func replyConsumerInFull(
    _ reply: UnsafeMutablePointer<ReplyBuffer>, _ group: StreamGroup, _ consumer: StreamConsumer,
    _ most: Int64
) {
    reply.pointee.map(5)
    reply.pointee.field("name", consumer.name)
    reply.pointee.field("seen-time", consumer.seenTime)
    reply.pointee.field("active-time", consumer.activeTime)
    reply.pointee.field("pel-count", consumer.pendingCount)
    reply.pointee.bulk("pending")
    var left = shown(consumer.pendingCount, most)
    reply.pointee.array(left)
    consumer.forEachPending { id in
        if left == 0 { return false }
        left -= 1
        guard let pending = group.pending(id) else { return true }
        reply.pointee.array(3)
        reply.pointee.streamID(id)
        reply.pointee.integer(Int(pending.pointee.deliveryTime))
        reply.pointee.integer(Int(pending.pointee.deliveryCount))
        return true
    }
}
