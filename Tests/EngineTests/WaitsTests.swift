// Waiting for keys against a naive model: who is served, in which order, and what is left behind.

import Memory
import Testing

@testable import Engine

@Suite struct WaitsTests {
    /// A client of the model.
    private struct ModelClient {
        let handle: WaitHandle
        let database: Int
        let keys: [String]
        let kind: WaitKind
        let wakesOnLoss: Bool
    }

    /// Queues as lists of client numbers, ready keys as a list.
    private final class Model {
        let engine: UnsafeMutablePointer<Engine>
        var clients: [Int: ModelClient] = [:]
        /// Client numbers by database and key, in order of arrival.
        var queues: [String: [Int]] = [:]
        var ready: [String] = []
        private var owners: [UnsafeMutableRawPointer: Int] = [:]

        init(_ engine: UnsafeMutablePointer<Engine>) { self.engine = engine }

        var waits: UnsafeMutablePointer<Waits> { engine.pointee.waits }

        func name(_ database: Int, _ key: String) -> String { "\(database)/\(key)" }

        func owner(_ number: Int) -> UnsafeMutableRawPointer {
            UnsafeMutableRawPointer(bitPattern: number * 16 + 16)!
        }

        func add(_ number: Int, _ database: Int, _ keys: [String], _ kind: WaitKind, _ loss: Bool) {
            let arrays = keys.map { Array($0.utf8) }
            let flat: [UInt8] = Array(arrays.joined())
            let handle = flat.withUnsafeBufferPointer { buffer in
                var at = 0
                let bytes = arrays.map { array -> Bytes in
                    defer { at += array.count }
                    return Bytes(buffer.baseAddress! + at, array.count)
                }
                return waits.pointee.add(
                    owner(number), database: database, bytes, bytes.count, kind, wakesOnLoss: loss)
            }
            var unique: [String] = []
            for key in keys where !unique.contains(key) { unique.append(key) }
            clients[number] = ModelClient(
                handle: handle, database: database, keys: unique, kind: kind, wakesOnLoss: loss)
            for key in unique { queues[name(database, key), default: []].append(number) }
        }

        func release(_ number: Int) {
            waits.pointee.release(clients[number]!.handle)
            forget(number)
        }

        func forget(_ number: Int) {
            let client = clients.removeValue(forKey: number)!
            for key in client.keys {
                let name = name(client.database, key)
                queues[name]!.removeAll { $0 == number }
                if queues[name]!.isEmpty {
                    queues[name] = nil
                    ready.removeAll { $0 == name }
                }
            }
        }

        func signal(_ database: Int, _ key: String, _ kind: WaitKind) {
            let name = name(database, key)
            guard clients.values.contains(where: { $0.kind == kind }), queues[name] != nil,
                !ready.contains(name)
            else { return }
            ready.append(name)
        }

        func signalLoss(_ database: Int, _ key: String, _ kind: WaitKind) {
            let name = name(database, key)
            guard clients.values.contains(where: { $0.kind == kind }),
                queues[name]?.contains(where: { clients[$0]!.wakesOnLoss }) == true,
                !ready.contains(name)
            else { return }
            ready.append(name)
        }

        func number(_ owner: UnsafeMutableRawPointer) -> Int { (Int(bitPattern: owner) - 16) / 16 }
    }

    private static let types: [ValueType] = [.list, .sortedSet, .stream]

    /// Puts something of the type under the key; the entry holds no real value, so it is taken out
    /// again before the engine could free one.
    private func put(_ engine: TestEngine, _ database: Int, _ key: String, _ type: ValueType) {
        engine.with(Array(key.utf8), database) { database, bytes, hash, position in
            if let position { database.pointee.remove(position) }
            let list = PackedList.create()
            list.pushTail(bytes)
            database.pointee.setPointer(
                bytes, hash, nil, type: type, encoding: .packedList, list.raw)
        }
    }

