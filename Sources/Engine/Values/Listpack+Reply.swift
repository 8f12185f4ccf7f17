// Packed elements straight into the reply, as LRANGE, HGETALL, SMEMBERS and others send them.
//
// The room for all that a run can contribute is asked for once; then each element is one header
// store and one copy.

import CMachine
import Memory
import RESP

extension Listpack {
    /// Appends `number` entries as bulk strings: the one at `p`, and from there on every one behind
    /// `skipping` others. The run from `p` on has `bytes` bytes.
    static func appendBulks(
        _ p: UnsafePointer<UInt8>, _ number: Int, bytes: Int, skipping: Int = 0,
        to reply: inout ReplyBuffer
    ) {
        let start = reply.room(bytes + number * ReplyBuffer.bulkFrameBytes)
        var target = start
        var source = p
        var left = number
        while left > 0 {
            let c = source[0]
            if c & 0xC0 == 0x80 {
                // The common case without a detour: a string of up to 63 bytes.
                let count = Int(c & 0x3F)
                target += ReplyBuffer.writeShortHeader(count, to: target)
                machine_copy(target, source + 1, count)
                target += count
                UnsafeMutableRawPointer(target).storeBytes(of: 0x0A0D, as: UInt16.self)
                target += 2
                source += count &+ 2
            } else {
                target += ReplyBuffer.writeBulk(item(at: source), to: target)
                source += entryBytes(at: source)
            }
            left &-= 1
            if skipping > 0, left > 0 {
                for _ in 0..<skipping { source += entryBytes(at: source) }
            }
        }
        reply.wrote(target - start)
    }
}

extension ReplyBuffer {
    /// What an element takes on the wire beyond its packed entry, at most: "$", ten digits and two
    /// line ends for a string of any length, less for an integer of 64 bits in an entry of ten.
    static var bulkFrameBytes: Int { 18 }

    /// Appends an element of a packed collection as a bulk string.
    package mutating func appendBulk(_ item: PackedItem) {
        let size = item.isInteger ? 32 : item.count + Self.bulkFrameBytes
        wrote(Self.writeBulk(item, to: room(size)))
    }

    mutating func wrote(_ bytes: Int) { count &+= bytes }

    /// Writes "$n\r\n" for n below 64; always stores eight bytes, returns how many count.
    @inline(__always)
    static func writeShortHeader(
        _ count: Int, to p: UnsafeMutablePointer<UInt8>
    ) -> Int {
        let raw = UnsafeMutableRawPointer(p)
        if count < 10 {
            let header = UInt32(0x0A0D_3024) &+ UInt32(truncatingIfNeeded: count) &<< 8
            raw.storeBytes(of: header.littleEndian, as: UInt32.self)
            return 4
        }
        let tens = (count &* 205) &>> 11
        let ones = count &- tens &* 10
        let header =
            UInt64(0x0A_0D30_3024) &+ UInt64(truncatingIfNeeded: tens) &<< 8
            &+ UInt64(truncatingIfNeeded: ones) &<< 16
        raw.storeBytes(of: header.littleEndian, as: UInt64.self)
        return 5
    }

    /// Writes one bulk string and returns its bytes on the wire.
    static func writeBulk(
        _ item: PackedItem, to p: UnsafeMutablePointer<UInt8>
    ) -> Int {
        var target = p + 1
        p[0] = 0x24
        if let base = item.base {
            target += IntegerText.write(unsigned: UInt64(item.count), to: target)
            writeLineEnd(to: target)
            machine_copy(target + 2, base, item.count)
            target += 2 &+ item.count
        } else {
            let digits = UInt64(IntegerText.byteCount(item.integer))
            target += IntegerText.write(unsigned: digits, to: target)
            writeLineEnd(to: target)
            target += 2
            target += IntegerText.write(item.integer, to: target)
        }
        writeLineEnd(to: target)
        return target - p + 2
    }

    @inline(__always)
    private static func writeLineEnd(to p: UnsafeMutablePointer<UInt8>) {
        p[0] = 0x0D
        p[1] = 0x0A
    }
}
