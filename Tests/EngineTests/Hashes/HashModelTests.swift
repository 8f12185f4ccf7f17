// Hashes against a dictionary: random commands under a clock that moves, in every form, with the
// expiry cycle, compaction, copies and renames in between. After each step the hash is compared as
// a whole, and what is kept about deadlines with the truth.

import Memory
import RESP
import Testing

@testable import Engine

@Suite struct HashModelTests {
    private struct Model {
        struct Value: Equatable {
            var text: String
            var deadline: Int64
        }
        var fields: [String: Value] = [:]
    }

    private final class Run {
        let session: CommandSession
        var random: RandomSource
        var hashes: [String: Model] = [:]
        let seed: UInt64
        var step = 0
        let fieldCount: Int
        let longValues: Bool

        init(seed: UInt64, fieldCount: Int, limit: Int, longValues: Bool) {
            self.seed = seed
            self.fieldCount = fieldCount
            self.longValues = longValues
            session = CommandSession(seed: seed)
            random = RandomSource(seed: seed)
            session.engine.pointee.settings.hashLimits = HashLimits(
                entries: limit, valueBytes: 64)
        }

        var now: Int64 { session.engine.pointee.now }
        var comment: Comment { "seed \(seed) step \(step)" }

        func key() -> String { "key\(random.below(4))" }
        func field() -> String {
            let i = random.below(fieldCount)
            return i % 3 == 0
                ? "\(i)" : (i % 17 == 1 ? String(repeating: "f", count: 60 + i) : "field\(i)")
        }
        func value() -> String {
            switch random.below(4) {
            case 0: "\(Int64(bitPattern: random.next()) >> Int64(random.below(64)))"
            case 1 where longValues && random.below(10) == 0:
                String(repeating: "v", count: random.below(6000))
            default: "value\(random.below(1000))"
            }
        }

        /// Drops from the model what is past its time.
        func expire() {
            for (key, model) in hashes {
                let live = model.fields.filter {
                    $0.value.deadline == 0 || $0.value.deadline >= now
                }
                hashes[key] = live.isEmpty ? nil : Model(fields: live)
            }
        }

        func one() {
            step += 1
            expire()
            let key = key()
            switch random.below(100) {
            case 0..<30: set(key)
            case 30..<40: delete(key)
            case 40..<58: expireFields(key)
            case 58..<62: persist(key)
            case 62..<66: setWithOptions(key)
            case 66..<70: getWithOptions(key)
            case 70..<74: increment(key)
            case 74..<80: copyOrRename(key)
            case 80..<95:
                session.advance(Int64(random.below(400)))
                cycles()
            case 95..<97: session.engine.pointee.startCompaction()
            default: read(key)
            }
            expire()
        }

        func set(_ key: String) {
            var arguments: [String] = []
            var isNew = 0
            for _ in 0...random.below(4) {
                let (field, value) = (field(), value())
                arguments += [field, value]
                if hashes[key]?.fields[field] == nil { isNew += 1 }
                hashes[key, default: Model()].fields[field] = .init(text: value, deadline: 0)
            }
            #expect(session.run(["hset", key] + arguments) == ":\(isNew)\r\n", comment)
        }

        func delete(_ key: String) {
            let fields = (0...random.below(3)).map { _ in field() }
            var deleted = 0
            for field in fields where hashes[key]?.fields.removeValue(forKey: field) != nil {
                deleted += 1
            }
            #expect(session.run(["hdel", key] + fields) == ":\(deleted)\r\n", comment)
        }

