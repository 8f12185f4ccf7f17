// A big hash (`fieldTable`): a table of fields, and where fields have deadlines the index of these.
//
// HashValue calls it for every command, the expiry cycle through it. Fields without deadlines cost
// their cell and the table's 10 bytes; a deadline takes 8 bytes in the cell and an item of the
// index. The state lies in the general allocator and never moves.
//
// Invariants: volatileCount is the number of fields with a deadline; each of them has an item of its
// generation in the index, at its deadline or before it.

import CMachine
import Memory

/// What becomes of a field's deadline when its value is set.
enum NewFieldDeadline {
    case none
    case keep
    case at(Int64)
}

/// Handle to a big hash; copying the handle copies nothing.
struct BigHash {
    struct State: ~Copyable {
        var table: Table<Field>
        var index = FieldIndex()
        /// Fields with a deadline.
        var volatileCount = 0
        var timer = FieldTimer()
    }

    typealias Position = Table<Field>.Position

    let state: UnsafeMutablePointer<State>

    @inline(__always)
    init(raw: UnsafeMutableRawPointer) { state = raw.assumingMemoryBound(to: State.self) }

    var raw: UnsafeMutableRawPointer { UnsafeMutableRawPointer(state) }

    // MARK: Life

    static func create(_ engine: UnsafeMutablePointer<Engine>) -> BigHash {
        let raw = Allocator.allocate(MemoryLayout<State>.size)
        let table = Table<Field>(
            heap: engine.pointee.heap, key0: engine.pointee.key0, key1: engine.pointee.key1)
        raw.bindMemory(to: State.self, capacity: 1).initialize(to: State(table: table))
        return BigHash(raw: raw)
    }

    private func freeState() {
        state.deinitialize(count: 1)
        Allocator.deallocate(raw, MemoryLayout<State>.size)
    }

    /// Whether freeing it at once would take long.
    var isLong: Bool { state.pointee.table.bucketCount > Table<Field>.bucketsAtOnce }

    /// Frees some fields, or a part of the index; true when all is gone. Between two calls nothing
    /// else may be done with it.
    func freeSome(_ heap: UnsafeMutablePointer<SlabHeap>) -> Bool {
        for _ in 0..<Table<Field>.bucketsAtOnce {
            if state.pointee.table.drainLast({ $0.free(heap) }) { continue }
            guard state.pointee.index.freeSome() else { return false }
            freeState()
            return true
        }
        return false
    }

    /// The same fields in memory of their own, their deadlines included; the timer is not armed.
    func copy(_ engine: UnsafeMutablePointer<Engine>) -> BigHash {
        let other = Self.create(engine)
        let table = other.state
        let heap = engine.pointee.heap
        table.pointee.table.takeShape(of: &state.pointee.table)
        for i in 0..<state.pointee.table.bucketCount {
            table.pointee.table.fill(bucket: i, from: state.pointee.table.bucket(i)) {
                let copy = Field(raw: $0).copy(heap)
                if copy.hasDeadline { other.armCopy(copy, engine) }
                return copy.raw
            }
        }
        return other
    }

    private func armCopy(_ field: Field, _ engine: UnsafeMutablePointer<Engine>) {
        state.pointee.volatileCount += 1
        state.pointee.index.add(
            hash: engine.pointee.hash(field.key), generation: field.generation,
            deadline: field.deadline, now: engine.pointee.now)
    }

    // MARK: Fields

    @inline(__always)
    var count: Int { state.pointee.table.count }

    /// Whether no field has a deadline.
    @inline(__always)
    var isStable: Bool { state.pointee.volatileCount == 0 }

    @inline(__always)
    func find(_ name: Bytes, _ hash: UInt64) -> Position? {
        state.pointee.table.find(name, hash)
    }

