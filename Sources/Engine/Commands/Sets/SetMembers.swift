// Commands that add, remove and move members: SADD, SREM, SMOVE.

import Memory
import RESP

package let setMemberCommandRows: [CommandRow] = [
    saddRow, sremRow, smoveRow,
]

private let saddRow = CommandRow(
    .sadd, "sadd", arity: -3, [.write, .denyOOM, .fast], .set,
    keys: [.at(1, [.rw, .insert])],
    since: "1.0.0", group: .set, complexity: "O(N), N being the members given",
    summary: "Adds members to a set, creating it if need be.",
    history: ["2.4.0": "Several members in one call."],
    arguments: [.key("key"), .string("member").multiple])

private let sremRow = CommandRow(
    .srem, "srem", arity: -3, [.write, .fast], .set,
    keys: [.at(1, [.rw, .delete])],
    since: "1.0.0", group: .set, complexity: "O(N), N being the members given",
    summary: "Removes members from a set; an emptied set is deleted.",
    history: ["2.4.0": "Several members in one call."],
    arguments: [.key("key"), .string("member").multiple])

private let smoveRow = CommandRow(
    .smove, "smove", arity: 4, [.write, .fast], .set,
    keys: [.at(1, [.rw, .access, .delete]), .at(2, [.rw, .insert])],
    since: "1.0.0", group: .set, complexity: "O(1)",
    summary: "Takes a member out of one set and adds it to another.",
    arguments: [.key("source"), .key("destination", spec: 1), .string("member")])

package func saddCommand(_ c: inout CommandContext) {
    guard let position = c.lookupWrite(c[1], c.firstKeyHash) else { return addToNew(&c) }
    let entry = position.entry
    guard var set = c.setOrError(entry) else { return }
    var added = 0
    if set.isTable {
        added = addAll(&c, to: set.table)
    } else {
        set.prepare(adding: c.count &- 2, c.engine)
        for i in 2..<c.count where set.add(c[i], c.engine) { added &+= 1 }
        set.store(in: entry)
    }
    if added > 0 { c.database.pointee.changed(c[1], by: added) }
    c.reply.pointee.integer(added)
}

@inline(__always)
private func addAll(
    _ c: inout CommandContext, to table: UnsafeMutablePointer<MemberTable>
) -> Int {
    var added = 0
    let engine = c.engine
    MemberBatch.forEach(c, from: 2, table) { probe in
        if SetValue.add(&probe, to: table, engine) { added &+= 1 }
    }
    return added
}

@inline(never)
private func addToNew(_ c: inout CommandContext) {
    var set = SetValue.create(for: c[2], expecting: c.count - 2, c.engine)
    var added = 0
    for i in 2..<c.count where set.add(c[i], c.engine) { added += 1 }
    c.database.pointee.setPointer(
        c[1], c.firstKeyHash, nil, type: .set, encoding: set.encoding, set.raw)
    c.database.pointee.changed(c[1], by: added)
    c.reply.pointee.integer(added)
}

package func sremCommand(_ c: inout CommandContext) {
    guard let position = c.lookupWrite(c[1], c.firstKeyHash) else {
        return c.reply.pointee.integer(0)
    }
    guard var set = c.setOrError(position.entry) else { return }
    var removed = 0
    let engine = c.engine
    if set.isTable {
        MemberBatch.forEach(c, from: 2, set.table) { probe in
            if set.remove(&probe, engine) { removed &+= 1 }
        }
    } else {
        for i in 2..<c.count {
            var probe = SetProbe(c[i])
            if set.remove(&probe, engine) { removed &+= 1 }
        }
    }
    if removed > 0 { c.removed(c[1], position, set, removed) }
    c.reply.pointee.integer(removed)
}

package func smoveCommand(_ c: inout CommandContext) {
    guard let position = c.lookupWrite(c[1], c.firstKeyHash) else {
        return c.reply.pointee.integer(0)
    }
    let hash = c.engine.pointee.hash(c[2])
    let target = c.lookupWrite(c[2], hash)
    guard var source = c.setOrError(position.entry) else { return }
    if let target, c.setOrError(target.entry) == nil { return }
    var probe = SetProbe(c, 3)
    if let target, target.entry.raw == position.entry.raw {
        return c.reply.pointee.integer(source.contains(&probe, c.engine) ? 1 : 0)
    }
    guard source.remove(&probe, c.engine) else { return c.reply.pointee.integer(0) }
    c.removed(c[1], position, source, 1)
    // The source's removal may have moved the target's place in the table.
    if let target = c.database.pointee.lookupWrite(c[2], hash, touch: false) {
        var set = SetValue(target.entry)
        if set.add(&probe, c.engine) { c.database.pointee.changed(c[2]) }
        set.store(in: target.entry)
    } else {
        var set = SetValue.create(for: c[3], expecting: 1, c.engine)
        _ = set.add(&probe, c.engine)
        c.database.pointee.setPointer(
            c[2], hash, nil, type: .set, encoding: set.encoding, set.raw)
        c.database.pointee.changed(c[2])
    }
    c.reply.pointee.integer(1)
}