        func expireFields(_ key: String) {
            let due = now + Int64(random.below(3000)) - 50
            let fields = Array(Set((0...random.below(4)).map { _ in field() }))
            let condition = ["", "nx", "xx", "gt", "lt"][random.below(5)]
            var expected = "*\(fields.count)\r\n"
            for field in fields {
                guard let old = hashes[key]?.fields[field] else {
                    expected += ":-2\r\n"
                    continue
                }
                let allowed =
                    switch condition {
                    case "nx": old.deadline == 0
                    case "xx": old.deadline != 0
                    case "gt": old.deadline != 0 && due > old.deadline
                    case "lt": old.deadline == 0 || due < old.deadline
                    default: true
                    }
                if !allowed {
                    expected += ":0\r\n"
                } else if due <= now {
                    hashes[key]!.fields[field] = nil
                    expected += ":2\r\n"
                } else {
                    hashes[key]!.fields[field]!.deadline = due
                    expected += ":1\r\n"
                }
            }
            let words =
                ["hpexpireat", key, "\(due)"] + (condition.isEmpty ? [] : [condition])
                + ["fields", "\(fields.count)"] + fields
            #expect(session.run(words) == expected, comment)
        }

        func persist(_ key: String) {
            let name = field()
            let old = hashes[key]?.fields[name]
            let expected = old == nil ? -2 : (old!.deadline == 0 ? -1 : 1)
            hashes[key]?.fields[name]?.deadline = 0
            #expect(
                session.run("hpersist", key, "fields", "1", name) == "*1\r\n:\(expected)\r\n",
                comment)
        }

        func setWithOptions(_ key: String) {
            let (name, text) = (field(), value())
            let due = now + Int64(random.below(500)) - 20
            let keeps = random.below(3) == 0
            let old = hashes[key]?.fields[name]
            if keeps {
                hashes[key, default: Model()].fields[name] = .init(
                    text: text, deadline: old?.deadline ?? 0)
            } else if due <= now {
                hashes[key]?.fields[name] = nil
            } else {
                hashes[key, default: Model()].fields[name] = .init(text: text, deadline: due)
            }
            let option = keeps ? ["keepttl"] : ["pxat", "\(due)"]
            let words = ["hsetex", key] + option + ["fields", "1", name, text]
            #expect(session.run(words) == ":1\r\n", comment)
        }

        func getWithOptions(_ key: String) {
            let name = field()
            let old = hashes[key]?.fields[name]
            let expected = "*1\r\n" + (old.map { CommandSession.bulk($0.text) } ?? "$-1\r\n")
            if random.below(2) == 0 {
                hashes[key]?.fields[name] = nil
                #expect(session.run("hgetdel", key, "fields", "1", name) == expected, comment)
                return
            }
            let due = now + Int64(random.below(500)) - 20
            if old != nil {
                if due <= now {
                    hashes[key]!.fields[name] = nil
                } else {
                    hashes[key]!.fields[name]!.deadline = due
                }
            }
            let words = ["hgetex", key, "pxat", "\(due)", "fields", "1", name]
            #expect(session.run(words) == expected, comment)
        }

        func increment(_ key: String) {
            let name = field()
            let old = hashes[key]?.fields[name]
            guard let number = Int64(old?.text ?? "0") else {
                let error = "-ERR hash value is not an integer\r\n"
                #expect(session.run("hincrby", key, name, "1") == error, comment)
                return
            }
            let (sum, overflow) = number.addingReportingOverflow(3)
            if overflow { return }
            hashes[key, default: Model()].fields[name] = .init(
                text: "\(sum)", deadline: old?.deadline ?? 0)
            #expect(session.run("hincrby", key, name, "3") == ":\(sum)\r\n", comment)
        }

        func copyOrRename(_ key: String) {
            let other = self.key()
            guard other != key, let model = hashes[key] else { return }
            hashes[other] = model
            if random.below(2) == 0 {
                #expect(session.run("copy", key, other, "replace") == ":1\r\n", comment)
            } else {
                hashes[key] = nil
                #expect(session.run("rename", key, other) == "+OK\r\n", comment)
            }
        }

