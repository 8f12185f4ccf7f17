// Commands that choose members at random: SPOP, SRANDMEMBER.
//
// Every member is as likely as any other (Table.fairPosition). SPOP of most of a set keeps the rest
// in a new set, whose encoding follows from what it was taken from, as in Redis.

import Memory
import RESP

package let setRandomCommandRows: [CommandRow] = [
    spopRow, srandmemberRow,
]

private let spopRow = CommandRow(
    .spop, "spop", arity: -2, [.write, .fast], .set,
    keys: [.at(1, [.rw, .access, .delete])],
    tips: [.nondeterministicOutput],
    since: "1.0.0", group: .set, complexity: "O(N), N being the members returned",
    summary: "Takes members chosen at random out of a set; an emptied set is deleted.",
    history: ["3.2.0": "Argument `count`."],
    arguments: [.key("key"), .integer("count").optional.since("3.2.0")])

private let srandmemberRow = CommandRow(
    .srandmember, "srandmember", arity: -2, .readOnly, .set,
    keys: [.at(1, [.ro, .access])],
    tips: [.nondeterministicOutput],
    since: "1.0.0", group: .set, complexity: "O(N), N being the members returned",
    summary: "Returns members of a set chosen at random.",
    history: ["2.6.0": "Argument `count`."],
    arguments: [.key("key"), .integer("count").optional.since("2.6.0")])

// MARK: SPOP

package func spopCommand(_ c: inout CommandContext) {
    if c.count != 2 { return popSeveral(&c) }
    guard let position = c.lookupWrite(c[1], c.firstKeyHash) else {
        return c.reply.pointee.null()
    }
    guard var set = c.setOrError(position.entry) else { return }
    let reply = c.reply
    set.popRandom(c.engine) { reply.pointee.appendBulk($0) }
    c.removed(c[1], position, set, 1)
}

@inline(never)
private func popSeveral(_ c: inout CommandContext) {
    guard c.count == 3 else { return c.replySyntaxError() }
    guard let number = c[2].integer, number >= 0 else {
        return c.reply.pointee.error("ERR value is out of range, must be positive")
    }
    guard let position = c.lookupWrite(c[1], c.firstKeyHash) else {
        return c.reply.pointee.set(0)
    }
    guard var set = c.setOrError(position.entry) else { return }
    if number == 0 { return c.reply.pointee.set(0) }
    let size = set.count
    if number >= size {
        replyMembers(set, c.reply)
        c.database.pointee.remove(position)
        c.database.pointee.changed(c[1], by: size)
        return
    }
    let count = Int(number)
    let reply = c.reply
    reply.pointee.set(count)
    let rest = size - count
    if rest * 5 > count {
        for _ in 0..<count { set.popRandom(c.engine) { reply.pointee.appendBulk($0) } }
    } else {
        let kept = takeRest(rest, from: &set, c.engine)
        appendMembers(set, reply)
        set.free(c.engine)
        set = kept
    }
    c.removed(c[1], position, set, count)
}

/// Moves `count` members at random to a new set: an intset of an intset, else a listpack at first.
private func takeRest(
    _ count: Int, from set: inout SetValue, _ engine: UnsafeMutablePointer<Engine>
) -> SetValue {
    var kept =
        set.isIntSet ? SetValue.emptyIntSet(engine) : SetValue.emptyListpack(engine)
    for _ in 0..<count {
        set.popRandom(engine) { item in
            SetProbe.withScratch { scratch in
                var probe = SetProbe(item, scratch)
                _ = kept.add(&probe, engine)
            }
        }
    }
    return kept
}

// MARK: SRANDMEMBER

/// The most members that a negative count may ask for: such a reply is bounded by nothing else.
private var mostRepeated: Int { 1 << 26 }

package func srandmemberCommand(_ c: inout CommandContext) {
    if c.count != 2 { return randomSeveral(&c) }
    guard let entry = c.lookupRead(c[1], c.firstKeyHash) else { return c.reply.pointee.null() }
    guard let set = c.setOrError(entry) else { return }
    c.reply.pointee.appendBulk(set.randomItem(c.engine))
}

@inline(never)
private func randomSeveral(_ c: inout CommandContext) {
    guard c.count == 3 else { return c.replySyntaxError() }
    guard let number = c.listSymmetricIntegerOrError(2) else { return }
    guard let entry = c.lookupRead(c[1], c.firstKeyHash) else {
        return c.reply.pointee.emptyArray()
    }
    guard let set = c.setOrError(entry) else { return }
    let reply = c.reply
    if number < 0 {
        guard number >= -mostRepeated else {
            return reply.pointee.error("ERR value is out of range")
        }
        reply.pointee.array(-number)
        for _ in 0..<(-number) { reply.pointee.appendBulk(set.randomItem(c.engine)) }
        return
    }
    let count = min(number, set.count)
    reply.pointee.array(count)
    if count == set.count {
        appendMembers(set, reply)
    } else if set.isTable, count < set.count / 3 {
        drawDistinct(count, set.table, c.engine, reply)
    } else {
        selectSome(count, set, c.engine, reply)
    }
}

/// `count` different members of a much bigger table, drawn one by one.
private func drawDistinct(
    _ count: Int, _ table: UnsafeMutablePointer<MemberTable>,
    _ engine: UnsafeMutablePointer<Engine>, _ reply: UnsafeMutablePointer<ReplyBuffer>
) {
    var drawn = Set<UnsafeMutableRawPointer>(minimumCapacity: count)
    while drawn.count < count {
        guard let member = table.pointee.fairElement(&engine.pointee.random) else { return }
        if drawn.insert(member.raw).inserted { reply.pointee.bulk(member.key) }
    }
}

/// `count` different members of a set, each choice of so many as likely as any other: in one walk,
/// every member taken with the chance of what is still wanted among what is left.
private func selectSome(
    _ count: Int, _ set: SetValue, _ engine: UnsafeMutablePointer<Engine>,
    _ reply: UnsafeMutablePointer<ReplyBuffer>
) {
    var wanted = count
    var left = set.count
    set.forEachWhile { item in
        if wanted == 0 { return false }
        if engine.pointee.random.below(left) < wanted {
            reply.pointee.appendBulk(item)
            wanted -= 1
        }
        left -= 1
        return true
    }
}
