// What the commands on places share: reading coordinates and units, and answering with coordinates
// and distances in Redis's digits.

import Glibc
import Memory
import RESP

extension CommandContext {
    /// The sorted set in `entry`, or nil after the error that it is something else.
    func places(_ entry: Entry) -> SortedSet? {
        if entry.type == .sortedSet { return SortedSet(entry, engine) }
        replyWrongType()
        return nil
    }

    /// Arguments `i` and `i + 1` as longitude and latitude; or nil, and the error is written.
    func geoPoint(_ i: Int) -> GeoPoint? {
        guard let longitude = self[i].double, let latitude = self[i + 1].double else {
            reply.pointee.error("ERR value is not a valid float")
            return nil
        }
        let point = GeoPoint(longitude: longitude, latitude: latitude)
        if point.isValid { return point }
        replyInvalid(point)
        return nil
    }

    @inline(never)
    private func replyInvalid(_ point: GeoPoint) {
        let longitude = sixDecimals(point.longitude)
        let latitude = sixDecimals(point.latitude)
        reply.pointee.error("ERR invalid longitude,latitude pair \(longitude),\(latitude)")
    }

    /// Argument `i` as the meters of a unit; or nil, and the error is written.
    func unitMeters(_ i: Int) -> Double? {
        let word = self[i].upToZero
        if word.isWord("m") { return 1 }
        if word.isWord("km") { return 1000 }
        if word.isWord("ft") { return 0.3048 }
        if word.isWord("mi") { return 1609.34 }
        reply.pointee.error("ERR unsupported unit provided. please use M, KM, FT, MI")
        return nil
    }

    /// A distance with four decimals, a bulk string.
    func reply(distance: Double) {
        let (value, scale) = (distance * 10000, Int64(10000))
        // What is no number of 64 bits shows as the least one, as in Redis.
        let whole = Int64(exactly: value.rounded(.toNearestOrEven)) ?? .min
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) {
            let text = $0.baseAddress.unsafelyUnwrapped
            var count = 0
            if whole < 0 {
                text[0] = UInt8(ascii: "-")
                count = 1
            }
            let (quotient, rest) = whole.magnitude.quotientAndRemainder(
                dividingBy: UInt64(scale))
            count += IntegerText.write(unsigned: quotient, to: text + count)
            text[count] = UInt8(ascii: ".")
            writeDigits(rest, 4, text + count + 1)
            reply.pointee.bulk(Bytes(UnsafePointer(text), count + 5))
        }
    }

    /// Longitude and latitude, each with 17 decimals but for trailing zeros.
    func reply(_ point: GeoPoint) {
        reply.pointee.array(2)
        reply(degrees: point.longitude)
        reply(degrees: point.latitude)
    }

    private func reply(degrees: Double) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) {
            let text = $0.baseAddress.unsafelyUnwrapped
            let bytes = Bytes(UnsafePointer(text), writeDegrees(degrees, to: text))
            guard reply.pointee.resp3 else { return reply.pointee.bulk(bytes) }
            reply.pointee.byte(UInt8(ascii: ","))
            reply.pointee.raw(bytes)
            reply.pointee.raw("\r\n")
        }
    }
}

/// C's `%f`.
private func sixDecimals(_ value: Double) -> String {
    var buffer = [CChar](repeating: 0, count: 400)
    let count = withVaList([value]) { vsnprintf(&buffer, buffer.count, "%f", $0) }
    return String(decoding: buffer.prefix(Int(count)).map(UInt8.init(bitPattern:)), as: UTF8.self)
}

/// Writes the lowest `count` decimal digits of `value`.
private func writeDigits(_ value: UInt64, _ count: Int, _ p: UnsafeMutablePointer<UInt8>) {
    var rest = value
    for i in stride(from: count - 1, through: 0, by: -1) {
        p[i] = UInt8(ascii: "0") + UInt8(rest % 10)
        rest /= 10
    }
}

/// Writes a number of degrees rounded to 17 decimals, as C's printf rounds, without trailing zeros
/// and "0" for what rounds to nothing; returns the bytes, at most 22.
///
/// Exact: below 2^53 * 10^17, the number times 10^17 is a whole number times a power of two.
func writeDegrees(_ degrees: Double, to p: UnsafeMutablePointer<UInt8>) -> Int {
    assert(degrees.magnitude <= 360)
    let one: UInt64 = 100_000_000_000_000_000
    // magnitude = significand * 2^-shift
    let shift = 1075 - max(1, Int(degrees.exponentBitPattern))
    var significand = degrees.significandBitPattern
    if degrees.exponentBitPattern > 0 { significand |= 1 << 52 }
    let product = UInt128(significand) * UInt128(one)
    guard shift < 120 else {
        p[0] = UInt8(ascii: "0")
        return 1
    }
    var scaled = product >> UInt128(shift)
    let rest = product - scaled << UInt128(shift)
    let half = UInt128(1) << UInt128(shift - 1)
    if rest > half || rest == half && scaled & 1 == 1 { scaled += 1 }
    if scaled == 0 {
        p[0] = UInt8(ascii: "0")
        return 1
    }
    var count = 0
    if degrees < 0 {
        p[0] = UInt8(ascii: "-")
        count = 1
    }
    let (whole, fraction) = scaled.quotientAndRemainder(dividingBy: UInt128(one))
    count += IntegerText.write(unsigned: UInt64(whole), to: p + count)
    if fraction == 0 { return count }
    p[count] = UInt8(ascii: ".")
    writeDigits(UInt64(fraction), 17, p + count + 1)
    count += 18
    while p[count - 1] == UInt8(ascii: "0") { count -= 1 }
    return count
}
