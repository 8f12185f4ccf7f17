// Commands that hand pending entries to another consumer: XCLAIM, XAUTOCLAIM.

import Memory
import RESP

package let streamClaimCommandRows: [CommandRow] = [xclaimRow, xautoclaimRow]

private let xclaimRow = CommandRow(
    .xclaim, "xclaim", arity: -6, [.write, .fast], .stream,
    keys: [.at(1, [.rw, .update])],
    tips: [.nondeterministicOutput],
    since: "5.0.0", group: .stream, complexity: "O(log N) for each ID, N being the pending entries",
    summary: "Makes a consumer the one to whom pending entries belong.",
    arguments: [
        .key("key"), .string("group"), .string("consumer"), .string("min-idle-time"),
        .string("id").multiple,
        .integer("ms", token: "IDLE").optional,
        .unixTime("unix-time-milliseconds", token: "TIME").optional,
        .integer("count", token: "RETRYCOUNT").optional,
        .token("force", "FORCE").optional,
        .token("justid", "JUSTID").optional,
        .string("lastid", token: "LASTID").optional,
    ])

private let xautoclaimRow = CommandRow(
    .xautoclaim, "xautoclaim", arity: -6, [.write, .fast], .stream,
    keys: [.at(1, [.rw, .delete])],
    tips: [.nondeterministicOutput],
    since: "6.2.0", group: .stream, complexity: "O(M log N), M being ten times COUNT at most",
    summary: "Makes a consumer the one to whom entries pending for long belong.",
    history: ["7.0.0": "The reply's third element, the IDs of entries that are no more."],
    arguments: [
        .key("key"), .string("group"), .string("consumer"), .string("min-idle-time"),
        .string("start"),
        .integer("count", token: "COUNT").optional,
        .token("justid", "JUSTID").optional,
    ])

/// What becomes of entries that are claimed.
private struct Claim {
    var minimumIdle: Int64 = 0
    var onlyIDs = false
    /// XCLAIM: entries that were not pending are claimed too.
    var isForced = false
    var deliveryTime: Int64?
    var deliveryCount: Int64?
    var lastID = StreamID.zero

    /// The options of XCLAIM from argument `start` on; false after an error.
    mutating func read(_ c: borrowing CommandContext, from start: Int) -> Bool {
        let now = c.engine.pointee.now
        var i = start
        while i < c.count {
            let hasMore = i + 1 < c.count
            if c[i].isWord("force") {
                isForced = true
            } else if c[i].isWord("justid") {
                onlyIDs = true
            } else if c[i].isWord("idle") && hasMore {
                i += 1
                guard let idle = c[i].integer else {
                    return refuse(c, "ERR Invalid IDLE option argument for XCLAIM")
                }
                deliveryTime = now &- idle
            } else if c[i].isWord("time") && hasMore {
                i += 1
                guard let time = c[i].integer else {
                    return refuse(c, "ERR Invalid TIME option argument for XCLAIM")
                }
                deliveryTime = time
            } else if c[i].isWord("retrycount") && hasMore {
                i += 1
                guard let value = c[i].integer else {
                    return refuse(c, "ERR Invalid RETRYCOUNT option argument for XCLAIM")
                }
                deliveryCount = value < 0 ? nil : value
            } else if c[i].isWord("lastid") && hasMore {
                i += 1
                guard let id = c.streamID(i) else { return false }
                lastID = id
            } else {
                c.reply.pointee.error("ERR Unrecognized XCLAIM option '", c[i], "'")
                return false
            }
            i += 1
        }
        return true
    }

    private func refuse(_ c: borrowing CommandContext, _ text: StaticString) -> Bool {
        c.reply.pointee.error(text)
        return false
    }

    /// The time that claimed entries get: a time out of reason counts as now.
    func time(now: Int64) -> Int64 {
        guard let deliveryTime, deliveryTime >= 0, deliveryTime <= now else { return now }
        return deliveryTime
    }

    /// Hands a pending entry over and answers with it.
    func claim(
        _ pending: UnsafeMutablePointer<StreamPending>, of group: StreamGroup,
        _ stream: PackedStream, for consumer: StreamConsumer, _ c: inout CommandContext
    ) {
        let now = c.engine.pointee.now
        pending.pointee.deliveryTime = time(now: now)
        if let deliveryCount {
            pending.pointee.deliveryCount = deliveryCount
        } else if !onlyIDs {
            pending.pointee.deliveryCount &+= 1
        }
        group.assign(pending, to: consumer)
        if onlyIDs {
            c.reply.pointee.streamID(pending.pointee.id)
        } else {
            _ = c.replyEntry(stream, pending.pointee.id)
        }
        consumer.activeTime = now
    }
}

// MARK: XCLAIM

