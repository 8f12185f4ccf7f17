// Receiving: what each result of recv does to a connection's state and to the next turn.

import Glibc
import Testing

@testable import EventLoop

@Suite(.serialized) struct ReceiveTests {
    let readable = Readiness.readable | Readiness.writable

    @Test func aShortReadMeansDrained() {
        let loop = FakeLoop()
        let c = loop.connect(5)
        loop.kernel.sockets[5]!.reads = [.bytes([1, 2, 3])]
        loop.kernel.post(5, readable)
        #expect(loop.turn() == [c])
        let (received, bytes) = loop.receive(c)
        #expect(received.status == .data)
        #expect(bytes == [1, 2, 3])
        #expect(c.pointee.isReadable == false)
        #expect(loop.turn().isEmpty)
        #expect(loop.kernel.timeouts.last == -1)
        #expect(loop.reactor.pointee.statistics.netInputBytes == 3)
        #expect(c.pointee.netInputBytes == 3)
        #expect(loop.kernel.receiveCalls == 1)
        // Registered once, and nothing since.
        #expect(loop.kernel.controlCalls == 1)
    }

    @Test func aFullReadIsReadAgainNextTurnWithoutBlocking() {
        let loop = FakeLoop()
        let c = loop.connect(5)
        loop.kernel.sockets[5]!.reads = [.bytes([UInt8](repeating: 7, count: 100))]
        loop.kernel.post(5, readable)
        #expect(loop.turn() == [c])
        #expect(loop.receive(c).1.count == 64)
        #expect(c.pointee.isReadable == true)
        #expect(loop.turn() == [c])
        #expect(loop.kernel.timeouts.last == 0)
        #expect(loop.receive(c).1.count == 36)
        #expect(loop.turn().isEmpty)
    }

    @Test func aFullReadThatWasAllEndsInEAGAIN() {
        let loop = FakeLoop()
        let c = loop.connect(5)
        loop.kernel.sockets[5]!.reads = [.bytes([UInt8](repeating: 7, count: 64))]
        loop.kernel.post(5, readable)
        #expect(loop.turn() == [c])
        #expect(loop.receive(c).0.status == .data)
        #expect(loop.turn() == [c])
        #expect(loop.receive(c).0.status == .nothing)
        #expect(c.pointee.isReadable == false)
        #expect(loop.turn().isEmpty)
        #expect(loop.kernel.timeouts.last == -1)
    }

    @Test func dataWithAnEndBehindItIsReadToTheEnd() {
        let loop = FakeLoop()
        let c = loop.connect(5)
        loop.kernel.sockets[5]!.reads = [.bytes([1]), .end]
        // One edge for both: after the short read no other one would come.
        loop.kernel.post(5, readable | Readiness.peerClosed)
        #expect(loop.turn() == [c])
        #expect(loop.receive(c).1 == [1])
        #expect(loop.turn() == [c])
        #expect(loop.receive(c).0.status == .closed)
    }

    @Test func anInterruptedReadIsTriedAgain() {
        let loop = FakeLoop()
        let c = loop.connect(5)
        loop.kernel.sockets[5]!.reads = [.error(EINTR), .bytes([9])]
        loop.kernel.post(5, readable)
        #expect(loop.turn() == [c])
        #expect(loop.receive(c).0.status == .nothing)
        #expect(loop.turn() == [c])
        #expect(loop.receive(c).1 == [9])
    }

    @Test func aResetConnectionFails() {
        let loop = FakeLoop()
        let c = loop.connect(5)
        loop.kernel.sockets[5]!.reads = [.error(ECONNRESET)]
        loop.kernel.post(5, readable | Readiness.error | Readiness.hangUp)
        #expect(loop.turn() == [c])
        let received = loop.receive(c).0
        #expect(received.status == .failed)
        #expect(received.errno == ECONNRESET)
        #expect(c.pointee.hasFailed == true)
        #expect(loop.send(c, "x") == .failed)
        #expect(loop.kernel.sendCalls == 0)
        loop.reactor.pointee.close(c)
        #expect(loop.kernel.closed == [5])
        #expect(loop.turn().isEmpty)
    }

    @Test func readinessIsRememberedUntilTheServerReads() {
        let loop = FakeLoop()
        let c = loop.connect(5)
        loop.kernel.sockets[5]!.reads = [.bytes([1])]
        loop.kernel.post(5, readable)
        #expect(loop.turn() == [c])
        // The server does not read now (a paused client); the edge is gone.
        #expect(loop.turn().isEmpty)
        #expect(c.pointee.isReadable == true)
        loop.reactor.pointee.schedule(c)
        #expect(loop.turn() == [c])
        #expect(loop.receive(c).1 == [1])
    }

    @Test func anInterruptedWaitIsATurnWithoutEvents() {
        let loop = FakeLoop()
        _ = loop.connect(5)
        loop.kernel.waitResult = -EINTR
        #expect(loop.turn().isEmpty)
        loop.kernel.post(5, readable)
        #expect(loop.turn().count == 1)
    }

    @Test func eventsLeftUnservedAreNotLost() {
        let loop = FakeLoop()
        let a = loop.connect(5)
        let b = loop.connect(6)
        loop.kernel.post(5, readable)
        loop.kernel.post(6, readable)
        loop.reactor.pointee.wait()
        #expect(loop.reactor.pointee.next().connection == a)
        #expect(loop.turn() == [b])
    }

    @Test func moreEventsThanATurnTakesComeInOrder() {
        var limits = ReactorLimits()
        limits.eventsPerTurn = 2
        let loop = FakeLoop(limits)
        let connections = (5..<10).map { loop.connect($0) }
        for fd in Int32(5)..<10 { loop.kernel.post(fd, readable) }
        #expect(loop.turn() == Array(connections[0..<2]))
        #expect(loop.turn() == Array(connections[2..<4]))
        #expect(loop.turn() == Array(connections[4..<5]))
    }
}
