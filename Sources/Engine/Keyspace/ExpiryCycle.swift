// The active side of expiry: takes due items out of the databases' wheels and removes the keys.
//
// An item is a hash and a generation. The entry it finds decides: past its time, it is removed;
// with a later deadline, a new item is added under the next generation, which makes every other
// item of that key stale; of another generation, or gone, the item is dropped. Lookups go in
// batches, prefetched, since they miss the cache nearly always.

import Memory

struct ExpiryCycle: ~Copyable {
    static let batch = 32
    let items: UnsafeMutablePointer<UInt64>
    /// The database whose turn it is.
    var cursor = 0
    var beginsWithFields = false

    init() { items = .allocate(capacity: Self.batch) }
    deinit { items.deallocate() }
}

extension Engine {
    /// One bounded piece of active expiry. Returns false when nothing is due.
    package mutating func expireSome() -> Bool {
        guard settings.activeExpiry, !expiryPaused else { return false }
        for _ in 0..<databaseCount {
            let index = expiry.cursor
            let database = databases + index
            // Keys and fields of hashes in turns: a storm of one must not keep the other waiting.
            expiry.beginsWithFields.toggle()
            if expiry.beginsWithFields, database.pointee.expireSomeFields(expiry.items) {
                return true
            }
            if database.pointee.expireSomeKeys(expiry.items) { return true }
            if !expiry.beginsWithFields, database.pointee.expireSomeFields(expiry.items) {
                return true
            }
            expiry.cursor = (index + 1) % databaseCount
        }
        return false
    }
}

extension ExpiryWheel {
    /// When the expiry cycle has to look at the wheel again; by pointer, lest it is copied.
    static func nextWork(
        _ wheel: UnsafePointer<ExpiryWheel>, _ live: Int, _ engine: UnsafeMutablePointer<Engine>
    ) -> Int64 {
        let isDue =
            wheel.pointee.pendingMask != 0
            || wheel.pointee.purgeSlot < ExpiryWheel.purgeEnd
            || ExpiryWheel.isWasteful(
                items: wheel.pointee.count, chunkBytes: wheel.pointee.chunkBytes, live: live)
        return isDue ? engine.pointee.now : wheel.pointee.nextEvent
    }
}

extension Database {
    /// One bounded step with keys; false when nothing is due.
    mutating func expireSomeKeys(_ items: UnsafeMutablePointer<UInt64>) -> Bool {
        guard wheel.chunkBytes > 0 else { return false }
        wheel.advance(to: engine.pointee.now)
        let (taken, _) = wheel.take(into: items, max: ExpiryCycle.batch)
        if taken > 0 {
            process(items, taken)
            return true
        }
        return purgeSome(items)
    }

    /// Decides about a batch of items that came due or have to move to a finer wheel.
    mutating func process(_ items: UnsafeMutablePointer<UInt64>, _ count: Int) {
        for i in 0..<count { table.prefetchBucket(items[i]) }
        for i in 0..<count { table.prefetchElement(items[i]) }
        for i in 0..<count {
            guard let position = find(item: items[i]) else { continue }
            let entry = position.element
            if isExpired(entry) {
                noteLag(entry.deadline)
                expire(position)
            } else {
                entry.generation = (entry.generation &+ 1) & 7
                armWheel(items[i], entry.generation, entry.deadline)
            }
        }
    }

    mutating func noteLag(_ deadline: Int64) {
        let lag = engine.pointee.now - deadline - 1
        engine.pointee.statistics.expiryLag = lag
        if lag > engine.pointee.statistics.expiryLagWorst {
            engine.pointee.statistics.expiryLagWorst = lag
        }
    }

    /// The entry that the item stands for, if it still does.
    mutating func find(item: UInt64) -> Table<Entry>.Position? {
        let generation = ExpiryItem.generation(item)
        return table.find(hash: item, mask: ~ExpiryItem.generationMask) { entry in
            entry.hasDeadline && entry.generation == generation
        }
    }

    /// Takes stale items out when too many have gathered; false when there is nothing to do.
    mutating func purgeSome(_ items: UnsafeMutablePointer<UInt64>) -> Bool {
        if !wheel.isPurging {
            guard wheel.wantsPurge(live: volatileCount) else { return false }
            wheel.beginPurge()
        }
        let taken = wheel.purgeNext(into: items, max: ExpiryCycle.batch)
        process(items, taken)
        return taken > 0
    }
}
