// The hash value: one of three forms behind one interface.
//
//     listpack      PackedBlock: name, value, name, value
//     listpackEx    ExpiringBlock: the same with deadlines
//     fieldTable    BigHash
//
// Commands make one of an entry, change it, and `save` it; whoever builds a hash from items
// (RESTORE, a copy) makes an empty one, sets fields and hands `encoding` and `raw` to the keyspace.
// A hash becomes larger forms as Redis's does, and never turns back. Whether a field is past its
// time is the caller's to ask (`isExpired`): nothing here hides one.

import Memory

/// A field as a lookup finds it; valid until the next change.
package struct HashField {
    package let value: PackedItem
    /// Unix milliseconds after which it is gone; 0 for one that stays.
    package let deadline: Int64
}

/// When a hash stops being a block: hash-max-listpack-entries and hash-max-listpack-value.
package struct HashLimits {
    package var entries = 512
    package var valueBytes = 64

    package init() {}

    package init(entries: Int, valueBytes: Int) {
        self.entries = entries
        self.valueBytes = valueBytes
    }
}

/// Handle to a hash; copying the handle copies nothing.
package struct HashValue {
    package private(set) var encoding: Encoding
    package private(set) var raw: UnsafeMutableRawPointer
    let engine: UnsafeMutablePointer<Engine>

    /// The value of an entry of type `hash`.
    @inline(__always)
    package init(_ entry: Entry, _ engine: UnsafeMutablePointer<Engine>) {
        self.init(encoding: entry.encoding, raw: entry.pointerValue, engine)
    }

    @inline(__always)
    init(
        encoding: Encoding, raw: UnsafeMutableRawPointer, _ engine: UnsafeMutablePointer<Engine>
    ) {
        self.encoding = encoding
        self.raw = raw
        self.engine = engine
    }

    @inline(__always) var heap: UnsafeMutablePointer<SlabHeap> { engine.pointee.heap }

    /// The block of a `listpack`.
    @inline(__always) var block: PackedBlock { PackedBlock(raw: raw) }
    /// The value of a `listpackEx`.
    @inline(__always) var expiring: ExpiringBlock { ExpiringBlock(raw: raw) }
    /// The value of a `fieldTable`.
    @inline(__always) var big: BigHash { BigHash(raw: raw) }

    @inline(__always) private static func isBlock(_ encoding: Encoding) -> Bool {
        encoding.rawValue == Encoding.listpack.rawValue
    }

    var isPacked: Bool { encoding.rawValue != Encoding.fieldTable.rawValue }

    // MARK: Life

    /// A hash without fields: the caller gives it some before it stands under a key.
    package static func create(_ engine: UnsafeMutablePointer<Engine>) -> HashValue {
        HashValue(
            encoding: .listpack, raw: PackedBlock.create(engine.pointee.heap).raw, engine)
    }

    /// A hash of a whole block of names and values, or of names, values and deadlines in Redis's
    /// order; the bytes have been found valid.
    package static func create(
        copying bytes: Bytes, withDeadlines: Bool, _ engine: UnsafeMutablePointer<Engine>
    ) -> HashValue {
        let heap = engine.pointee.heap
        let block = PackedBlock.create(copying: bytes, heap)
        guard withDeadlines else {
            return HashValue(encoding: .listpack, raw: block.raw, engine)
        }
        return HashValue(
            encoding: .listpackEx, raw: ExpiringBlock.create(block, heap).raw, engine)
    }

    /// The same fields in memory of their own, deadlines included.
    package func copy() -> HashValue {
        let copied: UnsafeMutableRawPointer
        switch encoding {
        case .listpackEx: copied = expiring.copy(heap).raw
        case .fieldTable: copied = big.copy(engine).raw
        default: copied = block.copy(heap).raw
        }
        return HashValue(encoding: encoding, raw: copied, engine)
    }

    /// Frees a hash that no key holds, at once or in slices.
    package func free() {
        let value = BigValue(type: .hash, encoding: encoding, raw: raw)
        engine.pointee.lazyFree.release(value, heap)
    }

    /// Notes in the entry that holds the hash what has become of it.
    @inline(__always)
    package func save(to entry: Entry) {
        // The new form may lie where the old one lay.
        if entry.pointerValue != raw || entry.encoding.rawValue != encoding.rawValue {
            entry.setPointer(encoding, raw)
        }
    }

    // MARK: Reading

    /// Number of fields, those past their time but not removed yet included.
    package var count: Int {
        switch encoding {
        case .listpackEx: expiring.block.count / 3
        case .fieldTable: big.count
        default: block.count / 2
        }
    }

    /// The field of that name; `hash` is the name's if it is known, else 0.
    @inline(__always)
    package func find(_ name: Bytes, _ hash: UInt64 = 0) -> HashField? {
        if Self.isBlock(encoding) {
            guard let place = block.find(PackedNeedle(name), skipping: 1) else { return nil }
            return HashField(value: block.item(at: block.after(place)), deadline: 0)
        }
        if isPacked { return findExpiring(name) }
        let hash = hash == 0 ? engine.pointee.hash(name) : hash
        guard let field = big.find(name, hash)?.element else { return nil }
        return HashField(value: PackedItem(field.value), deadline: field.deadline)
    }

    @inline(never)
    private func findExpiring(_ name: Bytes) -> HashField? {
        let block = expiring.block
        guard let place = block.find(PackedNeedle(name), skipping: 2) else { return nil }
        let value = block.after(place)
        return HashField(
            value: block.item(at: value), deadline: block.item(at: block.after(value)).integer)
    }

    /// Whether a field with that deadline is past its time.
    @inline(__always)
    package func isExpired(_ deadline: Int64) -> Bool {
        deadline != 0 && deadline < engine.pointee.now
    }

    /// Whether no field has a deadline, as far as is quickly known.
    package var isStable: Bool {
        switch encoding {
        case .listpackEx: expiring.earliestDeadline == 0
        case .fieldTable: big.isStable
        default: true
        }
    }

    /// The earliest deadline of all fields, those past their time included; 0 if none has one.
    /// - Complexity: O(fields) of a big hash with deadlines
    package var earliestDeadline: Int64 {
        switch encoding {
        case .listpackEx: expiring.earliestDeadline
        case .fieldTable: big.earliestDeadline
        default: 0
        }
    }

    /// Calls `body` with name, value and deadline of each field, in the order of a reply.
    package func forEach(_ body: (PackedItem, PackedItem, Int64) -> Void) {
        Self.forEach(encoding, raw, body)
    }

    static func forEach(
        _ encoding: Encoding, _ raw: UnsafeMutableRawPointer,
        _ body: (PackedItem, PackedItem, Int64) -> Void
    ) {
        switch encoding {
        case .listpackEx:
            let block = ExpiringBlock(raw: raw).block
            var next = block.first
            while let name = next {
                let value = block.after(name)
                let time = block.after(value)
                body(block.item(at: name), block.item(at: value), block.item(at: time).integer)
                next = block.next(time)
            }
        case .fieldTable:
            BigHash(raw: raw).state.pointee.table.forEach { field in
                body(PackedItem(field.key), PackedItem(field.value), field.deadline)
            }
        default:
            let block = PackedBlock(raw: raw)
            var next = block.first
            while let name = next {
                let value = block.after(name)
                body(block.item(at: name), block.item(at: value), 0)
                next = block.next(value)
            }
        }
    }

    /// Number of fields past their time.
    var expiredCount: Int {
        var count = 0
        switch encoding {
        case .listpackEx: count = expiring.expired(engine.pointee.now)
        case .fieldTable:
            if big.isStable { break }
            forEach { if isExpired($2) { count += 1 } }
        default: break
        }
        return count
    }

    // MARK: Changing

    /// Makes the hash a table if a block is not to take these: more fields than a block may have,
    /// or a name or value longer than it takes (Redis looks at the arguments before it sets any).
    package mutating func prepare(
        for items: UnsafePointer<Bytes>, _ number: Int, _ limits: HashLimits
    ) {
        guard isPacked else { return }
        var mustConvert = number / 2 > limits.entries
        var sum = 0
        for i in 0..<number where !mustConvert {
            mustConvert = items[i].count > limits.valueBytes
            sum &+= items[i].count
        }
        if mustConvert || !packedElements.block.hasRoom(for: sum) { convertToTable() }
    }

    /// The block of either packed form, and how many elements of it make a field.
    var packedElements: (block: PackedBlock, width: Int) {
        Self.isBlock(encoding) ? (block, 2) : (expiring.block, 3)
    }

    /// Sets a field; true if it is a new one. `hash` is the name's if it is known, else 0. With
    /// `.at` the hash supports deadlines already (see `supportDeadlines`).
    @inline(__always)
    mutating func set(
        _ name: Bytes, _ value: Bytes, _ deadline: NewFieldDeadline, _ limits: HashLimits,
        hash: UInt64 = 0
    ) -> Bool {
        if !isPacked { return big.set(name, value, hash, deadline, engine) }
        return setPacked(name, value, deadline, limits)
    }

    private mutating func setPacked(
        _ name: Bytes, _ value: Bytes, _ deadline: NewFieldDeadline, _ limits: HashLimits
    ) -> Bool {
        if name.count > limits.valueBytes || value.count > limits.valueBytes {
            convertToTable()
            return big.set(name, value, 0, deadline, engine)
        }
        let isNew: Bool
        if Self.isBlock(encoding) {
            isNew = setInBlock(name, value)
        } else {
            isNew = setExpiring(name, value, deadline)
        }
        if count > limits.entries { convertToTable() }
        return isNew
    }

    private mutating func setInBlock(_ name: Bytes, _ value: Bytes) -> Bool {
        var block = block
        let place = block.find(PackedNeedle(name), skipping: 1)
        if let place {
            block.replace(at: block.after(place), with: ListpackEntry(value), heap)
        } else {
            block.append(ListpackEntry(name), ListpackEntry(value), on: heap)
        }
        raw = block.raw
        return place == nil
    }

    private func setExpiring(
        _ name: Bytes, _ value: Bytes, _ deadline: NewFieldDeadline
    ) -> Bool {
        let expiring = expiring
        var block = expiring.block
        guard let place = block.find(PackedNeedle(name), skipping: 2) else {
            var due: Int64 = 0
            if case .at(let time) = deadline { due = time }
            expiring.add(ListpackEntry(name), ListpackEntry(value), deadline: due, heap)
            return true
        }
        block.replace(at: block.after(place), with: ListpackEntry(value), heap)
        expiring.block = block
        let old = expiring.deadline(ofFieldAt: place)
        switch deadline {
        case .keep: break
        case .none: if old != 0 { expiring.setDeadline(0, ofFieldAt: place, heap) }
        case .at(let due): expiring.setDeadline(due, ofFieldAt: place, heap)
        }
        return false
    }

    /// Takes a field out; false if there is none of that name.
    package mutating func remove(_ name: Bytes, _ hash: UInt64 = 0) -> Bool {
        switch encoding {
        case .fieldTable:
            let hash = hash == 0 ? engine.pointee.hash(name) : hash
            guard let position = big.find(name, hash) else { return false }
            big.remove(position, heap)
        case .listpackEx:
            var block = expiring.block
            guard let place = block.find(PackedNeedle(name), skipping: 2) else { return false }
            block.delete(at: place, count: 3, heap)
            expiring.block = block
        default:
            var block = block
            guard let place = block.find(PackedNeedle(name), skipping: 1) else { return false }
            block.delete(at: place, count: 2, heap)
            raw = block.raw
        }
        return true
    }

    /// Gives a field that is there another deadline, 0 for none. The hash supports deadlines.
    package func setDeadline(_ name: Bytes, _ due: Int64) {
        if isPacked {
            guard let place = expiring.block.find(PackedNeedle(name), skipping: 2) else { return }
            expiring.setDeadline(due, ofFieldAt: place, heap)
        } else {
            let hash = engine.pointee.hash(name)
            guard let position = big.find(name, hash) else { return }
            big.setDeadline(position, hash, due, engine)
        }
    }

    // MARK: Forms

    /// Makes a `listpack` a `listpackEx`, so that fields can have deadlines.
    package mutating func supportDeadlines() {
        guard Self.isBlock(encoding) else { return }
        let old = block
        var new = PackedBlock.create(heap)
        let none = ListpackEntry(PackedItem(integer: 0))
        var next = old.first
        while let name = next {
            let value = old.after(name)
            new.append(
                ListpackEntry(old.item(at: name)), ListpackEntry(old.item(at: value)), none,
                on: heap)
            next = old.next(value)
        }
        old.free(heap)
        encoding = .listpackEx
        raw = ExpiringBlock.create(new, heap).raw
    }

    /// Makes a packed hash a table. The timer goes with it.
    @inline(never)
    package mutating func convertToTable() {
        assert(isPacked)
        let table = BigHash.create(engine)
        forEach { name, value, due in
            name.withText { name in
                value.withText { value in
                    table.insert(
                        name, value, engine.pointee.hash(name), due == 0 ? .none : .at(due),
                        engine)
                }
            }
        }
        if Self.isBlock(encoding) {
            block.free(heap)
        } else {
            table.state.pointee.timer = expiring.cell.pointee.timer
            expiring.free(heap)
        }
        encoding = .fieldTable
        raw = table.raw
    }
}
