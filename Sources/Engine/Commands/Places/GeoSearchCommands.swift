// Commands that search for places: GEOSEARCH, GEOSEARCHSTORE and the older GEORADIUS and
// GEORADIUSBYMEMBER with their read-only forms.

import Memory
import RESP

package func geosearchCommand(_ c: inout CommandContext) { search(&c, .search) }
package func geosearchstoreCommand(_ c: inout CommandContext) { search(&c, .searchStore) }
package func georadiusCommand(_ c: inout CommandContext) { search(&c, .radius(stores: true)) }
package func georadiusRoCommand(_ c: inout CommandContext) { search(&c, .radius(stores: false)) }

package func georadiusbymemberCommand(_ c: inout CommandContext) {
    search(&c, .radiusByMember(stores: true))
}

package func georadiusbymemberRoCommand(_ c: inout CommandContext) {
    search(&c, .radiusByMember(stores: false))
}

private func search(_ c: inout CommandContext, _ form: GeoSearchForm) {
    let key = c[form.source]
    let hash = form.source == 1 ? c.firstKeyHash : c.engine.pointee.hash(key)
    var set: SortedSet?
    if let entry = c.lookupRead(key, hash) {
        guard let found = c.places(entry) else { return }
        set = found
    }
    guard let request = GeoSearchRequest(c, form, set) else { return }
    guard let set else {
        if let target = request.target { return replyNothingStored(c, target) }
        return c.reply.pointee.emptyArray()
    }
    let matches = set.search(
        request.shape,
        wantsDistance: request.withDistance || request.storesDistance || request.order != .none,
        limit: request.any ? request.count : 0)
    let wanted = request.count == 0 ? matches.count : min(request.count, matches.count)
    withOrder(matches, request.order, wanted) { order in
        if let target = request.target {
            store(c, request, set, matches, order, target)
        } else {
            reply(c, request, set, matches, order)
        }
    }
}

// MARK: Order

/// A match by number, small to be moved about while sorting.
private struct RankedMatch {
    let meters: Double
    let index: Int
}

/// Lends the first `wanted` matches in order.
private func withOrder(
    _ matches: borrowing GeoMatches, _ order: GeoOrder, _ wanted: Int,
    _ body: (UnsafeBufferPointer<RankedMatch>) -> Void
) {
    let count = matches.count
    withUnsafeTemporaryAllocation(of: RankedMatch.self, capacity: count) { buffer in
        let base = buffer.baseAddress.unsafelyUnwrapped
        for i in 0..<count {
            (base + i).initialize(to: RankedMatch(meters: matches[i].meters, index: i))
        }
        switch order {
        case .none: break
        case .ascending: sort(base, count, wanted) { compare($0, $1) }
        case .descending: sort(base, count, wanted) { -compare($0, $1) }
        }
        body(UnsafeBufferPointer(start: base, count: wanted))
    }
}

/// As Redis compares them: a distance that is no number is below any other.
@inline(__always)
private func compare(_ a: RankedMatch, _ b: RankedMatch) -> Int {
    a.meters > b.meters ? 1 : a.meters == b.meters ? 0 : -1
}

@inline(__always)
private func sort(
    _ base: UnsafeMutablePointer<RankedMatch>, _ count: Int, _ wanted: Int,
    _ compare: (RankedMatch, RankedMatch) -> Int
) {
    if wanted == count {
        PartialSort.sort(base, count, compare)
    } else {
        PartialSort.sort(base, count, keeping: 0..<wanted, compare)
    }
}

// MARK: Replies

private func reply(
    _ c: borrowing CommandContext, _ request: GeoSearchRequest, _ set: SortedSet,
    _ matches: borrowing GeoMatches, _ order: UnsafeBufferPointer<RankedMatch>
) {
    let details =
        (request.withDistance ? 1 : 0) + (request.withHash ? 1 : 0)
        + (request.withCoordinates ? 1 : 0)
    c.reply.pointee.array(order.count)
    for ranked in order {
        let match = matches[ranked.index]
        if details > 0 { c.reply.pointee.array(details + 1) }
        set.withMember(match) { c.reply.pointee.bulk($0) }
        if request.withDistance { c.reply(distance: match.meters / request.shape.unitMeters) }
        if request.withHash {
            // A score that is no number of 64 bits shows as the least one.
            c.reply.pointee.integer(Int(exactly: match.score.rounded(.towardZero)) ?? .min)
        }
        if request.withCoordinates { c.reply(match.point) }
    }
}

/// Stores the matches under the target key, which goes if there are none, and answers how many.
private func store(
    _ c: borrowing CommandContext, _ request: GeoSearchRequest, _ set: SortedSet,
    _ matches: borrowing GeoMatches, _ order: UnsafeBufferPointer<RankedMatch>, _ target: Int
) {
    if order.isEmpty { return replyNothingStored(c, target) }
    var longest = 0
    for ranked in order {
        set.withMember(matches[ranked.index]) { longest = max(longest, $0.count) }
    }
    // Made as a whole before the target is looked at, which may be the source.
    var result = SortedSet.create(c.engine, count: order.count, longest: longest)
    for ranked in order {
        let match = matches[ranked.index]
        let score =
            request.storesDistance ? match.meters / request.shape.unitMeters : match.score
        set.withMember(match) { _ = result.add($0, score) }
    }
    let hash = c.engine.pointee.hash(c[target])
    let position = c.database.pointee.lookupWrite(c[target], hash, touch: false)
    result.store(c.database, c[target], hash, position)
    c.database.pointee.changed(c[target], by: order.count)
    c.reply.pointee.integer(order.count)
}

private func replyNothingStored(_ c: borrowing CommandContext, _ target: Int) {
    let hash = c.engine.pointee.hash(c[target])
    if let position = c.database.pointee.lookupWrite(c[target], hash, touch: false) {
        c.database.pointee.remove(position)
        c.database.pointee.changed(c[target])
    }
    c.reply.pointee.integer(0)
}
