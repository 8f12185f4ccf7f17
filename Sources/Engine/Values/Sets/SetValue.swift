// A set, whatever its encoding: an intset, a listpack or a table of members.
//
// Which one it is, and when it becomes another, follows Redis 7.4 exactly, since OBJECT ENCODING
// shows it: a set begins as what its first member and the expected number of members allow; an
// integer too many makes an intset a table; another member makes an intset a listpack where that is
// allowed, else a table; one too many or too long makes a listpack a table. Nothing turns back by
// itself.
//
// Called by the set commands and by whoever reads or makes sets (sorted-set unions, SORT, DUMP,
// RESTORE, DEBUG). A SetValue is a handle of two words: whoever changes one stores it back into the
// entry (`store`), because a change may move it or give it another encoding.

import CMachine
import Memory

struct SetValue {
    var encoding: Encoding
    var raw: UnsafeMutableRawPointer

    @inline(__always)
    init(encoding: Encoding, raw: UnsafeMutableRawPointer) {
        self.encoding = encoding
        self.raw = raw
    }

    /// The value of an entry whose type is `set`.
    @inline(__always)
    init(_ entry: Entry) {
        assert(entry.type == .set)
        encoding = entry.encoding
        raw = entry.pointerValue
    }

    /// Puts the set back into the entry that it was taken from.
    @inline(__always)
    func store(in entry: Entry) { entry.setPointer(encoding, raw) }

    // MARK: The three forms

    @inline(__always)
    var intSet: IntSet { IntSet(raw: raw) }
    @inline(__always)
    var block: PackedBlock { PackedBlock(raw: raw) }
    @inline(__always)
    var table: UnsafeMutablePointer<MemberTable> { raw.assumingMemoryBound(to: MemberTable.self) }

    @inline(__always)
    var isTable: Bool {
        if case .hashTable = encoding { return true }
        return false
    }

    @inline(__always)
    var isIntSet: Bool {
        if case .intset = encoding { return true }
        return false
    }

    // MARK: Making

    static func emptyIntSet(_ engine: UnsafeMutablePointer<Engine>) -> SetValue {
        SetValue(encoding: .intset, raw: IntSet.create(engine.pointee.heap).raw)
    }

    static func emptyListpack(_ engine: UnsafeMutablePointer<Engine>) -> SetValue {
        SetValue(encoding: .listpack, raw: PackedBlock.create(engine.pointee.heap).raw)
    }

    static func emptyTable(_ engine: UnsafeMutablePointer<Engine>) -> SetValue {
        SetValue(encoding: .hashTable, raw: MemberTable.create(engine))
    }

    /// An empty set for `first`, which is added next, and up to `count` members in all.
    static func create(
        for first: Bytes, expecting count: Int, _ engine: UnsafeMutablePointer<Engine>
    ) -> SetValue {
        if count <= engine.pointee.settings.setMaxIntsetEntries, first.integer != nil {
            return emptyIntSet(engine)
        }
        if count <= engine.pointee.settings.setMaxListpackEntries { return emptyListpack(engine) }
        return emptyTable(engine)
    }

    /// The same members in allocations of their own.
    /// - Complexity: O(count)
    func copy(_ engine: UnsafeMutablePointer<Engine>) -> SetValue {
        switch encoding {
        case .intset:
            SetValue(encoding: .intset, raw: intSet.copy(engine.pointee.heap).raw)
        case .listpack:
            SetValue(encoding: .listpack, raw: block.copy(engine.pointee.heap).raw)
        default: SetValue(encoding: .hashTable, raw: MemberTable.copy(table, engine))
        }
    }

    /// Frees a set that no key holds, in slices if it is big.
    func free(_ engine: UnsafeMutablePointer<Engine>) {
        engine.pointee.lazyFree.release(
            BigValue(type: .set, encoding: encoding, raw: raw), engine.pointee.heap)
    }

    // MARK: Reading

    @inline(__always)
    var count: Int {
        switch encoding {
        case .intset: intSet.count
        case .listpack: block.count
        default: table.pointee.count
        }
    }

    @inline(__always)
    var isEmpty: Bool { count == 0 }

    @inline(__always)
    func contains(_ probe: inout SetProbe, _ engine: UnsafeMutablePointer<Engine>) -> Bool {
        switch encoding {
        case .hashTable:
            return table.pointee.find(probe.bytes, probe.hash(engine)) != nil
        case .intset:
            guard let integer = probe.integer() else { return false }
            return intSet.contains(integer)
        default: return block.find(PackedNeedle(probe.bytes)) != nil
        }
    }

    func contains(_ bytes: Bytes, _ engine: UnsafeMutablePointer<Engine>) -> Bool {
        var probe = SetProbe(bytes)
        return contains(&probe, engine)
    }

    /// Calls `body` with every member, which must not change the set: integers ascending in an
    /// intset, in the order of their coming in a listpack, in no order in a table.
    @inline(__always)
    func forEach(_ body: (PackedItem) -> Void) {
        switch encoding {
        case .intset:
            let set = intSet
            for i in 0..<set.count { body(PackedItem(integer: set.value(at: i))) }
        case .listpack: block.forEach { body($1) }
        default: MemberTable.forEachAhead(table) { body(PackedItem($0.key)) }
        }
    }

    /// The same, until `body` returns false.
    func forEachWhile(_ body: (PackedItem) -> Bool) {
        switch encoding {
        case .intset:
            for i in 0..<intSet.count where !body(PackedItem(integer: intSet.value(at: i))) {
                return
            }
        case .listpack:
            var next = block.first
            while let p = next {
                if !body(block.item(at: p)) { return }
                next = block.next(p)
            }
        default:
            for i in 0..<table.pointee.bucketCount {
                var goesOn = true
                table.pointee.forEach(in: table.pointee.bucket(i)) { element in
                    if goesOn { goesOn = body(PackedItem(element.key)) }
                }
                if !goesOn { return }
            }
        }
    }

    /// A member at random, each as likely as any other; the set must not be empty.
    func randomItem(_ engine: UnsafeMutablePointer<Engine>) -> PackedItem {
        switch encoding {
        case .intset:
            return PackedItem(
                integer: intSet.value(at: engine.pointee.random.below(intSet.count)))
        case .listpack:
            let offset = block.at(engine.pointee.random.below(block.count))
            return block.item(at: offset ?? Listpack.headerBytes)
        default:
            guard let element = table.pointee.fairElement(&engine.pointee.random) else {
                return PackedItem(Bytes(""))
            }
            return PackedItem(element.key)
        }
    }
}

extension Table {
    /// Calls `body` with every element, having asked for those of the next buckets.
    static func forEachAhead(_ table: UnsafeMutablePointer<Self>, _ body: (Element) -> Void) {
        let count = table.pointee.bucketCount
        let distance = 4
        for i in 0..<min(distance, count) { table.pointee.prefetchElements(ofBucket: i) }
        for i in 0..<count {
            if i &+ distance < count {
                table.pointee.prefetchElements(ofBucket: i &+ distance)
            }
            table.pointee.forEach(in: table.pointee.bucket(i), body)
        }
    }
}
