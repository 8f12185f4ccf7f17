// Compaction: after many deletions the slabs shrink to what a fresh engine would map, whatever is
// written and deleted between the slices; nothing is lost.

import Memory
import Testing

@testable import Engine

#if !FLASHKVD_SANITIZE
    @Suite(.serialized) struct CompactionTests {
        private func key(_ n: Int) -> [UInt8] { Array("user:\(n)".utf8) }

        private func value(_ n: Int) -> [UInt8] {
            [UInt8](repeating: UInt8(n & 0xFF), count: n * 37 % 100)
        }

        private func set(_ n: Int, _ test: TestEngine) {
            let deadline: NewDeadline = n % 3 == 0 ? .at(test.now + 1_000_000_000) : .none
            test.set(key(n), value(n), deadline, in: n % 2)
        }

        private func isIntact(_ n: Int, _ test: TestEngine) -> Bool {
            test.with(key(n), n % 2) { _, _, _, position in
                guard let entry = position?.entry else { return false }
                return entry.hasDeadline == (n % 3 == 0)
                    && value(n).withBytes { entry.embeddedBytes.equals($0) }
            }
        }

        private func mapped(_ test: TestEngine) -> Int { test.engine.pointee.slabBytes.mapped }

        private func fresh(_ live: Set<Int>) -> Int {
            let test = TestEngine(databases: 2, seed: 9)
            for n in live { set(n, test) }
            return mapped(test)
        }

        @Test(arguments: [(1, 5), (2, 4)] as [(UInt64, Int)])
        func slabsShrinkToWhatIsNeeded(seed: UInt64, oneIn: Int) {
            let test = TestEngine(databases: 2, seed: seed)
            var random = RandomSource(seed: seed)
            let many = 200_000
            for n in 0..<many { set(n, test) }
            check(!test.engine.pointee.wantsCompaction)
            let full = mapped(test)
            var live = Set<Int>()
            for n in 0..<many {
                if random.below(oneIn) == 0 {
                    live.insert(n)
                } else {
                    test.remove(key(n), in: n % 2)
                }
            }
            check(test.engine.pointee.wantsCompaction)
            test.compactAll()
            #expect(test.engine.pointee.compaction.passes == 1)
            let needed = fresh(live)
            let slack = 2 * PieceStore.pieceBytes
            #expect(
                mapped(test) <= needed * 13 / 10 + slack,
                "\(full >> 20) MiB to \(mapped(test) >> 20), fresh \(needed >> 20), seed \(seed)")
            #expect(!test.engine.pointee.wantsCompaction && !test.engine.pointee.compactionHasWork)
            #expect(live.allSatisfy { isIntact($0, test) }, "seed \(seed)")
            test.checkInvariants()
        }

        /// All keys of some sizes go: what is left sits in full slabs, strewn over all regions.
        @Test func fullSlabsMoveTogetherToo() {
            let test = TestEngine(databases: 2, seed: 4)
            let many = 200_000
            for n in 0..<many { set(n, test) }
            var live = Set<Int>()
            for n in 0..<many {
                if n * 37 % 100 < 12 { live.insert(n) } else { test.remove(key(n), in: n % 2) }
            }
            check(test.engine.pointee.wantsCompaction)
            test.compactAll()
            let needed = fresh(live)
            #expect(mapped(test) <= needed * 13 / 10 + 2 * PieceStore.pieceBytes)
            #expect(live.allSatisfy { isIntact($0, test) })
            test.checkInvariants()
        }

        @Test(arguments: [1, 2] as [UInt64])
        func writesAndDeletesBetweenTheSlices(seed: UInt64) {
            let test = TestEngine(databases: 2, seed: seed)
            var random = RandomSource(seed: seed)
            let many = 60_000
            var live = Set(0..<many)
            for n in 0..<many { set(n, test) }
            for n in 0..<many where random.below(4) != 0 {
                live.remove(n)
                test.remove(key(n), in: n % 2)
            }
            for pass in 0..<3 {
                test.engine.pointee.startCompaction()
                var slices = 0
                while test.engine.pointee.compactSome() {
                    slices += 1
                    for _ in 0..<5 {
                        let n = random.below(many)
                        switch random.below(5) {
                        case 0, 1:
                            set(n, test)
                            live.insert(n)
                        case 2, 3:
                            live.remove(n)
                            test.remove(key(n), in: n % 2)
                        default: _ = test.exists(key(n), in: n % 2)
                        }
                    }
                    if pass == 1, slices == 700 {
                        test.engine.pointee.flush(1)
                        live = live.filter { $0 % 2 == 0 }
                    }
                    if pass == 2, slices % 50 == 0 { _ = test.engine.pointee.lazyFreeSome() }
                    if slices > 100_000 {
                        Issue.record("no end, seed \(seed)")
                        return
                    }
                }
                test.checkInvariants("pass \(pass)")
                let wrong = (0..<many).filter {
                    live.contains($0) ? !isIntact($0, test) : test.exists(key($0), in: $0 % 2)
                }
                #expect(wrong.isEmpty, "seed \(seed) pass \(pass)")
            }
        }

        /// No slice takes long: it looks at few slabs or buckets.
        @Test func aTableThatBecameSparseShrinks() {
            let test = TestEngine(seed: 1)
            for n in 0..<50_000 { test.set(key(n), [1]) }
            let full = test.engine.pointee.tableBytes
            for n in 100..<50_000 { test.remove(key(n)) }
            check(test.engine.pointee.compactionHasWork)
            while test.engine.pointee.compactSome() {}
            check(!test.engine.pointee.compactionHasWork)
            #expect(test.engine.pointee.tableBytes < full / 50)
            #expect((0..<100).allSatisfy { test.exists(key($0)) })
            test.checkInvariants()
        }
    }
#endif
