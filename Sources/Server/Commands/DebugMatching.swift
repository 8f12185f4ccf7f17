// DEBUG's looks at matching and at what memory is used for: STRINGMATCH-TEST as in Redis 7.4, and
// two of our own, STRINGMATCH-LEN and JMAP.

import Engine
import Memory
import RESP

extension Server {
    /// Subcommands of this file. False if it is none of them.
    func debugMatching(_ c: inout CommandContext) -> Bool {
        switch (c[1].string.lowercased(), c.count) {
        case ("stringmatch-test", 2): debugMatchTest(&c)
        case ("stringmatch-len", 4...5): return debugMatch(&c)
        case ("jmap", 2): debugMemoryMap(&c)
        default: return false
        }
        return true
    }

    /// Whether a string matches a pattern, as KEYS would say.
    private func debugMatch(_ c: inout CommandContext) -> Bool {
        if c.count == 5, !c[4].isWord("nocase") { return false }
        let matches = Glob.matches(c[2], c[3], ignoringCase: c.count == 5)
        c.reply.pointee.integer(matches ? 1 : 0)
        return true
    }

    /// Random patterns against random strings: that it comes back is the test.
    private func debugMatchTest(_ c: inout CommandContext) {
        var pattern = [UInt8](repeating: 0, count: 32)
        var text = [UInt8](repeating: 0, count: 32)
        for _ in 0..<10_000 {
            for i in pattern.indices {
                pattern[i] = UInt8(truncatingIfNeeded: engine.pointee.random.next())
                text[i] = UInt8(truncatingIfNeeded: engine.pointee.random.next())
            }
            // Half of the bytes are made special ones, or few patterns would be any.
            for i in stride(from: 0, to: pattern.count, by: 2) {
                pattern[i] = Array("*?[]^-\\a".utf8)[Int(pattern[i] & 7)]
            }
            pattern.withBytes { p in text.withBytes { _ = Glob.matches(p, $0) } }
        }
        c.reply.pointee.simple("Every match came to an end: test passed")
    }

    /// What the keyspace is made of, the largest first: keys and bytes for each type and encoding.
    /// Walks all keys of all databases, as its reply demands.
    private func debugMemoryMap(_ c: inout CommandContext) {
        var keys: [String: Int] = [:]
        var bytes: [String: Int] = [:]
        for i in 0..<engine.pointee.databaseCount {
            engine.pointee.databases[i].forEach { entry in
                let name = "\(entry.type.name) \(entry.encodingName)"
                keys[name, default: 0] += 1
                bytes[name, default: 0] += entry.footprint(samples: 5)
            }
        }
        let order = keys.keys.sorted { (bytes[$0]!, $0) > (bytes[$1]!, $1) }
        c.reply.pointee.array(order.count)
        for name in order {
            c.reply.pointee.bulk("\(name): keys=\(keys[name]!),bytes=\(bytes[name]!)")
        }
    }
}
