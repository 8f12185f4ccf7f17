// The request parser: bytes in, arguments out. Hot.
//
// One parser serves all connections. A call reads up to `maxRequests` complete requests of one
// connection's buffer into two flat arrays: requests, and their arguments, which point into the
// buffer. Nothing is copied or allocated. The session executes them before it calls again or
// touches the buffer.
//
//     buffer     *2 $3 GET $1 a *3 $3 SET $1 b $2 xy *2 $3 GE      <- the last one is incomplete
//     requests   [0: 0+2] [1: 2+3]                    ^consumed
//     arguments  GET a SET b xy
//
// What is incomplete starts at `consumed`; the connection keeps the bytes from there on and calls
// again when more have come. If reading it again from its start would be costly, the call leaves a
// PartialRequest in `partial`, which the connection keeps too (see there, also for long arguments).
//
// Invariants: arguments of a batch lie in arguments[0 ..< argumentCount], those of a request one
// after the other. No byte outside the buffer is read. A request that breaks the protocol is
// reported only when it is the first of a call: those before it are executed first, and may change
// the limits (AUTH, CONFIG SET) that it breaks.

import Memory

/// A complete request: `count` arguments from `argumentStart` on.
@frozen
package struct ParsedRequest {
    package let argumentStart: Int
    package let count: Int
    /// Offset in the buffer behind this request.
    package let end: Int
}

@frozen
package enum ParseOutcome: UInt8 {
    /// Everything in the buffer is read; `consumed` is its end.
    case complete
    /// Bytes from `consumed` on are not looked at yet: execute what is here, then call again.
    case more
    /// An incomplete request starts at `consumed`; at least `missing` more bytes are needed.
    case needMore
    /// As needMore, and the argument waited for may be received into a blob of its own:
    /// `partial` is set, see PartialRequest.ownArgument.
    case bigArgument
    /// The bytes at `consumed` break the protocol: answer `failure` and close.
    case protocolError
}

