// Primitives that change a string in place (APPEND, SETRANGE, SETBIT, PFADD) and that copy a value
// (COPY).
//
// As with every change in place: find with `lookupWrite`, change at once, then call `changed`.

import CMachine
import Memory

extension Database {
    /// Makes the string at `position` `count` bytes long, which is no less than it was, and lends
    /// its bytes to be written at once: first the old ones, then uninitialised ones.
    ///
    /// What Redis calls raw from then on. A string that grows beyond an entry moves into a blob
    /// with as much room again, up to 1 MiB, so that appending costs O(1) per byte in the long run.
    /// A blob that is also on its way to a client is copied first.
    package mutating func editString(
        _ position: Position, count: Int
    ) -> UnsafeMutablePointer<UInt8> {
        let old = position.entry
        assert(old.isString && count >= old.stringLength)
        if old.encoding == .blob { return editBlob(old, count) }
        if count > Self.largestEdited { return moveToBlob(position, count) }
        let integer: Int64? = old.encoding == .integer ? old.integerValue : nil
        let entry = resize(position, .rawEmbedded, valueBytes: count)
        let bytes = (entry.raw + entry.valueOffset).assumingMemoryBound(to: UInt8.self)
        if let integer { _ = IntegerText.write(integer, to: bytes) }
        return bytes
    }

    /// As `editString`, with zeros behind the old bytes.
    package mutating func editZeroPadded(
        _ position: Position, count: Int
    ) -> UnsafeMutablePointer<UInt8> {
        let length = position.entry.stringLength
        if count - length >= Self.largeGrowth {
            // Zeros that nobody has to write; the old bytes are copied, as growing might do too.
            let blob = SharedBlob.zeros(count: count)
            position.entry.withString { machine_copy(blob.bytes, $0.base, $0.count) }
            replaceByBlob(position, blob)
            return blob.bytes
        }
        let bytes = editString(position, count: count)
        if count > length { (bytes + length).update(repeating: 0, count: count - length) }
        return bytes
    }

    /// A string that grows by at least so much gets zeros from the allocator.
    private static var largeGrowth: Int { 1 << 20 }

    /// Puts a blob in place of the string at `position`, consuming one reference. Its deadline stays.
    package mutating func replaceByBlob(_ position: Position, _ blob: SharedBlob) {
        let entry = position.entry
        if entry.encoding == .blob {
            entry.blobValue.release()
            entry.pointerValue = blob.raw
        } else {
            resize(position, .blob, valueBytes: 8).pointerValue = blob.raw
        }
    }

    /// Cuts the string at `position`, which `editString` has lent last, to its first `count` bytes.
    package mutating func cutString(_ position: Position, count: Int) {
        let entry = position.entry
        assert(count <= entry.stringLength)
        if entry.encoding == .blob {
            assert(entry.blobValue.isUnique)
            entry.blobValue.count = count
        } else {
            _ = resize(position, .rawEmbedded, valueBytes: count)
        }
    }

    /// A new key with a string of `count` zeros, raw in Redis's words; lends the bytes.
    package mutating func insertZeros(
        _ key: Bytes, _ hash: UInt64, count: Int
    ) -> UnsafeMutablePointer<UInt8> {
        let blob = SharedBlob.zeros(count: count)
        if count > Self.largestEdited {
            setString(key, hash, nil, .blob(blob))
            return blob.bytes
        }
        setString(key, hash, nil, .bytes(blob.view), encoding: .rawEmbedded)
        blob.release()
        let entry = table.find(key, hash).unsafelyUnwrapped.element
        return (entry.raw + entry.valueOffset).assumingMemoryBound(to: UInt8.self)
    }

    private func editBlob(_ entry: Entry, _ count: Int) -> UnsafeMutablePointer<UInt8> {
        var blob = entry.blobValue
        if !blob.isUnique || blob.capacity < count {
            blob = blob.growing(to: count > blob.count ? Self.withSlack(count) : count)
            entry.pointerValue = blob.raw
        }
        blob.count = count
        return blob.bytes
    }

