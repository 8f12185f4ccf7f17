// What the range commands ask for: elements by rank, by score or by member, from either end, and
// the ranks that come out of it.
//
// The order of checks and every error are those of Redis 7.4.

import Memory
import RESP

struct RangeRequest {
    enum Kind { case rank, score, lex }

    private(set) var reversed: Bool
    private(set) var withScores = false
    private var kind: Kind
    private var offset = 0
    private var limit = -1
    private var start = 0
    private var stop = 0
    private var scores = ScoreRange(0, 0)
    private var lex = LexRange(min: .lowest, max: .highest)

    /// Reads `key min max [option ...]`, the key being argument `first`. `kind` and `reversed` are
    /// nil where options say them; `stores` excludes WITHSCORES. Nil after an error.
    @inline(__always)
    init?(
        _ c: borrowing CommandContext, first: Int = 1, kind: Kind?, reversed: Bool?,
        stores: Bool = false
    ) {
        self.kind = kind ?? .rank
        self.reversed = reversed ?? false
        if c.count > first &+ 3 {
            guard readOptions(c, first &+ 3, kind == nil, reversed == nil, stores) else {
                return nil
            }
        }
        guard readRange(c, first &+ 1) else { return nil }
    }

    @inline(never)
    private mutating func readOptions(
        _ c: borrowing CommandContext, _ start: Int, _ choosesKind: Bool, _ choosesEnd: Bool,
        _ stores: Bool
    ) -> Bool {
        var kindIsOpen = choosesKind
        var i = start
        while i < c.count {
            if !stores, c[i].isWord("withscores") {
                withScores = true
            } else if c[i].isWord("limit"), i + 2 < c.count {
                guard let offset = c.integer(i + 1), let limit = c.integer(i + 2) else {
                    return false
                }
                self.offset = Int(offset)
                self.limit = Int(limit)
                i += 2
            } else if choosesEnd, !reversed, c[i].isWord("rev") {
                reversed = true
            } else if kindIsOpen, c[i].isWord("bylex") {
                kind = .lex
                kindIsOpen = false
            } else if kindIsOpen, c[i].isWord("byscore") {
                kind = .score
                kindIsOpen = false
            } else {
                c.replySyntaxError()
                return false
            }
            i += 1
        }
        return optionsFit(c)
    }

    private func optionsFit(_ c: borrowing CommandContext) -> Bool {
        if limit != -1, kind == .rank {
            c.reply.pointee.error(
                """
                ERR syntax error, LIMIT is only supported in combination with either BYSCORE or \
                BYLEX
                """)
            return false
        }
        if withScores, kind == .lex {
            c.reply.pointee.error(
                "ERR syntax error, WITHSCORES not supported in combination with BYLEX")
            return false
        }
        return true
    }

    @inline(__always)
    private mutating func readRange(_ c: borrowing CommandContext, _ first: Int) -> Bool {
        if kind == .rank {
            guard let start = c.integer(first), let stop = c.integer(first &+ 1) else {
                return false
            }
            self.start = Int(start)
            self.stop = Int(stop)
            return true
        }
        // From the high end: the maximum comes first.
        let min = c[reversed ? first &+ 1 : first]
        let max = c[reversed ? first : first &+ 1]
        if kind == .score {
            guard let range = ScoreRange(min: min, max: max) else {
                c.reply.pointee.error("ERR min or max is not a float")
                return false
            }
            scores = range
        } else {
            guard let range = LexRange(min: min, max: max) else {
                c.reply.pointee.error("ERR min or max not valid string range item")
                return false
            }
            lex = range
        }
        return true
    }

    // MARK: Ranks

    /// The ranks asked for, counted from the lowest score whatever the direction.
    @inline(__always)
    func ranks(in set: SortedSet) -> Range<Int> {
        switch kind {
        case .rank: byRank(set.count)
        case .score: limited(set.ranks(scores), set)
        case .lex: limited(set.ranks(lex, reversed: reversed), set)
        }
    }

    @inline(__always)
    private func byRank(_ count: Int) -> Range<Int> {
        // No overflow: a negative number and a count.
        let first = max(start < 0 ? start &+ count : start, 0)
        let last = min(stop < 0 ? stop &+ count : stop, count &- 1)
        if first > last || first >= count { return 0..<0 }
        return reversed ? count &- 1 &- last..<count &- first : first..<last &+ 1
    }

    /// Applies LIMIT. Redis 7.4: a negative offset counts from the far end of the range in a big
    /// set, and leaves nothing of a small one; a negative limit is none.
    private func limited(_ range: Range<Int>, _ set: SortedSet) -> Range<Int> {
        var skipped = offset
        if skipped < 0 {
            if set.isPacked { return 0..<0 }
            skipped += range.count
        }
        guard skipped >= 0, skipped < range.count else { return 0..<0 }
        let left = range.count - skipped
        let taken = limit < 0 ? left : min(limit, left)
        if reversed {
            let end = range.upperBound - skipped
            return end - taken..<end
        }
        let start = range.lowerBound + skipped
        return start..<start + taken
    }
}
