// SORT and SORT_RO: the elements of a list, set or sorted set in another order, or what stands under
// keys made of them.
//
// SortRequest reads the arguments, SortVector holds and orders the elements, SortPattern looks up
// what BY and GET name.

import Memory
import RESP

package let sortCommandRows: [CommandRow] = [
    sortRow, sortRoRow,
]

private let sortArguments: [ArgumentSpec] = [
    .key("key"),
    .pattern("by-pattern", token: "BY", spec: 1).optional.shown(as: "pattern"),
    .block("limit", token: "LIMIT", [.integer("offset"), .integer("count")]).optional,
    .pattern("get-pattern", token: "GET", spec: 1).optional.multipleToken.shown(as: "pattern"),
    .oneOf("order", [.token("asc", "ASC"), .token("desc", "DESC")]).optional,
    .token("sorting", "ALPHA").optional,
]

private let patternKeys = KeySpec.unknown(
    [.ro, .access],
    notes: """
        For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from \
        the content of the key we sort
        """)

private let sortRow = CommandRow(
    .sort, "sort", arity: -2, [.write, .denyOOM, .movableKeys],
    [.set, .sortedSet, .list, .dangerous],
    keys: [
        .at(1, [.ro, .access]), patternKeys,
        .unknown(
            [.ow, .update],
            notes: """
                For the optional STORE keyword. It is marked 'unknown' because the keyword can \
                appear anywhere in the argument array
                """),
    ],
    fallbackKeys: sortKeys,
    since: "1.0.0", group: .generic,
    complexity: "O(N+M*log(M)), N being the elements, M those returned; O(N) without sorting",
    summary: "Returns or stores the elements of a list, set or sorted set in order.",
    arguments: sortArguments + [
        .key("destination", spec: 2, token: "STORE").optional
    ])

private let sortRoRow = CommandRow(
    .sortRo, "sort_ro", arity: -2, [.readOnly, .movableKeys],
    [.set, .sortedSet, .list, .dangerous],
    keys: [.at(1, [.ro, .access]), patternKeys],
    since: "7.0.0", group: .generic,
    complexity: "O(N+M*log(M)), N being the elements, M those returned; O(N) without sorting",
    summary: "Returns the elements of a list, set or sorted set in order.",
    arguments: sortArguments)

/// The key to sort, and the last one named by STORE that is no other option's argument.
private let sortKeys: FallbackKeys = { arguments, count, keys in
    keys.append(KeyReference(position: 1, flags: [.ro, .access]))
    var target: Int?
    var i = 2
    while i < count {
        let word = arguments[i]
        if word.isWord("limit") {
            i += 2
        } else if word.isWord("get") || word.isWord("by") {
            i += 1
        } else if word.isWord("store"), i + 1 < count {
            target = i + 1
        }
        i += 1
    }
    if let target { keys.append(KeyReference(position: target, flags: [.ow, .update])) }
}

package func sortCommand(_ c: inout CommandContext) { sort(&c, readOnly: false) }
package func sortRoCommand(_ c: inout CommandContext) { sort(&c, readOnly: true) }

private func sort(_ c: inout CommandContext, readOnly: Bool) {
    guard var request = SortRequest(c, readOnly: readOnly) else { return }
    let entry = c.lookupRead(c[1], c.firstKeyHash)
    if let entry {
        guard [.list, .set, .sortedSet].contains(entry.type) else { return c.replyWrongType() }
        if entry.type == .set { request.adaptToSet() }
    }
    var vector = SortVector(c.engine)
    let range = vector.load(entry, request)
    guard vector.order(c, request, range) else {
        c.reply.pointee.error("ERR One or more scores can't be converted into double")
        return
    }
    if let target = request.target {
        store(c, request, vector, range, target)
    } else {
        reply(c, request, vector, range)
    }
}

private func reply(
    _ c: borrowing CommandContext, _ request: SortRequest, _ vector: borrowing SortVector,
    _ range: Range<Int>
) {
    c.reply.pointee.array(range.count * max(1, request.gets.count))
    for i in range {
        let element = vector[i].text
        if request.gets.isEmpty { c.reply.pointee.bulk(element) }
        for pattern in request.gets {
            switch pattern.find(element, c) {
            case .nothing: c.reply.pointee.null()
            case .element: c.reply.pointee.bulk(element)
            case .string(let entry): c.reply(string: entry)
            case .field(let item): c.reply.pointee.appendBulk(item)
            }
        }
    }
}

/// Stores the result as a list; an empty one deletes the key. Answers how many elements it has.
private func store(
    _ c: borrowing CommandContext, _ request: SortRequest, _ vector: borrowing SortVector,
    _ range: Range<Int>, _ target: Int
) {
    // Made as a whole before the target is looked at, which may be the source.
    let list = PackedList.createQuicklist(limit: c.listLimit)
    for i in range {
        let element = vector[i].text
        if request.gets.isEmpty { list.pushTail(element) }
        for pattern in request.gets {
            pattern.find(element, c).withText(element) { list.pushTail($0 ?? Bytes("")) }
        }
    }
    let count = list.count
    let key = c[target]
    let hash = c.engine.pointee.hash(key)
    let position = c.database.pointee.lookupWrite(key, hash, touch: false)
    if count > 0 {
        list.convertAfterLoading(limit: c.listLimit)
        c.database.pointee.setPointer(
            key, hash, position, type: .list, encoding: .packedList, list.raw)
        c.database.pointee.changed(key, by: count)
    } else {
        list.destroy()
        if let position {
            c.database.pointee.remove(position)
            c.database.pointee.changed(key)
        }
    }
    c.reply.pointee.integer(count)
}
