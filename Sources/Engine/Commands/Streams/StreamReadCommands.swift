// XREAD and XREADGROUP: entries of several streams behind given IDs, waiting for them if asked to.

import Memory
import RESP

package let streamReadCommandRows: [CommandRow] = [xreadRow, xreadgroupRow]

private let xreadRow = CommandRow(
    .xread, "xread", arity: -4, [.readOnly, .blocking, .movableKeys], .stream,
    keys: [.after("STREAMS", from: 1, through: -1, limit: 2, [.ro, .access])],
    since: "5.0.0", group: .stream,
    summary:
        "Returns the entries of streams that came after given IDs, waiting for one if asked to.",
    arguments: [
        .integer("count", token: "COUNT").optional,
        .integer("milliseconds", token: "BLOCK").optional,
        .block("streams", token: "STREAMS", [.key("key").multiple, .string("id").multiple]),
    ])

private let xreadgroupRow = CommandRow(
    .xreadgroup, "xreadgroup", arity: -7, [.write, .blocking, .movableKeys], .stream,
    keys: [.after("STREAMS", from: 4, through: -1, limit: 2, [.ro, .access])],
    since: "5.0.0", group: .stream,
    complexity: "O(log N + M log P) for each stream: M entries returned, P pending",
    summary: """
        Returns new entries of streams to a consumer of a group, or those that it has not \
        acknowledged yet; waits for one if asked to.
        """,
    arguments: [
        .block("group-block", token: "GROUP", [.string("group"), .string("consumer")]),
        .integer("count", token: "COUNT").optional,
        .integer("milliseconds", token: "BLOCK").optional,
        .token("noack", "NOACK").optional,
        .block("streams", token: "STREAMS", [.key("key").multiple, .string("id").multiple]),
    ])

package func xreadCommand(_ c: inout CommandContext) { read(&c, .read) }

package func xreadgroupCommand(_ c: inout CommandContext) { read(&c, .readGroup) }

private enum ReadCommand { case read, readGroup }

/// What was asked for.
private struct ReadOptions {
    let command: ReadCommand
    /// 0: all.
    var most: Int64 = 0
    /// Unix milliseconds, 0 for ever; nil: does not wait.
    var deadline: Int64?
    var withoutPending = false
    /// Index of the group's name; the consumer's follows.
    var group: Int?
    /// Index of the first key.
    var firstKey = 0
    var streams = 0

    init(_ command: ReadCommand) { self.command = command }

    /// Reads the arguments; false after an error.
    mutating func read(_ c: borrowing CommandContext) -> Bool {
        var i = 1
        while i < c.count, streams == 0 {
            let more = c.count - 1 - i
            let word = c[i]
            if word.isWord("block") && more > 0 {
                guard let time = c.blockDeadline(milliseconds: i + 1) else { return false }
                deadline = time
                i += 2
            } else if word.isWord("count") && more > 0 {
                guard let value = c.integer(i + 1) else { return false }
                most = max(value, 0)
                i += 2
            } else if word.isWord("streams") && more > 0 {
                guard more & 1 == 0 else { return refuseUnbalanced(c) }
                firstKey = i + 1
                streams = more / 2
            } else if word.isWord("group") && more >= 2 {
                guard mayUseGroups(c, "GROUP") else { return false }
                group = i + 1
                i += 3
            } else if word.isWord("noack") {
                guard mayUseGroups(c, "NOACK") else { return false }
                withoutPending = true
                i += 1
            } else {
                c.replySyntaxError()
                return false
            }
        }
        if streams == 0 {
            c.replySyntaxError()
            return false
        }
        if command == .readGroup && group == nil {
            c.reply.pointee.error("ERR Missing GROUP option for XREADGROUP")
            return false
        }
        return true
    }

    private func refuseUnbalanced(_ c: borrowing CommandContext) -> Bool {
        if command == .read {
            c.reply.pointee.error(
                """
                ERR Unbalanced 'xread' list of streams: for each stream key an ID or '$' must be \
                specified.
                """)
        } else {
            c.reply.pointee.error(
                """
                ERR Unbalanced 'xreadgroup' list of streams: for each stream key an ID or '>' must \
                be specified.
                """)
        }
        return false
    }

