// Commands that add elements, change scores and remove members: ZADD, ZINCRBY, ZREM.

import Memory
import RESP

package let sortedSetAddingCommandRows: [CommandRow] = [
    zaddRow, zincrbyRow, zremRow,
]

private let zaddRow = CommandRow(
    .zadd, "zadd", arity: -4, [.write, .denyOOM, .fast], .sortedSet,
    keys: [.at(1, [.rw, .update])],
    since: "1.2.0", group: .sortedSet,
    complexity: "O(log N) for each element, N being the elements of the set",
    summary: "Adds members to a sorted set or changes their scores; creates the set if need be.",
    history: [
        "2.4.0": "Several elements in one call.",
        "3.0.2": "Options `XX`, `NX`, `CH` and `INCR`.",
        "6.2.0": "Options `GT` and `LT`.",
    ],
    arguments: [
        .key("key"),
        .oneOf("condition", [.token("nx", "NX"), .token("xx", "XX")]).optional.since("3.0.2"),
        .oneOf("comparison", [.token("gt", "GT"), .token("lt", "LT")]).optional.since("6.2.0"),
        .token("change", "CH").optional.since("3.0.2"),
        .token("increment", "INCR").optional.since("3.0.2"),
        .block("data", [.double("score"), .string("member")]).multiple,
    ])

private let zincrbyRow = CommandRow(
    .zincrby, "zincrby", arity: 4, [.write, .denyOOM, .fast], .sortedSet,
    keys: [.at(1, [.rw, .access, .update])],
    since: "1.2.0", group: .sortedSet,
    complexity: "O(log N), N being the elements of the set",
    summary: "Adds a number to the score of a member, which is created with it if need be.",
    arguments: [.key("key"), .integer("increment"), .string("member")])

private let zremRow = CommandRow(
    .zrem, "zrem", arity: -3, [.write, .fast], .sortedSet,
    keys: [.at(1, [.rw, .delete])],
    since: "1.2.0", group: .sortedSet,
    complexity: "O(M log N), M being the members given, N the elements of the set",
    summary: "Removes members from a sorted set; an emptied set is deleted.",
    history: ["2.4.0": "Several members in one call."],
    arguments: [.key("key"), .string("member").multiple])

// MARK: Adding

package func zaddCommand(_ c: inout CommandContext) { add(&c, []) }

package func zincrbyCommand(_ c: inout CommandContext) { add(&c, .increment) }

/// What the options of ZADD say.
private struct AddOptions {
    var rules: SortedSetRules
    var countsChanges = false
    /// The first score's argument.
    var first = 2

    /// Nil after an error.
    @inline(__always)
    init?(_ c: borrowing CommandContext, _ given: SortedSetRules) {
        rules = given
        // Scores begin with no letter but those of infinity and hexadecimal numbers.
        while first < c.count, c[first].count > 1, c[first][0] & 0xDF >= 0x41, take(c[first]) {
            first &+= 1
        }
        let arguments = c.count &- first
        if arguments == 0 || arguments & 1 != 0 {
            c.replySyntaxError()
            return nil
        }
        if !rules.isEmpty, let error = conflict(arguments / 2) {
            c.reply.pointee.error(error)
            return nil
        }
    }

    @inline(never)
    private mutating func take(_ word: Bytes) -> Bool {
        if word.isWord("nx") {
            rules.insert(.onlyNew)
        } else if word.isWord("xx") {
            rules.insert(.onlyOld)
        } else if word.isWord("gt") {
            rules.insert(.onlyGreater)
        } else if word.isWord("lt") {
            rules.insert(.onlyLess)
        } else if word.isWord("incr") {
            rules.insert(.increment)
        } else if word.isWord("ch") {
            countsChanges = true
        } else {
            return false
        }
        return true
    }

    private func conflict(_ elements: Int) -> StaticString? {
        if rules.isSuperset(of: [.onlyNew, .onlyOld]) {
            return "ERR XX and NX options at the same time are not compatible"
        }
        let exclusive: [SortedSetRules] = [.onlyNew, .onlyGreater, .onlyLess]
        if exclusive.filter({ rules.contains($0) }).count > 1 {
            return "ERR GT, LT, and/or NX options at the same time are not compatible"
        }
        if rules.contains(.increment), elements > 1 {
            return "ERR INCR option supports a single increment-element pair"
        }
        return nil
    }
}

