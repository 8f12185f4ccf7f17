// Commands that read lists: LLEN, LINDEX, LRANGE.

import Memory
import RESP

package let accessCommandRows: [CommandRow] = [
    llenRow, lindexRow, lrangeRow,
]

private let llenRow = CommandRow(
    .llen, "llen", arity: 2, [.readOnly, .fast], .list,
    keys: [.at(1, .ro)],
    since: "1.0.0", group: .list, complexity: "O(1)",
    summary: "Returns the number of elements in a list.",
    arguments: [.key("key")])

private let lindexRow = CommandRow(
    .lindex, "lindex", arity: 3, .readOnly, .list,
    keys: [.at(1, [.ro, .access])],
    since: "1.0.0", group: .list,
    complexity: "O(N), N being the elements between the index and the nearer end",
    summary: "Returns the element at an index of a list.",
    arguments: [.key("key"), .integer("index")])

private let lrangeRow = CommandRow(
    .lrange, "lrange", arity: 4, .readOnly, .list,
    keys: [.at(1, [.ro, .access])],
    since: "1.0.0", group: .list,
    complexity: """
        O(S+N), S being the distance of the start from the nearer end, N the elements \
        returned
        """,
    summary: "Returns the elements between two indexes of a list.",
    arguments: [.key("key"), .integer("start"), .integer("stop")])

package func llenCommand(_ c: inout CommandContext) {
    guard
        let entry = c.database.pointee.lookupRead(c[1], c.firstKeyHash, touch: !c.noTouch)
    else { return c.reply.pointee.integer(0) }
    guard let list = c.listOrError(entry) else { return }
    c.reply.pointee.integer(list.count)
}

package func lindexCommand(_ c: inout CommandContext) {
    guard
        let entry = c.database.pointee.lookupRead(c[1], c.firstKeyHash, touch: !c.noTouch)
    else { return c.reply.pointee.null() }
    guard let list = c.listOrError(entry) else { return }
    guard let index = c.listIntegerOrError(2) else { return }
    guard let item = list.item(at: index < 0 ? index + list.count : index) else {
        return c.reply.pointee.null()
    }
    c.reply.pointee.appendBulk(item)
}

package func lrangeCommand(_ c: inout CommandContext) {
    guard let start = c.listIntegerOrError(2), let stop = c.listIntegerOrError(3) else { return }
    guard
        let entry = c.database.pointee.lookupRead(c[1], c.firstKeyHash, touch: !c.noTouch)
    else { return c.reply.pointee.emptyArray() }
    guard let list = c.listOrError(entry) else { return }
    guard let range = listRange(start, stop, count: list.count) else {
        return c.reply.pointee.emptyArray()
    }
    c.reply.pointee.array(range.count)
    list.appendBulks(from: range.start, range.count, to: &c.reply.pointee)
}
