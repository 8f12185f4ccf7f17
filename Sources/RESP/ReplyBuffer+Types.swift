// Replies by type: status, errors, bulk strings, integers, nulls. Hot: GET's answer is one call of
// bulk(Bytes).
//
// Called by every command handler. What differs between RESP2 and RESP3 looks at `resp3`. Forms are
// those of Redis 7.4 to the byte.

import CMachine
import Memory

extension ReplyBuffer {
    /// Bytes that a header (prefix, up to 20 characters of number, CRLF) and a closing CRLF take,
    /// rounded up so that eight bytes may be stored at once anywhere in them.
    @inlinable static var headerRoom: Int { 32 }

    // MARK: Headers

    /// Writes `prefix`, the number and CRLF at `p` (room for `headerRoom`); returns the bytes.
    ///
    /// Numbers below 1000 are put together in a register and stored at once: no table to load, no
    /// loop. Nearly every length and count is one of them.
    @inlinable
    static func writeHeader(
        _ p: UnsafeMutablePointer<UInt8>, _ prefix: UInt8, _ value: Int
    ) -> Int {
        guard UInt(bitPattern: value) < 1000 else { return writeLongHeader(p, prefix, value) }
        let number = UInt64(truncatingIfNeeded: value)
        var word = UInt64(prefix)
        var bytes = 4
        if number < 10 {
            word |= (0x0A0D_3000 &+ (number &<< 8))
        } else if number < 100 {
            let tens = number / 10
            word |= 0x0A_0D30_3000 &+ (tens &<< 8) &+ ((number &- tens &* 10) &<< 16)
            bytes = 5
        } else {
            let hundreds = number / 100
            let rest = number &- hundreds &* 100
            let tens = rest / 10
            word |=
                0x0A0D_3030_3000 &+ (hundreds &<< 8) &+ (tens &<< 16)
                &+ ((rest &- tens &* 10) &<< 24)
            bytes = 6
        }
        UnsafeMutableRawPointer(p).storeBytes(of: word.littleEndian, as: UInt64.self)
        return bytes
    }

    @inline(never) @usableFromInline
    static func writeLongHeader(
        _ p: UnsafeMutablePointer<UInt8>, _ prefix: UInt8, _ value: Int
    ) -> Int {
        p[0] = prefix
        let digits = IntegerText.write(Int64(value), to: p + 1)
        writeLineEnd(p + 1 + digits)
        return digits + 3
    }

    @inlinable
    static func writeLineEnd(_ p: UnsafeMutablePointer<UInt8>) {
        UnsafeMutableRawPointer(p).storeBytes(of: UInt16(0x0A0D).littleEndian, as: UInt16.self)
    }

    @inlinable
    mutating func header(_ prefix: UInt8, _ value: Int) {
        let p = room(Self.headerRoom)
        count &+= Self.writeHeader(p, prefix, value)
    }

    /// `prefix`, text, CRLF: the lines that are no length.
    @inlinable
    mutating func line(_ prefix: UInt8, _ text: Bytes) {
        let p = room(text.count &+ 3)
        p[0] = prefix
        machine_copy(p + 1, text.base, text.count)
        Self.writeLineEnd(p + 1 + text.count)
        count &+= text.count &+ 3
    }

    // MARK: Status and errors

    @inlinable
    package mutating func ok() {
        let p = room(8)
        // "+OK\r\n" and three bytes that the next reply overwrites.
        UnsafeMutableRawPointer(p).storeBytes(
            of: UInt64(0x0A_0D4B_4F2B).littleEndian, as: UInt64.self)
        count &+= 5
    }

    /// A status reply, e.g. simple("PONG").
    @inlinable
    package mutating func simple(_ text: StaticString) { line(0x2B, Bytes(text)) }

    /// A status reply of computed text, which holds no line end.
    @inlinable
    package mutating func simple(_ text: Bytes) { line(0x2B, text) }

