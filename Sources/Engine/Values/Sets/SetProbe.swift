// One member on its way into a set or to be looked for in several: what an encoding wants to know of
// it is found out once, when first asked for.

import Memory

/// Lives on the stack; the bytes are the caller's.
struct SetProbe {
    /// The member as a client sees it.
    let bytes: Bytes
    private var knownHash: UInt64 = 0
    private var knownInteger: Int64 = 0
    private var hasHash = false
    private var hasInteger = false
    private var isParsed = false

    @inline(__always)
    init(_ bytes: Bytes) { self.bytes = bytes }

    @inline(__always)
    init(_ bytes: Bytes, hash: UInt64) {
        self.bytes = bytes
        knownHash = hash
        hasHash = true
    }

    /// An element of a set; an integer is printed into `scratch`, which has room for the longest.
    @inline(__always)
    init(_ item: PackedItem, _ scratch: UnsafeMutablePointer<UInt8>) {
        if let text = item.bytes {
            bytes = text
        } else {
            bytes = Bytes(UnsafePointer(scratch), IntegerText.write(item.integer, to: scratch))
            knownInteger = item.integer
            hasInteger = true
            isParsed = true
        }
    }

    /// The member's keyed hash.
    @inline(__always)
    mutating func hash(_ engine: UnsafeMutablePointer<Engine>) -> UInt64 {
        if !hasHash {
            knownHash = sipHash12(bytes, key0: engine.pointee.key0, key1: engine.pointee.key1)
            hasHash = true
        }
        return knownHash
    }

    /// The integer that the member is the text of, or nil.
    @inline(__always)
    mutating func integer() -> Int64? {
        if !isParsed {
            if let value = bytes.integer {
                knownInteger = value
                hasInteger = true
            }
            isParsed = true
        }
        return hasInteger ? knownInteger : nil
    }

    /// Lends room for the text of an integer to probes of one element after the other.
    @inline(__always)
    static func withScratch<R>(_ body: (UnsafeMutablePointer<UInt8>) -> R) -> R {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: IntegerText.maxBytes) {
            body($0.baseAddress.unsafelyUnwrapped)
        }
    }
}
