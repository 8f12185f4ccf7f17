// Receiving and sending: the hot half of the reactor.
//
// One recv per readable connection and turn, one send per answered one. What the socket refuses is
// queued on the connection, values by reference without a copy, and goes out when the socket says
// so. Order within a connection: once something is queued, everything goes through the queue.

import CEpoll
import Glibc
import Memory

@frozen
package enum ReceiveStatus: UInt8 {
    /// `count` bytes arrived.
    case data
    /// Nothing there; an event will tell.
    case nothing
    /// The peer has closed: close the connection.
    case closed
    /// The socket failed (`errno`): close the connection.
    case failed
}

@frozen
package struct Received {
    package let status: ReceiveStatus
    package let errno: Int32
    package let count: Int

    @inlinable
    init(_ status: ReceiveStatus, count: Int = 0, errno: Int32 = 0) {
        self.status = status
        self.errno = errno
        self.count = count
    }
}

@frozen
package enum SendStatus: UInt8 {
    /// Everything is with the kernel.
    case done
    /// Something waits in the connection's queue; the reactor delivers the connection when the
    /// socket takes more, and the server calls `flush`.
    case queued
    /// Everything is with the kernel and `closeAfterReply` is set: close the connection.
    case finished
    /// The peer is gone or the connection was aborted: close the connection.
    case failed
}

extension Reactor {
    // MARK: Receive

    /// One recv of at most `room` > 0 bytes.
    ///
    /// A full read schedules the connection: there may be more, next turn. A short read means that
    /// the kernel's buffer is empty and the next edge will tell, unless the peer has closed:
    /// that edge has passed already, so the connection is scheduled to read its end.
    package mutating func receive(
        _ connection: ConnectionPointer, into buffer: UnsafeMutableRawPointer, room: Int
    ) -> Received {
        assert(room > 0)
        let n = backend.receive(backend.context, connection.pointee.fd, buffer, room)
        statistics.readsProcessed += 1
        guard n > 0 else { return receivedNothing(connection, n) }
        statistics.netInputBytes &+= UInt64(n)
        connection.pointee.netInputBytes &+= UInt64(n)
        connection.pointee.lastInteractionMilliseconds = clock.monotonicMilliseconds
        if n == room || connection.pointee.state.contains(.peerClosed) {
            runQueue.schedule(connection, table)
        } else {
            connection.pointee.state.remove(.readable)
        }
        return Received(.data, count: n)
    }

    @inline(never)
    private mutating func receivedNothing(_ connection: ConnectionPointer, _ n: Int) -> Received {
        switch Int32(-n) {
        case 0:
            return Received(.closed)
        case EAGAIN:
            connection.pointee.state.subtract([.readable, .peerClosed])
            return Received(.nothing)
        case EINTR:
            runQueue.schedule(connection, table)
            return Received(.nothing)
        case let errno:
            connection.pointee.state.insert(.failed)
            return Received(.failed, errno: errno)
        }
    }

    // MARK: Send

    /// Sends `count` bytes at `base` with the values of `references` in their places (by rising
    /// offset), or queues what the socket does not take.
    ///
    /// Bytes are copied only if queued. The caller keeps its own references to the values: the
    /// queue takes its own.
    package mutating func send(
        _ connection: ConnectionPointer, _ base: UnsafePointer<UInt8>, _ count: Int,
        references: UnsafePointer<OutputReference>? = nil, referenceCount: Int = 0
    ) -> SendStatus {
        if referenceCount > 0 || connection.pointee.hasOutput
            || connection.pointee.state.intersection([.writable, .failed]) != .writable
        {
            return sendSlowly(connection, base, count, references, referenceCount)
        }
        guard count > 0 else { return settled(connection) }
        let n = backend.send(backend.context, connection.pointee.fd, base, count)
        guard n == count else {
            return sendRest(connection, base, count, accepted: n)
        }
        noteSent(connection, n)
        statistics.writesProcessed += 1
        return settled(connection)
    }

    /// Queues without a system call: for output that must wait (an fsync) or that another
    /// connection's command made. The connection is scheduled to be flushed; `flushScheduled`
    /// or its next turn does it.
    package mutating func enqueue(
        _ connection: ConnectionPointer, _ base: UnsafePointer<UInt8>, _ count: Int,
        references: UnsafePointer<OutputReference>? = nil, referenceCount: Int = 0
    ) {
        guard !connection.pointee.hasFailed else { return }
        append(
            connection, OutputRuns(base, count, references, referenceCount), from: 0, offset: 0,
            startsSmall: true)
        let wasScheduled = connection.pointee.state.contains(.scheduled)
        runQueue.schedule(connection, table)
        if !wasScheduled { connection.pointee.state.insert(.outputOnly) }
    }

