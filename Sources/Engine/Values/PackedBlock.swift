// A small collection in one run of bytes: Redis's listpack, header and end included.
//
// The value of small hashes (field, value, field, value), sets and sorted sets. The keyspace entry
// holds its address; Listpack.swift has the format of the bytes. Nothing is kept beside them: the
// allocation is a function of the number of bytes (a slab cell, or what the general allocator
// rounds to), so that an insert which stays within the class moves only what lies behind it.
//
// A place in a block is an offset from its start. A change moves what is behind it, and may move
// the whole block: whoever changes a block stores `raw` in the entry afterwards. The bytes of an
// element given to a change must not lie in the block itself.
//
// Invariants: the header's total is exact; its count is exact, or 0xFFFF where there are more than
// 65,534 elements (or were, when last counted).

import CMachine
import Memory

/// Handle to a block; copying the handle copies nothing. `create` and `free` go in pairs.
@frozen
package struct PackedBlock {
    package private(set) var raw: UnsafeMutableRawPointer

    /// The block that an entry's pointer leads to.
    @inline(__always)
    package init(raw: UnsafeMutableRawPointer) { self.raw = raw }

    /// Redis adds nothing to a block that would become longer than this.
    package static let longestBytes = 1 << 30

    // MARK: Life

    /// A block without elements.
    static func create(_ heap: UnsafeMutablePointer<SlabHeap>) -> PackedBlock {
        let block = PackedBlock(raw: heap.pointee.allocateEntry(Listpack.overheadBytes))
        Listpack.writeHeader(entryBytes: 0, count: 0, to: block.base)
        block.base[Listpack.headerBytes] = Listpack.end
        return block
    }

    /// A block of these bytes, which are one (see `isValid`).
    static func create(
        copying bytes: Bytes, _ heap: UnsafeMutablePointer<SlabHeap>
    ) -> PackedBlock {
        let raw = heap.pointee.allocateEntry(bytes.count)
        machine_copy(raw, bytes.base, bytes.count)
        return PackedBlock(raw: raw)
    }

    /// The same elements in an allocation of their own.
    func copy(_ heap: UnsafeMutablePointer<SlabHeap>) -> PackedBlock {
        Self.create(copying: bytes, heap)
    }

    func free(_ heap: UnsafeMutablePointer<SlabHeap>) {
        heap.pointee.deallocateEntry(raw, totalBytes)
    }

    /// Moves the block out of a slab that compaction is emptying; true if it moved.
    mutating func evacuate(_ heap: UnsafeMutablePointer<SlabHeap>) -> Bool {
        guard totalBytes <= SlabHeap.largestCell, SlabHeap.isEvacuating(raw) else { return false }
        let moved = copy(heap)
        free(heap)
        self = moved
        return true
    }

    // MARK: Size

    @inline(__always)
    var base: UnsafeMutablePointer<UInt8> { raw.assumingMemoryBound(to: UInt8.self) }

    /// Bytes of the whole block, header and end included.
    @inline(__always)
    package var totalBytes: Int { Int(raw.loadUnaligned(as: UInt32.self)) }

    /// The whole block, as a snapshot file holds it.
    package var bytes: Bytes { Bytes(raw: raw, totalBytes) }

    /// What the block takes from the allocator.
    package var footprint: Int { SlabHeap.footprint(totalBytes) }

    /// Offset of the end byte.
    @inline(__always)
    var end: Int { totalBytes &- 1 }

    package var isEmpty: Bool { totalBytes == Listpack.overheadBytes }

    /// Whether so many bytes more keep the block within what Redis allows.
    package func hasRoom(for bytes: Int) -> Bool { totalBytes + bytes <= Self.longestBytes }

    @inline(__always)
    private var storedCount: UInt16 { (raw + 4).loadUnaligned(as: UInt16.self) }

    /// Number of elements.
    /// - Complexity: O(1); O(elements) where there are more than 65,534
    @inline(__always)
    package var count: Int {
        let stored = storedCount
        return stored == Listpack.unknownCount ? countAnew() : Int(stored)
    }

    @inline(never)
    private func countAnew() -> Int {
        var count = 0
        var p = Listpack.headerBytes
        let end = end
        while p < end {
            p &+= Listpack.entryBytes(at: base + p)
            count &+= 1
        }
        if count < Int(Listpack.unknownCount) {
            (raw + 4).storeBytes(of: UInt16(count), as: UInt16.self)
        }
        return count
    }

    /// Notes that elements were added or went; a count that is not known stays so.
    private func noteCount(_ change: Int) {
        let stored = storedCount
        if stored == Listpack.unknownCount { return }
        let count = min(Int(stored) + change, Int(Listpack.unknownCount))
        (raw + 4).storeBytes(of: UInt16(truncatingIfNeeded: count), as: UInt16.self)
    }

    // MARK: Changing

    /// Puts one to three elements in before offset `offset`, which is an element's or the end's.
    /// They stand one behind the other from `offset` on.
    mutating func insert(
        _ first: ListpackEntry, _ second: ListpackEntry? = nil, _ third: ListpackEntry? = nil,
        at offset: Int, _ heap: UnsafeMutablePointer<SlabHeap>
    ) {
        var bytes = first.totalBytes
        var added = 1
        if let second {
            bytes &+= second.totalBytes
            added = 2
        }
        if let third {
            bytes &+= third.totalBytes
            added = 3
        }
        openGap(bytes, at: offset, heap)
        var p = base + offset
        Listpack.write(first, to: p)
        p += first.totalBytes
        if let second {
            Listpack.write(second, to: p)
            p += second.totalBytes
        }
        if let third { Listpack.write(third, to: p) }
        noteCount(added)
    }

    /// Adds one to three elements at the end.
    @inline(__always)
    mutating func append(
        _ first: ListpackEntry, _ second: ListpackEntry? = nil, _ third: ListpackEntry? = nil,
        on heap: UnsafeMutablePointer<SlabHeap>
    ) {
        insert(first, second, third, at: end, heap)
    }

    /// Puts another element in the place of the one at `offset`.
    mutating func replace(
        at offset: Int, with entry: ListpackEntry, _ heap: UnsafeMutablePointer<SlabHeap>
    ) {
        let old = Listpack.entryBytes(at: base + offset)
        let growth = entry.totalBytes - old
        if growth > 0 {
            openGap(growth, at: offset + old, heap)
        } else if growth < 0 {
            closeGap(-growth, at: offset + entry.totalBytes, heap)
        }
        Listpack.write(entry, to: base + offset)
    }

    /// Takes `count` elements out from the one at `offset` on, or as many as there are. The element
    /// behind them stands at `offset` then.
    mutating func delete(
        at offset: Int, count: Int, _ heap: UnsafeMutablePointer<SlabHeap>
    ) {
        var p = offset
        var deleted = 0
        let end = end
        while deleted < count, p < end {
            p &+= Listpack.entryBytes(at: base + p)
            deleted &+= 1
        }
        guard deleted > 0 else { return }
        closeGap(p - offset, at: offset, heap)
        noteCount(-deleted)
    }

    /// Moves the run of `bytes` bytes of whole elements at `from` so that it begins before what
    /// stands at `to` now; `to` is not inside the run. Returns where the run begins then.
    @discardableResult
    func moveRun(from: Int, bytes: Int, to: Int) -> Int {
        assert(to <= from || to >= from + bytes)
        if to == from || to == from + bytes { return from }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: bytes) { buffer in
            let copy = buffer.baseAddress.unsafelyUnwrapped
            copy.update(from: base + from, count: bytes)
            if to < from {
                (base + to + bytes).update(from: base + to, count: from - to)
                (base + to).update(from: copy, count: bytes)
                return to
            }
            (base + from).update(from: base + from + bytes, count: to - from - bytes)
            (base + to - bytes).update(from: copy, count: bytes)
            return to - bytes
        }
    }

    /// Makes the block longer by an uninitialised gap at `offset`.
    private mutating func openGap(
        _ gap: Int, at offset: Int, _ heap: UnsafeMutablePointer<SlabHeap>
    ) {
        let old = totalBytes
        let new = old + gap
        if SlabHeap.footprint(old) == SlabHeap.footprint(new) {
            (base + offset + gap).update(from: base + offset, count: old - offset)
        } else {
            let target = heap.pointee.allocateEntry(new)
            target.copyMemory(from: raw, byteCount: offset)
            (target + offset + gap).copyMemory(from: raw + offset, byteCount: old - offset)
            heap.pointee.deallocateEntry(raw, old)
            raw = target
        }
        raw.storeBytes(of: UInt32(truncatingIfNeeded: new), as: UInt32.self)
    }

    /// Takes `gap` bytes out at `offset`.
    private mutating func closeGap(
        _ gap: Int, at offset: Int, _ heap: UnsafeMutablePointer<SlabHeap>
    ) {
        let old = totalBytes
        let new = old - gap
        if SlabHeap.footprint(old) == SlabHeap.footprint(new) {
            (base + offset).update(from: base + offset + gap, count: new - offset)
        } else {
            let target = heap.pointee.allocateEntry(new)
            target.copyMemory(from: raw, byteCount: offset)
            (target + offset).copyMemory(from: raw + offset + gap, byteCount: new - offset)
            heap.pointee.deallocateEntry(raw, old)
            raw = target
        }
        raw.storeBytes(of: UInt32(truncatingIfNeeded: new), as: UInt32.self)
    }
}

extension Entry {
    /// The block that is the value; only where the encoding is one of those kept as one.
    @inline(__always)
    package var packedBlock: PackedBlock { PackedBlock(raw: pointerValue) }
}
