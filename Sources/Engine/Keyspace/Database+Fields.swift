// Fields of hashes that expire: which hash the expiry cycle has to look at, and when.
//
// Each database has a second wheel, of hashes that have fields with deadlines: one valid item for
// each, at the earliest of these or before it. What is due inside a hash its own form knows: a
// packed one has the deadlines in order, a big one has an index. So a field past its time goes on
// time, and a million of one hash go in bounded steps. As with keys, a field is past its time one
// millisecond after its deadline.
//
// Commands call `fieldsChanged` after they gave fields deadlines; the primitives that put a value
// under a key or take it away call `armFields` and `forgetFields`.

import Memory

extension Entry {
    /// Where a hash that can have deadlines keeps its timer; nil for everything else.
    var fieldTimer: UnsafeMutablePointer<FieldTimer>? {
        switch encoding {
        case .listpackEx:
            return withUnsafeMutablePointer(
                to: &ExpiringBlock(raw: pointerValue).cell.pointee.timer
            ) { $0 }
        case .fieldTable:
            return withUnsafeMutablePointer(
                to: &BigHash(raw: pointerValue).state.pointee.timer
            ) { $0 }
        default: return nil
        }
    }

    /// Whether the entry may have a timer: all that hot paths ask.
    @inline(__always)
    var mayHaveFieldTimer: Bool {
        let code = (header >> 4) & 15
        return code == UInt64(Encoding.listpackEx.rawValue)
            || code == UInt64(Encoding.fieldTable.rawValue)
    }
}

extension Database {
    /// Sees to it that the cycle looks at the hash when `due` has passed, if it would not before.
    mutating func armFields(_ entry: Entry, _ hash: UInt64, _ due: Int64) {
        guard due != 0, let timer = entry.fieldTimer else { return }
        if timer.pointee.isArmed {
            if timer.pointee.time <= due { return }
        } else {
            expiringHashCount += 1
        }
        setTimer(timer, hash, due)
    }

    private mutating func setTimer(
        _ timer: UnsafeMutablePointer<FieldTimer>, _ hash: UInt64, _ due: Int64
    ) {
        let time = max(1, due)
        timer.pointee = FieldTimer(
            time: time, generation: (timer.pointee.generation &+ 1) & 7)
        fieldWheel.add(
            hash: hash, generation: timer.pointee.generation, deadline: time + 1,
            now: engine.pointee.now)
    }

    /// A hash leaves this database; its timer keeps the time for `rearmFields`.
    @inline(__always)
    mutating func forgetFields(_ entry: Entry) {
        if entry.mayHaveFieldTimer { forgetFieldsSlowly(entry) }
    }

    @inline(never)
    private mutating func forgetFieldsSlowly(_ entry: Entry) {
        if let timer = entry.fieldTimer, timer.pointee.isArmed { expiringHashCount -= 1 }
    }

    /// A hash whose timer was armed elsewhere has come under a key of this database.
    mutating func rearmFields(_ entry: Entry, _ hash: UInt64) {
        guard let timer = entry.fieldTimer, timer.pointee.isArmed else { return }
        expiringHashCount += 1
        setTimer(timer, hash, timer.pointee.time)
    }

    /// No field of the hash has a deadline any more.
    mutating func disarmFields(_ entry: Entry) {
        guard let timer = entry.fieldTimer, timer.pointee.isArmed else { return }
        timer.pointee.disarm()
        expiringHashCount -= 1
    }

    // MARK: The cycle

    /// Hashes that one step looks at, and items of their fields.
    private static var hashesAtOnce: Int { 8 }
    private static var fieldsAtOnce: Int { 64 }

