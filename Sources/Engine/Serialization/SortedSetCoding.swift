// Sorted sets in dumps: a listpack of members and scores as it is, a big one member by member from
// the highest score down, scores as binary doubles.

import Memory
import RESP

extension ValueEncoder {
    mutating func encode(_ set: SortedSet) {
        if let block = set.packedBytes {
            begin(.sortedSetListpack)
            return sink.string(block)
        }
        begin(.sortedSet)
        sink.length(set.count)
        set.forEach(0..<set.count, reversed: true) { member, score in
            sink.string(member)
            sink.double(score)
            return true
        }
    }
}

extension DecodedValue {
    static func sortedSet(_ set: SortedSet) -> DecodedValue {
        .pointer(.sortedSet, set.encoding, set.raw)
    }
}

extension ValueDecoder {
    /// Member by member, scores binary or as text.
    mutating func sortedSetOfMembers(textScores: Bool) throws(SerialError) -> DecodedValue {
        let count = try source.count(ofAtLeast: textScores ? 2 : 9)
        if count == 0 { throw .empty }
        var set = SortedSet.create(engine, count: count)
        do throws(SerialError) {
            for _ in 0..<count {
                let member = try element()
                let score = textScores ? try textScore() : try source.double()
                guard !score.isNaN, case .added = set.add(member, score).change else {
                    throw .malformed
                }
            }
        } catch {
            set.release()
            throw error
        }
        return .sortedSet(set)
    }

    /// A length of one byte and the digits, or a length that stands for an infinity (253: NaN).
    private mutating func textScore() throws(SerialError) -> Double {
        let length = try source.byte()
        switch length {
        case 255: return -.infinity
        case 254: return .infinity
        case 253: throw .malformed
        default:
            guard let score = try source.raw(Int(length)).double else { throw .malformed }
            return score
        }
    }

    mutating func sortedSetOfListpack() throws(SerialError) -> DecodedValue {
        let block = try element()
        noteSanitization()
        return try sortedSet(of: block)
    }

    mutating func sortedSetOfZiplist() throws(SerialError) -> DecodedValue {
        guard let block = listpack(of: try element(), ZiplistReader.self) else { throw .malformed }
        defer { block.release() }
        return try sortedSet(of: block.view)
    }

    /// A block of members and scores: distinct, in order, and each score a number.
    private func sortedSet(of block: Bytes) throws(SerialError) -> DecodedValue {
        var seen = DistinctItems(engine)
        var order = ScoreOrder()
        var count = 0
        let isValid = ListpackReader.walk(block) { item in
            count += 1
            if count & 1 == 0 { return order.accept(score: item) }
            order.member = item
            return seen.insert(item)
        }
        guard isValid, count & 1 == 0 else { throw .malformed }
        if count == 0 { throw .empty }
        var set = SortedSet.create(packed: block, engine)
        if set.count > engine.pointee.settings.zsetMaxListpackEntries { set.convertToTree() }
        return .sortedSet(set)
    }
}

/// Whether elements come in the order of a sorted set.
private struct ScoreOrder {
    /// The member whose score comes next.
    var member = PackedItem(integer: 0)
    private var before: (member: PackedItem, score: Double)?

    mutating func accept(score item: PackedItem) -> Bool {
        let score: Double
        if let text = item.bytes {
            guard let value = text.double, !value.isNaN else { return false }
            score = value
        } else {
            score = Double(item.integer)
        }
        if let before {
            if score < before.score { return false }
            if score == before.score, compare(before.member, member) >= 0 { return false }
        }
        before = (member, score)
        return true
    }

    private func compare(_ a: PackedItem, _ b: PackedItem) -> Int {
        var order = 0
        a.withText { left in b.withText { right in order = left.compare(right) } }
        return order
    }
}
