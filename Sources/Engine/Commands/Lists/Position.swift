// LPOS: where an element stands in a list.

import Memory
import RESP

package let positionCommandRows: [CommandRow] = [
    lposRow
]

private let lposRow = CommandRow(
    .lpos, "lpos", arity: -3, .readOnly, .list,
    keys: [.at(1, [.ro, .access])],
    since: "6.0.6", group: .list, complexity: "O(N), N being the elements compared",
    summary: "Returns the indexes at which an element stands in a list.",
    arguments: [
        .key("key"),
        .string("element"),
        .integer("rank", token: "RANK").optional,
        .integer("num-matches", token: "COUNT").optional,
        .integer("len", token: "MAXLEN").optional,
    ])

/// The options of LPOS.
private struct PositionOptions {
    /// Which match is the first to report; negative from the tail on.
    var rank = 1
    /// How many matches to report, 0 for all; nil without COUNT.
    var count: Int?
    /// How many elements to compare, 0 for all.
    var comparisons = 0

    /// Nil after an error.
    init?(_ c: borrowing CommandContext) {
        var i = 3
        while i < c.count {
            guard i + 1 < c.count else {
                c.replySyntaxError()
                return nil
            }
            if c[i].isWord("rank") {
                guard let value = Self.readRank(c, i + 1) else { return nil }
                rank = value
            } else if c[i].isWord("count") {
                count = c.listIntegerOrError(i + 1, from: 0, "ERR COUNT can't be negative")
                if count == nil { return nil }
            } else if c[i].isWord("maxlen") {
                guard
                    let value = c.listIntegerOrError(
                        i + 1, from: 0, "ERR MAXLEN can't be negative")
                else { return nil }
                comparisons = value
            } else {
                c.replySyntaxError()
                return nil
            }
            i += 2
        }
    }

    private static func readRank(_ c: borrowing CommandContext, _ i: Int) -> Int? {
        guard let value = c.listSymmetricIntegerOrError(i) else { return nil }
        if value != 0 { return value }
        c.reply.pointee.error(
            """
            ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... \
            or use negative to start from the end of the list
            """)
        return nil
    }
}

package func lposCommand(_ c: inout CommandContext) {
    guard let options = PositionOptions(c) else { return }
    guard
        let entry = c.database.pointee.lookupRead(c[1], c.firstKeyHash, touch: !c.noTouch)
    else {
        if options.count == nil { return c.reply.pointee.null() }
        return c.reply.pointee.emptyArray()
    }
    guard let list = c.listOrError(entry) else { return }
    let needle = PackedNeedle(c[2])
    guard let wanted = options.count else {
        var position: Int?
        search(list, needle, options, limit: 1) { position = $0 }
        if let position { return c.reply.pointee.integer(position) }
        return c.reply.pointee.null()
    }
    let place = c.reply.pointee.deferred()
    let reply = c.reply
    var found = 0
    search(list, needle, options, limit: wanted == 0 ? .max : wanted) {
        found += 1
        reply.pointee.integer($0)
    }
    c.reply.pointee.close(place, array: found)
}

/// Reports the indexes of up to `limit` matches from the rank on.
private func search(
    _ list: PackedList, _ needle: PackedNeedle, _ options: PositionOptions, limit: Int,
    _ report: (Int) -> Void
) {
    let fromTail = options.rank < 0
    let count = list.count
    guard var cursor = list.cursor(at: fromTail ? count - 1 : 0) else { return }
    let steps = options.comparisons == 0 ? count : min(options.comparisons, count)
    var skip = abs(options.rank) - 1
    var left = limit
    for step in 0..<steps {
        if needle.matches(cursor.item) {
            if skip > 0 {
                skip -= 1
            } else {
                report(fromTail ? count - 1 - step : step)
                left -= 1
                if left == 0 { return }
            }
        }
        if !(fromTail ? cursor.moveBackward() : cursor.moveForward()) { return }
    }
}
