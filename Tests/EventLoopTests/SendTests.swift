// Sending: short writes, full sockets, values by reference, order, bounds.

import Glibc
import Memory
import Testing

@testable import EventLoop

@Suite(.serialized) struct SendTests {
    /// A value of `count` bytes, all `byte`.
    func value(_ count: Int, _ byte: UInt8) -> SharedBlob {
        let blob = SharedBlob.allocate(count: count, capacity: count)
        for i in 0..<count { blob.bytes[i] = byte }
        return blob
    }

    func send(
        _ loop: FakeLoop, _ c: ConnectionPointer, _ bytes: [UInt8], _ references: [OutputReference]
    ) -> SendStatus {
        bytes.withUnsafeBufferPointer { bytes in
            references.withUnsafeBufferPointer { references in
                loop.reactor.pointee.send(
                    c, bytes.baseAddress ?? fakeBase, bytes.count,
                    references: references.baseAddress, referenceCount: references.count)
            }
        }
    }

    @Test func aReplyIsOneSend() {
        let loop = FakeLoop()
        let c = loop.connect(5)
        #expect(loop.send(c, "+OK\r\n") == .done)
        #expect(loop.written(5) == "+OK\r\n")
        #expect(loop.kernel.sendCalls == 1)
        #expect(loop.kernel.controlCalls == 1)
        #expect(c.pointee.output.memory == 0)
        #expect(loop.reactor.pointee.statistics.netOutputBytes == 5)
    }

    @Test func whatTheSocketRefusesWaitsForTheEdge() {
        let loop = FakeLoop()
        let c = loop.connect(5)
        loop.kernel.sockets[5]!.writes = [.take(2)]
        #expect(loop.send(c, "hello") == .queued)
        #expect(c.pointee.output.bytes == 3)
        // Behind queued output everything queues, in order, without a system call.
        #expect(loop.send(c, " world") == .queued)
        #expect(loop.kernel.sendCalls == 1)
        #expect(loop.turn().isEmpty)
        #expect(loop.kernel.timeouts.last == -1)
        loop.kernel.post(5, Readiness.writable)
        #expect(loop.turn() == [c])
        #expect(loop.reactor.pointee.flush(c) == .done)
        #expect(loop.written(5) == "hello world")
        #expect(c.pointee.output.memory == 0)
        #expect(c.pointee.output.length == 0)
        #expect(loop.kernel.controlCalls == 1)
    }

    @Test func aFullSocketQueuesEverything() {
        let loop = FakeLoop()
        let c = loop.connect(5)
        loop.kernel.sockets[5]!.writes = [.error(EAGAIN), .error(EINTR), .take(1), .take(3)]
        #expect(loop.send(c, "abc") == .queued)
        loop.kernel.post(5, Readiness.writable)
        #expect(loop.turn() == [c])
        // Interrupted, then short: full again.
        #expect(loop.reactor.pointee.flush(c) == .queued)
        #expect(loop.reactor.pointee.flush(c) == .queued)
        loop.kernel.post(5, Readiness.writable)
        #expect(loop.turn() == [c])
        #expect(loop.reactor.pointee.flush(c) == .done)
        #expect(loop.written(5) == "abc")
    }

    @Test func anInterruptedSendIsRepeated() {
        let loop = FakeLoop()
        let c = loop.connect(5)
        loop.kernel.sockets[5]!.writes = [.error(EINTR), .error(EINTR)]
        #expect(loop.send(c, "abc") == .done)
        #expect(loop.written(5) == "abc")
    }

    @Test(arguments: [EPIPE, ECONNRESET, ENOTCONN])
    func aDeadPeerFailsTheConnection(errno: Int32) {
        let loop = FakeLoop()
        let c = loop.connect(5)
        loop.kernel.sockets[5]!.writes = [.error(errno)]
        #expect(loop.send(c, "abc") == .failed)
        // If the server does not close at once, the connection comes back to be closed.
        #expect(loop.turn() == [c])
        #expect(loop.reactor.pointee.flush(c) == .failed)
        loop.reactor.pointee.close(c)
        #expect(loop.turn().isEmpty)
    }

