// A sorted set, whatever its encoding: the API that commands are written against.
//
// ZADD and its family, GEOADD, SORT, DUMP and RESTORE and the blocking pops all come here. Small
// sets are a PackedBlock (OBJECT ENCODING "listpack"), big ones a TreeSet ("skiplist"); which one
// follows zset-max-listpack-entries and -value at run time, by Redis 7.4's rules.
//
// How to change one that stands under a key:
//
//     guard let position = database.lookupWrite(key, hash) else { ... }
//     var set = SortedSet(position.entry, engine)
//     _ = set.add(member, score)
//     set.store(in: position.entry)          // always: a small set moves, and may change encoding
//     database.changed(key)
//
// How to make one: `SortedSet.create`, `add` or `append`, then `setPointer(..., type: .sortedSet,
// encoding: set.encoding, set.raw)`. No sorted set under a key is empty: whoever removes the last
// element removes the key. A set that no key holds any more goes to `release`.
//
// Where a member's keyed hash is known (the look-ahead computes it), it may be given as `hash`.
//
// Members are compared byte by byte; elements are ordered by score, then by member.

import Memory

/// What `add` did.
package enum SortedSetChange {
    case added
    case updated
    /// The member has that score already.
    case unchanged
    /// A rule (NX, XX, GT, LT) forbids it.
    case refused
    /// The sum is not a number (infinities of both signs); nothing was changed.
    case notANumber
}

/// Conditions of ZADD.
package struct SortedSetRules: OptionSet {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Only members that are not there.
    package static var onlyNew: Self { Self(rawValue: 1) }
    /// Only members that are there.
    package static var onlyOld: Self { Self(rawValue: 2) }
    /// Only to a greater score, where the member is there.
    package static var onlyGreater: Self { Self(rawValue: 4) }
    package static var onlyLess: Self { Self(rawValue: 8) }
    /// Add the score to the one that is there.
    package static var increment: Self { Self(rawValue: 16) }
}

