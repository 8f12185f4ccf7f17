// One member of a big set: its bytes and nothing else.

import CMachine
import Memory

struct Member: OwnedElement {
    let raw: UnsafeMutableRawPointer

    @inline(__always)
    init(raw: UnsafeMutableRawPointer) { self.raw = raw }

    /// A member of these bytes in a cell of its own.
    @inline(__always)
    init(_ bytes: Bytes, _ heap: UnsafeMutablePointer<SlabHeap>) {
        let cell = TaggedCell.allocate(bytes.count, heap)
        machine_copy(cell.start, bytes.base, bytes.count)
        raw = cell.raw
    }

    @inline(__always)
    private var cell: TaggedCell { TaggedCell(raw: raw) }

    @inline(__always)
    var key: Bytes { cell.bytes }

    var footprint: Int { cell.footprint }

    @inline(__always)
    func free(_ heap: UnsafeMutablePointer<SlabHeap>) { cell.free(heap) }

    @inline(__always)
    func copy(_ heap: UnsafeMutablePointer<SlabHeap>) -> Member { Member(raw: cell.copy(heap).raw) }

    @inline(__always)
    func evacuated(_ heap: UnsafeMutablePointer<SlabHeap>) -> Member? {
        guard let moved = cell.evacuated(heap) else { return nil }
        return Member(raw: moved.raw)
    }
}

/// The table of a big set.
typealias MemberTable = Table<Member>
