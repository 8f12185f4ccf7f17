// The counted B+ tree against a sorted array: seeded runs of inserts, removals, changes of score,
// range removals and lookups, with the invariants of every node checked in between.

import Memory
import Testing

@testable import Engine

/// A member of up to 255 bytes in a cell of its own: a length byte, then the bytes.
private struct Item: TableElement {
    let raw: UnsafeMutableRawPointer
    var key: Bytes { Bytes(raw: raw + 1, Int(raw.load(as: UInt8.self))) }
}

private struct Element: Comparable {
    var score: Double
    let member: [UInt8]
    let cell: UnsafeMutableRawPointer

    static func < (a: Element, b: Element) -> Bool {
        a.score == b.score ? a.member.lexicographicallyPrecedes(b.member) : a.score < b.score
    }
}

/// A tree and its model.
private final class Fixture {
    let heap = UnsafeMutablePointer<SlabHeap>.allocate(capacity: 1)
    let fields = UnsafeMutablePointer<TreeFields>.allocate(capacity: 1)
    var model: [Element] = []
    var random: RandomSource

    init(seed: UInt64) {
        heap.initialize(to: SlabHeap())
        fields.initialize(to: TreeFields(heap))
        random = RandomSource(seed: seed)
    }

    deinit {
        fields.deallocate()
        heap.deinitialize(count: 1)
        heap.deallocate()
    }

    var tree: CountedTree<Item> { CountedTree(fields) }

    func makeCell(_ member: [UInt8]) -> UnsafeMutableRawPointer {
        let cell = heap.pointee.allocate(member.count + 1)
        cell.storeBytes(of: UInt8(member.count), as: UInt8.self)
        for (i, byte) in member.enumerated() {
            cell.storeBytes(of: byte, toByteOffset: 1 + i, as: UInt8.self)
        }
        return cell
    }

    func freeCell(_ cell: UnsafeMutableRawPointer) {
        heap.pointee.deallocate(cell, Item(raw: cell).key.count + 1)
    }

    func place(_ element: Element) -> Int {
        var low = 0
        var high = model.count
        while low < high {
            let middle = (low + high) / 2
            if model[middle] < element { low = middle + 1 } else { high = middle }
        }
        return low
    }

    func insert(_ score: Double, _ member: [UInt8]) {
        let element = Element(score: score, member: member, cell: makeCell(member))
        let at = place(element)
        if at < model.count, model[at].member == member, model[at].score == score {
            return freeCell(element.cell)
        }
        model.insert(element, at: at)
        member.withBytes { tree.insert(score, element.cell, $0) }
    }

    func remove(at i: Int) {
        let element = model.remove(at: i)
        element.member.withBytes { tree.remove(element.score, element.cell, $0) }
        freeCell(element.cell)
    }

    func update(at i: Int, to score: Double) {
        var element = model.remove(at: i)
        let old = element.score
        element.score = score
        model.insert(element, at: place(element))
        element.member.withBytes { tree.update(element.cell, $0, from: old, to: score) }
    }

    func removeRange(_ start: Int, _ count: Int) {
        var left = count
        while left > 0 {
            let removed = tree.removeRun(rank: start, limit: left) { leaf, places in
                for i in places { freeCell(leaf.cell(i)) }
            }
            #expect(removed > 0 && removed <= left)
            left -= removed
        }
        model.removeSubrange(start..<start + count)
    }

    func finish() {
        while !tree.freeSome(3, { freeCell($0) }) {}
        model = []
        #expect(fields.pointee.count == 0 && fields.pointee.root == nil)
        #expect(heap.pointee.liveBytes == 0)
    }

    // MARK: Checks

    /// Every invariant of the tree, and that it holds what the model holds.
    func check() {
        #expect(tree.count == model.count)
        guard let root = fields.pointee.root else {
            #expect(model.isEmpty && fields.pointee.first == nil && fields.pointee.last == nil)
            return
        }
        var leaves: [TreeLeaf] = []
        let total = checkNode(root, level: 0, isFirst: true, isLast: true, isOnly: true, &leaves)
        #expect(total == model.count)
        checkLinks(leaves)
        var i = 0
        for leaf in leaves {
            for j in 0..<leaf.count {
                if i >= model.count || model[i].cell != leaf.cell(j)
                    || model[i].score != leaf.scores[j]
                {
                    Issue.record("element \(i) differs")
                    return
                }
                i += 1
            }
        }
    }

    private func checkLinks(_ leaves: [TreeLeaf]) {
        #expect(fields.pointee.first == leaves.first && fields.pointee.last == leaves.last)
        for (i, leaf) in leaves.enumerated() {
            #expect(leaf.previous == (i > 0 ? leaves[i - 1] : nil))
            #expect(leaf.next == (i + 1 < leaves.count ? leaves[i + 1] : nil))
        }
    }

