// Commands that add places and tell about them: GEOADD, GEODIST, GEOHASH, GEOPOS.
//
// Places are members of a sorted set whose scores are geohashes (GeoCell.swift).

import Memory
import RESP

package let geoCommandRows: [CommandRow] = [
    geoaddRow, geodistRow, geohashRow, geoposRow,
]

let geoUnitSpec = ArgumentSpec.oneOf(
    "unit", [.token("m", "M"), .token("km", "KM"), .token("ft", "FT"), .token("mi", "MI")])

private let geoaddRow = CommandRow(
    .geoadd, "geoadd", arity: -5, [.write, .denyOOM], .geo,
    keys: [.at(1, [.rw, .update])],
    since: "3.2.0", group: .geo,
    complexity: "O(log N) for each place, N being the members of the sorted set",
    summary: "Adds members with their coordinates to a sorted set of places.",
    history: ["6.2.0": "Options `CH`, `NX` and `XX`."],
    arguments: [
        .key("key"),
        .oneOf("condition", [.token("nx", "NX"), .token("xx", "XX")]).optional.since("6.2.0"),
        .token("change", "CH").optional.since("6.2.0"),
        .block("data", [.double("longitude"), .double("latitude"), .string("member")]).multiple,
    ])

package func geoaddCommand(_ c: inout CommandContext) {
    var rules: SortedSetRules = []
    var countsChanges = false
    var first = 2
    options: while first < c.count {
        let word = c[first]
        if word.isWord("nx") {
            rules.insert(.onlyNew)
        } else if word.isWord("xx") {
            rules.insert(.onlyOld)
        } else if word.isWord("ch") {
            countsChanges = true
        } else {
            break options
        }
        first += 1
    }
    let number = (c.count - first) / 3
    guard number > 0, (c.count - first) % 3 == 0, !rules.isSuperset(of: [.onlyNew, .onlyOld])
    else { return c.replySyntaxError() }
    // All coordinates are looked at before the key is.
    withUnsafeTemporaryAllocation(of: Double.self, capacity: number) { scores in
        for i in 0..<number {
            guard let point = c.geoPoint(first + 3 * i) else { return }
            scores[i] = Double(GeoCell(point, step: GeoCell.finest).firstScore)
        }
        guard let changes = add(c, rules, from: first, scores) else { return }
        c.reply.pointee.integer(
            countsChanges ? changes.added + changes.updated : changes.added)
    }
}

/// Adds the members whose arguments begin at `first`; nil after an error.
private func add(
    _ c: borrowing CommandContext, _ rules: SortedSetRules, from first: Int,
    _ scores: UnsafeMutableBufferPointer<Double>
) -> (added: Int, updated: Int)? {
    let position = c.lookupWrite(c[1], c.firstKeyHash)
    var changes = (added: 0, updated: 0)
    var set: SortedSet
    if let position {
        guard let found = c.places(position.entry) else { return nil }
        set = found
        set.expect(scores.count)
    } else {
        if rules.contains(.onlyOld) { return changes }
        set = .create(c.engine, count: scores.count, longest: c[first + 2].count)
    }
    for i in 0..<scores.count {
        switch set.add(c[first + 3 * i + 2], scores[i], rules).change {
        case .added: changes.added += 1
        case .updated: changes.updated += 1
        case .unchanged, .refused, .notANumber: break
        }
    }
    if let position {
        set.store(in: position.entry)
    } else {
        set.store(c.database, c[1], c.firstKeyHash, nil)
    }
    let sum = changes.added + changes.updated
    if sum > 0 { c.database.pointee.changed(c[1], by: sum) }
    return changes
}

private let geodistRow = CommandRow(
    .geodist, "geodist", arity: -4, .readOnly, .geo,
    keys: [.at(1, [.ro, .access])],
    since: "3.2.0", group: .geo, complexity: "O(1)",
    summary: "Returns the distance between two members of a sorted set of places.",
    arguments: [
        .key("key"), .string("member1"), .string("member2"), geoUnitSpec.optional,
    ])

package func geodistCommand(_ c: inout CommandContext) {
    var unit = 1.0
    if c.count == 5 {
        guard let meters = c.unitMeters(4) else { return }
        unit = meters
    } else if c.count > 5 {
        return c.replySyntaxError()
    }
    guard let entry = c.lookupRead(c[1], c.firstKeyHash) else { return c.reply.pointee.null() }
    guard let set = c.places(entry) else { return }
    guard let first = set.score(c[2]), let second = set.score(c[3]) else {
        return c.reply.pointee.null()
    }
    c.reply(distance: GeoPoint(score: first).meters(to: GeoPoint(score: second)) / unit)
}

private let geohashRow = CommandRow(
    .geohash, "geohash", arity: -2, .readOnly, .geo,
    keys: [.at(1, [.ro, .access])],
    since: "3.2.0", group: .geo, complexity: "O(1) for each member",
    summary: "Returns the positions of members as geohash texts.",
    arguments: [.key("key"), .string("member").optional.multiple])

package func geohashCommand(_ c: inout CommandContext) {
    forEachMember(&c) { c, score in
        guard let score else { return c.reply.pointee.null() }
        replyGeohash(c, GeoPoint(score: score))
    }
}

/// Calls `body` with the score of each member named, nil where it is not there, after the header of
/// their array.
@inline(__always)
private func forEachMember(
    _ c: inout CommandContext, _ body: (borrowing CommandContext, Double?) -> Void
) {
    var set: SortedSet?
    if let entry = c.lookupRead(c[1], c.firstKeyHash) {
        guard let found = c.places(entry) else { return }
        set = found
    }
    c.reply.pointee.array(c.count - 2)
    for i in 2..<c.count { body(c, set?.score(c[i])) }
}

/// The eleven characters of geohash.org, whose latitudes reach the poles. A score has bits for ten of
/// them; the last one is always 0.
private func replyGeohash(_ c: borrowing CommandContext, _ point: GeoPoint) {
    let bits = GeoCell(point, step: GeoCell.finest, latitudes: 90).bits
    let alphabet: StaticString = "0123456789bcdefghjkmnpqrstuvwxyz"
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 11) {
        for i in 0..<10 {
            let digit = bits >> UInt64(52 - 5 * (i + 1)) & 31
            $0[i] = alphabet.utf8Start[Int(digit)]
        }
        $0[10] = alphabet.utf8Start[0]
        c.reply.pointee.bulk(Bytes($0.baseAddress.unsafelyUnwrapped, 11))
    }
}

private let geoposRow = CommandRow(
    .geopos, "geopos", arity: -2, .readOnly, .geo,
    keys: [.at(1, [.ro, .access])],
    since: "3.2.0", group: .geo, complexity: "O(1) for each member",
    summary: "Returns longitude and latitude of members.",
    arguments: [.key("key"), .string("member").optional.multiple])

package func geoposCommand(_ c: inout CommandContext) {
    forEachMember(&c) { c, score in
        guard let score else { return c.reply.pointee.nullArray() }
        c.reply(GeoPoint(score: score))
    }
}
