// Commands on several strings: MGET, MSET, MSETNX.

import Memory

package let multiKeyCommandRows: [CommandRow] = [
    mgetRow, msetRow, msetnxRow,
]

private let mgetRow = CommandRow(
    .mget, "mget", arity: -2, [.readOnly, .fast], .string,
    keys: [.at(1, through: -1, [.ro, .access])],
    tips: [.requestMultiShard],
    since: "1.0.0", group: .string, complexity: "O(N), N being the number of keys",
    summary: "Returns the strings under several keys at once.",
    arguments: [.key("key").multiple])

package func mgetCommand(_ c: inout CommandContext) {
    c.reply.pointee.array(c.count - 1)
    var batch = KeyBatch()
    var i = 1
    while i < c.count {
        let keys = min(KeyBatch.size, c.count &- i)
        batch.prepare(c, from: i, count: keys)
        for k in 0..<keys {
            if let entry = c.lookupRead(c[i &+ k], batch.hash(k)), entry.isString {
                c.reply(string: entry)
            } else {
                c.reply.pointee.null()
            }
        }
        i &+= keys
    }
}

private let msetRow = CommandRow(
    .mset, "mset", arity: -3, [.write, .denyOOM], .string,
    keys: [.at(1, through: -1, every: 2, [.ow, .update])],
    tips: [.requestMultiShard, .responseAllSucceeded],
    since: "1.0.1", group: .string, complexity: "O(N), N being the number of keys",
    summary: "Stores strings under several keys at once.",
    arguments: [.block("data", [.key("key"), .string("value")]).multiple])

package func msetCommand(_ c: inout CommandContext) {
    guard c.count & 1 == 1 else {
        c.reply.pointee.error("ERR wrong number of arguments for 'mset' command")
        return
    }
    storePairs(&c)
    c.reply.pointee.ok()
}

/// Stores the value behind each key. A key named again gets the later value.
@inline(never)
private func storePairs(_ c: inout CommandContext) {
    var batch = KeyBatch()
    var i = 1
    while i < c.count {
        let pairs = min(KeyBatch.size, (c.count &- i) / 2)
        batch.prepare(c, from: i, count: pairs, every: 2)
        for p in 0..<pairs {
            let key = c[i]
            let hash = batch.hash(p)
            let position = c.lookupWrite(key, hash)
            c.database.pointee.setString(key, hash, position, c.newString(i &+ 1))
            c.database.pointee.changed(key)
            i &+= 2
        }
    }
}

private let msetnxRow = CommandRow(
    .msetnx, "msetnx", arity: -3, [.write, .denyOOM], .string,
    keys: [.at(1, through: -1, every: 2, [.ow, .insert])],
    since: "1.0.1", group: .string, complexity: "O(N), N being the number of keys",
    summary: "Stores strings under several keys, or under none if any of them exists.",
    arguments: [.block("data", [.key("key"), .string("value")]).multiple])

package func msetnxCommand(_ c: inout CommandContext) {
    guard c.count & 1 == 1 else {
        c.reply.pointee.error("ERR wrong number of arguments for 'msetnx' command")
        return
    }
    var batch = KeyBatch()
    var i = 1
    while i < c.count {
        let keys = min(KeyBatch.size, (c.count - i) / 2)
        batch.prepare(c, from: i, count: keys, every: 2)
        for k in 0..<keys where c.lookupWrite(c[i + 2 * k], batch.hash(k)) != nil {
            c.reply.pointee.integer(0)
            return
        }
        i += 2 * keys
    }
    storePairs(&c)
    c.reply.pointee.integer(1)
}
