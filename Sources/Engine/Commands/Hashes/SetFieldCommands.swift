// Commands that set and delete fields: HSET, HSETNX, HMSET, HDEL.

import Memory
import RESP

package let setFieldCommandRows: [CommandRow] = [
    hsetRow, hsetnxRow, hmsetRow, hdelRow,
]

private let hsetRow = CommandRow(
    .hset, "hset", arity: -4, [.write, .denyOOM, .fast], .hash,
    keys: [.at(1, [.rw, .update])],
    since: "2.0.0", group: .hash, complexity: "O(N), N being the fields given",
    summary: "Sets fields of a hash; a missing key becomes one.",
    history: ["4.0.0": "Takes several `field` and `value` arguments."],
    arguments: [
        .key("key"), .block("data", [.string("field"), .string("value")]).multiple,
    ])

private let hsetnxRow = CommandRow(
    .hsetnx, "hsetnx", arity: 4, [.write, .denyOOM, .fast], .hash,
    keys: [.at(1, [.rw, .insert])],
    since: "2.0.0", group: .hash, complexity: "O(1)",
    summary: "Sets a field of a hash unless it is there.",
    arguments: [.key("key"), .string("field"), .string("value")])

private let hmsetRow = CommandRow(
    .hmset, "hmset", arity: -4, [.write, .denyOOM, .fast], .hash,
    keys: [.at(1, [.rw, .update])],
    since: "2.0.0", group: .hash, complexity: "O(N), N being the fields given",
    summary: "Sets fields of a hash.",
    deprecatedSince: "4.0.0", replacedBy: "`HSET` with multiple field-value pairs",
    arguments: [
        .key("key"), .block("data", [.string("field"), .string("value")]).multiple,
    ])

private let hdelRow = CommandRow(
    .hdel, "hdel", arity: -3, [.write, .fast], .hash,
    keys: [.at(1, [.rw, .delete])],
    since: "2.0.0", group: .hash, complexity: "O(N), N being the fields given",
    summary: "Deletes fields of a hash, and the key with the last one.",
    history: ["2.4.0": "Takes several `field` arguments."],
    arguments: [.key("key"), .string("field").multiple])

package func hsetCommand(_ c: inout CommandContext) {
    guard c.count & 1 == 0 else { return c.replyWrongArity("hset") }
    if let created = setFields(&c) { c.reply.pointee.integer(created) }
}

package func hmsetCommand(_ c: inout CommandContext) {
    guard c.count & 1 == 0 else { return c.replyWrongArity("hmset") }
    if setFields(&c) != nil { c.reply.pointee.ok() }
}

/// Sets the fields from argument 2 on. How many are new; nil after an error.
private func setFields(_ c: inout CommandContext) -> Int? {
    var isError = false
    let position = c.hashPosition(&isError)
    if isError { return nil }
    let limits = c.hashLimits
    var hash = c.hash(at: position)
    hash.prepare(for: c.arguments + 2, c.count &- 2, limits)
    var created = 0
    var i = 2
    while i < c.count {
        let known = i == 2 ? c.memberHash : 0
        if hash.set(c[i], c[i &+ 1], .none, limits, hash: known) { created &+= 1 }
        i &+= 2
    }
    c.store(hash, at: position)
    c.database.pointee.changed(c[1], by: (c.count &- 2) / 2)
    return created
}

package func hsetnxCommand(_ c: inout CommandContext) {
    var isError = false
    var position = c.hashPosition(&isError)
    if isError { return }
    if let found = position {
        var isGone = false
        if c.liveField(HashValue(found.entry, c.engine), 2, &isGone) != nil {
            return c.reply.pointee.integer(0)
        }
        if isGone { position = nil }
    }
    let limits = c.hashLimits
    var hash = c.hash(at: position)
    hash.prepare(for: c.arguments + 2, 2, limits)
    _ = hash.set(c[2], c[3], .none, limits)
    c.store(hash, at: position)
    c.database.pointee.changed(c[1])
    c.reply.pointee.integer(1)
}

package func hdelCommand(_ c: inout CommandContext) {
    var isError = false
    guard let position = c.hashPosition(&isError) else {
        if !isError { c.reply.pointee.integer(0) }
        return
    }
    var hash = HashValue(position.entry, c.engine)
    var deleted = 0
    var isGone = false
    for i in 2..<c.count where !isGone && hash.remove(c[i], i == 2 ? c.memberHash : 0) {
        deleted += 1
        isGone = c.storeOrRemove(hash, at: position)
    }
    if deleted > 0 { c.database.pointee.changed(c[1], by: deleted) }
    c.reply.pointee.integer(deleted)
}
