// Commands that combine several sorted sets: ZUNION, ZINTER, ZDIFF, ZINTERCARD, ZUNIONSTORE,
// ZINTERSTORE, ZDIFFSTORE.

import Memory
import RESP

package let sortedSetOperationCommandRows: [CommandRow] = [
    zunionRow, zinterRow, zdiffRow, zintercardRow, zunionstoreRow, zinterstoreRow,
    zdiffstoreRow,
]

private let unionComplexity: StaticString =
    "O(N + M log M), N being the elements of all sets, M those of the result"
private let interComplexity: StaticString =
    "O(N K + M log M), N being the elements of the smallest set, K the sets, M the result's elements"
private let diffComplexity: StaticString =
    "O(N K + M log M), N being the elements of the first set, K the sets, M the result's elements"

private let weights = ArgumentSpec.integer("weight", token: "WEIGHTS").optional.multiple

private let aggregate = ArgumentSpec.oneOf(
    "aggregate", token: "AGGREGATE",
    [.token("sum", "SUM"), .token("min", "MIN"), .token("max", "MAX")]
).optional

private let withScores = ArgumentSpec.token("withscores", "WITHSCORES").optional

private let zunionRow = CommandRow(
    .zunion, "zunion", arity: -3, [.readOnly, .movableKeys], .sortedSet,
    keys: [.counted(at: 1, [.ro, .access])],
    since: "6.2.0", group: .sortedSet, complexity: unionComplexity,
    summary: "Returns the elements of any of several sorted sets.",
    arguments: [.integer("numkeys"), .key("key").multiple, weights, aggregate, withScores])

private let zinterRow = CommandRow(
    .zinter, "zinter", arity: -3, [.readOnly, .movableKeys], .sortedSet,
    keys: [.counted(at: 1, [.ro, .access])],
    since: "6.2.0", group: .sortedSet, complexity: interComplexity,
    summary: "Returns the elements that several sorted sets have in common.",
    arguments: [.integer("numkeys"), .key("key").multiple, weights, aggregate, withScores])

private let zdiffRow = CommandRow(
    .zdiff, "zdiff", arity: -3, [.readOnly, .movableKeys], .sortedSet,
    keys: [.counted(at: 1, [.ro, .access])],
    since: "6.2.0", group: .sortedSet, complexity: diffComplexity,
    summary: "Returns the elements of the first sorted set that no other one has.",
    arguments: [.integer("numkeys"), .key("key").multiple, withScores])

private let zintercardRow = CommandRow(
    .zintercard, "zintercard", arity: -3, [.readOnly, .movableKeys], .sortedSet,
    keys: [.counted(at: 1, [.ro, .access])],
    since: "7.0.0", group: .sortedSet,
    complexity: "O(N K), N being the elements of the smallest set, K the sets",
    summary: "Counts the elements that several sorted sets have in common.",
    arguments: [
        .integer("numkeys"), .key("key").multiple, .integer("limit", token: "LIMIT").optional,
    ])

private let zunionstoreRow = CommandRow(
    .zunionstore, "zunionstore", arity: -4, [.write, .denyOOM, .movableKeys], .sortedSet,
    keys: [.at(1, [.ow, .update]), .counted(at: 2, [.ro, .access])],
    since: "2.0.0", group: .sortedSet, complexity: unionComplexity,
    summary: "Stores the elements of any of several sorted sets under a key.",
    arguments: [
        .key("destination"), .integer("numkeys"), .key("key", spec: 1).multiple, weights,
        aggregate,
    ])

private let zinterstoreRow = CommandRow(
    .zinterstore, "zinterstore", arity: -4, [.write, .denyOOM, .movableKeys], .sortedSet,
    keys: [.at(1, [.ow, .update]), .counted(at: 2, [.ro, .access])],
    since: "2.0.0", group: .sortedSet, complexity: interComplexity,
    summary: "Stores the elements that several sorted sets have in common under a key.",
    arguments: [
        .key("destination"), .integer("numkeys"), .key("key", spec: 1).multiple, weights,
        aggregate,
    ])

private let zdiffstoreRow = CommandRow(
    .zdiffstore, "zdiffstore", arity: -4, [.write, .denyOOM, .movableKeys], .sortedSet,
    keys: [.at(1, [.ow, .update]), .counted(at: 2, [.ro, .access])],
    since: "6.2.0", group: .sortedSet, complexity: diffComplexity,
    summary: "Stores the elements of the first sorted set that no other one has under a key.",
    arguments: [.key("destination"), .integer("numkeys"), .key("key", spec: 1).multiple])

@inline(never)
package func zunionCommand(_ c: inout CommandContext) { reply(&c, .union, "zunion") }

@inline(never)
package func zinterCommand(_ c: inout CommandContext) { reply(&c, .inter, "zinter") }

@inline(never)
package func zdiffCommand(_ c: inout CommandContext) { reply(&c, .diff, "zdiff") }

@inline(never)
package func zunionstoreCommand(_ c: inout CommandContext) { store(&c, .union, "zunionstore") }

@inline(never)
package func zinterstoreCommand(_ c: inout CommandContext) { store(&c, .inter, "zinterstore") }

@inline(never)
package func zdiffstoreCommand(_ c: inout CommandContext) { store(&c, .diff, "zdiffstore") }

private func reply(
    _ c: inout CommandContext, _ kind: SetOperationRequest.Kind, _ name: StaticString
) {
    guard let request = SetOperationRequest(c, from: 1, kind, stores: false, name) else { return }
    let set = request.result(c.engine)
    let shape = SortedSetReply(withScores: request.withScores, c.reply)
    c.reply.pointee.array(shape.count(set.count))
    set.append(0..<set.count, reversed: false, shape, to: c.reply)
    set.release()
}

private func store(
    _ c: inout CommandContext, _ kind: SetOperationRequest.Kind, _ name: StaticString
) {
    guard let request = SetOperationRequest(c, from: 2, kind, stores: true, name) else { return }
    c.replyStored(request.result(c.engine), 1)
}

@inline(never)
package func zintercardCommand(_ c: inout CommandContext) {
    guard let request = SetOperationRequest(c, from: 1, .count, stores: false, "zintercard")
    else { return }
    var found = 0
    request.forEachCommon(c.engine) { _, _ in
        found += 1
        return found != request.limit
    }
    c.reply.pointee.integer(found)
}
