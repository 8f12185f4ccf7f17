// BITOP: combines strings bit by bit and stores the result.

import CMachine
import Memory
import RESP

package let bitOperationCommandRows: [CommandRow] = [bitopRow]

private let bitopRow = CommandRow(
    .bitop, "bitop", arity: -4, [.write, .denyOOM], .bitmap,
    keys: [.at(2, [.ow, .update]), .at(3, through: -1, [.ro, .access])],
    since: "2.6.0", group: .bitmap, complexity: "O(N)",
    summary: "Combines strings bit by bit and stores the result as a string.",
    arguments: [
        .oneOf(
            "operation",
            [
                .token("and", "AND"), .token("or", "OR"), .token("xor", "XOR"),
                .token("not", "NOT"),
            ]),
        .key("destkey"),
        .key("key", spec: 1).multiple,
    ])

private enum BitOperation {
    case and, or, xor, not

    init?(_ word: Bytes) {
        if word.isWord("and") {
            self = .and
        } else if word.isWord("or") {
            self = .or
        } else if word.isWord("xor") {
            self = .xor
        } else if word.isWord("not") {
            self = .not
        } else {
            return nil
        }
    }
}

package func bitopCommand(_ c: inout CommandContext) {
    guard let operation = BitOperation(c[1]) else { return c.replySyntaxError() }
    if operation == .not, c.count != 4 {
        c.reply.pointee.error("ERR BITOP NOT must be called with a single source key.")
        return
    }
    guard let length = longestSource(c) else { return }
    let hash = c.engine.pointee.hash(c[2])
    if length == 0 {
        if let position = c.database.pointee.lookupWrite(c[2], hash, touch: false) {
            c.database.pointee.remove(position)
            c.database.pointee.changed(c[2])
        }
    } else {
        let result = combine(c, operation, length)
        store(c, result, hash)
        c.database.pointee.changed(c[2])
    }
    c.reply.pointee.integer(length)
}

/// Length of the longest of the sources, 0 if there is none; nil if one is no string, and the error
/// is written.
private func longestSource(_ c: borrowing CommandContext) -> Int? {
    var longest = 0
    for i in 3..<c.count {
        guard let entry = c.lookupRead(c[i], sourceHash(c, i)) else { continue }
        guard entry.isString else {
            c.replyWrongType()
            return nil
        }
        longest = max(longest, entry.stringLength)
    }
    return longest
}

/// The hash of the key that is argument `i`. The keys looked at ahead begin with argument 2.
private func sourceHash(_ c: borrowing CommandContext, _ i: Int) -> UInt64 {
    if let known = c.keyHashes { return known[i - 2] }
    return c.engine.pointee.hash(c[i])
}

/// The result in a blob of its own: the sources may be the destination as well. A source counts as
/// zeros from its end on.
///
/// Goes through all sources block by block, so that the result's block stays in the cache.
private func combine(
    _ c: borrowing CommandContext, _ operation: BitOperation, _ length: Int
) -> SharedBlob {
    let result = SharedBlob.allocate(count: length, capacity: length)
    let blockBytes = 32 * 1024
    let sources = c.count - 3
    withUnsafeTemporaryAllocation(of: Entry?.self, capacity: sources) { entries in
        for i in 0..<sources {
            entries.initializeElement(
                at: i, to: c.database.pointee.peek(c[i + 3], sourceHash(c, i + 3)))
        }
        var start = 0
        while start < length {
            let count = min(blockBytes, length - start)
            let block = result.bytes + start
            for i in 0..<sources {
                apply(i == 0 ? nil : operation, entries[i], to: block, start, count)
            }
            if operation == .not { machine_not(block, count) }
            start += count
        }
    }
    return result
}

/// Combines bytes `start` up to `start + count` of a source into `block`; with no operation the
/// source is copied there.
private func apply(
    _ operation: BitOperation?, _ source: Entry?, to block: UnsafeMutablePointer<UInt8>,
    _ start: Int, _ count: Int
) {
    guard let source else { return combine(operation, Bytes(""), block, count) }
    source.withString { text in
        let from = min(start, text.count)
        combine(operation, text.slice(from, min(from + count, text.count)), block, count)
    }
}

private func combine(
    _ operation: BitOperation?, _ source: Bytes, _ block: UnsafeMutablePointer<UInt8>, _ count: Int
) {
    let missing = count - source.count
    switch operation {
    case nil:
        block.update(from: source.base, count: source.count)
        (block + source.count).update(repeating: 0, count: missing)
    case .and:
        machine_and(block, source.base, source.count)
        (block + source.count).update(repeating: 0, count: missing)
    case .or: machine_or(block, source.base, source.count)
    case .xor: machine_xor(block, source.base, source.count)
    case .not: break
    }
}

/// Puts the result under the destination key, without an expiry; what Redis calls raw.
private func store(_ c: borrowing CommandContext, _ result: SharedBlob, _ hash: UInt64) {
    let key = c[2]
    let position = c.database.pointee.lookupWrite(key, hash, touch: false)
    if result.count > Database.largestEdited {
        c.database.pointee.setString(key, hash, position, .blob(result))
        return
    }
    c.database.pointee.setString(
        key, hash, position, .bytes(result.view), encoding: .rawEmbedded)
    result.release()
}
