// The area of a search: a circle or a box around a place, and the cells of the grid that cover it.
//
// Which cells these are, and in which order, decides the order of unsorted results: the rules are
// those of Redis 7.4.

import Glibc

struct GeoShape {
    /// In the unit of the request.
    enum Kind {
        case circle(radius: Double)
        case box(width: Double, height: Double)
    }

    var center = GeoPoint(longitude: 0, latitude: 0)
    var kind = Kind.circle(radius: 0)
    /// Meters of one unit.
    var unitMeters = 1.0

    /// Half the area's extent from west to east and from south to north, meters.
    var halfMeters: (width: Double, height: Double) {
        switch kind {
        case .circle(let radius): (unitMeters * radius, unitMeters * radius)
        case .box(let width, let height): (unitMeters * (width / 2), unitMeters * (height / 2))
        }
    }

    /// Meters from the center to the farthest place.
    private var reachMeters: Double {
        switch kind {
        case .circle(let radius): radius * unitMeters
        case .box(let width, let height):
            (width / 2 * (width / 2) + height / 2 * (height / 2)).squareRoot() * unitMeters
        }
    }

    /// Degrees of the smallest rectangle around the area, as seen from the side nearer to a pole.
    var bounds: (west: Double, south: Double, east: Double, north: Double) {
        let half = halfMeters
        let radius = GeoPoint.earthRadiusMeters
        let latitudes = GeoPoint.degrees(half.height / radius)
        let edge = center.latitude < 0 ? center.latitude - latitudes : center.latitude + latitudes
        let longitudes = GeoPoint.degrees(half.width / radius / cos(GeoPoint.radians(edge)))
        return (
            center.longitude - longitudes, center.latitude - latitudes,
            center.longitude + longitudes, center.latitude + latitudes
        )
    }

    /// The center's cell and its neighbours, of a size that lets them cover the area; those that the
    /// area does not reach are left out.
    func cells() -> GeoCells {
        let bounds = bounds
        var cell = GeoCell(center, step: step())
        if cell.step > 1, !surrounds(cell, bounds) {
            cell = GeoCell(center, step: cell.step - 1)
        }
        var cells = GeoCells(around: cell)
        guard cell.step >= 2 else { return cells }
        let (west, east) = cell.longitudes
        let (south, north) = cell.latitudes
        cells.drop { side in
            side.north < 0 && south < bounds.south || side.north > 0 && north > bounds.north
                || side.east < 0 && west < bounds.west || side.east > 0 && east > bounds.east
        }
        return cells
    }

    /// The step whose cells are about as large as the area.
    private func step() -> Int {
        var reach = reachMeters
        if reach == 0 { return GeoCell.finest }
        let halfCircumference = 20037726.37
        var step = 1
        while reach < halfCircumference {
            reach *= 2
            step += 1
        }
        step -= 2
        // Cells are narrower towards the poles.
        if center.latitude.magnitude > 66 {
            step -= center.latitude.magnitude > 80 ? 2 : 1
        }
        return min(max(step, 1), GeoCell.finest)
    }

    /// Whether the cell's neighbours reach the ends of the area.
    private func surrounds(
        _ cell: GeoCell, _ bounds: (west: Double, south: Double, east: Double, north: Double)
    ) -> Bool {
        // Written so that bounds which are no numbers count as reached.
        !(cell.moved(east: 0, north: 1).latitudes.1 < bounds.north)
            && !(cell.moved(east: 0, north: -1).latitudes.0 > bounds.south)
            && !(cell.moved(east: 1, north: 0).longitudes.1 < bounds.east)
            && !(cell.moved(east: -1, north: 0).longitudes.0 > bounds.west)
    }
}

/// Up to nine cells in the order in which they are searched.
struct GeoCells {
    /// Which neighbour a cell is: steps to the east and to the north.
    struct Side {
        let east: Int
        let north: Int
    }

    private var cells: InlineArray<9, GeoCell>
    private var isDropped = InlineArray<9, Bool>(repeating: false)

    private static var sides: InlineArray<9, Side> {
        [
            Side(east: 0, north: 0), Side(east: 0, north: 1), Side(east: 0, north: -1),
            Side(east: 1, north: 0), Side(east: -1, north: 0), Side(east: 1, north: 1),
            Side(east: -1, north: 1), Side(east: 1, north: -1), Side(east: -1, north: -1),
        ]
    }

    init(around cell: GeoCell) {
        let sides = Self.sides
        cells = InlineArray { i in cell.moved(east: sides[i].east, north: sides[i].north) }
    }

    mutating func drop(_ isUseless: (Side) -> Bool) {
        let sides = Self.sides
        for i in 1..<9 where isUseless(sides[i]) { isDropped[i] = true }
    }

    /// Calls `body` with the ranges of scores of the cells, until it returns false.
    ///
    /// A cell that is the same as the one before is left out: around the whole earth, neighbours
    /// meet. The cell before is not looked at where it is the center's, as in Redis.
    func forEachRange(_ body: (_ first: Double, _ end: Double) -> Bool) {
        var previous = 0
        for i in 0..<9 where !isDropped[i] {
            if previous > 0, cells[i] == cells[previous] { continue }
            if !body(Double(cells[i].firstScore), Double(cells[i].endScore)) { return }
            previous = i
        }
    }
}
