// Serialized bytes from outside, read from the front: every length is checked against what is left
// before anything is read or allocated.
//
// The counterpart of ByteSink. Nothing here trusts the bytes, and no number in them can make it
// allocate more than they can hold: a compressed string grows at most 88-fold.

import CLZF
import Memory

package struct ByteSource: ~Copyable {
    private var position: UnsafePointer<UInt8>
    private let end: UnsafePointer<UInt8>
    /// Texts of integers and uncompressed strings, used in turn: see `string`.
    private var scratch = ScratchBuffer()
    private var otherScratch = ScratchBuffer()

    /// `bytes` must outlive the source.
    package init(_ bytes: Bytes) {
        position = bytes.base
        end = bytes.end
    }

    deinit {
        scratch.free()
        otherScratch.free()
    }

    /// Bytes not read yet.
    package var left: Int { end - position }

    // MARK: Bytes

    /// The next `count` bytes, where they stand.
    package mutating func raw(_ count: Int) throws(SerialError) -> Bytes {
        guard count >= 0, count <= left else { throw .malformed }
        let bytes = Bytes(position, count)
        position += count
        return bytes
    }

    package mutating func byte() throws(SerialError) -> UInt8 { try raw(1)[0] }

    /// A number of `count` bytes, little endian.
    package mutating func little(_ count: Int) throws(SerialError) -> UInt64 {
        let bytes = try raw(count)
        var value: UInt64 = 0
        for i in 0..<count { value |= UInt64(bytes[i]) << UInt64(8 * i) }
        return value
    }

    /// A number of `count` bytes, big endian.
    package mutating func big(_ count: Int) throws(SerialError) -> UInt64 {
        let bytes = try raw(count)
        var value: UInt64 = 0
        for i in 0..<count { value = value << 8 | UInt64(bytes[i]) }
        return value
    }

    // MARK: Numbers

    /// A length or how a string is written instead: what its first byte says.
    private enum Head {
        case length(UInt64)
        case special(UInt8)
    }

    private mutating func head() throws(SerialError) -> Head {
        let first = try byte()
        switch first >> 6 {
        case 0: return .length(UInt64(first))
        case 1: return .length(UInt64(first & 0x3F) << 8 | UInt64(try byte()))
        case 3: return .special(first & 0x3F)
        default:
            if first == 0x80 { return .length(try big(4)) }
            if first == 0x81 { return .length(try big(8)) }
            throw .malformed
        }
    }

    /// A number as `ByteSink.length` writes it.
    package mutating func length() throws(SerialError) -> UInt64 {
        guard case .length(let value) = try head() else { throw .malformed }
        return value
    }

    /// A number of things of which each takes at least `bytes` of what is left.
    package mutating func count(ofAtLeast bytes: Int = 1) throws(SerialError) -> Int {
        let value = try length()
        guard value <= UInt64(left / bytes) else { throw .malformed }
        return Int(value)
    }

    package mutating func double() throws(SerialError) -> Double {
        Double(bitPattern: try little(8))
    }

    package mutating func signed() throws(SerialError) -> Int64 {
        Int64(bitPattern: try little(8))
    }

    // MARK: Strings

    /// A string in any of its forms. The bytes are valid until two more strings were read.
    package mutating func string() throws(SerialError) -> Bytes {
        switch try head() {
        case .length(let count):
            guard count <= UInt64(left) else { throw .malformed }
            return try raw(Int(count))
        case .special(0): return text(Int64(Int8(bitPattern: UInt8(try little(1)))))
        case .special(1): return text(Int64(Int16(bitPattern: UInt16(try little(2)))))
        case .special(2): return text(Int64(Int32(bitPattern: UInt32(try little(4)))))
        case .special(3): return try uncompressed()
        case .special: throw .malformed
        }
    }

    private mutating func text(_ integer: Int64) -> Bytes {
        let room = takeScratch(IntegerText.maxBytes)
        return Bytes(UnsafePointer(room), IntegerText.write(integer, to: room))
    }

    private mutating func uncompressed() throws(SerialError) -> Bytes {
        let packedCount = try length()
        let count = try length()
        guard packedCount > 0, packedCount <= UInt64(left), count > 0,
            count <= packedCount * Self.largestGain, let size = UInt32(exactly: count)
        else { throw .malformed }
        let packed = try raw(Int(packedCount))
        let room = takeScratch(Int(size))
        guard lzf_unpack(packed.base, UInt32(packedCount), room, size) == size else {
            throw .malformed
        }
        return Bytes(UnsafePointer(room), Int(size))
    }

    /// Three bytes of a back reference stand for at most 264.
    private static let largestGain: UInt64 = 88

    private mutating func takeScratch(_ count: Int) -> UnsafeMutablePointer<UInt8> {
        swap(&scratch, &otherScratch)
        return scratch.room(count)
    }
}

/// Memory for one string at a time, freed by hand.
private struct ScratchBuffer {
    private var base: UnsafeMutableRawPointer?
    private var capacity = 0

    mutating func room(_ count: Int) -> UnsafeMutablePointer<UInt8> {
        if let base, capacity >= count { return base.assumingMemoryBound(to: UInt8.self) }
        free()
        let fresh = Allocator.allocate(max(count, 32))
        base = fresh
        capacity = max(count, 32)
        return fresh.bindMemory(to: UInt8.self, capacity: capacity)
    }

    func free() {
        if let base { Allocator.deallocate(base, capacity) }
    }
}
