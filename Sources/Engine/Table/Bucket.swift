// A bucket of the table: one cache line of nine slots.
//
//   byte 0..8    tags, one per slot: eight bits of the hash, never 0; 0 is an empty slot
//   byte 9       flags: bit 0, slot 8 holds a child bucket instead of an element
//   byte 10..63  nine 48-bit pointers
//
// A user-space pointer fits 48 bits on x86-64 and AArch64 with 4-level page tables. A pointer is
// read as eight bytes that start two before it, so that no read leaves the line.

import CMachine

struct Bucket {
    static let bytes = 64
    static let slots = 9
    private static let slotMask: UInt32 = 0x1FF

    let raw: UnsafeMutableRawPointer

    @inline(__always)
    init(_ raw: UnsafeMutableRawPointer) { self.raw = raw }

    /// The tag of a hash: its top byte, but never 0.
    @inline(__always)
    static func tag(_ hash: UInt64) -> UInt8 {
        let top = UInt8(truncatingIfNeeded: hash >> 56)
        return top == 0 ? 0x80 : top
    }

    @inline(__always)
    func clear() {
        raw.initializeMemory(as: UInt64.self, repeating: 0, count: 8)
    }

    @inline(__always)
    func tag(at slot: Int) -> UInt8 { raw.load(fromByteOffset: slot, as: UInt8.self) }

    @inline(__always)
    func setTag(_ tag: UInt8, at slot: Int) {
        raw.storeBytes(of: tag, toByteOffset: slot, as: UInt8.self)
    }

    @inline(__always)
    func pointer(at slot: Int) -> UnsafeMutableRawPointer {
        let word = (raw + 8 + slot &* 6).loadUnaligned(as: UInt64.self)
        return UnsafeMutableRawPointer(bitPattern: UInt(word >> 16)).unsafelyUnwrapped
    }

    @inline(__always)
    func setPointer(_ pointer: UnsafeMutableRawPointer, at slot: Int) {
        let word = UInt64(UInt(bitPattern: pointer))
        assert(word >> 48 == 0)
        let p = raw + 10 + slot &* 6
        p.storeBytes(of: UInt32(truncatingIfNeeded: word), as: UInt32.self)
        (p + 4).storeBytes(of: UInt16(truncatingIfNeeded: word >> 32), as: UInt16.self)
    }

    /// Bit i: slot i holds an element with this tag.
    @inline(__always)
    func matches(_ tag: UInt8) -> UInt32 { machine_match16(raw, tag) & Self.slotMask }

    @inline(__always)
    var hasChild: Bool { raw.load(fromByteOffset: 9, as: UInt8.self) & 1 != 0 }

    @inline(__always)
    func setHasChild(_ value: Bool) {
        raw.storeBytes(of: value ? 1 : 0, toByteOffset: 9, as: UInt8.self)
    }

    @inline(__always)
    var child: Bucket? { hasChild ? Bucket(pointer(at: Self.slots - 1)) : nil }

    /// Bit i: slot i can take an element. Slot 8's tag is 0 while it holds a child.
    @inline(__always)
    var vacant: UInt32 {
        machine_match16(raw, 0) & (hasChild ? Self.slotMask >> 1 : Self.slotMask)
    }

    /// Bit i: slot i holds an element.
    @inline(__always)
    var occupied: UInt32 { ~machine_match16(raw, 0) & Self.slotMask }
}
