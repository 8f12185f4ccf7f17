// The list value against a plain array: random operations, every invariant after each of them.

import Memory
import RESP
import Testing

@testable import Engine

@Suite(.serialized) struct PackedListTests {
    /// A list and what it must hold.
    private struct Pair {
        var list = PackedList.create()
        var model: [[UInt8]] = []
        var limit: PackedListLimit

        func willAdd(_ element: [UInt8]) {
            list.convertBeforeAdding(bytes: element.count, count: 1, limit: limit)
        }

        mutating func push(_ element: [UInt8], atHead: Bool) {
            willAdd(element)
            element.withBytes { atHead ? list.pushHead($0) : list.pushTail($0) }
            model.insert(element, at: atHead ? 0 : model.count)
        }

        mutating func pop(atHead: Bool) {
            guard !model.isEmpty else { return }
            let item = atHead ? list.first : list.last
            #expect(item?.array == (atHead ? model.first : model.last))
            atHead ? list.removeFirst() : list.removeLast()
            _ = atHead ? model.removeFirst() : model.removeLast()
            list.convertAfterRemoving(limit: limit)
        }
    }

    /// Every element walked in both directions, links, counts, limits, sizes.
    private func check(_ pair: Pair, _ note: @autoclosure () -> String) {
        let (list, model) = (pair.list, pair.model)
        #expect(list.count == model.count, "\(note())")
        var forward: [[UInt8]] = []
        var nodes = 0
        var sum = 0
        var node = list.head
        var previous = list.tail
        while let here = node {
            nodes += 1
            sum += here.pointee.count
            #expect(here.pointee.count > 0)
            #expect(here.pointee.previous == previous, "back link: \(note())")
            #expect(here.pointee.frontSlack + here.pointee.used <= here.pointee.capacity)
            if here.pointee.isPlain {
                #expect(list.isQuicklist && here.pointee.count == 1)
            }
            var p = here.pointee.first
            for _ in 0..<here.pointee.count {
                forward.append(here.pointee.item(at: p).array)
                p += here.pointee.isPlain ? here.pointee.used : Listpack.entryBytes(at: p)
            }
            #expect(p == here.pointee.end)
            previous = here
            node = here.pointee.next
        }
        #expect(forward == model, "\(note())")
        #expect(nodes == list.nodeCount && sum == list.count)
        #expect(list.tail?.pointee.next == nil)
        #expect(list.isQuicklist || nodes <= 1)
        var backward: [[UInt8]] = []
        if var cursor = list.cursor(at: list.count - 1) {
            repeat { backward.append(cursor.item.array) } while cursor.moveBackward()
        }
        #expect(backward.reversed() == model, "\(note())")
    }

    private func step(_ pair: inout Pair, _ random: inout SeededGenerator) {
        let model = pair.model
        let list = pair.list
        let place = model.isEmpty ? 0 : random.below(model.count)
        switch random.below(100) {
        case 0..<22: pair.push(random.element(), atHead: true)
        case 22..<44: pair.push(random.element(), atHead: false)
        case 44..<52: pair.pop(atHead: true)
        case 52..<60: pair.pop(atHead: false)
        case 60..<70 where !model.isEmpty:
            let element = random.element()
            pair.willAdd(element)
            element.withBytes { list.replace(at: list.cursor(at: place)!, with: $0) }
            pair.model[place] = element
            list.convertAfterRemoving(limit: pair.limit)
        case 70..<84 where !model.isEmpty:
            let element = random.element()
            let after = random.below(2) == 0
            pair.willAdd(element)
            element.withBytes { list.insert($0, at: list.cursor(at: place)!, after: after) }
            pair.model.insert(element, at: after ? place + 1 : place)
        case 84..<88 where !model.isEmpty:
            let number = random.below(min(model.count - place, 60)) + 1
            let rest = list.removeRange(place, number)
            if let rest {
                #expect(rest.count > 0 && rest.nodeCount > 0)
                rest.destroy()
            }
            pair.model.removeSubrange(place..<place + number)
            list.convertAfterRemoving(limit: pair.limit)
        case 88..<92 where !model.isEmpty: removeMatching(&pair, model[place], &random)
        case 92..<96 where !model.isEmpty:
            let item = list.item(at: place)
            #expect(item?.array == model[place])
        case 96..<99: checkReply(pair, &random)
        default: checkCopy(pair)
        }
    }

