// Commands that add to and take away from streams: XADD, XLEN, XDEL, XTRIM, XSETID.

import Memory
import RESP

package let streamAddCommandRows: [CommandRow] = [
    xaddRow, xlenRow, xdelRow, xtrimRow, xsetidRow,
]

private let trimArguments: [ArgumentSpec] = [
    .oneOf(
        "strategy",
        [.token("maxlen", "MAXLEN"), .token("minid", "MINID").since("6.2.0")]),
    .oneOf("operator", [.token("equal", "="), .token("approximately", "~")]).optional,
    .string("threshold"),
    .integer("count", token: "LIMIT").optional.since("6.2.0"),
]

private let xaddRow = CommandRow(
    .xadd, "xadd", arity: -5, [.write, .denyOOM, .fast], .stream,
    keys: [.at(1, [.rw, .update], notes: "An update, since it may trim the stream too.")],
    tips: [.nondeterministicOutput],
    since: "5.0.0", group: .stream,
    complexity: "O(1), and O(N) of N entries trimmed",
    summary: "Adds an entry to a stream, creating it if need be.",
    history: [
        "6.2.0": "`NOMKSTREAM`, `MINID` and `LIMIT`.",
        "7.0.0": "IDs of the form `<ms>-*`.",
    ],
    arguments: [
        .key("key"),
        .token("nomkstream", "NOMKSTREAM").optional.since("6.2.0"),
        .block("trim", trimArguments).optional,
        .oneOf("id-selector", [.token("auto-id", "*"), .string("id")]),
        .block("data", [.string("field"), .string("value")]).multiple,
    ])

private let xlenRow = CommandRow(
    .xlen, "xlen", arity: 2, [.readOnly, .fast], .stream,
    keys: [.at(1, .ro)],
    since: "5.0.0", group: .stream, complexity: "O(1)",
    summary: "Returns the number of entries in a stream.",
    arguments: [.key("key")])

private let xdelRow = CommandRow(
    .xdel, "xdel", arity: -3, [.write, .fast], .stream,
    keys: [.at(1, [.rw, .delete])],
    since: "5.0.0", group: .stream, complexity: "O(log N) for each entry",
    summary: "Deletes entries of a stream.",
    arguments: [.key("key"), .string("id").multiple])

private let xtrimRow = CommandRow(
    .xtrim, "xtrim", arity: -4, .write, .stream,
    keys: [.at(1, [.rw, .delete])],
    tips: [.nondeterministicOutput],
    since: "5.0.0", group: .stream,
    complexity: "O(N) of N entries removed, whole blocks at once",
    summary: "Deletes entries from the beginning of a stream.",
    history: ["6.2.0": "`MINID` and `LIMIT`."],
    arguments: [.key("key"), .block("trim", trimArguments)])

private let xsetidRow = CommandRow(
    .xsetid, "xsetid", arity: -3, [.write, .denyOOM, .fast], .stream,
    keys: [.at(1, [.rw, .update])],
    since: "5.0.0", group: .stream, complexity: "O(1)",
    summary: "Sets what a stream remembers of its past; for replication.",
    history: ["7.0.0": "`entries_added` and `max_deleted_entry_id`."],
    arguments: [
        .key("key"), .string("last-id"),
        .integer("entries-added", token: "ENTRIESADDED").optional.since("7.0.0"),
        .string("max-deleted-id", token: "MAXDELETEDID").optional.since("7.0.0"),
    ])

// MARK: XADD

package func xaddCommand(_ c: inout CommandContext) {
    let word = c[2]
    // The usual form has no options.
    if word.count == 1, word[0] == UInt8(ascii: "*"), c.count & 1 == 1 {
        guard let stream = streamToAddTo(&c, onlyIfThere: false) else { return }
        let id = stream.lastID.following(now: c.engine.pointee.now)
        if add(&c, stream, id, firstField: 3) { added(&c) }
        return
    }
    addWithOptions(&c)
}

@inline(never)
private func addWithOptions(_ c: inout CommandContext) {
    var options = StreamAddOptions()
    guard let position = options.read(c, isAdd: true) else { return }
    let fields = c.count - position - 1
    guard fields >= 2, fields & 1 == 0 else {
        return c.reply.pointee.error("ERR wrong number of arguments for 'xadd' command")
    }
    if let id = options.id, options.isComplete, id.isZero {
        return c.reply.pointee.error("ERR The ID specified in XADD must be greater than 0-0")
    }
    guard let stream = streamToAddTo(&c, onlyIfThere: options.onlyIfThere) else { return }
    guard let id = newID(options, stream, c.engine.pointee.now) else {
        return replySmallerID(&c)
    }
    guard add(&c, stream, id, firstField: position + 1) else { return }
    if let trim = options.trim { _ = trimmed(&c, stream, trim) }
    added(&c)
}

/// The stream under the first key, made if need be; nil after the reply.
@inline(__always)
private func streamToAddTo(_ c: inout CommandContext, onlyIfThere: Bool) -> PackedStream? {
    guard let position = c.lookupWrite(c[1], c.firstKeyHash) else {
        if onlyIfThere {
            c.reply.pointee.null()
            return nil
        }
        return c.insertNewStream(c[1], c.firstKeyHash)
    }
    guard let stream = c.streamOrError(position.entry) else { return nil }
    if stream.lastID == .max {
        c.reply.pointee.error(
            """
            ERR The stream has exhausted the last possible ID, unable to add more items
            """)
        return nil
    }
    return stream
}

/// The ID of the new entry by the options; nil where there is no larger one of that time.
private func newID(_ options: StreamAddOptions, _ stream: PackedStream, _ now: Int64) -> StreamID? {
    guard let id = options.id else { return stream.lastID.following(now: now) }
    if options.isComplete || id.milliseconds != stream.lastID.milliseconds { return id }
    let last = stream.lastID
    return last.sequence < .max ? StreamID(last.milliseconds, last.sequence + 1) : nil
}

