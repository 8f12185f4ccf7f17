// A small sorted set as a PackedBlock: member, score, member, score, in order.
//
// A score that is a whole number (up to 2^62) is an integer entry, any other the text that ZSCORE
// shows, as in Redis: the block is what a snapshot file holds. So -0 becomes 0 here, as there.

import CMachine
import Memory
import RESP

/// Handle to the block; see `PackedBlock` for what a change does to it.
struct PackedScores {
    var block: PackedBlock
    let heap: UnsafeMutablePointer<SlabHeap>

    @inline(__always)
    init(_ block: PackedBlock, _ heap: UnsafeMutablePointer<SlabHeap>) {
        self.block = block
        self.heap = heap
    }

    @inline(__always) var count: Int { block.count &>> 1 }

    // MARK: Looking

    /// The score of the element whose member is at `offset`.
    @inline(__always)
    func score(_ offset: Int) -> Double { Self.score(of: block.item(at: block.after(offset))) }

    static func score(of item: PackedItem) -> Double {
        guard let text = item.bytes else { return Double(item.integer) }
        return text.double ?? 0
    }

    /// Offset of the member.
    @inline(__always)
    func find(_ member: Bytes) -> Int? { block.find(PackedNeedle(member), skipping: 1) }

    /// Offset of the element behind the one at `offset`, or nil.
    @inline(__always)
    func next(_ offset: Int) -> Int? { block.next(block.after(offset)) }

    /// Offset of the element before the one at `offset`, or nil.
    func previous(_ offset: Int) -> Int? {
        guard let score = block.previous(offset) else { return nil }
        return block.previous(score)
    }

    /// Offset of the element of that rank, which is below the count.
    func offset(rank: Int) -> Int? { block.at(rank &* 2) }

    /// How many elements stand before the one at `offset`.
    func rank(of offset: Int) -> Int {
        var rank = 0
        var p = Listpack.headerBytes
        while p < offset {
            p = block.after(block.after(p))
            rank &+= 1
        }
        return rank
    }

    /// How many elements from the first on satisfy `holds`, which is true of the first ones only.
    @inline(__always)
    func rank(whereFirst holds: (Int) -> Bool) -> Int {
        var rank = 0
        var p = Listpack.headerBytes
        let end = block.end
        while p < end, holds(p) {
            p = block.after(block.after(p))
            rank &+= 1
        }
        return rank
    }

    // MARK: Changing

    /// Adds a member that is not in the set.
    mutating func insert(_ member: Bytes, _ score: Double) {
        insert(member, score, at: place(member, score))
    }

    /// Adds a member behind all others.
    mutating func append(_ member: Bytes, _ score: Double) {
        insert(member, score, at: block.end)
    }

    private mutating func insert(_ member: Bytes, _ score: Double, at offset: Int) {
        Self.withEntry(score) { block.insert(ListpackEntry(member), $0, at: offset, heap) }
    }

    /// The offset at which (score, member) belongs.
    private func place(_ member: Bytes, _ score: Double) -> Int {
        var p = Listpack.headerBytes
        let end = block.end
        while p < end {
            let other = self.score(p)
            if other > score { return p }
            if other == score, block.item(at: p).compare(member) > 0 { return p }
            p = block.after(block.after(p))
        }
        return end
    }

    /// Gives the member at `offset` another score; `member` must not lie in the block.
    mutating func update(_ offset: Int, _ member: Bytes, _ score: Double) {
        let keepsPlace =
            (previous(offset).map { self.score($0) < score } ?? true)
            && (next(offset).map { score < self.score($0) } ?? true)
        if keepsPlace {
            let place = block.after(offset)
            return Self.withEntry(score) { block.replace(at: place, with: $0, heap) }
        }
        remove(offset)
        insert(member, score)
    }

    mutating func remove(_ offset: Int) { block.delete(at: offset, count: 2, heap) }

    mutating func removeRange(_ ranks: Range<Int>) {
        guard let offset = offset(rank: ranks.lowerBound) else { return }
        block.delete(at: offset, count: ranks.count * 2, heap)
    }

    /// Lends the score as an entry.
    private static func withEntry(_ score: Double, _ body: (ListpackEntry) -> Void) {
        if score.magnitude <= 0x1p62 {
            let whole = Int64(score)
            if Double(whole) == score {
                return body(ListpackEntry(PackedItem(integer: whole)))
            }
        }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: DoubleText.maxBytes) { buffer in
            let text = buffer.baseAddress.unsafelyUnwrapped
            let length = DoubleText.write(score, to: text)
            // As it stands, even were it the text of an integer.
            body(ListpackEntry(PackedItem(Bytes(UnsafePointer(text), length))))
        }
    }
}

extension PackedItem {
    /// Byte-wise order of the element's text and `other`: negative, 0, positive.
    func compare(_ other: Bytes) -> Int {
        withText { text in
            let order = machine_compare(text.base, other.base, min(text.count, other.count))
            return order == 0 ? text.count - other.count : Int(order)
        }
    }
}
