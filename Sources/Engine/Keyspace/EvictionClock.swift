// The 24 bits in an entry's header that say how much the entry is used.
//
// Under the LFU policies: 16 bits of unix minutes, when the counter last decayed, above an 8-bit
// logarithmic access counter. Under all others: unix seconds of the last access. Both wrap around
// (after 45 and 194 days), so an age is a difference modulo the field, and an entry left alone for
// longer than that looks younger than it is. Widths, start value and formulas are those of Redis
// 7.4 (redis.io/docs/reference/eviction), so that OBJECT IDLETIME and OBJECT FREQ agree with it.
//
// Pure functions of the stamp, the time and the parameters; times are unix milliseconds.

@frozen
package enum EvictionClock {
    @inlinable package static var mask: UInt32 { 0xff_ffff }
    /// The counter of a new entry, so that it is not the first to go.
    @inlinable package static var initialCounter: UInt32 { 5 }

    /// How gladly an entry is given up, among those of one policy: more is sooner.
    package static func score(
        _ stamp: UInt32, now: Int64, _ parameters: EvictionParameters
    ) -> UInt64 {
        parameters.policy.isLFU
            ? UInt64(255 - counter(stamp, now: now, parameters))
            : UInt64(idleMilliseconds(stamp, now: now))
    }

    /// The same for `volatile-ttl`: the nearer the deadline, the sooner.
    package static func score(deadline: Int64) -> UInt64 {
        UInt64.max - UInt64(max(deadline, 0))
    }

    // MARK: LRU

    /// Unix seconds, modulo 2^24: the stamp of an entry made or accessed at `now`.
    @inlinable
    package static func seconds(_ now: Int64) -> UInt32 {
        UInt32(truncatingIfNeeded: now / 1000) & mask
    }

    /// Time since the last access, in whole seconds given as milliseconds.
    @inlinable
    package static func idleMilliseconds(_ stamp: UInt32, now: Int64) -> Int64 {
        Int64((seconds(now) &- stamp) & mask) &* 1000
    }

    // MARK: LFU

    /// Unix minutes, modulo 2^16.
    @inlinable
    package static func minutes(_ now: Int64) -> UInt32 {
        UInt32(truncatingIfNeeded: now / 60000) & 0xffff
    }

    /// The stamp of an entry made at `now`.
    @inlinable
    package static func initialLFU(now: Int64) -> UInt32 { minutes(now) &<< 8 | initialCounter }

    /// The stamp of an access at `now`: decayed, then perhaps one more.
    @inlinable
    package static func touchedLFU(
        _ stamp: UInt32, now: Int64, parameters: EvictionParameters, random: inout RandomSource
    ) -> UInt32 {
        let decayed = counter(stamp, now: now, parameters)
        return minutes(now) &<< 8 | incremented(decayed, parameters, &random)
    }

    /// The access counter as it is at `now`, one less for each decay time that has passed.
    @inlinable
    package static func counter(
        _ stamp: UInt32, now: Int64, _ parameters: EvictionParameters
    ) -> UInt32 {
        let count = stamp & 0xff
        if parameters.lfuDecayMinutes <= 0 { return count }
        let elapsed = Int((minutes(now) &- stamp &>> 8) & 0xffff)
        let periods = elapsed / parameters.lfuDecayMinutes
        return periods >= Int(count) ? 0 : count &- UInt32(truncatingIfNeeded: periods)
    }

    /// One more with the probability 1 / ((count - 5) * factor + 1), 5 being the initial counter;
    /// never above 255.
    @inlinable
    package static func incremented(
        _ count: UInt32, _ parameters: EvictionParameters, _ random: inout RandomSource
    ) -> UInt32 {
        if count >= 255 { return 255 }
        let above = count > initialCounter ? UInt64(count &- initialCounter) : 0
        // The configuration keeps the factor below 2^31, so the product fits.
        let odds = above &* UInt64(max(parameters.lfuLogFactor, 0)) &+ 1
        return random.below(odds) == 0 ? count &+ 1 : count
    }
}
