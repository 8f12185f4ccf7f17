// Consumer groups: what was delivered to whom and is not acknowledged yet.
//
// A group keeps its pending entries in one tree, each with its consumer, time and number of
// deliveries; a consumer keeps the IDs of its own in another one. Groups and consumers are
// allocations of their own, with their names behind their fields, and stand in trees by name.
//
// Called by PackedStream and the group commands. Invariant (but while a dump is being loaded):
// an ID is in a consumer's tree just when it is in the group's, with that consumer.

import Memory

/// A name in a tree: the bytes lie in the group or consumer itself.
struct StreamName: TreeKey {
    let base: UnsafePointer<UInt8>
    let count: Int

    init(_ bytes: Bytes) {
        base = bytes.base
        count = bytes.count
    }

    var bytes: Bytes { Bytes(base, count) }

    static func precedes(_ a: StreamName, _ b: StreamName) -> Bool {
        a.bytes.compare(b.bytes) < 0
    }
}

/// An entry delivered and not acknowledged.
package struct StreamPending: TreeItem {
    package let id: StreamID
    /// Unix milliseconds of the last delivery.
    package var deliveryTime: Int64
    package var deliveryCount: Int64
    /// Nil only while a dump is being loaded.
    package var consumer: StreamConsumer?

    var key: StreamID { id }
}

/// Handle to a consumer; lives as long as its group holds it.
package struct StreamConsumer: TreeItem, Equatable {
    struct Fields {
        var pending = SortedTree<StreamID>()
        var seenTime: Int64
        var activeTime: Int64
        var nameLength: Int
    }

    let fields: UnsafeMutablePointer<Fields>

    var key: StreamName { StreamName(name) }

    init(name: Bytes, seenTime: Int64, activeTime: Int64) {
        fields = NamedRecord.make(
            Fields(seenTime: seenTime, activeTime: activeTime, nameLength: name.count), name)
    }

    /// Frees the consumer, whose tree of pending entries is empty.
    func free() { NamedRecord.free(fields, nameLength: fields.pointee.nameLength) }

    package var name: Bytes { NamedRecord.name(fields, fields.pointee.nameLength) }

    /// When it last tried to read or claim, unix milliseconds.
    package var seenTime: Int64 {
        get { fields.pointee.seenTime }
        nonmutating set { fields.pointee.seenTime = newValue }
    }

    /// When it last got something, unix milliseconds; -1 for never.
    package var activeTime: Int64 {
        get { fields.pointee.activeTime }
        nonmutating set { fields.pointee.activeTime = newValue }
    }

    package var pendingCount: Int { fields.pointee.pending.count }

    /// Calls `body` with the IDs of its pending entries, in order, while it says true.
    package func forEachPending(from first: StreamID = .zero, _ body: (StreamID) -> Bool) {
        guard var cursor = fields.pointee.pending.seek(atOrAfter: first) else { return }
        repeat {
            if !body(cursor.item.pointee) { return }
        } while cursor.moveForward()
    }
}

