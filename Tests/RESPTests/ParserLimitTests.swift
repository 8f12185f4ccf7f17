// Every limit of the parser at its edge and one past it, and the words of each error.

import Testing

@testable import Memory
@testable import RESP

@Suite struct ParserLimitTests {
    private func failure(
        _ input: [UInt8], _ limits: ParserLimits = ParserLimits()
    ) -> ProtocolFailure? {
        parse([input], limits: limits).failure
    }

    private func digits(_ prefix: String, _ total: Int) -> [UInt8] {
        bytes(prefix) + [UInt8](repeating: 0x31, count: total - prefix.utf8.count)
    }

    @Test func lines() {
        #expect(failure(digits("*", 65536)) == nil)
        #expect(failure(digits("*", 65537)) == .tooBigMultibulkCount)
        #expect(failure(bytes("*1\r\n") + digits("$", 65536)) == nil)
        #expect(failure(bytes("*1\r\n") + digits("$", 65537)) == .tooBigBulkCount)
        #expect(failure(digits("a", 65536)) == nil)
        #expect(failure(digits("a", 65537)) == .tooBigInlineRequest)
    }

    @Test func multibulkLength() {
        #expect(failure(bytes("*2147483647\r\n")) == nil)
        #expect(failure(bytes("*2147483648\r\n")) == .invalidMultibulkLength)
    }

    @Test func bulkLength() {
        #expect(failure(bytes("*1\r\n$536870912\r\n")) == nil)
        #expect(failure(bytes("*1\r\n$536870913\r\n")) == .invalidBulkLength)
        let limits = ParserLimits(bulkBytes: 1024 * 1024)
        #expect(failure(bytes("*1\r\n$1048576\r\n"), limits) == nil)
        #expect(failure(bytes("*1\r\n$1048577\r\n"), limits) == .invalidBulkLength)
        let most = ParserLimits(bulkBytes: Int.max)
        #expect(failure(bytes("*1\r\n$2305843009213693951\r\n"), most) == nil)
        #expect(failure(bytes("*1\r\n$9223372036854775807\r\n"), most) == .invalidBulkLength)
    }

    @Test func unauthenticated() {
        let limits = ParserLimits(authenticated: false)
        #expect(failure(bytes("*10\r\n"), limits) == nil)
        #expect(failure(bytes("*11\r\n"), limits) == .unauthenticatedMultibulkLength)
        #expect(failure(bytes("*5000\r\n"), limits) == .unauthenticatedMultibulkLength)
        #expect(failure(bytes("*2147483648\r\n"), limits) == .invalidMultibulkLength)
        #expect(failure(bytes("*-5\r\nPING\r\n"), limits) == nil)
        #expect(failure(bytes("*1\r\n$16384\r\n"), limits) == nil)
        #expect(failure(bytes("*1\r\n$16385\r\n"), limits) == .unauthenticatedBulkLength)
        #expect(failure(bytes("*1\r\n$536870913\r\n"), limits) == .invalidBulkLength)
        // Inline requests have no such limit.
        let inline = bytes("PING " + String(repeating: "x ", count: 20) + "\n")
        #expect(parse([inline], limits: limits).requests[0].count == 21)
    }

    @Test func limitsHoldInTheMiddleOfAKeptRequest() {
        let head = bytes("*100\r\n") + (0..<50).flatMap { _ in bytes("$1\r\nx\r\n") }
        #expect(parse([head, bytes("$536870913\r\n")]).failure == .invalidBulkLength)
        #expect(parse([head, bytes("*1\r\n")]).failure == .expectedDollar(got: 0x2A))
        #expect(parse([head, digits("$", 65537)]).failure == .tooBigBulkCount)
        #expect(parse([head, digits("$", 65536)]).failure == nil)
    }

    @Test func texts() {
        func text(_ failure: ProtocolFailure) -> [UInt8] {
            var reply = ReplyBuffer(capacity: 64)
            failure.write(to: &reply)
            return Bytes(UnsafePointer(reply.base), reply.count).array
        }
        let known: [(ProtocolFailure, String)] = [
            (.invalidMultibulkLength, "invalid multibulk length"),
            (.invalidBulkLength, "invalid bulk length"),
            (.expectedDollar(got: 0x3A), "expected '$', got ':'"),
            (.expectedDollar(got: 13), "expected '$', got ' '"),
            (.tooBigMultibulkCount, "too big mbulk count string"),
            (.tooBigBulkCount, "too big bulk count string"),
            (.tooBigInlineRequest, "too big inline request"),
            (.unbalancedQuotes, "unbalanced quotes in request"),
            (.unauthenticatedMultibulkLength, "unauthenticated multibulk length"),
            (.unauthenticatedBulkLength, "unauthenticated bulk length"),
        ]
        for (failure, words) in known {
            #expect(text(failure) == bytes("-ERR Protocol error: \(words)\r\n"))
        }
        #expect(
            text(.expectedDollar(got: 0x80))
                == bytes("-ERR Protocol error: expected '$', got '") + [0x80] + bytes("'\r\n"))
    }
}
