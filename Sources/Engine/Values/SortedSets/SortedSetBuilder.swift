// Collects the elements of a new sorted set in any order, and puts them in order at the end: results
// of ZUNIONSTORE and its family.

import Memory

struct SortedSetBuilder: ~Copyable {
    private let engine: UnsafeMutablePointer<Engine>
    private let set: TreeSet
    private var elements: [ScoredMember] = []
    private var longest = 0

    init(_ engine: UnsafeMutablePointer<Engine>) {
        self.engine = engine
        set = TreeSet.create(engine)
    }

    /// Adds a member that was not added before.
    mutating func insert(_ member: Bytes, _ score: Double) {
        insert(member, set.table.pointee.hash(member), score)
    }

    private mutating func insert(_ member: Bytes, _ hash: UInt64, _ score: Double) {
        let element = ScoredMember(score, member, engine.pointee.heap)
        set.table.pointee.insert(element, hash)
        elements.append(element)
        longest = max(longest, member.count)
    }

    /// Adds a member, or changes the score of one that was added to what `combine` makes of it.
    mutating func insert(
        _ member: Bytes, _ score: Double, combine: (_ old: Double, _ new: Double) -> Double
    ) {
        let hash = set.table.pointee.hash(member)
        guard let found = set.table.pointee.find(member, hash) else {
            return insert(member, hash, score)
        }
        found.element.score = combine(found.element.score, score)
    }

    /// The set. One that is to be stored becomes small if the limits allow it, as in Redis; one that
    /// is only read keeps its scores as they are, -0 too.
    consuming func finish(stored: Bool) -> SortedSet {
        elements.sort { a, b in
            if a.score != b.score { return a.score < b.score }
            let (x, y) = (PackedItem(a.key), b.key)
            return x.compare(y) < 0
        }
        for element in elements { set.tree.append(element.score, element.raw) }
        var result = SortedSet(.tree(set), engine)
        if stored { result.convertToPacked(longest: longest) }
        return result
    }
}
