// A borrowed run of bytes: what the parser finds in a buffer, what an entry holds as key or value.
//
// It owns nothing and frees nothing; whoever made it says how long it lives (an argument: until
// its command returns; an entry's key or value: until the next change to the keyspace). Two words,
// trivially copied, no reference counting: this is what the hot path passes around.

import CMachine

@frozen @usableFromInline
package struct Bytes {
    /// Never nil; for an empty run it points somewhere readable but says nothing.
    @usableFromInline package let base: UnsafePointer<UInt8>
    @usableFromInline package let count: Int

    @inlinable
    package init(_ base: UnsafePointer<UInt8>, _ count: Int) {
        self.base = base
        self.count = count
    }

    @inlinable
    package init(raw base: UnsafeRawPointer, _ count: Int) {
        self.init(base.assumingMemoryBound(to: UInt8.self), count)
    }

    /// Literals live as long as the process.
    @inlinable
    package init(_ literal: StaticString) {
        self.init(literal.utf8Start, literal.utf8CodeUnitCount)
    }

    @inlinable package var isEmpty: Bool { count == 0 }
    @inlinable package var end: UnsafePointer<UInt8> { base + count }

    /// Safety: callers index below `count`; debug builds check it.
    @inlinable
    package subscript(_ i: Int) -> UInt8 {
        assert(i >= 0 && i < count)
        return base[i]
    }

    /// The bytes from `start` up to `stop`, which lie in 0...count in this order.
    @inlinable
    package func slice(_ start: Int, _ stop: Int) -> Bytes {
        assert(start >= 0 && start <= stop && stop <= count)
        return Bytes(base + start, stop - start)
    }

    @inlinable
    package func equals(_ other: Bytes) -> Bool {
        count == other.count && machine_equal(base, other.base, count) != 0
    }

    /// Byte-wise order, a shorter run before a longer one it begins: -1, 0, 1.
    package func compare(_ other: Bytes) -> Int {
        let common = min(count, other.count)
        var i = 0
        while i < common {
            if base[i] != other.base[i] { return base[i] < other.base[i] ? -1 : 1 }
            i += 1
        }
        return count == other.count ? 0 : (count < other.count ? -1 : 1)
    }

    /// Whether this is `word` in any letter case; `word` is given in lower case.
    /// Only ASCII letters fold, as in Redis's option parsing (strcasecmp in the C locale).
    @inlinable
    package func isWord(_ word: StaticString) -> Bool {
        guard count == word.utf8CodeUnitCount else { return false }
        let w = word.utf8Start
        var i = 0
        while i < count {
            var c = base[i]
            if c &- 65 < 26 { c |= 0x20 }
            if c != w[i] { return false }
            i += 1
        }
        return true
    }

    /// The bytes before the first zero byte: what Redis shows of an argument in an error's text.
    package var upToZero: Bytes {
        var i = 0
        while i < count, base[i] != 0 { i += 1 }
        return slice(0, i)
    }

    /// A copy as text for cold paths; bytes that are not UTF-8 are replaced.
    package var string: String {
        String(decoding: UnsafeBufferPointer(start: base, count: count), as: UTF8.self)
    }

    /// A copy that outlives the buffer.
    package var array: [UInt8] { Array(UnsafeBufferPointer(start: base, count: count)) }
}

extension Array where Element == UInt8 {
    /// Lends the array's bytes for the duration of `body`.
    package func withBytes<R>(_ body: (Bytes) throws -> R) rethrows -> R {
        try withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return try body(Bytes("")) }
            return try body(Bytes(base, buffer.count))
        }
    }
}

extension String {
    /// Lends the string's UTF-8 for the duration of `body`.
    package func withBytes<R>(_ body: (Bytes) throws -> R) rethrows -> R {
        try Array(utf8).withBytes(body)
    }
}