    @Test(arguments: [UInt64(1), 2, 3, 4])
    func clientsAreServedInOrder(seed: UInt64) {
        let fixture = TestEngine(databases: 2, seed: seed)
        let model = Model(fixture.engine)
        var random = RandomSource(seed: seed)
        func below(_ n: Int) -> Int { Int(random.below(UInt64(n))) }
        let keys = (0..<6).map { "key\($0)" }
        var types: [String: ValueType] = [:]
        var next = 0
        for _ in 0..<4000 {
            let database = below(2)
            let key = keys[below(keys.count)]
            let name = model.name(database, key)
            switch below(10) {
            case 0..<4:
                let kind = WaitKind(rawValue: below(3))!
                let wanted = (0...below(3)).map { _ in keys[below(keys.count)] }
                model.add(next, database, wanted, kind, kind == .stream && below(2) == 0)
                next += 1
            case 4:
                if let some = model.clients.keys.sorted().first { model.release(some) }
            case 5..<8:
                if let old = types[name] { model.signalLoss(database, key, WaitKind(old)!) }
                let type = Self.types[below(3)]
                put(fixture, database, key, type)
                types[name] = type
                model.signal(database, key, WaitKind(type)!)
            case 8:
                if let old = types[name] { model.signalLoss(database, key, WaitKind(old)!) }
                fixture.remove(Array(key.utf8), in: database)
                types[name] = nil
            default:
                serve(fixture, model, types)
            }
            check(fixture, model, seed)
        }
        for number in model.clients.keys.sorted() { model.release(number) }
        check(fixture, model, seed)
        #expect(fixture.engine.pointee.waits.pointee.keyCount == 0, "seed \(seed)")
    }

    /// Serves all ready keys; each client waits no more.
    private func serve(_ fixture: TestEngine, _ model: Model, _ types: [String: ValueType]) {
        var expected: [Int] = []
        var left = model.queues
        var ready = model.ready
        while !ready.isEmpty {
            let name = ready.removeFirst()
            let kind = types[name].flatMap { WaitKind($0) }
            let there = (left[name] ?? []).filter { model.clients[$0]!.kind == kind }
            let lost = (left[name] ?? []).filter {
                model.clients[$0]!.wakesOnLoss && model.clients[$0]!.kind != kind
            }
            for number in there + lost {
                expected.append(number)
                for queue in left.keys { left[queue]!.removeAll { $0 == number } }
            }
            ready.removeAll { left[$0]!.isEmpty }
        }
        var served: [Int] = []
        while let owner = Engine.nextReadyOwner(fixture.engine) {
            served.append(model.number(owner))
            model.forget(model.number(owner))
        }
        #expect(served == expected)
        #expect(!fixture.engine.pointee.attention.contains(.readyKeys))
        model.ready = []
    }

    private func check(_ fixture: TestEngine, _ model: Model, _ seed: UInt64) {
        let figures = Engine.waitedKeys(fixture.engine)
        #expect(figures.all == model.queues.count, "seed \(seed)")
        let loss = model.queues.values.filter { queue in
            queue.contains { model.clients[$0]!.wakesOnLoss }
        }
        #expect(figures.loss == loss.count, "seed \(seed)")
        #expect(fixture.engine.pointee.waits.pointee.clientCount == model.clients.count)
        let isReady = fixture.engine.pointee.waits.pointee.hasReadyKeys
        #expect(isReady == !model.ready.isEmpty, "seed \(seed)")
    }