    /// Sets a field; true if it is a new one. `known` is the name's hash, or 0.
    @inline(__always)
    func set(
        _ name: Bytes, _ value: Bytes, _ known: UInt64, _ deadline: NewFieldDeadline,
        _ engine: UnsafeMutablePointer<Engine>
    ) -> Bool {
        let hash = known == 0 ? engine.pointee.hash(name) : known
        guard let position = find(name, hash) else {
            insert(name, value, hash, deadline, engine)
            return true
        }
        if isStable, case .none = deadline, position.element.overwrite(value) { return false }
        replace(position, value, hash, deadline, engine)
        return false
    }

    /// Adds a field that is not there.
    @inline(__always)
    func insert(
        _ name: Bytes, _ value: Bytes, _ hash: UInt64, _ deadline: NewFieldDeadline,
        _ engine: UnsafeMutablePointer<Engine>
    ) {
        let heap = engine.pointee.heap
        guard case .at(let due) = deadline, due != 0 else {
            state.pointee.table.insert(
                Field.make(name, value, hasDeadline: false, heap), hash)
            return
        }
        let field = Field.make(name, value, hasDeadline: true, heap)
        state.pointee.table.insert(field, hash)
        arm(field, hash, due, engine)
    }

    /// Another value for a field, in its cell if that fits.
    @inline(never)
    private func replace(
        _ position: Position, _ value: Bytes, _ hash: UInt64, _ deadline: NewFieldDeadline,
        _ engine: UnsafeMutablePointer<Engine>
    ) {
        let old = position.element
        var due: Int64 = 0
        switch deadline {
        case .none: break
        case .keep: due = old.deadline
        case .at(let time): due = time
        }
        if old.hasDeadline == (due != 0), old.overwrite(value) {
            if due != old.deadline { move(old, hash, to: due, engine) }
            return
        }
        let heap = engine.pointee.heap
        let new = Field.make(old.key, value, hasDeadline: due != 0, heap)
        adopt(position, new, hash, due, engine)
    }

    /// Puts `new` in the place of a field, with another deadline or none.
    private func adopt(
        _ position: Position, _ new: Field, _ hash: UInt64, _ due: Int64,
        _ engine: UnsafeMutablePointer<Engine>
    ) {
        let old = position.element
        state.pointee.table.replace(position, with: new)
        if due == 0 {
            if old.hasDeadline { forgetDeadline() }
        } else if old.hasDeadline {
            new.generation = old.generation
            new.setDeadline(old.deadline)
            move(new, hash, to: due, engine)
        } else {
            arm(new, hash, due, engine)
        }
        old.free(engine.pointee.heap)
    }

    /// Takes a field out; no position is valid afterwards.
    @inline(__always)
    func remove(_ position: Position, _ heap: UnsafeMutablePointer<SlabHeap>) {
        let field = position.element
        state.pointee.table.removeShrinking(position)
        if field.hasDeadline { forgetDeadline() }
        field.free(heap)
    }

    // MARK: Deadlines

    /// Gives a field another deadline, 0 for none. It may move.
    func setDeadline(
        _ position: Position, _ hash: UInt64, _ due: Int64,
        _ engine: UnsafeMutablePointer<Engine>
    ) {
        let old = position.element
        if old.hasDeadline == (due != 0) {
            if due != 0 { move(old, hash, to: due, engine) }
            return
        }
        let new = Field.make(old.key, old.value, hasDeadline: due != 0, engine.pointee.heap)
        adopt(position, new, hash, due, engine)
    }

    /// The first deadline of a field that has room for one.
    private func arm(
        _ field: Field, _ hash: UInt64, _ due: Int64, _ engine: UnsafeMutablePointer<Engine>
    ) {
        field.setDeadline(due)
        field.generation = engine.pointee.nextGeneration()
        state.pointee.volatileCount += 1
        addItem(hash, field.generation, due, engine.pointee.now)
    }

    /// A deadline that is put off leaves its item where it is.
    private func move(
        _ field: Field, _ hash: UInt64, to due: Int64, _ engine: UnsafeMutablePointer<Engine>
    ) {
        if due < field.deadline {
            field.generation = (field.generation &+ 1) & 7
            addItem(hash, field.generation, due, engine.pointee.now)
        }
        field.setDeadline(due)
    }

