// Commands on what sets have together, and on what one has that others have not: SUNION, SDIFF,
// SUNIONSTORE, SDIFFSTORE.
//
// Stored results begin as intsets and grow as any set does. SDIFFSTORE has two ways to its result,
// and takes the one that Redis takes, because the encoding of the result depends on it.

import Memory
import RESP

package let setUnionCommandRows: [CommandRow] = [
    sunionRow, sdiffRow, sunionstoreRow, sdiffstoreRow,
]

private let sunionRow = CommandRow(
    .sunion, "sunion", arity: -2, .readOnly, .set,
    keys: [.at(1, through: -1, [.ro, .access])],
    tips: [.nondeterministicOutputOrder],
    since: "1.0.0", group: .set, complexity: "O(N), N being the members of all sets",
    summary: "Returns the members that any of several sets has.",
    arguments: [.key("key").multiple])

private let sdiffRow = CommandRow(
    .sdiff, "sdiff", arity: -2, .readOnly, .set,
    keys: [.at(1, through: -1, [.ro, .access])],
    tips: [.nondeterministicOutputOrder],
    since: "1.0.0", group: .set, complexity: "O(N), N being the members of all sets",
    summary: "Returns the members of a set that none of several others has.",
    arguments: [.key("key").multiple])

private let sunionstoreRow = CommandRow(
    .sunionstore, "sunionstore", arity: -3, [.write, .denyOOM], .set,
    keys: [.at(1, [.ow, .update]), .at(2, through: -1, [.ro, .access])],
    since: "1.0.0", group: .set, complexity: "O(N), N being the members of all sets",
    summary: "Stores the members that any of several sets has under a key.",
    arguments: [.key("destination"), .key("key", spec: 1).multiple])

private let sdiffstoreRow = CommandRow(
    .sdiffstore, "sdiffstore", arity: -3, [.write, .denyOOM], .set,
    keys: [.at(1, [.ow, .update]), .at(2, through: -1, [.ro, .access])],
    since: "1.0.0", group: .set, complexity: "O(N), N being the members of all sets",
    summary: "Stores the members of a set that none of several others has under a key.",
    arguments: [.key("destination"), .key("key", spec: 1).multiple])

// MARK: Union

@inline(never)
package func sunionCommand(_ c: inout CommandContext) {
    guard let found = c.setsOrError(1, c.count) else { return }
    let sets = found.compactMap { $0 }
    if sets.isEmpty { return c.reply.pointee.set(0) }
    if sets.count == 1 { return replyMembers(sets[0], c.reply) }
    // Of intsets the answer is in order; and many sets are not all looked through for each member.
    if sets.count > 4 || sets.allSatisfy({ $0.isIntSet }) {
        let result = union(sets, c.engine)
        replyMembers(result, c.reply)
        return result.free(c.engine)
    }
    replyUnion(sets.sorted { $0.count > $1.count }, c.engine, c.reply)
}

/// Each set's members that none of the sets before it has.
private func replyUnion(
    _ sets: [SetValue], _ engine: UnsafeMutablePointer<Engine>,
    _ reply: UnsafeMutablePointer<ReplyBuffer>
) {
    let place = reply.pointee.deferred()
    appendMembers(sets[0], reply)
    var count = sets[0].count
    let target = sets[0].isTable ? sets[0].table : nil
    for i in 1..<sets.count {
        sets[i].forEachProbe(ahead: { target }, engine) { probe in
            for k in 0..<i where sets[k].contains(&probe, engine) { return true }
            reply.pointee.bulk(probe.bytes)
            count += 1
            return true
        }
    }
    reply.pointee.close(place, set: count)
}

@inline(never)
package func sunionstoreCommand(_ c: inout CommandContext) {
    guard let found = c.setsOrError(2, c.count) else { return }
    c.storeResult(union(found.compactMap { $0 }, c.engine))
}

private func union(_ sets: [SetValue], _ engine: UnsafeMutablePointer<Engine>) -> SetValue {
    var result = SetValue.emptyIntSet(engine)
    for set in sets { addAll(of: set, to: &result, engine) }
    return result
}

