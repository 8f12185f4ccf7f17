// Where a list's nodes end: Redis's list-max-listpack-size, and its arithmetic to the byte, so that
// OBJECT ENCODING and DEBUG OBJECT answer alike.

/// A value of list-max-listpack-size: negative -1...-5 for nodes of 4 to 64 KiB, else a number of
/// elements (0 counts as 1), which together stay within 8 KiB.
@frozen
package struct PackedListLimit: Equatable {
    package let setting: Int

    package init(_ setting: Int) { self.setting = setting }

    /// What a node of a number of elements may weigh at most, and an element that shares one.
    static let safetyBytes = 8192
    /// What Redis adds to an element's length to estimate its entry.
    static let entryEstimateBytes = 8

    /// The most a block of this limit weighs.
    var maximumBytes: Int {
        setting >= 0 ? Self.safetyBytes : 4096 << min(-(setting + 1), 4)
    }

    /// Whether a block of so many bytes and elements is too large.
    @inline(__always)
    func isExceeded(bytes: Int, count: Int) -> Bool {
        if bytes > maximumBytes { return true }
        return setting >= 0 && count > max(setting, 1)
    }

    /// Whether an element of `bytes` gets a node of its own.
    @inline(__always)
    func isLarge(_ bytes: Int) -> Bool {
        Self.largeElementBytes == 0 ? bytes > maximumBytes : bytes >= Self.largeElementBytes
    }

    /// DEBUG QUICKLIST-PACKED-THRESHOLD: elements from this length on get nodes of their own; 0
    /// stands for the limit itself. For tests of large elements with small ones.
    nonisolated(unsafe) package static var largeElementBytes = 0

    /// Whether a block is small enough to become the one block of a list again: half the limit,
    /// so that a list at the limit does not swing.
    func fitsHalf(bytes: Int, count: Int) -> Bool {
        if setting >= 0 { return count <= max(setting, 1) / 2 }
        return bytes <= maximumBytes / 2
    }

    /// Whether a block may be the one block of a list that is loaded.
    func fitsWhole(bytes: Int, count: Int) -> Bool {
        setting >= 0 ? count <= max(setting, 1) : bytes <= maximumBytes
    }

    /// As a converted list keeps it: Redis holds it in 16 bits.
    var stored: Int16 { Int16(clamping: max(setting, -5)) }
}
