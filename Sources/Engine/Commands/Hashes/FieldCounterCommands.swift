// Commands on numbers in fields: HINCRBY, HINCRBYFLOAT.

import Memory
import RESP

package let fieldCounterCommandRows: [CommandRow] = [hincrbyRow, hincrbyfloatRow]

private let hincrbyRow = CommandRow(
    .hincrby, "hincrby", arity: 4, [.write, .denyOOM, .fast], .hash,
    keys: [.at(1, [.rw, .access, .update])],
    since: "2.0.0", group: .hash, complexity: "O(1)",
    summary: "Adds to the integer in a field of a hash; a missing field counts as 0.",
    arguments: [.key("key"), .string("field"), .integer("increment")])

private let hincrbyfloatRow = CommandRow(
    .hincrbyfloat, "hincrbyfloat", arity: 4, [.write, .denyOOM, .fast], .hash,
    keys: [.at(1, [.rw, .access, .update])],
    since: "2.6.0", group: .hash, complexity: "O(1)",
    summary:
        "Adds to the floating point number in a field of a hash; a missing field counts as 0.",
    arguments: [.key("key"), .string("field"), .double("increment")])

package func hincrbyCommand(_ c: inout CommandContext) {
    guard let increment = c.integer(3) else { return }
    var position: Position?
    guard let field = counterField(&c, &position) else { return }
    var value: Int64 = 0
    if let old = field.value {
        guard let integer = old.isInteger ? old.integer : old.bytes?.integer else {
            return c.reply.pointee.error("ERR hash value is not an integer")
        }
        value = integer
    }
    let (sum, overflow) = value.addingReportingOverflow(increment)
    if overflow { return c.reply.pointee.error("ERR increment or decrement would overflow") }
    PackedItem(integer: sum).withText { setCounter(&c, position, $0) }
    c.reply.pointee.integer(Int(sum))
}

package func hincrbyfloatCommand(_ c: inout CommandContext) {
    guard let increment = LongDouble(c[3]) else {
        return c.reply.pointee.error("ERR value is not a valid float")
    }
    guard increment.isFinite else {
        return c.reply.pointee.error("ERR value is NaN or Infinity")
    }
    var position: Position?
    guard let field = counterField(&c, &position) else { return }
    var value = LongDouble(0)
    if let old = field.value {
        guard let number = old.withText({ LongDouble($0) }) else {
            return c.reply.pointee.error("ERR hash value is not a float")
        }
        value = number
    }
    let sum = value.adding(increment)
    guard sum.isFinite else {
        return c.reply.pointee.error("ERR increment would produce NaN or Infinity")
    }
    sum.text.withBytes {
        setCounter(&c, position, $0)
        c.reply.pointee.bulk($0)
    }
}

/// What a counter command found: the field's value, nil where it is to begin at 0.
private struct CounterField {
    var value: PackedItem?
}

/// Finds the field in argument 2 and where its hash is; nil after an error.
private func counterField(_ c: inout CommandContext, _ position: inout Position?) -> CounterField? {
    var isError = false
    position = c.hashPosition(&isError)
    if isError { return nil }
    guard let found = position else { return CounterField(value: nil) }
    var isGone = false
    let field = c.liveField(HashValue(found.entry, c.engine), 2, &isGone)
    if isGone { position = nil }
    return CounterField(value: field?.value)
}

/// Sets the field in argument 2; a deadline that it has stays.
private func setCounter(_ c: inout CommandContext, _ position: Position?, _ text: Bytes) {
    var hash = c.hash(at: position)
    _ = hash.set(c[2], text, .keep, c.hashLimits)
    c.store(hash, at: position)
    c.database.pointee.changed(c[1])
}
