// Where serialized bytes gather: a buffer that grows and becomes a blob, so that a long payload goes
// out to the client without being copied.
//
// Numbers and strings are written here in the forms of Redis's format; what a value consists of is
// ValueEncoder's to know.

import CLZF
import CMachine
import Memory

package struct ByteSink: ~Copyable {
    private var blob: SharedBlob
    /// Whether long strings are compressed (`rdbcompression`).
    let compresses: Bool

    /// Strings up to this length are not worth a try, as in Redis.
    private static let shortestCompressed = 21
    /// What compression must save at least.
    private static let leastGain = 4

    package init(capacity: Int = 256, compresses: Bool) {
        blob = SharedBlob.allocate(count: 0, capacity: capacity)
        self.compresses = compresses
    }

    deinit { blob.release() }

    /// What was written so far; valid until more is written.
    package var bytes: Bytes { blob.view }

    /// The bytes as a blob; its one reference is the caller's.
    package consuming func finish() -> SharedBlob {
        let result = blob
        discard self
        return result
    }

    // MARK: Bytes

    /// Adds `count` bytes that the caller writes at once.
    package mutating func room(_ count: Int) -> UnsafeMutablePointer<UInt8> {
        let before = blob.count
        if blob.capacity - before < count {
            blob = blob.growing(to: max(before + count, blob.capacity * 2))
        }
        blob.count = before + count
        return blob.bytes + before
    }

    package mutating func byte(_ byte: UInt8) { room(1).pointee = byte }

    package mutating func raw(_ bytes: Bytes) {
        machine_copy(room(bytes.count), bytes.base, bytes.count)
    }

    /// The lowest `count` bytes of `value`, little endian.
    package mutating func little(_ value: UInt64, _ count: Int) {
        let p = room(count)
        for i in 0..<count { p[i] = UInt8(truncatingIfNeeded: value >> UInt64(8 * i)) }
    }

    /// The lowest `count` bytes of `value`, big endian.
    package mutating func big(_ value: UInt64, _ count: Int) {
        let p = room(count)
        for i in 0..<count {
            p[i] = UInt8(truncatingIfNeeded: value >> UInt64(8 * (count - 1 - i)))
        }
    }

    // MARK: Numbers

    /// A length, a count, or any other number without sign: 1, 2, 5 or 9 bytes.
    package mutating func length(_ value: UInt64) {
        if value < 64 {
            byte(UInt8(value))
        } else if value < 16_384 {
            big(value | 0x4000, 2)
        } else if value <= UInt64(UInt32.max) {
            byte(0x80)
            big(value, 4)
        } else {
            byte(0x81)
            big(value, 8)
        }
    }

    package mutating func length(_ value: Int) { length(UInt64(value)) }

    package mutating func double(_ value: Double) { little(value.bitPattern, 8) }

    /// A time, or another number with a sign.
    package mutating func signed(_ value: Int64) { little(UInt64(bitPattern: value), 8) }

    // MARK: Strings

    /// A string of bytes: as a short integer if its text is one, compressed if that makes it
    /// shorter, else as it is.
    package mutating func string(_ bytes: Bytes) {
        if bytes.count <= 11, let integer = bytes.integer, shortInteger(integer) { return }
        if compresses, bytes.count >= Self.shortestCompressed, compressed(bytes) { return }
        length(bytes.count)
        raw(bytes)
    }

    /// A string that is the text of `integer`.
    package mutating func string(integer: Int64) {
        if shortInteger(integer) { return }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: IntegerText.maxBytes) {
            let text = $0.baseAddress.unsafelyUnwrapped
            let count = IntegerText.write(integer, to: text)
            length(count)
            raw(Bytes(UnsafePointer(text), count))
        }
    }

    package mutating func string(_ item: PackedItem) {
        if let bytes = item.bytes { string(bytes) } else { string(integer: item.integer) }
    }

    /// Writes `integer` in 8, 16 or 32 bits; false if it has more.
    private mutating func shortInteger(_ integer: Int64) -> Bool {
        let bits = UInt64(bitPattern: integer)
        if Int8(exactly: integer) != nil {
            byte(0xC0)
            little(bits, 1)
        } else if Int16(exactly: integer) != nil {
            byte(0xC1)
            little(bits, 2)
        } else if Int32(exactly: integer) != nil {
            byte(0xC2)
            little(bits, 4)
        } else {
            return false
        }
        return true
    }

    private mutating func compressed(_ bytes: Bytes) -> Bool {
        guard let count = UInt32(exactly: bytes.count) else { return false }
        let room = bytes.count - Self.leastGain
        let packed = Allocator.allocate(room)
        defer { Allocator.deallocate(packed, room) }
        let size = Int(lzf_pack(bytes.base, count, packed, UInt32(room)))
        if size == 0 { return false }
        byte(0xC3)
        length(size)
        length(bytes.count)
        raw(Bytes(raw: packed, size))
        return true
    }
}
