// Reading and writing IDs of stream entries.

import Memory
import RESP
import Testing

@testable import Engine

@Suite struct StreamIDTests {
    private func parse(_ text: String, missing: UInt64 = 0, strict: Bool = true) -> StreamID? {
        text.withBytes { StreamID($0, missing: missing, strict: strict) }
    }

    @Test func `Numbers are read as Redis reads them`() {
        #expect(parse("5-7") == StreamID(5, 7))
        #expect(parse("5", missing: 9) == StreamID(5, 9))
        #expect(parse("18446744073709551615-18446744073709551615") == .max)
        #expect(parse("007-08") == StreamID(7, 8))
        #expect(parse(" 7-+8") == StreamID(7, 8))
        #expect(parse("5--07") == StreamID(5, 0 &- 7))
        #expect(parse("5-\u{0}abc") == nil)
        #expect(parse("5-6\u{0}abc") == StreamID(5, 6))
        for wrong in [
            "", "-", "+", "abc", "1-", "-1", "5--7", "1-1-1", "18446744073709551616", "1 ", "0x1",
            String(repeating: "0", count: 128),
        ] {
            #expect(parse(wrong) == nil, "\(wrong)")
        }
        #expect(parse("-", strict: false) == .zero)
        #expect(parse("+", strict: false) == .max)
    }

    @Test func `A new entry's sequence number may be left open`() {
        func read(_ text: String) -> (StreamID, Bool)? {
            text.withBytes { StreamID.forNewEntry($0).map { ($0.id, $0.isComplete) } }
        }
        #expect(read("5-*")! == (StreamID(5, 0), false))
        #expect(read("5-3")! == (StreamID(5, 3), true))
        #expect(read("5")! == (StreamID(5, 0), true))
        #expect(read("*-1") == nil && read("-") == nil && read("5-**") == nil)
    }

    @Test func `Neighbours carry over`() {
        #expect(StreamID(1, .max).next == StreamID(2, 0))
        #expect(StreamID(2, 0).previous == StreamID(1, .max))
        #expect(StreamID.max.next == nil && StreamID.zero.previous == nil)
        #expect(StreamID(5, 3).following(now: 4) == StreamID(5, 4))
        #expect(StreamID(5, 3).following(now: 6) == StreamID(6, 0))
    }

    @Test(arguments: [
        StreamID(0, 0), StreamID(12345, 678), StreamID(99999, 99), .max,
        StreamID(1_700_000_000_000, 0),
    ])
    func `A reply holds the text`(id: StreamID) {
        var reply = ReplyBuffer()
        reply.streamID(id)
        let text = id.text()
        let wire = Bytes(UnsafePointer(reply.base), reply.count).string
        #expect(wire == "$\(text.utf8.count)\r\n\(text)\r\n")
    }
}
