// Finding the members of a sorted set whose places lie in an area.
//
// Scores are walked cell by cell; most places outside of the area are told by their latitude and
// longitude alone, before any sine is computed. What is found is kept as small records that point
// into the set, which does not change meanwhile.

import Glibc
import Memory

/// A member found. What points to it: the word of a tree's cell, or a block's offset.
struct GeoMatch {
    let member: UInt
    let score: Double
    let point: GeoPoint
    /// Meters from the center; 0 where nobody asked for it.
    let meters: Double
}

/// The members found, in the order of the search.
struct GeoMatches: ~Copyable {
    private var base: UnsafeMutablePointer<GeoMatch>
    private var capacity = 64
    private(set) var count = 0

    init() { base = Self.allocate(capacity) }

    deinit { Allocator.deallocate(base, capacity * MemoryLayout<GeoMatch>.stride) }

    private static func allocate(_ count: Int) -> UnsafeMutablePointer<GeoMatch> {
        Allocator.allocate(count * MemoryLayout<GeoMatch>.stride)
            .bindMemory(to: GeoMatch.self, capacity: count)
    }

    subscript(_ i: Int) -> GeoMatch {
        assert(i >= 0 && i < count)
        return base[i]
    }

    @inline(__always)
    mutating func append(_ match: GeoMatch) {
        if count == capacity { grow() }
        base[count] = match
        count &+= 1
    }

    @inline(never)
    private mutating func grow() {
        let larger = Self.allocate(capacity * 2)
        larger.update(from: base, count: count)
        Allocator.deallocate(base, capacity * MemoryLayout<GeoMatch>.stride)
        base = larger
        capacity *= 2
    }
}

/// Decides whether a place lies in a shape, and how far from its center.
struct GeoFilter {
    private let shape: GeoShape
    private let wantsDistance: Bool
    /// Half the extent in meters; a circle's radius.
    private let halfWidth: Double
    private let halfHeight: Double
    private let isCircle: Bool
    private let longitude: Double
    private let latitude: Double
    private let cosine: Double
    /// Places farther from the center than so many degrees are outside for sure.
    private let latitudeReach: Double
    private let longitudeReach: Double
    /// Haversines below are inside a circle for sure, those above outside.
    private let surelyInside: Double
    private let surelyOutside: Double

    init(_ shape: GeoShape, wantsDistance: Bool) {
        self.shape = shape
        self.wantsDistance = wantsDistance
        (halfWidth, halfHeight) = Self.extent(shape)
        if case .circle = shape.kind { isCircle = true } else { isCircle = false }
        longitude = GeoPoint.radians(shape.center.longitude)
        latitude = GeoPoint.radians(shape.center.latitude)
        cosine = cos(latitude)
        // Margins far above what rounding can do.
        let angle = halfHeight / GeoPoint.earthRadiusMeters * (1 + 1e-9) + 1e-12
        latitudeReach = GeoPoint.degrees(angle)
        longitudeReach = isCircle ? Self.longitudeReach(latitude, angle) : .infinity
        let half = sin(min(halfWidth / GeoPoint.earthRadiusMeters, .pi) / 2)
        surelyInside = half * half * (1 - 1e-6)
        surelyOutside = half * half * (1 + 1e-6) + 1e-30
    }

    /// The numbers that Redis compares distances with.
    private static func extent(_ shape: GeoShape) -> (Double, Double) {
        switch shape.kind {
        case .circle(let radius):
            (radius * shape.unitMeters, radius * shape.unitMeters)
        case .box(let width, let height):
            (width * shape.unitMeters / 2, height * shape.unitMeters / 2)
        }
    }

    /// How many degrees of longitude a circle of that angle around a latitude reaches, both radians.
    private static func longitudeReach(_ latitude: Double, _ angle: Double) -> Double {
        // A pole inside: all of them.
        guard latitude.magnitude + angle < .pi / 2 - 1e-9 else { return .infinity }
        let reach = asin(min(1, sin(angle) / cos(latitude)))
        return GeoPoint.degrees(reach) * (1 + 1e-9) + 1e-9
    }

