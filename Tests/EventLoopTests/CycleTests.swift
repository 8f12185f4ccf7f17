// Cycles: slices, shares, round robin and accounts, on a virtual clock; one test on the real one.

import CMachine
import Testing

@testable import EventLoop

@Suite(.serialized) struct CycleTests {
    /// Runs the cycles of one turn; `cost` says how long a slice of each takes.
    func run(_ loop: FakeLoop, cost: [UInt64]) -> [Int] {
        var ran: [Int] = []
        loop.reactor.pointee.beginCycles()
        while let slice = loop.reactor.pointee.nextSlice() {
            ran.append(slice.cycle)
            loop.kernel.now += cost[slice.cycle]
            loop.kernel.cpu += cost[slice.cycle]
            loop.reactor.pointee.endSlice(slice, items: 3, hasWork: true)
        }
        return ran
    }

    @Test func aCycleWithWorkKeepsTheWaitFromBlocking() {
        let loop = FakeLoop()
        let cycle = loop.reactor.pointee.cycles.register("expire")
        _ = loop.turn()
        #expect(loop.kernel.timeouts.last == -1)
        loop.reactor.pointee.cycles.setWork(cycle, true)
        loop.reactor.pointee.cycles.setWork(cycle, true)
        _ = loop.turn()
        #expect(loop.kernel.timeouts.last == 0)
        loop.reactor.pointee.beginCycles()
        let slice = loop.reactor.pointee.nextSlice()
        #expect(slice?.cycle == cycle)
        loop.reactor.pointee.endSlice(slice!, items: 9, hasWork: false)
        #expect(loop.reactor.pointee.nextSlice() == nil)
        _ = loop.turn()
        #expect(loop.kernel.timeouts.last == -1)
        let statistics = loop.reactor.pointee.cycles.statistics[cycle]
        #expect(statistics.slices == 1)
        #expect(statistics.items == 9)
    }

    @Test func anIdleLoopGivesAFullTurnsWorth() {
        let loop = FakeLoop()
        let cycle = loop.reactor.pointee.cycles.register("expire")
        loop.reactor.pointee.cycles.setWork(cycle, true)
        _ = loop.turn()
        loop.reactor.pointee.beginCycles()
        let start = loop.kernel.now
        let slice = loop.reactor.pointee.nextSlice()!
        #expect(slice.budget.deadlineTicks - start == Cycles.sliceNanoseconds)
        loop.reactor.pointee.endSlice(slice, items: 0, hasWork: true)
    }

    @Test func cyclesTakeTurnsRoundRobin() {
        let loop = FakeLoop()
        for name in ["a", "b", "c"] as [StaticString] {
            let cycle = loop.reactor.pointee.cycles.register(name)
            loop.reactor.pointee.cycles.setWork(cycle, true)
        }
        // Each uses its slice up, so a turn serves one.
        var order: [Int] = []
        for _ in 0..<6 {
            _ = loop.turn()
            order += run(loop, cost: [500_000, 500_000, 500_000])
        }
        #expect(order.count == 6)
        #expect(Set(order.prefix(3)) == [0, 1, 2])
        #expect(Array(order.prefix(3)) == Array(order.suffix(3)))
        // Short slices: all in one turn, none twice.
        _ = loop.turn()
        #expect(run(loop, cost: [1000, 1000, 1000]).sorted() == [0, 1, 2])
    }

    @Test func aBusyLoopGivesAQuarterOfItsTime() {
        let loop = FakeLoop()
        let cycle = loop.reactor.pointee.cycles.register("expire")
        loop.reactor.pointee.cycles.setWork(cycle, true)
        let c = loop.connect(5)
        let start = loop.kernel.now
        for _ in 0..<1000 {
            loop.kernel.post(5, Readiness.readable)
            #expect(loop.turn() == [c])
            loop.kernel.now += 30_000
            loop.reactor.pointee.beginCycles()
            while let slice = loop.reactor.pointee.nextSlice() {
                loop.kernel.now = max(loop.kernel.now, slice.budget.deadlineTicks)
                loop.reactor.pointee.endSlice(slice, items: 1, hasWork: true)
            }
        }
        let spent = loop.reactor.pointee.cycles.statistics[cycle].totalNanoseconds
        let share = Double(spent) / Double(loop.kernel.now - start)
        #expect(share > 0.24 && share <= 0.251)
    }

    @Test func longestSlicesAreKeptAndReset() {
        let loop = FakeLoop()
        let cycle = loop.reactor.pointee.cycles.register("lazyfree")
        loop.reactor.pointee.cycles.setWork(cycle, true)
        for (wall, cpu) in [(100_000, 90_000), (400_000, 50_000), (50_000, 60_000)]
            as [(UInt64, UInt64)]
        {
            _ = loop.turn()
            loop.reactor.pointee.beginCycles()
            let slice = loop.reactor.pointee.nextSlice()!
            loop.kernel.now += wall
            loop.kernel.cpu += cpu
            loop.reactor.pointee.endSlice(slice, items: 1, hasWork: true)
        }
        var statistics = loop.reactor.pointee.cycles.statistics[cycle]
        #expect(statistics.longestWallNanoseconds == 400_000)
        #expect(statistics.longestCPUNanoseconds == 90_000)
        #expect(statistics.totalNanoseconds == 550_000)
        loop.reactor.pointee.resetStatistics()
        statistics = loop.reactor.pointee.cycles.statistics[cycle]
        #expect(statistics.longestWallNanoseconds == 0)
        #expect(statistics.hasWork)
    }

    @Test func aRealBudgetRunsOutOnTime() throws {
        let backend = try EpollBackend.make().get()
        let reactor = Reactor.create(backend: backend)
        defer { Reactor.destroy(reactor) }
        let cycle = reactor.pointee.cycles.register("spin")
        reactor.pointee.cycles.setWork(cycle, true)
        var best = UInt64.max
        for _ in 0..<20 {
            reactor.pointee.wait()
            reactor.pointee.beginCycles()
            guard let slice = reactor.pointee.nextSlice() else { continue }
            let start = machine_monotonic_ns()
            while !slice.budget.exhausted() {}
            best = min(best, machine_monotonic_ns() - start)
            reactor.pointee.endSlice(slice, items: 1, hasWork: true)
        }
        // The best of twenty: others may take the processor away, nobody can give time back.
        #expect(best > 300_000 && best < 700_000)
        #expect(!CycleBudget.unlimited.exhausted())
    }
}
