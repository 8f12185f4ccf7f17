// What a search for places asks for: the arguments of GEOSEARCH, GEOSEARCHSTORE and of the older
// GEORADIUS and GEORADIUSBYMEMBER, checked in Redis 7.4's order.

import Memory
import RESP

/// Which command it is.
enum GeoSearchForm {
    /// GEORADIUS and, not storing, GEORADIUS_RO.
    case radius(stores: Bool)
    case radiusByMember(stores: Bool)
    case search
    case searchStore

    /// The argument that is the key to search in.
    var source: Int {
        if case .searchStore = self { return 2 }
        return 1
    }

    var isSearch: Bool {
        switch self {
        case .search, .searchStore: true
        case .radius, .radiusByMember: false
        }
    }

    /// Whether the words STORE and STOREDIST name a key.
    var namesTarget: Bool {
        switch self {
        case .radius(let stores), .radiusByMember(let stores): stores
        case .search, .searchStore: false
        }
    }
}

enum GeoOrder {
    case none, ascending, descending
}

struct GeoSearchRequest {
    let form: GeoSearchForm
    var shape = GeoShape()
    var order = GeoOrder.none
    /// 0: all.
    var count = 0
    /// Whether the first `count` found will do.
    var any = false
    var withDistance = false
    var withHash = false
    var withCoordinates = false
    /// The argument that is the key to store the result under.
    var target: Int?
    var storesDistance = false

    private var hasMember = false
    private var hasPoint = false
    private var hasRadius = false
    private var hasBox = false

    /// Reads the arguments; `set` is what the source key holds. Nil after an error.
    init?(_ c: borrowing CommandContext, _ form: GeoSearchForm, _ set: SortedSet?) {
        self.form = form
        var i: Int
        switch form {
        case .radius:
            i = 6
            guard let point = c.geoPoint(2) else { return nil }
            shape.center = point
            guard readCircle(c, 4) else { return nil }
        case .radiusByMember:
            i = 5
            // Without a set, the member and the circle are not looked at.
            if let set {
                guard readMember(c, 2, set), readCircle(c, 3) else { return nil }
            }
        case .search: i = 2
        case .searchStore:
            i = 3
            target = 1
        }
        while i < c.count {
            guard let used = readOption(c, i, set) else { return nil }
            i += used
        }
        guard isComplete(c) else { return nil }
        // The nearest ones can only be told by sorting.
        if count > 0, order == .none, !any { order = .ascending }
    }

    /// Reads the option that argument `i` begins; how many arguments it has, or nil after an error.
    private mutating func readOption(
        _ c: borrowing CommandContext, _ i: Int, _ set: SortedSet?
    ) -> Int? {
        let word = c[i]
        let left = c.count - i - 1
        if readFlag(word) { return 1 }
        if word.isWord("count"), left >= 1 { return readCount(c, i + 1) ? 2 : nil }
        if form.namesTarget, left >= 1, word.isWord("store") || word.isWord("storedist") {
            target = i + 1
            storesDistance = word.isWord("storedist")
            return 2
        }
        if case .searchStore = form, word.isWord("storedist") {
            storesDistance = true
            return 1
        }
        if form.isSearch { return readArea(c, i, left, set) }
        c.replySyntaxError()
        return nil
    }

    private mutating func readFlag(_ word: Bytes) -> Bool {
        if word.isWord("withdist") {
            withDistance = true
        } else if word.isWord("withhash") {
            withHash = true
        } else if word.isWord("withcoord") {
            withCoordinates = true
        } else if word.isWord("any") {
            any = true
        } else if word.isWord("asc") {
            order = .ascending
        } else if word.isWord("desc") {
            order = .descending
        } else {
            return false
        }
        return true
    }

    private mutating func readCount(_ c: borrowing CommandContext, _ i: Int) -> Bool {
        guard let value = c.integer(i) else { return false }
        guard value > 0 else {
            c.reply.pointee.error("ERR COUNT must be > 0")
            return false
        }
        count = Int(value)
        return true
    }

    /// The options of GEOSEARCH that say where to search.
    private mutating func readArea(
        _ c: borrowing CommandContext, _ i: Int, _ left: Int, _ set: SortedSet?
    ) -> Int? {
        let word = c[i]
        if word.isWord("frommember"), left >= 1, !hasPoint {
            if let set, !readMember(c, i + 1, set) { return nil }
            hasMember = true
            return 2
        }
        if word.isWord("fromlonlat"), left >= 2, !hasMember {
            guard let point = c.geoPoint(i + 1) else { return nil }
            shape.center = point
            hasPoint = true
            return 3
        }
        if word.isWord("byradius"), left >= 2, !hasBox {
            hasRadius = true
            return readCircle(c, i + 1) ? 3 : nil
        }
        if word.isWord("bybox"), left >= 3, !hasRadius {
            hasBox = true
            return readBox(c, i + 1) ? 4 : nil
        }
        c.replySyntaxError()
        return nil
    }

    private mutating func readMember(
        _ c: borrowing CommandContext, _ i: Int, _ set: SortedSet
    ) -> Bool {
        guard let score = set.score(c[i]) else {
            c.reply.pointee.error("ERR could not decode requested zset member")
            return false
        }
        shape.center = GeoPoint(score: score)
        return true
    }

    private mutating func readCircle(_ c: borrowing CommandContext, _ i: Int) -> Bool {
        guard let radius = c[i].double else {
            c.reply.pointee.error("ERR need numeric radius")
            return false
        }
        guard radius >= 0 else {
            c.reply.pointee.error("ERR radius cannot be negative")
            return false
        }
        guard let unit = c.unitMeters(i + 1) else { return false }
        shape.kind = .circle(radius: radius)
        shape.unitMeters = unit
        return true
    }

    private mutating func readBox(_ c: borrowing CommandContext, _ i: Int) -> Bool {
        guard let width = c[i].double else {
            c.reply.pointee.error("ERR need numeric width")
            return false
        }
        guard let height = c[i + 1].double else {
            c.reply.pointee.error("ERR need numeric height")
            return false
        }
        guard width >= 0, height >= 0 else {
            c.reply.pointee.error("ERR height or width cannot be negative")
            return false
        }
        guard let unit = c.unitMeters(i + 2) else { return false }
        shape.kind = .box(width: width, height: height)
        shape.unitMeters = unit
        return true
    }

    /// Whether the options fit together; else the error is written.
    private func isComplete(_ c: borrowing CommandContext) -> Bool {
        if target != nil, withDistance || withHash || withCoordinates {
            if form.isSearch {
                c.reply.pointee.error(
                    """
                    ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD \
                    options
                    """)
            } else {
                c.reply.pointee.error(
                    """
                    ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and \
                    WITHCOORD options
                    """)
            }
            return false
        }
        if form.isSearch, !hasMember, !hasPoint {
            c.reply.pointee.error(
                "ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for ", c[0], "")
            return false
        }
        if form.isSearch, !hasRadius, !hasBox {
            c.reply.pointee.error(
                "ERR exactly one of BYRADIUS and BYBOX can be specified for ", c[0], "")
            return false
        }
        if any, count == 0 {
            c.reply.pointee.error("ERR the ANY argument requires COUNT argument")
            return false
        }
        return true
    }
}
