// Commands that wait: what their handlers call, and what the server asks the engine for.
//
// A handler that finds nothing to do calls `block` and returns without a reply. The server keeps the
// request and suspends the client; when one of the keys is ready it runs the same command again, and
// the handler does what it does for anybody who finds the key there. So what a woken client gets is
// what it had got directly. Where nobody may wait (`mayBlock` is false: inside transactions and
// scripts) the handler answers at once as if its time were over.

import Memory
import RESP

/// What the server has to see to before the next command: bits, so that looking is one comparison.
package struct Attention: OptionSet {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Commands have to pass the server's slow checks.
    package static var gate: Attention { Attention(rawValue: 1 << 0) }
    /// Keys that clients wait for have become ready.
    package static var readyKeys: Attention { Attention(rawValue: 1 << 1) }
}

/// What a handler that called `block` wants.
package struct BlockRequest {
    /// Indexes of the arguments that are the keys.
    package let keys: Range<Int>
    package let type: ValueType
    /// Unix milliseconds at which the wait is over; 0 for never.
    package let deadline: Int64
    /// Whether the command also runs again when a key is deleted or becomes something else.
    package let wakesOnLoss: Bool
    /// Arguments that the request is kept with instead of those that came.
    package let replacing: [(index: Int, bytes: [UInt8])]
}

extension CommandContext {
    /// Whether the command may wait.
    package var mayBlock: Bool { engine.pointee.mayBlock }

    /// Suspends the client until one of the keys (arguments `keys`) holds a value of `type`: the
    /// command then runs again from its start. The handler returns without a reply.
    ///
    /// - deadline: as `blockDeadline` read it; when it has passed the client gets a null array.
    /// - replacing: arguments whose meaning must not change while the client waits.
    /// - wakesOnLoss: run again when a key is deleted or overwritten, too.
    package func block(
        onKeys keys: Range<Int>, type: ValueType, deadline: Int64,
        replacing: [(index: Int, bytes: [UInt8])] = [], wakesOnLoss: Bool = false
    ) {
        assert(mayBlock && keys.lowerBound > 0 && keys.upperBound <= count)
        engine.pointee.blockRequest = BlockRequest(
            keys: keys, type: type, deadline: deadline, wakesOnLoss: wakesOnLoss,
            replacing: replacing)
    }

    /// The deadline that argument `i`, in seconds, means: unix milliseconds, 0 for never. Nil, and
    /// the error is written, if it is none. Redis 7.4: parts of a millisecond count as a whole one.
    package func blockDeadline(seconds i: Int) -> Int64? {
        guard let seconds = LongDouble(self[i]) else {
            return refuse("ERR timeout is not a float or out of range")
        }
        let milliseconds = seconds.value * 1000
        // 2^63 is the first number that is too large; infinity is, too.
        guard milliseconds < 0x1p63 else { return refuse("ERR timeout is out of range") }
        guard milliseconds > -1 else { return refuse("ERR timeout is negative") }
        let whole = milliseconds.rounded(.up)
        return whole < 0x1p63 ? deadline(in: Int64(whole)) : refuse("ERR timeout is out of range")
    }

    /// The same for an argument in milliseconds.
    package func blockDeadline(milliseconds i: Int) -> Int64? {
        guard let milliseconds = self[i].integer else {
            return refuse("ERR timeout is not an integer or out of range")
        }
        return deadline(in: milliseconds)
    }

    private func deadline(in milliseconds: Int64) -> Int64? {
        guard milliseconds >= 0 else { return refuse("ERR timeout is negative") }
        if milliseconds == 0 { return 0 }
        let (deadline, overflow) = milliseconds.addingReportingOverflow(engine.pointee.now)
        return overflow ? refuse("ERR timeout is out of range") : deadline
    }

    private func refuse(_ text: StaticString) -> Int64? {
        reply.pointee.error(text)
        return nil
    }
}

// MARK: What the server calls

extension Engine {
    /// What the handler that just returned wants, if it called `block`.
    package mutating func takeBlockRequest() -> BlockRequest? {
        guard let request = blockRequest else { return nil }
        blockRequest = nil
        return request
    }

    /// Lets `owner` wait as its handler asked; `arguments` are those of its request.
    package static func startWaiting(
        _ engine: UnsafeMutablePointer<Engine>, _ owner: UnsafeMutableRawPointer, database: Int,
        _ arguments: UnsafePointer<Bytes>, _ request: BlockRequest
    ) -> WaitHandle? {
        guard let kind = WaitKind(request.type) else { return nil }
        return engine.pointee.waits.pointee.add(
            owner, database: database, arguments + request.keys.lowerBound, request.keys.count,
            kind, wakesOnLoss: request.wakesOnLoss)
    }

    /// Ends a wait: its time is over, or its client is gone.
    package static func stopWaiting(_ engine: UnsafeMutablePointer<Engine>, _ handle: WaitHandle) {
        engine.pointee.waits.pointee.release(handle)
    }

    /// The owner whose command is to be run again next: it waits no more. Nil when nobody is left.
    package static func nextReadyOwner(
        _ engine: UnsafeMutablePointer<Engine>
    ) -> UnsafeMutableRawPointer? {
        engine.pointee.waits.pointee.next()
    }

    /// Keys that clients wait for, and those of them whose loss is waited for.
    package static func waitedKeys(
        _ engine: UnsafeMutablePointer<Engine>
    ) -> (all: Int, loss: Int) {
        (engine.pointee.waits.pointee.keyCount, engine.pointee.waits.pointee.lossKeyCount)
    }
}
