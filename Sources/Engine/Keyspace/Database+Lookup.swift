// The primitives that find keys. Every command goes through one of these.
//
// A key past its time is never seen: finding one removes it (or, while expiry is paused, hides it).

import Memory

package typealias Position = EntryPosition

/// Where an entry stands in its table. Valid until the keyspace changes.
package struct EntryPosition {
    let inner: Table<Entry>.Position

    @inline(__always)
    init(_ inner: Table<Entry>.Position) { self.inner = inner }

    @inline(__always)
    package var entry: Entry { inner.element }
}

extension Database {
    /// Whether the entry is past its time. Redis 7.4: strictly later than the deadline.
    @inline(__always)
    package func isExpired(_ entry: Entry) -> Bool {
        entry.hasDeadline && entry.deadline < engine.pointee.now
    }

    /// Finds a key to read: counts a hit or a miss and touches the eviction clock.
    @inline(__always)
    package mutating func lookupRead(
        _ key: Bytes, _ hash: UInt64, touch: Bool = true
    ) -> Entry? {
        guard let position = table.find(key, hash), !isGone(position, key, hash) else {
            engine.pointee.statistics.keyspaceMisses &+= 1
            return nil
        }
        engine.pointee.statistics.keyspaceHits &+= 1
        let entry = position.element
        if touch { entry.touch(engine) }
        return entry
    }

    /// Finds a key to change. No hit or miss is counted; the eviction clock is touched.
    ///
    /// Whoever changes the entry in place does so at once, then calls `changed`.
    @inline(__always)
    package mutating func lookupWrite(
        _ key: Bytes, _ hash: UInt64, touch: Bool = true
    ) -> Position? {
        guard let position = table.find(key, hash), !isGone(position, key, hash) else { return nil }
        if touch { position.element.touch(engine) }
        return Position(position)
    }

    /// Finds a key without counting or touching (MEMORY USAGE, SCAN, DEBUG).
    package mutating func peek(_ key: Bytes, _ hash: UInt64) -> Entry? {
        guard let position = table.find(key, hash), !isGone(position, key, hash) else { return nil }
        return position.element
    }

    @inline(__always)
    private mutating func isGone(
        _ position: Table<Entry>.Position, _ key: Bytes, _ hash: UInt64
    ) -> Bool {
        guard position.element.hasDeadline else { return false }
        return isGoneSlowly(position)
    }

    @inline(never)
    private mutating func isGoneSlowly(_ position: Table<Entry>.Position) -> Bool {
        guard isExpired(position.element) else { return false }
        if !engine.pointee.expiryPaused {
            engine.pointee.statistics.lazilyExpiredKeys += 1
            expire(position)
        }
        return true
    }

    /// Whether the key is there and past its time. Changes nothing.
    package func holdsExpired(_ key: Bytes, _ hash: UInt64) -> Bool {
        guard let position = table.find(key, hash) else { return false }
        return isExpired(position.element)
    }

    /// Removes the key if it is past its time; false while expiry is paused or if it is not.
    mutating func removeIfExpired(_ key: Bytes, _ hash: UInt64) -> Bool {
        guard let position = table.find(key, hash), isExpired(position.element),
            !engine.pointee.expiryPaused
        else { return false }
        expire(position)
        return true
    }

    /// Removes an entry because its time has passed.
    mutating func expire(_ position: Table<Entry>.Position) {
        engine.pointee.statistics.expiredKeys += 1
        if !engine.pointee.observers.isEmpty { noteObserved(position.element.key) }
        remove(Position(position))
    }
}

extension Entry {
    /// Notes an access in the eviction clock.
    ///
    /// Takes the engine by pointer: a method of the engine or the database would have its whole
    /// struct copied for the call.
    @inline(__always)
    func touch(_ engine: UnsafeMutablePointer<Engine>) {
        if engine.pointee.usesLFU {
            touchLFU(engine)
        } else if clock != engine.pointee.lruClock {
            // Written only when it changes: a read then leaves the cache line clean.
            clock = engine.pointee.lruClock
        }
    }

    @inline(never)
    private func touchLFU(_ engine: UnsafeMutablePointer<Engine>) {
        clock = EvictionClock.touchedLFU(
            clock, now: engine.pointee.now, parameters: engine.pointee.settings.eviction,
            random: &engine.pointee.random)
    }
}
