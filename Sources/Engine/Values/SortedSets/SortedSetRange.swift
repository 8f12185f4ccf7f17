// Ranges by score and by member, and the ranks that they cover in a set.
//
// Their texts are those of ZRANGE BYSCORE and BYLEX, read as Redis 7.4 reads them.

import CMachine
import Memory
import RESP

/// A range of scores, each end included or not.
package struct ScoreRange {
    package var min: Double
    package var max: Double
    package var excludesMin = false
    package var excludesMax = false

    package init(_ min: Double, _ max: Double) {
        self.min = min
        self.max = max
    }

    /// From two arguments: a number, or "(" and a number that is not included. Nil if one is not.
    package init?(min: Bytes, max: Bytes) {
        guard let low = Self.bound(min), let high = Self.bound(max) else { return nil }
        self.min = low.value
        self.max = high.value
        excludesMin = low.excluded
        excludesMax = high.excluded
    }

    private static func bound(_ text: Bytes) -> (value: Double, excluded: Bool)? {
        let excluded = text.count > 0 && text[0] == 0x28
        let number = excluded ? text.slice(1, text.count) : text
        guard let value = number.looseDouble else { return nil }
        return (value, excluded)
    }

    @inline(__always)
    package func isAboveMin(_ score: Double) -> Bool { excludesMin ? score > min : score >= min }

    @inline(__always)
    package func isBelowMax(_ score: Double) -> Bool { excludesMax ? score < max : score <= max }
}

/// One end of a range of members.
package enum LexBound {
    /// "-" and "+": before and behind every member.
    case lowest
    case highest
    case including(Bytes)
    case excluding(Bytes)

    /// Nil if it is no bound.
    package init?(_ text: Bytes) {
        guard text.count > 0 else { return nil }
        switch text[0] {
        case 0x2B where text.upToZero.count == 1: self = .highest
        case 0x2D where text.upToZero.count == 1: self = .lowest
        case 0x28: self = .excluding(text.slice(1, text.count))
        case 0x5B: self = .including(text.slice(1, text.count))
        default: return nil
        }
    }
}

/// A range of members, for sets whose scores are all the same.
package struct LexRange {
    package var min: LexBound
    package var max: LexBound

    package init(min: LexBound, max: LexBound) {
        self.min = min
        self.max = max
    }

    /// From two arguments: "-", "+", or "[" or "(" and a member. Nil if one is neither.
    package init?(min: Bytes, max: Bytes) {
        guard let low = LexBound(min), let high = LexBound(max) else { return nil }
        self.init(min: low, max: high)
    }

    func isAboveMin(_ member: PackedItem) -> Bool {
        switch min {
        case .lowest: true
        case .highest: false
        case .including(let bytes): member.compare(bytes) >= 0
        case .excluding(let bytes): member.compare(bytes) > 0
        }
    }

    func isBelowMax(_ member: PackedItem) -> Bool {
        switch max {
        case .lowest: false
        case .highest: true
        case .including(let bytes): member.compare(bytes) <= 0
        case .excluding(let bytes): member.compare(bytes) < 0
        }
    }

    /// Whether no member at all can lie in it.
    var isEmpty: Bool {
        switch (min, max) {
        case (.highest, _), (_, .lowest): return true
        case (.lowest, _), (_, .highest): return false
        case (.including(let low), .including(let high)): return low.compare(high) > 0
        case (.including(let low), .excluding(let high)),
            (.excluding(let low), .including(let high)),
            (.excluding(let low), .excluding(let high)):
            return low.compare(high) >= 0
        }
    }
}

extension SortedSet {
    /// The ranks of the elements whose scores lie in a range.
    /// - Complexity: O(log n)
    package func ranks(_ range: ScoreRange) -> Range<Int> {
        let low: Int
        let high: Int
        switch form {
        case .packed(let scores):
            low = scores.rank { !range.isAboveMin(scores.score($0)) }
            high = scores.rank { range.isBelowMax(scores.score($0)) }
        case .tree(let set):
            low = set.tree.rank(of: range.min, including: range.excludesMin)
            high = set.tree.rank(of: range.max, including: !range.excludesMax)
        }
        return low..<max(low, high)
    }

    /// The ranks of the elements whose members lie in a range. Where scores differ, which Redis
    /// leaves undefined, a small set is searched from the end that Redis begins at.
    /// - Complexity: O(log n)
    package func ranks(_ range: LexRange, reversed: Bool = false) -> Range<Int> {
        if range.isEmpty || count == 0 { return 0..<0 }
        switch form {
        case .packed(let scores):
            return reversed ? scores.ranksReversed(range) : scores.ranks(range)
        case .tree(let set):
            let low: Int
            switch range.min {
            case .lowest: low = 0
            case .highest: low = count
            case .including(let member): low = set.tree.rank(of: member, including: false)
            case .excluding(let member): low = set.tree.rank(of: member, including: true)
            }
            let high: Int
            switch range.max {
            case .lowest: high = 0
            case .highest: high = count
            case .including(let member): high = set.tree.rank(of: member, including: true)
            case .excluding(let member): high = set.tree.rank(of: member, including: false)
            }
            return low..<max(low, high)
        }
    }
}

extension PackedScores {
    private func mayHold(_ range: LexRange) -> Bool {
        guard let first = block.first, let last = offset(rank: count - 1) else { return false }
        return range.isAboveMin(block.item(at: last)) && range.isBelowMax(block.item(at: first))
    }

    fileprivate func ranks(_ range: LexRange) -> Range<Int> {
        guard mayHold(range) else { return 0..<0 }
        let low = rank { !range.isAboveMin(block.item(at: $0)) }
        var high = low
        var place = offset(rank: low)
        while let here = place, range.isBelowMax(block.item(at: here)) {
            high += 1
            place = next(here)
        }
        return low..<high
    }

    fileprivate func ranksReversed(_ range: LexRange) -> Range<Int> {
        guard mayHold(range) else { return 0..<0 }
        var high = count
        var place = offset(rank: high - 1)
        while let here = place, !range.isBelowMax(block.item(at: here)) {
            high -= 1
            place = previous(here)
        }
        var low = high
        while let here = place, range.isAboveMin(block.item(at: here)) {
            low -= 1
            place = previous(here)
        }
        return low..<high
    }
}