    /// An error reply; `text` begins with its code ("ERR ...", "WRONGTYPE ...").
    @inline(never)
    package mutating func error(_ text: StaticString) {
        noteError()
        line(0x2D, Bytes(text))
    }

    /// An error reply of computed text: line ends at its ends are dropped, others become spaces.
    /// Bytes that are no UTF-8 (arguments quoted in the text) pass as they are.
    @inline(never)
    package mutating func error(_ text: [UInt8]) {
        noteError()
        var start = 0
        var end = text.count
        while start < end, Self.isLineEnd(text[start]) { start += 1 }
        while end > start, Self.isLineEnd(text[end - 1]) { end -= 1 }
        let p = room(end - start + 3)
        p[0] = 0x2D
        for i in start..<end {
            p[1 + i - start] = Self.isLineEnd(text[i]) ? 0x20 : text[i]
        }
        Self.writeLineEnd(p + 1 + end - start)
        count += end - start + 3
    }

    /// An error reply of computed text.
    package mutating func error(_ text: String) { error(Array(text.utf8)) }

    /// An error reply that quotes bytes from outside, e.g. ("ERR unknown command '", name, "'").
    /// As in Redis, what stands behind a zero byte is not shown.
    package mutating func error(
        _ before: StaticString, _ quoted: Bytes, _ after: StaticString
    ) {
        error(Bytes(before).array + quoted.upToZero.array + Bytes(after).array)
    }

    private static func isLineEnd(_ c: UInt8) -> Bool { c == 13 || c == 10 }

    private mutating func noteError() {
        errorCount += 1
        lastErrorOffset = count
    }

    // MARK: Bulk strings

    /// A bulk string: one capacity check for header, bytes and line end.
    @inlinable
    package mutating func bulk(_ bytes: Bytes) {
        let length = bytes.count
        let start = room(length &+ Self.headerRoom)
        let header = Self.writeHeader(start, 0x24, length)
        let p = start + header
        machine_copy(p, bytes.base, length)
        Self.writeLineEnd(p + length)
        count &+= header &+ length &+ 2
    }

    @inlinable
    package mutating func bulk(_ text: StaticString) { bulk(Bytes(text)) }

    package mutating func bulk(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            if let base = utf8.baseAddress {
                bulk(Bytes(base, utf8.count))
            } else {
                bulk("" as StaticString)
            }
        }
    }

    package mutating func bulk(_ bytes: [UInt8]) { bytes.withBytes { bulk($0) } }

    /// A bulk string of the blob's bytes: by reference from `referenceThreshold` bytes on.
    package mutating func bulk(_ blob: SharedBlob) {
        guard blob.count >= Self.referenceThreshold else { return bulk(blob.view) }
        header(0x24, blob.count)
        reference(blob)
        let p = room(2)
        Self.writeLineEnd(p)
        count += 2
    }

    /// An integer as a bulk string, e.g. the value of a counter.
    @inlinable
    package mutating func bulkInteger(_ value: Int) {
        let digits = IntegerText.byteCount(Int64(value))
        let start = room(2 &* Self.headerRoom)
        let header = Self.writeHeader(start, 0x24, digits)
        _ = IntegerText.write(Int64(value), to: start + header)
        Self.writeLineEnd(start + header + digits)
        count &+= header &+ digits &+ 2
    }

    // MARK: Integers, nulls, booleans

    @inlinable
    package mutating func integer(_ value: Int) { header(0x3A, value) }

    /// `$-1`, or RESP3's null.
    @inlinable
    package mutating func null() {
        if resp3 { raw("_\r\n") } else { raw("$-1\r\n") }
    }

    /// `*-1`, or RESP3's null.
    @inlinable
    package mutating func nullArray() {
        if resp3 { raw("_\r\n") } else { raw("*-1\r\n") }
    }

    /// RESP3's `#t` and `#f`; 1 and 0 in RESP2.
    @inlinable
    package mutating func bool(_ value: Bool) {
        if resp3 {
            if value { raw("#t\r\n") } else { raw("#f\r\n") }
        } else {
            integer(value ? 1 : 0)
        }
    }
}
