// Giving back what the heap does not use while it does not change.
//
// A region is a huge page, there in full once touched. When slabs have neither been taken nor given
// back for a while, the free slabs of one region after the other go back to the kernel: for a small
// server two regions that are half empty would be much of what it holds. Called a few times a second.

import Glibc
import Memory

extension SlabHeap {
    /// Calls without a change before memory goes back.
    private static var calmCalls: Int { 3 }
    /// Free slabs of a region that are worth taking its huge page apart.
    private static var worthwhileSlabs: Int { 8 }

    /// Gives back the free slabs of at most one region.
    /// - Complexity: O(regions)
    mutating func rest() {
        guard slabChanges == restedChanges else {
            restedChanges = slabChanges
            calm = 0
            return
        }
        calm += 1
        guard calm > Self.calmCalls else { return }
        for i in 0..<regionCount {
            // Slab 0 holds what the region knows of itself.
            let idle = ~regions[i].used & ~regions[i].givenBack & ~1
            guard idle.nonzeroBitCount >= Self.worthwhileSlabs else { continue }
            giveBack(idle, ofRegion: i)
            return
        }
    }

    private mutating func giveBack(_ slabs: UInt32, ofRegion i: Int) {
        var rest = slabs
        while rest != 0 {
            let first = rest.trailingZeroBitCount
            let count = (~(rest >> UInt32(first))).trailingZeroBitCount
            madvise(
                regions[i].base + first * Self.slabBytes, count * Self.slabBytes, MADV_DONTNEED)
            rest &= ~UInt32(truncatingIfNeeded: (UInt64(1) << UInt64(count) - 1) << UInt64(first))
        }
        regions[i].givenBack |= slabs
    }
}
