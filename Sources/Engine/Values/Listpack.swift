// The listpack byte format: how small collections and the nodes of a list lie in memory and in
// dumps. Functions on single entries; who owns the run of entries (a list node, a packed hash)
// keeps its start, its end and its count.
//
// A whole block is a header (total bytes, 4 bytes; count, 2 bytes; little endian), the entries and
// an end byte 0xFF. An entry is an encoding byte, its data, and the length of both once more
// ("backlen"), in a variable-length number that is read from right to left, so that a run can be
// walked from either end:
//
//     0xxxxxxx                      integer 0...127
//     10nnnnnn  bytes               string of up to 63 bytes
//     110xxxxx xxxxxxxx             integer, 13 bits signed
//     1110nnnn nnnnnnnn  bytes      string of up to 4095 bytes
//     F0 nnnnnnnn (4 bytes) bytes   string of up to 4 GiB
//     F1, F2, F3, F4                integer of 16, 24, 32, 64 bits signed
//
// A string that is the canonical decimal form of a 64-bit integer is always stored as the integer,
// so that equal elements have equal bytes.
//
// Safety: these functions trust the run they walk. Blocks from outside are validated first.

import CMachine
import Memory

package enum Listpack {
    /// What a block takes besides its entries: 6 bytes of header and the end byte.
    package static let overheadBytes = 7
    package static let headerBytes = 6
    package static let end: UInt8 = 0xFF
    /// The count of a block that holds more entries than the header's 16 bits can say.
    package static let unknownCount: UInt16 = 0xFFFF

    // MARK: Sizes

    /// Bytes of the backlen of an entry whose encoding and data take `length` bytes. The largest
    /// value of 14, 21 and 28 bits already takes a byte more, as Redis writes it.
    @inline(__always)
    package static func backlenBytes(_ length: Int) -> Int {
        if length <= 127 { return 1 }
        if length < 16_383 { return 2 }
        if length < 2_097_151 { return 3 }
        return length < 268_435_455 ? 4 : 5
    }

    /// Bytes of encoding and data of a string of `count` bytes.
    @inline(__always)
    static func stringBytes(_ count: Int) -> Int {
        if count < 64 { return 1 &+ count }
        return count < 4096 ? 2 &+ count : 5 &+ count
    }

    /// Bytes of encoding and data of an integer.
    @inline(__always)
    static func integerBytes(_ value: Int64) -> Int {
        if value >= 0 && value <= 127 { return 1 }
        if value >= -4096 && value <= 4095 { return 2 }
        if value >= -32_768 && value <= 32_767 { return 3 }
        if value >= -8_388_608 && value <= 8_388_607 { return 4 }
        return Int64(Int32(truncatingIfNeeded: value)) == value ? 5 : 9
    }

    // MARK: Writing

    /// Writes `entry` at `p`, which has room for `entry.totalBytes`.
    static func write(_ entry: ListpackEntry, to p: UnsafeMutablePointer<UInt8>) {
        let item = entry.item
        if let base = item.base {
            let prefix = writeStringPrefix(item.count, to: p)
            machine_copy(p + prefix, base, item.count)
        } else {
            writeInteger(item.integer, to: p)
        }
        writeBacklen(entry.encodedBytes, to: p + entry.encodedBytes)
    }

    @inline(__always)
    private static func writeStringPrefix(_ count: Int, to p: UnsafeMutablePointer<UInt8>) -> Int {
        if count < 64 {
            p[0] = 0x80 | UInt8(truncatingIfNeeded: count)
            return 1
        }
        if count < 4096 {
            p[0] = 0xE0 | UInt8(truncatingIfNeeded: count &>> 8)
            p[1] = UInt8(truncatingIfNeeded: count)
            return 2
        }
        p[0] = 0xF0
        store(UInt64(truncatingIfNeeded: count), bytes: 4, to: p + 1)
        return 5
    }

    private static func writeInteger(_ value: Int64, to p: UnsafeMutablePointer<UInt8>) {
        switch integerBytes(value) {
        case 1:
            p[0] = UInt8(truncatingIfNeeded: value)
        case 2:
            p[0] = 0xC0 | UInt8(truncatingIfNeeded: value &>> 8) & 0x1F
            p[1] = UInt8(truncatingIfNeeded: value)
        case let length:
            p[0] = length == 9 ? 0xF4 : 0xF1 + UInt8(length - 3)
            store(UInt64(bitPattern: value), bytes: length - 1, to: p + 1)
        }
    }

    /// The lowest `bytes` bytes of `value`, little endian.
    private static func store(_ value: UInt64, bytes: Int, to p: UnsafeMutablePointer<UInt8>) {
        var rest = value
        for i in 0..<bytes {
            p[i] = UInt8(truncatingIfNeeded: rest)
            rest &>>= 8
        }
    }

    @inline(__always)
    static func writeBacklen(_ length: Int, to p: UnsafeMutablePointer<UInt8>) {
        if length <= 127 {
            p[0] = UInt8(truncatingIfNeeded: length)
            return
        }
        let count = backlenBytes(length)
        var rest = length
        var i = count &- 1
        while i > 0 {
            p[i] = UInt8(truncatingIfNeeded: rest) | 0x80
            rest &>>= 7
            i &-= 1
        }
        p[0] = UInt8(truncatingIfNeeded: rest)
    }

    /// Writes the header of a block of `entryBytes` bytes of entries.
    package static func writeHeader(
        entryBytes: Int, count: Int, to p: UnsafeMutablePointer<UInt8>
    ) {
        store(UInt64(entryBytes + overheadBytes), bytes: 4, to: p)
        store(UInt64(min(count, Int(unknownCount))), bytes: 2, to: p + 4)
    }

    // MARK: Reading

    /// Bytes of encoding and data of the entry at `p`.
    @inline(__always)
    static func encodedBytes(at p: UnsafePointer<UInt8>) -> Int {
        let c = p[0]
        if c < 0x80 { return 1 }
        if c < 0xC0 { return 1 &+ Int(c & 0x3F) }
        return longEncodedBytes(at: p)
    }

    private static func longEncodedBytes(at p: UnsafePointer<UInt8>) -> Int {
        let c = p[0]
        if c < 0xE0 { return 2 }
        if c < 0xF0 { return 2 &+ (Int(c & 0x0F) &<< 8 | Int(p[1])) }
        switch c {
        case 0xF0: return 5 &+ Int(load(p + 1, bytes: 4))
        case 0xF1: return 3
        case 0xF2: return 4
        case 0xF3: return 5
        default:
            assert(c == 0xF4, "not a listpack entry")
            return 9
        }
    }

    /// Bytes of the whole entry at `p`.
    @inline(__always)
    static func entryBytes(at p: UnsafePointer<UInt8>) -> Int {
        let length = encodedBytes(at: p)
        return length &+ backlenBytes(length)
    }

    /// Bytes of the whole entry that ends just before `p`.
    @inline(__always)
    static func entryBytes(before p: UnsafePointer<UInt8>) -> Int {
        let last = p[-1]
        if last < 0x80 { return Int(last) &+ 1 }
        var length = Int(last & 0x7F)
        var bytes = 1
        var shift = 7
        var c = last
        while c & 0x80 != 0 {
            bytes &+= 1
            c = p[-bytes]
            length |= Int(c & 0x7F) &<< shift
            shift &+= 7
        }
        return length &+ bytes
    }

    /// The value of the entry at `p`; a string's bytes are those of the run itself.
    @inline(__always)
    static func item(at p: UnsafePointer<UInt8>) -> PackedItem {
        let c = p[0]
        if c < 0x80 { return PackedItem(integer: Int64(c)) }
        if c < 0xC0 { return PackedItem(Bytes(p + 1, Int(c & 0x3F))) }
        return longItem(at: p)
    }

    private static func longItem(at p: UnsafePointer<UInt8>) -> PackedItem {
        let c = p[0]
        if c < 0xE0 {
            let bits = UInt16(c & 0x1F) &<< 8 | UInt16(p[1])
            return PackedItem(integer: Int64(Int16(bitPattern: bits &<< 3) &>> 3))
        }
        if c < 0xF0 {
            return PackedItem(Bytes(p + 2, Int(c & 0x0F) &<< 8 | Int(p[1])))
        }
        if c == 0xF0 { return PackedItem(Bytes(p + 5, Int(load(p + 1, bytes: 4)))) }
        let bytes = longEncodedBytes(at: p) &- 1
        let shift = UInt64(64 &- 8 &* bytes)
        let value = Int64(bitPattern: load(p + 1, bytes: bytes) &<< shift) &>> Int64(shift)
        return PackedItem(integer: value)
    }

    private static func load(_ p: UnsafePointer<UInt8>, bytes: Int) -> UInt64 {
        var value: UInt64 = 0
        for i in 0..<bytes { value |= UInt64(p[i]) &<< UInt64(8 &* i) }
        return value
    }
}