    private func mayUseGroups(_ c: borrowing CommandContext, _ option: String) -> Bool {
        if command == .readGroup { return true }
        c.reply.pointee.error(
            """
            ERR The \(option) option is only supported by XREADGROUP. You called XREAD instead.
            """)
        return false
    }
}

private func read(_ c: inout CommandContext, _ command: ReadCommand) {
    var options = ReadOptions(command)
    guard options.read(c) else { return }
    withUnsafeTemporaryAllocation(of: StreamID.self, capacity: options.streams) { ids in
        for i in 0..<options.streams {
            guard let id = readID(&c, options, i) else { return }
            ids[i] = id
        }
        if serve(&c, options, ids) { return }
        guard let deadline = options.deadline, c.mayBlock else {
            return c.reply.pointee.nullArray()
        }
        wait(&c, options, ids, deadline)
    }
}

// MARK: IDs

/// The ID behind which stream `i` is read, `max` for a group's new entries; nil after an error.
private func readID(_ c: inout CommandContext, _ options: ReadOptions, _ i: Int) -> StreamID? {
    let key = c[options.firstKey + i]
    let argument = options.firstKey + options.streams + i
    let entry = c.lookupRead(key, c.engine.pointee.hash(key))
    var stream: PackedStream?
    if let entry {
        guard let found = c.streamOrError(entry) else { return nil }
        stream = found
    }
    if let group = options.group, stream?.group(c[group]) == nil {
        c.replyStreamError(
            "NOGROUP No such key '", key, "' or consumer group '", c[group],
            "' in XREADGROUP with GROUP option")
        return nil
    }
    let word = c[argument]
    guard word.count == 1 else { return c.streamID(argument) }
    switch word[0] {
    case UInt8(ascii: "$"):
        if options.command == .readGroup { return refuseMeaningless(c, "$") }
        return stream?.lastID ?? .zero
    case UInt8(ascii: "+"):
        if options.command == .readGroup { return refuseMeaningless(c, "+") }
        guard let stream else { return .zero }
        if let id = stream.lastID.previous { return id }
        c.reply.pointee.error("ERR the stream last element ID is 0-0")
        return nil
    case UInt8(ascii: ">"):
        if options.command == .readGroup { return .max }
        c.reply.pointee.error(
            """
            ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> \
            <consumer> option.
            """)
        return nil
    default:
        return c.streamID(argument)
    }
}

private func refuseMeaningless(_ c: borrowing CommandContext, _ word: String) -> StreamID? {
    c.reply.pointee.error(
        """
        ERR The \(word) ID is meaningless in the context of XREADGROUP: you want to read the \
        history of this consumer by specifying a proper ID, or use the > ID to get new messages. \
        The \(word) ID would just return an empty result set.
        """)
    return nil
}

// MARK: Answering

/// Answers with what is there; false, and nothing is written, if no stream has anything.
private func serve(
    _ c: inout CommandContext, _ options: ReadOptions, _ ids: UnsafeMutableBufferPointer<StreamID>
) -> Bool {
    let place = c.reply.pointee.deferred()
    var served = 0
    for i in 0..<options.streams {
        let key = c[options.firstKey + i]
        guard let entry = c.lookupRead(key, c.engine.pointee.hash(key)),
            let stream = c.streamOrError(entry)
        else { continue }
        if let group = options.group {
            if serveGroup(&c, options, key, stream, c[group], ids[i]) { served += 1 }
        } else if stream.length > 0, let last = stream.lastEntryID, last > ids[i] {
            beginStream(&c, key)
            c.replyEntries(
                stream, StreamInterval(first: ids[i].next ?? .zero), most: options.most)
            served += 1
        }
    }
    if served == 0 { return false }
    if c.reply.pointee.resp3 {
        c.reply.pointee.close(place, map: served)
    } else {
        c.reply.pointee.close(place, array: served)
    }
    return true
}

