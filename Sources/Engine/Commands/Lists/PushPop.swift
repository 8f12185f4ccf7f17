// Commands on the ends of lists: LPUSH, RPUSH, LPUSHX, RPUSHX, LPOP, RPOP, LMPOP.

import Memory
import RESP

package let pushPopCommandRows: [CommandRow] = [
    lpushRow, rpushRow, lpushxRow, rpushxRow, lpopRow, rpopRow, lmpopRow,
]

private let lpushRow = CommandRow(
    .lpush, "lpush", arity: -3, [.write, .denyOOM, .fast], .list,
    keys: [.at(1, [.rw, .insert])],
    since: "1.0.0", group: .list, complexity: "O(N), N being the elements added",
    summary: "Adds elements at the head of a list, creating it if need be.",
    history: ["2.4.0": "Several elements in one call."],
    arguments: [.key("key"), .string("element").multiple])

private let rpushRow = CommandRow(
    .rpush, "rpush", arity: -3, [.write, .denyOOM, .fast], .list,
    keys: [.at(1, [.rw, .insert])],
    since: "1.0.0", group: .list, complexity: "O(N), N being the elements added",
    summary: "Adds elements at the tail of a list, creating it if need be.",
    history: ["2.4.0": "Several elements in one call."],
    arguments: [.key("key"), .string("element").multiple])

private let lpushxRow = CommandRow(
    .lpushx, "lpushx", arity: -3, [.write, .denyOOM, .fast], .list,
    keys: [.at(1, [.rw, .insert])],
    since: "2.2.0", group: .list, complexity: "O(N), N being the elements added",
    summary: "Adds elements at the head of a list that exists already.",
    history: ["4.0.0": "Several elements in one call."],
    arguments: [.key("key"), .string("element").multiple])

private let rpushxRow = CommandRow(
    .rpushx, "rpushx", arity: -3, [.write, .denyOOM, .fast], .list,
    keys: [.at(1, [.rw, .insert])],
    since: "2.2.0", group: .list, complexity: "O(N), N being the elements added",
    summary: "Adds elements at the tail of a list that exists already.",
    history: ["4.0.0": "Several elements in one call."],
    arguments: [.key("key"), .string("element").multiple])

private let lpopRow = CommandRow(
    .lpop, "lpop", arity: -2, [.write, .fast], .list,
    keys: [.at(1, [.rw, .access, .delete])],
    since: "1.0.0", group: .list, complexity: "O(N), N being the elements returned",
    summary: "Takes elements from the head of a list; an emptied list is deleted.",
    history: ["6.2.0": "Argument `count`."],
    arguments: [.key("key"), .integer("count").optional.since("6.2.0")])

private let rpopRow = CommandRow(
    .rpop, "rpop", arity: -2, [.write, .fast], .list,
    keys: [.at(1, [.rw, .access, .delete])],
    since: "1.0.0", group: .list, complexity: "O(N), N being the elements returned",
    summary: "Takes elements from the tail of a list; an emptied list is deleted.",
    history: ["6.2.0": "Argument `count`."],
    arguments: [.key("key"), .integer("count").optional.since("6.2.0")])

private let lmpopRow = CommandRow(
    .lmpop, "lmpop", arity: -4, [.write, .movableKeys], .list,
    keys: [.counted(at: 1, [.rw, .access, .delete])],
    since: "7.0.0", group: .list,
    complexity: "O(N+M), N being the number of keys, M the elements returned",
    summary: "Takes elements from the first of several lists that is not empty.",
    arguments: [
        .integer("numkeys"),
        .key("key").multiple,
        .oneOf("where", [.token("left", "LEFT"), .token("right", "RIGHT")]),
        .integer("count", token: "COUNT").optional,
    ])

// MARK: Pushing

package func lpushCommand(_ c: inout CommandContext) { push(&c, .head, onlyIfThere: false) }

package func rpushCommand(_ c: inout CommandContext) { push(&c, .tail, onlyIfThere: false) }

package func lpushxCommand(_ c: inout CommandContext) { push(&c, .head, onlyIfThere: true) }

package func rpushxCommand(_ c: inout CommandContext) { push(&c, .tail, onlyIfThere: true) }

@inline(__always)
private func push(_ c: inout CommandContext, _ end: ListEnd, onlyIfThere: Bool) {
    var bytes = 0
    for i in 2..<c.count {
        guard c.isListElement(i) else { return }
        bytes &+= c[i].count
    }
    let list: PackedList
    if let position = c.database.pointee.lookupWrite(c[1], c.firstKeyHash) {
        guard let found = c.listOrError(position.entry) else { return }
        list = found
    } else {
        if onlyIfThere { return c.reply.pointee.integer(0) }
        list = insertNewList(&c, c[1], c.firstKeyHash)
    }
    list.convertBeforeAdding(bytes: bytes, count: c.count &- 2, limit: c.listLimit)
    for i in 2..<c.count {
        if end == .head { list.pushHead(c[i]) } else { list.pushTail(c[i]) }
    }
    c.reply.pointee.integer(list.count)
    c.pushed(c[1], c.count &- 2)
}

