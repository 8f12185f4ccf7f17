// Commands that walk a hash: HGETALL, HKEYS, HVALS, HSCAN. Fields past their time are left out.

import CMachine
import Memory
import RESP

package let walkCommandRows: [CommandRow] = [
    hgetallRow, hkeysRow, hvalsRow, hscanRow,
]

private let hgetallRow = CommandRow(
    .hgetall, "hgetall", arity: 2, .readOnly, .hash,
    keys: [.at(1, [.ro, .access])],
    tips: [.nondeterministicOutputOrder],
    since: "2.0.0", group: .hash, complexity: "O(N), N being the number of fields",
    summary: "Returns all fields of a hash with their values.",
    arguments: [.key("key")])

private let hkeysRow = CommandRow(
    .hkeys, "hkeys", arity: 2, .readOnly, .hash,
    keys: [.at(1, [.ro, .access])],
    tips: [.nondeterministicOutputOrder],
    since: "2.0.0", group: .hash, complexity: "O(N), N being the number of fields",
    summary: "Returns the names of all fields of a hash.",
    arguments: [.key("key")])

private let hvalsRow = CommandRow(
    .hvals, "hvals", arity: 2, .readOnly, .hash,
    keys: [.at(1, [.ro, .access])],
    tips: [.nondeterministicOutputOrder],
    since: "2.0.0", group: .hash, complexity: "O(N), N being the number of fields",
    summary: "Returns the values of all fields of a hash.",
    arguments: [.key("key")])

private let hscanRow = CommandRow(
    .hscan, "hscan", arity: -3, .readOnly, .hash,
    keys: [.at(1, [.ro, .access])],
    tips: [.nondeterministicOutput],
    since: "2.8.0", group: .hash,
    complexity: "O(1) for a call, O(N) for a whole walk over N fields",
    summary: "Walks over the fields of a hash, some at a time.",
    arguments: [
        .key("key"),
        .integer("cursor"),
        .pattern("pattern", token: "MATCH").optional,
        .integer("count", token: "COUNT").optional,
        .token("novalues", "NOVALUES").optional,
    ])

/// What of each field goes into the reply.
private enum FieldParts {
    case names, values, both
}

package func hgetallCommand(_ c: inout CommandContext) { replyAll(&c, .both) }
package func hkeysCommand(_ c: inout CommandContext) { replyAll(&c, .names) }
package func hvalsCommand(_ c: inout CommandContext) { replyAll(&c, .values) }

private func replyAll(_ c: inout CommandContext, _ parts: FieldParts) {
    var isError = false
    guard let hash = c.readHash(&isError) else {
        if !isError { parts == .both ? c.reply.pointee.map(0) : c.reply.pointee.emptyArray() }
        return
    }
    let expired = hash.expiredCount
    let count = hash.count &- expired
    if parts == .both { c.reply.pointee.map(count) } else { c.reply.pointee.array(count) }
    if hash.encoding == .listpack {
        let block = hash.block
        switch parts {
        case .both: block.appendBulks(2 &* count, to: &c.reply.pointee)
        case .names: block.appendBulks(count, skipping: 1, to: &c.reply.pointee)
        case .values:
            block.appendBulks(
                from: block.after(Listpack.headerBytes), count, skipping: 1, to: &c.reply.pointee)
        }
    } else {
        appendFields(of: hash, parts, hidesExpired: expired > 0, c.reply)
    }
}

private func appendFields(
    of hash: HashValue, _ parts: FieldParts, hidesExpired: Bool,
    _ reply: UnsafeMutablePointer<ReplyBuffer>
) {
    hash.forEach { name, value, deadline in
        if hidesExpired, hash.isExpired(deadline) { return }
        if parts != .values { reply.pointee.appendBulk(name) }
        if parts != .names { reply.pointee.appendBulk(value) }
    }
}

package func hscanCommand(_ c: inout CommandContext) {
    guard let scan = CollectionScan(&c, of: .hash) else { return }
    let hash = HashValue(scan.entry, c.engine)
    let options = scan.options
    let reply = c.reply
    let frame = ScanReply.begin(reply)
    var found = 0
    func take(_ name: PackedItem, _ value: PackedItem, _ deadline: Int64) {
        if hash.isExpired(deadline) || !name.withText({ options.matches($0) }) { return }
        reply.pointee.appendBulk(name)
        found += 1
        if options.noValues { return }
        reply.pointee.appendBulk(value)
        found += 1
    }
    var cursor: UInt64 = 0
    if hash.isPacked {
        hash.forEach(take)
    } else {
        let table = withUnsafeMutablePointer(to: &hash.big.state.pointee.table) { $0 }
        cursor = options.scan(table, from: scan.cursor) { field in
            take(PackedItem(field.key), PackedItem(field.value), field.deadline)
        }
    }
    frame.finish(reply, cursor: cursor, count: found)
}