    private func addItem(_ hash: UInt64, _ generation: UInt8, _ due: Int64, _ now: Int64) {
        if state.pointee.index.isFull, state.pointee.volatileCount < FieldIndex.largestHeap / 2 {
            state.pointee.index.retain { find(item: $0) != nil }
        }
        state.pointee.index.add(hash: hash, generation: generation, deadline: due, now: now)
        if !state.pointee.index.isHeap { purgeSome(now) }
    }

    private func forgetDeadline() {
        state.pointee.volatileCount -= 1
        if state.pointee.volatileCount == 0 { state.pointee.index.clear() }
    }

    /// The field that an item of the index stands for, if it still does.
    private func find(item: UInt64) -> Position? {
        let generation = ExpiryItem.generation(item)
        return state.pointee.table.find(hash: item, mask: ~ExpiryItem.generationMask) { field in
            field.hasDeadline && field.generation == generation
        }
    }

    /// Takes stale items out of the wheel, a few with each one added, while too many are in it.
    private func purgeSome(_ now: Int64) {
        guard let wheel = state.pointee.index.wheel else { return }
        if !wheel.pointee.isPurging {
            guard wheel.pointee.wantsPurge(live: state.pointee.volatileCount) else { return }
            wheel.pointee.beginPurge()
        }
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 8) { buffer in
            let items = buffer.baseAddress.unsafelyUnwrapped
            for i in 0..<wheel.pointee.purgeNext(into: items, max: 8) { keepItem(items[i], now) }
        }
    }

    /// Puts an item that was taken out back for its field's deadline, under the next generation.
    private func keepItem(_ item: UInt64, _ now: Int64) {
        guard let field = find(item: item)?.element else { return }
        field.generation = (field.generation &+ 1) & 7
        state.pointee.index.add(
            hash: item, generation: field.generation, deadline: field.deadline, now: now)
    }

    /// Removes fields past their time, and looks at `limit` items at most. Says how many went, the
    /// earliest of their deadlines, and when there is more to look at: .max for never.
    func expireSome(
        _ limit: Int, _ engine: UnsafeMutablePointer<Engine>
    ) -> (count: Int, earliest: Int64, next: Int64) {
        let now = engine.pointee.now
        let heap = engine.pointee.heap
        var expired = 0
        var earliest = Int64.max
        var left = limit
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 32) { buffer in
            let items = buffer.baseAddress.unsafelyUnwrapped
            while left > 0 {
                let taken = state.pointee.index.take(now, into: items, max: min(left, 32))
                if taken == 0 { break }
                left -= taken
                for i in 0..<taken { state.pointee.table.prefetchBucket(items[i]) }
                for i in 0..<taken { state.pointee.table.prefetchElement(items[i]) }
                for i in 0..<taken {
                    guard let position = find(item: items[i]) else { continue }
                    let due = position.element.deadline
                    if due < now {
                        earliest = min(earliest, due)
                        expired += 1
                        remove(position, heap)
                    } else {
                        keepItem(items[i], now)
                    }
                }
            }
        }
        return (expired, earliest, isStable ? .max : state.pointee.index.next(now))
    }

    /// The earliest deadline of all fields, 0 if none has one.
    /// - Complexity: O(fields) where some have one
    var earliestDeadline: Int64 {
        if isStable { return 0 }
        var earliest = Int64.max
        state.pointee.table.forEach { field in
            if field.hasDeadline { earliest = min(earliest, field.deadline) }
        }
        return earliest
    }

    func footprint(samples: Int) -> Int {
        Table<Field>.footprint(&state.pointee.table, samples: samples)
            + Allocator.usableSize(MemoryLayout<State>.size)
            - Allocator.usableSize(MemoryLayout<Table<Field>>.size)
            + state.pointee.index.memoryBytes
    }

    func evacuateSome(from place: Int) -> CollectionEvacuation {
        Table<Field>.evacuateSome(&state.pointee.table, from: place)
    }
}
