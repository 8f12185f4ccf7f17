// Sorted set commands that wait for an element: BZPOPMIN, BZPOPMAX, BZMPOP.

import Memory
import RESP

package let sortedSetBlockingCommandRows: [CommandRow] = [
    bzpopminRow, bzpopmaxRow, bzmpopRow,
]

private let bzpopminRow = CommandRow(
    .bzpopmin, "bzpopmin", arity: -3, [.write, .blocking, .fast], .sortedSet,
    keys: [.at(1, through: -2, [.rw, .access, .delete])],
    since: "5.0.0", group: .sortedSet, complexity: "O(log N), N being the elements of the set",
    summary:
        "Takes the lowest element of the first sorted set there is, waiting for one if need be.",
    history: ["6.0.0": "`timeout` may have a fraction."],
    arguments: [.key("key").multiple, .double("timeout")])

private let bzpopmaxRow = CommandRow(
    .bzpopmax, "bzpopmax", arity: -3, [.write, .blocking, .fast], .sortedSet,
    keys: [.at(1, through: -2, [.rw, .access, .delete])],
    since: "5.0.0", group: .sortedSet, complexity: "O(log N), N being the elements of the set",
    summary:
        "Takes the highest element of the first sorted set there is, waiting for one if need be.",
    history: ["6.0.0": "`timeout` may have a fraction."],
    arguments: [.key("key").multiple, .double("timeout")])

private let bzmpopRow = CommandRow(
    .bzmpop, "bzmpop", arity: -5, [.write, .blocking, .movableKeys], .sortedSet,
    keys: [.counted(at: 2, [.rw, .access, .delete])],
    since: "7.0.0", group: .sortedSet,
    complexity: "O(K + M log N), K being the keys, N the elements of the set, M those returned",
    summary: "Takes elements from the first of several sorted sets, waiting for one if need be.",
    arguments: [
        .double("timeout"),
        .integer("numkeys"),
        .key("key").multiple,
        .oneOf("where", [.token("min", "MIN"), .token("max", "MAX")]),
        .integer("count", token: "COUNT").optional,
    ])

@inline(never)
package func bzpopminCommand(_ c: inout CommandContext) { blockingPop(&c, .min) }

@inline(never)
package func bzpopmaxCommand(_ c: inout CommandContext) { blockingPop(&c, .max) }

private func blockingPop(_ c: inout CommandContext, _ end: SortedSetEnd) {
    let last = c.count - 1
    guard let deadline = c.blockDeadline(seconds: last) else { return }
    for i in 1..<last {
        let hash = c.keyHashes?[i - 1] ?? c.engine.pointee.hash(c[i])
        guard let position = c.lookupWrite(c[i], hash) else { continue }
        guard let set = c.sortedSetOrError(position.entry) else { return }
        // Flat in RESP3 too: key, element, score.
        c.reply.pointee.array(3)
        c.reply.pointee.bulk(c[i])
        return c.popSorted(c[i], position, set, end, 1, .flat)
    }
    guard c.mayBlock else { return c.reply.pointee.nullArray() }
    c.block(onKeys: 1..<last, type: .sortedSet, deadline: deadline)
}

@inline(never)
package func bzmpopCommand(_ c: inout CommandContext) {
    guard let pop = SortedSetMultiPop(c, from: 2), let deadline = c.blockDeadline(seconds: 1),
        !pop.take(&c)
    else { return }
    guard c.mayBlock else { return c.reply.pointee.nullArray() }
    c.block(onKeys: pop.keys, type: .sortedSet, deadline: deadline)
}
