// Golden replies: every type in RESP2 and RESP3, byte for byte.

import Testing

@testable import Memory
@testable import RESP

@Suite struct ReplyTests {
    private func written(
        resp3: Bool = false, _ body: (inout ReplyBuffer) -> Void
    ) -> String {
        // A tiny buffer, so that every write that needs room has to ask for it.
        var reply = ReplyBuffer(capacity: 8)
        reply.resp3 = resp3
        body(&reply)
        return Bytes(UnsafePointer(reply.base), reply.count).string
    }

    /// Checks both protocols; `three` nil means the same as `two`.
    private func expect(
        _ two: String, _ three: String? = nil, _ body: (inout ReplyBuffer) -> Void,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(written(resp3: false, body) == two, sourceLocation: sourceLocation)
        #expect(written(resp3: true, body) == three ?? two, sourceLocation: sourceLocation)
    }

    @Test func statusAndErrors() {
        expect("+OK\r\n") { $0.ok() }
        expect("+OK\r\n+OK\r\n+OK\r\n") { for _ in 0..<3 { $0.ok() } }
        expect("+PONG\r\n") { $0.simple("PONG") }
        expect("-ERR syntax error\r\n") { $0.error("ERR syntax error" as StaticString) }
        let name = "a\r\nb"
        expect("-ERR unknown 'a  b'\r\n") { $0.error("ERR unknown '\(name)'\r\n") }
        expect("-ERR unknown 'a  b'\r\n") { reply in
            name.withBytes { reply.error("ERR unknown '", $0, "'") }
        }
        let raw = bytes("ERR ") + [0xFF]
        var reply = ReplyBuffer(capacity: 8)
        reply.error(raw)
        #expect(
            Bytes(UnsafePointer(reply.base), reply.count).array
                == [0x2D] + raw + [13, 10])
    }

    @Test func errorsAreCountedAndFound() {
        var reply = ReplyBuffer(capacity: 8)
        reply.ok()
        reply.error("ERR a" as StaticString)
        #expect(reply.errorCount == 1 && reply.lastErrorOffset == 5)
        let place = reply.deferred()
        reply.error("ERR \(1)")
        #expect(reply.errorCount == 2)
        reply.close(place, array: 1)
        #expect(reply.base[reply.lastErrorOffset] == 0x2D)
    }

    @Test func bulks() {
        expect("$5\r\nhello\r\n") { $0.bulk(Bytes("hello")) }
        expect("$0\r\n\r\n") { $0.bulk("" as StaticString) }
        expect("$2\r\n\u{E9}\r\n") { $0.bulk("\u{E9}" + String()) }
        for length in [0, 1, 7, 8, 9, 10, 15, 16, 17, 99, 100, 101, 999, 1000, 1001, 12345] {
            let text = String(repeating: "v", count: length)
            expect("$\(length)\r\n\(text)\r\n+OK\r\n") { reply in
                text.withBytes { reply.bulk($0) }
                reply.ok()
            }
        }
    }

    @Test func integers() {
        for value in [0, 1, 9, 10, 99, 100, 101, 110, 999, 1000, 12345, -1, -10, Int.max, Int.min] {
            expect(":\(value)\r\n") { $0.integer(value) }
            expect("$\("\(value)".utf8.count)\r\n\(value)\r\n") { $0.bulkInteger(value) }
        }
        // Every header that is put together in a register.
        for value in 0..<1000 { #expect(written { $0.array(value) } == "*\(value)\r\n") }
    }

    @Test func nullsAndBooleans() {
        expect("$-1\r\n", "_\r\n") { $0.null() }
        expect("*-1\r\n", "_\r\n") { $0.nullArray() }
        expect(":1\r\n", "#t\r\n") { $0.bool(true) }
        expect(":0\r\n", "#f\r\n") { $0.bool(false) }
    }

    @Test func aggregates() {
        expect("*0\r\n") { $0.emptyArray() }
        expect("*3\r\n") { $0.array(3) }
        expect("*6\r\n", "%3\r\n") { $0.map(3) }
        expect("*3\r\n", "~3\r\n") { $0.set(3) }
        expect("*2\r\n", ">2\r\n") { $0.push(2) }
        expect("", "|1\r\n+k\r\n:1\r\n") {
            if $0.attribute(1) {
                $0.simple("k")
                $0.integer(1)
            }
        }
    }

    @Test func deferredAggregates() {
        expect("*2\r\n:1\r\n*1\r\n:2\r\n", "%2\r\n:1\r\n~1\r\n:2\r\n") { reply in
            let outer = reply.deferred()
            reply.integer(1)
            let inner = reply.deferred()
            reply.integer(2)
            reply.close(inner, set: 1)
            if reply.resp3 { reply.close(outer, map: 2) } else { reply.close(outer, map: 1) }
        }
        expect("*1234\r\n+x\r\n", ">1234\r\n+x\r\n") {
            let place = $0.deferred()
            $0.simple("x")
            $0.close(place, push: 1234)
        }
        expect("*0\r\n") {
            let place = $0.deferred()
            $0.simple("dropped")
            $0.discard(from: place)
            $0.close(place, array: 0)
        }
    }

    @Test func doublesAndTheRest() {
        expect("$3\r\n0.1\r\n", ",0.1\r\n") { $0.double(0.1) }
        expect("$1\r\n3\r\n", ",3\r\n") { $0.double(3.0) }
        expect("$4\r\n-inf\r\n", ",-inf\r\n") { $0.double(-Double.infinity) }
        expect("$9\r\n123.45678\r\n", ",123.45678\r\n") { $0.double(123.45678) }
        expect("$10\r\n123456.789\r\n", ",123456.789\r\n") { $0.double(123456.789) }
        expect("$23\r\n99999999999999990000000\r\n", ",99999999999999990000000\r\n") {
            $0.double(1e23)
        }
        expect("$2\r\n12\r\n", "(12\r\n") { $0.bigNumber(Bytes("12")) }
        expect("$2\r\nhi\r\n", "=6\r\ntxt:hi\r\n") { $0.verbatim("txt", Bytes("hi")) }
        expect("$3\r\n1.5\r\n") { $0.bulk(LongDouble(1.5)) }
    }

    @Test func longValuesGoByReference() {
        let used = Allocator.usedBytes
        do {
            var reply = ReplyBuffer(capacity: 64)
            let short = SharedBlob.allocate(count: 16 * 1024 - 1, capacity: 16 * 1024 - 1)
            let long = SharedBlob.allocate(count: 16 * 1024, capacity: 16 * 1024)
            short.bytes.update(repeating: 0x61, count: short.count)
            reply.bulk(short)
            #expect(reply.referenceCount == 0 && reply.count == 8 + 16383 + 2)
            reply.truncate(to: 0)
            let place = reply.deferred()
            reply.bulk(long)
            reply.ok()
            reply.close(place, array: 2)
            #expect(
                Bytes(UnsafePointer(reply.base), reply.count).string
                    == "*2\r\n$16384\r\n\r\n+OK\r\n")
            #expect(reply.referenceCount == 1 && reply.references![0].offset == 4 + 8)
            #expect(reply.wireCount == reply.count + 16384)
            #expect(long.references == 2)
            reply.discard(from: place)
            #expect(reply.count == 0 && reply.referencedBytes == 0 && long.isUnique)
            short.release()
            long.release()
        }
        #expect(Allocator.usedBytes == used)
    }
}