/// Handle to a group; lives as long as its stream holds it.
package struct StreamGroup: TreeItem, Equatable {
    struct Fields {
        var pending = SortedTree<StreamPending>()
        var consumers = SortedTree<StreamConsumer>()
        var lastID: StreamID
        var entriesRead: Int64
        var nameLength: Int
    }

    let fields: UnsafeMutablePointer<Fields>

    /// `entriesRead` where the number is not known.
    package static var unknownCount: Int64 { -1 }

    var key: StreamName { StreamName(name) }

    init(name: Bytes, lastID: StreamID, entriesRead: Int64) {
        fields = NamedRecord.make(
            Fields(lastID: lastID, entriesRead: entriesRead, nameLength: name.count), name)
    }

    package var name: Bytes { NamedRecord.name(fields, fields.pointee.nameLength) }

    /// The last ID delivered.
    package var lastID: StreamID {
        get { fields.pointee.lastID }
        nonmutating set { fields.pointee.lastID = newValue }
    }

    /// How many of the entries ever added come up to `lastID`; or `unknownCount`.
    package var entriesRead: Int64 {
        get { fields.pointee.entriesRead }
        nonmutating set { fields.pointee.entriesRead = newValue }
    }

    // MARK: Life

    /// Frees the group itself, which is empty.
    func free() { NamedRecord.free(fields, nameLength: fields.pointee.nameLength) }

    /// Frees up to `nodes` tree nodes and counts them off; true when nothing is left but the group.
    func freeSome(_ nodes: inout Int) -> Bool {
        while let leaf = fields.pointee.pending.takeFirstLeaf() {
            leaf.free()
            nodes -= 1
            if nodes == 0 { return false }
        }
        while let consumer = fields.pointee.consumers.first?.pointee {
            while let leaf = consumer.fields.pointee.pending.takeFirstLeaf() {
                leaf.free()
                nodes -= 1
                if nodes == 0 { return false }
            }
            fields.pointee.consumers.remove(consumer.key)
            consumer.free()
            nodes -= 1
            if nodes == 0 { return false }
        }
        return true
    }

    /// The same group with consumers and pending entries of its own.
    func copy() -> StreamGroup {
        let twin = StreamGroup(name: name, lastID: lastID, entriesRead: entriesRead)
        var twins: [UnsafeMutablePointer<StreamConsumer.Fields>: StreamConsumer] = [:]
        fields.pointee.consumers.forEach {
            let consumer = $0.pointee
            let copy = StreamConsumer(
                name: consumer.name, seenTime: consumer.seenTime, activeTime: consumer.activeTime)
            twin.fields.pointee.consumers.insert(copy)
            twins[consumer.fields] = copy
        }
        // In the order of the IDs everything is added behind what is there.
        fields.pointee.pending.forEach {
            var pending = $0.pointee
            if let consumer = pending.consumer { pending.consumer = twins[consumer.fields] }
            twin.fields.pointee.pending.insert(pending)
            pending.consumer?.fields.pointee.pending.insert(pending.id)
        }
        return twin
    }

    // MARK: Consumers

    package var consumerCount: Int { fields.pointee.consumers.count }

    package func consumer(_ name: Bytes) -> StreamConsumer? {
        fields.pointee.consumers.find(StreamName(name))?.pointee
    }

    /// The consumer of that name, made if there is none.
    package func makeConsumer(
        _ name: Bytes, seenTime: Int64, activeTime: Int64 = -1
    ) -> (consumer: StreamConsumer, isNew: Bool) {
        if let found = consumer(name) { return (found, false) }
        let new = StreamConsumer(name: name, seenTime: seenTime, activeTime: activeTime)
        fields.pointee.consumers.insert(new)
        return (new, true)
    }

    /// Removes a consumer with its pending entries; returns how many these were.
    /// - Complexity: O(its pending entries x log pending entries)
    package func deleteConsumer(_ consumer: StreamConsumer) -> Int {
        let count = consumer.pendingCount
        consumer.fields.pointee.pending.forEach { fields.pointee.pending.remove($0.pointee) }
        consumer.fields.pointee.pending.removeAll()
        fields.pointee.consumers.remove(consumer.key)
        consumer.free()
        return count
    }

    /// Calls `body` with the consumers in the order of their names.
    package func forEachConsumer(_ body: (StreamConsumer) -> Void) {
        fields.pointee.consumers.forEach { body($0.pointee) }
    }

    // MARK: Pending entries

    package var pendingCount: Int { fields.pointee.pending.count }
    package var firstPending: StreamID? { fields.pointee.pending.first?.pointee.id }
    package var lastPending: StreamID? { fields.pointee.pending.last?.pointee.id }

    /// The pending entry with this ID, to look at and to change times and counts. Valid until the
    /// group changes.
    package func pending(_ id: StreamID) -> UnsafeMutablePointer<StreamPending>? {
        fields.pointee.pending.find(id)
    }

    /// The first pending entry from `id` on.
    package func pending(atOrAfter id: StreamID) -> StreamPending? {
        fields.pointee.pending.seek(atOrAfter: id)?.item.pointee
    }

    /// Calls `body` with pending entries from `first` on, in order, while it says true.
    package func forEachPending(from first: StreamID = .zero, _ body: (StreamPending) -> Bool) {
        guard var cursor = fields.pointee.pending.seek(atOrAfter: first) else { return }
        repeat {
            if !body(cursor.item.pointee) { return }
        } while cursor.moveForward()
    }

    /// Notes that the entry was delivered to `consumer` for the first time, whoever had it before.
    package func deliver(_ id: StreamID, to consumer: StreamConsumer, now: Int64) {
        let new = StreamPending(id: id, deliveryTime: now, deliveryCount: 1, consumer: consumer)
        let (place, isNew) = fields.pointee.pending.insert(new)
        if !isNew {
            place.pointee.consumer?.fields.pointee.pending.remove(id)
            place.pointee = new
        }
        consumer.fields.pointee.pending.insert(id)
    }

    /// Makes `consumer` the one that the pending entry belongs to.
    package func assign(
        _ pending: UnsafeMutablePointer<StreamPending>, to consumer: StreamConsumer
    ) {
        if pending.pointee.consumer == consumer { return }
        pending.pointee.consumer?.fields.pointee.pending.remove(pending.pointee.id)
        pending.pointee.consumer = consumer
        consumer.fields.pointee.pending.insert(pending.pointee.id)
    }

    /// Forgets a pending entry; false if there is none.
    package func acknowledge(_ id: StreamID) -> Bool {
        guard let pending = fields.pointee.pending.remove(id) else { return false }
        pending.consumer?.fields.pointee.pending.remove(id)
        return true
    }

    // MARK: Loading

    /// Adds a pending entry that no consumer has yet; false if the ID is pending already.
    package func addPending(_ id: StreamID, deliveryTime: Int64, deliveryCount: Int64) -> Bool {
        let pending = StreamPending(
            id: id, deliveryTime: deliveryTime, deliveryCount: deliveryCount, consumer: nil)
        return fields.pointee.pending.insert(pending).isNew
    }

    /// Gives a pending entry that no consumer has to one; false if there is none.
    @discardableResult
    package func adopt(_ id: StreamID, _ consumer: StreamConsumer) -> Bool {
        guard let pending = pending(id), pending.pointee.consumer == nil else { return false }
        pending.pointee.consumer = consumer
        consumer.fields.pointee.pending.insert(id)
        return true
    }

    /// Whether every pending entry has a consumer, as it must once loading is done.
    package var isComplete: Bool {
        var owned = 0
        fields.pointee.consumers.forEach { owned += $0.pointee.pendingCount }
        return owned == pendingCount
    }
}

/// Records that carry a name of any length behind their fields.
private enum NamedRecord {
    static func make<Fields>(_ fields: Fields, _ name: Bytes) -> UnsafeMutablePointer<Fields> {
        let size = MemoryLayout<Fields>.size
        let raw = Allocator.allocate(size + name.count)
        let record = raw.bindMemory(to: Fields.self, capacity: 1)
        record.initialize(to: fields)
        (raw + size).copyMemory(from: name.base, byteCount: name.count)
        return record
    }

    static func name<Fields>(_ record: UnsafeMutablePointer<Fields>, _ length: Int) -> Bytes {
        Bytes(raw: UnsafeRawPointer(record) + MemoryLayout<Fields>.size, length)
    }

    static func free<Fields>(_ record: UnsafeMutablePointer<Fields>, nameLength: Int) {
        Allocator.deallocate(record, MemoryLayout<Fields>.size + nameLength)
    }
}