    private func removeMatching(
        _ pair: inout Pair, _ element: [UInt8], _ random: inout SeededGenerator
    ) {
        let limit = random.below(3) == 0 ? Int.max : random.below(4) + 1
        let fromTail = random.below(2) == 0
        let found = element.withBytes {
            pair.list.removeMatching(PackedNeedle($0), limit: limit, fromTail: fromTail)
        }
        var kept: [[UInt8]] = []
        var removed = 0
        for other in fromTail ? pair.model.reversed() : pair.model {
            if other == element && removed < limit { removed += 1 } else { kept.append(other) }
        }
        pair.model = fromTail ? kept.reversed() : kept
        #expect(found == removed)
        pair.list.convertAfterRemoving(limit: pair.limit)
    }

    private func checkCopy(_ pair: Pair) {
        let before = Allocator.usedBytes
        let twin = pair.list.copy()
        #expect(Allocator.usedBytes - before == twin.footprint())
        #expect(twin.nodeCount == pair.list.nodeCount)
        #expect(twin.isQuicklist == pair.list.isQuicklist && twin.limit == pair.list.limit)
        check(Pair(list: twin, model: pair.model, limit: pair.limit), "copy")
        var calls = 1
        while !twin.freeSome(2) { calls += 1 }
        #expect(calls == max(1, (pair.list.nodeCount + 1) / 2))
        #expect(Allocator.usedBytes == before)
    }

    private static func bulk(_ element: [UInt8]) -> [UInt8] {
        Array("$\(element.count)\r\n".utf8) + element + [13, 10]
    }

    private func checkReply(_ pair: Pair, _ random: inout SeededGenerator) {
        let start = pair.model.isEmpty ? 0 : random.below(pair.model.count)
        let number = pair.model.isEmpty ? 0 : random.below(pair.model.count - start + 1)
        var reply = ReplyBuffer(capacity: 64)
        pair.list.appendBulks(from: start, number, to: &reply)
        let slice = Array(pair.model[start..<start + number])
        let expected = slice.flatMap(Self.bulk)
        #expect(Bytes(UnsafePointer(reply.base), reply.count).array == expected)
        reply.reset()
        pair.list.appendBulksReversed(from: start, number, to: &reply)
        let reversed = slice.reversed().flatMap(Self.bulk)
        #expect(Bytes(UnsafePointer(reply.base), reply.count).array == reversed)
    }

    @Test(arguments: [-1, -2, -5, -9, 0, 1, 3, 40, 100_000])
    func randomOperations(setting: Int) {
        let seed = UInt64(bitPattern: Int64(setting)) &+ 77
        var random = SeededGenerator(seed: seed)
        let before = Allocator.usedBytes
        var pair = Pair(limit: PackedListLimit(setting))
        for i in 0..<900 {
            step(&pair, &random)
            check(pair, "setting \(setting), seed \(seed), step \(i)")
            #expect(Allocator.usedBytes - before == pair.list.footprint(), "step \(i)")
        }
        pair.list.destroy()
        #expect(Allocator.usedBytes == before)
    }

    /// Elements of their own nodes everywhere, even integers.
    @Test func smallElementsAsLargeOnes() {
        PackedListLimit.largeElementBytes = 3
        defer { PackedListLimit.largeElementBytes = 0 }
        var random = SeededGenerator(seed: 5)
        let before = Allocator.usedBytes
        var pair = Pair(limit: PackedListLimit(4))
        for i in 0..<1500 {
            step(&pair, &random)
            check(pair, "step \(i)")
        }
        pair.list.destroy()
        #expect(Allocator.usedBytes == before)
    }

