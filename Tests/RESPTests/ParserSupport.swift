// What a session does with the parser, in its simplest form, for tests: keeps what is incomplete,
// moves the buffer with every call, receives long arguments into blobs if told to.

import Testing

@testable import Memory
@testable import RESP

/// SplitMix64: the seed alone decides the run.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

typealias Request = [[UInt8]]

struct FakeSession: ~Copyable {
    var parser = RequestParser()
    var partial: UnsafeMutablePointer<PartialRequest>?
    var limits = ParserLimits()
    var maxRequests = 16
    /// Whether long arguments are received into blobs of their own.
    var takesOwned = false
    private(set) var kept: [UInt8] = []
    private(set) var requests: [Request] = []
    private(set) var failure: ProtocolFailure?
    private(set) var ownedRequests = 0
    private(set) var largestBatch = 0

    deinit {
        var last = partial
        PartialRequest.destroy(&last)
    }

    mutating func feed(_ chunk: [UInt8]) {
        guard failure == nil else { return }
        var chunk = chunk[...]
        if let state = partial, state.pointee.ownedMissing > 0 {
            let part = chunk.prefix(state.pointee.ownedMissing)
            for (i, byte) in part.enumerated() { state.pointee.ownedRoom[i] = byte }
            state.pointee.ownedReceived(part.count)
            chunk = chunk.dropFirst(part.count)
            if state.pointee.ownedMissing > 0 { return }
        }
        kept += chunk
        // An allocation of exactly this size, elsewhere each time: AddressSanitizer sees a read
        // past it, and pointers kept from an earlier call would be caught.
        let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: kept.count)
        defer { buffer.deallocate() }
        kept.withUnsafeBufferPointer {
            if let base = $0.baseAddress { buffer.update(from: base, count: $0.count) }
        }
        parseAll(buffer)
    }

    private mutating func parseAll(_ buffer: UnsafeMutablePointer<UInt8>) {
        var from = 0
        while true {
            let outcome = parser.parse(
                buffer: buffer, count: kept.count, from: from, limits: limits,
                maxRequests: maxRequests, partial: &partial)
            collect(after: from)
            from = parser.consumed
            switch outcome {
            case .complete:
                #expect(from == kept.count && partial == nil)
                kept = []
                return
            case .more:
                #expect(parser.requestCount > 0)
                continue
            case .needMore:
                #expect(parser.missing > 0)
                kept.removeFirst(from)
                return
            case .bigArgument:
                let state = partial!
                #expect(state.pointee.pendingBytes >= PartialRequest.ownedThreshold)
                var end = kept.count
                if takesOwned {
                    end =
                        from
                        + state.pointee.ownArgument(
                            buffer: buffer, count: kept.count, from: from)
                }
                kept = Array(kept[from..<end])
                return
            case .protocolError:
                #expect(parser.requestCount == 0 && partial == nil)
                failure = parser.failure
                return
            }
        }
    }

    private mutating func collect(after from: Int) {
        var end = from
        largestBatch = max(largestBatch, parser.requestCount)
        for i in 0..<parser.requestCount {
            let request = parser.requests[i]
            #expect(request.count > 0 && request.end > end)
            end = request.end
            let arguments = parser.arguments(of: i)
            requests.append((0..<request.count).map { arguments[$0].array })
        }
        #expect(end <= parser.consumed)
        if let owned = parser.owned {
            ownedRequests += 1
            let argument = parser.arguments(of: 0)[parser.ownedIndex]
            #expect(argument.base == UnsafePointer(owned.bytes) && argument.count == owned.count)
        }
    }
}

/// What came of some input: the comparison that every way of feeding it must pass.
struct Parsed: Equatable {
    var requests: [Request]
    var failure: ProtocolFailure?
    var left: [UInt8]
}

func parse(
    _ chunks: [[UInt8]], limits: ParserLimits = ParserLimits(), owned: Bool = false
) -> Parsed {
    var session = FakeSession()
    session.limits = limits
    session.takesOwned = owned
    for chunk in chunks { session.feed(chunk) }
    return Parsed(
        requests: session.requests, failure: session.failure,
        left: session.failure == nil ? session.kept : [])
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

func words(_ texts: String...) -> Request { texts.map(bytes) }

/// A request as clients send it.
func encode(_ request: Request) -> [UInt8] {
    var out = bytes("*\(request.count)\r\n")
    for argument in request { out += bytes("$\(argument.count)\r\n") + argument + bytes("\r\n") }
    return out
}
