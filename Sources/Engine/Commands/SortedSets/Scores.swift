// Commands that read scores, counts and ranks: ZSCORE, ZMSCORE, ZCARD, ZCOUNT, ZLEXCOUNT, ZRANK,
// ZREVRANK.

import Memory
import RESP

package let sortedSetScoreCommandRows: [CommandRow] = [
    zscoreRow, zmscoreRow, zcardRow, zcountRow, zlexcountRow, zrankRow, zrevrankRow,
]

private let zscoreRow = CommandRow(
    .zscore, "zscore", arity: 3, [.readOnly, .fast], .sortedSet,
    keys: [.at(1, [.ro, .access])],
    since: "1.2.0", group: .sortedSet, complexity: "O(1)",
    summary: "Returns the score of a member of a sorted set.",
    arguments: [.key("key"), .string("member")])

private let zmscoreRow = CommandRow(
    .zmscore, "zmscore", arity: -3, [.readOnly, .fast], .sortedSet,
    keys: [.at(1, [.ro, .access])],
    since: "6.2.0", group: .sortedSet, complexity: "O(N), N being the members given",
    summary: "Returns the scores of several members of a sorted set.",
    arguments: [.key("key"), .string("member").multiple])

private let zcardRow = CommandRow(
    .zcard, "zcard", arity: 2, [.readOnly, .fast], .sortedSet,
    keys: [.at(1, .ro)],
    since: "1.2.0", group: .sortedSet, complexity: "O(1)",
    summary: "Returns the number of elements of a sorted set.",
    arguments: [.key("key")])

private let zcountRow = CommandRow(
    .zcount, "zcount", arity: 4, [.readOnly, .fast], .sortedSet,
    keys: [.at(1, [.ro, .access])],
    since: "2.0.0", group: .sortedSet,
    complexity: "O(log N), N being the elements of the set",
    summary: "Counts the elements whose scores lie in a range.",
    arguments: [.key("key"), .double("min"), .double("max")])

private let zlexcountRow = CommandRow(
    .zlexcount, "zlexcount", arity: 4, [.readOnly, .fast], .sortedSet,
    keys: [.at(1, [.ro, .access])],
    since: "2.8.9", group: .sortedSet,
    complexity: "O(log N), N being the elements of the set",
    summary: "Counts the members that lie in a range of bytes, all scores being the same.",
    arguments: [.key("key"), .string("min"), .string("max")])

private let zrankRow = CommandRow(
    .zrank, "zrank", arity: -3, [.readOnly, .fast], .sortedSet,
    keys: [.at(1, [.ro, .access])],
    since: "2.0.0", group: .sortedSet,
    complexity: "O(log N), N being the elements of the set",
    summary: "Returns how many elements stand before a member, lowest score first.",
    history: ["7.2.0": "Option `WITHSCORE`."],
    arguments: [.key("key"), .string("member"), .token("withscore", "WITHSCORE").optional])

private let zrevrankRow = CommandRow(
    .zrevrank, "zrevrank", arity: -3, [.readOnly, .fast], .sortedSet,
    keys: [.at(1, [.ro, .access])],
    since: "2.0.0", group: .sortedSet,
    complexity: "O(log N), N being the elements of the set",
    summary: "Returns how many elements stand before a member, highest score first.",
    history: ["7.2.0": "Option `WITHSCORE`."],
    arguments: [.key("key"), .string("member"), .token("withscore", "WITHSCORE").optional])

package func zscoreCommand(_ c: inout CommandContext) {
    guard let entry = c.lookupRead(c[1], c.firstKeyHash) else { return c.reply.pointee.null() }
    guard let set = c.sortedSetOrError(entry) else { return }
    guard let score = set.score(c[2], hash: c.memberHash) else { return c.reply.pointee.null() }
    c.reply.pointee.double(score)
}

package func zmscoreCommand(_ c: inout CommandContext) {
    let entry = c.lookupRead(c[1], c.firstKeyHash)
    var set: SortedSet?
    if let entry {
        set = c.sortedSetOrError(entry)
        if set == nil { return }
    }
    c.reply.pointee.array(c.count - 2)
    for i in 2..<c.count {
        if let score = set?.score(c[i], hash: i == 2 ? c.memberHash : 0) {
            c.reply.pointee.double(score)
        } else {
            c.reply.pointee.null()
        }
    }
}

package func zcardCommand(_ c: inout CommandContext) {
    guard let entry = c.lookupRead(c[1], c.firstKeyHash) else {
        return c.reply.pointee.integer(0)
    }
    guard let set = c.sortedSetOrError(entry) else { return }
    c.reply.pointee.integer(set.count)
}

package func zcountCommand(_ c: inout CommandContext) {
    guard let range = ScoreRange(min: c[2], max: c[3]) else {
        return c.reply.pointee.error("ERR min or max is not a float")
    }
    guard let entry = c.lookupRead(c[1], c.firstKeyHash) else {
        return c.reply.pointee.integer(0)
    }
    guard let set = c.sortedSetOrError(entry) else { return }
    c.reply.pointee.integer(set.ranks(range).count)
}

package func zlexcountCommand(_ c: inout CommandContext) {
    guard let range = LexRange(min: c[2], max: c[3]) else {
        return c.reply.pointee.error("ERR min or max not valid string range item")
    }
    guard let entry = c.lookupRead(c[1], c.firstKeyHash) else {
        return c.reply.pointee.integer(0)
    }
    guard let set = c.sortedSetOrError(entry) else { return }
    c.reply.pointee.integer(set.ranks(range).count)
}

package func zrankCommand(_ c: inout CommandContext) { rank(&c, reversed: false) }

package func zrevrankCommand(_ c: inout CommandContext) { rank(&c, reversed: true) }

@inline(__always)
private func rank(_ c: inout CommandContext, reversed: Bool) {
    let withScore = c.count > 3
    if withScore {
        if c.count > 4 {
            return c.reply.pointee.error(
                reversed
                    ? "ERR wrong number of arguments for 'zrevrank' command"
                    : "ERR wrong number of arguments for 'zrank' command")
        }
        guard c[3].isWord("withscore") else { return c.replySyntaxError() }
    }
    var found: (rank: Int, score: Double)?
    if let entry = c.lookupRead(c[1], c.firstKeyHash) {
        guard let set = c.sortedSetOrError(entry) else { return }
        found = set.rank(c[2], hash: c.memberHash)
        if reversed, let (rank, score) = found { found = (set.count &- 1 &- rank, score) }
    }
    guard let found else {
        return withScore ? c.reply.pointee.nullArray() : c.reply.pointee.null()
    }
    if withScore { c.reply.pointee.array(2) }
    c.reply.pointee.integer(found.rank)
    if withScore { c.reply.pointee.double(found.score) }
}
