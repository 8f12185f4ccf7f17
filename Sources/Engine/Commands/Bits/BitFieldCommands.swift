// Commands on integers of any width inside a string: BITFIELD, BITFIELD_RO.
//
// The arguments are read twice: first all of them, so that an error changes nothing, then again to
// run the operations in order. Reading allocates nothing.

import Memory
import RESP

package let bitFieldCommandRows: [CommandRow] = [
    bitfieldRow, bitfieldRoRow,
]

private let bitfieldRow = CommandRow(
    .bitfield, "bitfield", arity: -2, [.write, .denyOOM], .bitmap,
    keys: [
        .at(
            1, [.rw, .access, .update, .variable],
            notes: "This command allows both access and modification of the key")
    ],
    variableKeyFlags: bitfieldKeyFlags,
    since: "3.2.0", group: .bitmap, complexity: "O(1) for each operation",
    summary: "Reads, writes and increments integers of any width at any offset of a string.",
    arguments: [
        .key("key"),
        .oneOf(
            "operation",
            [
                .block("get-block", token: "GET", [.string("encoding"), .integer("offset")]),
                .block("write", [overflowSpec, writeSpec]),
            ]
        ).optional.multiple,
    ])

private let overflowSpec = ArgumentSpec.oneOf(
    "overflow-block", token: "OVERFLOW",
    [.token("wrap", "WRAP"), .token("sat", "SAT"), .token("fail", "FAIL")]
).optional

private let writeSpec = ArgumentSpec.oneOf(
    "write-operation",
    [
        .block(
            "set-block", token: "SET",
            [.string("encoding"), .integer("offset"), .integer("value")]),
        .block(
            "incrby-block", token: "INCRBY",
            [.string("encoding"), .integer("offset"), .integer("increment")]),
    ])

/// Read-only as long as all operations read; arguments that make no sense count as writing.
private let bitfieldKeyFlags: VariableKeyFlags = { arguments, count in
    var i = 2
    while i < count {
        if arguments[i].isWord("get"), i + 2 < count {
            i += 3
        } else if arguments[i].isWord("overflow"), i + 1 < count {
            i += 2
        } else {
            return [.rw, .access, .update]
        }
    }
    return [.ro, .access]
}

package func bitfieldCommand(_ c: inout CommandContext) { bitfield(&c, readOnly: false) }

private let bitfieldRoRow = CommandRow(
    .bitfieldRo, "bitfield_ro", arity: -2, [.readOnly, .fast], .bitmap,
    keys: [.at(1, [.ro, .access])],
    since: "6.0.0", group: .bitmap, complexity: "O(1) for each operation",
    summary: "Reads integers of any width at any offset of a string.",
    arguments: [
        .key("key"),
        .block("get-block", token: "GET", [.string("encoding"), .integer("offset")])
            .optional.multipleToken,
    ])

package func bitfieldRoCommand(_ c: inout CommandContext) { bitfield(&c, readOnly: true) }

private func bitfield(_ c: inout CommandContext, readOnly: Bool) {
    var operations = 0
    var highestWritten: Int?
    var check = BitFieldReader()
    while true {
        let step = check.next(c)
        guard case .operation(let operation) = step else {
            if case .failed = step { return }
            break
        }
        operations += 1
        if operation.kind != .get {
            highestWritten = max(highestWritten ?? 0, operation.offset + operation.width - 1)
        }
    }
    guard let highestWritten else { return readFields(&c, operations) }
    if readOnly {
        c.reply.pointee.error("ERR BITFIELD_RO only supports the GET subcommand")
        return
    }
    guard let string = c.editBits(bytes: highestWritten >> 3 + 1) else { return }
    c.reply.pointee.array(operations)
    var changes = 0
    var reader = BitFieldReader()
    while case .operation(let operation) = reader.next(c) {
        if run(c, operation, string) { changes += 1 }
    }
    if changes > 0 { c.database.pointee.changed(c[1], by: changes) }
}

/// Operations that all read.
private func readFields(_ c: inout CommandContext, _ operations: Int) {
    let entry = c.lookupRead(c[1], c.firstKeyHash)
    if let entry, !entry.isString { return c.replyWrongType() }
    c.reply.pointee.array(operations)
    var reader = BitFieldReader()
    while case .operation(let operation) = reader.next(c) {
        let value = entry?.withString { operation.value(in: $0) } ?? 0
        c.reply.pointee.integer(Int(value))
    }
}

/// Runs one operation and answers it; whether it counts as a change.
private func run(
    _ c: borrowing CommandContext, _ operation: BitFieldOperation, _ string: EditedBits
) -> Bool {
    let old = operation.value(in: Bytes(UnsafePointer(string.bytes), string.count))
    let new: Int64
    switch operation.kind {
    case .get:
        c.reply.pointee.integer(Int(old))
        return false
    case .set:
        guard let value = operation.result(operation.operand, plus: 0) else {
            c.reply.pointee.null()
            return false
        }
        c.reply.pointee.integer(Int(old))
        new = value
    case .increment:
        guard let value = operation.result(old, plus: operation.operand) else {
            c.reply.pointee.null()
            return false
        }
        c.reply.pointee.integer(Int(value))
        new = value
    }
    BitString.write(
        UInt64(bitPattern: new), to: string.bytes, at: operation.offset, width: operation.width)
    return string.hasGrown || old != new
}