        /// Expiry, and some steps of the other cycles.
        func cycles() {
            // HSET, HDEL and HEXPIRE see fields past their time until the cycle has been there.
            while session.engine.pointee.expireSome() {}
            for _ in 0..<random.below(30) { _ = session.engine.pointee.compactSome() }
            for _ in 0..<random.below(4) { _ = session.engine.pointee.lazyFreeSome() }
        }

        func read(_ key: String) {
            let name = field()
            let old = hashes[key]?.fields[name]
            #expect(
                session.run("hget", key, name)
                    == (old.map { CommandSession.bulk($0.text) } ?? "$-1\r\n"),
                comment)
            #expect(
                session.run("hpexpiretime", key, "fields", "1", name)
                    == "*1\r\n:\(old.map { $0.deadline == 0 ? -1 : $0.deadline } ?? -2)\r\n",
                comment)
            #expect(
                session.run("hstrlen", key, name) == ":\(old?.text.utf8.count ?? 0)\r\n", comment)
        }

        /// Compares everything.
        func check() {
            expire()
            for key in (0..<4).map({ "key\($0)" }) {
                var seen: [String: Model.Value] = [:]
                if let entry = entry(key) {
                    let hash = HashValue(entry, session.engine)
                    hash.forEach { name, value, deadline in
                        if hash.isExpired(deadline) { return }
                        let name = String(decoding: name.array, as: UTF8.self)
                        seen[name] = .init(
                            text: String(decoding: value.array, as: UTF8.self), deadline: deadline)
                    }
                    checkDeadlines(entry, hash)
                }
                #expect(seen == hashes[key]?.fields ?? [:], "\(comment) \(key)")
            }
        }

        func entry(_ key: String) -> Entry? {
            Array(key.utf8).withBytes {
                session.database.pointee.peek($0, session.engine.pointee.hash($0))
            }
        }

        private func checkDeadlines(_ entry: Entry, _ hash: HashValue) {
            let earliest = hash.earliestDeadline
            if hash.encoding == .listpack { #expect(earliest == 0, comment) }
            guard earliest != 0 else { return }
            let timer = entry.fieldTimer!.pointee
            #expect(timer.isArmed && timer.time <= earliest, comment)
            if hash.encoding == .listpackEx {
                var last: Int64 = 0
                hash.forEach { _, _, deadline in
                    #expect(deadline == 0 || last != .max && last <= deadline, comment)
                    last = deadline == 0 ? .max : deadline
                }
                #expect(PackedBlock.isValid(hash.expiring.block.bytes), comment)
            } else {
                var volatile = 0
                hash.forEach { if $2 != 0 { volatile += 1 } }
                #expect(hash.big.state.pointee.volatileCount == volatile, comment)
                #expect(
                    hash.big.state.pointee.index.next(now) <= max(earliest + 1, now), comment)
            }
        }
    }

    @Test(
        arguments: [
            (1, 12, 512, false), (2, 40, 20, false), (3, 40, 0, true), (4, 40, 30, true),
            (5, 300, 512, false), (6, 3000, 512, true), (7, 5, 4, false),
        ] as [(UInt64, Int, Int, Bool)])
    func matchesADictionary(seed: UInt64, fields: Int, limit: Int, longValues: Bool) {
        let run = Run(seed: seed, fieldCount: fields, limit: limit, longValues: longValues)
        for i in 0..<6000 {
            run.one()
            if i % 20 == 0 { run.check() }
        }
        // In the end everything expires by itself, and nothing is left.
        for key in run.hashes.keys {
            let fields = run.hashes[key]!.fields.keys
            _ = run.session.run(["hpexpire", key, "100", "fields", "\(fields.count)"] + fields)
        }
        run.session.advance(101)
        while run.session.engine.pointee.expireSome() {}
        #expect(run.session.database.pointee.count == 0)
        #expect(run.session.database.pointee.expiringHashCount == 0)
        while run.session.engine.pointee.lazyFreeSome() {}
        #expect(run.session.engine.pointee.heap.pointee.liveBytes < 64 * 1024)
    }
}
