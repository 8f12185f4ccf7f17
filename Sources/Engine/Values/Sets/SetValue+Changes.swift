// Adding to and removing from a set, and what makes it change its encoding.

import CMachine
import Memory

extension SetValue {
    // MARK: Adding

    /// Before `count` members are added by one command: a packed set becomes a table at once if so
    /// many members, were they all new, could make it one.
    mutating func prepare(adding count: Int, _ engine: UnsafeMutablePointer<Engine>) {
        let settings = engine.pointee.settings
        switch encoding {
        case .intset:
            if count > settings.setMaxIntsetEntries { becomeTable(engine) }
        case .listpack:
            if count > settings.setMaxListpackEntries { becomeTable(engine) }
        default: break
        }
    }

    @discardableResult
    mutating func add(_ bytes: Bytes, _ engine: UnsafeMutablePointer<Engine>) -> Bool {
        var probe = SetProbe(bytes)
        return add(&probe, engine)
    }

    /// Adds a member; false if it is there.
    @inline(__always)
    mutating func add(_ probe: inout SetProbe, _ engine: UnsafeMutablePointer<Engine>) -> Bool {
        if isTable { return Self.add(&probe, to: table, engine) }
        return addToPacked(&probe, engine)
    }

    @inline(__always)
    static func add(
        _ probe: inout SetProbe, to table: UnsafeMutablePointer<MemberTable>,
        _ engine: UnsafeMutablePointer<Engine>
    ) -> Bool {
        let hash = probe.hash(engine)
        if table.pointee.find(probe.bytes, hash) != nil { return false }
        table.pointee.insert(Member(probe.bytes, engine.pointee.heap), hash)
        return true
    }

    @inline(never)
    private mutating func addToPacked(
        _ probe: inout SetProbe, _ engine: UnsafeMutablePointer<Engine>
    ) -> Bool {
        if isIntSet { return addToIntSet(&probe, engine) }
        if block.find(PackedNeedle(probe.bytes)) != nil { return false }
        let length = probe.bytes.count
        if block.count < engine.pointee.settings.setMaxListpackEntries,
            length <= engine.pointee.settings.setMaxListpackValue, block.hasRoom(for: length)
        {
            append(ListpackEntry(probe.bytes), engine)
            return true
        }
        becomeTable(engine)
        return Self.add(&probe, to: table, engine)
    }

    private mutating func addToIntSet(
        _ probe: inout SetProbe, _ engine: UnsafeMutablePointer<Engine>
    ) -> Bool {
        if let integer = probe.integer() {
            var set = intSet
            guard set.insert(integer, engine.pointee.heap) else { return false }
            raw = set.raw
            let most = min(engine.pointee.settings.setMaxIntsetEntries, IntSet.mostEntries)
            if set.count > most { becomeTable(engine) }
            return true
        }
        if fitsListpack(adding: probe.bytes.count, engine) {
            becomeListpack(engine)
            append(ListpackEntry(probe.bytes), engine)
            return true
        }
        becomeTable(engine)
        return Self.add(&probe, to: table, engine)
    }

    private mutating func append(
        _ entry: ListpackEntry, _ engine: UnsafeMutablePointer<Engine>
    ) {
        var block = block
        block.append(entry, on: engine.pointee.heap)
        raw = block.raw
    }

    /// Whether an intset and one more member of `length` bytes may be a listpack.
    private func fitsListpack(
        adding length: Int, _ engine: UnsafeMutablePointer<Engine>
    ) -> Bool {
        let settings = engine.pointee.settings
        let count = intSet.count
        guard count < settings.setMaxListpackEntries, length <= settings.setMaxListpackValue
        else { return false }
        guard count > 0 else { return true }
        // The longest text, and the longest entry, are the smallest's or the largest's.
        let ends = [intSet.value(at: 0), intSet.value(at: count - 1)]
        var bytes = 0
        for value in ends {
            if IntegerText.byteCount(value) > settings.setMaxListpackValue { return false }
            bytes = max(bytes, ListpackEntry(PackedItem(integer: value)).totalBytes)
        }
        return count * bytes + Listpack.overheadBytes + length <= PackedBlock.longestBytes
    }

