// Sets in dumps: an intset as it is, everything else member by member, which Redis 7.0 can read.

import Memory

extension ValueEncoder {
    mutating func encode(set entry: Entry) {
        switch entry.encoding {
        case .intset:
            begin(.setIntset)
            sink.string(entry.intSet.bytes)
        case .hashTable:
            begin(.set)
            sink.length(entry.memberTable.pointee.count)
            entry.memberTable.pointee.forEach { sink.string($0.key) }
        case .listpack where dialect == .redis74:
            begin(.setListpack, needs: SerialVersion.redis72)
            sink.string(entry.packedBlock.bytes)
        default:
            begin(.set)
            sink.length(entry.packedBlock.count)
            entry.packedBlock.forEach { sink.string($1) }
        }
    }
}

extension ValueDecoder {
    private var mostIntegers: Int {
        min(engine.pointee.settings.setMaxIntsetEntries, IntSet.mostEntries)
    }

    /// Member by member. Which encoding the set gets follows from the count that is stated and
    /// from the members as they come, by Redis's rules.
    mutating func setOfMembers() throws(SerialError) -> DecodedValue {
        let count = try source.count()
        if count == 0 { throw .empty }
        var set = SetBuilder(engine, startsWithIntegers: count <= mostIntegers)
        do throws(SerialError) {
            for _ in 0..<count {
                guard set.add(try element()) else { throw .malformed }
            }
        } catch {
            set.free()
            throw error
        }
        return set.value
    }

    mutating func setOfIntset() throws(SerialError) -> DecodedValue {
        let block = try element()
        noteSanitization()
        guard IntSet.isValid(block) else { throw .malformed }
        let set = IntSet.create(copying: block, engine.pointee.heap)
        if set.count <= mostIntegers { return .pointer(.set, .intset, set.raw) }
        var builder = SetBuilder(engine, startingFrom: .integers(set))
        builder.convertToTable()
        return builder.value
    }

    mutating func setOfListpack() throws(SerialError) -> DecodedValue {
        let block = try element()
        noteSanitization()
        guard let count = ListpackReader.count(block) else { throw .malformed }
        if count == 0 { throw .empty }
        if count > engine.pointee.settings.setMaxListpackEntries {
            return try table(of: block)
        }
        var seen = DistinctItems(engine)
        guard ListpackReader.walk(block, { seen.insert($0) }) else { throw .malformed }
        let copy = PackedBlock.create(copying: block, engine.pointee.heap)
        return .pointer(.set, .listpack, copy.raw)
    }

    /// The members of a listpack that is too long to stay one.
    private func table(of block: Bytes) throws(SerialError) -> DecodedValue {
        var set = SetBuilder(engine, startingFrom: .table(MemberTable.create(engine)))
        let areDistinct = ListpackReader.walk(block) { item in
            var isNew = false
            item.withText { isNew = set.add($0) }
            return isNew
        }
        if areDistinct { return set.value }
        set.free()
        throw .malformed
    }
}

/// A set that grows member by member and changes its encoding as Redis's loader does.
private struct SetBuilder {
    enum Form {
        case integers(IntSet)
        case packed(PackedBlock)
        case table(UnsafeMutablePointer<MemberTable>)
    }

    private var form: Form
    private let engine: UnsafeMutablePointer<Engine>
    private var longest = 0

    private var heap: UnsafeMutablePointer<SlabHeap> { engine.pointee.heap }

    init(_ engine: UnsafeMutablePointer<Engine>, startingFrom form: Form) {
        self.engine = engine
        self.form = form
    }

    init(_ engine: UnsafeMutablePointer<Engine>, startsWithIntegers: Bool) {
        self.init(
            engine,
            startingFrom: startsWithIntegers
                ? .integers(IntSet.create(engine.pointee.heap))
                : .table(MemberTable.create(engine)))
    }

    /// Adds a member; false if it is there.
    mutating func add(_ member: Bytes) -> Bool {
        longest = max(longest, member.count)
        if case .integers(var set) = form {
            if let integer = member.integer {
                let isNew = set.insert(integer, heap)
                form = .integers(set)
                return isNew
            }
            if set.count < mostPacked, longest <= longestPacked {
                convertToPacked(set)
            } else {
                convertToTable()
            }
        }
        if case .packed(var block) = form {
            if block.count < mostPacked, member.count <= longestPacked,
                block.hasRoom(for: member.count + 16)
            {
                guard block.find(PackedNeedle(member)) == nil else { return false }
                block.append(ListpackEntry(member), on: heap)
                form = .packed(block)
                return true
            }
            convertToTable()
        }
        return addToTable(member)
    }

    private var mostPacked: Int { engine.pointee.settings.setMaxListpackEntries }
    private var longestPacked: Int { engine.pointee.settings.setMaxListpackValue }

    private func addToTable(_ member: Bytes) -> Bool {
        guard case .table(let table) = form else { return false }
        let hash = table.pointee.hash(member)
        guard table.pointee.find(member, hash) == nil else { return false }
        table.pointee.insert(Member(member, heap), hash)
        return true
    }

    private mutating func convertToPacked(_ set: IntSet) {
        var block = PackedBlock.create(heap)
        for i in 0..<set.count {
            block.append(ListpackEntry(PackedItem(integer: set.value(at: i))), on: heap)
        }
        set.free(heap)
        form = .packed(block)
    }

    mutating func convertToTable() {
        let old = form
        form = .table(MemberTable.create(engine))
        switch old {
        case .integers(let set):
            for i in 0..<set.count {
                PackedItem(integer: set.value(at: i)).withText { _ = addToTable($0) }
            }
            set.free(heap)
        case .packed(let block):
            block.forEach { $1.withText { _ = addToTable($0) } }
            block.free(heap)
        case .table: form = old
        }
    }

    var value: DecodedValue {
        switch form {
        case .integers(let set): .pointer(.set, .intset, set.raw)
        case .packed(let block): .pointer(.set, .listpack, block.raw)
        case .table(let table): .pointer(.set, .hashTable, UnsafeMutableRawPointer(table))
        }
    }

    func free() {
        switch form {
        case .integers(let set): set.free(heap)
        case .packed(let block): block.free(heap)
        case .table(let table): MemberTable.destroy(table)
        }
    }
}
