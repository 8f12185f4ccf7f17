// What the tests of the keyspace share: an engine with a virtual clock, and the invariants that
// hold between any two calls.

import Memory
import Testing

@testable import Engine

/// An engine that is destroyed with the object; its clock moves only by hand.
final class TestEngine {
    static let start: Int64 = 1_700_000_000_123
    let engine: UnsafeMutablePointer<Engine>
    let seed: UInt64

    init(databases: Int = 1, seed: UInt64) {
        self.seed = seed
        engine = Engine.make(
            databaseCount: databases, seed: seed, key0: seed &* 77, key1: ~seed,
            now: Self.start)
    }

    deinit { Engine.destroy(engine) }

    var now: Int64 {
        get { engine.pointee.now }
        set { engine.pointee.setClock(newValue) }
    }

    func database(_ i: Int = 0) -> UnsafeMutablePointer<Database> { engine.pointee.databases + i }

    /// Runs `body` with the key, its hash and its position in database `i`.
    @discardableResult
    func with<R>(
        _ key: [UInt8], _ i: Int = 0,
        _ body: (UnsafeMutablePointer<Database>, Bytes, UInt64, Position?) -> R
    ) -> R {
        key.withBytes { bytes in
            let hash = engine.pointee.hash(bytes)
            let position = database(i).pointee.lookupWrite(bytes, hash, touch: false)
            return body(database(i), bytes, hash, position)
        }
    }

    func set(
        _ key: [UInt8], _ value: [UInt8], _ deadline: NewDeadline = .none, in i: Int = 0
    ) {
        with(key, i) { database, bytes, hash, position in
            value.withBytes {
                database.pointee.setString(bytes, hash, position, .bytes($0), deadline: deadline)
            }
            database.pointee.changed(bytes)
        }
    }

    func remove(_ key: [UInt8], in i: Int = 0) {
        with(key, i) { database, _, _, position in
            if let position { database.pointee.remove(position) }
        }
    }

    func exists(_ key: [UInt8], in i: Int = 0) -> Bool { with(key, i) { $3 != nil } }

    /// Runs the expiry cycle at this moment until it has nothing to do.
    func expireAll() {
        var steps = 0
        while engine.pointee.expireSome() {
            steps += 1
            if steps > 10_000_000 {
                Issue.record("expiry does not end, seed \(seed)")
                return
            }
        }
    }

    func freeAll() { while engine.pointee.lazyFreeSome() {} }

    /// Runs compaction until it has nothing to do.
    func compactAll() {
        engine.pointee.startCompaction()
        while engine.pointee.compactSome() {}
    }

    /// Records every broken invariant of the tables, the heap and the counts.
    func checkInvariants(_ note: @autoclosure () -> String = "") {
        for i in 0..<engine.pointee.databaseCount {
            let wrong = faults(of: &database(i).pointee.table)
            if !wrong.isEmpty { Issue.record("\(wrong), db \(i), seed \(seed) \(note())") }
            var volatile = 0
            var sizes = true
            database(i).pointee.table.forEach { entry in
                if entry.hasDeadline { volatile += 1 }
                sizes = sizes && entry.size == entry.valueOffset + entry.valueBytes
            }
            if volatile != database(i).pointee.volatileCount || !sizes {
                Issue.record("volatile count or sizes, db \(i), seed \(seed) \(note())")
            }
            if volatile > database(i).pointee.wheel.count {
                Issue.record("items are missing, db \(i), seed \(seed) \(note())")
            }
        }
    }
}

/// What is wrong with a table, as text; empty for a sound one.
func faults<E: TableElement>(of table: inout Table<E>) -> String {
    var elements = 0
    var children = 0
    for i in 0..<table.bucketCount {
        var b = table.bucket(i)
        while true {
            var occupied = b.occupied
            if b.hasChild, b.occupied != 0xFF { return "bucket \(i) has a gap before its child" }
            while occupied != 0 {
                let slot = occupied.trailingZeroBitCount
                occupied &= occupied &- 1
                elements += 1
                let hash = table.hash(E(raw: b.pointer(at: slot)).key)
                if table.index(hash) != i { return "an element is in the wrong bucket \(i)" }
                if b.tag(at: slot) != Bucket.tag(hash) { return "wrong tag in bucket \(i)" }
            }
            guard let child = b.child else { break }
            if child.occupied == 0 { return "bucket \(i) has an empty child" }
            children += 1
            b = child
        }
    }
    if elements != table.count { return "count \(table.count), in fact \(elements)" }
    if children != table.childCount { return "children \(table.childCount), in fact \(children)" }
    if table.bucketCount != (1 << table.level) + table.split { return "level and split" }
    return ""
}

/// A key of `n`, its length varying with it: 0, short, around 256 bytes, long.
func testKey(_ n: Int) -> [UInt8] {
    if n == 0 { return [] }
    let text = Array("key:\(n)".utf8)
    let length: Int
    switch n % 40 {
    case 1: length = 255
    case 2: length = 256
    case 3: length = 257
    case 4: length = 3000
    case 5...12: length = 40
    default: length = text.count
    }
    return text + [UInt8](repeating: 0x2D, count: max(0, length - text.count))
}

/// `#expect` for conditions that begin with an uncopyable value's member, which the macro would copy.
func check(
    _ condition: Bool, _ note: @autoclosure () -> String = "",
    at location: SourceLocation = #_sourceLocation
) {
    if !condition {
        Issue.record(Comment(rawValue: "check failed \(note())"), sourceLocation: location)
    }
}
