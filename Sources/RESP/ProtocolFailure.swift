// What can be wrong with a request, in the words that Redis 7.4 has for it, and the limits that the
// parser is given.
//
// After a protocol error the connection is answered and closed: there is no telling where the next
// request would start.

import Memory

/// The limits of one connection at this moment; the session passes them with every call.
@frozen
package struct ParserLimits {
    /// `proto-max-bulk-len`.
    package let bulkBytes: Int
    /// How many arguments a request may announce.
    package let arguments: Int
    /// Longest argument of a client that has yet to authenticate; else unlimited.
    package let unauthenticatedBulkBytes: Int

    package init(bulkBytes: Int = 512 * 1024 * 1024, authenticated: Bool = true) {
        // The upper bound only keeps sums of a length and an offset clear of overflow.
        self.bulkBytes = min(max(bulkBytes, 1024), Int.max / 4)
        arguments = authenticated ? Int(Int32.max) : 10
        unauthenticatedBulkBytes = authenticated ? Int.max : 16384
    }

    /// Longest line (inline request, or a length with its prefix) that is waited for.
    package static var lineBytes: Int { 64 * 1024 }
}

/// A request that breaks the protocol.
package enum ProtocolFailure: Equatable {
    case none
    case invalidMultibulkLength
    case invalidBulkLength
    case expectedDollar(got: UInt8)
    case tooBigMultibulkCount
    case tooBigBulkCount
    case tooBigInlineRequest
    case unbalancedQuotes
    case unauthenticatedMultibulkLength
    case unauthenticatedBulkLength

    /// The error without its "ERR " and line end, as log lines quote it; raw bytes, since the byte
    /// that came instead of a '$' is repeated as it is.
    package var text: [UInt8] {
        switch self {
        case .none: Array("Protocol error".utf8)
        case .invalidMultibulkLength: Array("Protocol error: invalid multibulk length".utf8)
        case .invalidBulkLength: Array("Protocol error: invalid bulk length".utf8)
        case .expectedDollar(let got):
            Array("Protocol error: expected '$', got '".utf8) + [got] + Array("'".utf8)
        case .tooBigMultibulkCount: Array("Protocol error: too big mbulk count string".utf8)
        case .tooBigBulkCount: Array("Protocol error: too big bulk count string".utf8)
        case .tooBigInlineRequest: Array("Protocol error: too big inline request".utf8)
        case .unbalancedQuotes: Array("Protocol error: unbalanced quotes in request".utf8)
        case .unauthenticatedMultibulkLength:
            Array("Protocol error: unauthenticated multibulk length".utf8)
        case .unauthenticatedBulkLength:
            Array("Protocol error: unauthenticated bulk length".utf8)
        }
    }

    /// Writes the error reply.
    package func write(to reply: inout ReplyBuffer) {
        reply.error(Array("ERR ".utf8) + text)
    }
}
