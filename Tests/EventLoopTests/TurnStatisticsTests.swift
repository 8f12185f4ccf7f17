// Turn lengths by wall and CPU clock, clocks per turn, and sampled rates.

import Testing

@testable import EventLoop

@Suite(.serialized) struct TurnStatisticsTests {
    @Test func aTurnRunsFromTheEndOfAWaitToTheNextOne() {
        let loop = FakeLoop()
        loop.reactor.pointee.wait(atMostMilliseconds: 50)
        loop.reactor.pointee.resetStatistics()
        loop.kernel.now += 3_000_000
        loop.kernel.cpu += 2_000_000
        loop.reactor.pointee.wait(atMostMilliseconds: 50)
        loop.reactor.pointee.wait(atMostMilliseconds: 50)
        let turns = loop.reactor.pointee.turnStatistics
        #expect(turns.turns == 2)
        #expect(turns.totalNanoseconds == 3_000_000)
        #expect(turns.longestWallNanoseconds == 3_000_000)
        #expect(turns.longestCPUNanoseconds == 2_000_000)
    }

    /// The reported longest turn is never below the true one, and above it by less than 200 us.
    @Test(arguments: [51, 52, 53, 54] as [UInt64])
    func theLongestTurnByCPUIsExactTo200Microseconds(seed: UInt64) {
        var random = SeededGenerator(seed)
        let loop = FakeLoop()
        loop.reactor.pointee.wait(atMostMilliseconds: 0)
        loop.reactor.pointee.resetStatistics()
        var longest: UInt64 = 0
        for _ in 0..<2000 {
            let rare = Int.random(in: 0...300, using: &random) == 0
            let cpu = UInt64.random(in: 500...(rare ? 2_000_000 : 60_000), using: &random)
            // Sometimes the thread is put aside in mid-turn.
            let aside: UInt64 = Int.random(in: 0...50, using: &random) == 0 ? 3_000_000 : 0
            loop.kernel.cpu += cpu
            loop.kernel.now += cpu + aside
            longest = max(longest, cpu)
            loop.reactor.pointee.wait(atMostMilliseconds: 0)
        }
        loop.reactor.pointee.settleStatistics()
        let reported = loop.reactor.pointee.turnStatistics.longestCPUNanoseconds
        #expect(reported >= longest, "seed \(seed)")
        #expect(reported <= longest + 200_000, "seed \(seed)")
    }

    @Test func clocksAreReadOncePerTurnAndStepsAreNoticed() {
        let loop = FakeLoop()
        loop.reactor.pointee.wait(atMostMilliseconds: 0)
        let real = loop.reactor.pointee.clock.realtimeNanoseconds
        #expect(real == loop.kernel.realtime)
        loop.kernel.now += 50_000
        #expect(loop.reactor.pointee.clock.realtimeNanoseconds == real)
        loop.reactor.pointee.wait(atMostMilliseconds: 0)
        #expect(loop.reactor.pointee.clock.realtimeNanoseconds == real + 50_000)
        // Somebody sets the wall clock.
        loop.kernel.realtime += 3_600_000_000_000
        loop.kernel.now += 100_000
        loop.reactor.pointee.refreshClock()
        #expect(loop.reactor.pointee.clock.realtimeNanoseconds == loop.kernel.realtime)
        #expect(
            loop.reactor.pointee.clock.realtimeMilliseconds
                == Int64(loop.kernel.realtime / 1_000_000))
    }

    @Test func aRateIsTheMeanOfSixteenSamples() {
        var metric = InstantaneousMetric()
        metric.sample(1000, base: 5000)
        #expect(metric.average == 0)
        // 50 more in 100 ms: 500 per second, one sample of sixteen.
        metric.sample(1050, base: 5100)
        #expect(metric.average == 500 / 16)
        var total: UInt64 = 1050
        for i in 0..<20 {
            total += 160
            metric.sample(total, base: 5200 + UInt64(i) * 100)
        }
        #expect(metric.average == 1600)
        // A total that was reset, and a clock that stood still, count as nothing.
        metric.sample(0, base: 7200)
        metric.sample(10, base: 7200)
        #expect(metric.average == 1600 * 14 / 16)
        metric.reset()
        #expect(metric.average == 0)
    }
}
