// Places: digits and geohashes as Redis 7.4.1 shows them, searches against a naive scan, and sorting
// by parts.

import Glibc
import Memory
import RESP
import Testing

@testable import Engine

@Suite(.serialized) struct PlaceTests {
    typealias S = CommandSession

    private func sicily() -> CommandSession {
        let s = CommandSession()
        #expect(
            s.run(
                "GEOADD", "k", "13.361389", "38.115556", "Palermo", "15.087269", "37.502669",
                "Catania") == ":2\r\n")
        return s
    }

    @Test func digits() {
        let s = sicily()
        #expect(s.run("ZSCORE", "k", "Palermo") == S.bulk("3479099956230698"))
        #expect(s.run("GEODIST", "k", "Palermo", "Catania") == S.bulk("166274.1516"))
        #expect(s.run("GEODIST", "k", "Palermo", "Catania", "KM") == S.bulk("166.2742"))
        #expect(s.run("GEODIST", "k", "Palermo", "Palermo") == S.bulk("0.0000"))
        #expect(s.run("GEODIST", "k", "Palermo", "none") == S.null)
        #expect(
            s.run("GEOHASH", "k", "Palermo", "Catania")
                == S.array(["sqc8b49rny0", "sqdtr74hyu0"]))
        let position = S.array(["13.36138933897018433", "38.11555639549629859"])
        #expect(s.run("GEOPOS", "k", "Palermo", "none") == "*2\r\n\(position)*-1\r\n")
        s.reply.pointee.resp3 = true
        #expect(
            s.run("GEOPOS", "k", "Palermo")
                == "*1\r\n*2\r\n,13.36138933897018433\r\n,38.11555639549629859\r\n")
    }

    @Test func degreesAsPrintfWritesThem() {
        var random = RandomSource(seed: 3)
        var values: [Double] = [
            0, -0.0, 180, -180, 0.5, -1e-20, 4.9e-324, 1e-17, 5e-18, 85.05112878,
        ]
        for _ in 0..<2000 {
            let unit = Double(random.next() >> 11) / 0x1p53
            values.append((unit - 0.5) * [360, 1, 1e-3, 1e-10, 1e-16][random.below(5)])
        }
        for value in values {
            var buffer = [CChar](repeating: 0, count: 64)
            let length = withVaList([value]) { vsnprintf(&buffer, 64, "%.17f", $0) }
            var text = buffer.prefix(Int(length)).map(UInt8.init(bitPattern:))
            while text.last == UInt8(ascii: "0") { text.removeLast() }
            if text.last == UInt8(ascii: ".") { text.removeLast() }
            if text == Array("-0".utf8) { text = Array("0".utf8) }
            let written = [UInt8](unsafeUninitializedCapacity: 32) { out, count in
                count = writeDegrees(value, to: out.baseAddress!)
            }
            #expect(written == text)
        }
    }

    @Test func adding() {
        let s = sicily()
        #expect(s.run("GEOADD", "k", "NX", "1", "1", "Palermo", "2", "2", "x") == ":1\r\n")
        #expect(s.run("GEOADD", "k", "xx", "CH", "1", "1", "x", "2", "2", "y") == ":1\r\n")
        #expect(s.run("GEOADD", "none", "XX", "1", "1", "x") == ":0\r\n")
        #expect(s.run("EXISTS", "none") == ":0\r\n")
        #expect(s.changes == 4)
        #expect(s.run("GEOADD", "k", "NX", "XX", "1", "1", "x") == S.syntax)
        #expect(s.run("GEOADD", "k", "1", "1", "x", "2") == S.syntax)
        #expect(
            s.run("GEOADD", "k", "1", "1", "x", "200", "100", "y")
                == "-ERR invalid longitude,latitude pair 200.000000,100.000000\r\n")
        #expect(s.run("GEOADD", "k", "x", "1", "x") == "-ERR value is not a valid float\r\n")
        _ = s.run("SET", "s", "v")
        #expect(s.run("GEOADD", "s", "1", "1", "x") == S.wrongType)
        for command in ["GEOPOS", "GEOHASH"] { #expect(s.run(command, "s", "x") == S.wrongType) }
    }

    @Test func searching() {
        let s = sicily()
        #expect(
            s.run("GEORADIUS", "k", "15", "37", "200", "km", "WITHDIST", "ASC")
                == "*2\r\n" + S.array(["Catania", "56.4413"]) + S.array(["Palermo", "190.4424"]))
        #expect(
            s.run("GEOSEARCH", "k", "FROMLONLAT", "15", "37", "BYBOX", "400", "400", "km", "DESC")
                == S.array(["Palermo", "Catania"]))
        #expect(
            s.run("GEORADIUSBYMEMBER", "k", "Palermo", "1", "m", "WITHHASH")
                == "*1\r\n*2\r\n" + S.bulk("Palermo") + ":3479099956230698\r\n")
        #expect(
            s.run(
                "GEOSEARCHSTORE", "d", "k", "FROMMEMBER", "Palermo", "BYRADIUS", "200", "km",
                "STOREDIST") == ":2\r\n")
        #expect(s.run("ZSCORE", "d", "Palermo") == S.bulk("0"))
        #expect(s.run("GEORADIUS", "k", "0", "0", "1", "m", "STORE", "d") == ":0\r\n")
        #expect(s.run("EXISTS", "d") == ":0\r\n")
        #expect(s.run("GEORADIUS", "none", "0", "0", "1", "m") == "*0\r\n")
        #expect(
            s.run("GEOSEARCH", "k", "FROMMEMBER", "x", "BYRADIUS", "1", "m")
                == "-ERR could not decode requested zset member\r\n")
        #expect(
            s.run("GEOSEARCH", "k", "BYRADIUS", "1", "m", "ASC", "DESC")
                == "-ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for GEOSEARCH\r\n"
        )
        #expect(
            s.run("GEORADIUS_RO", "k", "0", "0", "1", "m", "STORE", "d") == S.syntax)
        #expect(
            s.run("GEORADIUS", "k", "0", "0", "1", "parsec")
                == "-ERR unsupported unit provided. please use M, KM, FT, MI\r\n")
    }

    /// All members in the shape, by computing every distance.
    private static func scan(
        _ points: [(String, GeoPoint)], _ shape: GeoShape
    ) -> Set<String> {
        var found: Set<String> = []
        for (name, point) in points {
            switch shape.kind {
            case .circle(let radius):
                if shape.center.meters(to: point) > radius { continue }
            case .box(let width, let height):
                let across = GeoPoint(
                    longitude: shape.center.longitude, latitude: point.latitude)
                let up = GeoPoint.meters(latitudes: point.latitude, shape.center.latitude)
                if up > height / 2 || point.meters(to: across) > width / 2 { continue }
            }
            found.insert(name)
        }
        return found
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func searchesAgreeWithAScan(_ seed: UInt64) {
        let s = CommandSession(seed: seed)
        var random = RandomSource(seed: seed)
        func number(_ limit: Double) -> Double {
            (Double(random.next() >> 11) / 0x1p52 - 1) * limit
        }
        // Small and big sets; places all over the earth, or in one corner.
        let count = seed % 2 == 0 ? 100 : 3000
        let extent = seed > 2 ? 1.0 : 0.01
        for i in 0..<count {
            let longitude = seed > 2 ? number(180) : 179.9 + number(0.1)
            _ = s.run("GEOADD", "k", "\(longitude)", "\(number(85) * extent)", "m\(i)")
        }
        let entry = s.database.pointee.peek(Bytes("k"), s.engine.pointee.hash(Bytes("k")))!
        let set = SortedSet(entry, s.engine)
        var points: [(String, GeoPoint)] = []
        set.forEach { member, score in
            member.withText { points.append(($0.string, GeoPoint(score: score))) }
        }
        for _ in 0..<150 {
            var shape = GeoShape()
            shape.center = points[random.below(points.count)].1
            let size = [10.0, 1000, 50_000, 900_000][random.below(4)] * (1.5 + number(1))
            shape.kind =
                random.below(2) == 0
                ? .circle(radius: size) : .box(width: size, height: size * (1.1 + number(1)))
            let matches = set.search(shape, wantsDistance: random.below(2) == 0, limit: 0)
            var found: Set<String> = []
            for i in 0..<matches.count {
                set.withMember(matches[i]) { _ = found.insert($0.string) }
            }
            #expect(found.count == matches.count)
            // The grid may leave out what lies beyond its neighbours; never the other way round.
            let expected = Self.scan(points, shape)
            #expect(found.isSubset(of: expected), "seed \(seed)")
            #expect(found == expected || size > 500_000, "seed \(seed)")
        }
    }

    @Test func oddScoresAreSurvived() {
        let s = CommandSession()
        for score in ["inf", "-inf", "1e300", "-1", "0.5", "9007199254740993", "1e19"] {
            _ = s.run("ZADD", "k", score, "m\(score)")
            #expect(s.run("GEOPOS", "k", "m\(score)").hasPrefix("*1\r\n*2\r\n"))
            #expect(s.run("GEOHASH", "k", "m\(score)").hasPrefix("*1\r\n$11\r\n"))
            for radius in ["0", "1", "1e300", "inf"] {
                _ = s.run("GEORADIUSBYMEMBER", "k", "m\(score)", radius, "km", "WITHHASH")
            }
        }
        #expect(s.run("ZCARD", "k") == ":7\r\n")
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func sortingByParts(_ seed: UInt64) {
        struct Item: Equatable, BitwiseCopyable {
            let key: Int
            let index: Int
        }
        var random = RandomSource(seed: seed)
        for _ in 0..<400 {
            let count = 1 + random.below(300)
            let kinds = 1 + random.below(200)
            let items = (0..<count).map { Item(key: random.below(kinds), index: $0) }
            var sorted = items
            sorted.withUnsafeMutableBufferPointer {
                PartialSort.sort($0.baseAddress!, count) { $0.key - $1.key }
            }
            // Equal ones in their old order.
            #expect(sorted == items.sorted { ($0.key, $0.index) < ($1.key, $1.index) })
            var parts = items
            let first = random.below(count)
            let end = first + 1 + random.below(count - first)
            parts.withUnsafeMutableBufferPointer {
                PartialSort.sort($0.baseAddress!, count, keeping: first..<end) { $0.key - $1.key }
            }
            #expect(parts[first..<end].map(\.key) == sorted[first..<end].map(\.key))
            #expect(Set(parts.map(\.index)).count == count)
        }
    }
}
