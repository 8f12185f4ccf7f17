// Commands on what sets have in common: SINTER, SINTERCARD, SINTERSTORE.

import Memory
import RESP

package let setIntersectionCommandRows: [CommandRow] = [
    sinterRow, sintercardRow, sinterstoreRow,
]

private let sinterRow = CommandRow(
    .sinter, "sinter", arity: -2, .readOnly, .set,
    keys: [.at(1, through: -1, [.ro, .access])],
    tips: [.nondeterministicOutputOrder],
    since: "1.0.0", group: .set,
    complexity: "O(N*M), N being the members of the smallest set, M the number of sets",
    summary: "Returns the members that several sets have in common.",
    arguments: [.key("key").multiple])

private let sintercardRow = CommandRow(
    .sintercard, "sintercard", arity: -3, [.readOnly, .movableKeys], .set,
    keys: [.counted(at: 1, [.ro, .access])],
    since: "7.0.0", group: .set,
    complexity: "O(N*M), N being the members of the smallest set, M the number of sets",
    summary: "Returns how many members several sets have in common.",
    arguments: [
        .integer("numkeys"),
        .key("key").multiple,
        .integer("limit", token: "LIMIT").optional,
    ])

private let sinterstoreRow = CommandRow(
    .sinterstore, "sinterstore", arity: -3, [.write, .denyOOM], .set,
    keys: [.at(1, [.ow, .update]), .at(2, through: -1, [.ro, .access])],
    since: "1.0.0", group: .set,
    complexity: "O(N*M), N being the members of the smallest set, M the number of sets",
    summary: "Stores the members that several sets have in common under a key.",
    arguments: [.key("destination"), .key("key", spec: 1).multiple])

@inline(never)
package func sinterCommand(_ c: inout CommandContext) {
    guard let found = c.setsOrError(1, c.count) else { return }
    guard let sets = intersectable(found) else { return c.reply.pointee.set(0) }
    if sets.count == 1 { return replyMembers(sets[0], c.reply) }
    let reply = c.reply
    let place = reply.pointee.deferred()
    var count = 0
    forEachCommon(sets, c.engine) { probe in
        reply.pointee.bulk(probe.bytes)
        count += 1
        return true
    }
    reply.pointee.close(place, set: count)
}

@inline(never)
package func sintercardCommand(_ c: inout CommandContext) {
    guard let keys = c.listIntegerOrError(1, from: 1, "ERR numkeys should be greater than 0")
    else { return }
    if keys > c.count - 2 {
        return c.reply.pointee.error("ERR Number of keys can't be greater than number of args")
    }
    var limit = 0
    var i = 2 + keys
    while i < c.count {
        guard c[i].isWord("limit"), i + 1 < c.count else { return c.replySyntaxError() }
        guard let value = c.listIntegerOrError(i + 1, from: 0, "ERR LIMIT can't be negative")
        else { return }
        limit = value
        i += 2
    }
    guard let found = c.setsOrError(2, 2 + keys) else { return }
    guard let sets = intersectable(found) else { return c.reply.pointee.integer(0) }
    var count = 0
    if sets.count == 1 {
        count = limit > 0 ? min(limit, sets[0].count) : sets[0].count
    } else {
        forEachCommon(sets, c.engine) { _ in
            count += 1
            return count != limit
        }
    }
    c.reply.pointee.integer(count)
}

@inline(never)
package func sinterstoreCommand(_ c: inout CommandContext) {
    guard let found = c.setsOrError(2, c.count) else { return }
    guard let sets = intersectable(found) else { return c.storeResult(.emptyIntSet(c.engine)) }
    let engine = c.engine
    var result =
        sets[0].isIntSet ? SetValue.emptyIntSet(engine) : SetValue.emptyListpack(engine)
    var onlyIntegers = true
    forEachCommon(sets, engine) { probe in
        if onlyIntegers, probe.integer() == nil { onlyIntegers = false }
        _ = result.add(&probe, engine)
        return true
    }
    if onlyIntegers { result.becomeIntSetIfAllowed(engine) }
    c.storeResult(result)
}

/// The sets by rising count, those of the same count in their order; nil if one is missing.
private func intersectable(_ found: [SetValue?]) -> [SetValue]? {
    var sets: [SetValue] = []
    sets.reserveCapacity(found.count)
    for set in found {
        guard let set else { return nil }
        sets.append(set)
    }
    if sets.count == 2 {
        // The common case without a sort.
        if sets[1].count < sets[0].count { sets.swapAt(0, 1) }
        return sets
    }
    return sets.enumerated().sorted {
        let (one, two) = ($0.element.count, $1.element.count)
        return one == two ? $0.offset < $1.offset : one < two
    }.map { $0.element }
}

/// Calls `body` with each member that all sets have, until it returns false. The first set is the
/// smallest; its order is kept unless it is a table.
private func forEachCommon(
    _ sets: [SetValue], _ engine: UnsafeMutablePointer<Engine>,
    _ body: (inout SetProbe) -> Bool
) {
    let first = sets[0]
    guard sets.count > 1 else {
        return first.forEachProbe(ahead: { nil }, engine, body)
    }
    let second = sets[1]
    if first.isTable, second.isTable, SetValue.isWorthJoining(first.table, second.table) {
        return SetValue.forEachCommon(first.table, second.table) { member in
            var probe = SetProbe(member.key)
            for i in 2..<sets.count where !sets[i].contains(&probe, engine) { return true }
            return body(&probe)
        }
    }
    let target = second.isTable ? second.table : nil
    first.forEachProbe(ahead: { target }, engine) { probe in
        for i in 1..<sets.count where !sets[i].contains(&probe, engine) { return true }
        return body(&probe)
    }
}
