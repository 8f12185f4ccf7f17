// Commands that return or store ranges: ZRANGE, ZRANGESTORE and the older ZREVRANGE, ZRANGEBYSCORE,
// ZREVRANGEBYSCORE, ZRANGEBYLEX, ZREVRANGEBYLEX.

import Memory
import RESP

package let sortedSetRangeCommandRows: [CommandRow] = [
    zrangeRow, zrangestoreRow, zrevrangeRow, zrangebyscoreRow, zrevrangebyscoreRow,
    zrangebylexRow, zrevrangebylexRow,
]

private let complexity: StaticString =
    "O(log N + M), N being the elements of the set, M those returned"

private let limit = ArgumentSpec.block(
    "limit", token: "LIMIT", [.integer("offset"), .integer("count")]
).optional

private let withScores = ArgumentSpec.token("withscores", "WITHSCORES").optional

private let sortBy = ArgumentSpec.oneOf(
    "sortby", [.token("byscore", "BYSCORE"), .token("bylex", "BYLEX")]
).optional

private let zrangeRow = CommandRow(
    .zrange, "zrange", arity: -4, .readOnly, .sortedSet,
    keys: [.at(1, [.ro, .access])],
    since: "1.2.0", group: .sortedSet, complexity: complexity,
    summary: "Returns the elements in a range of ranks, scores or members.",
    history: ["6.2.0": "Options `REV`, `BYSCORE`, `BYLEX` and `LIMIT`."],
    arguments: [
        .key("key"), .string("start"), .string("stop"), sortBy.since("6.2.0"),
        .token("rev", "REV").optional.since("6.2.0"), limit.since("6.2.0"), withScores,
    ])

private let zrangestoreRow = CommandRow(
    .zrangestore, "zrangestore", arity: -5, [.write, .denyOOM], .sortedSet,
    keys: [.at(1, [.ow, .update]), .at(2, [.ro, .access])],
    since: "6.2.0", group: .sortedSet,
    complexity: "O(log N + M), N being the elements of the set, M those stored",
    summary: "Stores the elements in a range of a sorted set under another key.",
    arguments: [
        .key("dst"), .key("src", spec: 1), .string("min"), .string("max"), sortBy,
        .token("rev", "REV").optional, limit,
    ])

private let zrevrangeRow = CommandRow(
    .zrevrange, "zrevrange", arity: -4, .readOnly, .sortedSet,
    keys: [.at(1, [.ro, .access])],
    since: "1.2.0", group: .sortedSet, complexity: complexity,
    summary: "Returns the elements in a range of ranks, highest score first.",
    deprecatedSince: "6.2.0", replacedBy: "`ZRANGE` with the `REV` argument",
    arguments: [.key("key"), .integer("start"), .integer("stop"), withScores])

private let zrangebyscoreRow = CommandRow(
    .zrangebyscore, "zrangebyscore", arity: -4, .readOnly, .sortedSet,
    keys: [.at(1, [.ro, .access])],
    since: "1.0.5", group: .sortedSet, complexity: complexity,
    summary: "Returns the elements whose scores lie in a range.",
    deprecatedSince: "6.2.0", replacedBy: "`ZRANGE` with the `BYSCORE` argument",
    history: ["2.0.0": "Option `WITHSCORES`."],
    arguments: [
        .key("key"), .double("min"), .double("max"), withScores.since("2.0.0"), limit,
    ])

private let zrevrangebyscoreRow = CommandRow(
    .zrevrangebyscore, "zrevrangebyscore", arity: -4, .readOnly, .sortedSet,
    keys: [.at(1, [.ro, .access])],
    since: "2.2.0", group: .sortedSet, complexity: complexity,
    summary: "Returns the elements whose scores lie in a range, highest score first.",
    deprecatedSince: "6.2.0", replacedBy: "`ZRANGE` with the `REV` and `BYSCORE` arguments",
    history: ["2.1.6": "`min` and `max` may be excluded."],
    arguments: [.key("key"), .double("max"), .double("min"), withScores, limit])

private let zrangebylexRow = CommandRow(
    .zrangebylex, "zrangebylex", arity: -4, .readOnly, .sortedSet,
    keys: [.at(1, [.ro, .access])],
    since: "2.8.9", group: .sortedSet, complexity: complexity,
    summary: "Returns the members that lie in a range of bytes, all scores being the same.",
    deprecatedSince: "6.2.0", replacedBy: "`ZRANGE` with the `BYLEX` argument",
    arguments: [.key("key"), .string("min"), .string("max"), limit])

private let zrevrangebylexRow = CommandRow(
    .zrevrangebylex, "zrevrangebylex", arity: -4, .readOnly, .sortedSet,
    keys: [.at(1, [.ro, .access])],
    since: "2.8.9", group: .sortedSet, complexity: complexity,
    summary: "Returns the members that lie in a range of bytes, the last one first.",
    deprecatedSince: "6.2.0", replacedBy: "`ZRANGE` with the `REV` and `BYLEX` arguments",
    arguments: [.key("key"), .string("max"), .string("min"), limit])

package func zrangeCommand(_ c: inout CommandContext) { range(&c, nil, reversed: nil) }

package func zrevrangeCommand(_ c: inout CommandContext) { range(&c, .rank, reversed: true) }

package func zrangebyscoreCommand(_ c: inout CommandContext) {
    range(&c, .score, reversed: false)
}

package func zrevrangebyscoreCommand(_ c: inout CommandContext) {
    range(&c, .score, reversed: true)
}

package func zrangebylexCommand(_ c: inout CommandContext) { range(&c, .lex, reversed: false) }

package func zrevrangebylexCommand(_ c: inout CommandContext) { range(&c, .lex, reversed: true) }

@inline(never)
private func range(_ c: inout CommandContext, _ kind: RangeRequest.Kind?, reversed: Bool?) {
    guard let request = RangeRequest(c, kind: kind, reversed: reversed) else { return }
    guard let entry = c.lookupRead(c[1], c.firstKeyHash) else {
        return c.reply.pointee.emptyArray()
    }
    guard let set = c.sortedSetOrError(entry) else { return }
    let ranks = request.ranks(in: set)
    let shape = SortedSetReply(withScores: request.withScores, c.reply)
    c.reply.pointee.array(shape.count(ranks.count))
    set.append(ranks, reversed: request.reversed, shape, to: c.reply)
}

@inline(never)
package func zrangestoreCommand(_ c: inout CommandContext) {
    guard let request = RangeRequest(c, first: 2, kind: nil, reversed: nil, stores: true) else {
        return
    }
    var result = SortedSet.create(c.engine)
    if let entry = c.lookupRead(c[2], c.engine.pointee.hash(c[2])) {
        guard let set = c.sortedSetOrError(entry) else { return result.release() }
        set.forEach(request.ranks(in: set)) { member, score in
            member.withText { result.append($0, score) }
            return true
        }
    }
    c.replyStored(result, 1)
}
