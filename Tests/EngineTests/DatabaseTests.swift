// The primitives of the keyspace against a plain model: every shape of value over every other,
// deadlines in every direction, all cycles in between, a virtual clock.

import Memory
import Testing

@testable import Engine

private enum ModelValue: Equatable {
    case string([UInt8])
    case list([[UInt8]])
}

private struct ModelCell {
    var value: ModelValue
    var deadline: Int64?
}

/// Two databases and their model, driven by one seed.
private final class Driver {
    static let keyCount = 300
    let test: TestEngine
    var random: RandomSource
    var model: [[Int: ModelCell]] = [[:], [:]]
    let keys = (0..<Driver.keyCount).map(testKey)
    /// Long values that a reply in flight still holds, with what they must go on saying.
    var inFlight: [(SharedBlob, [UInt8])] = []

    init(seed: UInt64) {
        test = TestEngine(databases: 2, seed: seed)
        random = RandomSource(seed: seed)
    }

    deinit { for (blob, _) in inFlight { blob.release() } }

    func bytes(_ count: Int) -> [UInt8] {
        [UInt8](repeating: UInt8(97 + random.below(26)), count: count)
    }

    func someSize() -> Int {
        [0, 1, 8, 44, 45, 100, 128, 511, 512, 513, 900, 5000][random.below(12)]
    }

    /// A deadline soon, far, or just passed.
    func someDeadline() -> Int64 {
        switch random.below(6) {
        case 0: test.now + Int64(random.below(3))
        case 1, 2: test.now + Int64(random.below(400))
        case 3: test.now + Int64(random.below(100_000))
        case 4: test.now + Int64(random.below(UInt64(1) << 40))
        default: test.now - 1
        }
    }

    func alive(_ n: Int, _ i: Int) -> ModelCell? {
        guard let cell = model[i][n] else { return nil }
        if let deadline = cell.deadline, deadline < test.now { return nil }
        return cell
    }

    func makeList() -> (PackedList, [[UInt8]]) {
        let list = PackedList.create()
        var items: [[UInt8]] = []
        let limit = PackedListLimit(random.below(2) == 0 ? -2 : 4)
        for _ in 0..<1 + random.below(random.below(4) == 0 ? 80 : 6) {
            let item = bytes(1 + random.below(300))
            list.convertBeforeAdding(bytes: item.count, count: 1, limit: limit)
            item.withBytes { list.pushTail($0) }
            items.append(item)
        }
        return (list, items)
    }

    func step() {
        let i = random.below(2)
        let n = random.below(Self.keyCount)
        switch random.below(40) {
        case 0...9: setString(n, i)
        case 10...12: setList(n, i)
        case 13: growList(n, i)
        case 14...20: setDeadline(n, i)
        case 21, 22: clearDeadline(n, i)
        case 23...26: remove(n, i)
        case 27: move(n, i)
        case 28, 29: copy(n, i)
        case 30, 31: append(n, i)
        case 32: hold(n, i)
        case 33: read(n, i)
        case 34: test.now += Int64(random.below(30))
        default: runCycles()
        }
        if random.below(3000) == 0 { flushOrSwap(i) }
        if random.below(400) == 0 { evict() }
    }

    private func setString(_ n: Int, _ i: Int) {
        var cell = ModelCell(value: .string([]), deadline: nil)
        let old = alive(n, i)
        let deadline: NewDeadline
        switch random.below(3) {
        case 0: deadline = .none
        case 1:
            deadline = .keep
            cell.deadline = old?.deadline
        default:
            let due = someDeadline()
            deadline = .at(due)
            cell.deadline = due
        }
        let integer = random.below(4) == 0 ? Int64(bitPattern: random.next()) : nil
        let value = integer.map { Array(String($0).utf8) } ?? bytes(someSize())
        cell.value = .string(value)
        test.with(keys[n], i) { database, key, hash, position in
            #expect((position != nil) == (old != nil), "key \(n), seed \(test.seed)")
            if let integer {
                database.pointee.setString(
                    key, hash, position, .integer(integer), deadline: deadline)
            } else {
                value.withBytes {
                    database.pointee.setString(
                        key, hash, position, .bytes($0), deadline: deadline)
                }
            }
        }
        model[i][n] = cell
    }

    private func setList(_ n: Int, _ i: Int) {
        let (list, items) = makeList()
        let due = random.below(2) == 0 ? someDeadline() : nil
        test.with(keys[n], i) { database, key, hash, position in
            database.pointee.setPointer(
                key, hash, position, type: .list, encoding: .packedList, list.raw,
                deadline: due.map { .at($0) } ?? .none)
        }
        model[i][n] = ModelCell(value: .list(items), deadline: due)
    }

