// The exact expiry index of one database: a hierarchical timing wheel of key hashes.
//
// Called by the keyspace, which adds an item whenever a key gets a deadline earlier than any item
// it already has here, and by the expiry cycle, which moves the clock and takes what is due. An
// item is eight bytes and carries no time: the truth is in the entry, and every item that is handed
// out is looked up there (`ExpiryItem`). So pushing a deadline back touches nothing here: the old
// item comes out at the old time and is added again for the new one.
//
// Five levels of slots: 1 ms, 256 ms, 65.5 s, 4.66 h, 49.7 days each. The 256 slots of a level that
// fit one slot of the level above are a *window*. A level keeps two windows, the current one and
// the next, because a slot is cascaded into the level below one slot ahead of time: while the
// current slot of level n passes, the next one is spread over level n-1 in the background, and when
// it begins, all its items already sit in finer slots. What the caller has not cascaded by then
// comes out late but is not lost.
//
// Invariants, with P(n) = last >> 8n:
//   * level 0 holds slots last+1 ... last+511, level n > 0 holds slots P(n)+2 ... P(n)+511, so a
//     slot's number modulo 512 is its place;
//   * a slot's bit in `occupied` is set exactly when it has chunks;
//   * no occupied slot has its event (when `advance` moves it to a pending list) before
//     `nextEvent`.
//
// Items live in chunks (ExpiryWheel+Chunks.swift). The purge, sampling and the soonest items are in
// ExpiryWheel+Walks.swift.

import Memory

/// What the wheel stores of a key: its hash with three bits replaced by a generation.
///
/// The bits are neither among the lowest, which pick the bucket, nor in the top byte, which is the
/// tag in it, so an item finds its bucket and its tag without the key.
@frozen
package enum ExpiryItem {
    @inlinable package static var generationShift: UInt64 { 53 }
    @inlinable package static var generationMask: UInt64 { 7 << generationShift }

    /// `generation` counts modulo 8.
    @inlinable
    package static func make(hash: UInt64, generation: UInt8) -> UInt64 {
        hash & ~generationMask | UInt64(generation & 7) &<< generationShift
    }

    @inlinable
    package static func generation(_ item: UInt64) -> UInt8 {
        UInt8(truncatingIfNeeded: item &>> generationShift) & 7
    }

    /// Whether `item` may stand for a key with this hash (of any generation).
    @inlinable
    package static func matches(_ item: UInt64, hash: UInt64) -> Bool {
        (item ^ hash) & ~generationMask == 0
    }
}