private func addAll(
    of set: SetValue, to result: inout SetValue, _ engine: UnsafeMutablePointer<Engine>
) {
    // Beside the result, which only one of the two closures may name.
    var table = result.isTable ? result.table : nil
    set.forEachProbe(ahead: { table }, engine) { probe in
        _ = result.add(&probe, engine)
        if table == nil, result.isTable { table = result.table }
        return true
    }
}

// MARK: Difference

@inline(never)
package func sdiffCommand(_ c: inout CommandContext) {
    guard let found = c.setsOrError(1, c.count) else { return }
    guard let first = found[0] else { return c.reply.pointee.set(0) }
    let others = found.dropFirst().compactMap { $0 }
    if others.isEmpty { return replyMembers(first, c.reply) }
    if others.count <= 2 || probesOthers(first, others) {
        return replyOnly(in: first, others, c.engine, c.reply)
    }
    // What the others have of the first, gathered, so that each member is looked for but once.
    var excluded = SetValue.emptyTable(c.engine)
    for set in others { addCommon(of: set, with: first, to: &excluded, c.engine) }
    replyOnly(in: first, [excluded], c.engine, c.reply)
    excluded.free(c.engine)
}

private func replyOnly(
    in first: SetValue, _ others: [SetValue], _ engine: UnsafeMutablePointer<Engine>,
    _ reply: UnsafeMutablePointer<ReplyBuffer>
) {
    let place = reply.pointee.deferred()
    var count = 0
    forEachOnly(in: first, others, engine) { probe in
        reply.pointee.bulk(probe.bytes)
        count += 1
    }
    reply.pointee.close(place, set: count)
}

private func addCommon(
    of set: SetValue, with first: SetValue, to result: inout SetValue,
    _ engine: UnsafeMutablePointer<Engine>
) {
    let target = first.isTable ? first.table : nil
    set.forEachProbe(ahead: { target }, engine) { probe in
        if first.contains(&probe, engine) { _ = result.add(&probe, engine) }
        return true
    }
}

@inline(never)
package func sdiffstoreCommand(_ c: inout CommandContext) {
    guard let found = c.setsOrError(2, c.count) else { return }
    let engine = c.engine
    var result = SetValue.emptyIntSet(engine)
    guard let first = found[0] else { return c.storeResult(result) }
    let others = found.dropFirst().compactMap { $0 }
    if probesOthers(first, others) {
        forEachOnly(in: first, others, engine) { _ = result.add(&$0, engine) }
    } else {
        addAll(of: first, to: &result, engine)
        for set in others { removeAll(of: set, from: &result, engine) }
    }
    c.storeResult(result)
}

private func removeAll(
    of set: SetValue, from result: inout SetValue, _ engine: UnsafeMutablePointer<Engine>
) {
    let target = result.isTable ? result.table : nil
    set.forEachProbe(ahead: { target }, engine) { probe in
        _ = result.remove(&probe, engine)
        return !result.isEmpty
    }
}

/// Whether Redis looks for each member of the first set in the others, rather than copy the first
/// and remove the others' members: looking ends early, so it counts half.
private func probesOthers(_ first: SetValue, _ others: [SetValue]) -> Bool {
    let probing = first.count * (others.count + 1)
    let removing = others.reduce(first.count) { $0 + $1.count }
    return probing / 2 <= removing
}

/// Calls `body` with each member of `first` that no other set has.
private func forEachOnly(
    in first: SetValue, _ others: [SetValue], _ engine: UnsafeMutablePointer<Engine>,
    _ body: (inout SetProbe) -> Void
) {
    // The largest is the likeliest to have a member.
    let sorted = others.sorted { $0.count > $1.count }
    let target = sorted.first.flatMap { $0.isTable ? $0.table : nil }
    first.forEachProbe(ahead: { target }, engine) { probe in
        for set in sorted where set.contains(&probe, engine) { return true }
        body(&probe)
        return true
    }
}