    // MARK: Changing the encoding

    private mutating func becomeListpack(_ engine: UnsafeMutablePointer<Engine>) {
        let old = intSet
        var block = PackedBlock.create(engine.pointee.heap)
        for i in 0..<old.count {
            block.append(
                ListpackEntry(PackedItem(integer: old.value(at: i))), on: engine.pointee.heap)
        }
        old.free(engine.pointee.heap)
        encoding = .listpack
        raw = block.raw
    }

    /// A packed set becomes a table: as many members as the limits of packed sets allow.
    private mutating func becomeTable(_ engine: UnsafeMutablePointer<Engine>) {
        let new = Self.emptyTable(engine)
        let heap = engine.pointee.heap
        SetProbe.withScratch { scratch in
            forEach { item in
                var probe = SetProbe(item, scratch)
                new.table.pointee.insert(Member(probe.bytes, heap), probe.hash(engine))
            }
        }
        free(engine)
        self = new
    }

    /// Makes a listpack or a table of nothing but integers an intset, if it may be one. For results
    /// that are complete.
    mutating func becomeIntSetIfAllowed(_ engine: UnsafeMutablePointer<Engine>) {
        if isIntSet || count > engine.pointee.settings.setMaxIntsetEntries { return }
        var set = IntSet.create(engine.pointee.heap)
        SetProbe.withScratch { scratch in
            forEach { item in
                var probe = SetProbe(item, scratch)
                if let integer = probe.integer() { _ = set.insert(integer, engine.pointee.heap) }
            }
        }
        free(engine)
        encoding = .intset
        raw = set.raw
    }

    // MARK: Removing

    /// Removes a member; false if it is not there. An emptied set is the caller's to delete.
    @inline(__always)
    mutating func remove(_ probe: inout SetProbe, _ engine: UnsafeMutablePointer<Engine>) -> Bool {
        switch encoding {
        case .hashTable:
            guard let position = table.pointee.find(probe.bytes, probe.hash(engine)) else {
                return false
            }
            Self.remove(position, from: table, engine)
            return true
        case .intset:
            guard let integer = probe.integer() else { return false }
            var set = intSet
            guard set.remove(integer, engine.pointee.heap) else { return false }
            raw = set.raw
            return true
        default:
            guard let offset = block.find(PackedNeedle(probe.bytes)) else { return false }
            removeFromListpack(at: offset, engine)
            return true
        }
    }

    @inline(__always)
    static func remove(
        _ position: MemberTable.Position, from table: UnsafeMutablePointer<MemberTable>,
        _ engine: UnsafeMutablePointer<Engine>
    ) {
        let member = position.element
        table.pointee.removeShrinking(position)
        member.free(engine.pointee.heap)
    }

    private mutating func removeFromListpack(
        at offset: Int, _ engine: UnsafeMutablePointer<Engine>
    ) {
        var block = block
        block.delete(at: offset, count: 1, engine.pointee.heap)
        raw = block.raw
    }

    /// Removes a member at random, having lent it to `body`; the set must not be empty.
    @inline(__always)
    mutating func popRandom(
        _ engine: UnsafeMutablePointer<Engine>, _ body: (PackedItem) -> Void
    ) {
        switch encoding {
        case .hashTable:
            guard let position = table.pointee.fairPosition(&engine.pointee.random) else { return }
            body(PackedItem(position.element.key))
            Self.remove(position, from: table, engine)
        case .intset:
            var set = intSet
            let place = engine.pointee.random.below(set.count)
            body(PackedItem(integer: set.value(at: place)))
            set.remove(at: place, engine.pointee.heap)
            raw = set.raw
        default:
            guard let offset = block.at(engine.pointee.random.below(block.count)) else { return }
            body(block.item(at: offset))
            removeFromListpack(at: offset, engine)
        }
    }
}