/// What to do with a value that does not fit.
private enum FieldOverflow {
    case wrap, saturate, fail
}

private struct BitFieldOperation {
    enum Kind {
        case get, set, increment
    }

    let kind: Kind
    let isSigned: Bool
    let width: Int
    let offset: Int
    let overflow: FieldOverflow
    /// The value to set, or the increment.
    let operand: Int64

    /// What the field holds in `bytes`.
    func value(in bytes: Bytes) -> Int64 {
        let bits = BitString.read(bytes, at: offset, width: width)
        return isSigned ? extended(bits) : Int64(bitPattern: bits)
    }

    /// The lowest `width` bits as a signed number.
    private func extended(_ bits: UInt64) -> Int64 {
        let shift = Int64(64 - width)
        return (Int64(bitPattern: bits) << shift) >> shift
    }

    /// `value + increment` as far as the field can hold it, by the rule for overflows; nil if that
    /// is to fail. An unsigned field takes a negative value for one that is too large (Redis 7.4).
    func result(_ value: Int64, plus increment: Int64) -> Int64? {
        let least: Int64 = isSigned ? -1 << Int64(width - 1) : 0
        let most = isSigned ? ~least : Int64(bitPattern: .max >> UInt64(64 - width))
        let (sum, overflows) = value.addingReportingOverflow(increment)
        if !overflows, sum >= least, sum <= most { return sum }
        switch overflow {
        case .fail: return nil
        case .saturate:
            if increment != 0 { return increment > 0 ? most : least }
            // Redis 7.4 compares wrapping differences, so that a value near -2^63 is too large.
            let isTooSmall = isSigned && value < least && (width == 64 || most &- value >= 0)
            return isTooSmall ? least : most
        case .wrap:
            let bits = UInt64(bitPattern: sum)
            return isSigned ? extended(bits) : Int64(bitPattern: bits & UInt64(most))
        }
    }
}

/// Reads the operations of a BITFIELD one by one.
private struct BitFieldReader {
    enum Step {
        case operation(BitFieldOperation)
        case end
        /// The error is written.
        case failed
    }

    private var at = 2
    private var overflow = FieldOverflow.wrap

    mutating func next(_ c: borrowing CommandContext) -> Step {
        while at < c.count {
            let word = c[at]
            let left = c.count - at - 1
            if word.isWord("get"), left >= 2 { return operation(c, .get) }
            if word.isWord("set"), left >= 3 { return operation(c, .set) }
            if word.isWord("incrby"), left >= 3 { return operation(c, .increment) }
            guard word.isWord("overflow"), left >= 1 else {
                c.replySyntaxError()
                return .failed
            }
            guard readOverflow(c) else { return .failed }
        }
        return .end
    }

    private mutating func readOverflow(_ c: borrowing CommandContext) -> Bool {
        let word = c[at + 1]
        at += 2
        if word.isWord("wrap") {
            overflow = .wrap
        } else if word.isWord("sat") {
            overflow = .saturate
        } else if word.isWord("fail") {
            overflow = .fail
        } else {
            c.reply.pointee.error("ERR Invalid OVERFLOW type specified")
            return false
        }
        return true
    }

    private mutating func operation(
        _ c: borrowing CommandContext, _ kind: BitFieldOperation.Kind
    ) -> Step {
        guard let (isSigned, width) = fieldType(c[at + 1]) else {
            c.reply.pointee.error(
                """
                ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not \
                supported but i64 is.
                """)
            return .failed
        }
        guard let offset = c.bitOffset(c[at + 2], width: width) else { return .failed }
        var operand: Int64 = 0
        if kind != .get {
            guard let value = c.integer(at + 3) else { return .failed }
            operand = value
        }
        at += kind == .get ? 3 : 4
        return .operation(
            BitFieldOperation(
                kind: kind, isSigned: isSigned, width: width, offset: offset, overflow: overflow,
                operand: operand))
    }

    /// `i` with 1 to 64 bits or `u` with 1 to 63. What stands behind a zero byte is not looked at.
    private func fieldType(_ text: Bytes) -> (isSigned: Bool, width: Int)? {
        guard text.count > 0 else { return nil }
        let isSigned = text[0] == UInt8(ascii: "i")
        guard isSigned || text[0] == UInt8(ascii: "u") else { return nil }
        guard let width = text.slice(1, text.count).upToZero.integer, width >= 1,
            width <= (isSigned ? 64 : 63)
        else { return nil }
        return (isSigned, Int(width))
    }
}