@inline(never)
private func replySmallerID(_ c: inout CommandContext) {
    c.reply.pointee.error(
        """
        ERR The ID specified in XADD is equal or smaller than the target stream top item
        """)
}

/// Adds the entry made of the arguments from `firstField` on and answers with its ID; false after
/// an error.
@inline(__always)
private func add(
    _ c: inout CommandContext, _ stream: PackedStream, _ id: StreamID, firstField: Int
) -> Bool {
    guard id > stream.lastID else {
        replySmallerID(&c)
        return false
    }
    var payload = 0
    for i in firstField..<c.count { payload &+= c[i].count }
    guard payload <= StreamNodeLimits.largestBytes else {
        c.reply.pointee.error("ERR Elements are too large to be stored")
        return false
    }
    stream.append(
        id, c.arguments + firstField, fields: (c.count &- firstField) / 2, payload: payload,
        c.engine.pointee.settings.streamLimits)
    c.reply.pointee.streamID(id)
    return true
}

/// The end of every XADD: whoever waits for the stream hears of it.
@inline(__always)
private func added(_ c: inout CommandContext) {
    c.database.pointee.changed(c[1])
    c.database.pointee.signal(c[1], c.firstKeyHash, .stream)
}

/// Trims; the rest of many blocks is freed in slices. Returns how many entries went.
private func trimmed(_ c: inout CommandContext, _ stream: PackedStream, _ trim: StreamTrim) -> Int {
    let (removed, rest) = stream.trim(trim)
    if let rest { c.engine.pointee.lazyFree.add(BigValue(rest)) }
    return removed
}

// MARK: The others

package func xlenCommand(_ c: inout CommandContext) {
    guard let entry = c.lookupRead(c[1], c.firstKeyHash) else {
        return c.reply.pointee.integer(0)
    }
    guard let stream = c.streamOrError(entry) else { return }
    c.reply.pointee.integer(stream.length)
}

package func xdelCommand(_ c: inout CommandContext) {
    guard let position = c.lookupWrite(c[1], c.firstKeyHash) else {
        return c.reply.pointee.integer(0)
    }
    guard let stream = c.streamOrError(position.entry), c.areStreamIDs(from: 2) else { return }
    let first = stream.firstID
    var deleted = 0
    var firstWentToo = false
    var largest = StreamID.zero
    for i in 2..<c.count {
        let id = c.checkedStreamID(i)
        guard stream.delete(id) else { continue }
        deleted += 1
        if id == first { firstWentToo = true }
        if id > largest { largest = id }
    }
    if deleted > 0 {
        stream.noteDeleted(largest: largest, firstWentToo: firstWentToo)
        c.database.pointee.changed(c[1], by: deleted)
    }
    c.reply.pointee.integer(deleted)
}

package func xtrimCommand(_ c: inout CommandContext) {
    var options = StreamAddOptions()
    guard options.read(c, isAdd: false) != nil, let trim = options.trim else { return }
    guard let position = c.lookupWrite(c[1], c.firstKeyHash) else {
        return c.reply.pointee.integer(0)
    }
    guard let stream = c.streamOrError(position.entry) else { return }
    let removed = trimmed(&c, stream, trim)
    if removed > 0 { c.database.pointee.changed(c[1], by: removed) }
    c.reply.pointee.integer(removed)
}

package func xsetidCommand(_ c: inout CommandContext) {
    guard let id = c.streamID(2) else { return }
    var entriesAdded: Int64?
    var maxDeleted = StreamID.zero
    var i = 3
    while i < c.count {
        let hasMore = i + 1 < c.count
        if c[i].isWord("entriesadded") && hasMore {
            guard let value = c.integer(i + 1) else { return }
            guard value >= 0 else {
                return c.reply.pointee.error("ERR entries_added must be positive")
            }
            entriesAdded = value
        } else if c[i].isWord("maxdeletedid") && hasMore {
            guard let value = c.streamID(i + 1) else { return }
            guard value <= id else {
                return c.reply.pointee.error(
                    """
                    ERR The ID specified in XSETID is smaller than the provided \
                    max_deleted_entry_id
                    """)
            }
            maxDeleted = value
        } else {
            return c.replySyntaxError()
        }
        i += 2
    }
    guard let position = c.lookupWrite(c[1], c.firstKeyHash) else { return c.replyNoSuchKey() }
    guard let stream = c.streamOrError(position.entry),
        mayBeSet(c, stream, id, entriesAdded)
    else { return }
    stream.setLastID(id)
    if let entriesAdded { stream.setEntriesAdded(entriesAdded) }
    if !maxDeleted.isZero { stream.setMaxDeletedID(maxDeleted) }
    c.reply.pointee.ok()
    c.database.pointee.changed(c[1])
}

/// Whether XSETID's values fit what the stream holds; else the error was written.
private func mayBeSet(
    _ c: borrowing CommandContext, _ stream: PackedStream, _ id: StreamID, _ entriesAdded: Int64?
) -> Bool {
    if id < stream.maxDeletedID {
        c.reply.pointee.error(
            "ERR The ID specified in XSETID is smaller than current max_deleted_entry_id")
        return false
    }
    if stream.length == 0 { return true }
    if let last = stream.lastEntryID, id < last {
        c.reply.pointee.error(
            "ERR The ID specified in XSETID is smaller than the target stream top item")
        return false
    }
    if let entriesAdded, Int64(stream.length) > entriesAdded {
        c.reply.pointee.error(
            """
            ERR The entries_added specified in XSETID is smaller than the target stream length
            """)
        return false
    }
    return true
}
