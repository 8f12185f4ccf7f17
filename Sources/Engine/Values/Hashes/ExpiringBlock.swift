// The value of a small hash with deadlines (`listpackEx`): a packed block and a timer.
//
// Elements stand in threes, as Redis keeps them: name, value, deadline; by rising deadline, those
// without one (0) at the end in order of arrival. HGETALL answers in this order.

import Memory

/// Handle to the cell that the entry points to: the block's address and the timer.
struct ExpiringBlock {
    struct Cell {
        var block: UnsafeMutableRawPointer
        var timer: FieldTimer
    }

    let cell: UnsafeMutablePointer<Cell>

    init(raw: UnsafeMutableRawPointer) { cell = raw.assumingMemoryBound(to: Cell.self) }

    var raw: UnsafeMutableRawPointer { UnsafeMutableRawPointer(cell) }

    var block: PackedBlock {
        @inline(__always) get { PackedBlock(raw: cell.pointee.block) }
        nonmutating set { cell.pointee.block = newValue.raw }
    }

    static var cellBytes: Int { MemoryLayout<Cell>.size }

    /// Takes the block over.
    static func create(
        _ block: PackedBlock, _ heap: UnsafeMutablePointer<SlabHeap>
    ) -> ExpiringBlock {
        let raw = heap.pointee.allocate(cellBytes)
        raw.bindMemory(to: Cell.self, capacity: 1)
            .initialize(to: Cell(block: block.raw, timer: FieldTimer()))
        return ExpiringBlock(raw: raw)
    }

    /// Frees the cell and its block.
    func free(_ heap: UnsafeMutablePointer<SlabHeap>) {
        block.free(heap)
        freeCell(heap)
    }

    /// Frees the cell; the block goes on.
    func freeCell(_ heap: UnsafeMutablePointer<SlabHeap>) {
        heap.pointee.deallocate(raw, Self.cellBytes)
    }

    /// The same fields in memory of their own, the timer not armed.
    func copy(_ heap: UnsafeMutablePointer<SlabHeap>) -> ExpiringBlock {
        Self.create(block.copy(heap), heap)
    }

    /// Moves the cell and the block out of slabs that compaction is emptying: whether anything
    /// moved, and where the cell is then.
    func evacuate(_ heap: UnsafeMutablePointer<SlabHeap>) -> (moved: Bool, cell: ExpiringBlock) {
        var inner = block
        var moved = inner.evacuate(heap)
        if moved { block = inner }
        guard SlabHeap.isEvacuating(raw) else { return (moved, self) }
        let target = Self.create(inner, heap)
        target.cell.pointee.timer = cell.pointee.timer
        freeCell(heap)
        moved = true
        return (moved, target)
    }

    var footprint: Int { SlabHeap.footprint(Self.cellBytes) + block.footprint }

    /// The earliest deadline, 0 if there is none.
    var earliestDeadline: Int64 { block.first.map { deadline(ofFieldAt: $0) } ?? 0 }

    /// The deadline in the group of three that begins at `offset`.
    func deadline(ofFieldAt offset: Int) -> Int64 {
        let block = block
        return block.item(at: block.after(block.after(offset))).integer
    }

    /// Where a group with that deadline belongs: before the first one that has the same or a later
    /// one, or none; at the end if it has none itself. The group at `own` is passed over.
    private func place(_ due: Int64, own: Int) -> Int {
        let block = block
        var p = Listpack.headerBytes
        let end = block.end
        guard due != 0 else { return end }
        while p < end {
            let time = block.after(block.after(p))
            if p != own {
                let other = block.item(at: time).integer
                if other == 0 || other >= due { return p }
            }
            p = block.after(time)
        }
        return end
    }

    /// Gives the field whose group begins at `offset` another deadline, 0 for none, and moves the
    /// group where it belongs.
    func setDeadline(
        _ due: Int64, ofFieldAt offset: Int, _ heap: UnsafeMutablePointer<SlabHeap>
    ) {
        var block = block
        let time = block.after(block.after(offset))
        block.replace(at: time, with: ListpackEntry(PackedItem(integer: due)), heap)
        self.block = block
        let bytes = block.after(time) - offset
        block.moveRun(from: offset, bytes: bytes, to: place(due, own: offset))
    }

    /// Adds a field that is not there.
    func add(
        _ name: ListpackEntry, _ value: ListpackEntry, deadline due: Int64,
        _ heap: UnsafeMutablePointer<SlabHeap>
    ) {
        var block = block
        block.insert(
            name, value, ListpackEntry(PackedItem(integer: due)), at: place(due, own: -1), heap)
        self.block = block
    }

    /// How many fields have a deadline before `now`: they come first.
    func expired(_ now: Int64) -> Int {
        let block = block
        var p = Listpack.headerBytes
        var count = 0
        while p < block.end {
            let time = block.after(block.after(p))
            let due = block.item(at: time).integer
            if due == 0 || due >= now { break }
            count += 1
            p = block.after(time)
        }
        return count
    }
}