    /// Appends the place of a score if it lies in the shape; whether it does.
    @inline(__always)
    func take(_ score: Double, _ member: UInt, into matches: inout GeoMatches) -> Bool {
        let point = GeoPoint(score: score)
        if (point.latitude - shape.center.latitude).magnitude > latitudeReach { return false }
        let turn = (point.longitude - shape.center.longitude).magnitude
        if min(turn, 360 - turn) > longitudeReach { return false }
        guard let meters = isCircle ? circleMeters(point) : boxMeters(point) else { return false }
        matches.append(GeoMatch(member: member, score: score, point: point, meters: meters))
        return true
    }

    /// The distance of a place in the circle, 0 where it is not wanted; nil outside.
    @inline(__always)
    private func circleMeters(_ point: GeoPoint) -> Double? {
        let v = sin((GeoPoint.radians(point.longitude) - longitude) / 2)
        let meters: Double
        if v == 0 {
            meters = GeoPoint.meters(latitudes: shape.center.latitude, point.latitude)
        } else {
            let there = GeoPoint.radians(point.latitude)
            let u = sin((there - latitude) / 2)
            let haversine = u * u + cosine * cos(there) * v * v
            if haversine > surelyOutside { return nil }
            if !wantsDistance, haversine < surelyInside { return 0 }
            meters = GeoPoint.meters(haversine: haversine)
        }
        // Written so that a distance which is no number lies inside, as in Redis.
        return meters > halfWidth ? nil : meters
    }

    private func boxMeters(_ point: GeoPoint) -> Double? {
        let center = shape.center
        if GeoPoint.meters(latitudes: point.latitude, center.latitude) > halfHeight { return nil }
        let across = GeoPoint(longitude: center.longitude, latitude: point.latitude)
        if point.meters(to: across) > halfWidth { return nil }
        return wantsDistance ? center.meters(to: point) : 0
    }
}

extension SortedSet {
    /// The members in the shape, at most `limit` of them unless that is 0.
    func search(_ shape: GeoShape, wantsDistance: Bool, limit: Int) -> GeoMatches {
        let filter = GeoFilter(shape, wantsDistance: wantsDistance)
        var matches = GeoMatches()
        shape.cells().forEachRange { first, end in
            if limit > 0, matches.count >= limit { return false }
            switch form {
            case .packed(let scores): scores.search(first, end, filter, limit, &matches)
            case .tree(let set): set.search(first, end, filter, limit, &matches)
            }
            return true
        }
        return matches
    }

    /// Lends a found member's bytes.
    func withMember<R>(_ match: GeoMatch, _ body: (Bytes) -> R) -> R {
        switch form {
        case .packed(let scores):
            return scores.block.item(at: Int(bitPattern: match.member)).withText(body)
        case .tree:
            let cell = UnsafeMutableRawPointer(bitPattern: match.member).unsafelyUnwrapped
            return body(ScoredMember(raw: cell).key)
        }
    }
}

extension PackedScores {
    fileprivate func search(
        _ first: Double, _ end: Double, _ filter: GeoFilter, _ limit: Int,
        _ matches: inout GeoMatches
    ) {
        var place = block.first
        while let here = place {
            let score = score(here)
            if score >= end { return }
            if score >= first, filter.take(score, UInt(bitPattern: here), into: &matches),
                matches.count == limit
            {
                return
            }
            place = next(here)
        }
    }
}

extension TreeSet {
    fileprivate func search(
        _ first: Double, _ end: Double, _ filter: GeoFilter, _ limit: Int,
        _ matches: inout GeoMatches
    ) {
        guard var cursor = tree.cursor(from: first) else { return }
        repeat {
            let score = cursor.score
            if score >= end { return }
            if filter.take(score, UInt(bitPattern: cursor.cell), into: &matches),
                matches.count == limit
            {
                return
            }
        } while cursor.moveForward()
    }
}

extension CountedTree {
    /// The first element whose score is not below `score`.
    /// - Complexity: O(log n)
    func cursor(from score: Double) -> TreeCursor? {
        guard var node = fields.pointee.root else { return nil }
        for _ in 0..<height {
            let inner = TreeInner(node)
            node = inner.children[max(inner.bounds(score).below &- 1, 0)]
        }
        let leaf = TreeLeaf(node)
        let index = leaf.bounds(score).below
        if index < leaf.count { return TreeCursor(leaf: leaf, index: index) }
        return leaf.next.map { TreeCursor(leaf: $0, index: 0) }
    }
}
