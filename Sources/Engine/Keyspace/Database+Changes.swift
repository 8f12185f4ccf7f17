// The primitives that change the keyspace: insert, overwrite, set and clear deadlines, remove,
// rename. No command changes an entry or the table in any other way, but for a value that changes
// in place after `lookupWrite` (a list that is pushed to), which is followed by `changed`.
//
// So this file, with Database+Lookup, is the one place where whatever must see every change hooks
// in: the snapshot walker before it; the log, replicas, notifications, tracking and watched keys
// after it.

import CMachine
import Memory

/// A string value on its way into an entry.
package enum NewString {
    case bytes(Bytes)
    case integer(Int64)
    /// Consumes one reference.
    case blob(SharedBlob)
}

/// What becomes of a key's deadline when its value is overwritten.
package enum NewDeadline {
    case none
    case keep
    case at(Int64)
}

extension Database {
    /// Strings longer than this live in a SharedBlob, shorter ones in the entry.
    static var largestEmbedded: Int { 4096 }
    /// What is edited in place and grows beyond this goes to a blob, which has room to grow.
    static var largestEdited: Int { 512 }

    /// Notes a change to the keyspace, after it was made: `by` is what Redis adds to its count of
    /// changes since the last save.
    @inline(__always)
    package mutating func changed(_ key: Bytes, by count: Int = 1) {
        engine.pointee.changes &+= count
        if !engine.pointee.observers.isEmpty { noteObserved(key) }
    }

    // MARK: Strings

    /// Sets `key` to a string, whatever it held: in place if the allocation fits.
    @inline(__always)
    package mutating func setString(
        _ key: Bytes, _ hash: UInt64, _ position: Position?, _ value: NewString,
        deadline: NewDeadline = .none, encoding: Encoding = .embedded
    ) {
        let due: Int64?
        switch deadline {
        case .none: due = nil
        case .keep: due = position?.entry.deadlineIfAny
        case .at(let time): due = time
        }
        switch value {
        case .bytes(let bytes):
            if bytes.count > Self.largestEdited { engine.pointee.usesLongValues = true }
            if bytes.count > Self.largestEmbedded {
                setLong(key, hash, position, bytes, due)
                return
            }
            let entry = reserve(
                key, hash, position, .string, encoding, valueBytes: bytes.count, due)
            machine_copy(entry.raw + entry.valueOffset, bytes.base, bytes.count)
        case .integer(let integer):
            reserve(key, hash, position, .string, .integer, valueBytes: 8, due).integerValue =
                integer
        case .blob(let blob):
            reserve(key, hash, position, .string, .blob, valueBytes: 8, due).pointerValue =
                blob.raw
        }
    }

    /// A long string: into the blob that is there if it fits and nobody else holds it.
    @inline(never)
    private mutating func setLong(
        _ key: Bytes, _ hash: UInt64, _ position: Position?, _ bytes: Bytes, _ due: Int64?
    ) {
        if let entry = position?.entry, entry.isString, entry.encoding == .blob {
            let blob = entry.blobValue
            if blob.isUnique, blob.capacity >= bytes.count, blob.capacity <= bytes.count * 2 {
                blob.retain()
                let target = reserve(
                    key, hash, position, .string, .blob, valueBytes: 8, due)
                blob.bytes.update(from: bytes.base, count: bytes.count)
                blob.count = bytes.count
                target.pointerValue = blob.raw
                return
            }
        }
        let blob = SharedBlob.allocate(count: bytes.count, capacity: bytes.count)
        blob.bytes.update(from: bytes.base, count: bytes.count)
        reserve(key, hash, position, .string, .blob, valueBytes: 8, due).pointerValue = blob.raw
    }

    // MARK: Other types

    /// Sets `key` to a value behind a pointer, whatever it held. Takes the value over.
    @discardableResult
    package mutating func setPointer(
        _ key: Bytes, _ hash: UInt64, _ position: Position?, type: ValueType,
        encoding: Encoding, _ pointer: UnsafeMutableRawPointer, deadline: NewDeadline = .none
    ) -> Entry {
        let due: Int64?
        switch deadline {
        case .none: due = nil
        case .keep: due = position?.entry.deadlineIfAny
        case .at(let time): due = time
        }
        let entry = reserve(key, hash, position, type, encoding, valueBytes: 8, due)
        entry.pointerValue = pointer
        if position == nil { signal(key, hash, type) }
        return entry
    }

    // MARK: The entry under all of them

