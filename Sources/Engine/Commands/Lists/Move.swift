// Commands that move an element from list to list: LMOVE, RPOPLPUSH.

import Memory
import RESP

package let moveCommandRows: [CommandRow] = [
    lmoveRow, rpoplpushRow,
]

private let lmoveRow = CommandRow(
    .lmove, "lmove", arity: 5, [.write, .denyOOM], .list,
    keys: [.at(1, [.rw, .access, .delete]), .at(2, [.rw, .insert])],
    since: "6.2.0", group: .list, complexity: "O(1)",
    summary: "Takes an element from one end of a list and adds it at an end of another.",
    arguments: [
        .key("source"),
        .key("destination", spec: 1),
        .oneOf("wherefrom", [.token("left", "LEFT"), .token("right", "RIGHT")]),
        .oneOf("whereto", [.token("left", "LEFT"), .token("right", "RIGHT")]),
    ])

private let rpoplpushRow = CommandRow(
    .rpoplpush, "rpoplpush", arity: 3, [.write, .denyOOM], .list,
    keys: [.at(1, [.rw, .access, .delete]), .at(2, [.rw, .insert])],
    since: "1.2.0", group: .list, complexity: "O(1)",
    summary: "Takes the tail element of a list and adds it at the head of another.",
    deprecatedSince: "6.2.0", replacedBy: "`LMOVE` with `RIGHT` and `LEFT`",
    arguments: [.key("source"), .key("destination", spec: 1)])

package func lmoveCommand(_ c: inout CommandContext) {
    guard let from = ListEnd(c[3]), let to = ListEnd(c[4]) else { return c.replySyntaxError() }
    move(&c, from, to)
}

package func rpoplpushCommand(_ c: inout CommandContext) { move(&c, .tail, .head) }

/// LMOVE, and BLMOVE where there is something to move.
func move(_ c: inout CommandContext, _ from: ListEnd, _ to: ListEnd) {
    guard let position = c.database.pointee.lookupWrite(c[1], c.firstKeyHash) else {
        return c.reply.pointee.null()
    }
    guard let source = c.listOrError(position.entry) else { return }
    guard let item = from == .head ? source.first : source.last else { return }
    if c[1].equals(c[2]) { return rotate(&c, position, source, item, from, to) }

    let hash = c.engine.pointee.hash(c[2])
    let target: PackedList
    if let found = c.database.pointee.lookupWrite(c[2], hash) {
        guard let list = c.listOrError(found.entry) else { return }
        target = list
    } else {
        target = insertNewList(&c, c[2], hash)
    }
    c.reply.pointee.appendBulk(item)
    add(&c, item, to: target, to)
    if from == .head { source.removeFirst() } else { source.removeLast() }
    c.pushed(c[2], 0)
    // Looking up or inserting the target may have moved the source's place in the table.
    if let position = c.database.pointee.lookupWrite(c[1], c.firstKeyHash) {
        c.removed(c[1], position, source, 1)
    }
}

/// From one end of a list to one of the same list. The element is copied out first: adding it
/// again may move the bytes it was read from.
private func rotate(
    _ c: inout CommandContext, _ position: Position, _ list: PackedList, _ item: PackedItem,
    _ from: ListEnd, _ to: ListEnd
) {
    c.reply.pointee.appendBulk(item)
    let size = item.bytes?.count ?? 0
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: max(size, 1)) { copy in
        var kept = item
        if let bytes = item.bytes, let base = copy.baseAddress {
            base.update(from: bytes.base, count: size)
            kept = PackedItem(Bytes(base, size))
        }
        if from == .head { list.removeFirst() } else { list.removeLast() }
        add(&c, kept, to: list, to)
    }
    c.pushed(c[2], 0)
    c.removed(c[1], position, list, 1)
}

private func add(
    _ c: inout CommandContext, _ item: PackedItem, to list: PackedList, _ end: ListEnd
) {
    // Redis moves integers as such, and then their lengths do not count.
    list.convertBeforeAdding(bytes: item.bytes?.count ?? 0, count: 1, limit: c.listLimit)
    list.push(item, atHead: end == .head)
}