    private func checkNode(
        _ raw: UnsafeMutableRawPointer, level: Int, isFirst: Bool, isLast: Bool, isOnly: Bool,
        _ leaves: inout [TreeLeaf]
    ) -> Int {
        let isEdge = isFirst || isLast || isOnly
        if level == tree.height {
            let leaf = TreeLeaf(raw)
            leaves.append(leaf)
            #expect(leaf.count > 0 && leaf.count <= TreeLeaf.capacity)
            #expect(isEdge || leaf.count >= TreeLeaf.capacity / 3)
            return leaf.count
        }
        let inner = TreeInner(raw)
        #expect(inner.count > (level == 0 ? 1 : 0) && inner.count <= TreeInner.capacity)
        #expect(isEdge || inner.count >= TreeInner.capacity / 3)
        var total = 0
        for i in 0..<inner.count {
            let before = leaves.count
            let under = checkNode(
                inner.children[i], level: level + 1, isFirst: isFirst && i == 0,
                isLast: isLast && i == inner.count - 1, isOnly: inner.count == 1, &leaves)
            #expect(inner.counts[i] == under)
            #expect(inner.scores[i] == leaves[before].scores[0])
            #expect(inner.cells[i] == leaves[before].cell(0))
            total += under
        }
        return total
    }

    /// Ranks by element, by score and by rank at random places.
    func checkLookups() {
        guard !model.isEmpty else {
            #expect(tree.rank(of: 0, including: true) == 0 && tree.cursor(at: 0) == nil)
            return
        }
        for _ in 0..<20 {
            let i = random.below(model.count)
            let element = model[i]
            #expect(element.member.withBytes { tree.rank(element.score, element.cell, $0) } == i)
            #expect(tree.cursor(at: i)?.cell == element.cell)
            let below = model.firstIndex { $0.score >= element.score } ?? model.count
            let above = model.firstIndex { $0.score > element.score } ?? model.count
            #expect(tree.rank(of: element.score, including: false) == below)
            #expect(tree.rank(of: element.score, including: true) == above)
            let between = element.score + 0.25
            let rank = model.firstIndex { $0.score > between } ?? model.count
            #expect(tree.rank(of: between, including: false) == rank)
        }
        #expect(tree.cursor(at: -1) == nil && tree.cursor(at: model.count) == nil)
    }

    var fill: Double {
        var leaves = 0
        var leaf = fields.pointee.first
        while let here = leaf {
            leaves += 1
            leaf = here.next
        }
        return Double(tree.count) / Double(leaves * TreeLeaf.capacity)
    }
}

@Suite(.serialized) struct CountedTreeTests {
    private func member(_ random: inout RandomSource, _ kinds: Int) -> [UInt8] {
        Array("m\(random.below(kinds))".utf8)
    }