    /// An entry for `key` with room for the value, in the table: made anew, or the old one's
    /// allocation where it fits. The old value is freed. The caller writes the value.
    @inline(__always)
    private mutating func reserve(
        _ key: Bytes, _ hash: UInt64, _ position: Position?, _ type: ValueType,
        _ encoding: Encoding, valueBytes: Int, _ due: Int64?
    ) -> Entry {
        let size = Entry.size(
            keyLength: key.count, valueBytes: valueBytes, hasDeadline: due != nil)
        let embedded = encoding.rawValue <= Encoding.rawEmbedded.rawValue ? valueBytes : 0
        var header = Entry.header(
            type, encoding, keyLength: key.count, hasDeadline: due != nil,
            embeddedLength: embedded)
        header |= UInt64(clock(over: position)) << Entry.clockShift
        guard let position else {
            return insertNew(key, hash, header, size, due)
        }
        let old = position.entry
        let sameShape = old.hasDeadline == (due != nil)
        if sameShape, old.encoding.holdsNoPointer,
            SlabHeap.footprint(old.size) == SlabHeap.footprint(size)
        {
            header |= UInt64(old.generation) << Entry.generationShift
            if let due { moveDeadline(old, hash, from: old.deadline, to: due, &header) }
            old.header = header
            if let due { old.deadline = due }
            return old
        }
        return replaceEntry(key, hash, position, header, size, due)
    }

    /// The eviction clock of a value set now: its access counter outlives the value before it.
    @inline(__always)
    private func clock(over position: Position?) -> UInt32 {
        if engine.pointee.usesLFU {
            return position?.entry.clock ?? engine.pointee.initialClock
        }
        return engine.pointee.lruClock
    }

    @inline(__always)
    private mutating func insertNew(
        _ key: Bytes, _ hash: UInt64, _ header: UInt64, _ size: Int, _ due: Int64?
    ) -> Entry {
        let entry = Entry(raw: engine.pointee.heap.pointee.allocateEntry(size))
        entry.header = header
        if let due { armNew(entry, hash, due) }
        writeKey(key, to: entry)
        table.insert(entry, hash)
        return entry
    }

    @inline(__always)
    private func writeKey(_ key: Bytes, to entry: Entry) {
        if key.count >= Entry.longKeyBytes {
            (entry.raw + (entry.hasDeadline ? 16 : 8)).storeBytes(
                of: UInt32(key.count), as: UInt32.self)
        }
        machine_copy(entry.raw + entry.keyOffset, key.base, key.count)
    }

    @inline(never)
    private mutating func replaceEntry(
        _ key: Bytes, _ hash: UInt64, _ position: Position, _ header: UInt64, _ size: Int,
        _ due: Int64?
    ) -> Entry {
        let old = position.entry
        signalLoss(of: old)
        let entry = Entry(raw: engine.pointee.heap.pointee.allocateEntry(size))
        entry.header = header
        if let due {
            if old.hasDeadline {
                var renewed = header | UInt64(old.generation) << Entry.generationShift
                moveDeadline(old, hash, from: old.deadline, to: due, &renewed)
                entry.header = renewed
                entry.deadline = due
            } else {
                armNew(entry, hash, due)
            }
        } else if old.hasDeadline {
            volatileCount -= 1
        }
        writeKey(key, to: entry)
        table.replace(position.inner, with: entry)
        forgetFields(old)
        engine.pointee.lazyFree.release(valueOf: old, engine.pointee.heap)
        engine.pointee.heap.pointee.deallocateEntry(old.raw, old.size)
        return entry
    }

    // MARK: Deadlines

    /// Puts a new deadline into an entry that has room for one, and an item into the wheel.
    @inline(never)
    private mutating func armNew(_ entry: Entry, _ hash: UInt64, _ due: Int64) {
        entry.deadline = due
        entry.generation = engine.pointee.nextGeneration()
        volatileCount += 1
        armWheel(hash, entry.generation, due)
    }

    /// A deadline that is put off leaves its item where it is: when that comes due, the cycle finds
    /// the later deadline and adds a new one. So a session refreshed often piles up nothing.
    @inline(never)
    private mutating func moveDeadline(
        _ entry: Entry, _ hash: UInt64, from old: Int64, to new: Int64, _ header: inout UInt64
    ) {
        guard new < old else { return }
        let generation = (entry.generation &+ 1) & 7
        header =
            (header & ~(7 << Entry.generationShift))
            | UInt64(generation) << Entry.generationShift
        armWheel(hash, generation, new)
    }

    func armedDeadline(_ due: Int64) -> Int64 { due == .max ? due : due + 1 }

