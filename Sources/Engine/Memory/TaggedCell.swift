// A run of bytes in a cell of the heap, without a header: its length stands in the pointer to it.
//
// Cells are aligned to eight bytes, so three bits of a pointer are free. For runs of 9 to 128 bytes
// they hold how many bytes of the cell are unused, 0 to 6; the slab says how large the cell is. So
// a member of 16 bytes takes a cell of 16. The bits 7 say that the length stands before the bytes,
// in four more: very short and long runs, and those that would leave seven bytes unused, which
// costs those no larger cell. Built for the sanitizer all are of that form.
//
// Set members are such runs, and sorted-set members with the score in front.

import CMachine
import Memory

/// Handle to such a cell; trivial. The pointer with its lowest three bits is all there is to it.
struct TaggedCell {
    let raw: UnsafeMutableRawPointer

    private static var prefixedTag: UInt { 7 }
    private static var prefixBytes: Int { 4 }

    @inline(__always)
    init(raw: UnsafeMutableRawPointer) { self.raw = raw }

    /// A cell for `count` uninitialised bytes, fewer than 2^32.
    @inline(__always)
    static func allocate(_ count: Int, _ heap: UnsafeMutablePointer<SlabHeap>) -> TaggedCell {
        #if !FLASHKVD_SANITIZE
            let unused = UInt(bitPattern: 0 &- count) & 7
            if count >= 9, count <= 128, unused != prefixedTag {
                return TaggedCell(heap.pointee.allocate(count), unused)
            }
        #endif
        return allocatePrefixed(count, heap)
    }

    @inline(never)
    private static func allocatePrefixed(
        _ count: Int, _ heap: UnsafeMutablePointer<SlabHeap>
    ) -> TaggedCell {
        assert(count <= Int(UInt32.max))
        let base = heap.pointee.allocateEntry(count + prefixBytes)
        base.storeBytes(of: UInt32(truncatingIfNeeded: count), as: UInt32.self)
        return TaggedCell(base, prefixedTag)
    }

    @inline(__always)
    private init(_ base: UnsafeMutableRawPointer, _ tag: UInt) {
        raw = UnsafeMutableRawPointer(bitPattern: UInt(bitPattern: base) | tag).unsafelyUnwrapped
    }

    @inline(__always)
    private var tag: UInt { UInt(bitPattern: raw) & 7 }

    /// Where the allocation begins.
    @inline(__always)
    private var base: UnsafeMutableRawPointer {
        UnsafeMutableRawPointer(bitPattern: UInt(bitPattern: raw) & ~7).unsafelyUnwrapped
    }

    /// Where the bytes begin: at a multiple of four.
    @inline(__always)
    var start: UnsafeMutableRawPointer {
        tag == Self.prefixedTag ? base + Self.prefixBytes : base
    }

    /// How many bytes there are.
    @inline(__always)
    var count: Int {
        let tag = tag
        if tag == Self.prefixedTag { return Int(base.load(as: UInt32.self)) }
        return SlabHeap.fineCellBytes(at: raw) &- Int(bitPattern: tag)
    }

    @inline(__always)
    var bytes: Bytes {
        let tag = tag
        if tag == Self.prefixedTag {
            return Bytes(raw: base + Self.prefixBytes, Int(base.load(as: UInt32.self)))
        }
        return Bytes(raw: base, SlabHeap.fineCellBytes(at: raw) &- Int(bitPattern: tag))
    }

    /// Bytes that were asked for.
    @inline(__always)
    private var size: Int { tag == Self.prefixedTag ? count &+ Self.prefixBytes : count }

    var footprint: Int { SlabHeap.footprint(size) }

    @inline(__always)
    func free(_ heap: UnsafeMutablePointer<SlabHeap>) {
        heap.pointee.deallocateEntry(base, size)
    }

    /// The same bytes in another cell.
    func copy(_ heap: UnsafeMutablePointer<SlabHeap>) -> TaggedCell {
        let size = size
        let copy = heap.pointee.allocateEntry(size)
        machine_copy(copy, base, size)
        return TaggedCell(copy, tag)
    }

    /// The bytes in another cell if this one is in a slab being emptied; then it is freed.
    @inline(__always)
    func evacuated(_ heap: UnsafeMutablePointer<SlabHeap>) -> TaggedCell? {
        guard size <= SlabHeap.largestCell, SlabHeap.isEvacuating(base) else { return nil }
        let moved = copy(heap)
        free(heap)
        return moved
    }
}
