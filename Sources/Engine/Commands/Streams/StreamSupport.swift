// What the stream commands share: finding streams and groups, reading IDs, and common errors.

import Memory
import RESP

extension Entry {
    /// The stream that is the value; only where the type is `stream`.
    @inline(__always)
    var streamValue: PackedStream { PackedStream(raw: pointerValue) }
}

/// A range of IDs as XRANGE, XPENDING and XAUTOCLAIM take them, both ends included.
struct StreamInterval {
    var first = StreamID.zero
    var last = StreamID.max
}

extension CommandContext {
    /// The stream in `entry`, or nil after the error that it is something else.
    @inline(__always)
    func streamOrError(_ entry: Entry) -> PackedStream? {
        if entry.encoding == .stream { return entry.streamValue }
        replyWrongType()
        return nil
    }

    /// An empty stream under `key`, which does not exist.
    @inline(never)
    func insertNewStream(_ key: Bytes, _ hash: UInt64) -> PackedStream {
        let stream = PackedStream.create()
        database.pointee.setPointer(
            key, hash, nil, type: .stream, encoding: .stream, stream.raw)
        return stream
    }

    // MARK: IDs

    /// Argument `i` as an ID, or nil after an error. "-" and "+" are none if `strict`.
    func streamID(_ i: Int, missing: UInt64 = 0, strict: Bool = true) -> StreamID? {
        if let id = StreamID(self[i], missing: missing, strict: strict) { return id }
        replyInvalidStreamID()
        return nil
    }

    @inline(never)
    func replyInvalidStreamID() {
        reply.pointee.error("ERR Invalid stream ID specified as stream command argument")
    }

    /// Argument `i` as where a range begins, or nil after an error. "(" leaves the ID itself out.
    func intervalStart(_ i: Int) -> StreamID? {
        guard let (id, isOpen) = intervalEnd(i, missing: 0) else { return nil }
        if !isOpen { return id }
        if let next = id.next { return next }
        reply.pointee.error("ERR invalid start ID for the interval")
        return nil
    }

    /// The same for where a range ends.
    func intervalStop(_ i: Int) -> StreamID? {
        guard let (id, isOpen) = intervalEnd(i, missing: .max) else { return nil }
        if !isOpen { return id }
        if let previous = id.previous { return previous }
        reply.pointee.error("ERR invalid end ID for the interval")
        return nil
    }

    private func intervalEnd(_ i: Int, missing: UInt64) -> (id: StreamID, isOpen: Bool)? {
        let text = self[i]
        let isOpen = text.count > 1 && text[0] == UInt8(ascii: "(")
        let id =
            isOpen
            ? StreamID(text.slice(1, text.count), missing: missing, strict: true)
            : StreamID(text, missing: missing, strict: false)
        if let id { return (id, isOpen) }
        replyInvalidStreamID()
        return nil
    }

    /// Whether arguments from `i` on are IDs; else the error was written.
    func areStreamIDs(from i: Int) -> Bool {
        for k in i..<count {
            guard StreamID(self[k], missing: 0, strict: true) != nil else {
                replyInvalidStreamID()
                return false
            }
        }
        return true
    }

    /// Argument `i`, which `areStreamIDs` has checked.
    func checkedStreamID(_ i: Int) -> StreamID {
        StreamID(self[i], missing: 0, strict: true) ?? .zero
    }

    // MARK: Groups

    /// The stream under argument 1 and its group of the name in argument 2, as the commands want
    /// them that cannot do without; nil after an error.
    func streamAndGroup(_ entry: Entry?) -> (PackedStream, StreamGroup)? {
        guard let entry else {
            replyNoGroup()
            return nil
        }
        guard let stream = streamOrError(entry) else { return nil }
        guard let group = stream.group(self[2]) else {
            replyNoGroup()
            return nil
        }
        return (stream, group)
    }

    private func replyNoGroup() {
        replyStreamError(
            "NOGROUP No such key '", self[1], "' or consumer group '", self[2], "'")
    }

    /// An error that quotes two arguments.
    func replyStreamError(
        _ before: StaticString, _ first: Bytes, _ between: StaticString, _ second: Bytes,
        _ after: StaticString
    ) {
        reply.pointee.error(
            Bytes(before).array + first.upToZero.array + Bytes(between).array
                + second.upToZero.array + Bytes(after).array)
    }

    /// The consumer of that name, made if need be, which is a change. It has been seen now.
    func consumerMakingIt(_ name: Bytes, of group: StreamGroup, _ key: Bytes) -> StreamConsumer {
        let now = engine.pointee.now
        let (consumer, isNew) = group.makeConsumer(name, seenTime: now)
        if isNew { database.pointee.changed(key) }
        consumer.seenTime = now
        return consumer
    }

    // MARK: Other errors

    /// What a subcommand answers to options that it does not have.
    @inline(never)
    func replySubcommandSyntaxError() {
        let name = self[1].upToZero
        let container = self[0].string.uppercased()
        reply.pointee.error(
            Array("ERR unknown subcommand or wrong number of arguments for '".utf8)
                + name.slice(0, min(name.count, 128)).array
                + Array("'. Try \(container) HELP.".utf8))
    }

    @inline(never)
    func replyNoSuchKey() { reply.pointee.error("ERR no such key") }

    // MARK: Entries

    /// Answers with the entries of a range as an array, at most `most` of them (0: all).
    func replyEntries(
        _ stream: PackedStream, _ range: StreamInterval, most: Int64, reversed: Bool = false
    ) {
        let place = reply.pointee.deferred()
        var number: Int64 = 0
        if range.first <= range.last {
            var cursor = StreamCursor(
                stream, from: range.first, through: range.last, reversed: reversed)
            while cursor.advance() {
                cursor.appendEntry(to: &reply.pointee)
                number &+= 1
                if number == most { break }
            }
        }
        reply.pointee.close(place, array: Int(number))
    }

    /// Answers with the entry of that ID; false, and nothing is written, if it is not there.
    func replyEntry(_ stream: PackedStream, _ id: StreamID) -> Bool {
        if id > stream.lastID { return false }
        var cursor = StreamCursor(stream, from: id, through: id)
        guard cursor.advance() else { return false }
        cursor.appendEntry(to: &reply.pointee)
        return true
    }
}
