// How long turns take, and rates sampled ten times a second: the loop's part of INFO.
//
// A turn runs from the end of one wait to the start of the next. Wall time is measured for each, in
// ticks. CPU time of the thread, which preemption does not touch, costs a system call, so it is read
// only when 200 us of turn time have gathered or 32 turns have passed: the longest turn by CPU is
// then never reported too low, and too high by less than those 200 us.

package struct TurnStatistics {
    /// Turns since the start (INFO's eventloop_cycles).
    package private(set) var turns: UInt64 = 0
    /// Nanoseconds spent in turns, waits excluded.
    package private(set) var totalNanoseconds: UInt64 = 0
    package private(set) var longestWallNanoseconds: UInt64 = 0
    package private(set) var longestCPUNanoseconds: UInt64 = 0

    private(set) var startTicks: UInt64 = 0
    private var groupTurns = 0
    private var groupWall: UInt64 = 0
    private var groupLongest: UInt64 = 0
    private var groupStartCPU: UInt64

    private static let groupNanoseconds: UInt64 = 200_000
    private static let groupLimit = 32

    init(_ clock: LoopClock) {
        groupStartCPU = clock.threadNanoseconds()
        startTicks = clock.ticks()
    }

    @inline(__always)
    mutating func begin(_ clock: LoopClock) { startTicks = clock.ticks() }

    /// Returns the turn's wall nanoseconds.
    @inline(__always)
    mutating func end(_ clock: LoopClock) -> UInt64 {
        let wall = clock.nanoseconds(from: startTicks, to: clock.ticks())
        turns += 1
        totalNanoseconds += wall
        if wall > longestWallNanoseconds { longestWallNanoseconds = wall }
        groupTurns += 1
        groupWall += wall
        if wall > groupLongest { groupLongest = wall }
        if groupWall >= Self.groupNanoseconds || groupTurns == Self.groupLimit { settle(clock) }
        return wall
    }

    /// Closes the group of turns whose CPU time is not read yet (before the figures are shown).
    @inline(never)
    package mutating func settle(_ clock: LoopClock) {
        let cpu = clock.threadNanoseconds()
        let used = min(cpu &- groupStartCPU, groupLongest)
        if used > longestCPUNanoseconds { longestCPUNanoseconds = used }
        groupStartCPU = cpu
        groupTurns = 0
        groupWall = 0
        groupLongest = 0
    }

    /// CONFIG RESETSTAT; the turn under way counts from here on.
    package mutating func reset(_ clock: LoopClock) {
        turns = 0
        totalNanoseconds = 0
        longestWallNanoseconds = 0
        longestCPUNanoseconds = 0
        groupTurns = 0
        groupWall = 0
        groupLongest = 0
        groupStartCPU = clock.threadNanoseconds()
        startTicks = clock.ticks()
    }
}

/// A rate over the last 16 samples (Redis's instantaneous_* fields: one sample each 100 ms).
package struct InstantaneousMetric {
    private static let sampleCount = 16

    private var samples = [UInt64](repeating: 0, count: sampleCount)
    private var index = 0
    private var lastValue: UInt64 = 0
    private var lastBase: UInt64?

    package init() {}

    /// Notes a running total: the sample is its growth times `factor` over the growth of `base`.
    /// With a base in milliseconds a factor of 1000 gives a rate per second.
    package mutating func sample(_ value: UInt64, base: UInt64, factor: UInt64 = 1000) {
        if let lastBase {
            let elapsed = base &- lastBase
            let growth = value > lastValue ? value - lastValue : 0
            // Totals grow by far less than 2^53 between samples: a Double holds them exactly.
            samples[index] =
                elapsed == 0
                ? 0 : UInt64(Double(growth) * Double(factor) / Double(elapsed))
            index = (index + 1) % Self.sampleCount
        }
        lastValue = value
        lastBase = base
    }

    /// The mean of the samples.
    package var average: UInt64 {
        samples.reduce(0, &+) / UInt64(Self.sampleCount)
    }

    /// CONFIG RESETSTAT.
    package mutating func reset() { self = InstantaneousMetric() }
}
