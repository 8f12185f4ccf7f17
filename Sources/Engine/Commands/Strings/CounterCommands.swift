// Commands on numbers: INCR, INCRBY, INCRBYFLOAT, DECR, DECRBY.

import Memory
import RESP

package let counterCommandRows: [CommandRow] = [
    incrRow, incrbyRow, incrbyfloatRow, decrRow, decrbyRow,
]

private let incrRow = CommandRow(
    .incr, "incr", arity: 2, [.write, .denyOOM, .fast], .string,
    keys: [.at(1, [.rw, .access, .update])],
    since: "1.0.0", group: .string, complexity: "O(1)",
    summary: "Adds one to the integer under a key; a missing key counts as 0.",
    arguments: [.key("key")])

package func incrCommand(_ c: inout CommandContext) { add(&c, 1) }

/// Adds to the integer under the first key: in place where it is kept as one.
private func add(_ c: inout CommandContext, _ increment: Int64) {
    let key = c[1]
    let hash = c.firstKeyHash
    let position = c.lookupWrite(key, hash)
    var value: Int64 = 0
    if let position {
        guard position.entry.isString else { return c.replyWrongType() }
        guard let old = position.entry.integerOfString else { return c.replyNotAnInteger() }
        value = old
    }
    let (sum, overflow) = value.addingReportingOverflow(increment)
    if overflow {
        c.reply.pointee.error("ERR increment or decrement would overflow")
        return
    }
    if let entry = position?.entry, entry.encoding == .integer {
        entry.integerValue = sum
    } else {
        c.database.pointee.setString(key, hash, position, .integer(sum), deadline: .keep)
    }
    c.database.pointee.changed(key)
    c.reply.pointee.integer(Int(sum))
}

private let incrbyRow = CommandRow(
    .incrby, "incrby", arity: 3, [.write, .denyOOM, .fast], .string,
    keys: [.at(1, [.rw, .access, .update])],
    since: "1.0.0", group: .string, complexity: "O(1)",
    summary: "Adds to the integer under a key; a missing key counts as 0.",
    arguments: [.key("key"), .integer("increment")])

package func incrbyCommand(_ c: inout CommandContext) {
    guard let increment = c.integer(2) else { return }
    add(&c, increment)
}

private let incrbyfloatRow = CommandRow(
    .incrbyfloat, "incrbyfloat", arity: 3, [.write, .denyOOM, .fast], .string,
    keys: [.at(1, [.rw, .access, .update])],
    since: "2.6.0", group: .string, complexity: "O(1)",
    summary: "Adds to the floating point number under a key; a missing key counts as 0.",
    arguments: [.key("key"), .double("increment")])

package func incrbyfloatCommand(_ c: inout CommandContext) {
    let key = c[1]
    let hash = c.firstKeyHash
    let position = c.lookupWrite(key, hash)
    var value: LongDouble? = LongDouble(0)
    if let position {
        guard position.entry.isString else { return c.replyWrongType() }
        value = position.entry.withString { LongDouble($0) }
    }
    guard let value, let increment = LongDouble(c[2]) else {
        c.reply.pointee.error("ERR value is not a valid float")
        return
    }
    let sum = value.adding(increment)
    guard sum.isFinite else {
        c.reply.pointee.error("ERR increment would produce NaN or Infinity")
        return
    }
    // Stored as text even where it is an integer: Redis says embstr then.
    let database = c.database
    let reply = c.reply
    sum.text.withBytes { text in
        database.pointee.setString(key, hash, position, .bytes(text), deadline: .keep)
        database.pointee.changed(key)
        reply.pointee.bulk(text)
    }
}

private let decrRow = CommandRow(
    .decr, "decr", arity: 2, [.write, .denyOOM, .fast], .string,
    keys: [.at(1, [.rw, .access, .update])],
    since: "1.0.0", group: .string, complexity: "O(1)",
    summary: "Takes one from the integer under a key; a missing key counts as 0.",
    arguments: [.key("key")])

package func decrCommand(_ c: inout CommandContext) { add(&c, -1) }

private let decrbyRow = CommandRow(
    .decrby, "decrby", arity: 3, [.write, .denyOOM, .fast], .string,
    keys: [.at(1, [.rw, .access, .update])],
    since: "1.0.0", group: .string, complexity: "O(1)",
    summary: "Subtracts from the integer under a key; a missing key counts as 0.",
    arguments: [.key("key"), .integer("decrement")])

package func decrbyCommand(_ c: inout CommandContext) {
    guard let decrement = c.integer(2) else { return }
    guard decrement != .min else {
        c.reply.pointee.error("ERR decrement would overflow")
        return
    }
    add(&c, -decrement)
}
