// Commands on pending entries: XACK, XPENDING.

import Memory
import RESP

package let streamPendingCommandRows: [CommandRow] = [xackRow, xpendingRow]

private let xackRow = CommandRow(
    .xack, "xack", arity: -4, [.write, .fast], .stream,
    keys: [.at(1, [.rw, .update])],
    since: "5.0.0", group: .stream, complexity: "O(log N) for each ID, N being the pending entries",
    summary: "Acknowledges entries: they are no longer pending.",
    arguments: [.key("key"), .string("group"), .string("id").multiple])

private let xpendingRow = CommandRow(
    .xpending, "xpending", arity: -3, .readOnly, .stream,
    keys: [.at(1, [.ro, .access])],
    tips: [.nondeterministicOutput],
    since: "5.0.0", group: .stream,
    complexity: "O(log N + M), M being the entries looked at, or the consumers",
    summary: "Returns entries that a group was given and has not acknowledged.",
    history: ["6.2.0": "`IDLE`, and ranges that leave an end out."],
    arguments: [
        .key("key"), .string("group"),
        .block(
            "filters",
            [
                .integer("min-idle-time", token: "IDLE").optional.since("6.2.0"),
                .string("start"), .string("end"), .integer("count"),
                .string("consumer").optional,
            ]
        ).optional,
    ])

package func xackCommand(_ c: inout CommandContext) {
    guard let entry = c.lookupRead(c[1], c.firstKeyHash) else {
        return c.reply.pointee.integer(0)
    }
    guard let stream = c.streamOrError(entry) else { return }
    guard let group = stream.group(c[2]) else { return c.reply.pointee.integer(0) }
    guard c.areStreamIDs(from: 3) else { return }
    var acknowledged = 0
    for i in 3..<c.count where group.acknowledge(c.checkedStreamID(i)) { acknowledged += 1 }
    if acknowledged > 0 { c.database.pointee.changed(c[1], by: acknowledged) }
    c.reply.pointee.integer(acknowledged)
}

// MARK: XPENDING

package func xpendingCommand(_ c: inout CommandContext) {
    guard c.count == 3 || (6...9).contains(c.count) else { return c.replySyntaxError() }
    var filter = PendingFilter()
    guard c.count == 3 || filter.read(c) else { return }
    guard
        let (_, group) = c.streamAndGroup(c.lookupRead(c[1], c.firstKeyHash))
    else { return }
    if c.count == 3 {
        replySummary(&c, group)
    } else {
        replyPending(&c, group, filter)
    }
}

private struct PendingFilter {
    var minimumIdle: Int64 = 0
    var interval = StreamInterval()
    var most: Int64 = 0
    /// Index of the consumer's name.
    var consumer: Int?

    /// Reads the arguments; false after an error.
    mutating func read(_ c: borrowing CommandContext) -> Bool {
        var start = 3
        if c[3].isWord("idle") {
            guard let value = c.integer(4) else { return false }
            minimumIdle = value
            guard c.count >= 8 else {
                c.replySyntaxError()
                return false
            }
            start = 5
        }
        guard let value = c.integer(start + 2) else { return false }
        most = max(value, 0)
        guard let first = c.intervalStart(start), let last = c.intervalStop(start + 1) else {
            return false
        }
        interval = StreamInterval(first: first, last: last)
        if start + 3 < c.count { consumer = start + 3 }
        return true
    }
}

private func replySummary(_ c: inout CommandContext, _ group: StreamGroup) {
    let reply = c.reply
    reply.pointee.array(4)
    reply.pointee.integer(group.pendingCount)
    guard let first = group.firstPending, let last = group.lastPending else {
        reply.pointee.null()
        reply.pointee.null()
        reply.pointee.nullArray()
        return
    }
    reply.pointee.streamID(first)
    reply.pointee.streamID(last)
    let place = reply.pointee.deferred()
    var number = 0
    group.forEachConsumer { consumer in
        guard consumer.pendingCount > 0 else { return }
        reply.pointee.array(2)
        reply.pointee.bulk(consumer.name)
        reply.pointee.bulkInteger(consumer.pendingCount)
        number += 1
    }
    reply.pointee.close(place, array: number)
}

private func replyPending(_ c: inout CommandContext, _ group: StreamGroup, _ filter: PendingFilter)
{
    let reply = c.reply
    var consumer: StreamConsumer?
    if let index = filter.consumer {
        consumer = group.consumer(c[index])
        guard consumer != nil else { return reply.pointee.emptyArray() }
    }
    let now = c.engine.pointee.now
    let place = reply.pointee.deferred()
    var number: Int64 = 0
    func show(_ pending: StreamPending) -> Bool {
        guard number < filter.most, pending.id <= filter.interval.last else { return false }
        let idle = now &- pending.deliveryTime
        if filter.minimumIdle != 0, idle < filter.minimumIdle { return true }
        number += 1
        reply.pointee.array(4)
        reply.pointee.streamID(pending.id)
        reply.pointee.bulk(pending.consumer?.name ?? Bytes(""))
        reply.pointee.integer(Int(max(idle, 0)))
        reply.pointee.integer(Int(pending.deliveryCount))
        return true
    }
    if let consumer {
        consumer.forEachPending(from: filter.interval.first) { id in
            guard let pending = group.pending(id) else { return true }
            return show(pending.pointee)
        }
    } else {
        group.forEachPending(from: filter.interval.first, show)
    }
    reply.pointee.close(place, array: Int(number))
}
