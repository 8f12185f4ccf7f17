// Random commands on strings, deadlines, names and databases against a naive model: every reply is
// compared, and the keyspace's own books now and then. A failure names its seed.

import Memory
import RESP
import Testing

@testable import Engine

/// What a keyspace is, without any of the machinery.
private struct Model {
    enum Value { case string(String), list([String]) }
    struct Item {
        var value: Value
        var deadline: Int64?
    }

    var databases: [[String: Item]]
    var now = CommandSession.start

    init(_ count: Int) { databases = Array(repeating: [:], count: count) }

    func item(_ db: Int, _ key: String) -> Item? {
        guard let item = databases[db][key] else { return nil }
        if let deadline = item.deadline, deadline < now { return nil }
        return item
    }

    func live(_ db: Int) -> [String] { databases[db].keys.filter { item(db, $0) != nil } }

    mutating func put(_ db: Int, _ key: String, _ value: String, _ deadline: Int64? = nil) {
        databases[db][key] = Item(value: .string(value), deadline: deadline)
    }

    /// A key's string; nil for a list.
    func string(_ db: Int, _ key: String) -> String? {
        guard case .string(let text)? = item(db, key)?.value else { return nil }
        return text
    }

    func isList(_ db: Int, _ key: String) -> Bool {
        if case .list? = item(db, key)?.value { return true }
        return false
    }
}

/// Draws a command, says what its reply must be, and changes the model.
private struct Walk {
    typealias S = CommandSession
    let session: CommandSession
    var model: Model
    var random: RandomSource
    var db = 0

    init(seed: UInt64) {
        session = CommandSession(databases: 3, seed: seed)
        model = Model(3)
        random = RandomSource(seed: seed)
    }

    mutating func key() -> String {
        let n = random.below(40)
        return n % 8 == 0 ? String(repeating: "long key \(n) ", count: 30) : "k\(n)"
    }

    mutating func value() -> String {
        switch random.below(6) {
        case 0: "\(random.below(20_000))"
        case 1: "-\(random.next() >> 1)"
        case 2: String(repeating: "v", count: random.below(60))
        case 3: String(repeating: "w", count: random.below(700))
        case 4: String(repeating: "xyz", count: random.below(3000))
        default: "abc"
        }
    }

    mutating func check(_ command: String..., expecting expected: String) {
        session.selected = db
        let reply = session.run(command)
        #expect(reply == expected, "\(command.map { $0.prefix(60) })")
    }

    mutating func step() {
        db = random.below(3)
        switch random.below(16) {
        case 0...3: set()
        case 4: read()
        case 5: append()
        case 6: setRange()
        case 7: increment()
        case 8: delete()
        case 9, 10: expire()
        case 11: persist()
        case 12: rename()
        case 13: copy()
        case 14: move()
        default: push()
        }
    }

    private mutating func set() {
        let (k, v) = (key(), value())
        switch random.below(4) {
        case 0:
            let time = Int64(1 + random.below(3000))
            check("SET", k, v, "PX", "\(time)", expecting: S.ok)
            model.put(db, k, v, model.now + time)
        case 1:
            check("SET", k, v, "KEEPTTL", expecting: S.ok)
            model.put(db, k, v, model.item(db, k)?.deadline)
        case 2:
            let isNew = model.item(db, k) == nil
            check("SET", k, v, "NX", expecting: isNew ? S.ok : S.null)
            if isNew { model.put(db, k, v) }
        default:
            check("SET", k, v, expecting: S.ok)
            model.put(db, k, v)
        }
    }

    private mutating func read() {
        let k = key()
        let text = model.string(db, k).map { S.bulk($0) } ?? S.null
        check("GET", k, expecting: model.isList(db, k) ? S.wrongType : text)
    }

    private mutating func append() {
        let (k, v) = (key(), value())
        if model.isList(db, k) { return check("APPEND", k, v, expecting: S.wrongType) }
        let text = (model.string(db, k) ?? "") + v
        check("APPEND", k, v, expecting: ":\(text.utf8.count)\r\n")
        model.put(db, k, text, model.item(db, k)?.deadline)
    }

    private mutating func setRange() {
        let k = key()
        let offset = random.below(900)
        if model.isList(db, k) {
            return check("SETRANGE", k, "\(offset)", "zz", expecting: S.wrongType)
        }
        var text = Array((model.string(db, k) ?? "").utf8)
        while text.count < offset + 2 { text.append(0) }
        text[offset] = 0x7A
        text[offset + 1] = 0x7A
        check("SETRANGE", k, "\(offset)", "zz", expecting: ":\(text.count)\r\n")
        model.put(db, k, String(decoding: text, as: UTF8.self), model.item(db, k)?.deadline)
    }

