// When the expiry cycle will look at a hash some of whose fields have deadlines.
//
// Kept with the value, behind the pointer of a `listpackEx` and in a big hash; the database's wheel
// of hashes holds one valid item for an armed timer. As with keys the item carries no time: whoever
// takes it looks here. A deadline that moves back, or goes, leaves the timer: the cycle finds out.

import Memory

/// One word: the time in unix milliseconds, 0 for none, and the generation of the wheel's item.
@frozen
package struct FieldTimer {
    private var word: Int64

    init() { word = 0 }

    init(time: Int64, generation: UInt8) {
        assert(time >= 0 && time < 1 << 60)
        word = time &<< 3 | Int64(generation & 7)
    }

    var isArmed: Bool { word > 7 }

    /// The earliest deadline when it was armed; 0 if it is not.
    var time: Int64 { word &>> 3 }

    var generation: UInt8 { UInt8(truncatingIfNeeded: word & 7) }

    /// The generation outlives it, so that the item in the wheel is stale for the next one.
    mutating func disarm() { word &= 7 }
}