    private mutating func moveToBlob(
        _ position: Position, _ count: Int
    ) -> UnsafeMutablePointer<UInt8> {
        let blob = SharedBlob.allocate(count: count, capacity: Self.withSlack(count))
        position.entry.withString { machine_copy(blob.bytes, $0.base, $0.count) }
        resize(position, .blob, valueBytes: 8).pointerValue = blob.raw
        return blob.bytes
    }

    private static func withSlack(_ count: Int) -> Int { count + min(count, 1 << 20) }

    /// The same key, deadline and leading value bytes in an entry with room for another value. The
    /// old value must hold no pointer.
    private mutating func resize(
        _ position: Position, _ encoding: Encoding, valueBytes: Int
    ) -> Entry {
        let old = position.entry
        let oldSize = old.size
        let kept = min(old.valueBytes, valueBytes)
        let size = old.valueOffset + valueBytes
        var header = old.header & ~(0xF << 4 | 0xFFFF << Entry.valueLengthShift)
        header |= UInt64(encoding.rawValue) << 4
        if encoding == .rawEmbedded { header |= UInt64(valueBytes) << Entry.valueLengthShift }
        if SlabHeap.footprint(oldSize) == SlabHeap.footprint(size) {
            old.header = header
            return old
        }
        let entry = Entry(raw: engine.pointee.heap.pointee.allocateEntry(size))
        machine_copy(entry.raw, old.raw, old.valueOffset + kept)
        entry.header = header
        table.replace(position.inner, with: entry)
        engine.pointee.heap.pointee.deallocateEntry(old.raw, oldSize)
        return entry
    }

    /// Puts a copy of another key's value, with its deadline, under `key`, which does not exist
    /// here. Long strings are shared until one of the two changes.
    /// - Complexity: O(1) for long strings, else O(bytes)
    package mutating func insertCopy(of entry: Entry, _ key: Bytes, _ hash: UInt64) {
        var deadline = NewDeadline.none
        if let due = entry.deadlineIfAny { deadline = .at(due) }
        switch entry.encoding {
        case .embedded, .rawEmbedded:
            setString(
                key, hash, nil, .bytes(entry.embeddedBytes), deadline: deadline,
                encoding: entry.encoding)
        case .integer:
            setString(key, hash, nil, .integer(entry.integerValue), deadline: deadline)
        case .blob:
            entry.blobValue.retain()
            setString(key, hash, nil, .blob(entry.blobValue), deadline: deadline)
        case .packedList:
            setPointer(
                key, hash, nil, type: entry.type, encoding: .packedList,
                PackedList(raw: entry.pointerValue).copy().raw, deadline: deadline)
        case .listpack:
            setPointer(
                key, hash, nil, type: entry.type, encoding: .listpack,
                entry.packedBlock.copy(engine.pointee.heap).raw, deadline: deadline)
        case .intset:
            setPointer(
                key, hash, nil, type: entry.type, encoding: .intset,
                entry.intSet.copy(engine.pointee.heap).raw, deadline: deadline)
        case .hashTable:
            setPointer(
                key, hash, nil, type: entry.type, encoding: .hashTable,
                MemberTable.copy(entry.memberTable, engine), deadline: deadline)
        case .tree:
            setPointer(
                key, hash, nil, type: entry.type, encoding: .tree,
                TreeSet(raw: entry.pointerValue).copy(engine).raw, deadline: deadline)
        case .stream:
            setPointer(
                key, hash, nil, type: entry.type, encoding: .stream,
                entry.streamValue.copy().raw, deadline: deadline)
        case .listpackEx, .fieldTable:
            let copy = HashValue(entry, engine).copy()
            let new = setPointer(
                key, hash, nil, type: entry.type, encoding: entry.encoding, copy.raw,
                deadline: deadline)
            if let timer = entry.fieldTimer, timer.pointee.isArmed {
                armFields(new, hash, timer.pointee.time)
            }
        }
    }
}