private func beginStream(_ c: inout CommandContext, _ key: Bytes) {
    if !c.reply.pointee.resp3 { c.reply.pointee.array(2) }
    c.reply.pointee.bulk(key)
}

/// One stream for a consumer: its own pending entries behind `id`, or new ones.
private func serveGroup(
    _ c: inout CommandContext, _ options: ReadOptions, _ key: Bytes, _ stream: PackedStream,
    _ name: Bytes, _ id: StreamID
) -> Bool {
    guard let group = stream.group(name), let index = options.group else { return false }
    var behind = id
    var hasNew = false
    if id == .max, stream.length > 0, let last = stream.lastEntryID, last > group.lastID {
        hasNew = true
        behind = group.lastID
    }
    let consumer = c.consumerMakingIt(c[index + 1], of: group, key)
    guard hasNew || id != .max else { return false }
    beginStream(&c, key)
    let first = behind.next ?? .zero
    if hasNew {
        let delivery = Delivery(group: group, consumer: consumer, options: options)
        delivery.reply(&c, stream, from: first)
        // Something was delivered, for the last entry's ID is beyond the group's.
        c.database.pointee.changed(key)
    } else {
        replyHistory(&c, stream, group, consumer, from: first, most: options.most)
    }
    return true
}

/// New entries on their way to a consumer.
private struct Delivery {
    let group: StreamGroup
    let consumer: StreamConsumer
    let options: ReadOptions

    func reply(_ c: inout CommandContext, _ stream: PackedStream, from first: StreamID) {
        let now = c.engine.pointee.now
        let place = c.reply.pointee.deferred()
        var number: Int64 = 0
        var cursor = StreamCursor(stream, from: first, through: .max)
        while cursor.advance() {
            let id = cursor.id
            if id > group.lastID { stream.noteRead(id, by: group) }
            cursor.appendEntry(to: &c.reply.pointee)
            if !options.withoutPending {
                group.deliver(id, to: consumer, now: now)
                consumer.activeTime = now
            }
            number += 1
            if number == options.most { break }
        }
        c.reply.pointee.close(place, array: Int(number))
    }
}

/// A consumer's pending entries from `first` on; of entries deleted meanwhile only the ID.
private func replyHistory(
    _ c: inout CommandContext, _ stream: PackedStream, _ group: StreamGroup,
    _ consumer: StreamConsumer, from first: StreamID, most: Int64
) {
    let now = c.engine.pointee.now
    let reply = c.reply
    let place = reply.pointee.deferred()
    var number: Int64 = 0
    consumer.forEachPending(from: first) { id in
        var cursor = StreamCursor(stream, from: id, through: id)
        if id <= stream.lastID, cursor.advance() {
            cursor.appendEntry(to: &reply.pointee)
            if let pending = group.pending(id) {
                pending.pointee.deliveryTime = now
                pending.pointee.deliveryCount &+= 1
            }
        } else {
            reply.pointee.array(2)
            reply.pointee.streamID(id)
            reply.pointee.nullArray()
        }
        number += 1
        return number != most
    }
    reply.pointee.close(place, array: Int(number))
}

// MARK: Waiting

/// Suspends the client; "$" becomes the ID that it means now.
private func wait(
    _ c: inout CommandContext, _ options: ReadOptions, _ ids: UnsafeMutableBufferPointer<StreamID>,
    _ deadline: Int64
) {
    var replacing: [(index: Int, bytes: [UInt8])] = []
    for i in 0..<options.streams {
        let argument = options.firstKey + options.streams + i
        if c[argument].count == 1, c[argument][0] == UInt8(ascii: "$") {
            replacing.append((argument, Array(ids[i].text().utf8)))
        }
    }
    let keys = options.firstKey..<options.firstKey + options.streams
    c.block(
        onKeys: keys, type: .stream, deadline: deadline, replacing: replacing,
        wakesOnLoss: options.command == .readGroup)
}
