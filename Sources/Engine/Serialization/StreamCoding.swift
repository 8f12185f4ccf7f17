// Streams in dumps: blocks as they are, then what the stream knows of itself, then its groups.
//
// Redis 7.0 does not know when a consumer last got something, Redis 7.2 and later do, in a form that
// 7.0 cannot read. DUMP writes the older form, and behind the value, where every reader of payloads
// looks away, a supplement with these times for RESTORE here: without it they are taken to be those
// at which consumers were last seen.

import Memory

/// What follows a stream in a payload: the mark, then 8 bytes for each consumer, group by group.
private enum StreamSupplement {
    static var mark: Bytes { Bytes("flashkvd") }
}

extension ValueEncoder {
    mutating func encode(_ stream: PackedStream) {
        let hasActiveTimes = dialect == .redis74
        if hasActiveTimes {
            begin(.streamListpacks3, needs: SerialVersion.redis72)
        } else {
            begin(.streamListpacks2)
        }
        sink.length(stream.blockCount)
        stream.forEachBlock { id, block in
            sink.length(16)
            sink.raw(id)
            sink.string(block)
        }
        sink.length(stream.length)
        sink.lengths(stream.lastID)
        sink.lengths(stream.firstID)
        sink.lengths(stream.maxDeletedID)
        sink.length(UInt64(bitPattern: stream.entriesAdded))
        sink.length(stream.groupCount)
        stream.forEachGroup { encode($0, activeTimes: hasActiveTimes) }
        if !hasActiveTimes { addSupplement(stream) }
    }

    private mutating func encode(_ group: StreamGroup, activeTimes: Bool) {
        sink.string(group.name)
        sink.lengths(group.lastID)
        sink.length(UInt64(bitPattern: group.entriesRead))
        sink.length(group.pendingCount)
        group.forEachPending { pending in
            sink.raw(pending.id)
            sink.signed(pending.deliveryTime)
            sink.length(UInt64(bitPattern: pending.deliveryCount))
            return true
        }
        sink.length(group.consumerCount)
        group.forEachConsumer { consumer in
            sink.string(consumer.name)
            sink.signed(consumer.seenTime)
            if activeTimes { sink.signed(consumer.activeTime) }
            sink.length(consumer.pendingCount)
            consumer.forEachPending { id in
                sink.raw(id)
                return true
            }
        }
    }

    private mutating func addSupplement(_ stream: PackedStream) {
        var isNeeded = false
        stream.forEachGroup { group in
            group.forEachConsumer { if $0.activeTime != $0.seenTime { isNeeded = true } }
        }
        guard isNeeded else { return }
        sink.raw(StreamSupplement.mark)
        stream.forEachGroup { group in
            group.forEachConsumer { sink.signed($0.activeTime) }
        }
    }
}

extension ByteSink {
    fileprivate mutating func raw(_ id: StreamID) {
        big(id.milliseconds, 8)
        big(id.sequence, 8)
    }

    fileprivate mutating func lengths(_ id: StreamID) {
        length(id.milliseconds)
        length(id.sequence)
    }
}

extension ByteSource {
    fileprivate mutating func rawID() throws(SerialError) -> StreamID {
        let milliseconds = try big(8)
        return StreamID(milliseconds, try big(8))
    }

    fileprivate mutating func idOfLengths() throws(SerialError) -> StreamID {
        let milliseconds = try length()
        return StreamID(milliseconds, try length())
    }

    /// A unix time in milliseconds, or -1 for never: such that no difference to another one
    /// overflows.
    fileprivate mutating func time() throws(SerialError) -> Int64 {
        let time = try signed()
        guard time >= -1, time < 1 << 60 else { throw .malformed }
        return time
    }

    /// A count that may be unknown: -1.
    fileprivate mutating func countOrUnknown() throws(SerialError) -> Int64 {
        let count = Int64(bitPattern: try length())
        guard count >= -1 else { throw .malformed }
        return count
    }
}

