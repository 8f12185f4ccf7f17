// List commands that wait for an element: BLPOP, BRPOP, BLMOVE, BRPOPLPUSH, BLMPOP.
//
// Each does what its counterpart does where there is a list, and waits where there is none.

import Memory
import RESP

package let listBlockingCommandRows: [CommandRow] = [
    blpopRow, brpopRow, blmoveRow, brpoplpushRow, blmpopRow,
]

private let blpopRow = CommandRow(
    .blpop, "blpop", arity: -3, [.write, .blocking], .list,
    keys: [.at(1, through: -2, [.rw, .access, .delete])],
    since: "2.0.0", group: .list, complexity: "O(N), N being the number of keys",
    summary: "Takes the head of the first list that is not empty, waiting for one if need be.",
    history: ["6.0.0": "`timeout` may have a fraction."],
    arguments: [.key("key").multiple, .double("timeout")])

private let brpopRow = CommandRow(
    .brpop, "brpop", arity: -3, [.write, .blocking], .list,
    keys: [.at(1, through: -2, [.rw, .access, .delete])],
    since: "2.0.0", group: .list, complexity: "O(N), N being the number of keys",
    summary: "Takes the tail of the first list that is not empty, waiting for one if need be.",
    history: ["6.0.0": "`timeout` may have a fraction."],
    arguments: [.key("key").multiple, .double("timeout")])

private let blmoveRow = CommandRow(
    .blmove, "blmove", arity: 6, [.write, .denyOOM, .blocking], .list,
    keys: [.at(1, [.rw, .access, .delete]), .at(2, [.rw, .insert])],
    since: "6.2.0", group: .list, complexity: "O(1)",
    summary: "Moves an element from list to list, waiting for one if need be.",
    arguments: [
        .key("source"),
        .key("destination", spec: 1),
        .oneOf("wherefrom", [.token("left", "LEFT"), .token("right", "RIGHT")]),
        .oneOf("whereto", [.token("left", "LEFT"), .token("right", "RIGHT")]),
        .double("timeout"),
    ])

private let brpoplpushRow = CommandRow(
    .brpoplpush, "brpoplpush", arity: 4, [.write, .denyOOM, .blocking], .list,
    keys: [.at(1, [.rw, .access, .delete]), .at(2, [.rw, .insert])],
    since: "2.2.0", group: .list, complexity: "O(1)",
    summary: "Moves the tail of a list to the head of another, waiting for one if need be.",
    deprecatedSince: "6.2.0", replacedBy: "`BLMOVE` with `RIGHT` and `LEFT`",
    history: ["6.0.0": "`timeout` may have a fraction."],
    arguments: [.key("source"), .key("destination", spec: 1), .double("timeout")])

private let blmpopRow = CommandRow(
    .blmpop, "blmpop", arity: -5, [.write, .blocking, .movableKeys], .list,
    keys: [.counted(at: 2, [.rw, .access, .delete])],
    since: "7.0.0", group: .list,
    complexity: "O(N+M), N being the number of keys, M the elements returned",
    summary: "Takes elements from the first list that is not empty, waiting for one if need be.",
    arguments: [
        .double("timeout"),
        .integer("numkeys"),
        .key("key").multiple,
        .oneOf("where", [.token("left", "LEFT"), .token("right", "RIGHT")]),
        .integer("count", token: "COUNT").optional,
    ])

// MARK: Popping

package func blpopCommand(_ c: inout CommandContext) { blockingPop(&c, .head) }

package func brpopCommand(_ c: inout CommandContext) { blockingPop(&c, .tail) }

private func blockingPop(_ c: inout CommandContext, _ end: ListEnd) {
    let last = c.count - 1
    guard let deadline = c.blockDeadline(seconds: last) else { return }
    for i in 1..<last {
        let hash = c.keyHashes?[i - 1] ?? c.engine.pointee.hash(c[i])
        guard let position = c.database.pointee.lookupWrite(c[i], hash) else { continue }
        guard let list = c.listOrError(position.entry) else { return }
        guard let item = end == .head ? list.first : list.last else { continue }
        c.reply.pointee.array(2)
        c.reply.pointee.bulk(c[i])
        c.reply.pointee.appendBulk(item)
        if end == .head { list.removeFirst() } else { list.removeLast() }
        return c.removed(c[i], position, list, 1)
    }
    guard c.mayBlock else { return c.reply.pointee.nullArray() }
    c.block(onKeys: 1..<last, type: .list, deadline: deadline)
}

package func blmpopCommand(_ c: inout CommandContext) {
    guard let pop = MultiPop(c, from: 2), let deadline = c.blockDeadline(seconds: 1),
        !pop.take(&c)
    else { return }
    guard c.mayBlock else { return c.reply.pointee.nullArray() }
    c.block(onKeys: pop.keys, type: .list, deadline: deadline)
}

// MARK: Moving

package func blmoveCommand(_ c: inout CommandContext) {
    guard let from = ListEnd(c[3]), let to = ListEnd(c[4]) else { return c.replySyntaxError() }
    blockingMove(&c, from, to, timeout: 5)
}

package func brpoplpushCommand(_ c: inout CommandContext) {
    blockingMove(&c, .tail, .head, timeout: 3)
}

private func blockingMove(
    _ c: inout CommandContext, _ from: ListEnd, _ to: ListEnd, timeout: Int
) {
    guard let deadline = c.blockDeadline(seconds: timeout) else { return }
    if c.database.pointee.lookupWrite(c[1], c.firstKeyHash) != nil { return move(&c, from, to) }
    // Not the null array that a wait ends with when its time is over: as Redis 7.4.
    guard c.mayBlock else { return c.reply.pointee.null() }
    c.block(onKeys: 1..<2, type: .list, deadline: deadline)
}