    /// One who waits again while a key is served is not served twice for it, and comes last.
    @Test func whoComesBackIsNotServedTwice() {
        let fixture = TestEngine(seed: 9)
        let model = Model(fixture.engine)
        for number in 0..<3 { model.add(number, 0, ["k"], .stream, false) }
        put(fixture, 0, "k", .stream)
        var served: [Int] = []
        while let owner = Engine.nextReadyOwner(fixture.engine) {
            let number = model.number(owner)
            served.append(number)
            model.forget(number)
            model.add(number, 0, ["k"], .stream, false)
        }
        #expect(served == [0, 1, 2])
        fixture.remove(Array("k".utf8))
        put(fixture, 0, "k", .stream)
        model.release(1)
        served = []
        while let owner = Engine.nextReadyOwner(fixture.engine) {
            served.append(model.number(owner))
            model.forget(model.number(owner))
        }
        #expect(served == [0, 2])
    }

    /// A key that is gone again, or past its time, wakes nobody; one overwritten does not appear.
    @Test func onlyWhatIsThereWakes() {
        let fixture = TestEngine(seed: 10)
        let model = Model(fixture.engine)
        model.add(0, 0, ["k"], .list, false)
        put(fixture, 0, "k", .list)
        fixture.remove(Array("k".utf8))
        #expect(Engine.nextReadyOwner(fixture.engine) == nil)
        put(fixture, 0, "k", .list)
        fixture.with(Array("k".utf8)) { database, _, hash, position in
            _ = database.pointee.setDeadline(position!, hash, fixture.now - 1)
        }
        #expect(Engine.nextReadyOwner(fixture.engine) == nil)
        fixture.set(Array("k".utf8), [1])
        fixture.with(Array("k".utf8)) { database, bytes, hash, position in
            let list = PackedList.create()
            list.pushTail(bytes)
            database.pointee.setPointer(
                bytes, hash, position, type: .list, encoding: .packedList, list.raw)
        }
        #expect(!fixture.engine.pointee.attention.contains(.readyKeys))
        #expect(Engine.nextReadyOwner(fixture.engine) == nil)
        model.release(0)
    }

    /// A hundred thousand keys: the tables grow and shrink with what is waited for.
    @Test func tablesFollowTheKeys() {
        let fixture = TestEngine(seed: 11)
        let model = Model(fixture.engine)
        let before = Allocator.usedBytes
        for number in 0..<10 {
            model.add(number, 0, (0..<10_000).map { "key\(number)-\($0)" }, .list, false)
        }
        #expect(Engine.waitedKeys(fixture.engine).all == 100_000)
        for number in 0..<10 {
            fixture.engine.pointee.waits.pointee.release(
                model.clients[number]!.handle)
        }
        #expect(Engine.waitedKeys(fixture.engine).all == 0)
        #expect(Allocator.usedBytes - before < 300_000)
    }

    /// Swapping and flushing databases.
    @Test func wholeDatabasesSignal() {
        let fixture = TestEngine(databases: 2, seed: 12)
        let model = Model(fixture.engine)
        model.add(0, 0, ["a"], .list, false)
        put(fixture, 1, "a", .list)
        #expect(!fixture.engine.pointee.attention.contains(.readyKeys))
        fixture.engine.pointee.swap(0, 1)
        #expect(Engine.nextReadyOwner(fixture.engine).map(model.number) == 0)
        model.forget(0)
        put(fixture, 0, "s", .stream)
        put(fixture, 0, "t", .stream)
        put(fixture, 1, "t", .stream)
        model.add(1, 0, ["s"], .stream, true)
        model.add(2, 0, ["s"], .stream, false)
        model.add(3, 0, ["t"], .stream, true)
        while Engine.nextReadyOwner(fixture.engine) != nil { Issue.record("nobody is ready") }
        fixture.engine.pointee.swap(0, 1)
        var served: [Int] = []
        while let owner = Engine.nextReadyOwner(fixture.engine) {
            served.append(model.number(owner))
        }
        // "s" is gone; "t" is another stream, which is looked at anew.
        #expect(served.sorted() == [1, 3])
        for number in served { model.forget(number) }
        fixture.engine.pointee.flush(0)
        fixture.engine.pointee.flush(1)
        #expect(Engine.nextReadyOwner(fixture.engine) == nil)
        model.release(2)
    }
}
