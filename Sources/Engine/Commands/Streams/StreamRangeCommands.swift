// Commands that read ranges of a stream: XRANGE, XREVRANGE.

import Memory
import RESP

package let streamRangeCommandRows: [CommandRow] = [xrangeRow, xrevrangeRow]

private let xrangeRow = CommandRow(
    .xrange, "xrange", arity: -4, .readOnly, .stream,
    keys: [.at(1, [.ro, .access])],
    since: "5.0.0", group: .stream, complexity: "O(log N + M), M being the entries returned",
    summary: "Returns the entries of a stream within a range of IDs.",
    history: ["6.2.0": "Ranges that leave an end out."],
    arguments: [
        .key("key"), .string("start"), .string("end"),
        .integer("count", token: "COUNT").optional,
    ])

private let xrevrangeRow = CommandRow(
    .xrevrange, "xrevrange", arity: -4, .readOnly, .stream,
    keys: [.at(1, [.ro, .access])],
    since: "5.0.0", group: .stream, complexity: "O(log N + M), M being the entries returned",
    summary: "Returns the entries of a stream within a range of IDs, the last one first.",
    history: ["6.2.0": "Ranges that leave an end out."],
    arguments: [
        .key("key"), .string("end"), .string("start"),
        .integer("count", token: "COUNT").optional,
    ])

package func xrangeCommand(_ c: inout CommandContext) { range(&c, reversed: false) }

package func xrevrangeCommand(_ c: inout CommandContext) { range(&c, reversed: true) }

private func range(_ c: inout CommandContext, reversed: Bool) {
    var interval = StreamInterval()
    guard let first = c.intervalStart(reversed ? 3 : 2),
        let last = c.intervalStop(reversed ? 2 : 3)
    else { return }
    interval.first = first
    interval.last = last
    var most: Int64?
    var i = 4
    while i < c.count {
        guard c[i].isWord("count"), i + 1 < c.count else { return c.replySyntaxError() }
        guard let value = c.integer(i + 1) else { return }
        most = max(value, 0)
        i += 2
    }
    guard let entry = c.lookupRead(c[1], c.firstKeyHash) else {
        return c.reply.pointee.emptyArray()
    }
    guard let stream = c.streamOrError(entry) else { return }
    if most == 0 { return c.reply.pointee.nullArray() }
    c.replyEntries(stream, interval, most: most ?? 0, reversed: reversed)
}
