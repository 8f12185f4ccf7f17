// The run queue: once each, in order, one turn at a time, gone when closed.

import Testing

@testable import EventLoop

@Suite(.serialized) struct RunQueueTests {
    @Test func aScheduledConnectionIsServedNextTurnAndTheWaitDoesNotBlock() {
        let loop = FakeLoop()
        let c = loop.connect(5)
        loop.reactor.pointee.schedule(c)
        loop.reactor.pointee.schedule(c)
        #expect(loop.turn() == [c])
        #expect(loop.kernel.timeouts.last == 0)
        #expect(loop.turn().isEmpty)
        #expect(loop.kernel.timeouts.last == -1)
    }

    @Test func aConnectionThatSchedulesItselfWaitsForTheOthers() {
        let loop = FakeLoop()
        let greedy = loop.connect(5)
        let modest = loop.connect(6)
        loop.reactor.pointee.schedule(greedy)
        loop.reactor.pointee.schedule(modest)
        for _ in 0..<3 {
            loop.reactor.pointee.wait()
            var served: [ConnectionPointer] = []
            while let c = loop.reactor.pointee.next().connection {
                served.append(c)
                loop.reactor.pointee.schedule(c)
            }
            // Each once per turn, however often it asks.
            #expect(served == [greedy, modest])
        }
    }

    @Test func aScheduledConnectionWithAnEventIsDeliveredOnce() {
        let loop = FakeLoop()
        let c = loop.connect(5)
        loop.reactor.pointee.schedule(c)
        loop.kernel.post(5, Readiness.readable)
        #expect(loop.turn() == [c])
    }

    @Test func closingRemovesFromEitherPartOfTheQueue() {
        let loop = FakeLoop()
        let connections = (5..<9).map { loop.connect($0) }
        for c in connections { loop.reactor.pointee.schedule(c) }
        loop.reactor.pointee.close(connections[1])
        loop.reactor.pointee.wait()
        #expect(loop.reactor.pointee.next().connection == connections[0])
        // The last one closes while this turn still means to serve it.
        loop.reactor.pointee.close(connections[3])
        #expect(loop.reactor.pointee.next().connection == connections[2])
        #expect(loop.reactor.pointee.next().kind == .none)
    }

    @Test func anAbortedConnectionComesBackToBeClosed() {
        let loop = FakeLoop()
        let c = loop.connect(5)
        loop.reactor.pointee.abort(c)
        #expect(loop.turn() == [c])
        #expect(c.pointee.hasFailed == true)
        #expect(loop.reactor.pointee.flush(c) == .failed)
    }

    @Test(arguments: [31, 32] as [UInt64])
    func keepsTheOrderOfScheduling(seed: UInt64) {
        var random = SeededGenerator(seed)
        let loop = FakeLoop()
        let connections = (0..<50).map { loop.connect(Int32(5 + $0)) }
        var queue: [ConnectionPointer] = []
        for step in 0..<500 {
            for _ in 0..<Int.random(in: 0...20, using: &random) {
                let c = connections.randomElement(using: &random)!
                loop.reactor.pointee.schedule(c)
                if !queue.contains(c) { queue.append(c) }
            }
            #expect(loop.turn() == queue, "seed \(seed) step \(step)")
            queue = []
        }
    }
}
