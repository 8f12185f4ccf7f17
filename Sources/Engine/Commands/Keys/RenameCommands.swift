// Commands that give a value another key: RENAME, RENAMENX, COPY, MOVE.

import Memory

package let renameCommandRows: [CommandRow] = [
    renameRow, renamenxRow, copyRow, moveRow,
]

private let renameRow = CommandRow(
    .rename, "rename", arity: 3, .write, .keyspace,
    keys: [.at(1, [.rw, .access, .delete]), .at(2, [.ow, .update])],
    since: "1.0.0", group: .generic, complexity: "O(1)",
    summary: "Gives a key another name, replacing what stood there.",
    arguments: [.key("key"), .key("newkey", spec: 1)])

package func renameCommand(_ c: inout CommandContext) {
    if rename(&c, replacing: true) != nil { c.reply.pointee.ok() }
}

/// Whether the key has its new name now; nil if there is no such key, and the error is written.
private func rename(_ c: inout CommandContext, replacing: Bool) -> Bool? {
    let source = c[1]
    let target = c[2]
    let hash = c.firstKeyHash
    guard c.lookupWrite(source, hash) != nil else { return replyNoSuchKey(c) }
    if source.equals(target) { return false }
    let targetHash = c.engine.pointee.hash(target)
    if let taken = c.lookupWrite(target, targetHash) {
        guard replacing else { return false }
        c.database.pointee.remove(taken)
    }
    // Found again: the removal may have moved the position.
    guard let position = c.database.pointee.lookupWrite(source, hash, touch: false) else {
        return replyNoSuchKey(c)
    }
    let value = c.database.pointee.take(position)
    c.database.pointee.attach(value, target, targetHash)
    c.database.pointee.changed(source)
    c.database.pointee.changed(target, by: 0)
    return true
}

private func replyNoSuchKey(_ c: borrowing CommandContext) -> Bool? {
    c.reply.pointee.error("ERR no such key")
    return nil
}

private let renamenxRow = CommandRow(
    .renamenx, "renamenx", arity: 3, [.write, .fast], .keyspace,
    keys: [.at(1, [.rw, .access, .delete]), .at(2, [.ow, .insert])],
    since: "1.0.0", group: .generic, complexity: "O(1)",
    summary: "Gives a key another name, unless that name is taken.",
    history: ["3.2.0": "Equal names are no error any more."],
    arguments: [.key("key"), .key("newkey", spec: 1)])

package func renamenxCommand(_ c: inout CommandContext) {
    if let renamed = rename(&c, replacing: false) { c.reply.pointee.integer(renamed ? 1 : 0) }
}

private let copyRow = CommandRow(
    .copy, "copy", arity: -3, [.write, .denyOOM], .keyspace,
    keys: [.at(1, [.ro, .access]), .at(2, [.ow, .update])],
    since: "6.2.0", group: .generic,
    complexity: "O(1) for a string, O(N) for a collection of N elements",
    summary: "Copies the value of a key, with its expiry, to another key.",
    arguments: [
        .key("source"),
        .key("destination", spec: 1),
        .integer("destination-db", token: "DB").optional,
        .token("replace", "REPLACE").optional,
    ])

package func copyCommand(_ c: inout CommandContext) {
    var target = c.database
    var replaces = false
    var i = 3
    while i < c.count {
        if c[i].isWord("replace") {
            replaces = true
        } else if c[i].isWord("db"), i + 1 < c.count {
            i += 1
            guard let other = otherDatabase(c, i) else { return }
            target = other
        } else {
            return c.replySyntaxError()
        }
        i += 1
    }
    let source = c[1]
    let key = c[2]
    if target == c.database, source.equals(key) { return replySameObject(c) }
    guard c.lookupRead(source, c.firstKeyHash) != nil else {
        c.reply.pointee.integer(0)
        return
    }
    let hash = c.engine.pointee.hash(key)
    if let taken = target.pointee.lookupWrite(key, hash, touch: false) {
        guard replaces else {
            c.reply.pointee.integer(0)
            return
        }
        target.pointee.remove(taken)
    }
    guard let entry = c.database.pointee.peek(source, c.firstKeyHash) else {
        c.reply.pointee.integer(0)
        return
    }
    target.pointee.insertCopy(of: entry, key, hash)
    target.pointee.changed(key)
    c.reply.pointee.integer(1)
}

/// The database whose number argument `i` is; or nil, and the error is written.
private func otherDatabase(
    _ c: borrowing CommandContext, _ i: Int
) -> UnsafeMutablePointer<Database>? {
    guard let index = c.integer(i) else { return nil }
    guard Int32(exactly: index) != nil else {
        c.reply.pointee.error(
            "ERR value is out of range, value must between -2147483648 and 2147483647")
        return nil
    }
    guard index >= 0, index < c.engine.pointee.databaseCount else {
        c.replyDatabaseOutOfRange()
        return nil
    }
    return c.engine.pointee.databases + Int(index)
}

private func replySameObject(_ c: borrowing CommandContext) {
    c.reply.pointee.error("ERR source and destination objects are the same")
}

private let moveRow = CommandRow(
    .move, "move", arity: 3, [.write, .fast], .keyspace,
    keys: [.at(1, [.rw, .access, .update])],
    since: "1.0.0", group: .generic, complexity: "O(1)",
    summary: "Moves a key to another database, unless its name is taken there.",
    arguments: [.key("key"), .integer("db")])

package func moveCommand(_ c: inout CommandContext) {
    guard let target = otherDatabase(c, 2) else { return }
    if target == c.database { return replySameObject(c) }
    let key = c[1]
    let hash = c.firstKeyHash
    guard let position = c.lookupWrite(key, hash),
        target.pointee.lookupWrite(key, hash, touch: false) == nil
    else {
        c.reply.pointee.integer(0)
        return
    }
    let value = c.database.pointee.take(position)
    target.pointee.attach(value, key, hash)
    c.database.pointee.changed(key)
    target.pointee.changed(key, by: 0)
    c.reply.pointee.integer(1)
}
