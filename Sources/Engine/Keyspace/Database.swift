// One numbered database: the table of its entries and the exact index of their deadlines.

import CMachine
import Memory

@usableFromInline
package struct Database: ~Copyable {
    package internal(set) var index: Int
    let engine: UnsafeMutablePointer<Engine>
    var table: Table<Entry>
    var wheel: ExpiryWheel
    /// The hashes that have fields with deadlines (Database+Fields.swift).
    var fieldWheel = ExpiryWheel()
    /// Hashes with a valid item in it.
    package internal(set) var expiringHashCount = 0
    /// Keys with a deadline.
    package internal(set) var volatileCount: Int
    /// Whether a key was ever removed: MEMORY STATS goes on showing a database that is empty now.
    var hasHeldKeys = false
    /// Whether the compaction cycle is merging buckets of the table.
    var isShrinking = false

    init(index: Int, engine: UnsafeMutablePointer<Engine>) {
        self.index = index
        self.engine = engine
        table = Table(
            heap: engine.pointee.heap, key0: engine.pointee.key0, key1: engine.pointee.key1)
        wheel = ExpiryWheel()
        volatileCount = 0
    }

    /// Keys, those past their time but not yet removed included (as DBSIZE counts them).
    package var count: Int { table.count }

    /// Hands the content over for freeing in slices and starts anew.
    mutating func detach(into lazyFree: inout LazyFree) {
        guard table.count > 0 || wheel.count > 0 || fieldWheel.count > 0 else { return }
        var fresh = Table<Entry>(
            heap: engine.pointee.heap, key0: engine.pointee.key0, key1: engine.pointee.key1)
        var freshWheel = ExpiryWheel()
        Swift.swap(&table, &fresh)
        Swift.swap(&wheel, &freshWheel)
        volatileCount = 0
        hasHeldKeys = true
        var freshFieldWheel = ExpiryWheel()
        Swift.swap(&fieldWheel, &freshFieldWheel)
        expiringHashCount = 0
        lazyFree.add(table: fresh, wheel: freshWheel, fieldWheel: freshFieldWheel)
    }

    // MARK: Look-ahead

    /// Asks for the bucket of a key that a command is about to use.
    @inline(__always)
    package func prefetchBucket(_ hash: UInt64) { table.prefetchBucket(hash) }

    /// Asks for the entry itself, once the bucket has arrived.
    @inline(__always)
    package func prefetchEntry(_ hash: UInt64) { table.prefetchElement(hash) }

    /// Asks for the first lines of a long value, once its entry has arrived, and for the page behind
    /// the one it starts in. The rest comes by the processor's own prefetching.
    @inline(__always)
    func prefetchValue(_ hash: UInt64) {
        guard let entry = table.likely(hash), entry.isString else { return }
        var start = entry.raw + 128
        if entry.encoding == .blob {
            start = entry.pointerValue
        } else if entry.embeddedLength <= Self.largestEdited {
            return
        }
        machine_prefetch(start)
        machine_prefetch(start + 64)
        let toNextPage = 4096 - Int(bitPattern: start) & 4095
        machine_prefetch(start + toNextPage)
    }

    // MARK: Walking

    /// One step of SCAN over keys: see `Table.scan`. Keys past their time are visited too.
    package func scan(_ cursor: UInt64, _ body: (Entry) -> Void) -> UInt64 {
        table.scan(cursor, body)
    }

    /// Every entry; nothing may change meanwhile.
    package func forEach(_ body: (Entry) -> Void) { table.forEach(body) }

    /// An entry at random that is not past its time, or nil.
    ///
    /// As Redis does, one that is past its time is removed (or, while expiry is paused, left) and
    /// another one drawn; so often, at most, that no command takes long.
    package mutating func randomEntry() -> Entry? {
        for _ in 0..<4096 {
            guard let entry = table.random(&engine.pointee.random) else { return nil }
            guard isExpired(entry) else { return entry }
            _ = removeIfExpired(entry.key, engine.pointee.hash(entry.key))
        }
        return nil
    }
}
