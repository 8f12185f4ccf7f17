// Commands that change the inside of lists: LSET, LREM, LTRIM, LINSERT.

import Memory
import RESP

package let editCommandRows: [CommandRow] = [
    lsetRow, lremRow, ltrimRow, linsertRow,
]

private let lsetRow = CommandRow(
    .lset, "lset", arity: 4, [.write, .denyOOM], .list,
    keys: [.at(1, [.rw, .update])],
    since: "1.0.0", group: .list,
    complexity: "O(N), N being the elements between the index and the nearer end",
    summary: "Replaces the element at an index of a list.",
    arguments: [.key("key"), .integer("index"), .string("element")])

private let lremRow = CommandRow(
    .lrem, "lrem", arity: 4, .write, .list,
    keys: [.at(1, [.rw, .delete])],
    since: "1.0.0", group: .list,
    complexity: "O(N+M), N being the length of the list, M the elements removed",
    summary: "Removes elements of a given value from a list; an emptied list is deleted.",
    arguments: [.key("key"), .integer("count"), .string("element")])

private let ltrimRow = CommandRow(
    .ltrim, "ltrim", arity: 4, .write, .list,
    keys: [.at(1, [.rw, .delete])],
    since: "1.0.0", group: .list, complexity: "O(N), N being the elements removed",
    summary: "Keeps only the elements between two indexes; an emptied list is deleted.",
    arguments: [.key("key"), .integer("start"), .integer("stop")])

private let linsertRow = CommandRow(
    .linsert, "linsert", arity: 5, [.write, .denyOOM], .list,
    keys: [.at(1, [.rw, .insert])],
    since: "2.2.0", group: .list,
    complexity: "O(N), N being the elements before the pivot",
    summary: "Adds an element next to the first one of a given value.",
    arguments: [
        .key("key"),
        .oneOf("where", [.token("before", "BEFORE"), .token("after", "AFTER")]),
        .string("pivot"),
        .string("element"),
    ])

package func lsetCommand(_ c: inout CommandContext) {
    guard c.isListElement(3) else { return }
    guard let position = c.database.pointee.lookupWrite(c[1], c.firstKeyHash) else {
        return c.reply.pointee.error("ERR no such key")
    }
    guard let list = c.listOrError(position.entry) else { return }
    guard let given = c.listIntegerOrError(2) else { return }
    // Redis converts before it looks whether there is such an element.
    list.convertBeforeAdding(bytes: c[3].count, count: 1, limit: c.listLimit)
    // Redis 7.4 takes the lower 32 bits of the index here: -9223372036854775808 means 0.
    let index = Int(Int32(truncatingIfNeeded: given))
    guard let cursor = list.cursor(at: index < 0 ? index + list.count : index) else {
        return c.reply.pointee.error("ERR index out of range")
    }
    list.replace(at: cursor, with: c[3])
    list.convertAfterRemoving(limit: c.listLimit)
    c.reply.pointee.ok()
    c.database.pointee.changed(c[1])
}

package func lremCommand(_ c: inout CommandContext) {
    guard let number = c.listSymmetricIntegerOrError(2) else { return }
    guard let position = c.database.pointee.lookupWrite(c[1], c.firstKeyHash) else {
        return c.reply.pointee.integer(0)
    }
    guard let list = c.listOrError(position.entry) else { return }
    let found = list.removeMatching(
        PackedNeedle(c[3]), limit: number == 0 ? .max : abs(number), fromTail: number < 0)
    if found > 0 { c.removed(c[1], position, list, found) }
    c.reply.pointee.integer(found)
}

package func ltrimCommand(_ c: inout CommandContext) {
    guard let start = c.listIntegerOrError(2), let stop = c.listIntegerOrError(3) else { return }
    guard let position = c.database.pointee.lookupWrite(c[1], c.firstKeyHash) else {
        return c.reply.pointee.ok()
    }
    guard let list = c.listOrError(position.entry) else { return }
    c.reply.pointee.ok()
    let count = list.count
    guard let kept = listRange(start, stop, count: count) else {
        // Nothing stays: the whole value goes, in slices if it is long.
        c.database.pointee.remove(position)
        c.database.pointee.changed(c[1], by: count)
        return
    }
    c.removeRun(list, kept.start + kept.count, count - kept.start - kept.count)
    c.removeRun(list, 0, kept.start)
    c.removed(c[1], position, list, count - kept.count)
}

package func linsertCommand(_ c: inout CommandContext) {
    let after = c[2].isWord("after")
    guard after || c[2].isWord("before") else { return c.replySyntaxError() }
    guard c.isListElement(4) else { return }
    guard let position = c.database.pointee.lookupWrite(c[1], c.firstKeyHash) else {
        return c.reply.pointee.integer(0)
    }
    guard let list = c.listOrError(position.entry) else { return }
    // Redis converts before it looks for the pivot.
    list.convertBeforeAdding(bytes: c[4].count, count: 1, limit: c.listLimit)
    guard let cursor = list.firstMatch(PackedNeedle(c[3])) else {
        return c.reply.pointee.integer(-1)
    }
    list.insert(c[4], at: cursor, after: after)
    c.reply.pointee.integer(list.count)
    c.pushed(c[1], 1)
}
