// Commands that remove ranges: ZREMRANGEBYRANK, ZREMRANGEBYSCORE, ZREMRANGEBYLEX.

import Memory
import RESP

package let sortedSetRemovingCommandRows: [CommandRow] = [
    zremrangebyrankRow, zremrangebyscoreRow, zremrangebylexRow,
]

private let complexity: StaticString =
    "O(log N + M), N being the elements of the set, M those removed"

private let zremrangebyrankRow = CommandRow(
    .zremrangebyrank, "zremrangebyrank", arity: 4, .write, .sortedSet,
    keys: [.at(1, [.rw, .delete])],
    since: "2.0.0", group: .sortedSet, complexity: complexity,
    summary: "Removes the elements in a range of ranks; an emptied set is deleted.",
    arguments: [.key("key"), .integer("start"), .integer("stop")])

private let zremrangebyscoreRow = CommandRow(
    .zremrangebyscore, "zremrangebyscore", arity: 4, .write, .sortedSet,
    keys: [.at(1, [.rw, .delete])],
    since: "1.2.0", group: .sortedSet, complexity: complexity,
    summary: "Removes the elements whose scores lie in a range; an emptied set is deleted.",
    arguments: [.key("key"), .double("min"), .double("max")])

private let zremrangebylexRow = CommandRow(
    .zremrangebylex, "zremrangebylex", arity: 4, .write, .sortedSet,
    keys: [.at(1, [.rw, .delete])],
    since: "2.8.9", group: .sortedSet, complexity: complexity,
    summary: "Removes the members that lie in a range of bytes; an emptied set is deleted.",
    arguments: [.key("key"), .string("min"), .string("max")])

package func zremrangebyrankCommand(_ c: inout CommandContext) { removeRange(&c, .rank) }

package func zremrangebyscoreCommand(_ c: inout CommandContext) { removeRange(&c, .score) }

package func zremrangebylexCommand(_ c: inout CommandContext) { removeRange(&c, .lex) }

@inline(never)
private func removeRange(_ c: inout CommandContext, _ kind: RangeRequest.Kind) {
    guard let request = RangeRequest(c, kind: kind, reversed: false) else { return }
    guard let position = c.lookupWrite(c[1], c.firstKeyHash) else {
        return c.reply.pointee.integer(0)
    }
    guard let set = c.sortedSetOrError(position.entry) else { return }
    let ranks = request.ranks(in: set)
    c.reply.pointee.integer(ranks.count)
    if !ranks.isEmpty { c.removeRanks(c[1], position, set, ranks) }
}
