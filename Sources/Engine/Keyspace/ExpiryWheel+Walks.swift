// Ways through the expiry wheel out of the order of time: the purge of stale items, and random and
// soonest items for eviction.
//
// Items go stale where a key is deleted or gets an earlier deadline (a new item, another
// generation). They would fall out at their time; the purge takes them out before, when too many
// have gathered.

import Memory

/// An item as `sample` found it.
package struct ExpirySample {
    package let item: UInt64
    fileprivate let chunk: ExpiryChunkPointer
    fileprivate let place: Int
}

extension ExpiryWheel {
    // MARK: Purge

    static var purgeEnd: Int { levelCount * slotCount }

    package var isPurging: Bool { purgeSlot < Self.purgeEnd }

    /// Whether a purge is worth its while with `live` keys that have a deadline: when most items
    /// are stale, or when chunks are mostly air.
    package func wantsPurge(live: Int) -> Bool {
        !isPurging && Self.isWasteful(items: count, chunkBytes: chunkBytes, live: live)
    }

    @inline(__always)
    static func isWasteful(items: Int, chunkBytes: Int, live: Int) -> Bool {
        items > 2 &* live &+ 65536 || chunkBytes > 24 &* items &+ 1 << 20
    }

    /// Begins to walk all slots; what waits in the pending lists is looked up by `take` anyway.
    package mutating func beginPurge() {
        purgeSlot = 0
        purgeStop = nil
    }

    /// Hands out up to `max` > 0 items, to be treated as `Kind.cascade`: those of live entries are
    /// added again. 0 says that the purge is over.
    ///
    /// Any other call may come between two of these. An item that was added meanwhile may be handed
    /// out once more; the walk still ends, since it never goes back.
    package mutating func purgeNext(into items: UnsafeMutablePointer<UInt64>, max: Int) -> Int {
        assert(max > 0)
        while beginPurgeSlot() {
            let slot = purgeSlot
            let list = slots(slot &>> 9) + slot & (Self.slotCount &- 1)
            var taken = 0
            // `release` ends the slot when it frees `purgeStop`.
            while taken < max, purgeSlot == slot {
                let oldest = list.pointee!.pointee.next
                taken &+= takeFrom(oldest, into: items + taken, max: max &- taken)
                if oldest.pointee.count == 0 { unlinkOldest(list) }
            }
            if purgeSlot != slot { endPurgeSlot(slot, list) }
            if taken > 0 { return taken }
        }
        return 0
    }

    /// Makes sure that a slot is being purged; false when there is none left.
    private mutating func beginPurgeSlot() -> Bool {
        if !isPurging || purgeStop != nil { return isPurging }
        while isPurging, root != nil {
            let word = occupied[purgeSlot &>> 6] &>> UInt64(purgeSlot & 63)
            if word == 0 {
                purgeSlot = (purgeSlot | 63) &+ 1
                continue
            }
            purgeSlot &+= word.trailingZeroBitCount
            let list = slots(purgeSlot &>> 9) + purgeSlot & (Self.slotCount &- 1)
            purgeStop = list.pointee
            // What is added again goes behind the last chunk to purge, not into it.
            link(to: list, Self.smallestCapacity)
            return true
        }
        purgeSlot = Self.purgeEnd
        return false
    }

    /// Takes the chunk of `beginPurgeSlot` away if nothing was added to it.
    private mutating func endPurgeSlot(_ slot: Int, _ list: ExpiryListPointer) {
        let tail = list.pointee!
        if tail.pointee.count == 0, tail.pointee.next == tail { unlinkOldest(list) }
        clearIfEmpty(slot, list)
    }

    private func clearIfEmpty(_ slot: Int, _ list: ExpiryListPointer) {
        if list.pointee == nil { occupied[slot &>> 6] &= ~(1 &<< UInt64(slot & 63)) }
    }

    // MARK: Eviction

    /// Hands out up to `max` > 0 items with the nearest deadlines, nearest slot first, in no order
    /// within a slot. They leave the wheel: the caller adds those again whose entry it keeps, so
    /// stale items do not come in the way of the next call.
    package mutating func takeSoonest(into items: UnsafeMutablePointer<UInt64>, max: Int) -> Int {
        assert(max > 0)
        guard root != nil else { return 0 }
        var taken = 0
        for level in 0..<Self.levelCount {
            // Pending list n holds what level n-1 is about to get.
            if pending[level] != nil {
                taken &+= takePending(level, into: items + taken, max: max &- taken)
            }
            let from = Self.boundary(last, level) &+ 1
            let end = from &+ Int64(Self.slotCount &- 2)
            while taken < max, let slot = firstOccupied(level, from: from, through: end) {
                let at = Int(slot & Int64(Self.slotCount &- 1))
                taken &+= drain(slots(level) + at, into: items + taken, max: max &- taken)
                clearIfEmpty(level &* Self.slotCount &+ at, slots(level) + at)
            }
            if taken == max { break }
        }
        return taken
    }

    /// The end of the nearest slot that has items; .max if there is none, .min while items wait to
    /// be taken: no item outside that slot has an earlier deadline.
    func endOfSoonestSlot() -> Int64 {
        if pendingMask != 0 { return .min }
        for level in 0..<Self.levelCount {
            let from = Self.boundary(last, level) &+ 1
            let end = from &+ Int64(Self.slotCount &- 2)
            if let slot = firstOccupied(level, from: from, through: end) {
                return (slot &+ 1) &<< Int64(8 &* level)
            }
        }
        return .max
    }

    /// A random item, nil if there is none; each is equally likely unless nearly all places in
    /// chunks are empty.
    ///
    /// A random place in any chunk is tried until one holds an item: the size of the chunk is drawn
    /// by the number of places in chunks of that size, then the chunk, then the place. Chunks are
    /// full but for the last of a list and those that lost items to `remove`.
    package func sample(_ random: inout RandomSource) -> ExpirySample? {
        guard count > 0 else { return nil }
        let places = chunkBytes / 8
        for _ in 0..<64 {
            var rest = random.below(places)
            var size = 0
            while rest >= directories[size].count << (size + 3) {
                rest -= directories[size].count << (size + 3)
                size += 1
            }
            // A chunk of this size takes 8 << size words, two of them its header.
            let chunk = directories[size].chunks![rest >> (size + 3)]
            let place = rest & (8 << size - 1) - 2
            if place >= 0, place < Int(chunk.pointee.count) {
                return ExpirySample(item: chunk.items[place], chunk: chunk, place: place)
            }
        }
        return sampleAnyFilled(&random)
    }

    /// From the first chunk with items after a random one, the larger sizes first.
    @inline(never)
    private func sampleAnyFilled(_ random: inout RandomSource) -> ExpirySample? {
        for size in stride(from: Self.sizeClassCount - 1, through: 0, by: -1) {
            let directory = directories[size]
            if directory.count == 0 { continue }
            let start = random.below(directory.count)
            for i in 0..<directory.count {
                let chunk = directory.chunks![(start + i) % directory.count]
                if chunk.pointee.count == 0 { continue }
                let place = random.below(Int(chunk.pointee.count))
                return ExpirySample(item: chunk.items[place], chunk: chunk, place: place)
            }
        }
        return nil
    }

    /// Takes a sample out whose entry is gone; nothing else may have happened since `sample`.
    package mutating func remove(_ sample: ExpirySample) {
        let chunk = sample.chunk
        assert(chunk.items[sample.place] == sample.item)
        chunk.pointee.count &-= 1
        chunk.items[sample.place] = chunk.items[Int(chunk.pointee.count)]
        count &-= 1
    }
}
