// Timers on a virtual clock: order, cancellation, and waits that neither spin nor oversleep.

import Testing

@testable import EventLoop

@Suite(.serialized) struct TimerTests {
    @Test func aWaitLastsUntilTheNextTimer() {
        let loop = FakeLoop()
        let now = loop.reactor.pointee.clock.monotonicNanoseconds
        _ = loop.reactor.pointee.timers.add(deadline: now + 7_000_000, kind: 1, payload: 42)
        _ = loop.turn()
        #expect(loop.kernel.timeouts.last == 7)
        let due = loop.reactor.pointee.timers.popDue(
            now: loop.reactor.pointee.clock.monotonicNanoseconds)
        #expect(due == DueTimer(deadlineNanoseconds: now + 7_000_000, kind: 1, payload: 42))
        _ = loop.turn()
        #expect(loop.kernel.timeouts.last == -1)
    }

    @Test func partsOfAMillisecondAreRoundedUp() {
        var timers = Timers()
        #expect(timers.timeoutMilliseconds(now: 0) == -1)
        let handle = timers.add(deadline: 3_000_001, kind: 0)
        #expect(timers.timeoutMilliseconds(now: 0) == 4)
        #expect(timers.timeoutMilliseconds(now: 1) == 3)
        #expect(timers.timeoutMilliseconds(now: 3_000_000) == 1)
        #expect(timers.timeoutMilliseconds(now: 3_000_001) == 0)
        #expect(timers.timeoutMilliseconds(now: 9_000_000) == 0)
        #expect(timers.cancel(handle) == true)
        #expect(timers.timeoutMilliseconds(now: 0) == -1)
        _ = timers.add(deadline: .max - 1, kind: 0)
        #expect(timers.timeoutMilliseconds(now: 0) == 86_400_000)
    }

    @Test func aLongTurnIsNotSleptAgain() {
        let loop = FakeLoop()
        let now = loop.reactor.pointee.clock.monotonicNanoseconds
        _ = loop.reactor.pointee.timers.add(deadline: now + 10_000_000, kind: 1)
        loop.kernel.now += 4_000_000
        _ = loop.turn()
        #expect(loop.kernel.timeouts.last == 6)
    }

    @Test func theServersOwnBoundCounts() {
        let loop = FakeLoop()
        loop.reactor.pointee.wait(atMostMilliseconds: 5)
        #expect(loop.kernel.timeouts.last == 5)
        let now = loop.reactor.pointee.clock.monotonicNanoseconds
        _ = loop.reactor.pointee.timers.add(deadline: now + 2_000_000, kind: 1)
        loop.reactor.pointee.wait(atMostMilliseconds: 5)
        #expect(loop.kernel.timeouts.last == 2)
    }

    @Test func equalDeadlinesFireInTheOrderOfAdding() {
        var timers = Timers()
        for i in 0..<20 { _ = timers.add(deadline: 5, kind: 0, payload: UInt64(i)) }
        for i in 0..<20 { #expect(timers.popDue(now: 5)?.payload == UInt64(i)) }
        #expect(timers.popDue(now: 5) == nil)
    }

    @Test func aHandleOfAFiredTimerCancelsNothing() {
        var timers = Timers()
        let first = timers.add(deadline: 1, kind: 1)
        #expect(timers.popDue(now: 1)?.kind == 1)
        let second = timers.add(deadline: 2, kind: 2)
        #expect(timers.cancel(first) == false)
        #expect(timers.cancel(.none) == false)
        #expect(timers.count == 1)
        #expect(timers.cancel(second) == true)
        #expect(timers.cancel(second) == false)
    }

    @Test(arguments: [41, 42, 43] as [UInt64])
    func behavesAsASortedList(seed: UInt64) {
        var random = SeededGenerator(seed)
        var timers = Timers()
        var model: [(deadline: UInt64, payload: UInt64, handle: TimerHandle)] = []
        var now: UInt64 = 0
        for step in 0..<UInt64(5000) {
            switch Int.random(in: 0...3, using: &random) {
            case 0, 1:
                let deadline = now + UInt64.random(in: 0...1000, using: &random)
                let handle = timers.add(deadline: deadline, kind: 0, payload: step)
                let at = model.firstIndex { $0.deadline > deadline } ?? model.count
                model.insert((deadline, step, handle), at: at)
            case 2:
                guard !model.isEmpty else { continue }
                let i = Int.random(in: 0..<model.count, using: &random)
                #expect(
                    timers.cancel(model.remove(at: i).handle) == true, "seed \(seed) step \(step)")
            default:
                now += UInt64.random(in: 0...300, using: &random)
                while let due = timers.popDue(now: now) {
                    #expect(due.payload == model.first?.payload, "seed \(seed) step \(step)")
                    model.removeFirst()
                }
            }
            #expect(timers.nextDeadline == model.first?.deadline ?? .max, "seed \(seed)")
            #expect(timers.count == model.count, "seed \(seed) step \(step)")
        }
    }
}
