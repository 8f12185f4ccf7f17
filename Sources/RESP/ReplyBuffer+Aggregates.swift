// Replies made of replies, and the rarer scalar types of RESP3.
//
// An aggregate is a header; its elements follow by further calls. When their number is known only
// afterwards, `deferred` remembers the place and a `close` puts the header in.

import CMachine
import Memory

extension ReplyBuffer {
    @inlinable
    package mutating func array(_ count: Int) { header(0x2A, count) }

    @inlinable
    package mutating func emptyArray() { raw("*0\r\n") }

    /// `pairs` keys with their values; in RESP2 an array of twice as many elements.
    @inlinable
    package mutating func map(_ pairs: Int) {
        if resp3 { header(0x25, pairs) } else { header(0x2A, pairs &* 2) }
    }

    /// An array in RESP2.
    @inlinable
    package mutating func set(_ count: Int) { header(resp3 ? 0x7E : 0x2A, count) }

    /// A message that answers no request; an array in RESP2.
    @inlinable
    package mutating func push(_ count: Int) { header(resp3 ? 0x3E : 0x2A, count) }

    /// Data beside the reply that follows. RESP2 has no such thing: then nothing is written, false
    /// is returned, and the caller leaves out the pairs.
    package mutating func attribute(_ pairs: Int) -> Bool {
        if resp3 { header(0x7C, pairs) }
        return resp3
    }

    // MARK: Aggregates of unknown size

    /// A place where an aggregate's header goes once its size is known. Several may be open at a
    /// time; they are closed last first.
    @frozen
    @usableFromInline
    package struct Deferred {
        @usableFromInline let offset: Int
        @inlinable init(offset: Int) { self.offset = offset }
    }

    package mutating func deferred() -> Deferred { Deferred(offset: count) }

    package mutating func close(_ place: Deferred, array count: Int) {
        insertHeader(place, 0x2A, count)
    }

    package mutating func close(_ place: Deferred, map pairs: Int) {
        insertHeader(place, resp3 ? 0x25 : 0x2A, resp3 ? pairs : pairs * 2)
    }

    package mutating func close(_ place: Deferred, set count: Int) {
        insertHeader(place, resp3 ? 0x7E : 0x2A, count)
    }

    package mutating func close(_ place: Deferred, push count: Int) {
        insertHeader(place, resp3 ? 0x3E : 0x2A, count)
    }

    /// Puts bytes where `place` was taken: what stands before an aggregate and is known last.
    package mutating func insert(_ bytes: [UInt8], at place: Deferred) {
        openGap(at: place.offset, length: bytes.count)
        for i in 0..<bytes.count { base[place.offset + i] = bytes[i] }
        if errorCount > 0, lastErrorOffset >= place.offset { lastErrorOffset += bytes.count }
    }

    /// Drops everything written since `place` was taken, e.g. to answer with null or an error.
    package mutating func discard(from place: Deferred) { truncate(to: place.offset) }

    private mutating func insertHeader(_ place: Deferred, _ prefix: UInt8, _ value: Int) {
        // The bytes are exact, so that nothing is moved twice.
        let digits = IntegerText.byteCount(Int64(value))
        openGap(at: place.offset, length: digits + 3)
        let p = base + place.offset
        p[0] = prefix
        _ = IntegerText.write(Int64(value), to: p + 1)
        Self.writeLineEnd(p + 1 + digits)
        if errorCount > 0, lastErrorOffset >= place.offset { lastErrorOffset += digits + 3 }
    }

    // MARK: Doubles, big numbers, verbatim text

    /// A double in the digits of Redis 7.4; a bulk string in RESP2.
    package mutating func double(_ value: Double) {
        let start = room(2 * Self.headerRoom)
        if resp3 {
            start[0] = 0x2C
            let length = DoubleText.write(value, to: start + 1)
            Self.writeLineEnd(start + 1 + length)
            count += length + 3
            return
        }
        // Two digits of length are the most: write the text behind a header of that size, and move
        // it back by one if one digit is enough.
        let length = DoubleText.write(value, to: start + 5)
        let header = Self.writeHeader(start + 40, 0x24, length)
        if header == 4 { (start + 4).update(from: start + 5, count: length) }
        start.update(from: start + 40, count: header)
        Self.writeLineEnd(start + header + length)
        count += header + length + 2
    }

    /// A long double of INCRBYFLOAT: a bulk string in both protocols.
    package mutating func bulk(_ value: LongDouble) { bulk(value.text) }

    /// An integer of any size, given as text; a bulk string in RESP2.
    package mutating func bigNumber(_ text: Bytes) {
        if resp3 { line(0x28, text) } else { bulk(text) }
    }

    /// Text with a three-letter format ("txt", "mkd"); a bulk string in RESP2.
    package mutating func verbatim(_ format: StaticString, _ text: Bytes) {
        guard resp3 else { return bulk(text) }
        assert(format.utf8CodeUnitCount == 3)
        header(0x3D, text.count + 4)
        raw(format)
        byte(0x3A)
        raw(text)
        raw("\r\n")
    }
}