    /// One bounded step; false when nothing is due.
    mutating func expireSomeFields(_ items: UnsafeMutablePointer<UInt64>) -> Bool {
        guard fieldWheel.chunkBytes > 0 else { return false }
        fieldWheel.advance(to: engine.pointee.now)
        let (taken, _) = fieldWheel.take(into: items, max: Self.hashesAtOnce)
        if taken > 0 {
            processFields(items, taken)
            return true
        }
        if !fieldWheel.isPurging {
            guard fieldWheel.wantsPurge(live: expiringHashCount) else { return false }
            fieldWheel.beginPurge()
        }
        let purged = fieldWheel.purgeNext(into: items, max: Self.hashesAtOnce)
        processFields(items, purged)
        return purged > 0
    }

    private mutating func processFields(_ items: UnsafeMutablePointer<UInt64>, _ count: Int) {
        for i in 0..<count { table.prefetchBucket(items[i]) }
        for i in 0..<count { table.prefetchElement(items[i]) }
        for i in 0..<count {
            let generation = ExpiryItem.generation(items[i])
            let found = table.find(hash: items[i], mask: ~ExpiryItem.generationMask) { entry in
                guard let timer = entry.fieldTimer else { return false }
                return timer.pointee.isArmed && timer.pointee.generation == generation
            }
            guard let position = found, let timer = position.element.fieldTimer else { continue }
            if timer.pointee.time < engine.pointee.now {
                _ = expireFields(Position(position), items[i], limit: Self.fieldsAtOnce / count)
            } else {
                setTimer(timer, items[i], timer.pointee.time)
            }
        }
    }

    /// Removes fields past their time, about `limit` of a big hash, and the key with the last one;
    /// then sets the timer anew. True if the key is gone.
    mutating func expireFields(_ position: Position, _ hash: UInt64, limit: Int) -> Bool {
        let entry = position.entry
        let value = HashValue(entry, engine)
        let gone: (count: Int, earliest: Int64, next: Int64)
        if value.isPacked {
            gone = expirePacked(value.expiring)
        } else {
            gone = value.big.expireSome(limit, engine)
        }
        if gone.count > 0 {
            engine.pointee.statistics.expiredFields += gone.count
            noteLag(gone.earliest)
            changed(entry.key, by: 0)
            if value.count == 0 {
                remove(position)
                return true
            }
        }
        guard let timer = entry.fieldTimer else { return false }
        if gone.next == .max {
            disarmFields(entry)
        } else {
            if !timer.pointee.isArmed { expiringHashCount += 1 }
            setTimer(timer, hash, gone.next - 1)
        }
        return false
    }

    private func expirePacked(
        _ hash: ExpiringBlock
    ) -> (count: Int, earliest: Int64, next: Int64) {
        let earliest = hash.earliestDeadline
        let count = hash.expired(engine.pointee.now)
        if count > 0 {
            var block = hash.block
            block.delete(at: Listpack.headerBytes, count: count * 3, engine.pointee.heap)
            hash.block = block
        }
        let next = hash.earliestDeadline
        return (count, earliest, next == 0 ? .max : next + 1)
    }

    // MARK: On access

    /// Removes one field that a command found past its time, and the key with the last one (true
    /// then). Nothing happens while expiry is paused.
    mutating func expireField(_ key: Bytes, _ hash: UInt64, _ name: Bytes) -> Bool {
        guard !engine.pointee.expiryPaused, let position = table.find(key, hash) else {
            return false
        }
        var value = HashValue(position.element, engine)
        guard value.remove(name) else { return false }
        value.save(to: position.element)
        engine.pointee.statistics.expiredFields += 1
        changed(key, by: 0)
        guard value.count == 0 else { return false }
        remove(Position(position))
        return true
    }

    /// Removes all fields past their time, however many; true if the key went with them.
    mutating func expireAllFields(_ key: Bytes, _ hash: UInt64) -> Bool {
        guard !engine.pointee.expiryPaused, let position = table.find(key, hash) else {
            return false
        }
        while position.element.fieldTimer.map({
            $0.pointee.isArmed && $0.pointee.time < engine.pointee.now
        }) == true {
            if expireFields(Position(position), hash, limit: .max) { return true }
        }
        return false
    }
}