    /// Sends what is queued, up to the turn's bound. Call it first for each connection delivered:
    /// without output it costs a look at the state, and it says whether to close.
    package mutating func flush(_ connection: ConnectionPointer) -> SendStatus {
        if connection.pointee.hasFailed { return .failed }
        guard connection.pointee.hasOutput else { return settled(connection) }
        guard connection.pointee.state.contains(.writable) else { return .queued }
        statistics.writesProcessed += 1
        return flushQueue(connection)
    }

    /// Flushes the connections that were scheduled since the wait, so that output queued for them
    /// leaves before the next one. Those that fail stay scheduled, `hasFailed` set.
    package mutating func flushScheduled() {
        var slot = runQueue.firstUpcoming
        while slot != Connection.noSlot {
            let connection = table.at(slot)
            slot = connection.pointee.runNext
            guard connection.pointee.hasOutput && !connection.pointee.hasFailed else { continue }
            let status = flush(connection)
            let isSettled =
                status == .done
                || (status == .queued && !connection.pointee.state.contains(.writable))
            if isSettled && connection.pointee.state.contains(.outputOnly) {
                runQueue.remove(connection, table)
            }
        }
    }

    private mutating func flushQueue(_ connection: ConnectionPointer) -> SendStatus {
        var left = limits.flushBytesPerTurn
        while connection.pointee.hasOutput {
            guard left > 0 else {
                runQueue.schedule(connection, table)
                return .queued
            }
            let run = connection.pointee.output.gather(vector, Self.vectorCapacity, limit: left)
            let n = backend.sendVector(
                backend.context, connection.pointee.fd, vector, Int32(run.parts))
            guard n >= 0 else {
                if n == -Int(EINTR) { continue }
                return refused(connection, Int32(-n))
            }
            noteSent(connection, n)
            connection.pointee.output.advance(n, &blocks)
            left -= n
            if n < run.bytes { return full(connection) }
        }
        if connection.pointee.state.contains(.watchesOutput) { unwatchOutput(connection) }
        return settled(connection)
    }

    /// The general case: values by reference, or a queue that everything must go behind.
    @inline(never)
    private mutating func sendSlowly(
        _ connection: ConnectionPointer, _ base: UnsafePointer<UInt8>, _ count: Int,
        _ references: UnsafePointer<OutputReference>?, _ referenceCount: Int
    ) -> SendStatus {
        if connection.pointee.hasFailed { return .failed }
        let runs = OutputRuns(base, count, references, referenceCount)
        if !connection.pointee.hasOutput && connection.pointee.state.contains(.writable) {
            return sendRuns(connection, runs)
        }
        append(connection, runs, from: 0, offset: 0)
        return queued(connection)
    }

    /// Vectored sends straight from the caller's bytes and the values; the rest is queued.
    private mutating func sendRuns(
        _ connection: ConnectionPointer, _ runs: OutputRuns
    ) -> SendStatus {
        statistics.writesProcessed += 1
        var left = limits.flushBytesPerTurn
        var run = 0
        var offset = 0
        while run < runs.count {
            var parts = 0
            var total = 0
            var i = run
            var skip = offset
            while i < runs.count && parts < Self.vectorCapacity {
                let part = runs.at(i)
                if part.count > skip {
                    vector[parts] = iovec(
                        iov_base: UnsafeMutablePointer(mutating: part.base + skip),
                        iov_len: part.count - skip)
                    total += part.count - skip
                    parts += 1
                }
                skip = 0
                i += 1
            }
            guard parts > 0 else { break }
            guard left > 0 else {
                append(connection, runs, from: run, offset: offset)
                runQueue.schedule(connection, table)
                return .queued
            }
            let n = backend.sendVector(
                backend.context, connection.pointee.fd, vector, Int32(parts))
            if n == -Int(EINTR) { continue }
            if n < 0 && n != -Int(EAGAIN) { return refused(connection, Int32(-n)) }
            let taken = max(0, n)
            noteSent(connection, taken)
            left -= taken
            offset += taken
            while run < runs.count, offset >= runs.at(run).count {
                offset -= runs.at(run).count
                run += 1
            }
            if taken < total {
                append(connection, runs, from: run, offset: offset)
                return full(connection)
            }
        }
        return settled(connection)
    }

