// The arguments of ZUNION, ZINTER, ZDIFF, ZINTERCARD and the STORE forms: keys of sorted sets and
// of sets (whose members count with score 1), weights, how scores are combined.
//
// The order of checks and every error are those of Redis 7.4.

import Memory
import RESP

/// One input: a sorted set, a set, or nothing.
struct SetOperationInput {
    let entry: Entry?
    var weight = 1.0
    /// Number of elements.
    let count: Int

    init(_ entry: Entry?, _ engine: UnsafeMutablePointer<Engine>) {
        self.entry = entry
        guard let entry else {
            count = 0
            return
        }
        switch (entry.type, entry.encoding) {
        case (.sortedSet, _): count = SortedSet(entry, engine).count
        case (_, .intset): count = entry.intSet.count
        case (_, .hashTable): count = entry.memberTable.pointee.count
        default: count = entry.packedBlock.count
        }
    }

    /// Calls `body` with every member and its score, not weighted.
    func forEach(
        _ engine: UnsafeMutablePointer<Engine>, _ body: (Bytes, Double) -> Bool
    ) {
        guard let entry else { return }
        if entry.type == .sortedSet {
            let set = SortedSet(entry, engine)
            set.forEach(0..<set.count) { member, score in member.withText { body($0, score) } }
            return
        }
        var goesOn = true
        entry.forEachElement { if goesOn { goesOn = body($0, 1) } }
    }

    /// The score of a member, not weighted; nil if it is not there.
    func score(_ member: Bytes, _ engine: UnsafeMutablePointer<Engine>) -> Double? {
        guard let entry else { return nil }
        if entry.type == .sortedSet { return SortedSet(entry, engine).score(member) }
        let isThere: Bool
        switch entry.encoding {
        case .intset: isThere = member.integer.map { entry.intSet.contains($0) } ?? false
        case .hashTable:
            let hash = engine.pointee.hash(member)
            isThere = entry.memberTable.pointee.find(member, hash) != nil
        default: isThere = entry.packedBlock.find(PackedNeedle(member)) != nil
        }
        return isThere ? 1 : nil
    }
}

/// How scores of the same member are combined.
enum ScoreAggregate {
    case sum, min, max

    init?(_ word: Bytes) {
        if word.isWord("sum") {
            self = .sum
        } else if word.isWord("min") {
            self = .min
        } else if word.isWord("max") {
            self = .max
        } else {
            return nil
        }
    }

    /// Infinities of both signs sum up to 0.
    @inline(__always)
    func combine(_ old: Double, _ new: Double) -> Double {
        switch self {
        case .sum:
            let sum = old + new
            return sum.isNaN ? 0 : sum
        case .min: return new < old ? new : old
        case .max: return new > old ? new : old
        }
    }
}

struct SetOperationRequest {
    enum Kind { case union, inter, diff, count }

    var inputs: [SetOperationInput] = []
    private(set) var aggregate = ScoreAggregate.sum
    private(set) var withScores = false
    /// ZINTERCARD stops there; 0 is no limit.
    private(set) var limit = 0
    private let kind: Kind
    private let stores: Bool

    /// Reads `numkeys key [key ...] [option ...]` from argument `start` on; nil after an error,
    /// which quotes `name`.
    init?(
        _ c: borrowing CommandContext, from start: Int, _ kind: Kind, stores: Bool,
        _ name: StaticString
    ) {
        self.kind = kind
        self.stores = stores
        guard let number = c.integer(start) else { return nil }
        guard number >= 1 else {
            c.reply.pointee.error(
                "ERR at least 1 input key is needed for '", Bytes(name), "' command")
            return nil
        }
        guard number <= c.count - start - 1 else {
            c.replySyntaxError()
            return nil
        }
        let keys = start + 1..<start + 1 + Int(number)
        guard readInputs(c, keys), readOptions(c, keys.upperBound) else { return nil }
    }

