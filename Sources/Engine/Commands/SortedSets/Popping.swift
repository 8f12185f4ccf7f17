// Commands that take elements from an end: ZPOPMIN, ZPOPMAX, ZMPOP. Those that wait for one
// (BZPOPMIN, BZPOPMAX, BZMPOP) build on `popSorted` and `SortedSetMultiPop`.

import Memory
import RESP

package let sortedSetPoppingCommandRows: [CommandRow] = [
    zpopminRow, zpopmaxRow, zmpopRow,
]

private let popComplexity: StaticString =
    "O(M log N), N being the elements of the set, M those returned"

private let zpopminRow = CommandRow(
    .zpopmin, "zpopmin", arity: -2, [.write, .fast], .sortedSet,
    keys: [.at(1, [.rw, .access, .delete])],
    since: "5.0.0", group: .sortedSet, complexity: popComplexity,
    summary: "Takes the elements with the lowest scores; an emptied set is deleted.",
    arguments: [.key("key"), .integer("count").optional])

private let zpopmaxRow = CommandRow(
    .zpopmax, "zpopmax", arity: -2, [.write, .fast], .sortedSet,
    keys: [.at(1, [.rw, .access, .delete])],
    since: "5.0.0", group: .sortedSet, complexity: popComplexity,
    summary: "Takes the elements with the highest scores; an emptied set is deleted.",
    arguments: [.key("key"), .integer("count").optional])

private let zmpopRow = CommandRow(
    .zmpop, "zmpop", arity: -4, [.write, .movableKeys], .sortedSet,
    keys: [.counted(at: 1, [.rw, .access, .delete])],
    since: "7.0.0", group: .sortedSet,
    complexity: "O(K + M log N), K being the keys, N the elements of the set, M those returned",
    summary: "Takes elements from the first of several sorted sets that is not empty.",
    arguments: [
        .integer("numkeys"),
        .key("key").multiple,
        .oneOf("where", [.token("min", "MIN"), .token("max", "MAX")]),
        .integer("count", token: "COUNT").optional,
    ])

/// An end of a sorted set, as MIN and MAX name it.
package enum SortedSetEnd {
    case min
    case max

    /// Nil if `word` is neither MIN nor MAX, in any letter case.
    package init?(_ word: Bytes) {
        if word.isWord("min") {
            self = .min
        } else if word.isWord("max") {
            self = .max
        } else {
            return nil
        }
    }
}

extension CommandContext {
    /// Writes up to `number` elements from an end of the set at `position`, the outermost first,
    /// without any header, removes them and notes the change.
    @inline(__always)
    package func popSorted(
        _ key: Bytes, _ position: Position, _ set: SortedSet, _ end: SortedSetEnd,
        _ number: Int, _ shape: SortedSetReply
    ) {
        let count = set.count
        let taken = Swift.min(number, count)
        let ranks = end == .min ? 0..<taken : count &- taken..<count
        set.append(ranks, reversed: end == .max, shape, to: reply)
        removeRanks(key, position, set, ranks)
    }
}

package func zpopminCommand(_ c: inout CommandContext) { pop(&c, .min) }

package func zpopmaxCommand(_ c: inout CommandContext) { pop(&c, .max) }

@inline(__always)
private func pop(_ c: inout CommandContext, _ end: SortedSetEnd) {
    if c.count > 3 { return c.replySyntaxError() }
    var number = 1
    if c.count == 3 {
        guard let given = c.positiveInteger(2) else { return }
        number = given
    }
    guard let position = c.lookupWrite(c[1], c.firstKeyHash) else {
        return c.reply.pointee.emptyArray()
    }
    guard let set = c.sortedSetOrError(position.entry) else { return }
    if number == 0 { return c.reply.pointee.emptyArray() }
    // In RESP3 pairs are arrays, but not the one pair that is returned without a count.
    let shape: SortedSetReply = c.count == 3 && c.reply.pointee.resp3 ? .pairs : .flat
    c.reply.pointee.array(shape.count(min(number, set.count)))
    c.popSorted(c[1], position, set, end, number, shape)
}

/// What ZMPOP and BZMPOP name: keys, an end, and how many elements.
package struct SortedSetMultiPop {
    /// The arguments that are keys.
    package let keys: Range<Int>
    package let end: SortedSetEnd
    package let number: Int

    /// Reads `numkeys key [key ...] MIN|MAX [COUNT count]` from argument `start` on; nil after an
    /// error.
    package init?(_ c: borrowing CommandContext, from start: Int) {
        guard
            let count = c.listIntegerOrError(
                start, from: 1, "ERR numkeys should be greater than 0")
        else { return nil }
        guard count < c.count - start - 1, let end = SortedSetEnd(c[start + 1 + count]) else {
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

    /// Answers with elements of the first set that there is, or with an error. False if there is
    /// none, and nothing written.
    package func take(_ c: inout CommandContext) -> Bool {
        for k in keys {
            let hash = c.engine.pointee.hash(c[k])
            guard let position = c.lookupWrite(c[k], hash) else { continue }
            guard let set = c.sortedSetOrError(position.entry) else { return true }
            c.reply.pointee.array(2)
            c.reply.pointee.bulk(c[k])
            c.reply.pointee.array(Swift.min(number, set.count))
            c.popSorted(c[k], position, set, end, number, .pairs)
            return true
        }
        return false
    }
}

@inline(never)
package func zmpopCommand(_ c: inout CommandContext) {
    guard let pop = SortedSetMultiPop(c, from: 1) else { return }
    if !pop.take(&c) { c.reply.pointee.nullArray() }
}
