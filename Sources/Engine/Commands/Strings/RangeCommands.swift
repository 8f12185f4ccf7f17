// Commands on a part of a string: GETRANGE, SUBSTR, SETRANGE.

import CMachine
import Memory

package let rangeCommandRows: [CommandRow] = [
    getrangeRow, substrRow, setrangeRow,
]

private let getrangeRow = CommandRow(
    .getrange, "getrange", arity: 4, .readOnly, .string,
    keys: [.at(1, [.ro, .access])],
    since: "2.4.0", group: .string, complexity: "O(N), N being the bytes returned",
    summary: "Returns the bytes of a string between two offsets.",
    arguments: [.key("key"), .integer("start"), .integer("end")])

package func getrangeCommand(_ c: inout CommandContext) {
    guard let start = c.integer(2), let end = c.integer(3) else { return }
    guard let entry = c.lookupRead(c[1], c.firstKeyHash) else {
        c.reply.pointee.bulk("")
        return
    }
    guard entry.isString else { return c.replyWrongType() }
    let reply = c.reply
    entry.withString { text in
        guard let range = resolveRange(Int(start), Int(end), text.count) else {
            reply.pointee.bulk("")
            return
        }
        reply.pointee.bulk(text.slice(range.lowerBound, range.upperBound))
    }
}

/// The bytes from `start` to `end` inclusive of `count`, negative ones counted from the end; nil
/// if there are none.
private func resolveRange(_ start: Int, _ end: Int, _ count: Int) -> Range<Int>? {
    if start < 0, end < 0, start > end { return nil }
    let first = start < 0 ? max(0, count + start) : start
    let last = min(end < 0 ? max(0, count + end) : end, count - 1)
    return first <= last ? first..<(last + 1) : nil
}

private let substrRow = CommandRow(
    .substr, "substr", arity: 4, .readOnly, .string,
    keys: [.at(1, [.ro, .access])],
    since: "1.0.0", group: .string, complexity: "O(N), N being the bytes returned",
    summary: "Former name of GETRANGE.",
    deprecatedSince: "2.0.0", replacedBy: "`GETRANGE`",
    arguments: [.key("key"), .integer("start"), .integer("end")])

package func substrCommand(_ c: inout CommandContext) { getrangeCommand(&c) }

private let setrangeRow = CommandRow(
    .setrange, "setrange", arity: 4, [.write, .denyOOM], .string,
    keys: [.at(1, [.rw, .update])],
    since: "2.2.0", group: .string,
    complexity: "O(M), M being the bytes written; with padding, the bytes padded as well",
    summary: "Writes bytes into a string at an offset, padding it with zero bytes.",
    arguments: [.key("key"), .integer("offset"), .string("value")])

package func setrangeCommand(_ c: inout CommandContext) {
    guard let offset = c.integer(2) else { return }
    guard offset >= 0 else {
        c.reply.pointee.error("ERR offset is out of range")
        return
    }
    let key = c[1]
    let position = c.lookupWrite(key, c.firstKeyHash)
    if let position, !position.entry.isString { return c.replyWrongType() }
    let length = position?.entry.stringLength ?? 0
    let piece = c[3]
    if piece.isEmpty {
        c.reply.pointee.integer(length)
        return
    }
    guard let end = c.checkedLength(Int(offset), piece.count) else { return }
    let total = max(end, length)
    if let position {
        write(piece, at: Int(offset), over: length) {
            c.database.pointee.editString(position, count: total)
        }
    } else {
        insertPadded(&c, piece, at: Int(offset))
    }
    c.database.pointee.changed(key)
    c.reply.pointee.integer(total)
}

/// Writes `piece` into bytes of which `length` are initialised, zeros into the gap before it.
private func write(
    _ piece: Bytes, at offset: Int, over length: Int,
    _ makeBytes: () -> UnsafeMutablePointer<UInt8>
) {
    let bytes = makeBytes()
    if offset > length { (bytes + length).update(repeating: 0, count: offset - length) }
    machine_copy(bytes + offset, piece.base, piece.count)
}

/// A new key with `offset` zeros and the bytes behind them.
private func insertPadded(_ c: inout CommandContext, _ piece: Bytes, at offset: Int) {
    let blob = SharedBlob.allocate(count: offset + piece.count, capacity: offset + piece.count)
    write(piece, at: offset, over: 0) { blob.bytes }
    if blob.count > Database.largestEdited {
        c.database.pointee.setString(c[1], c.firstKeyHash, nil, .blob(blob))
        return
    }
    c.database.pointee.setString(
        c[1], c.firstKeyHash, nil, .bytes(blob.view), encoding: .rawEmbedded)
    blob.release()
}