    /// Output waits behind other output. If the socket takes bytes (the last flush ended at its
    /// bound) or nothing was there to send, the run queue sees to it.
    private mutating func queued(_ connection: ConnectionPointer) -> SendStatus {
        guard connection.pointee.hasOutput else { return settled(connection) }
        if connection.pointee.state.contains(.writable) { runQueue.schedule(connection, table) }
        return .queued
    }

    /// The kernel took less than all of a plain send.
    @inline(never)
    private mutating func sendRest(
        _ connection: ConnectionPointer, _ base: UnsafePointer<UInt8>, _ count: Int, accepted: Int
    ) -> SendStatus {
        statistics.writesProcessed += 1
        var accepted = accepted
        while accepted == -Int(EINTR) {
            accepted = backend.send(backend.context, connection.pointee.fd, base, count)
        }
        if accepted == count {
            noteSent(connection, accepted)
            return settled(connection)
        }
        if accepted < 0 && accepted != -Int(EAGAIN) {
            return refused(connection, Int32(-accepted))
        }
        let taken = max(0, accepted)
        noteSent(connection, taken)
        connection.pointee.output.append(
            base + taken, count - taken, isLast: true, &blocks)
        return full(connection)
    }

    /// Queues the runs from `offset` of run `first` on.
    private mutating func append(
        _ connection: ConnectionPointer, _ runs: OutputRuns, from first: Int, offset: Int,
        startsSmall: Bool = false
    ) {
        var skip = offset
        for i in first..<runs.count {
            if let blob = runs.blob(i) {
                connection.pointee.output.append(blob, from: skip)
            } else {
                let part = runs.at(i)
                connection.pointee.output.append(
                    part.base + skip, part.count - skip, isLast: i == runs.count - 1,
                    startsSmall: startsSmall, &blocks)
            }
            skip = 0
        }
    }

    /// The socket takes no more: the edge will tell.
    private mutating func full(_ connection: ConnectionPointer) -> SendStatus {
        connection.pointee.state.remove(.writable)
        if connection.pointee.isUnixSocket && !connection.pointee.state.contains(.watchesOutput) {
            connection.pointee.state.insert(.watchesOutput)
            _ = backend.modify(
                backend.context, connection.pointee.fd, connection.pointee.token,
                Readiness.connection)
        }
        return .queued
    }

    @inline(never)
    private mutating func unwatchOutput(_ connection: ConnectionPointer) {
        connection.pointee.state.remove(.watchesOutput)
        _ = backend.modify(
            backend.context, connection.pointee.fd, connection.pointee.token,
            Readiness.connectionWithoutOutput)
    }

    /// A send failed for good, or the socket is full.
    private mutating func refused(_ connection: ConnectionPointer, _ errno: Int32) -> SendStatus {
        if errno == EAGAIN { return full(connection) }
        connection.pointee.state.insert(.failed)
        runQueue.schedule(connection, table)
        return .failed
    }

    @inline(__always)
    private func settled(_ connection: ConnectionPointer) -> SendStatus {
        connection.pointee.closeAfterReply ? .finished : .done
    }

    @inline(__always)
    private mutating func noteSent(_ connection: ConnectionPointer, _ count: Int) {
        statistics.netOutputBytes &+= UInt64(count)
        connection.pointee.netOutputBytes &+= UInt64(count)
        connection.pointee.lastInteractionMilliseconds = clock.monotonicMilliseconds
    }
}

/// A reply as a sequence of runs: bytes, value, bytes, value, ..., bytes. Some may be empty.
private struct OutputRuns {
    let base: UnsafePointer<UInt8>
    let byteCount: Int
    let references: UnsafePointer<OutputReference>?
    let referenceCount: Int

    init(
        _ base: UnsafePointer<UInt8>, _ byteCount: Int,
        _ references: UnsafePointer<OutputReference>?, _ referenceCount: Int
    ) {
        self.base = base
        self.byteCount = byteCount
        self.references = references
        self.referenceCount = references == nil ? 0 : referenceCount
    }

    var count: Int { referenceCount * 2 + 1 }

    /// The value of an odd run.
    func blob(_ i: Int) -> SharedBlob? { i % 2 == 1 ? references![i / 2].blob : nil }

    func at(_ i: Int) -> Bytes {
        if let blob = blob(i) { return blob.view }
        let from = i == 0 ? 0 : references![i / 2 - 1].offset
        let to = i == count - 1 ? byteCount : references![i / 2].offset
        assert(from >= 0 && from <= to && to <= byteCount)
        return Bytes(base + from, to - from)
    }
}