    mutating func armWheel(_ hash: UInt64, _ generation: UInt8, _ due: Int64) {
        // A key is past its time one millisecond after its deadline.
        wheel.add(
            hash: hash, generation: generation, deadline: armedDeadline(due),
            now: engine.pointee.now)
    }

    /// Gives the key a deadline, unix milliseconds. The entry may move: use the returned one.
    @discardableResult
    package mutating func setDeadline(
        _ position: Position, _ hash: UInt64, _ due: Int64
    ) -> Entry {
        let old = position.entry
        if old.hasDeadline {
            var header = old.header
            moveDeadline(old, hash, from: old.deadline, to: due, &header)
            old.header = header
            old.deadline = due
            return old
        }
        let entry = reshape(position, hasDeadline: true)
        armNew(entry, hash, due)
        return entry
    }

    /// Takes the deadline away, if there is one. The entry may move: use the returned one.
    @discardableResult
    package mutating func clearDeadline(_ position: Position) -> Entry {
        guard position.entry.hasDeadline else { return position.entry }
        volatileCount -= 1
        return reshape(position, hasDeadline: false)
    }

    /// The same key and value in an entry with or without room for a deadline.
    private mutating func reshape(_ position: Position, hasDeadline: Bool) -> Entry {
        let old = position.entry
        let valueBytes = old.valueBytes
        let oldSize = old.size
        let size = Entry.size(
            keyLength: old.keyLength, valueBytes: valueBytes, hasDeadline: hasDeadline)
        let entry = Entry(raw: engine.pointee.heap.pointee.allocateEntry(size))
        entry.header =
            (old.header & ~Entry.deadlineFlag) | (hasDeadline ? Entry.deadlineFlag : 0)
        writeKey(old.key, to: entry)
        machine_copy(entry.raw + entry.valueOffset, old.raw + old.valueOffset, valueBytes)
        table.replace(position.inner, with: entry)
        engine.pointee.heap.pointee.deallocateEntry(old.raw, oldSize)
        return entry
    }

    // MARK: Removing and renaming

    /// Removes the key; a big value is freed in slices.
    package mutating func remove(_ position: Position) {
        let entry = position.entry
        signalLoss(of: entry)
        if entry.hasDeadline { volatileCount -= 1 }
        forgetFields(entry)
        table.remove(position.inner)
        hasHeldKeys = true
        engine.pointee.lazyFree.release(valueOf: entry, engine.pointee.heap)
        engine.pointee.heap.pointee.deallocateEntry(entry.raw, entry.size)
    }

    /// Takes the key out of this database but keeps its value: the caller puts `Detached` back
    /// under another key or into another database with `attach`.
    package mutating func take(_ position: Position) -> DetachedValue {
        let entry = position.entry
        signalLoss(of: entry)
        if entry.hasDeadline { volatileCount -= 1 }
        forgetFields(entry)
        table.remove(position.inner)
        hasHeldKeys = true
        return DetachedValue(entry: entry)
    }

    /// Puts a value taken out before under `key`, which must not exist here, with its deadline. Its
    /// eviction clock starts anew, as in Redis.
    package mutating func attach(_ value: consuming DetachedValue, _ key: Bytes, _ hash: UInt64) {
        let old = value.entry
        let due = old.deadlineIfAny
        let valueBytes = old.valueBytes
        let size = Entry.size(
            keyLength: key.count, valueBytes: valueBytes, hasDeadline: due != nil)
        let dropped = Entry.longKeyFlag | (0xFF << Entry.keyLengthShift) | Entry.clockMask
        let shape = Entry.header(
            old.type, old.encoding, keyLength: key.count, hasDeadline: due != nil,
            embeddedLength: old.embeddedLength)
        let clock = UInt64(engine.pointee.initialClock) << Entry.clockShift
        let header = (old.header & ~dropped) | shape | clock
        let entry = insertNew(key, hash, header, size, due)
        machine_copy(entry.raw + entry.valueOffset, old.raw + old.valueOffset, valueBytes)
        let type = old.type
        engine.pointee.heap.pointee.deallocateEntry(old.raw, old.size)
        signal(key, hash, type)
        rearmFields(entry, hash)
    }
}

/// An entry that is in no table for the moment.
package struct DetachedValue: ~Copyable {
    let entry: Entry
}

extension Encoding {
    /// Whether overwriting the value frees nothing but the entry.
    @inline(__always)
    var holdsNoPointer: Bool { UInt32(1) &<< UInt32(rawValue) & 0b1011 != 0 }
}
