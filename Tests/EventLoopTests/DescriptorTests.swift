// Slots and generations: events of closed connections never reach the next owner of a descriptor.

import Glibc
import Memory
import Testing

@testable import EventLoop

@Suite(.serialized) struct DescriptorTests {
    @Test func anEventOfAConnectionClosedInTheSameTurnIsDropped() {
        let loop = FakeLoop()
        let a = loop.connect(5)
        let b = loop.connect(6)
        loop.kernel.post(5, Readiness.readable)
        loop.kernel.post(6, Readiness.readable)
        loop.reactor.pointee.wait()
        #expect(loop.reactor.pointee.next().connection == a)
        // Serving a kills b, whose event is still to come.
        loop.reactor.pointee.close(b)
        #expect(loop.reactor.pointee.next().kind == .none)
        #expect(loop.reactor.pointee.statistics.staleEvents == 1)
    }

    @Test func aReusedDescriptorDoesNotGetTheOldOnesEvents() {
        let loop = FakeLoop()
        let old = loop.connect(5)
        loop.kernel.post(5, Readiness.readable | Readiness.hangUp)
        loop.reactor.pointee.close(old)
        // The kernel gives the same number to the next connection.
        let new = loop.connect(5)
        #expect(new.pointee.fd == 5)
        #expect(loop.turn().isEmpty)
        #expect(new.pointee.isReadable == false)
        loop.kernel.post(5, Readiness.readable)
        #expect(loop.turn() == [new])
    }

    @Test func aSlotIsUsedAgainOnlyInTheNextTurnAndUnderANewGeneration() {
        let loop = FakeLoop()
        let a = loop.connect(5)
        let slot = a.pointee.slot
        let generation = a.pointee.generation
        loop.reactor.pointee.close(a)
        #expect(a.pointee.isOpen == false)
        let b = loop.connect(6)
        #expect(b.pointee.slot != slot)
        _ = loop.turn()
        let c = loop.connect(7)
        #expect(c.pointee.slot == slot)
        #expect(c.pointee.generation != generation)
    }

    @Test func generationZeroIsNeverAConnections() {
        let loop = FakeLoop()
        let a = loop.connect(5)
        a.pointee.generation = .max
        loop.reactor.pointee.close(a)
        #expect(a.pointee.generation == 1)
    }

    @Test func closingTwiceIsHarmless() {
        let loop = FakeLoop()
        let a = loop.connect(5)
        loop.reactor.pointee.close(a)
        loop.reactor.pointee.close(a)
        #expect(loop.kernel.closed == [5])
        #expect(loop.reactor.pointee.connectionCount == 0)
    }

    @Test func aDescriptorThatCannotBeRegisteredLeavesNoConnection() {
        let loop = FakeLoop()
        loop.kernel.addError = ENOMEM
        let result = loop.reactor.pointee.adopt(fd: 5, peer: SocketAddress())
        guard case .failure(let problem) = result else {
            Issue.record("registered")
            return
        }
        #expect(problem.text == "epoll_ctl: Cannot allocate memory")
        #expect(loop.reactor.pointee.connectionCount == 0)
        #expect(loop.kernel.closed.isEmpty)
    }

    @Test func anIdleConnectionTakesAtMost250Bytes() {
        #expect(MemoryLayout<Connection>.stride <= 250)
        let loop = FakeLoop()
        let before = Allocator.usedBytes
        for fd in Int32(10)..<10010 {
            let c = loop.connect(fd)
            loop.kernel.sockets[fd]!.reads = [.bytes([1])]
            #expect(loop.receive(c).0.status == .data)
            #expect(loop.send(c, "+OK\r\n") == .done)
        }
        #expect(loop.reactor.pointee.connectionCount == 10000)
        #expect((Allocator.usedBytes - before) / 10000 <= 250)
    }

    /// Random opening, closing and events against a model of which descriptor is whose.
    @Test(arguments: [21, 22, 23] as [UInt64])
    func everyEventReachesItsOwnConnectionOrNone(seed: UInt64) {
        var random = SeededGenerator(seed)
        let before = Allocator.usedBytes
        do {
            let loop = FakeLoop()
            var owners: [Int32: ConnectionPointer] = [:]
            for step in 0..<2000 {
                for _ in 0..<Int.random(in: 0...6, using: &random) {
                    let fd = Int32.random(in: 3...40, using: &random)
                    if owners[fd] == nil { owners[fd] = loop.connect(fd) }
                }
                var expected: Set<ConnectionPointer> = []
                for (fd, owner) in owners where Int.random(in: 0...2, using: &random) == 0 {
                    loop.kernel.post(fd, Readiness.readable)
                    expected.insert(owner)
                }
                // Some close, some of those descriptors are used again before the wait.
                for (fd, owner) in owners where Int.random(in: 0...5, using: &random) == 0 {
                    loop.reactor.pointee.close(owner)
                    expected.remove(owner)
                    owners[fd] = Bool.random(using: &random) ? loop.connect(fd) : nil
                }
                let delivered = loop.turn()
                #expect(Set(delivered) == expected, "seed \(seed) step \(step)")
                #expect(delivered.count == expected.count, "seed \(seed) step \(step)")
                for c in delivered { c.pointee.state.remove(.readable) }
                #expect(loop.reactor.pointee.connectionCount == owners.count)
            }
        }
        #expect(Allocator.usedBytes == before, "seed \(seed)")
    }
}
