// Walking a sorted set in either encoding, from any rank in either direction, and runs of elements
// straight into replies.

import CMachine
import Memory
import RESP

/// An element of a sorted set, and the way to its neighbours. Valid until the set changes.
package struct SortedSetCursor {
    enum Place {
        case packed(PackedScores, Int)
        case tree(TreeCursor)
    }

    var place: Place

    /// The member; its bytes are those of the set itself.
    @inline(__always)
    package var member: PackedItem {
        switch place {
        case .packed(let scores, let offset): scores.block.item(at: offset)
        case .tree(let cursor): PackedItem(ScoredMember(raw: cursor.cell).key)
        }
    }

    @inline(__always)
    package var score: Double {
        switch place {
        case .packed(let scores, let offset): scores.score(offset)
        case .tree(let cursor): cursor.score
        }
    }

    /// To the element with the next higher rank; false, and nothing changes, at the end.
    @inline(__always)
    package mutating func moveForward() -> Bool {
        switch place {
        case .packed(let scores, let offset):
            guard let next = scores.next(offset) else { return false }
            place = .packed(scores, next)
            return true
        case .tree(var cursor):
            guard cursor.moveForward() else { return false }
            place = .tree(cursor)
            return true
        }
    }

    @inline(__always)
    package mutating func moveBackward() -> Bool {
        switch place {
        case .packed(let scores, let offset):
            guard let previous = scores.previous(offset) else { return false }
            place = .packed(scores, previous)
            return true
        case .tree(var cursor):
            guard cursor.moveBackward() else { return false }
            place = .tree(cursor)
            return true
        }
    }
}

extension SortedSet {
    /// The element of that rank, 0 the lowest; nil outside of the set.
    /// - Complexity: O(log n)
    package func cursor(at rank: Int) -> SortedSetCursor? {
        guard rank >= 0, rank < count else { return nil }
        switch form {
        case .packed(let scores):
            guard let offset = scores.offset(rank: rank) else { return nil }
            return SortedSetCursor(place: .packed(scores, offset))
        case .tree(let tree):
            guard let cursor = tree.tree.cursor(at: rank) else { return nil }
            return SortedSetCursor(place: .tree(cursor))
        }
    }

    /// Calls `body` with the elements of these ranks in order, or the last of them first; until it
    /// returns false.
    @inline(__always)
    package func forEach(
        _ ranks: Range<Int>, reversed: Bool = false, _ body: (PackedItem, Double) -> Bool
    ) {
        guard !ranks.isEmpty,
            var cursor = cursor(at: reversed ? ranks.upperBound - 1 : ranks.lowerBound)
        else { return }
        for _ in ranks {
            guard body(cursor.member, cursor.score) else { return }
            if !(reversed ? cursor.moveBackward() : cursor.moveForward()) { return }
        }
    }

    /// Calls `body` with every element in order.
    package func forEach(_ body: (PackedItem, Double) -> Void) {
        forEach(0..<count) {
            body($0, $1)
            return true
        }
    }

    /// Writes the elements of these ranks, or the last of them first. The aggregate's header is the
    /// caller's.
    package func append(
        _ ranks: Range<Int>, reversed: Bool, _ shape: SortedSetReply,
        to reply: UnsafeMutablePointer<ReplyBuffer>
    ) {
        guard !ranks.isEmpty else { return }
        if case .tree(let tree) = form { return tree.append(ranks, reversed, shape, to: reply) }
        forEach(ranks, reversed: reversed) { member, score in
            if shape == .pairs { reply.pointee.array(2) }
            reply.pointee.appendBulk(member)
            if shape != .members { reply.pointee.double(score) }
            return true
        }
    }
}

/// How elements are written.
package enum SortedSetReply: UInt8 {
    case members
    /// Each member, then its score.
    case flat
    /// Each member and its score in an array of two.
    case pairs

    /// What WITHSCORES means in the client's protocol.
    @inline(__always)
    package init(withScores: Bool, _ reply: UnsafeMutablePointer<ReplyBuffer>) {
        self = !withScores ? .members : reply.pointee.resp3 ? .pairs : .flat
    }

    /// The replies that `elements` elements are.
    @inline(__always)
    package func count(_ elements: Int) -> Int { self == .flat ? elements &* 2 : elements }
}

extension TreeSet {
    /// How many elements ahead cells are asked for.
    private static var ahead: Int { 8 }

    /// Leaf by leaf; the cells lie all over memory, so they are asked for before their turn.
    fileprivate func append(
        _ ranks: Range<Int>, _ reversed: Bool, _ shape: SortedSetReply,
        to reply: UnsafeMutablePointer<ReplyBuffer>
    ) {
        guard let start = tree.cursor(at: reversed ? ranks.upperBound - 1 : ranks.lowerBound)
        else { return }
        var left = ranks.count
        var leaf = start.leaf
        var i = start.index
        while true {
            let number = min(left, reversed ? i &+ 1 : leaf.count &- i)
            let end = reversed ? i &- number : i &+ number
            let step = reversed ? -1 : 1
            for k in 0..<min(Self.ahead, number) { prefetch(leaf, i &+ k &* step) }
            var k = 0
            while i != end {
                if k &+ Self.ahead < number { prefetch(leaf, i &+ Self.ahead &* step) }
                if shape == .pairs { reply.pointee.array(2) }
                reply.pointee.bulk(ScoredMember(raw: leaf.cell(i)).key)
                if shape != .members { reply.pointee.double(leaf.scores[i]) }
                i &+= step
                k &+= 1
            }
            left &-= number
            guard left > 0, let next = reversed ? leaf.previous : leaf.next else { return }
            leaf = next
            i = reversed ? next.count &- 1 : 0
        }
    }

    @inline(__always)
    private func prefetch(_ leaf: TreeLeaf, _ i: Int) { machine_prefetch(leaf.cell(i)) }
}