    private mutating func readInputs(_ c: borrowing CommandContext, _ keys: Range<Int>) -> Bool {
        // Looked up twice: finding a key past its time removes it, which moves others.
        for k in keys {
            let entry = c.lookupRead(c[k], c.engine.pointee.hash(c[k]))
            if let entry, entry.type != .sortedSet, entry.type != .set {
                c.replyWrongType()
                return false
            }
        }
        for k in keys {
            let entry = c.database.pointee.peek(c[k], c.engine.pointee.hash(c[k]))
            inputs.append(SetOperationInput(entry, c.engine))
        }
        return true
    }

    private mutating func readOptions(_ c: borrowing CommandContext, _ start: Int) -> Bool {
        var i = start
        while i < c.count {
            let left = c.count - i
            if takesWeights, left > inputs.count, c[i].isWord("weights") {
                for k in inputs.indices {
                    guard let weight = c.score(i + 1 + k, "ERR weight value is not a float")
                    else { return false }
                    inputs[k].weight = weight
                }
                i += 1 + inputs.count
            } else if takesWeights, left >= 2, c[i].isWord("aggregate") {
                guard let given = ScoreAggregate(c[i + 1]) else {
                    c.replySyntaxError()
                    return false
                }
                aggregate = given
                i += 2
            } else if !stores, kind != .count, c[i].isWord("withscores") {
                withScores = true
                i += 1
            } else if kind == .count, left >= 2, c[i].isWord("limit") {
                guard let given = c.positiveInteger(i + 1, "ERR LIMIT can't be negative") else {
                    return false
                }
                limit = given
                i += 2
            } else {
                c.replySyntaxError()
                return false
            }
        }
        return true
    }

    private var takesWeights: Bool { kind == .union || kind == .inter }

    // MARK: Results

    /// Computes the result. Like Redis from the smallest input to the largest: the order decides
    /// how sums are rounded.
    func result(_ engine: UnsafeMutablePointer<Engine>) -> SortedSet {
        var builder = SortedSetBuilder(engine)
        switch kind {
        case .union: union(&builder, engine)
        case .inter, .count:
            forEachCommon(engine) { member, score in
                builder.insert(member, score)
                return true
            }
        case .diff: diff(&builder, engine)
        }
        return builder.finish(stored: stores)
    }

    /// The inputs by rising count, equal ones in their order.
    private var sortedInputs: [SetOperationInput] {
        inputs.enumerated().sorted {
            ($0.element.count, $0.offset) < ($1.element.count, $1.offset)
        }.map(\.element)
    }

    private func union(
        _ builder: inout SortedSetBuilder, _ engine: UnsafeMutablePointer<Engine>
    ) {
        let aggregate = aggregate
        for input in sortedInputs {
            input.forEach(engine) { member, score in
                let weighted = input.weight * score
                builder.insert(
                    member, weighted.isNaN ? 0 : weighted, combine: aggregate.combine)
                return true
            }
        }
    }

    /// Calls `body` with the members of all inputs until it returns false.
    func forEachCommon(
        _ engine: UnsafeMutablePointer<Engine>, _ body: (Bytes, Double) -> Bool
    ) {
        let inputs = sortedInputs
        guard inputs[0].count > 0 else { return }
        inputs[0].forEach(engine) { member, score in
            let weighted = inputs[0].weight * score
            var total = weighted.isNaN ? 0 : weighted
            for other in inputs.dropFirst() {
                guard let found = other.score(member, engine) else { return true }
                total = aggregate.combine(total, found * other.weight)
            }
            return body(member, total)
        }
    }

    private func diff(
        _ builder: inout SortedSetBuilder, _ engine: UnsafeMutablePointer<Engine>
    ) {
        inputs[0].forEach(engine) { member, score in
            for other in inputs.dropFirst() where other.score(member, engine) != nil {
                return true
            }
            builder.insert(member, score)
            return true
        }
    }
}