    private mutating func increment() {
        let k = key()
        if model.isList(db, k) { return check("INCR", k, expecting: S.wrongType) }
        guard let old = Int64(model.string(db, k) ?? "0"), "\(old)" == model.string(db, k) ?? "0"
        else { return check("INCR", k, expecting: S.notInteger) }
        check("INCR", k, expecting: ":\(old + 1)\r\n")
        model.put(db, k, "\(old + 1)", model.item(db, k)?.deadline)
    }

    private mutating func delete() {
        let k = key()
        check("DEL", k, expecting: model.item(db, k) == nil ? ":0\r\n" : ":1\r\n")
        model.databases[db][k] = nil
    }

    private mutating func expire() {
        let k = key()
        let time = Int64(random.below(4000)) - 100
        let found = model.item(db, k) != nil
        check("PEXPIRE", k, "\(time)", expecting: found ? ":1\r\n" : ":0\r\n")
        guard found else { return }
        if time <= 0 {
            model.databases[db][k] = nil
        } else {
            model.databases[db][k]!.deadline = model.now + time
        }
    }

    private mutating func persist() {
        let k = key()
        let deadline = model.item(db, k)?.deadline
        let left = deadline.map { $0 - model.now } ?? (model.item(db, k) == nil ? -2 : -1)
        check("PTTL", k, expecting: ":\(left)\r\n")
        check("PERSIST", k, expecting: deadline == nil ? ":0\r\n" : ":1\r\n")
        if deadline != nil { model.databases[db][k]!.deadline = nil }
    }

    private mutating func rename() {
        let (from, to) = (key(), key())
        guard let item = model.item(db, from) else {
            return check("RENAME", from, to, expecting: "-ERR no such key\r\n")
        }
        check("RENAME", from, to, expecting: S.ok)
        model.databases[db][from] = nil
        model.databases[db][to] = item
    }

    private mutating func copy() {
        let (from, to) = (key(), key())
        let target = random.below(3)
        if from == to, target == db { return }
        let item = model.item(db, from)
        let works = item != nil && model.item(target, to) == nil
        check("COPY", from, to, "DB", "\(target)", expecting: works ? ":1\r\n" : ":0\r\n")
        if works { model.databases[target][to] = item }
    }

    private mutating func move() {
        let k = key()
        let target = (db + 1) % 3
        let item = model.item(db, k)
        let works = item != nil && model.item(target, k) == nil
        check("MOVE", k, "\(target)", expecting: works ? ":1\r\n" : ":0\r\n")
        if works {
            model.databases[target][k] = item
            model.databases[db][k] = nil
        }
    }

    private mutating func push() {
        let k = key()
        var item = model.item(db, k) ?? Model.Item(value: .list([]))
        guard case .list(var elements) = item.value else {
            return check("RPUSH", k, "e", expecting: S.wrongType)
        }
        elements.append("e\(elements.count)")
        check("RPUSH", k, elements.last!, expecting: ":\(elements.count)\r\n")
        item.value = .list(elements)
        model.databases[db][k] = item
    }

    /// Lets time pass; sometimes the cycles run.
    mutating func tick() {
        let time = Int64(random.below(40))
        model.now += time
        session.advance(time)
        if random.below(4) == 0 { while session.engine.pointee.expireSome() {} }
        if random.below(8) == 0 {
            session.engine.pointee.startCompaction()
            while session.engine.pointee.compactSome() {}
        }
    }

    /// Compares every key, and the books that the keyspace keeps of itself.
    mutating func compareAll() {
        while session.engine.pointee.expireSome() {}
        for i in 0..<3 {
            db = i
            let database = session.engine.pointee.databases + i
            let live = model.live(i)
            var visited = 0
            var withDeadline = 0
            database.pointee.forEach { entry in
                visited += 1
                if entry.hasDeadline { withDeadline += 1 }
            }
            #expect(visited == live.count)
            #expect(database.pointee.count == live.count)
            #expect(database.pointee.volatileCount == withDeadline)
            for key in live {
                switch model.item(i, key)!.value {
                case .string(let text): check("GET", key, expecting: S.bulk(text))
                case .list(let elements):
                    check("LRANGE", key, "0", "-1", expecting: S.array(elements))
                }
            }
        }
    }
}

@Suite(.serialized) struct KeyspaceModelTests {
    @Test(arguments: [11, 12, 13, 14, 15, 16] as [UInt64])
    func randomCommands(_ seed: UInt64) {
        let before = Allocator.usedBytes
        do {
            var walk = Walk(seed: seed)
            for i in 1...4000 {
                walk.step()
                if i % 5 == 0 { walk.tick() }
                if i % 500 == 0 { walk.compareAll() }
            }
            _ = walk.session.run("FLUSHALL")
            let engine = walk.session.engine
            while engine.pointee.lazyFree.freeOne(engine.pointee.heap) {}
            #expect(engine.pointee.slabBytes.live == 0, "seed \(seed)")
            #expect(engine.pointee.lazyFree.pendingObjects == 0, "seed \(seed)")
        }
        #expect(Allocator.usedBytes == before, "seed \(seed)")
    }
}
