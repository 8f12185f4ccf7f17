// Time as the loop sees it: read once per turn, then free to look at.
//
// Monotonic nanoseconds drive timers, idle times and slices; real time is what commands see. Ticks
// are the processor's counter, calibrated against the monotonic clock, for the measurements that
// happen several times per turn. With a virtual backend ticks are its nanoseconds.

import CMachine

package struct LoopClock {
    /// CLOCK_MONOTONIC when the turn began.
    package private(set) var monotonicNanoseconds: UInt64 = 0
    /// CLOCK_REALTIME when the turn began, within 100 us of a step of that clock.
    package private(set) var realtimeNanoseconds: UInt64 = 0

    private let backend: Backend
    /// Real time minus monotonic time at the last reading of both.
    private var realtimeOffset: UInt64 = 0
    private var realtimeReadAt: UInt64 = 0
    private var calibrationTicks: UInt64 = 0
    private var calibrationNanoseconds: UInt64 = 0
    private(set) var nanosecondsPerTick: Double = 1

    /// Real time is read again when this much monotonic time has passed: one clock read per turn in
    /// a busy loop instead of two, and a clock that was set is noticed at once.
    private static let realtimeIntervalNanoseconds: UInt64 = 100_000
    private static let recalibrationNanoseconds: UInt64 = 1_000_000_000

    package init(backend: Backend) {
        self.backend = backend
        calibrate()
        refresh()
    }

    package var monotonicMilliseconds: Int64 { Int64(monotonicNanoseconds / 1_000_000) }
    package var realtimeMilliseconds: Int64 { Int64(realtimeNanoseconds / 1_000_000) }
    package var realtimeMicroseconds: Int64 { Int64(realtimeNanoseconds / 1000) }

    /// Reads the clocks again (the reactor does after each wait; a long command may).
    package mutating func refresh() {
        let now = backend.monotonicNanoseconds(backend.context)
        monotonicNanoseconds = now
        if now &- realtimeReadAt >= Self.realtimeIntervalNanoseconds {
            realtimeOffset = backend.realtimeNanoseconds(backend.context) &- now
            realtimeReadAt = now
        }
        realtimeNanoseconds = now &+ realtimeOffset
        if now &- calibrationNanoseconds >= Self.recalibrationNanoseconds { recalibrate(now) }
    }

    /// Real time right now, not as of the turn's start.
    package func readRealtimeNanoseconds() -> UInt64 {
        backend.realtimeNanoseconds(backend.context)
    }

    /// The tick counter right now.
    @inline(__always)
    package func ticks() -> UInt64 {
        backend.isVirtual ? backend.monotonicNanoseconds(backend.context) : machine_ticks()
    }

    /// CPU time of the calling thread: a system call.
    package func threadNanoseconds() -> UInt64 { backend.threadNanoseconds(backend.context) }

    /// Nanoseconds between two tick counts; 0 if they run backwards (processors out of step).
    @inline(__always)
    package func nanoseconds(from start: UInt64, to end: UInt64) -> UInt64 {
        end > start ? UInt64(Double(end - start) * nanosecondsPerTick) : 0
    }

    @inline(__always)
    package func ticks(forNanoseconds nanoseconds: UInt64) -> UInt64 {
        UInt64(Double(nanoseconds) / nanosecondsPerTick)
    }

    /// Spins for 200 us to learn the counter's rate: good to 0.1 %, and refined each second.
    private mutating func calibrate() {
        calibrationTicks = ticks()
        calibrationNanoseconds = backend.monotonicNanoseconds(backend.context)
        realtimeReadAt = calibrationNanoseconds &- Self.realtimeIntervalNanoseconds
        guard !backend.isVirtual else { return }
        var now = calibrationNanoseconds
        while now &- calibrationNanoseconds < 200_000 {
            now = backend.monotonicNanoseconds(backend.context)
        }
        let elapsed = machine_ticks() &- calibrationTicks
        if elapsed > 0 {
            nanosecondsPerTick = Double(now &- calibrationNanoseconds) / Double(elapsed)
        }
    }

    @inline(never)
    private mutating func recalibrate(_ now: UInt64) {
        let ticks = self.ticks()
        if ticks > calibrationTicks && !backend.isVirtual {
            let rate =
                Double(now &- calibrationNanoseconds) / Double(ticks &- calibrationTicks)
            // A rate that jumps means that the counter stood still or was reset: keep the old one.
            if rate > nanosecondsPerTick * 0.5 && rate < nanosecondsPerTick * 2 {
                nanosecondsPerTick = rate
            }
        }
        calibrationTicks = ticks
        calibrationNanoseconds = now
    }
}
