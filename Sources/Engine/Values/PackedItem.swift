// One element of a packed collection, read or about to be written: an integer or a run of bytes.

import CMachine
import Memory

/// Two words, trivially copied. A string's bytes belong to whoever it was read from and are valid
/// until the next change there.
@frozen
package struct PackedItem {
    /// Where the bytes are; nil means an integer.
    package let base: UnsafePointer<UInt8>?
    private let word: Int64

    @inline(__always)
    package init(integer: Int64) {
        base = nil
        word = integer
    }

    @inline(__always)
    package init(_ bytes: Bytes) {
        base = bytes.base
        word = Int64(truncatingIfNeeded: bytes.count)
    }

    @inline(__always) package var isInteger: Bool { base == nil }
    /// The value; only where `isInteger`.
    @inline(__always) package var integer: Int64 { word }
    package var integerIfAny: Int64? { isInteger ? word : nil }
    /// Bytes of a string; only where not `isInteger`.
    @inline(__always) package var count: Int { Int(truncatingIfNeeded: word) }

    /// The bytes of a string, or nil for an integer.
    @inline(__always)
    package var bytes: Bytes? {
        guard let base else { return nil }
        return Bytes(base, count)
    }

    /// Length of the element as a client sees it.
    package var textBytes: Int { isInteger ? IntegerText.byteCount(integer) : count }

    /// The element's bytes as a client sees them, in a copy. For cold paths.
    package var array: [UInt8] {
        guard let bytes else { return Array(String(integer).utf8) }
        return bytes.array
    }

    /// Lends the element's bytes as a client sees them; an integer is printed first.
    @inline(__always)
    package func withText<R>(_ body: (Bytes) -> R) -> R {
        if let base { return body(Bytes(base, count)) }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: IntegerText.maxBytes) {
            let text = $0.baseAddress.unsafelyUnwrapped
            return body(Bytes(UnsafePointer(text), IntegerText.write(integer, to: text)))
        }
    }
}

/// What to compare elements with: an argument and, if it is one, the integer it denotes.
@frozen
package struct PackedNeedle {
    let bytes: Bytes
    let integer: Int64
    let isInteger: Bool

    package init(_ bytes: Bytes) {
        self.bytes = bytes
        let value = bytes.integer
        integer = value ?? 0
        isInteger = value != nil
    }

    @inline(__always)
    package func matches(_ item: PackedItem) -> Bool {
        guard let base = item.base else { return isInteger && item.integer == integer }
        return item.count == bytes.count && machine_equal(base, bytes.base, bytes.count) != 0
    }
}

/// An element measured and ready to be written as a listpack entry.
@frozen
package struct ListpackEntry {
    package let item: PackedItem
    /// Length of the element as the client sent it; Redis's node limits go by it.
    package let textBytes: Int
    /// Bytes of encoding and data.
    package let encodedBytes: Int
    /// Bytes of the whole entry.
    package let totalBytes: Int

    /// An argument: an integer if its text is one.
    package init(_ bytes: Bytes) {
        textBytes = bytes.count
        if let value = bytes.integer {
            item = PackedItem(integer: value)
            encodedBytes = Listpack.integerBytes(value)
        } else {
            item = PackedItem(bytes)
            encodedBytes = Listpack.stringBytes(bytes.count)
        }
        totalBytes = encodedBytes &+ Listpack.backlenBytes(encodedBytes)
    }

    /// An element read from another packed collection.
    package init(_ item: PackedItem) {
        self.item = item
        textBytes = item.textBytes
        encodedBytes =
            item.isInteger
            ? Listpack.integerBytes(item.integer) : Listpack.stringBytes(item.count)
        totalBytes = encodedBytes &+ Listpack.backlenBytes(encodedBytes)
    }
}
