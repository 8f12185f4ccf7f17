// Accepting: peers that left, descriptors that ran out, and going on afterwards.

import CEpoll
import Glibc
import Testing

@testable import EventLoop

@Suite(.serialized) struct AcceptTests {
    /// A loop with one fake listener on descriptor 3.
    func listening() -> FakeLoop {
        let loop = FakeLoop()
        let listener = Listener(fd: 3, place: .tcp(address: "fake", port: 1))
        #expect(loop.reactor.pointee.register(listener) == 0)
        return loop
    }

    func accepted(_ status: AcceptStatus) -> ConnectionPointer? {
        if case .connection(let connection) = status { connection } else { nil }
    }

    func paused(_ status: AcceptStatus) -> Int32? {
        if case .paused(let problem) = status { problem.errno } else { nil }
    }

    func isNone(_ status: AcceptStatus) -> Bool {
        if case .none = status { true } else { false }
    }

    @Test func theListenerIsLevelTriggeredAndItsEventNamesIt() {
        let loop = listening()
        #expect(loop.kernel.sockets[3]!.interest == Readiness.readable)
        loop.kernel.post(3, Readiness.readable)
        loop.reactor.pointee.wait()
        let event = loop.reactor.pointee.next()
        #expect(event.kind == .listener)
        #expect(event.index == 0)
        loop.kernel.accepts = [10, 11]
        let first = accepted(loop.reactor.pointee.accept(event.index))
        #expect(first!.pointee.fd == 10)
        #expect(first!.pointee.listener == 0)
        #expect(accepted(loop.reactor.pointee.accept(event.index))!.pointee.fd == 11)
        #expect(isNone(loop.reactor.pointee.accept(event.index)))
        #expect(loop.reactor.pointee.statistics.connectionsAccepted == 2)
        #expect(
            loop.kernel.sockets[10]!.interest
                == Readiness.readable | Readiness.writable | Readiness.peerClosed
                | Readiness.edgeTriggered)
    }

    @Test func peersThatLeftAreSkipped() {
        let loop = listening()
        loop.kernel.accepts = [-ECONNABORTED, -EINTR, -EPROTO, 10]
        #expect(accepted(loop.reactor.pointee.accept(0))!.pointee.fd == 10)
    }

    @Test(arguments: [EMFILE, ENFILE, ENOMEM])
    func withoutDescriptorsTheListenerPausesUntilAConnectionCloses(errno: Int32) {
        let loop = listening()
        let c = loop.connect(5)
        loop.kernel.accepts = [-errno, 10]
        #expect(paused(loop.reactor.pointee.accept(0)) == errno)
        #expect(!loop.kernel.sockets[3]!.isRegistered)
        // No spinning: the next wait sleeps, and the loop does not accept meanwhile.
        loop.kernel.post(5, Readiness.readable)
        #expect(loop.turn() == [c])
        #expect(loop.kernel.timeouts.last == 100)
        #expect(isNone(loop.reactor.pointee.accept(0)))
        loop.reactor.pointee.close(c)
        _ = loop.turn()
        #expect(loop.kernel.sockets[3]!.isRegistered)
        #expect(accepted(loop.reactor.pointee.accept(0))!.pointee.fd == 10)
        _ = loop.turn()
        #expect(loop.kernel.timeouts.last == -1)
    }

    @Test func aPauseEndsByItselfAfter100Milliseconds() {
        let loop = listening()
        loop.kernel.accepts = [-EMFILE, -EMFILE, 10]
        #expect(paused(loop.reactor.pointee.accept(0)) == EMFILE)
        let start = loop.kernel.now
        _ = loop.turn()
        #expect(loop.kernel.now - start == 100_000_000)
        #expect(loop.kernel.sockets[3]!.isRegistered)
        #expect(paused(loop.reactor.pointee.accept(0)) == EMFILE)
        _ = loop.turn()
        #expect(accepted(loop.reactor.pointee.accept(0))!.pointee.fd == 10)
    }

    @Test func aConnectionThatCannotBeRegisteredIsClosed() {
        let loop = listening()
        loop.kernel.accepts = [10, 11]
        loop.kernel.addError = ENOSPC
        guard case .failed(let problem) = loop.reactor.pointee.accept(0) else {
            Issue.record("accepted")
            return
        }
        #expect(problem.errno == ENOSPC)
        #expect(loop.kernel.closed == [10])
        #expect(accepted(loop.reactor.pointee.accept(0))!.pointee.fd == 11)
    }

    @Test func anEventOfAClosedListenerIsDropped() {
        let loop = listening()
        loop.kernel.post(3, Readiness.readable)
        loop.reactor.pointee.wait()
        loop.reactor.pointee.closeListeners()
        #expect(loop.reactor.pointee.next().kind == .none)
        #expect(loop.kernel.closed == [3])
    }
}