    @Test func writabilityWithoutOutputIsNoEvent() {
        let loop = FakeLoop()
        _ = loop.connect(5)
        loop.kernel.post(5, Readiness.writable)
        #expect(loop.turn().isEmpty)
    }

    @Test func closeAfterReplyIsToldWhenAllIsSent() {
        let loop = FakeLoop()
        let c = loop.connect(5)
        loop.kernel.sockets[5]!.writes = [.take(1)]
        c.pointee.closeAfterReply = true
        #expect(loop.send(c, "bye") == .queued)
        loop.kernel.post(5, Readiness.writable)
        #expect(loop.turn() == [c])
        #expect(loop.reactor.pointee.flush(c) == .finished)
        let other = loop.connect(6)
        other.pointee.closeAfterReply = true
        #expect(loop.send(other, "bye") == .finished)
        #expect(loop.send(other, "") == .finished)
    }

    @Test func valuesGoByReferenceInOneVectoredSend() {
        let loop = FakeLoop()
        let c = loop.connect(5)
        let blob = value(20000, 0x61)
        let status = send(
            loop, c, Array("$20000\r\n\r\n".utf8), [OutputReference(offset: 8, blob: blob)])
        #expect(status == .done)
        #expect(loop.kernel.sendCalls == 1)
        #expect(loop.written(5) == "$20000\r\n" + String(repeating: "a", count: 20000) + "\r\n")
        #expect(blob.isUnique)
        blob.release()
    }

    @Test func aValueIsPinnedWhileItWaits() {
        let loop = FakeLoop()
        let c = loop.connect(5)
        let blob = value(20000, 0x61)
        loop.kernel.sockets[5]!.writes = [.take(9000)]
        let status = send(
            loop, c, Array("$20000\r\n\r\n".utf8), [OutputReference(offset: 8, blob: blob)])
        #expect(status == .queued)
        #expect(blob.references == 2)
        // The keyspace drops it meanwhile.
        blob.release()
        loop.kernel.post(5, Readiness.writable)
        #expect(loop.turn() == [c])
        #expect(loop.reactor.pointee.flush(c) == .done)
        #expect(loop.written(5) == "$20000\r\n" + String(repeating: "a", count: 20000) + "\r\n")
        #expect(c.pointee.output.memory == 0)
    }

    @Test func closingReleasesWhatIsQueued() {
        let loop = FakeLoop()
        let c = loop.connect(5)
        let blob = value(20000, 1)
        loop.kernel.sockets[5]!.writes = [.error(EAGAIN)]
        #expect(send(loop, c, [1, 2], [OutputReference(offset: 1, blob: blob)]) == .queued)
        #expect(c.pointee.output.bytes == 20002)
        loop.reactor.pointee.close(c)
        #expect(blob.isUnique)
        blob.release()
    }

    @Test func aFlushIsBoundedAndGoesOnNextTurn() {
        var limits = ReactorLimits()
        limits.flushBytesPerTurn = 1000
        let loop = FakeLoop(limits)
        let c = loop.connect(5)
        loop.kernel.sockets[5]!.writes = [.error(EAGAIN)]
        #expect(send(loop, c, [UInt8](repeating: 3, count: 2500), []) == .queued)
        loop.kernel.post(5, Readiness.writable)
        var perTurn: [Int] = []
        for _ in 0..<3 {
            let before = loop.kernel.sockets[5]!.written.count
            #expect(loop.turn() == [c])
            _ = loop.reactor.pointee.flush(c)
            perTurn.append(loop.kernel.sockets[5]!.written.count - before)
        }
        #expect(perTurn == [1000, 1000, 500])
        #expect(loop.turn().isEmpty)
    }

