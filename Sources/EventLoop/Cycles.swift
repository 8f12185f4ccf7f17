// Cycles: work whose cost grows with the data, done in slices between event batches (law 2).
//
// Expiry, table growth, lazy free, eviction, snapshots: each registers once, says when it has work,
// and is given slices by the server's loop in turn. The accounts here keep the cycles within their
// share of the loop's time and remember each one's slices for INFO.
//
//     reactor.beginCycles()
//     while let slice = reactor.nextSlice() {
//         ... run cycle slice.cycle until slice.budget.exhausted() ...
//         reactor.endSlice(slice, items: n, hasWork: more)
//     }

import CMachine

/// When a slice is over. Look every few items, not at each byte: a look is some 10 ns.
@frozen
package struct CycleBudget {
    package let deadlineTicks: UInt64

    @inlinable
    package init(deadlineTicks: UInt64) { self.deadlineTicks = deadlineTicks }

    /// A budget without end: for tests, and for work that a command asked for in full.
    @inlinable package static var unlimited: CycleBudget { CycleBudget(deadlineTicks: .max) }

    @inlinable package func exhausted() -> Bool { machine_ticks() >= deadlineTicks }
}

/// One cycle's accounts. Times in nanoseconds.
package struct CycleStatistics {
    package let name: StaticString
    package internal(set) var hasWork = false
    package internal(set) var slices: UInt64 = 0
    package internal(set) var items: UInt64 = 0
    package internal(set) var totalNanoseconds: UInt64 = 0
    package internal(set) var longestWallNanoseconds: UInt64 = 0
    package internal(set) var longestCPUNanoseconds: UInt64 = 0
}

/// A slice that was granted: run `cycle` until `budget` is exhausted, then end it.
package struct CycleSlice {
    package let cycle: Int
    package let budget: CycleBudget
    fileprivate let startTicks: UInt64
    fileprivate let startCPU: UInt64
}

package struct Cycles: ~Copyable {
    /// A slice's longest duration.
    package static let sliceNanoseconds: UInt64 = 500_000
    /// What cycles may take of one turn, all together.
    package static let turnNanoseconds: UInt64 = 500_000
    /// Less than this is not worth a slice: the share is saved up until it is reached.
    package static let smallestSliceNanoseconds: UInt64 = 50_000

    package private(set) var statistics: [CycleStatistics] = []
    /// Cycles that have work.
    package private(set) var workCount = 0
    /// Percentage of a busy loop's time that cycles may take.
    package var sharePercent: UInt64 = 25
    /// Time earned and not yet used, at most a turn's worth.
    private(set) var creditNanoseconds: UInt64 = 0
    private var leftNanoseconds: UInt64 = 0
    private var leftCycles = 0
    private var cursor = 0

    package init() {}

    /// Registers a cycle without work; returns its number.
    package mutating func register(_ name: StaticString) -> Int {
        statistics.append(CycleStatistics(name: name))
        return statistics.count - 1
    }

    package var anyHasWork: Bool { workCount > 0 }

    package func hasWork(_ cycle: Int) -> Bool { statistics[cycle].hasWork }

    /// Says that a cycle has work (or has none any more). Cheap: call it whenever work appears.
    package mutating func setWork(_ cycle: Int, _ hasWork: Bool) {
        guard statistics[cycle].hasWork != hasWork else { return }
        statistics[cycle].hasWork = hasWork
        workCount += hasWork ? 1 : -1
    }

    /// Computes what cycles may take after event work of `eventNanoseconds`: the share of a busy
    /// loop, saved up over short turns; a full turn's worth when there were no events.
    mutating func beginTurn(eventNanoseconds: UInt64, hadEvents: Bool) {
        guard workCount > 0 else {
            leftCycles = 0
            return
        }
        if hadEvents {
            let share = min(sharePercent, 99)
            let earned = min(eventNanoseconds, 1_000_000_000) * share / (100 - share)
            creditNanoseconds = min(creditNanoseconds + earned, Self.turnNanoseconds)
        } else {
            creditNanoseconds = Self.turnNanoseconds
        }
        leftNanoseconds = creditNanoseconds
        leftCycles = leftNanoseconds >= Self.smallestSliceNanoseconds ? statistics.count : 0
    }

    /// The next cycle with work, round robin over the turns, while time is left.
    mutating func next(_ clock: LoopClock) -> CycleSlice? {
        while leftCycles > 0 && leftNanoseconds >= Self.smallestSliceNanoseconds {
            leftCycles -= 1
            cursor = cursor + 1 < statistics.count ? cursor + 1 : 0
            guard statistics[cursor].hasWork else { continue }
            let ticks = clock.ticks()
            let length = min(leftNanoseconds, Self.sliceNanoseconds)
            return CycleSlice(
                cycle: cursor,
                budget: CycleBudget(deadlineTicks: ticks &+ clock.ticks(forNanoseconds: length)),
                startTicks: ticks, startCPU: clock.threadNanoseconds())
        }
        return nil
    }

    mutating func end(_ slice: CycleSlice, items: Int, hasWork: Bool, _ clock: LoopClock) {
        let wall = clock.nanoseconds(from: slice.startTicks, to: clock.ticks())
        let cpu = clock.threadNanoseconds() &- slice.startCPU
        let cycle = slice.cycle
        statistics[cycle].slices += 1
        statistics[cycle].items &+= UInt64(max(0, items))
        statistics[cycle].totalNanoseconds += wall
        if wall > statistics[cycle].longestWallNanoseconds {
            statistics[cycle].longestWallNanoseconds = wall
        }
        // A slice's CPU time cannot exceed its wall time, whatever the two clocks' grain.
        if min(cpu, wall) > statistics[cycle].longestCPUNanoseconds {
            statistics[cycle].longestCPUNanoseconds = min(cpu, wall)
        }
        setWork(cycle, hasWork)
        leftNanoseconds -= min(wall, leftNanoseconds)
        creditNanoseconds -= min(wall, creditNanoseconds)
    }

    /// CONFIG RESETSTAT.
    package mutating func resetStatistics() {
        for i in statistics.indices {
            let hasWork = statistics[i].hasWork
            statistics[i] = CycleStatistics(name: statistics[i].name)
            statistics[i].hasWork = hasWork
        }
    }
}
