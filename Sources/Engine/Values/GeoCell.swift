// Places on the earth, their geohashes, and distances between them.
//
// A place is kept as a score of 52 bits: longitude and latitude, each as a fraction of its range in
// 26 bits, their bits taken in turn, longitude first. So the places of one cell of a grid have
// neighbouring scores, and a search for a place's surroundings is a search in ranges of scores.
// Latitudes end at those of the Web Mercator projection (EPSG:900913).
//
// Called by the GEO* commands. The arithmetic is done in the order in which Redis 7.4 does it, so
// that all digits are the same; no score makes it trap, whatever a ZADD has put there.

import Glibc

/// Degrees.
struct GeoPoint {
    var longitude: Double
    var latitude: Double

    static var longestLongitude: Double { 180 }
    static var longestLatitude: Double { 85.05112878 }

    var isValid: Bool {
        longitude.magnitude <= Self.longestLongitude && latitude.magnitude <= Self.longestLatitude
    }

    init(longitude: Double, latitude: Double) {
        self.longitude = longitude
        self.latitude = latitude
    }

    /// The middle of the smallest cell that a score names.
    @inline(__always)
    init(score: Double) {
        let bits = Self.bits(of: score)
        let cell = GeoCell(
            x: GeoCell.everySecond(bits &>> 1), y: GeoCell.everySecond(bits), step: GeoCell.finest)
        let (west, east) = cell.longitudes
        let (south, north) = cell.latitudes
        longitude = min(max((west + east) / 2, -Self.longestLongitude), Self.longestLongitude)
        latitude = min(max((south + north) / 2, -Self.longestLatitude), Self.longestLatitude)
    }

    /// The score as a whole number. Scores that are none are converted as x86-64 does it.
    @inline(__always)
    private static func bits(of score: Double) -> UInt64 {
        if score >= 0, score < 0x1p63 { return UInt64(bitPattern: Int64(score)) }
        return oddBits(of: score)
    }

    @inline(never)
    private static func oddBits(of score: Double) -> UInt64 {
        if score >= 0x1p64 { return 0 }
        if score >= 0x1p63 { return UInt64(score) }
        return score > -0x1p63 ? UInt64(bitPattern: Int64(score)) : 1 << 63
    }

    // MARK: Distances

    static var earthRadiusMeters: Double { 6372797.560856 }

    @inline(__always)
    static func radians(_ degrees: Double) -> Double { degrees * (Double.pi / 180) }

    @inline(__always)
    static func degrees(_ radians: Double) -> Double { radians / (Double.pi / 180) }

    /// Meters between two latitudes, along a meridian.
    @inline(__always)
    static func meters(latitudes a: Double, _ b: Double) -> Double {
        earthRadiusMeters * (radians(b) - radians(a)).magnitude
    }

    /// Meters on the great circle, by the haversine formula.
    func meters(to other: GeoPoint) -> Double {
        let v = sin(
            (Self.radians(other.longitude) - Self.radians(longitude)) / 2)
        if v == 0 { return Self.meters(latitudes: latitude, other.latitude) }
        let here = Self.radians(latitude)
        let there = Self.radians(other.latitude)
        let u = sin((there - here) / 2)
        return Self.meters(haversine: u * u + cos(here) * cos(there) * v * v)
    }

    @inline(__always)
    static func meters(haversine a: Double) -> Double {
        2.0 * earthRadiusMeters * asin(a.squareRoot())
    }
}

/// A cell of the grid that divides both ranges into 2^step parts. Indexes count from the south-west;
/// that of a place on the very end of a range is 2^step.
struct GeoCell: Equatable {
    var x: UInt32
    var y: UInt32
    let step: Int

    /// The step of scores.
    static var finest: Int { 26 }

    init(x: UInt32, y: UInt32, step: Int) {
        self.x = x
        self.y = y
        self.step = step
    }

    /// The cell of a valid place.
    init(_ point: GeoPoint, step: Int, latitudes: Double = GeoPoint.longestLatitude) {
        x = Self.index(point.longitude, GeoPoint.longestLongitude, step)
        y = Self.index(point.latitude, latitudes, step)
        self.step = step
    }

    /// The part of the range from -limit to limit that a value in it lies in.
    private static func index(_ value: Double, _ limit: Double, _ step: Int) -> UInt32 {
        UInt32((value - -limit) / (limit - -limit) * Double(1 << step))
    }

    /// Longitude and latitude bit by bit, the longitude's bit higher.
    var bits: UInt64 { Self.spread(x) &<< 1 | Self.spread(y) }

    /// The cell's number among those of the finest step: the first score in it.
    var firstScore: UInt64 { bits &<< UInt64(52 - 2 * step) }

    /// The first score behind the cell.
    var endScore: UInt64 { (bits &+ 1) &<< UInt64(52 - 2 * step) }

    var longitudes: (Double, Double) { range(x, GeoPoint.longestLongitude) }
    var latitudes: (Double, Double) { range(y, GeoPoint.longestLatitude) }

    @inline(__always)
    private func range(_ index: UInt32, _ limit: Double) -> (Double, Double) {
        let scale = limit - -limit
        let parts = Double(1 &<< step)
        return (
            -limit + Double(index) / parts * scale, -limit + Double(index &+ 1) / parts * scale
        )
    }

    /// The cell so many steps to the east and to the north, around the ends of the ranges.
    func moved(east: Int, north: Int) -> GeoCell {
        let mask: UInt32 = 1 << UInt32(step) - 1
        var cell = self
        if east != 0 { cell.x = (x &+ UInt32(truncatingIfNeeded: east)) & mask }
        if north != 0 { cell.y = (y &+ UInt32(truncatingIfNeeded: north)) & mask }
        return cell
    }

    // MARK: Bits

    /// Moves the bits of a number to the even places.
    @inline(__always)
    static func spread(_ value: UInt32) -> UInt64 {
        var v = UInt64(value)
        v = (v | v &<< 16) & 0x0000_FFFF_0000_FFFF
        v = (v | v &<< 8) & 0x00FF_00FF_00FF_00FF
        v = (v | v &<< 4) & 0x0F0F_0F0F_0F0F_0F0F
        v = (v | v &<< 2) & 0x3333_3333_3333_3333
        return (v | v &<< 1) & 0x5555_5555_5555_5555
    }

    /// The bits at the even places as a number.
    @inline(__always)
    static func everySecond(_ bits: UInt64) -> UInt32 {
        var v = bits & 0x5555_5555_5555_5555
        v = (v | v &>> 1) & 0x3333_3333_3333_3333
        v = (v | v &>> 2) & 0x0F0F_0F0F_0F0F_0F0F
        v = (v | v &>> 4) & 0x00FF_00FF_00FF_00FF
        v = (v | v &>> 8) & 0x0000_FFFF_0000_FFFF
        return UInt32(truncatingIfNeeded: v | v &>> 16)
    }
}
