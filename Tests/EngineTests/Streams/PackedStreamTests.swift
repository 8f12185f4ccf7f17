// The stream value against a plain array: random operations, every invariant after each of them.

import Memory
import RESP
import Testing

@testable import Engine

@Suite(.serialized) struct PackedStreamTests {
    private struct Entry: Equatable {
        let id: StreamID
        let pairs: [[UInt8]]
    }

    /// A stream and what it must hold.
    private struct Pair {
        var stream = PackedStream.create()
        var model: [Entry] = []
        var added = 0
        var limits: StreamNodeLimits

        mutating func append(_ id: StreamID, _ pairs: [[UInt8]]) {
            PackedStreamTests.append(stream, id, pairs, limits)
            model.append(Entry(id: id, pairs: pairs))
            added += 1
        }
    }

    private static func append(
        _ stream: PackedStream, _ id: StreamID, _ pairs: [[UInt8]], _ limits: StreamNodeLimits
    ) {
        // Each argument in an allocation of its own, so that a sanitizer sees a read beyond it.
        let arguments = pairs.map { word -> Bytes in
            let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: max(word.count, 1))
            copy.update(from: word, count: word.count)
            return Bytes(copy, word.count)
        }
        defer { for argument in arguments { argument.base.deallocate() } }
        arguments.withUnsafeBufferPointer {
            stream.append(
                id, $0.baseAddress!, fields: pairs.count / 2,
                payload: pairs.reduce(0) { $0 + $1.count }, limits)
        }
    }

    private static func read(
        _ stream: PackedStream, _ first: StreamID = .zero, _ last: StreamID = .max,
        reversed: Bool = false
    ) -> [Entry] {
        var entries: [Entry] = []
        var cursor = StreamCursor(stream, from: first, through: last, reversed: reversed)
        while cursor.advance() {
            var pairs: [[UInt8]] = []
            cursor.forEachPair {
                pairs.append($0.array)
                pairs.append($1.array)
            }
            #expect(pairs.count == 2 * cursor.fieldCount)
            entries.append(Entry(id: cursor.id, pairs: pairs))
        }
        return entries
    }

    private func check(_ pair: Pair, _ note: @autoclosure () -> String) {
        let (stream, model) = (pair.stream, pair.model)
        #expect(stream.length == model.count, "\(note())")
        #expect(Self.read(stream) == model, "\(note())")
        #expect(Self.read(stream, reversed: true).reversed() == model, "\(note())")
        #expect(stream.firstID == model.first?.id ?? .zero, "\(note())")
        #expect(stream.lastEntryID == model.last?.id, "\(note())")
        #expect(stream.entriesAdded == Int64(pair.added), "\(note())")
        var live = 0
        var bytes = 0
        stream.fields.pointee.blocks.forEach { block in
            live += Int(block.pointee.live)
            bytes += Int(block.pointee.capacity)
            let counted = StreamBlockCheck.liveEntries(block.pointee.content, block.pointee.id)
            #expect(counted == Int(block.pointee.live), "\(note())")
            #expect(block.pointee.bytes <= Int(block.pointee.capacity))
        }
        #expect(live == model.count && bytes == stream.fields.pointee.blockBytes, "\(note())")
    }

    private func word(_ random: inout SeededGenerator) -> [UInt8] {
        switch random.below(8) {
        case 0: return Array("\(Int64(bitPattern: random.next()) >> Int64(random.below(64)))".utf8)
        case 1: return Array("\(random.below(300))".utf8)
        case 2: return []
        case 3: return [UInt8](repeating: 0x78, count: random.below(200))
        case 4 where random.below(10) == 0: return [UInt8](repeating: 0x79, count: 5000)
        default: return Array("f\(random.below(4))".utf8)
        }
    }

    private func pairs(_ random: inout SeededGenerator) -> [[UInt8]] {
        let count = 1 + random.below(3)
        return (0..<2 * count).map {
            $0 % 2 == 0 && random.below(3) > 0 ? Array("field\($0)".utf8) : word(&random)
        }
    }

    private func append(_ pair: inout Pair, _ random: inout SeededGenerator) {
        var id = pair.stream.lastID
        switch random.below(12) {
        case 0: id = StreamID(id.milliseconds + UInt64(1 + random.below(100_000)), 0)
        case 1: id = StreamID(id.milliseconds + 1, UInt64(random.below(1000)))
        case 2 where random.below(200) == 0: id = StreamID(id.milliseconds | 1 << 40, .max)
        default: id = StreamID(id.milliseconds, id.sequence &+ UInt64(1 + random.below(3)))
        }
        guard id > pair.stream.lastID else { return }
        pair.append(id, pairs(&random))
    }

    private func delete(_ pair: inout Pair, _ random: inout SeededGenerator) {
        guard !pair.model.isEmpty else { return }
        let index = random.below(4) == 0 ? 0 : random.below(pair.model.count)
        let id = pair.model[index].id
        #expect(pair.stream.contains(id))
        #expect(pair.stream.delete(id))
        pair.stream.noteDeleted(largest: id, firstWentToo: index == 0)
        pair.model.remove(at: index)
        #expect(!pair.stream.contains(id))
        #expect(!pair.stream.delete(id))
    }

    private func trim(_ pair: inout Pair, _ random: inout SeededGenerator) {
        let before = pair.model.count
        let place = random.below(before + 2)
        var goal = StreamTrimGoal.length(UInt64(place))
        if random.below(2) == 0, place < before {
            goal = .from(pair.model[place].id)
        }
        var trim = StreamTrim(goal)
        trim.isApproximate = random.below(2) == 0
        if trim.isApproximate, random.below(2) == 0 { trim.limit = Int64(random.below(300)) }
        let (removed, rest) = pair.stream.trim(trim)
        rest?.destroy()
        pair.model.removeFirst(removed)
        guard !trim.isApproximate else {
            #expect(trim.limit == 0 || removed <= trim.limit)
            return
        }
        switch goal {
        case .length(let most): #expect(removed == max(0, before - Int(most)))
        case .from: #expect(removed == place)
        }
    }

    private func range(_ pair: Pair, _ random: inout SeededGenerator) {
        guard !pair.model.isEmpty else { return }
        let bounds = [0, 0].map { _ in random.below(pair.model.count) }.sorted()
        var first = pair.model[bounds[0]].id
        let last = pair.model[bounds[1]].id
        if random.below(3) == 0 { first = first.previous ?? first }
        let expected = pair.model.filter { $0.id >= first && $0.id <= last }
        #expect(Self.read(pair.stream, first, last) == expected)
        #expect(Self.read(pair.stream, first, last, reversed: true) == expected.reversed())
        let tail = pair.model.filter { $0.id >= first }
        #expect(Self.read(pair.stream, first) == tail)
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func `Random operations match a plain array`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let limits = [
            StreamNodeLimits(), StreamNodeLimits(bytes: 0, entries: 3),
            StreamNodeLimits(bytes: 300, entries: 0), StreamNodeLimits(bytes: 0, entries: 0),
        ]
        var pair = Pair(limits: limits[Int(seed) % limits.count])
        for round in 0..<1500 {
            switch random.below(100) {
            case 0..<70: append(&pair, &random)
            case 70..<82: delete(&pair, &random)
            case 82..<84: trim(&pair, &random)
            case 84: pair.limits = limits[random.below(limits.count)]
            case 85:
                let copy = pair.stream.copy()
                pair.stream.destroy()
                pair.stream = copy
            default: range(pair, &random)
            }
            if round % 10 == 0 { check(pair, "seed \(seed), round \(round)") }
        }
        check(pair, "seed \(seed), end")
        pair.stream.destroy()
    }

    @Test(arguments: [11, 12] as [UInt64])
    func `Blocks can be taken out and put together again`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var pair = Pair(limits: StreamNodeLimits(bytes: 500, entries: 20))
        for _ in 0..<400 { append(&pair, &random) }
        for _ in 0..<100 { delete(&pair, &random) }
        let twin = PackedStream.create()
        pair.stream.forEachBlock { #expect(twin.addBlock($0, $1)) }
        #expect(
            twin.finishLoading(
                length: UInt64(pair.stream.length), lastID: pair.stream.lastID,
                firstID: pair.stream.firstID, maxDeletedID: pair.stream.maxDeletedID,
                entriesAdded: UInt64(pair.stream.entriesAdded)))
        #expect(Self.read(twin) == pair.model)
        #expect(
            !twin.finishLoading(
                length: 1, lastID: pair.stream.lastID, firstID: nil, maxDeletedID: nil,
                entriesAdded: nil))
        pair.stream.destroy()
        pair.stream = twin
        check(pair, "seed \(seed)")
        pair.stream.destroy()
    }

    @Test(arguments: [21, 22, 23] as [UInt64])
    func `Broken blocks are refused or harmless`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var pair = Pair(limits: StreamNodeLimits(bytes: 0, entries: 0))
        for _ in 0..<12 { append(&pair, &random) }
        let id = pair.stream.fields.pointee.blocks.first!.pointee.id
        let good = pair.stream.fields.pointee.blocks.first!.pointee.content.array
        pair.stream.destroy()
        for _ in 0..<20_000 {
            var bad = good
            for _ in 0...random.below(3) {
                bad[random.below(bad.count)] = UInt8(truncatingIfNeeded: random.next())
            }
            if random.below(8) == 0 { bad.removeLast(random.below(bad.count)) }
            let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: max(bad.count, 1))
            copy.update(from: bad, count: bad.count)
            let stream = PackedStream.create()
            if stream.addBlock(id, Bytes(copy, bad.count)) {
                // What passes is walked without harm, both ways.
                let entries = Self.read(stream)
                #expect(entries.count == stream.length)
                #expect(Self.read(stream, reversed: true).count == stream.length)
            }
            stream.destroy()
            copy.deallocate()
        }
    }

    @Test func `A long stream is freed in slices`() {
        let stream = PackedStream.create()
        let limits = StreamNodeLimits(bytes: 0, entries: 1)
        let pair = [Array("f".utf8), Array("v".utf8)]
        for i in 1...2000 { Self.append(stream, StreamID(UInt64(i), 0), pair, limits) }
        let (removed, rest) = stream.trim(StreamTrim(.length(500)))
        #expect(removed == 1500 && stream.length == 500 && stream.blockCount == 500)
        var steps = 1
        while let rest, !rest.freeSome(2) { steps += 1 }
        #expect(steps > 10)
        steps = 1
        while !stream.freeSome(2) { steps += 1 }
        #expect(steps > 5)
    }

    @Test func `An entry set behind a larger deleted one is found`() {
        // XSETID can set the last ID back below entries that are deleted.
        let stream = PackedStream.create()
        let pair = [Array("f".utf8), Array("v".utf8)]
        let limits = StreamNodeLimits(bytes: 0, entries: 1)
        for i in [1, 3, 9] { Self.append(stream, StreamID(UInt64(i), 0), pair, limits) }
        _ = stream.trim(StreamTrim(.length(0)))
        Self.append(stream, StreamID(10, 0), pair, StreamNodeLimits())
        Self.append(stream, StreamID(11, 0), pair, StreamNodeLimits())
        #expect(stream.delete(StreamID(11, 0)))
        stream.setLastID(StreamID(10, 0))
        Self.append(stream, StreamID(10, 5), pair, limits)
        #expect(Self.read(stream).map(\.id) == [StreamID(10, 0), StreamID(10, 5)])
        #expect(stream.contains(StreamID(10, 5)))
        stream.destroy()
    }
}
