// A run of elements straight into the reply, as LRANGE, LPOP with a count and LMPOP send them.
//
// The room for all that a node can contribute is asked for once; then each element is one header
// store and one copy.

import CMachine
import Memory
import RESP

extension PackedList {
    /// Appends `number` elements from index `start` on as bulk strings. They lie in the list; the
    /// array header is the caller's.
    /// - Complexity: O(nodes to `start` + number)
    package func appendBulks(from start: Int, _ number: Int, to reply: inout ReplyBuffer) {
        guard number > 0, let (first, offset) = locate(start) else { return }
        assert(start + number <= count)
        var node = first
        var position = node.pointee.position(of: offset)
        var here = min(number, node.pointee.count - offset)
        var left = number
        while true {
            appendRun(of: node, from: position, here, to: &reply)
            left -= here
            guard left > 0, let next = node.pointee.next else { return }
            node = next
            position = next.pointee.first
            here = min(left, next.pointee.count)
        }
    }

    /// Appends `number` elements from index `start` on, the last of them first.
    package func appendBulksReversed(from start: Int, _ number: Int, to reply: inout ReplyBuffer) {
        guard number > 0, var cursor = cursor(at: start + number - 1) else { return }
        for _ in 0..<number {
            reply.appendBulk(cursor.item)
            if !cursor.moveBackward() { return }
        }
    }

    private func appendRun(
        of node: PackedNodePointer, from position: UnsafeMutablePointer<UInt8>, _ number: Int,
        to reply: inout ReplyBuffer
    ) {
        if node.pointee.isPlain { return reply.appendBulk(node.pointee.item(at: position)) }
        let bytes = node.pointee.end - position
        let start = reply.room(bytes + number * ReplyBuffer.bulkFrameBytes)
        var target = start
        var source = UnsafePointer(position)
        for _ in 0..<number {
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
                target += ReplyBuffer.writeBulk(Listpack.item(at: source), to: target)
                source += Listpack.entryBytes(at: source)
            }
        }
        reply.wrote(target - start)
    }
}

extension ReplyBuffer {
    /// What an element takes on the wire beyond its packed entry, at most: "$", ten digits and two
    /// line ends for a string of any length, less for an integer of 64 bits in an entry of ten.
    fileprivate static var bulkFrameBytes: Int { 18 }

    /// Appends an element of a packed collection as a bulk string.
    package mutating func appendBulk(_ item: PackedItem) {
        let size = item.isInteger ? 32 : item.count + Self.bulkFrameBytes
        wrote(Self.writeBulk(item, to: room(size)))
    }

    fileprivate mutating func wrote(_ bytes: Int) { count &+= bytes }

    /// Writes "$n\r\n" for n below 64; always stores eight bytes, returns how many count.
    @inline(__always)
    fileprivate static func writeShortHeader(
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
    fileprivate static func writeBulk(
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