/// An empty list under `key`, which does not exist; elements are pushed at once.
@inline(never)
func insertNewList(_ c: inout CommandContext, _ key: Bytes, _ hash: UInt64) -> PackedList {
    let list = PackedList.create()
    c.database.pointee.setPointer(
        key, hash, nil, type: .list, encoding: .packedList, list.raw)
    return list
}

// MARK: Popping

package func lpopCommand(_ c: inout CommandContext) { pop(&c, .head) }

package func rpopCommand(_ c: inout CommandContext) { pop(&c, .tail) }

@inline(__always)
private func pop(_ c: inout CommandContext, _ end: ListEnd) {
    if c.count != 2 { return popSeveral(&c, end) }
    guard let position = c.database.pointee.lookupWrite(c[1], c.firstKeyHash) else {
        return c.reply.pointee.null()
    }
    guard let list = c.listOrError(position.entry) else { return }
    // A list under a key is never empty.
    guard let item = end == .head ? list.first : list.last else { return }
    c.reply.pointee.appendBulk(item)
    if end == .head { list.removeFirst() } else { list.removeLast() }
    c.removed(c[1], position, list, 1)
}

/// LPOP and RPOP with a count.
@inline(never)
private func popSeveral(_ c: inout CommandContext, _ end: ListEnd) {
    if c.count > 3 {
        return c.reply.pointee.error(
            end == .head
                ? "ERR wrong number of arguments for 'lpop' command"
                : "ERR wrong number of arguments for 'rpop' command")
    }
    guard
        let number = c.listIntegerOrError(
            2, from: 0, "ERR value is out of range, must be positive")
    else { return }
    guard let position = c.database.pointee.lookupWrite(c[1], c.firstKeyHash) else {
        return c.reply.pointee.nullArray()
    }
    guard let list = c.listOrError(position.entry) else { return }
    if number == 0 { return c.reply.pointee.emptyArray() }
    popRun(&c, c[1], position, list, end, number)
}

/// Answers with up to `number` elements from an end of the list, and removes them.
func popRun(
    _ c: inout CommandContext, _ key: Bytes, _ position: Position, _ list: PackedList,
    _ end: ListEnd, _ number: Int
) {
    let count = min(number, list.count)
    let start = end == .head ? 0 : list.count - count
    c.reply.pointee.array(count)
    if end == .head {
        list.appendBulks(from: start, count, to: &c.reply.pointee)
    } else {
        list.appendBulksReversed(from: start, count, to: &c.reply.pointee)
    }
    if count == list.count {
        // The whole value goes, in slices if it is long.
        c.database.pointee.remove(position)
        c.database.pointee.changed(key, by: count)
        return
    }
    c.removeRun(list, start, count)
    c.removed(key, position, list, count)
}

/// What LMPOP and BLMPOP name: keys, an end, and how many elements.
struct MultiPop {
    let keys: Range<Int>
    let end: ListEnd
    let number: Int

    /// Reads `numkeys key [key ...] LEFT|RIGHT [COUNT count]` from argument `start` on; nil after
    /// an error.
    init?(_ c: borrowing CommandContext, from start: Int) {
        guard
            let count = c.listIntegerOrError(
                start, from: 1, "ERR numkeys should be greater than 0")
        else { return nil }
        guard count < c.count - start - 1, let end = ListEnd(c[start + 1 + count]) else {
            c.replySyntaxError()
            return nil
        }
        var number: Int?
        var i = start + count + 2
        while i < c.count {
            guard number == nil, c[i].isWord("count"), i + 1 < c.count else {
                c.replySyntaxError()
                return nil
            }
            number = c.listIntegerOrError(i + 1, from: 1, "ERR count should be greater than 0")
            if number == nil { return nil }
            i += 2
        }
        keys = start + 1..<start + 1 + count
        self.end = end
        self.number = number ?? 1
    }

    /// Answers with elements of the first list that there is, or with an error. False if there is
    /// no list, and nothing written.
    func take(_ c: inout CommandContext) -> Bool {
        for k in keys {
            let hash = c.engine.pointee.hash(c[k])
            guard let position = c.database.pointee.lookupWrite(c[k], hash) else { continue }
            guard let list = c.listOrError(position.entry) else { return true }
            c.reply.pointee.array(2)
            c.reply.pointee.bulk(c[k])
            popRun(&c, c[k], position, list, end, number)
            return true
        }
        return false
    }
}

package func lmpopCommand(_ c: inout CommandContext) {
    guard let pop = MultiPop(c, from: 1) else { return }
    if !pop.take(&c) { c.reply.pointee.nullArray() }
}