/// Times in milliseconds of one clock; an item is handed out once, at or after its deadline.
package struct ExpiryWheel: ~Copyable {
    /// What to do with the items of one `take`.
    package enum Kind {
        /// Their time has come: an expired entry is removed, one with a later deadline is added
        /// again, an item whose entry is gone or has another generation is dropped.
        case due
        /// They must move to a finer slot: as `due`, but most will be added again.
        case cascade
    }

    static var levelCount: Int { 5 }
    static var slotCount: Int { 512 }
    /// A clock that goes back by less is waited for; by more, the wheel is laid out anew.
    static var rewindTolerance: Int64 { 1000 }
    /// Later clock values are treated as this one, which keeps slot arithmetic from overflowing.
    static var latest: Int64 { 1 << 61 }

    /// Items in the wheel, stale ones included.
    package internal(set) var count = 0
    /// The clock as `advance` last saw it, or further where it went back a little.
    package internal(set) var last: Int64 = 0
    /// No slot needs attention before this; .max when no slot has items.
    var nextEvent = Int64.max
    /// Bit n: pending list n has chunks. List 0 is due, list n > 0 waits to leave level n.
    var pendingMask: UInt32 = 0
    /// Levels, pending lists, bitmaps, directories (layout in ExpiryWheel+Chunks.swift), from the
    /// first add on.
    var root: UnsafeMutableRawPointer?
    var chunkBytes = 0
    /// The slot being purged (level * 512 + place), `purgeEnd` when none is.
    var purgeSlot = ExpiryWheel.purgeEnd
    /// The last chunk of the slot being purged; nil between slots.
    var purgeStop: ExpiryChunkPointer?

    package init() {}

    /// Whether items wait whose deadline has come.
    package var hasDue: Bool { pendingMask & 1 != 0 }
    /// Whether `take` has anything to hand out.
    package var hasPending: Bool { pendingMask != 0 }

    /// When to call `advance` and `take` at the latest: `now` if items are waiting, else the next
    /// slot's time (which may turn out to hold nothing), nil if the wheel is empty.
    package func nextDeadline(now: Int64) -> Int64? {
        if pendingMask != 0 { return now }
        return count == 0 || nextEvent == .max ? nil : nextEvent
    }

    /// Puts an item in; the first `take` after the clock has reached `deadline` hands it out.
    ///
    /// A keyspace whose entries live through the millisecond of their expiry passes the next one:
    /// an item that is handed out and added again for a time not after `now` is due at once.
    package mutating func add(hash: UInt64, generation: UInt8, deadline: Int64, now: Int64) {
        if now > last { advance(to: now) }
        if root == nil { makeRoot() }
        let item = ExpiryItem.make(hash: hash, generation: generation)
        count &+= 1
        if deadline <= now {
            append(item, to: pending)
            pendingMask |= 1
        } else {
            // After the clock went back a little, `last` is ahead: the next slot is the soonest.
            place(item, max(deadline, last &+ 1))
        }
    }

    /// `deadline` > `last`: the lowest level of whose two windows one holds it.
    private mutating func place(_ item: UInt64, _ deadline: Int64) {
        let top = Self.levelCount &- 1
        var level = 0
        var shift: Int64 = 0
        while level < top, (deadline &>> (shift &+ 8)) &- (last &>> (shift &+ 8)) > 1 {
            level &+= 1
            shift &+= 8
        }
        var slot = deadline &>> shift
        if level == top {
            // Beyond the top level: waits in its last slot, and is placed again from there.
            slot = min(slot, ((last &>> (shift &+ 8)) &+ 2) &<< 8 &- 1)
        }
        nextEvent = min(nextEvent, Self.event(slot, level))
        let at = Int(slot & Int64(Self.slotCount &- 1))
        append(item, to: slots(level) + at)
        occupied[level &* 8 &+ at &>> 6] |= 1 &<< UInt64(at & 63)
    }

    /// When slot number `slot` of `level` leaves it: at its time, or one slot ahead of it.
    static func event(_ slot: Int64, _ level: Int) -> Int64 {
        level == 0 ? slot : (slot &- 1) &<< Int64(8 &* level)
    }

    /// The highest slot number of `level` that a wheel at `time` has moved out.
    static func boundary(_ time: Int64, _ level: Int) -> Int64 {
        level == 0 ? time : time &>> Int64(8 &* level) &+ 1
    }

    /// Moves the clock. Costs at most one step per slot whatever the jump; moves no single items.
    ///
    /// A clock that went back more than `rewindTolerance` sends all items through a cascade.
    package mutating func advance(to time: Int64) {
        let now = min(time, Self.latest)
        if now >= last {
            if now >= nextEvent { collect(now) }
            last = now
        } else if now < last &- Self.rewindTolerance {
            rewind(now)
        }
    }

    /// Moves the slots whose event lies in (last, now] to the pending lists.
    @inline(never)
    private mutating func collect(_ now: Int64) {
        var soonest = Int64.max
        for level in 0..<Self.levelCount {
            let from = Self.boundary(last, level)
            let to = Self.boundary(now, level)
            // No slot beyond this number is in use.
            let end = from &+ Int64(Self.slotCount &- 1)
            var next = firstOccupied(level, from: from &+ 1, through: end)
            while let slot = next, slot <= to {
                detach(level, Int(slot & Int64(Self.slotCount &- 1)), to: level)
                next = firstOccupied(level, from: slot &+ 1, through: end)
            }
            if let slot = next { soonest = min(soonest, Self.event(slot, level)) }
        }
        nextEvent = soonest
    }

    /// Lays the wheel out anew around an earlier time: every slot waits for a cascade.
    @inline(never)
    private mutating func rewind(_ now: Int64) {
        if root != nil {
            for slot in 0..<Self.levelCount &* Self.slotCount
            where occupied[slot &>> 6] &>> UInt64(slot & 63) & 1 != 0 {
                let level = slot &>> 9
                detach(level, slot & (Self.slotCount &- 1), to: max(level, 1))
            }
        }
        purgeSlot = Self.purgeEnd
        nextEvent = .max
        last = now
    }

    /// Empties the slot at place `at` of `level` onto pending list `list`.
    private mutating func detach(_ level: Int, _ at: Int, to list: Int) {
        let slot = level &* Self.slotCount &+ at
        if slot == purgeSlot {
            // The purge loses nothing: these items are looked up by whoever takes them.
            purgeSlot &+= 1
            purgeStop = nil
        }
        occupied[slot &>> 6] &= ~(1 &<< UInt64(slot & 63))
        concatenate(slots(level) + at, onto: pending + list)
        pendingMask |= 1 &<< UInt32(list)
    }

    /// The first occupied slot of `level` with a number in from...through, at most 511 apart.
    func firstOccupied(_ level: Int, from: Int64, through: Int64) -> Int64? {
        guard root != nil else { return nil }
        var slot = from
        while slot <= through {
            let at = Int(slot & Int64(Self.slotCount &- 1))
            let word = occupied[level &* 8 &+ at &>> 6] &>> UInt64(at & 63)
            if word != 0 {
                let found = slot &+ Int64(word.trailingZeroBitCount)
                return found <= through ? found : nil
            }
            slot = (slot | 63) &+ 1
        }
        return nil
    }

    /// Hands out up to `max` > 0 items of one kind, what is due before what must cascade, and that
    /// from the finest level first. They leave the wheel; a count of 0 says that nothing waits.
    package mutating func take(
        into items: UnsafeMutablePointer<UInt64>, max: Int
    ) -> (count: Int, kind: Kind) {
        assert(max > 0)
        while pendingMask != 0 {
            let level = pendingMask.trailingZeroBitCount
            let taken = takePending(level, into: items, max: max)
            if taken > 0 { return (taken, level == 0 ? .due : .cascade) }
        }
        return (0, .due)
    }

    mutating func takePending(
        _ list: Int, into items: UnsafeMutablePointer<UInt64>, max: Int
    ) -> Int {
        let taken = drain(pending + list, into: items, max: max)
        if pending[list] == nil { pendingMask &= ~(1 &<< UInt32(list)) }
        return taken
    }

    deinit {
        if let root { Self.free(root) }
    }
}