    @Test func enqueuedOutputLeavesBeforeTheWait() {
        let loop = FakeLoop()
        let c = loop.connect(5)
        let bytes = Array("message".utf8)
        loop.reactor.pointee.enqueue(c, bytes, bytes.count)
        #expect(loop.kernel.sendCalls == 0)
        loop.reactor.pointee.flushScheduled()
        #expect(loop.written(5) == "message")
        // Nothing is left to do for it, so the wait blocks.
        #expect(loop.turn().isEmpty)
        #expect(loop.kernel.timeouts.last == -1)
    }

    @Test func enqueuedOutputOfAConnectionScheduledOtherwiseKeepsItsTurn() {
        let loop = FakeLoop()
        let c = loop.connect(5)
        let bytes = Array("message".utf8)
        loop.reactor.pointee.enqueue(c, bytes, bytes.count)
        loop.reactor.pointee.schedule(c)
        loop.reactor.pointee.flushScheduled()
        #expect(loop.written(5) == "message")
        #expect(loop.turn() == [c])
    }

    @Test func aUnixSocketAsksForWritabilityOnlyWhileOutputWaits() {
        let loop = FakeLoop()
        let c = loop.connect(5, .unixPeer)
        #expect(loop.kernel.sockets[5]!.interest & Readiness.writable == 0)
        loop.kernel.sockets[5]!.writes = [.take(1)]
        #expect(loop.send(c, "abc") == .queued)
        #expect(loop.kernel.sockets[5]!.interest & Readiness.writable != 0)
        loop.kernel.post(5, Readiness.writable)
        #expect(loop.turn() == [c])
        #expect(loop.reactor.pointee.flush(c) == .done)
        #expect(loop.kernel.sockets[5]!.interest & Readiness.writable == 0)
    }

    /// Random replies with values, random acceptance: the peer sees every byte in order, and all
    /// memory comes back.
    @Test(arguments: [11, 12, 13, 14] as [UInt64])
    func everyByteArrivesInOrder(seed: UInt64) {
        var random = SeededGenerator(seed)
        let blobs = (0..<4).map { value(16384 + $0 * 5000, UInt8(200 + $0)) }
        let before = Allocator.usedBytes
        do {
            let loop = FakeLoop()
            let c = loop.connect(5)
            var expected: [UInt8] = []
            for _ in 0..<200 {
                for _ in 0..<Int.random(in: 0...3, using: &random) {
                    loop.kernel.sockets[5]!.writes.append(
                        [
                            .take(Int.random(in: 0...60000, using: &random)), .error(EAGAIN),
                            .error(EINTR),
                        ].randomElement(using: &random)!)
                }
                let count = Int.random(in: 0...400, using: &random)
                let bytes = (0..<count).map { _ in UInt8.random(in: 0...127, using: &random) }
                let offsets = (0..<Int.random(in: 0...40, using: &random))
                    .map { _ in Int.random(in: 0...count, using: &random) }.sorted()
                let references = Int.random(in: 0...2, using: &random) == 0 ? offsets : []
                var from = 0
                let parts = references.map { offset -> OutputReference in
                    let blob = blobs.randomElement(using: &random)!
                    expected += bytes[from..<offset]
                    expected += blob.view.array
                    from = offset
                    return OutputReference(offset: offset, blob: blob)
                }
                expected += bytes[from...]
                _ = send(loop, c, bytes, parts)
                if Bool.random(using: &random) { loop.kernel.post(5, Readiness.writable) }
                for connection in loop.turn() { _ = loop.reactor.pointee.flush(connection) }
            }
            loop.kernel.sockets[5]!.writes = []
            while c.pointee.hasOutput {
                loop.kernel.post(5, Readiness.writable)
                for connection in loop.turn() { _ = loop.reactor.pointee.flush(connection) }
            }
            #expect(loop.kernel.sockets[5]!.written == expected, "seed \(seed)")
            #expect(c.pointee.output.memory == 0, "seed \(seed)")
            #expect(c.pointee.output.length == 0, "seed \(seed)")
            #expect(blobs.filter(\.isUnique).count == blobs.count, "seed \(seed)")
        }
        #expect(Allocator.usedBytes == before, "seed \(seed)")
        for blob in blobs { blob.release() }
    }
}
