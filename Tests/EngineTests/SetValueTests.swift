// A set in all its encodings against a Swift set: random changes under changing limits, the
// encoding that Redis 7.4 would have, copies, random members, memory given back.

import Memory
import Testing

@testable import Engine

@Suite(.serialized) struct SetValueTests {
    private func member(_ random: inout RandomSource, _ kind: Int) -> [UInt8] {
        let number = random.below(kind < 8 ? 40 : 400)
        switch random.below(kind < 5 ? 1 : 6) {
        case 0: return Array("\(number)".utf8)
        case 1: return Array("\(number - 200)".utf8)
        case 2: return Array("\(number * 100_000_000_000)".utf8)
        case 3: return Array("m\(number)".utf8)
        case 4: return Array("a longer member number \(number)".utf8)
        default:
            return Array("\(number)".utf8) + [UInt8](repeating: 0x78, count: number)
        }
    }

    private func content(_ set: SetValue) -> Set<[UInt8]> {
        var found = Set<[UInt8]>()
        set.forEach { found.insert($0.array) }
        return found
    }

    /// What an encoding promises of its members.
    private func isSound(_ set: SetValue) -> Bool {
        switch set.encoding {
        case .intset:
            let values = (0..<set.intSet.count).map { set.intSet.value(at: $0) }
            return values == values.sorted() && Set(values).count == values.count
        case .listpack: return PackedBlock.isValid(set.block.bytes)
        default: return faults(of: &set.table.pointee).isEmpty
        }
    }

    @Test(arguments: Array(1...12) as [UInt64])
    func itIsASet(seed: UInt64) {
        let test = TestEngine(seed: seed)
        let engine = test.engine
        let before = Allocator.usedBytes
        var random = RandomSource(seed: seed)
        for round in 0..<12 {
            engine.pointee.settings.setMaxIntsetEntries = [512, 4, 20][random.below(3)]
            engine.pointee.settings.setMaxListpackEntries = [128, 4, 30][random.below(3)]
            engine.pointee.settings.setMaxListpackValue = [64, 10][random.below(2)]
            var model = Set<[UInt8]>()
            var set = SetValue.emptyIntSet(engine)
            for step in 0..<1500 {
                let bytes = member(&random, round)
                bytes.withBytes { bytes in
                    var probe = SetProbe(bytes)
                    #expect(set.contains(&probe, engine) == model.contains(bytes.array))
                    if random.below(5) < (step < 900 ? 3 : 1) {
                        #expect(set.add(&probe, engine) == model.insert(bytes.array).inserted)
                    } else {
                        #expect(set.remove(&probe, engine) == (model.remove(bytes.array) != nil))
                    }
                }
                if step % 100 == 0 {
                    #expect(content(set) == model && set.count == model.count && isSound(set))
                }
            }
            let copy = set.copy(engine)
            #expect(copy.encoding == set.encoding && content(copy) == model)
            copy.free(engine)
            popAll(&set, model, engine)
            set.free(engine)
        }
        test.freeAll()
        #expect(Allocator.usedBytes == before, "seed \(seed)")
    }

    /// Random members are members; popping them one by one leaves nothing.
    private func popAll(
        _ set: inout SetValue, _ model: Set<[UInt8]>, _ engine: UnsafeMutablePointer<Engine>
    ) {
        var left = model
        while !set.isEmpty {
            #expect(left.contains(set.randomItem(engine).array))
            set.popRandom(engine) { item in #expect(left.remove(item.array) != nil) }
        }
        #expect(left.isEmpty)
    }

    private func strings(_ range: Range<Int>, _ prefix: String = "m") -> [[UInt8]] {
        range.map { Array("\(prefix)\($0)".utf8) }
    }

    private func make(
        _ members: [[UInt8]], _ engine: UnsafeMutablePointer<Engine>
    ) -> SetValue {
        var set = SetValue.emptyTable(engine)
        for member in members { member.withBytes { _ = set.add($0, engine) } }
        return set
    }

    /// Tables of all relations of size, split buckets or not, with and without chains.
    @Test(arguments: [0, 1, 7, 100, 700, 1000, 1300, 5000])
    func joiningTablesFindsWhatIsCommon(count: Int) {
        let test = TestEngine(seed: 9)
        let engine = test.engine
        let one = make(strings(0..<count), engine)
        for (low, high) in [(0, count), (count / 2, count + 500), (0, 10), (count / 3, 9000)] {
            let two = make(strings(min(low, high)..<max(low, high)), engine)
            let expected = content(one).intersection(content(two))
            for (a, b) in [(one, two), (two, one)] {
                var joined: [[UInt8]] = []
                SetValue.forEachCommon(a.table, b.table) { member in
                    joined.append(member.key.array)
                    return true
                }
                #expect(joined.count == expected.count && Set(joined) == expected)
                var probed: [[UInt8]] = []
                a.forEachProbe(ahead: { b.table }, engine) { probe in
                    if b.contains(&probe, engine) { probed.append(probe.bytes.array) }
                    return true
                }
                #expect(probed.count == expected.count && Set(probed) == expected)
            }
            two.free(engine)
        }
        one.free(engine)
        test.freeAll()
    }

    /// SCAN's guarantee: what stays is seen, however the table grows and shrinks meanwhile.
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func aScanSeesWhatStays(seed: UInt64) {
        let test = TestEngine(seed: seed)
        let engine = test.engine
        var random = RandomSource(seed: seed)
        var set = make(strings(0..<500, "stays"), engine)
        for member in strings(0..<3000, "goes") { member.withBytes { _ = set.add($0, engine) } }
        var seen = Set<[UInt8]>()
        var cursor: UInt64 = 0
        var fresh = 0
        repeat {
            cursor = set.table.pointee.scan(cursor) { seen.insert($0.key.array) }
            if seed % 2 == 0 {
                for _ in 0..<random.below(60) {
                    Array("new\(fresh)".utf8).withBytes { _ = set.add($0, engine) }
                    fresh += 1
                }
            }
            for _ in 0..<random.below(60) {
                Array("goes\(random.below(3000))".utf8).withBytes {
                    var probe = SetProbe($0)
                    _ = set.remove(&probe, engine)
                }
            }
        } while cursor != 0
        for member in strings(0..<500, "stays") {
            if !seen.contains(member) { Issue.record("a scan missed a member, seed \(seed)") }
        }
        set.free(engine)
        test.freeAll()
    }
}