package func xclaimCommand(_ c: inout CommandContext) {
    guard
        let (stream, group) = c.streamAndGroup(c.lookupRead(c[1], c.firstKeyHash))
    else { return }
    guard let idle = c[4].integer else {
        return c.reply.pointee.error("ERR Invalid min-idle-time argument for XCLAIM")
    }
    var claim = Claim()
    claim.minimumIdle = max(idle, 0)
    var end = 5
    while end < c.count, StreamID(c[end], missing: 0, strict: true) != nil { end += 1 }
    guard claim.read(c, from: end) else { return }
    var changes = 0
    let raisesLastID = claim.lastID > group.lastID
    if raisesLastID { group.lastID = claim.lastID }
    let consumer = c.consumerMakingIt(c[3], of: group, c[1])
    let place = c.reply.pointee.deferred()
    var number = 0
    for i in 5..<end {
        let id = c.checkedStreamID(i)
        guard stream.contains(id) else {
            // What is no more in the stream cannot be pending either.
            if group.acknowledge(id) { changes += 1 }
            continue
        }
        guard let pending = pendingToClaim(c, id, group, claim) else { continue }
        claim.claim(pending, of: group, stream, for: consumer, &c)
        number += 1
        changes += 1
    }
    // Where entries were claimed the group's ID goes along with them (Redis 7.4's count).
    if raisesLastID, changes == 0 { changes = 1 }
    if changes > 0 { c.database.pointee.changed(c[1], by: changes) }
    c.reply.pointee.close(place, array: number)
}

/// The pending entry if it may be claimed, made anew for FORCE.
private func pendingToClaim(
    _ c: borrowing CommandContext, _ id: StreamID, _ group: StreamGroup, _ claim: Claim
) -> UnsafeMutablePointer<StreamPending>? {
    let now = c.engine.pointee.now
    if let pending = group.pending(id) {
        if claim.minimumIdle != 0, now &- pending.pointee.deliveryTime < claim.minimumIdle {
            return nil
        }
        return pending
    }
    guard claim.isForced else { return nil }
    _ = group.addPending(id, deliveryTime: now, deliveryCount: 1)
    return group.pending(id)
}

// MARK: XAUTOCLAIM

/// Entries looked at for each one to be claimed, at most.
private let attemptsForEach: Int64 = 10

package func xautoclaimCommand(_ c: inout CommandContext) {
    let entry = c.lookupRead(c[1], c.firstKeyHash)
    guard let idle = c[4].integer else {
        return c.reply.pointee.error("ERR Invalid min-idle-time argument for XAUTOCLAIM")
    }
    guard let start = c.intervalStart(5) else { return }
    var claim = Claim()
    claim.minimumIdle = max(idle, 0)
    guard let most = readAutoclaimOptions(c, &claim) else { return }
    guard let (stream, group) = c.streamAndGroup(entry) else { return }
    // Redis sets room for so many deleted IDs aside first.
    guard most < 1 << 42 else {
        return c.reply.pointee.error(
            """
            ERR Insufficient memory, failed allocating transient memory, COUNT too high.
            """)
    }
    let consumer = c.consumerMakingIt(c[3], of: group, c[1])
    c.reply.pointee.array(3)
    let place = c.reply.pointee.deferred()
    var deleted: [StreamID] = []
    var number = 0
    var left = most
    var attempts = most * attemptsForEach
    var next: StreamID? = start
    let now = c.engine.pointee.now
    while attempts > 0, left > 0, let from = next, let seen = group.pending(atOrAfter: from) {
        attempts -= 1
        next = seen.id.next
        if !stream.contains(seen.id) {
            _ = group.acknowledge(seen.id)
            deleted.append(seen.id)
            left -= 1
        } else if claim.minimumIdle == 0 || now &- seen.deliveryTime >= claim.minimumIdle,
            let pending = group.pending(seen.id)
        {
            claim.claim(pending, of: group, stream, for: consumer, &c)
            number += 1
            left -= 1
        }
    }
    let changes = number + deleted.count
    if changes > 0 { c.database.pointee.changed(c[1], by: changes) }
    let following = next.flatMap { group.pending(atOrAfter: $0)?.id } ?? .zero
    c.reply.pointee.close(place, array: number)
    let text = following.text()
    c.reply.pointee.insert(Array("$\(text.utf8.count)\r\n\(text)\r\n".utf8), at: place)
    c.reply.pointee.array(deleted.count)
    for id in deleted { c.reply.pointee.streamID(id) }
}

/// COUNT, and whether only IDs are wanted; nil after an error.
private func readAutoclaimOptions(_ c: borrowing CommandContext, _ claim: inout Claim) -> Int64? {
    var most: Int64 = 100
    var i = 6
    while i < c.count {
        if c[i].isWord("count"), i + 1 < c.count {
            guard let value = c[i + 1].integer, value >= 1, value <= Int64.max / 16 else {
                c.reply.pointee.error("ERR COUNT must be > 0")
                return nil
            }
            most = value
            i += 2
        } else if c[i].isWord("justid") {
            claim.onlyIDs = true
            i += 1
        } else {
            c.replySyntaxError()
            return nil
        }
    }
    return most
}
