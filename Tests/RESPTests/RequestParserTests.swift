// The parser on whole input, at every split point and byte by byte, with buffers that move.

import Testing

@testable import Memory
@testable import RESP

@Suite struct RequestParserTests {
    /// Inputs and what they must come to.
    static let inputs: [(input: [UInt8], requests: [Request], failure: ProtocolFailure?)] = [
        (bytes("*1\r\n$4\r\nPING\r\n"), [words("PING")], nil),
        (
            bytes("*2\r\n$3\r\nGET\r\n$1\r\na\r\n*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$0\r\n\r\n"),
            [words("GET", "a"), words("SET", "b", "")], nil
        ),
        (encode([bytes("ECHO"), [0, 13, 10, 255]]), [[bytes("ECHO"), [0, 13, 10, 255]]], nil),
        (
            encode(words("SET", "k", String(repeating: "v", count: 1234))),
            [words("SET", "k", String(repeating: "v", count: 1234))], nil
        ),
        (bytes("*0\r\n*-1\r\n\r\n\n  \r\n*-99\r\nPING\r\n"), [words("PING")], nil),
        (bytes("PING\nGET  a\t b \r\n"), [words("PING"), words("GET", "a", "b")], nil),
        (bytes("PING\r\r\n"), [words("PING")], nil),
        (bytes("ECHO a\rb\n"), [words("ECHO", "a", "b")], nil),
        (bytes("ECHO a\u{0B}b\r\n"), [words("ECHO", "a\u{0B}b")], nil),
        (bytes("\u{0B}\u{0C}ECHO a\\nb\n"), [words("ECHO", "a\\nb")], nil),
        (
            bytes("ECHO \"\\x41\\n\\q\" 'it\\'s' x\"y\"\r\nPING\r\n"),
            [words("ECHO", "A\nq", "it's", "xy"), words("PING")], nil
        ),
        (bytes("\"\"\n*1\r\n$1\r\nx\r\n"), [words(""), words("x")], nil),
        // Line ends are taken on trust, as Redis does.
        (bytes("*1\rX$4\rYPINGab*1\r\n$1\r\nx\r\n"), [words("PING"), words("x")], nil),
        (bytes("PING\r\n*01\r\n"), [words("PING")], .invalidMultibulkLength),
        (bytes("*+1\r\n"), [], .invalidMultibulkLength),
        (bytes("*\r\n"), [], .invalidMultibulkLength),
        (bytes("* 1\r\n"), [], .invalidMultibulkLength),
        (bytes("*-0\r\n"), [], .invalidMultibulkLength),
        (bytes("*2147483648\r\n"), [], .invalidMultibulkLength),
        (bytes("*99999999999999999999\r\n"), [], .invalidMultibulkLength),
        (bytes("*1\r\n:4\r\n"), [], .expectedDollar(got: 0x3A)),
        (bytes("*1\r\n\r\n"), [], .expectedDollar(got: 13)),
        (bytes("*2\r\n$1\r\na\r\nPING\r\n"), [], .expectedDollar(got: 0x50)),
        (bytes("*1\r\n$-1\r\n"), [], .invalidBulkLength),
        (bytes("*1\r\n$04\r\n"), [], .invalidBulkLength),
        (bytes("*1\r\n$\r\n"), [], .invalidBulkLength),
        (bytes("*1\r\n$1x\r\n"), [], .invalidBulkLength),
        (bytes("*1\r\n$536870913\r\n"), [], .invalidBulkLength),
        (bytes("PING\r\nECHO \"a\n"), [words("PING")], .unbalancedQuotes),
        (bytes("ECHO \"a\"b\n"), [], .unbalancedQuotes),
        // A NUL hides the line's end.
        (bytes("*1\0\r\n*1\r\n$4\r\nPING\r\n"), [], nil),
        (bytes("*1\r\n\0\r\n"), [], nil),
        (bytes("ECHO a\0b\r\nPING\r\n"), [], nil),
    ]

    @Test(arguments: 0..<inputs.count)
    func wholeAtEverySplitAndByteByByte(_ index: Int) {
        let (input, requests, failure) = Self.inputs[index]
        let whole = parse([input])
        #expect(whole.requests == requests)
        #expect(whole.failure == failure)
        for split in 0...input.count {
            let parsed = parse([Array(input[..<split]), Array(input[split...])])
            #expect(parsed == whole, "split at \(split)")
        }
        #expect(parse(input.map { [$0] }) == whole)
    }

