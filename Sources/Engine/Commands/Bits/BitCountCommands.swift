// Commands that look at a range of bits: BITCOUNT, BITPOS.
//
// A range is given in bytes or, with BIT, in bits; negative ends count from the end.

import Memory
import RESP

package let bitCountCommandRows: [CommandRow] = [
    bitcountRow, bitposRow,
]

private let unitSpec = ArgumentSpec.oneOf("unit", [.token("byte", "BYTE"), .token("bit", "BIT")])
    .optional.since("7.0.0")

private let bitcountRow = CommandRow(
    .bitcount, "bitcount", arity: -2, .readOnly, .bitmap,
    keys: [.at(1, [.ro, .access])],
    since: "2.6.0", group: .bitmap, complexity: "O(N)",
    summary: "Counts the bits set in a string or in a range of it.",
    history: ["7.0.0": "Ranges in bits: `BYTE|BIT`."],
    arguments: [
        .key("key"),
        .block("range", [.integer("start"), .integer("end"), unitSpec]).optional,
    ])

package func bitcountCommand(_ c: inout CommandContext) {
    var start = 0
    var end = -1
    var inBits = false
    switch c.count {
    case 2: break
    case 4, 5:
        guard let from = c.integer(2), let to = c.integer(3) else { return }
        (start, end) = (Int(from), Int(to))
        if c.count == 5 {
            guard let unit = isBitUnit(c[4]) else { return c.replySyntaxError() }
            inBits = unit
        }
    default: return c.replySyntaxError()
    }
    guard let entry = c.lookupRead(c[1], c.firstKeyHash) else {
        c.reply.pointee.integer(0)
        return
    }
    guard entry.isString else { return c.replyWrongType() }
    if start < 0, end < 0, start > end {
        c.reply.pointee.integer(0)
        return
    }
    let count = entry.withString { text in
        guard let range = resolveBits(start, end, text.count, inBits) else { return 0 }
        return BitString.count(text, from: range.first, through: range.last)
    }
    c.reply.pointee.integer(count)
}

/// Whether `word` says BIT rather than BYTE; nil if neither.
private func isBitUnit(_ word: Bytes) -> Bool? {
    if word.isWord("bit") { return true }
    return word.isWord("byte") ? false : nil
}

/// The first and last bit of the range from `start` to `end`, in bytes or in bits, of a string of
/// `byteCount` bytes; nil if it is empty.
private func resolveBits(
    _ start: Int, _ end: Int, _ byteCount: Int, _ inBits: Bool
) -> (first: Int, last: Int)? {
    let unit = inBits ? 1 : 8
    let total = byteCount * 8 / unit
    // No overflow: a negative number and a length.
    let first = max(0, start < 0 ? total + start : start)
    let last = min(max(0, end < 0 ? total + end : end), total - 1)
    return first <= last ? (first * unit, last * unit + unit - 1) : nil
}

private let bitposRow = CommandRow(
    .bitpos, "bitpos", arity: -3, .readOnly, .bitmap,
    keys: [.at(1, [.ro, .access])],
    since: "2.8.7", group: .bitmap, complexity: "O(N)",
    summary: "Returns the offset of the first bit of a string that is set, or that is clear.",
    history: ["7.0.0": "Ranges in bits: `BYTE|BIT`."],
    arguments: [
        .key("key"),
        .integer("bit"),
        .block(
            "range",
            [
                .integer("start"),
                .block("end-unit-block", [.integer("end"), unitSpec]).optional,
            ]
        ).optional,
    ])

package func bitposCommand(_ c: inout CommandContext) {
    guard let bit = c.integer(2) else { return }
    guard bit == 0 || bit == 1 else {
        c.reply.pointee.error("ERR The bit argument must be 1 or 0.")
        return
    }
    guard let range = bitposRange(c) else { return }
    guard let entry = c.lookupRead(c[1], c.firstKeyHash) else {
        c.reply.pointee.integer(bit == 1 ? -1 : 0)
        return
    }
    guard entry.isString else { return c.replyWrongType() }
    let found = entry.withString { text -> Int in
        guard let bits = resolveBits(range.start, range.end ?? -1, text.count, range.inBits) else {
            return -1
        }
        if let at = BitString.firstBit(bit == 1, text, from: bits.first, through: bits.last) {
            return at
        }
        // Zeros follow a string whose end was not named.
        return bit == 0 && range.end == nil ? bits.last + 1 : -1
    }
    c.reply.pointee.integer(found)
}

private struct BitposRange {
    var start = 0
    /// Nil where it was not given.
    var end: Int?
    var inBits = false
}

/// The range of a BITPOS, or nil after an error. The unit is looked at before the end, as in Redis.
private func bitposRange(_ c: borrowing CommandContext) -> BitposRange? {
    var range = BitposRange()
    guard c.count <= 6 else {
        c.replySyntaxError()
        return nil
    }
    if c.count > 3 {
        guard let start = c.integer(3) else { return nil }
        range.start = Int(start)
    }
    if c.count == 6 {
        guard let unit = isBitUnit(c[5]) else {
            c.replySyntaxError()
            return nil
        }
        range.inBits = unit
    }
    if c.count > 4 {
        guard let end = c.integer(4) else { return nil }
        range.end = Int(end)
    }
    return range
}
