// One element of a big sorted set: its score and its member, in one cell that the member table and
// the tree both point to.
//
//   | score 8 | member bytes |        the length stands in the pointer, see TaggedCell

import CMachine
import Memory

/// Handle to an element. The score in the tree's leaf is the same as the one here.
struct ScoredMember: OwnedElement {
    let raw: UnsafeMutableRawPointer

    @inline(__always)
    init(raw: UnsafeMutableRawPointer) { self.raw = raw }

    /// An element in a cell of its own.
    @inline(__always)
    init(_ score: Double, _ member: Bytes, _ heap: UnsafeMutablePointer<SlabHeap>) {
        let cell = TaggedCell.allocate(Self.scoreBytes &+ member.count, heap)
        machine_copy(cell.start + Self.scoreBytes, member.base, member.count)
        raw = cell.raw
        self.score = score
    }

    private static var scoreBytes: Int { 8 }
    /// The longest member that a cell can hold.
    static var longestMember: Int { Int(UInt32.max) - scoreBytes }

    @inline(__always)
    private var cell: TaggedCell { TaggedCell(raw: raw) }

    @inline(__always)
    var score: Double {
        get { cell.start.loadUnaligned(as: Double.self) }
        nonmutating set { cell.start.storeBytes(of: newValue, as: Double.self) }
    }

    /// The member.
    @inline(__always)
    var key: Bytes {
        let bytes = cell.bytes
        return Bytes(bytes.base + Self.scoreBytes, bytes.count &- Self.scoreBytes)
    }

    var footprint: Int { cell.footprint }

    @inline(__always)
    func free(_ heap: UnsafeMutablePointer<SlabHeap>) { cell.free(heap) }

    func copy(_ heap: UnsafeMutablePointer<SlabHeap>) -> ScoredMember {
        ScoredMember(raw: cell.copy(heap).raw)
    }

    func evacuated(_ heap: UnsafeMutablePointer<SlabHeap>) -> ScoredMember? {
        guard let moved = cell.evacuated(heap) else { return nil }
        return ScoredMember(raw: moved.raw)
    }
}