@inline(__always)
private func add(_ c: inout CommandContext, _ given: SortedSetRules) {
    guard let options = AddOptions(c, given) else { return }
    if c.count &- options.first == 2, options.rules.isEmpty { return addOne(&c, options) }
    addSeveral(&c, options)
}

/// The common case: one element, no conditions.
@inline(__always)
private func addOne(_ c: inout CommandContext, _ options: AddOptions) {
    guard let score = c.score(options.first) else { return }
    let member = c[options.first &+ 1]
    guard let position = c.lookupWrite(c[1], c.firstKeyHash) else {
        var set = SortedSet.create(c.engine, count: 1, longest: member.count)
        set.insertNew(member, score)
        set.store(c.database, c[1], c.firstKeyHash, nil)
        c.reply.pointee.integer(1)
        return c.database.pointee.changed(c[1])
    }
    guard var set = c.sortedSetOrError(position.entry) else { return }
    let wasPacked = set.isPacked
    set.expect(1)
    let hash = options.first == 2 ? c.memberHash : 0
    let change = set.add(member, score, hash: hash).change
    if wasPacked { set.store(in: position.entry) }
    switch change {
    case .added:
        c.reply.pointee.integer(1)
        c.database.pointee.changed(c[1])
    case .updated:
        c.reply.pointee.integer(options.countsChanges ? 1 : 0)
        c.database.pointee.changed(c[1])
    case .unchanged, .refused, .notANumber: c.reply.pointee.integer(0)
    }
}

/// Redis reads all scores before it looks at the key.
@inline(never)
private func addSeveral(_ c: inout CommandContext, _ options: AddOptions) {
    let number = (c.count - options.first) / 2
    withUnsafeTemporaryAllocation(of: Double.self, capacity: number) { scores in
        for i in 0..<number {
            guard let score = c.score(options.first + 2 * i) else { return }
            scores[i] = score
        }
        guard let scores = scores.baseAddress else { return }
        add(&c, options, scores, number)
    }
}

private func add(
    _ c: inout CommandContext, _ options: AddOptions, _ scores: UnsafePointer<Double>,
    _ number: Int
) {
    let increments = options.rules.contains(.increment)
    let position = c.lookupWrite(c[1], c.firstKeyHash)
    var set: SortedSet
    if let position {
        guard let found = c.sortedSetOrError(position.entry) else { return }
        set = found
        set.expect(number)
        // At once, for not every way out below comes to the end.
        set.store(in: position.entry)
    } else {
        if options.rules.contains(.onlyOld) {
            if increments { return c.reply.pointee.null() }
            return c.reply.pointee.integer(0)
        }
        set = .create(c.engine, count: number, longest: c[options.first + 1].count)
    }
    var added = 0
    var updated = 0
    for i in 0..<number {
        let (change, score) = set.add(
            c[options.first + 2 * i + 1], scores[i], options.rules,
            hash: i == 0 && options.first == 2 ? c.memberHash : 0)
        switch change {
        case .added: added += 1
        case .updated: updated += 1
        case .unchanged: break
        case .refused: if increments { return c.reply.pointee.null() }
        case .notANumber:
            return c.reply.pointee.error("ERR resulting score is not a number (NaN)")
        }
        if increments { c.reply.pointee.double(score) }
    }
    if !increments {
        c.reply.pointee.integer(options.countsChanges ? added + updated : added)
    }
    if let position {
        set.store(in: position.entry)
    } else {
        set.store(c.database, c[1], c.firstKeyHash, nil)
    }
    if added + updated > 0 { c.database.pointee.changed(c[1], by: added + updated) }
}

// MARK: Removing

package func zremCommand(_ c: inout CommandContext) {
    guard let position = c.lookupWrite(c[1], c.firstKeyHash) else {
        return c.reply.pointee.integer(0)
    }
    guard var set = c.sortedSetOrError(position.entry) else { return }
    var gone = 0
    for i in 2..<c.count where set.remove(c[i], hash: i == 2 ? c.memberHash : 0) {
        gone &+= 1
        if set.count == 0 { break }
    }
    c.reply.pointee.integer(gone)
    if gone > 0 { c.removed(c[1], position, set, gone) }
}