/// Handle to a sorted set; copying the handle copies nothing, and after a change only the changed
/// handle is valid.
package struct SortedSet {
    enum Form {
        case packed(PackedScores)
        case tree(TreeSet)
    }

    var form: Form
    let engine: UnsafeMutablePointer<Engine>

    @inline(__always)
    init(_ form: Form, _ engine: UnsafeMutablePointer<Engine>) {
        self.form = form
        self.engine = engine
    }

    /// The value of an entry whose type is `sortedSet`.
    @inline(__always)
    package init(_ entry: Entry, _ engine: UnsafeMutablePointer<Engine>) {
        self.engine = engine
        if entry.encoding == .tree {
            form = .tree(TreeSet(raw: entry.pointerValue))
        } else {
            form = .packed(PackedScores(entry.packedBlock, engine.pointee.heap))
        }
    }

    // MARK: Life

    /// An empty set, made for `count` elements the longest of which has `longest` bytes: what ZADD
    /// makes of its arguments.
    package static func create(
        _ engine: UnsafeMutablePointer<Engine>, count: Int = 0, longest: Int = 0
    ) -> SortedSet {
        if count <= engine.pointee.settings.zsetMaxListpackEntries,
            longest <= engine.pointee.settings.zsetMaxListpackValue
        {
            let block = PackedBlock.create(engine.pointee.heap)
            return SortedSet(.packed(PackedScores(block, engine.pointee.heap)), engine)
        }
        return SortedSet(.tree(TreeSet.create(engine)), engine)
    }

    /// A set from a listpack that was checked to be one of members and scores in order (RESTORE).
    package static func create(
        packed bytes: Bytes, _ engine: UnsafeMutablePointer<Engine>
    ) -> SortedSet {
        let block = PackedBlock.create(copying: bytes, engine.pointee.heap)
        return SortedSet(.packed(PackedScores(block, engine.pointee.heap)), engine)
    }

    /// The pointer and the encoding that an entry keeps.
    package var raw: UnsafeMutableRawPointer {
        switch form {
        case .packed(let scores): scores.block.raw
        case .tree(let tree): tree.raw
        }
    }

    package var encoding: Encoding { isPacked ? .listpack : .tree }

    @inline(__always)
    package var isPacked: Bool {
        if case .packed = form { return true }
        return false
    }

    /// The bytes of a small set, as a snapshot file holds them; nil of a big one.
    package var packedBytes: Bytes? {
        if case .packed(let scores) = form { return scores.block.bytes }
        return nil
    }

    /// Writes the set's pointer and encoding into the entry it came from.
    @inline(__always)
    package func store(in entry: Entry) { entry.setPointer(encoding, raw) }

    /// Puts the set under a key of its own. `position` is where that key stands, if it does.
    package func store(
        _ database: UnsafeMutablePointer<Database>, _ key: Bytes, _ hash: UInt64,
        _ position: Position?
    ) {
        database.pointee.setPointer(
            key, hash, position, type: .sortedSet, encoding: encoding, raw)
    }

    /// Frees a set that stands under no key: at once or, if it is big, in slices.
    package func release() {
        engine.pointee.lazyFree.release(
            BigValue(type: .sortedSet, encoding: encoding, raw: raw), engine.pointee.heap)
    }

    /// The same elements in the same encoding.
    package func copy() -> SortedSet {
        switch form {
        case .packed(let scores):
            let block = scores.block.copy(engine.pointee.heap)
            return SortedSet(.packed(PackedScores(block, engine.pointee.heap)), engine)
        case .tree(let tree): return SortedSet(.tree(tree.copy(engine)), engine)
        }
    }

    // MARK: Looking

    @inline(__always)
    package var count: Int {
        switch form {
        case .packed(let scores): scores.count
        case .tree(let tree): tree.count
        }
    }

    /// The score of a member.
    /// - Complexity: O(1) of a big set, O(n) of a small one
    @inline(__always)
    package func score(_ member: Bytes, hash: UInt64 = 0) -> Double? {
        switch form {
        case .packed(let scores): return scores.find(member).map { scores.score($0) }
        case .tree(let tree): return tree.find(member, hash)?.score
        }
    }

    /// How many elements stand before a member, and its score.
    /// - Complexity: O(log n)
    package func rank(_ member: Bytes, hash: UInt64 = 0) -> (rank: Int, score: Double)? {
        switch form {
        case .packed(let scores):
            guard let offset = scores.find(member) else { return nil }
            return (scores.rank(of: offset), scores.score(offset))
        case .tree(let tree):
            guard let element = tree.find(member, hash) else { return nil }
            return (tree.rank(element), element.score)
        }
    }

    // MARK: Changing

    /// Adds a member or gives it another score, as the rules allow; the score that it has then.
    @inline(__always)
    package mutating func add(
        _ member: Bytes, _ score: Double, _ rules: SortedSetRules = [], hash: UInt64 = 0
    ) -> (change: SortedSetChange, score: Double) {
        if case .tree(let tree) = form {
            let hash = hash != 0 ? hash : tree.table.pointee.hash(member)
            return Self.add(to: tree, member, hash, score, rules)
        }
        return addPacked(member, score, rules)
    }

    @inline(__always)
    private static func add(
        to set: TreeSet, _ member: Bytes, _ hash: UInt64, _ score: Double,
        _ rules: SortedSetRules
    ) -> (change: SortedSetChange, score: Double) {
        guard let position = set.table.pointee.find(member, hash) else {
            if rules.contains(.onlyOld) { return (.refused, score) }
            set.insert(member, hash, score)
            return (.added, score)
        }
        let element = position.element
        let verdict = judge(element.score, score, rules)
        if case .updated = verdict.change { set.update(element, verdict.score) }
        return verdict
    }

    @inline(never)
    private mutating func addPacked(
        _ member: Bytes, _ score: Double, _ rules: SortedSetRules
    ) -> (change: SortedSetChange, score: Double) {
        guard case .packed(var scores) = form else { return (.refused, score) }
        if let offset = scores.find(member) {
            let verdict = Self.judge(scores.score(offset), score, rules)
            if case .updated = verdict.change {
                scores.update(offset, member, verdict.score)
                form = .packed(scores)
            }
            return verdict
        }
        if rules.contains(.onlyOld) { return (.refused, score) }
        insertNew(member, score)
        return (.added, score)
    }

    /// What becomes of a member whose score is `old`.
    @inline(__always)
    private static func judge(
        _ old: Double, _ given: Double, _ rules: SortedSetRules
    ) -> (change: SortedSetChange, score: Double) {
        if rules.isEmpty { return (given == old ? .unchanged : .updated, given) }
        if rules.contains(.onlyNew) { return (.refused, old) }
        let score = rules.contains(.increment) ? old + given : given
        if score.isNaN { return (.notANumber, old) }
        if rules.contains(.onlyLess), score >= old { return (.refused, old) }
        if rules.contains(.onlyGreater), score <= old { return (.refused, old) }
        return (score == old ? .unchanged : .updated, score)
    }

    /// To be called before so many elements are given at once: a small set becomes a big one where
    /// they alone are too many for a small one, whatever then becomes of them.
    @inline(__always)
    package mutating func expect(_ elements: Int) {
        if isPacked, elements > engine.pointee.settings.zsetMaxListpackEntries { convertToTree() }
    }

    /// Adds a member that is known not to be there.
    package mutating func insertNew(_ member: Bytes, _ score: Double) {
        makeRoom(for: member)
        switch form {
        case .packed(var scores):
            scores.insert(member, score)
            form = .packed(scores)
        case .tree(let tree): tree.insert(member, tree.table.pointee.hash(member), score)
        }
    }

    /// Adds a member that is known to be new and to come behind all others: for loading in order.
    package mutating func append(_ member: Bytes, _ score: Double) {
        makeRoom(for: member)
        switch form {
        case .packed(var scores):
            scores.append(member, score)
            form = .packed(scores)
        case .tree(let tree): tree.append(member, score)
        }
    }

    /// A small set that one more element makes too long, or the member's length, becomes a tree.
    @inline(__always)
    private mutating func makeRoom(for member: Bytes) {
        guard case .packed(let scores) = form else { return }
        if scores.count &+ 1 > engine.pointee.settings.zsetMaxListpackEntries
            || member.count > engine.pointee.settings.zsetMaxListpackValue
            || !scores.block.hasRoom(for: member.count &+ 64)
        {
            convertToTree()
        }
    }

    /// Turns a small set into a big one.
    @inline(never)
    package mutating func convertToTree() {
        guard case .packed(let scores) = form else { return }
        let tree = TreeSet.create(engine)
        var offset = scores.block.first
        while let here = offset {
            scores.block.item(at: here).withText { tree.append($0, scores.score(here)) }
            offset = scores.next(here)
        }
        scores.block.free(engine.pointee.heap)
        form = .tree(tree)
    }

    /// Turns a big set that the limits allow to be small into a small one, as Redis does with the
    /// result of ZUNIONSTORE and the like. `longest` is the longest member.
    package mutating func convertToPacked(longest: Int) {
        guard case .tree(let tree) = form,
            tree.count <= engine.pointee.settings.zsetMaxListpackEntries,
            longest <= engine.pointee.settings.zsetMaxListpackValue,
            tree.count * (longest + 64) <= PackedBlock.longestBytes
        else { return }
        var scores = PackedScores(PackedBlock.create(engine.pointee.heap), engine.pointee.heap)
        tree.forEach { scores.append($0, $1) }
        tree.destroy()
        form = .packed(scores)
    }

    /// Removes a member; false if it is not there.
    @inline(__always)
    package mutating func remove(_ member: Bytes, hash: UInt64 = 0) -> Bool {
        switch form {
        case .packed(var scores):
            guard let offset = scores.find(member) else { return false }
            scores.remove(offset)
            form = .packed(scores)
            return true
        case .tree(let tree): return tree.remove(member, hash)
        }
    }

    /// Removes the elements of these ranks. Where few others are left of very many, these are
    /// copied, and the rest is freed in slices.
    /// - Complexity: O(min(removed, kept) + log n) of a big set
    package mutating func removeRange(_ ranks: Range<Int>) {
        guard !ranks.isEmpty else { return }
        switch form {
        case .packed(var scores):
            scores.removeRange(ranks)
            form = .packed(scores)
        case .tree(let tree):
            let kept = tree.count - ranks.count
            if kept > 0, ranks.count > 4096, kept < ranks.count / 2 {
                let rest = tree.copy(without: ranks, engine)
                release()
                form = .tree(rest)
            } else {
                tree.removeRange(ranks)
            }
        }
    }
}