    private func growList(_ n: Int, _ i: Int) {
        guard var cell = alive(n, i), case .list(var items) = cell.value else { return }
        let item = bytes(20)
        test.with(keys[n], i) { _, _, _, position in
            item.withBytes { PackedList(raw: position!.entry.pointerValue).pushTail($0) }
        }
        items.append(item)
        cell.value = .list(items)
        model[i][n] = cell
    }

    private func setDeadline(_ n: Int, _ i: Int) {
        guard alive(n, i) != nil else { return }
        let due = someDeadline()
        test.with(keys[n], i) { database, _, hash, position in
            _ = database.pointee.setDeadline(position!, hash, due)
        }
        model[i][n]!.deadline = due
    }

    private func clearDeadline(_ n: Int, _ i: Int) {
        guard alive(n, i) != nil else { return }
        test.with(keys[n], i) { database, _, _, position in
            _ = database.pointee.clearDeadline(position!)
        }
        model[i][n]!.deadline = nil
    }

    private func remove(_ n: Int, _ i: Int) {
        test.remove(keys[n], in: i)
        model[i][n] = nil
    }

    /// As RENAME and MOVE do.
    private func move(_ n: Int, _ i: Int) {
        guard let cell = alive(n, i) else { return }
        let m = random.below(Self.keyCount)
        let j = random.below(2)
        guard m != n || i != j else { return }
        remove(m, j)
        test.with(keys[n], i) { source, _, _, position in
            let value = source.pointee.take(position!)
            let target = keys[m]
            let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: target.count + 1)
            copy.update(from: target, count: target.count)
            let name = Bytes(UnsafePointer(copy), target.count)
            test.database(j).pointee.attach(value, name, test.engine.pointee.hash(name))
            copy.deallocate()
        }
        model[i][n] = nil
        model[j][m] = cell
    }

    private func copy(_ n: Int, _ i: Int) {
        guard let cell = alive(n, i) else { return }
        let m = random.below(Self.keyCount)
        let j = random.below(2)
        guard m != n || i != j else { return }
        remove(m, j)
        test.with(keys[n], i) { _, _, _, position in
            keys[m].withBytes {
                test.database(j).pointee.insertCopy(
                    of: position!.entry, $0, test.engine.pointee.hash($0))
            }
        }
        model[j][m] = cell
    }

    private func append(_ n: Int, _ i: Int) {
        guard var cell = alive(n, i), case .string(let value) = cell.value else { return }
        let more = bytes([1, 7, 40, 500][random.below(4)])
        test.with(keys[n], i) { database, _, _, position in
            let target = database.pointee.editString(position!, count: value.count + more.count)
            (target + value.count).update(from: more, count: more.count)
        }
        cell.value = .string(value + more)
        model[i][n] = cell
    }

    /// A reply takes a reference to a long value, and lets go of an earlier one.
    private func hold(_ n: Int, _ i: Int) {
        test.with(keys[n], i) { _, _, _, position in
            guard let entry = position?.entry, entry.encoding == .blob else { return }
            entry.blobValue.retain()
            inFlight.append((entry.blobValue, entry.blobValue.view.array))
        }
        guard inFlight.count > 8 else { return }
        let (blob, text) = inFlight.remove(at: random.below(inFlight.count))
        if blob.view.array != text { Issue.record("a reply changed, seed \(test.seed)") }
        blob.release()
    }

    private func read(_ n: Int, _ i: Int) {
        let found = keys[n].withBytes {
            test.database(i).pointee.lookupRead($0, test.engine.pointee.hash($0)) != nil
        }
        if found != (alive(n, i) != nil) { Issue.record("read of \(n), seed \(test.seed)") }
    }

    private func runCycles() {
        for _ in 0..<random.below(6) { _ = test.engine.pointee.expireSome() }
        for _ in 0..<random.below(6) { _ = test.engine.pointee.lazyFreeSome() }
        if random.below(8) == 0 { test.engine.pointee.startCompaction() }
        for _ in 0..<random.below(12) { _ = test.engine.pointee.compactSome() }
    }

    private func flushOrSwap(_ i: Int) {
        if random.below(2) == 0 {
            test.engine.pointee.flush(i)
            model[i] = [:]
        } else {
            test.engine.pointee.swap(0, 1)
            model.swapAt(0, 1)
        }
    }

    private func evict() {
        test.expireAll()
        test.freeAll()
        dropExpired()
        let policies = EvictionPolicy.allCases
        let policy = policies[random.below(policies.count)]
        policy.name.description.withBytes {
            test.engine.pointee.setEviction(
                policy: $0, samples: 5, lfuLogFactor: 10, lfuDecayMinutes: 1)
        }
        test.engine.pointee.settings.maxMemory = Allocator.usedBytes - 1
        let before = test.engine.pointee.statistics.evictedKeys
        var steps = 0
        while test.engine.pointee.evictSome(), steps < 1000 { steps += 1 }
        let evicted = test.engine.pointee.statistics.evictedKeys - before
        var missing = 0
        for i in 0..<2 {
            for (n, cell) in model[i] where !test.exists(keys[n], in: i) {
                missing += 1
                if policy.isVolatile && cell.deadline == nil {
                    Issue.record("\(policy) took a persistent key, seed \(test.seed)")
                }
                model[i][n] = nil
            }
        }
        if missing != evicted || steps >= 1000 {
            Issue.record("\(policy): \(evicted) evicted, \(missing) gone, seed \(test.seed)")
        }
        if evicted == 0, policy != .noeviction, steps == 0 {
            let any = model.contains {
                $0.contains { !policy.isVolatile || $0.value.deadline != nil }
            }
            if any { Issue.record("\(policy) took nothing, seed \(test.seed)") }
        }
        test.engine.pointee.settings.maxMemory = 0
        "noeviction".withBytes {
            test.engine.pointee.setEviction(
                policy: $0, samples: 5, lfuLogFactor: 10, lfuDecayMinutes: 1)
        }
    }

    private func dropExpired() {
        for i in 0..<2 { model[i] = model[i].filter { alive($0.key, i) != nil } }
    }

    /// Compares everything.
    func compare(_ round: Int) {
        test.expireAll()
        dropExpired()
        for i in 0..<2 {
            #expect(test.database(i).pointee.count == model[i].count, "seed \(test.seed) \(round)")
            #expect(
                test.database(i).pointee.volatileCount
                    == model[i].values.filter { $0.deadline != nil }.count,
                "seed \(test.seed) round \(round)")
            for n in 0..<Self.keyCount { compare(n, i, round) }
        }
        test.checkInvariants("round \(round)")
    }

    private func compare(_ n: Int, _ i: Int, _ round: Int) {
        let entry = keys[n].withBytes {
            test.database(i).pointee.peek($0, test.engine.pointee.hash($0))
        }
        guard let cell = model[i][n], let entry else {
            if model[i][n] != nil || entry != nil {
                Issue.record("key \(n) there or not, seed \(test.seed) round \(round)")
            }
            return
        }
        var value: ModelValue
        if entry.encoding == .packedList {
            let list = PackedList(raw: entry.pointerValue)
            var items: [[UInt8]] = []
            if var cursor = list.cursor(at: 0) {
                repeat { items.append(cursor.item.array) } while cursor.moveForward()
            }
            value = .list(items)
        } else {
            value = entry.withString { .string($0.array) }
        }
        if value != cell.value || entry.deadlineIfAny != cell.deadline {
            Issue.record("key \(n) differs, seed \(test.seed) round \(round)")
        }
    }
}

