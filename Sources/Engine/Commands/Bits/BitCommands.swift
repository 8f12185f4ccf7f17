// Commands on single bits: SETBIT, GETBIT; and what all bitmap commands share.

import Memory
import RESP

package let bitCommandRows: [CommandRow] = [
    setbitRow, getbitRow,
]

private let setbitRow = CommandRow(
    .setbit, "setbit", arity: 4, [.write, .denyOOM], .bitmap,
    keys: [.at(1, [.rw, .access, .update])],
    since: "2.2.0", group: .bitmap, complexity: "O(1), or O(N) for the N bytes a string grows by",
    summary: "Sets or clears the bit at an offset of a string, which grows as needed.",
    arguments: [.key("key"), .integer("offset"), .integer("value")])

package func setbitCommand(_ c: inout CommandContext) {
    guard let offset = c.bitOffset(c[2]) else { return }
    guard let value = c[3].integer, value & ~1 == 0 else {
        c.reply.pointee.error("ERR bit is not an integer or out of range")
        return
    }
    guard let string = c.editBits(bytes: offset >> 3 + 1) else { return }
    let byte = string.bytes + offset >> 3
    let mask = UInt8(0x80) >> UInt8(offset & 7)
    let old = byte.pointee & mask != 0
    if string.hasGrown || old != (value == 1) {
        byte.pointee = value == 1 ? byte.pointee | mask : byte.pointee & ~mask
        c.database.pointee.changed(c[1])
    }
    c.reply.pointee.integer(old ? 1 : 0)
}

private let getbitRow = CommandRow(
    .getbit, "getbit", arity: 3, [.readOnly, .fast], .bitmap,
    keys: [.at(1, [.ro, .access])],
    since: "2.2.0", group: .bitmap, complexity: "O(1)",
    summary: "Returns the bit at an offset of a string.",
    arguments: [.key("key"), .integer("offset")])

package func getbitCommand(_ c: inout CommandContext) {
    guard let offset = c.bitOffset(c[2]) else { return }
    guard let entry = c.lookupRead(c[1], c.firstKeyHash) else {
        c.reply.pointee.integer(0)
        return
    }
    guard entry.isString else { return c.replyWrongType() }
    let bit = entry.withString { Int(BitString.read($0, at: offset, width: 1)) }
    c.reply.pointee.integer(bit)
}

/// The bytes of a string that may be changed, until the keyspace changes.
struct EditedBits {
    let bytes: UnsafeMutablePointer<UInt8>
    let count: Int
    /// Whether the key is new or became longer.
    let hasGrown: Bool
}

extension CommandContext {
    /// A bit offset, `#n` standing for n times `width` where that is not 0; or nil, and the error is
    /// written. An offset lies below eight times proto-max-bulk-len.
    func bitOffset(_ text: Bytes, width: Int = 0) -> Int? {
        var number = text
        let counts = width > 0 && text.count > 0 && text[0] == UInt8(ascii: "#")
        if counts { number = text.slice(1, text.count) }
        if let value = number.integer {
            // Redis 7.4 lets the product wrap around before it looks at it.
            let offset = counts ? Int(value) &* width : Int(value)
            // The end of the widest field is a number, too, whatever the configuration allows.
            if offset >= 0, offset >> 3 < engine.pointee.settings.protoMaxBulkLength,
                offset <= Int.max - 64
            {
                return offset
            }
        }
        reply.pointee.error("ERR bit offset is not an integer or out of range")
        return nil
    }

    /// The string under the first key to be changed, made or padded with zeros so that it has at
    /// least `bytes` bytes; or nil, and the error that it is no string is written.
    func editBits(bytes: Int) -> EditedBits? {
        guard let position = lookupWrite(self[1], firstKeyHash) else {
            let new = database.pointee.insertZeros(self[1], firstKeyHash, count: bytes)
            return EditedBits(bytes: new, count: bytes, hasGrown: true)
        }
        guard position.entry.isString else {
            replyWrongType()
            return nil
        }
        let length = position.entry.stringLength
        let count = max(length, bytes)
        return EditedBits(
            bytes: database.pointee.editZeroPadded(position, count: count), count: count,
            hasGrown: count > length)
    }
}
