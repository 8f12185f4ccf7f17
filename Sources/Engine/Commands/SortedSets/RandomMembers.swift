// ZRANDMEMBER: elements at random. A random rank is a fair choice and costs O(log n).

import Memory
import RESP

package let sortedSetRandomCommandRows: [CommandRow] = [
    zrandmemberRow
]

private let zrandmemberRow = CommandRow(
    .zrandmember, "zrandmember", arity: -2, .readOnly, .sortedSet,
    keys: [.at(1, [.ro, .access])],
    tips: [.nondeterministicOutput],
    since: "6.2.0", group: .sortedSet,
    complexity: "O(M log N), N being the elements of the set, M those returned",
    summary: "Returns members of a sorted set at random.",
    arguments: [
        .key("key"),
        .block("options", [.integer("count"), .token("withscores", "WITHSCORES").optional])
            .optional,
    ])

@inline(never)
package func zrandmemberCommand(_ c: inout CommandContext) {
    if c.count == 2 { return replyOne(&c) }
    guard let number = c.listSymmetricIntegerOrError(2) else { return }
    if c.count > 4 || (c.count == 4 && !c[3].isWord("withscores")) { return c.replySyntaxError() }
    let withScores = c.count == 4
    if withScores, number.magnitude > UInt(Int.max / 2) {
        return c.reply.pointee.error("ERR value is out of range")
    }
    guard let entry = c.lookupRead(c[1], c.firstKeyHash) else {
        return c.reply.pointee.emptyArray()
    }
    guard let set = c.sortedSetOrError(entry) else { return }
    let shape = SortedSetReply(withScores: withScores, c.reply)
    if number < 0 {
        replyRepeating(c, set, -number, shape)
    } else {
        replyDistinct(c, set, min(number, set.count), shape)
    }
}

private func replyOne(_ c: inout CommandContext) {
    guard let entry = c.lookupRead(c[1], c.firstKeyHash) else { return c.reply.pointee.null() }
    guard let set = c.sortedSetOrError(entry) else { return }
    let rank = c.engine.pointee.random.below(set.count)
    set.append(rank..<rank + 1, reversed: false, .members, to: c.reply)
}

/// `number` elements, each drawn from all.
private func replyRepeating(
    _ c: borrowing CommandContext, _ set: SortedSet, _ number: Int, _ shape: SortedSetReply
) {
    c.reply.pointee.array(shape.count(number))
    let count = set.count
    for _ in 0..<number {
        let rank = c.engine.pointee.random.below(count)
        set.append(rank..<rank + 1, reversed: false, shape, to: c.reply)
    }
}

/// `number` different elements, at most all.
private func replyDistinct(
    _ c: borrowing CommandContext, _ set: SortedSet, _ number: Int, _ shape: SortedSetReply
) {
    let count = set.count
    c.reply.pointee.array(shape.count(number))
    // As Redis: all of them come in descending order.
    if number == count {
        return set.append(0..<count, reversed: true, shape, to: c.reply)
    }
    if number * 3 > count { return replySelected(c, set, number, shape) }
    // Each step adds one of the ranks below a rising bound, or the bound itself if it draws a rank
    // twice (Bentley and Floyd, "A sample of brilliance"): every choice is equally likely.
    var chosen = Set<Int>(minimumCapacity: number)
    for bound in count - number..<count {
        let drawn = c.engine.pointee.random.below(bound + 1)
        let rank = chosen.contains(drawn) ? bound : drawn
        chosen.insert(rank)
        set.append(rank..<rank + 1, reversed: false, shape, to: c.reply)
    }
}

/// Walks the set once and takes each element with the chance that is left for it.
private func replySelected(
    _ c: borrowing CommandContext, _ set: SortedSet, _ number: Int, _ shape: SortedSetReply
) {
    let count = set.count
    var wanted = number
    var rank = 0
    while wanted > 0 {
        if c.engine.pointee.random.below(count - rank) < wanted {
            set.append(rank..<rank + 1, reversed: false, shape, to: c.reply)
            wanted -= 1
        }
        rank += 1
    }
}