@frozen
package struct RequestParser: ~Copyable {
    package internal(set) var arguments: UnsafeMutablePointer<Bytes>
    package internal(set) var argumentCount = 0
    var argumentCapacity: Int
    package internal(set) var requests: UnsafeMutablePointer<ParsedRequest>
    package internal(set) var requestCount = 0
    /// Offset in the buffer behind what is read.
    package internal(set) var consumed = 0
    /// After needMore and bigArgument: how many bytes must come before calling again is of use.
    package internal(set) var missing = 0
    package internal(set) var failure = ProtocolFailure.none
    /// The blob that one argument of requests[0] lies in, and that argument's index, if it was
    /// received into one of its own. The reference is the parser's; it gives it back with the next
    /// call or with `releaseOwned`.
    package internal(set) var owned: SharedBlob?
    package internal(set) var ownedIndex = -1
    /// Where the arguments of a quoted inline request lie.
    var scratch: UnsafeMutablePointer<UInt8>?
    var scratchCapacity = 0

    /// The most requests that one call returns.
    package static var requestLimit: Int { 64 }
    static var initialArguments: Int { 1024 }
    /// An incomplete request with fewer arguments so far is simply read again from its start.
    static var resumeThreshold: Int { 32 }

    package init() {
        argumentCapacity = Self.initialArguments
        arguments = Allocator.allocate(argumentCapacity * MemoryLayout<Bytes>.stride)
            .bindMemory(to: Bytes.self, capacity: argumentCapacity)
        requests = Allocator.allocate(Self.requestLimit * MemoryLayout<ParsedRequest>.stride)
            .bindMemory(to: ParsedRequest.self, capacity: Self.requestLimit)
    }

    deinit {
        owned?.release()
        Allocator.deallocate(arguments, argumentCapacity * MemoryLayout<Bytes>.stride)
        Allocator.deallocate(requests, Self.requestLimit * MemoryLayout<ParsedRequest>.stride)
        if let scratch { Allocator.deallocate(scratch, scratchCapacity) }
    }

    /// The arguments of requests[i].
    @inlinable
    package func arguments(of i: Int) -> UnsafePointer<Bytes> {
        assert(i >= 0 && i < requestCount)
        return UnsafePointer(arguments + requests[i].argumentStart)
    }

    /// Gives back the blob of an owned argument, after its request was executed.
    package mutating func releaseOwned() {
        owned?.release()
        owned = nil
        ownedIndex = -1
    }

    /// Reads the requests in buffer[from ..< count].
    ///
    /// `partial` is the connection's, nil at first; with one, `from` is where its request starts.
    /// - Complexity: O(arguments) plus the bytes of length lines; data of arguments is not touched.
    package mutating func parse(
        buffer: UnsafePointer<UInt8>, count: Int, from: Int, limits: ParserLimits,
        maxRequests: Int, partial: inout UnsafeMutablePointer<PartialRequest>?
    ) -> ParseOutcome {
        assert(from >= 0 && from <= count)
        requestCount = 0
        argumentCount = 0
        consumed = from
        if owned != nil { releaseOwned() }
        if argumentCapacity > 16 * Self.initialArguments { shrinkArguments() }
        let most = min(maxRequests, Self.requestLimit)
        if partial != nil {
            let outcome = resume(buffer, count, limits, &partial)
            if outcome != .complete { return outcome }
        }
        while requestCount < most, consumed < count {
            let start = buffer + consumed
            let step =
                start.pointee == 0x2A
                ? multibulk(start, count &- consumed, limits, &partial)
                : inline(start, count &- consumed)
            switch step {
            case .request, .skipped: continue
            case .lastRequest: return consumed < count ? .more : .complete
            case .incomplete: return .needMore
            case .big: return .bigArgument
            case .failed: return requestCount > 0 ? .more : .protocolError
            }
        }
        return consumed < count ? .more : .complete
    }

    enum Step {
        case request
        /// A request after which the batch must end (its arguments lie in the scratch).
        case lastRequest
        /// A request without arguments: consumed, answered with nothing.
        case skipped
        case incomplete
        case big
        case failed
    }

    /// Reads one request of the form `*N` from `available` > 0 bytes.
    @inline(__always)
    private mutating func multibulk(
        _ start: UnsafePointer<UInt8>, _ available: Int, _ limits: ParserLimits,
        _ partial: inout UnsafeMutablePointer<PartialRequest>?
    ) -> Step {
        let end = start + available
        var total = 0
        var p = start
        var line = (value: 0, bytes: 0)
        if available >= LengthLine.probeBytes { line = LengthLine.short(start) }
        if line.bytes != 0, line.value <= limits.arguments {
            total = line.value
            p += line.bytes
        } else {
            switch LengthLine.argumentCount(start, available, limits) {
            case .incomplete: return incomplete(1)
            case .failed(let failure): return failed(failure)
            case .value(let value, let bytes):
                total = value
                p += bytes
            }
        }
        if total == 0 {
            consumed &+= p - start
            return .skipped
        }
        let first = argumentCount
        var slots = arguments
        var used = first
        var remaining = total
        while remaining > 0 {
            let left = end - p
            line = (0, 0)
            if left >= LengthLine.probeBytes, p.pointee == 0x24 { line = LengthLine.short(p) }
            if line.bytes == 0 {
                switch LengthLine.bulkLength(p, left, limits) {
                case .incomplete:
                    return suspend(start, end, p, first, used, remaining, -1, &partial)
                case .failed(let failure): return failed(failure)
                case .value(let value, let bytes): line = (value, bytes)
                }
            }
            p += line.bytes
            if end - p &- 2 < line.value {
                return suspend(start, end, p, first, used, remaining, line.value, &partial)
            }
            if used == argumentCapacity {
                growArguments()
                slots = arguments
            }
            slots[used] = Bytes(p, line.value)
            used &+= 1
            p += line.value &+ 2
            remaining &-= 1
        }
        argumentCount = used
        consumed &+= p - start
        requests[requestCount] = ParsedRequest(
            argumentStart: first, count: total, end: consumed)
        requestCount &+= 1
        return .request
    }

    // MARK: Cold paths

    mutating func incomplete(_ bytes: Int) -> Step {
        missing = bytes
        return .incomplete
    }

    mutating func failed(_ reason: ProtocolFailure) -> Step {
        failure = reason
        return .failed
    }

    /// Stops in the middle of a request: arguments[first ..< used] are found, `remaining` are not,
    /// `p` is where to go on, behind the length line of an argument of `pending` bytes unless -1.
    @inline(never)
    private mutating func suspend(
        _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ p: UnsafePointer<UInt8>,
        _ first: Int, _ used: Int, _ remaining: Int, _ pending: Int,
        _ partial: inout UnsafeMutablePointer<PartialRequest>?
    ) -> Step {
        let here = end - p
        missing = pending < 0 ? 1 : pending + 2 - here
        let found = used - first
        guard found >= Self.resumeThreshold || pending >= PartialRequest.ownedThreshold else {
            return .incomplete
        }
        var state = PartialRequest(
            remaining: remaining, position: p - start, pendingCount: pending, expecting: found)
        for i in first..<used {
            state.append(offset: arguments[i].base - start, count: arguments[i].count)
        }
        let big = state.mayOwn(here: here)
        partial = PartialRequest.create(state)
        return big ? .big : .incomplete
    }

    /// Goes on with a request of an earlier call; .complete if it is requests[0] now.
    @inline(never)
    private mutating func resume(
        _ buffer: UnsafePointer<UInt8>, _ count: Int, _ limits: ParserLimits,
        _ partial: inout UnsafeMutablePointer<PartialRequest>?
    ) -> ParseOutcome {
        guard let state = partial else { return .complete }
        let start = buffer + consumed
        let available = count - consumed
        switch state.pointee.advance(start, available, limits) {
        case .needMore(let bytes):
            missing = bytes
            let big = state.pointee.mayOwn(here: state.pointee.unread(available))
            return big ? .bigArgument : .needMore
        case .failed(let reason):
            failure = reason
            PartialRequest.destroy(&partial)
            return .protocolError
        case .complete:
            argumentCount = state.pointee.slotCount
            consumed += state.pointee.bytes
            ownedIndex = state.pointee.ownedIndex
            state.pointee.exchange(&arguments, &argumentCapacity, start)
            owned = state.pointee.takeOwned()
            requests[0] = ParsedRequest(
                argumentStart: 0, count: argumentCount, end: consumed)
            requestCount = 1
            PartialRequest.destroy(&partial)
            return .complete
        }
    }

    /// Doubles the room for arguments.
    @inline(never)
    mutating func growArguments() {
        let stride = MemoryLayout<Bytes>.stride
        arguments = Allocator.reallocate(
            arguments, from: argumentCapacity * stride, to: argumentCapacity * 2 * stride
        ).bindMemory(to: Bytes.self, capacity: argumentCapacity * 2)
        argumentCapacity *= 2
    }

    /// After a request of very many arguments: back to the usual room.
    @inline(never)
    private mutating func shrinkArguments() {
        let stride = MemoryLayout<Bytes>.stride
        Allocator.deallocate(arguments, argumentCapacity * stride)
        argumentCapacity = Self.initialArguments
        arguments = Allocator.allocate(argumentCapacity * stride)
            .bindMemory(to: Bytes.self, capacity: argumentCapacity)
    }
}