@Suite(.serialized) struct DatabaseTests {
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func everyPrimitiveAgreesWithTheModel(seed: UInt64) {
        let before = Allocator.usedBytes
        do {
            let driver = Driver(seed: seed)
            for round in 0..<25 {
                for _ in 0..<600 { driver.step() }
                driver.compare(round)
            }
        }
        #expect(Allocator.usedBytes == before, "seed \(seed)")
    }

    @Test func anExpiredKeyIsHiddenAndThenGone() {
        let test = TestEngine(seed: 1)
        let due = test.now + 10
        test.set([1], [2], .at(due))
        test.now = due
        #expect(test.exists([1]))
        test.now = due + 1
        test.engine.pointee.expiryPaused = true
        #expect(!test.exists([1]) && test.database().pointee.count == 1)
        check(!test.engine.pointee.expireSome())
        test.engine.pointee.expiryPaused = false
        #expect(!test.exists([1]) && test.database().pointee.count == 0)
        #expect(test.engine.pointee.statistics.lazilyExpiredKeys == 1)
    }

    @Test func aRandomEntryIsNeverPastItsTime() {
        let test = TestEngine(seed: 1)
        #expect(test.database().pointee.randomEntry() == nil)
        for n in 0..<2000 { test.set(testKey(n + 1), [1], .at(test.now + 5)) }
        test.set([9], [1])
        test.now += 6
        test.engine.pointee.expiryPaused = true
        #expect(test.database().pointee.randomEntry()?.hasDeadline != true)
        #expect(test.database().pointee.count == 2001)
        test.remove([9])
        #expect(test.database().pointee.randomEntry() == nil)
        test.engine.pointee.expiryPaused = false
        #expect(test.database().pointee.randomEntry() == nil)
        #expect(test.database().pointee.count == 0)
    }

    @Test func overwritingWithTheSameSizeStaysInPlace() {
        let test = TestEngine(seed: 1)
        test.set([1], [UInt8](repeating: 1, count: 20))
        let raw = test.with([1]) { $3!.entry.raw }
        test.set([1], [UInt8](repeating: 2, count: 21))
        #expect(test.with([1]) { $3!.entry.raw } == raw)
        #expect(
            test.with([1]) { $3!.entry.embeddedBytes.array } == [UInt8](repeating: 2, count: 21))
    }
}
