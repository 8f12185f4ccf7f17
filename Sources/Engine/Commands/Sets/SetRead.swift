// Commands that read one set: SISMEMBER, SMISMEMBER, SMEMBERS, SCARD, SSCAN.

import Memory
import RESP

package let setReadCommandRows: [CommandRow] = [
    sismemberRow, smismemberRow, smembersRow, scardRow, sscanRow,
]

private let sismemberRow = CommandRow(
    .sismember, "sismember", arity: 3, [.readOnly, .fast], .set,
    keys: [.at(1, .ro)],
    since: "1.0.0", group: .set, complexity: "O(1)",
    summary: "Tells whether a set has a member.",
    arguments: [.key("key"), .string("member")])

private let smismemberRow = CommandRow(
    .smismember, "smismember", arity: -3, [.readOnly, .fast], .set,
    keys: [.at(1, [.ro, .access])],
    since: "6.2.0", group: .set, complexity: "O(N), N being the members given",
    summary: "Tells of several members whether a set has them.",
    arguments: [.key("key"), .string("member").multiple])

private let smembersRow = CommandRow(
    .smembers, "smembers", arity: 2, .readOnly, .set,
    keys: [.at(1, [.ro, .access])],
    tips: [.nondeterministicOutputOrder],
    since: "1.0.0", group: .set, complexity: "O(N), N being the members",
    summary: "Returns all members of a set.",
    arguments: [.key("key")])

private let scardRow = CommandRow(
    .scard, "scard", arity: 2, [.readOnly, .fast], .set,
    keys: [.at(1, .ro)],
    since: "1.0.0", group: .set, complexity: "O(1)",
    summary: "Returns how many members a set has.",
    arguments: [.key("key")])

private let sscanRow = CommandRow(
    .sscan, "sscan", arity: -3, .readOnly, .set,
    keys: [.at(1, [.ro, .access])],
    tips: [.nondeterministicOutput],
    since: "2.8.0", group: .set,
    complexity: "O(1) for a call, O(N) for all calls until the cursor is 0, N being the members",
    summary: "Lists the members of a set step by step, keeping its place in a cursor.",
    arguments: [
        .key("key"),
        .integer("cursor"),
        .pattern("pattern", token: "MATCH").optional,
        .integer("count", token: "COUNT").optional,
    ])

package func sismemberCommand(_ c: inout CommandContext) {
    guard let entry = c.lookupRead(c[1], c.firstKeyHash) else {
        return c.reply.pointee.integer(0)
    }
    guard let set = c.setOrError(entry) else { return }
    var probe = SetProbe(c, 2)
    c.reply.pointee.integer(set.contains(&probe, c.engine) ? 1 : 0)
}

package func smismemberCommand(_ c: inout CommandContext) {
    let entry = c.lookupRead(c[1], c.firstKeyHash)
    var set: SetValue?
    if let entry {
        set = c.setOrError(entry)
        if set == nil { return }
    }
    let reply = c.reply
    reply.pointee.array(c.count - 2)
    guard let set else {
        for _ in 2..<c.count { reply.pointee.integer(0) }
        return
    }
    let engine = c.engine
    if set.isTable {
        return MemberBatch.forEach(c, from: 2, set.table) { probe in
            reply.pointee.integer(set.contains(&probe, engine) ? 1 : 0)
        }
    }
    for i in 2..<c.count { reply.pointee.integer(set.contains(c[i], engine) ? 1 : 0) }
}

package func smembersCommand(_ c: inout CommandContext) {
    guard let entry = c.lookupRead(c[1], c.firstKeyHash) else { return c.reply.pointee.set(0) }
    guard let set = c.setOrError(entry) else { return }
    replyMembers(set, c.reply)
}

/// All members, as a set in RESP3.
func replyMembers(_ set: SetValue, _ reply: UnsafeMutablePointer<ReplyBuffer>) {
    let count = set.count
    reply.pointee.set(count)
    appendMembers(set, reply)
}

/// All members as bulk strings; the aggregate's header is the caller's.
func appendMembers(_ set: SetValue, _ reply: UnsafeMutablePointer<ReplyBuffer>) {
    switch set.encoding {
    case .intset:
        for i in 0..<set.intSet.count {
            reply.pointee.bulkInteger(Int(set.intSet.value(at: i)))
        }
    case .listpack: set.block.appendBulks(set.block.count, to: &reply.pointee)
    default: MemberTable.forEachAhead(set.table) { reply.pointee.bulk($0.key) }
    }
}

package func scardCommand(_ c: inout CommandContext) {
    guard let entry = c.lookupRead(c[1], c.firstKeyHash) else {
        return c.reply.pointee.integer(0)
    }
    guard let set = c.setOrError(entry) else { return }
    c.reply.pointee.integer(set.count)
}

@inline(never)
package func sscanCommand(_ c: inout CommandContext) {
    guard let scan = CollectionScan(&c, of: .set) else { return }
    let set = SetValue(scan.entry)
    let reply = c.reply
    let frame = ScanReply.begin(reply)
    var found = 0
    var cursor: UInt64 = 0
    if set.isTable {
        cursor = scan.options.scan(set.table, from: scan.cursor) { member in
            guard scan.options.matches(member.key) else { return }
            reply.pointee.bulk(member.key)
            found += 1
        }
    } else {
        set.forEach { item in
            guard scan.options.pattern == nil || item.withText(scan.options.matches) else {
                return
            }
            reply.pointee.appendBulk(item)
            found += 1
        }
    }
    frame.finish(reply, cursor: cursor, count: found)
}