    @Test func manyArgumentsSplitAnywhereKeepTheirProgress() {
        // Above the threshold from which on an incomplete request keeps its state.
        let request = (0..<100).map { bytes("argument:\($0)") }
        let input = encode(request) + encode(words("PING"))
        for split in 0...input.count {
            let parsed = parse([Array(input[..<split]), Array(input[split...])])
            #expect(parsed.requests == [request, words("PING")], "split at \(split)")
        }
        #expect(parse(input.map { [$0] }).requests == [request, words("PING")])
    }

    @Test func aBatchHoldsAtMostWhatWasAskedFor() {
        var session = FakeSession()
        let input = (0..<40).flatMap { encode(words("GET", "key\($0)")) }
        session.feed(input)
        #expect(session.largestBatch == 16)
        #expect(session.requests == (0..<40).map { words("GET", "key\($0)") })
    }

    @Test func theLimitsOfTheMomentCountForEachRequest() {
        // AUTH in front of a long request: by the time it is read, the client is known.
        var parser = RequestParser()
        var partial: UnsafeMutablePointer<PartialRequest>?
        let long = (0..<11).map { bytes("\($0)") }
        let input = encode(words("AUTH", "p")) + encode(long)
        input.withUnsafeBufferPointer { buffer in
            let base = buffer.baseAddress!
            let first = parser.parse(
                buffer: base, count: input.count, from: 0,
                limits: ParserLimits(authenticated: false), maxRequests: 16, partial: &partial)
            #expect(first == .more && parser.requestCount == 1)
            let second = parser.parse(
                buffer: base, count: input.count, from: parser.consumed,
                limits: ParserLimits(authenticated: true), maxRequests: 16, partial: &partial)
            #expect(second == .complete && parser.requestCount == 1)
            #expect(parser.requests[0].count == 11)
        }
    }

    @Test func aMillionArgumentsInPiecesAreReadOnce() {
        let count = 1_000_000
        var input = bytes("*\(count)\r\n")
        let argument = bytes("$3\r\nabc\r\n")
        input.reserveCapacity(count * 9 + 16)
        for _ in 0..<count { input += argument }
        var parser = RequestParser()
        var partial: UnsafeMutablePointer<PartialRequest>?
        var arrived = 0
        var index = 0
        var outcome = ParseOutcome.needMore
        input.withUnsafeBufferPointer { buffer in
            while arrived < input.count {
                arrived = min(arrived + 65536, input.count)
                outcome = parser.parse(
                    buffer: buffer.baseAddress!, count: arrived, from: 0, limits: ParserLimits(),
                    maxRequests: 16, partial: &partial)
                if arrived < input.count {
                    // Everything that has come is taken in: the next call starts behind it.
                    #expect(outcome == .needMore && partial != nil)
                    #expect(partial!.pointee.pendingIndex > index)
                    #expect(arrived - partial!.pointee.bytes < 16)
                    index = partial!.pointee.pendingIndex
                }
            }
            #expect(outcome == .complete && partial == nil)
            #expect(parser.requestCount == 1 && parser.requests[0].count == count)
            #expect(parser.arguments(of: 0)[count - 1].array == bytes("abc"))
        }
        // The room for a million arguments is given back with the next request.
        let used = Allocator.usedBytes
        _ = parse([encode(words("PING"))])
        bytes("PING\r\n").withUnsafeBufferPointer {
            _ = parser.parse(
                buffer: $0.baseAddress!, count: 6, from: 0, limits: ParserLimits(),
                maxRequests: 1, partial: &partial)
        }
        #expect(Allocator.usedBytes < used - 16_000_000 + 100_000)
    }

    @Test func anAnnouncementCostsNothing() {
        let used = Allocator.usedBytes
        do {
            var session = FakeSession()
            session.feed(bytes("*1000000000\r\n$3\r\nSET\r\n"))
            let cost = Allocator.usedBytes - used
            // The parser's own arrays and nothing more.
            #expect(cost < 32 * 1024)
        }
        #expect(Allocator.usedBytes == used)
    }

    @Test func quotedWordsOutliveTheBatchThatHoldsThem() {
        // The scratch grows between requests of one feed; each batch must still be right.
        let long = String(repeating: "y", count: 5000)
        let parsed = parse([bytes("ECHO 'a b'\nECHO \"\(long)\"\nPING\nECHO ''\n")])
        #expect(
            parsed.requests == [
                words("ECHO", "a b"), words("ECHO", long), words("PING"), words("ECHO", ""),
            ])
    }
}