    /// OBJECT ENCODING on Redis 7.4 at list-max-listpack-size -1, -2 and 3.
    @Test func convertsAtRedisThresholds() {
        var pair = Pair(limit: PackedListLimit(3))
        for i in 0..<3 { pair.push([UInt8(0x61 + i)], atHead: false) }
        #expect(!pair.list.isQuicklist)
        pair.push([0x64], atHead: false)
        #expect(pair.list.isQuicklist && pair.list.nodeCount == 2)
        pair.pop(atHead: false)
        #expect(pair.list.isQuicklist && pair.list.nodeCount == 1)
        pair.pop(atHead: false)
        #expect(pair.list.isQuicklist)
        pair.pop(atHead: false)
        #expect(!pair.list.isQuicklist)
        pair.list.destroy()

        // 7 bytes of block and the sum of the lengths count, not what the entries take.
        for (setting, bytes) in [(-1, 4096), (-2, 8192), (64, 8192)] {
            for (length, converts) in [(bytes - 7, false), (bytes - 6, true)] {
                var one = Pair(limit: PackedListLimit(setting))
                one.push([UInt8](repeating: 0x61, count: length), atHead: true)
                #expect(one.list.isQuicklist == converts, "\(setting) \(length)")
                one.list.destroy()
            }
        }
    }

    /// A node takes 453 elements of 16 bytes, then one more that Redis's estimate lets in.
    @Test func fullNodesAreTight() {
        let before = Allocator.usedBytes
        var pair = Pair(limit: PackedListLimit(-2))
        for i in 0..<100_000 {
            let digits = String(i + 1_000_000)
            let element = Array(("element-x" + digits).utf8)
            element.withBytes {
                pair.list.convertBeforeAdding(bytes: 16, count: 1, limit: pair.limit)
                pair.list.pushTail($0)
            }
            pair.model.append(element)
        }
        check(pair, "100,000 elements")
        #expect(pair.list.head?.pointee.count == 454)
        #expect(Allocator.usedBytes - before == pair.list.footprint())
        let over = Double(pair.list.footprint()) / 100_000 - 16
        #expect(over < 2.3, "\(over) bytes per element over payload")
        let sampled = Double(pair.list.footprint(samples: 5)) / Double(pair.list.footprint())
        #expect(sampled > 0.95 && sampled < 1.05)
        pair.list.destroy()
        #expect(Allocator.usedBytes == before)
    }

    /// What a long trim cuts off is a list of its own, freed piece by piece.
    @Test func longRunsAreCutOff() {
        let before = Allocator.usedBytes
        var pair = Pair(limit: PackedListLimit(10))
        for i in 0..<2000 { pair.push(Array("element \(i)".utf8), atHead: i % 3 == 0) }
        let rest = pair.list.removeRange(105, 1795)
        pair.model.removeSubrange(105..<1900)
        check(pair, "trimmed")
        if let rest {
            #expect(rest.nodeCount > 160 && rest.count > 1600)
            #expect(
                Allocator.usedBytes - before == pair.list.footprint() + rest.footprint())
            while !rest.freeSome(3) {}
        } else {
            Issue.record("nothing cut off")
        }
        #expect(Allocator.usedBytes - before == pair.list.footprint())
        pair.list.destroy()
        #expect(Allocator.usedBytes == before)
    }

    /// A queue of constant length neither grows nor loses its order.
    @Test func queueStaysSmall() {
        for (pushHead, length) in [(true, 5), (false, 5), (true, 440), (false, 440)] {
            var pair = Pair(limit: PackedListLimit(-2))
            for i in 0..<20_000 {
                pair.push(Array("item-\(i % 977)-abcdefg".utf8), atHead: pushHead)
                if pair.model.count > length { pair.pop(atHead: !pushHead) }
            }
            check(pair, "queue of \(length)")
            let payload = pair.model.reduce(0) { $0 + $1.count }
            #expect(pair.list.footprint() < 2 * payload + 160, "\(pair.list.footprint())")
            pair.list.destroy()
        }
    }

    @Test func itemsMoveBetweenLists() {
        var random = SeededGenerator(seed: 3)
        var source = Pair(limit: PackedListLimit(-2))
        var target = Pair(limit: PackedListLimit(-2))
        for _ in 0..<200 { source.push(random.element(), atHead: false) }
        while let item = source.list.last {
            target.list.convertBeforeAdding(
                bytes: item.isInteger ? 0 : item.count, count: 1, limit: target.limit)
            target.list.push(item, atHead: true)
            target.model.insert(source.model.last!, at: 0)
            source.pop(atHead: false)
        }
        check(target, "moved")
        check(source, "emptied")
        source.list.destroy()
        target.list.destroy()
    }
}