    /// A run of all changes. `scores` is how many different scores there are.
    private func run(seed: UInt64, scores: Int, members: Int, target: Int, steps: Int) {
        let f = Fixture(seed: seed)
        for step in 0..<steps {
            let growing = f.model.count < target / 2 || (f.model.count < target && step & 4096 == 0)
            let choice = f.random.below(100)
            if f.model.isEmpty || choice < (growing ? 60 : 30) {
                let score = Double(f.random.below(scores)) / 2
                f.insert(score, member(&f.random, members))
            } else if choice < 70 {
                f.remove(at: f.random.below(f.model.count))
            } else if choice < 98 {
                let near = f.random.below(2) == 0
                let i = f.random.below(f.model.count)
                let score =
                    near
                    ? f.model[i].score + Double(f.random.below(3)) - 1
                    : Double(f.random.below(scores)) / 2
                let moved = Element(score: score, member: f.model[i].member, cell: f.model[i].cell)
                let at = f.place(moved)
                let isTaken =
                    at < f.model.count && f.model[at].member == moved.member
                    && f.model[at].score == score
                if !isTaken { f.update(at: i, to: score) }
            } else {
                let start = f.random.below(f.model.count)
                let most = f.random.below(10) == 0 ? f.model.count : 100
                f.removeRange(start, f.random.below(min(most, f.model.count - start) + 1))
            }
            if step % 997 == 0 {
                f.check()
                f.checkLookups()
            }
        }
        f.check()
        f.checkLookups()
        f.finish()
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func behavesLikeASortedArray(seed: UInt64) {
        run(seed: seed, scores: 100_000, members: 1_000_000, target: 9000, steps: 40_000)
    }

    @Test(arguments: [4, 5] as [UInt64])
    func behavesSoWithManyEqualScores(seed: UInt64) {
        run(seed: seed, scores: 7, members: 1_000_000, target: 9000, steps: 40_000)
    }

    @Test(arguments: [6, 7] as [UInt64])
    func behavesSoWhenItIsSmall(seed: UInt64) {
        run(seed: seed, scores: 50, members: 1000, target: 150, steps: 40_000)
    }

    @Test func ascendingAndDescendingScoresFillLeaves() {
        for ascending in [true, false] {
            let f = Fixture(seed: 8)
            for i in 0..<20_000 {
                let score = Double(ascending ? i : -i)
                let member = Array("m\(i)".utf8)
                let cell = f.makeCell(member)
                member.withBytes { f.tree.insert(score, cell, $0) }
                let element = Element(score: score, member: member, cell: cell)
                f.model.append(element)
            }
            if !ascending { f.model.reverse() }
            f.check()
            #expect(f.fill > 0.99)
            f.finish()
        }
    }

    @Test func randomScoresFillFourFifths() {
        let f = Fixture(seed: 9)
        for i in 0..<60_000 {
            let member = Array("m\(i)".utf8)
            let cell = f.makeCell(member)
            let score = Double(f.random.below(1 << 40))
            member.withBytes { f.tree.insert(score, cell, $0) }
        }
        #expect(f.fill > 0.8, "fill \(f.fill)")
        let leaves = Int(60_000 / (f.fill * Double(TreeLeaf.capacity)) + 0.5)
        #expect(f.tree.nodeBytes > leaves * TreeLeaf.bytes)
        #expect(f.tree.nodeBytes < leaves * TreeLeaf.bytes * 11 / 10)
        f.finish()
    }

    @Test func appendingBuildsTheSameTree() {
        let f = Fixture(seed: 10)
        for i in 0..<10_000 {
            let member = [UInt8(i >> 8), UInt8(i & 255)]
            let cell = f.makeCell(member)
            f.tree.append(Double(i / 100), cell)
            f.model.append(Element(score: Double(i / 100), member: member, cell: cell))
        }
        f.check()
        f.checkLookups()
        #expect(f.fill > 0.99)
        f.finish()
    }

    @Test func ranksByMemberWhenAllScoresAreEqual() {
        let f = Fixture(seed: 11)
        for _ in 0..<5000 { f.insert(0, member(&f.random, 100_000)) }
        f.check()
        for _ in 0..<500 {
            let needle = member(&f.random, 100_000)
            let below = f.model.firstIndex { !$0.member.lexicographicallyPrecedes(needle) }
            let above = f.model.firstIndex { needle.lexicographicallyPrecedes($0.member) }
            needle.withBytes {
                #expect(f.tree.rank(of: $0, including: false) == below ?? f.model.count)
                #expect(f.tree.rank(of: $0, including: true) == above ?? f.model.count)
            }
        }
        f.finish()
    }

    @Test func cursorsWalkBothWays() {
        let f = Fixture(seed: 12)
        for _ in 0..<3000 { f.insert(Double(f.random.below(500)), member(&f.random, 100_000)) }
        guard var cursor = f.tree.cursor(at: 0) else { return #expect(f.model.isEmpty) }
        for (i, element) in f.model.enumerated() {
            #expect(cursor.cell == element.cell && cursor.score == element.score)
            #expect(cursor.moveForward() == (i + 1 < f.model.count))
        }
        for (i, element) in f.model.enumerated().reversed() {
            #expect(cursor.cell == element.cell)
            #expect(cursor.moveBackward() == (i > 0))
        }
        f.finish()
    }

    @Test func movedCellsAreFoundAgain() {
        let f = Fixture(seed: 13)
        for _ in 0..<3000 { f.insert(Double(f.random.below(300)), member(&f.random, 100_000)) }
        for i in 0..<f.model.count {
            let old = f.model[i]
            let cell = f.makeCell(old.member)
            old.member.withBytes { f.tree.replace(old.cell, with: cell, old.score, $0) }
            f.freeCell(old.cell)
            f.model[i] = Element(score: old.score, member: old.member, cell: cell)
        }
        f.check()
        f.checkLookups()
        f.finish()
    }

    @Test func zeroesOfBothSignsAreEqual() {
        let f = Fixture(seed: 14)
        f.insert(-0.0, Array("b".utf8))
        f.insert(0.0, Array("a".utf8))
        f.insert(-.infinity, Array("c".utf8))
        f.insert(.infinity, Array("d".utf8))
        #expect(f.tree.cursor(at: 1)?.cell == f.model[1].cell)
        #expect(f.model.map(\.member) == ["c", "a", "b", "d"].map { Array($0.utf8) })
        #expect(f.tree.rank(of: 0, including: false) == 1)
        #expect(f.tree.rank(of: -0.0, including: true) == 3)
        #expect(f.tree.rank(of: .infinity, including: true) == 4)
        f.check()
        f.finish()
    }
}
