// A small set of integers in one run of bytes: Redis's intset, as it also lies in dumps.
//
//   | width 4 | count 4 | integers, ascending, `width` (2, 4 or 8) bytes each, little endian |
//
// The width is what the widest integer ever put in needs. Nothing is kept beside the bytes: the
// allocation is a function of their number. Whoever changes a set stores `raw` in the entry
// afterwards, since the run may have moved.

import CMachine
import Memory

/// Handle to an intset; copying the handle copies nothing.
package struct IntSet {
    package private(set) var raw: UnsafeMutableRawPointer

    private static let headerBytes = 8
    /// Redis makes no longer ones, whatever set-max-intset-entries says.
    package static let mostEntries = 1 << 30

    @inline(__always)
    package init(raw: UnsafeMutableRawPointer) { self.raw = raw }

    // MARK: Life

    static func create(_ heap: UnsafeMutablePointer<SlabHeap>) -> IntSet {
        let set = IntSet(raw: heap.pointee.allocateEntry(headerBytes))
        set.width = 2
        set.storedCount = 0
        return set
    }

    /// A set of these bytes, which are one (see `isValid`).
    static func create(copying bytes: Bytes, _ heap: UnsafeMutablePointer<SlabHeap>) -> IntSet {
        let raw = heap.pointee.allocateEntry(bytes.count)
        machine_copy(raw, bytes.base, bytes.count)
        return IntSet(raw: raw)
    }

    func copy(_ heap: UnsafeMutablePointer<SlabHeap>) -> IntSet {
        Self.create(copying: bytes, heap)
    }

    func free(_ heap: UnsafeMutablePointer<SlabHeap>) {
        heap.pointee.deallocateEntry(raw, totalBytes)
    }

    /// Moves the set out of a slab that compaction is emptying; true if it moved.
    mutating func evacuate(_ heap: UnsafeMutablePointer<SlabHeap>) -> Bool {
        guard totalBytes <= SlabHeap.largestCell, SlabHeap.isEvacuating(raw) else { return false }
        let moved = copy(heap)
        free(heap)
        self = moved
        return true
    }

    // MARK: Size

    /// Bytes of each integer.
    private var width: Int {
        get { Int(raw.load(as: UInt32.self)) }
        nonmutating set { raw.storeBytes(of: UInt32(newValue), as: UInt32.self) }
    }

    private var storedCount: UInt32 {
        get { raw.load(fromByteOffset: 4, as: UInt32.self) }
        nonmutating set { raw.storeBytes(of: newValue, toByteOffset: 4, as: UInt32.self) }
    }

    package var count: Int { Int(storedCount) }
    package var isEmpty: Bool { storedCount == 0 }
    package var totalBytes: Int { Self.headerBytes + count * width }
    /// The whole set, as a snapshot file holds it.
    package var bytes: Bytes { Bytes(raw: raw, totalBytes) }
    package var footprint: Int { SlabHeap.footprint(totalBytes) }

    private static func width(of value: Int64) -> Int {
        if Int16(exactly: value) != nil { return 2 }
        return Int32(exactly: value) != nil ? 4 : 8
    }

    // MARK: Reading

    /// Integer number `i` in ascending order.
    @inline(__always)
    package func value(at i: Int) -> Int64 {
        assert(i >= 0 && i < count)
        return value(at: i, width: width)
    }

    @inline(__always)
    private func value(at i: Int, width: Int) -> Int64 {
        let p = raw + Self.headerBytes + i &* width
        switch width {
        case 2: return Int64(p.load(as: Int16.self))
        case 4: return Int64(p.load(as: Int32.self))
        default: return p.load(as: Int64.self)
        }
    }

    @inline(__always)
    private func store(_ value: Int64, at i: Int, width: Int) {
        let p = raw + Self.headerBytes + i &* width
        switch width {
        case 2: p.storeBytes(of: Int16(truncatingIfNeeded: value), as: Int16.self)
        case 4: p.storeBytes(of: Int32(truncatingIfNeeded: value), as: Int32.self)
        default: p.storeBytes(of: value, as: Int64.self)
        }
    }

    /// Where the first integer stands that is not less than `value`.
    /// - Complexity: O(log count)
    private func place(of value: Int64) -> Int {
        let width = width
        var low = 0
        var high = count
        while low < high {
            let middle = (low &+ high) &>> 1
            if self.value(at: middle, width: width) < value {
                low = middle &+ 1
            } else {
                high = middle
            }
        }
        return low
    }

    package func contains(_ value: Int64) -> Bool {
        let place = place(of: value)
        return place < count && self.value(at: place) == value
    }

    // MARK: Changing

    /// Adds `value`; false if it is there.
    /// - Complexity: O(count)
    mutating func insert(
        _ value: Int64, _ heap: UnsafeMutablePointer<SlabHeap>
    ) -> Bool {
        let needed = Self.width(of: value)
        if needed > width {
            widen(to: needed, adding: value, heap)
            return true
        }
        let count = count
        let place = place(of: value)
        if place < count, self.value(at: place) == value { return false }
        let width = width
        resize(to: Self.headerBytes + (count + 1) * width, heap)
        let p = raw + Self.headerBytes + place * width
        (p + width).copyMemory(from: p, byteCount: (count - place) * width)
        store(value, at: place, width: width)
        storedCount = UInt32(count + 1)
        return true
    }

    /// The new value is of a width that none had: it comes first or last.
    private mutating func widen(
        to width: Int, adding value: Int64, _ heap: UnsafeMutablePointer<SlabHeap>
    ) {
        let old = self
        let count = count
        raw = heap.pointee.allocateEntry(Self.headerBytes + (count + 1) * width)
        self.width = width
        storedCount = UInt32(count + 1)
        let shift = value < 0 ? 1 : 0
        for i in 0..<count { store(old.value(at: i), at: i + shift, width: width) }
        store(value, at: value < 0 ? 0 : count, width: width)
        old.free(heap)
    }

    /// Removes `value`; false if it is not there.
    /// - Complexity: O(count)
    mutating func remove(
        _ value: Int64, _ heap: UnsafeMutablePointer<SlabHeap>
    ) -> Bool {
        let place = place(of: value)
        guard place < count, self.value(at: place) == value else { return false }
        remove(at: place, heap)
        return true
    }

    mutating func remove(at place: Int, _ heap: UnsafeMutablePointer<SlabHeap>) {
        let count = count
        let width = width
        let p = raw + Self.headerBytes + place * width
        p.copyMemory(from: p + width, byteCount: (count - place - 1) * width)
        // Resizing reads the count that the allocation was made for.
        resize(to: Self.headerBytes + (count - 1) * width, heap)
        storedCount = UInt32(count - 1)
    }

    /// Moves the run into an allocation for `bytes` bytes, unless that is the one it has.
    private mutating func resize(to bytes: Int, _ heap: UnsafeMutablePointer<SlabHeap>) {
        let old = totalBytes
        if SlabHeap.footprint(old) == SlabHeap.footprint(bytes) { return }
        let target = heap.pointee.allocateEntry(bytes)
        target.copyMemory(from: raw, byteCount: min(old, bytes))
        heap.pointee.deallocateEntry(raw, old)
        raw = target
    }

    // MARK: Untrusted bytes

    /// Whether `bytes` are a whole intset and nothing else: not empty, ascending, no value twice.
    package static func isValid(_ bytes: Bytes) -> Bool {
        guard bytes.count > headerBytes else { return false }
        let raw = UnsafeRawPointer(bytes.base)
        let width = Int(raw.loadUnaligned(as: UInt32.self))
        let count = Int(raw.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        guard width == 2 || width == 4 || width == 8, bytes.count == headerBytes + count * width
        else { return false }
        var last: Int64?
        for i in 0..<count {
            let p = raw + headerBytes + i * width
            let value: Int64
            switch width {
            case 2: value = Int64(p.loadUnaligned(as: Int16.self))
            case 4: value = Int64(p.loadUnaligned(as: Int32.self))
            default: value = p.loadUnaligned(as: Int64.self)
            }
            if let last, last >= value { return false }
            last = value
        }
        return true
    }
}

extension Entry {
    /// The intset that is the value; only where the encoding says so.
    @inline(__always)
    var intSet: IntSet { IntSet(raw: pointerValue) }

    /// The member table that is the value; only of a set whose encoding says so.
    @inline(__always)
    var memberTable: UnsafeMutablePointer<MemberTable> {
        pointerValue.assumingMemoryBound(to: MemberTable.self)
    }
}
