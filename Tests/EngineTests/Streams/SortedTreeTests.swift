// The tree under streams against a sorted array, its invariants after each operation.

import Testing

@testable import Engine

@Suite(.serialized) struct SortedTreeTests {
    typealias Tree = SortedTree<StreamPending>

    private static func item(_ number: Int) -> StreamPending {
        StreamPending(
            id: StreamID(UInt64(number / 8), UInt64(number % 8)), deliveryTime: Int64(number),
            deliveryCount: 1, consumer: nil)
    }

    private static func number(_ item: StreamPending) -> Int { Int(item.deliveryTime) }

    /// Smallest keys, fill, order and links of everything below `node`.
    private func check(
        _ node: TreeNode, _ level: Int32, _ leaves: inout [TreeNode], _ bytes: inout Int
    ) {
        bytes += node.bytes
        #expect(node.count > 0)
        if level == 0 {
            #expect(node.count <= node.capacity)
            leaves.append(node)
            return
        }
        #expect(node.count <= Tree.innerCapacity)
        for i in 0..<node.count {
            let child = Tree.children(node)[i]
            #expect(Tree.keys(node)[i] == Tree.smallest(child, level - 1))
            check(child, level - 1, &leaves, &bytes)
        }
    }

    private func check(_ tree: Tree, _ model: [Int], _ note: @autoclosure () -> String) {
        #expect(tree.count == model.count, "\(note())")
        guard let root = tree.root else {
            #expect(model.isEmpty && tree.firstLeaf == nil && tree.lastLeaf == nil, "\(note())")
            #expect(tree.nodeBytes == 0)
            return
        }
        #expect(tree.height == 0 || root.count > 1, "\(note())")
        var leaves: [TreeNode] = []
        var bytes = 0
        check(root, tree.height, &leaves, &bytes)
        #expect(bytes == tree.nodeBytes, "\(note())")
        #expect(leaves.first == tree.firstLeaf && leaves.last == tree.lastLeaf)
        for (i, leaf) in leaves.enumerated() {
            #expect(leaf.previous == (i > 0 ? leaves[i - 1] : nil), "\(note())")
            #expect(leaf.next == (i + 1 < leaves.count ? leaves[i + 1] : nil), "\(note())")
        }
        var forward: [Int] = []
        tree.forEach { forward.append(Self.number($0.pointee)) }
        #expect(forward == model, "\(note())")
        var backward: [Int] = []
        if var cursor = tree.end {
            repeat { backward.append(Self.number(cursor.item.pointee)) } while cursor.moveBackward()
        }
        #expect(backward.reversed() == model, "\(note())")
    }

    private func checkSeek(_ tree: Tree, _ model: [Int], _ wanted: Int) {
        let key = Self.item(wanted).id
        let after = tree.seek(atOrAfter: key).map { Self.number($0.item.pointee) }
        #expect(after == model.first { $0 >= wanted })
        let before = tree.seek(atOrBefore: key).map { Self.number($0.item.pointee) }
        #expect(before == model.last { $0 <= wanted })
        #expect((tree.find(key) != nil) == model.contains(wanted))
    }

    /// One operation; `growth` of ten add.
    private func step(
        _ tree: inout Tree, _ model: inout [Int], _ random: inout SeededGenerator, growth: Int
    ) {
        if random.below(10) < growth {
            // Mostly behind all others, as in streams.
            let number =
                random.below(4) > 0 ? (model.last ?? 0) + 1 + random.below(5) : random.below(9000)
            let place = model.firstIndex { $0 >= number } ?? model.count
            let isNew = place == model.count || model[place] != number
            #expect(tree.insert(Self.item(number)).isNew == isNew)
            if isNew { model.insert(number, at: place) }
            return
        }
        guard !model.isEmpty else { return }
        switch random.below(10) {
        case 0..<5:
            let number = model.removeFirst()
            #expect(tree.remove(Self.item(number).id).map(Self.number) == number)
        case 5..<8:
            let number = model.remove(at: random.below(model.count))
            #expect(tree.remove(Self.item(number).id).map(Self.number) == number)
        case 8:
            #expect(tree.remove(StreamID(UInt64(random.below(9000)), 9)) == nil)
            guard let leaf = tree.firstLeaf, leaf.count > 1 else { return }
            let number = 1 + random.below(leaf.count - 1)
            tree.removeFromFirstLeaf(number)
            model.removeFirst(number)
        default:
            guard let leaf = tree.takeFirstLeaf() else { return }
            let numbers = (0..<leaf.count).map { Self.number(Tree.items(leaf)[$0]) }
            #expect(numbers == Array(model.prefix(leaf.count)))
            model.removeFirst(leaf.count)
            leaf.free()
        }
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `Random operations keep order, links and smallest keys`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var tree = Tree()
        var model: [Int] = []
        for round in 0..<6000 {
            // It grows to some thousands, shrinks to nothing, grows again.
            step(&tree, &model, &random, growth: round / 1500 % 2 == 0 ? 9 : 3)
            if round % 50 == 0 || model.count < 40 {
                check(tree, model, "seed \(seed), round \(round)")
                checkSeek(tree, model, random.below(9000))
            }
        }
        check(tree, model, "seed \(seed), end")
        tree.removeAll()
        check(tree, [], "seed \(seed), emptied")
    }

    @Test func `Appending leaves full leaves behind`() {
        var tree = Tree()
        for i in 0..<10_000 { tree.insert(Self.item(i)) }
        check(tree, Array(0..<10_000), "appended")
        var leaves = 0
        var leaf = tree.firstLeaf
        while let here = leaf {
            leaves += 1
            leaf = here.next
        }
        #expect(leaves == (10_000 + Tree.leafCapacity - 1) / Tree.leafCapacity)
        tree.removeAll()
    }

    @Test func `Emptying at random gives nodes back`() {
        var tree = Tree()
        var random = SeededGenerator(seed: 9)
        var left = Array(0..<20_000)
        for i in left { tree.insert(Self.item(i)) }
        let full = tree.nodeBytes
        left.shuffle(using: &random)
        for i in left.prefix(19_000) { tree.remove(Self.item(i).id) }
        #expect(tree.nodeBytes < full / 4)
        check(tree, left.suffix(1000).sorted(), "thinned out")
        tree.removeAll()
    }
}