extension ValueDecoder {
    /// `form` is 1 to 3, the number of what the kind is called.
    mutating func stream(form: Int) throws(SerialError) -> DecodedValue {
        let stream = PackedStream.create()
        do throws(SerialError) {
            try readBlocks(into: stream)
            try readFigures(of: stream, form: form)
            // A group takes its name, an ID and two counts at least.
            for _ in 0..<(try source.count(ofAtLeast: 5)) {
                try readGroup(of: stream, form: form)
            }
            if form == 2, version == SerialVersion.redis70 { try readSupplement(of: stream) }
        } catch {
            engine.pointee.lazyFree.release(BigValue(stream), engine.pointee.heap)
            throw error
        }
        return .pointer(.stream, .stream, stream.raw)
    }

    private mutating func readBlocks(into stream: PackedStream) throws(SerialError) {
        for _ in 0..<(try source.count(ofAtLeast: 18)) {
            let key = try source.string()
            guard key.count == 16 else { throw .malformed }
            var reader = ByteSource(key)
            let id = try reader.rawID()
            let block = try element()
            noteSanitization()
            guard stream.addBlock(id, block) else { throw .malformed }
        }
    }

    private mutating func readFigures(of stream: PackedStream, form: Int) throws(SerialError) {
        let length = try source.length()
        let lastID = try source.idOfLengths()
        var firstID: StreamID?
        var maxDeletedID: StreamID?
        var entriesAdded: UInt64?
        if form >= 2 {
            firstID = try source.idOfLengths()
            maxDeletedID = try source.idOfLengths()
            let added = try source.length()
            guard added <= UInt64(Int64.max) else { throw .malformed }
            entriesAdded = added
        }
        let isRight = stream.finishLoading(
            length: length, lastID: lastID, firstID: firstID, maxDeletedID: maxDeletedID,
            entriesAdded: entriesAdded)
        guard isRight else { throw .malformed }
    }

    private mutating func readGroup(of stream: PackedStream, form: Int) throws(SerialError) {
        let name = try element()
        let lastID = try source.idOfLengths()
        // Before Redis 7.0 groups did not count: what they have read is told from where they are.
        let entriesRead =
            form >= 2
            ? try source.countOrUnknown()
            : stream.entriesRead(through: lastID) ?? StreamGroup.unknownCount
        guard
            let group = stream.createGroup(name, lastID: lastID, entriesRead: entriesRead)
        else { throw .malformed }
        for _ in 0..<(try source.count(ofAtLeast: 25)) {
            let id = try source.rawID()
            let time = try source.time()
            let deliveries = try source.countOrUnknown()
            guard group.addPending(id, deliveryTime: time, deliveryCount: deliveries) else {
                throw .malformed
            }
        }
        for _ in 0..<(try source.count(ofAtLeast: form >= 3 ? 18 : 10)) {
            try readConsumer(of: group, form: form)
        }
        guard group.isComplete else { throw .malformed }
    }

    private mutating func readConsumer(of group: StreamGroup, form: Int) throws(SerialError) {
        let name = try element()
        let (consumer, isNew) = group.makeConsumer(name, seenTime: 0)
        guard isNew else { throw .malformed }
        consumer.seenTime = try source.time()
        consumer.activeTime = form >= 3 ? try source.time() : consumer.seenTime
        for _ in 0..<(try source.count(ofAtLeast: 16)) {
            guard group.adopt(try source.rawID(), consumer) else { throw .malformed }
        }
    }

    /// Takes the times of a supplement, if there is one that fits.
    private mutating func readSupplement(of stream: PackedStream) throws(SerialError) {
        var consumers: [StreamConsumer] = []
        stream.forEachGroup { group in group.forEachConsumer { consumers.append($0) } }
        let mark = StreamSupplement.mark
        guard !consumers.isEmpty, source.left == mark.count + 8 * consumers.count,
            try source.raw(mark.count).equals(mark)
        else { return }
        for consumer in consumers { consumer.activeTime = try source.time() }
    }
}
