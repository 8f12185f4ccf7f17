// Who waits for which key, and in which order clients are served.
//
// A command that has to wait adds its client to the queues of its keys (`add`). Whatever makes a key
// ready signals it (`signal`, see Database+Signals): the key joins the ready list, once. After each
// command the server asks for the clients to run again, one by one (`next`): keys in the order in
// which they became ready, clients in the order in which they came. A client so returned waits no
// more; if its command finds nothing it adds itself anew, at the end of the queues, as in Redis 7.4.
//
// Invariants: a key has a record exactly while its `count` > 0; a record is in the ready list at most
// once. Adding, releasing and signalling are O(1) per key; `next` looks only at clients that wait for
// the type that is there, but for clients that wait for a loss.

import Memory

package struct Waits: ~Copyable {
    private let engine: UnsafeMutablePointer<Engine>
    /// Waited-for keys by database.
    private let tables: UnsafeMutablePointer<Table<WaitedKey>>
    private let databaseCount: Int
    /// Clients that wait, and by the type they wait for.
    private(set) var clientCount = 0
    private var clientsByKind = InlineArray<3, Int>(repeating: 0)
    private(set) var keyCount = 0
    private(set) var lossKeyCount = 0
    private var firstReady: WaitedKey?
    private var lastReady: WaitedKey?
    private var firstLoss: WaitedKey?
    private var serving = Serving()

    /// The key whose clients are being served.
    private struct Serving {
        var key: WaitedKey?
        var kind = WaitKind.list
        /// The next client to look at, and how many more: those that came back in the meantime
        /// are not served twice.
        var cursor: UnsafeMutablePointer<Wait>?
        var remaining = 0
        /// Whether clients that wait for a loss come after this queue.
        var lossFollows = false
    }

    init(engine: UnsafeMutablePointer<Engine>) {
        self.engine = engine
        databaseCount = engine.pointee.databaseCount
        tables = .allocate(capacity: databaseCount)
        for i in 0..<databaseCount {
            (tables + i).initialize(
                to: Table(
                    heap: engine.pointee.heap, key0: engine.pointee.key0,
                    key1: engine.pointee.key1))
        }
    }

    /// Every client has been released before: see `releaseAll`.
    deinit {
        assert(clientCount == 0 && keyCount == 0)
        tables.deinitialize(count: databaseCount)
        tables.deallocate()
    }

    var hasReadyKeys: Bool { firstReady != nil || serving.key != nil }

    // MARK: Adding and releasing

    /// Lets a client wait for `count` keys at `keys`. A key named twice counts once.
    mutating func add(
        _ owner: UnsafeMutableRawPointer, database: Int, _ keys: UnsafePointer<Bytes>,
        _ count: Int, _ kind: WaitKind, wakesOnLoss: Bool
    ) -> WaitHandle {
        let client = Allocator.allocate(WaitingClient.bytes(capacity: count))
            .bindMemory(to: WaitingClient.self, capacity: 1)
        client.initialize(
            to: WaitingClient(
                owner: owner, kind: kind, wakesOnLoss: wakesOnLoss, database: database,
                capacity: count))
        for i in 0..<count {
            let key = record(of: keys[i], database)
            // The client's waits were added last of all: a key that has one shows it at the end.
            let last = key.header.pointee.queues[kind.rawValue].last
            if last?.pointee.client == client { continue }
            let wait = client.waits + client.pointee.count
            wait.initialize(to: Wait(client: client, key: key, previous: nil, next: nil))
            client.pointee.count += 1
            key.append(wait, kind)
            if wakesOnLoss { addLoss(key) }
        }
        clientCount += 1
        clientsByKind[kind.rawValue] += 1
        return client
    }

    private mutating func record(of key: Bytes, _ database: Int) -> WaitedKey {
        let hash = engine.pointee.hash(key)
        if let found = tables[database].find(key, hash) { return found.element }
        let waited = WaitedKey.create(key, hash: hash, database: database)
        tables[database].insert(waited, hash)
        keyCount += 1
        return waited
    }

    /// Takes a client out of all queues. The handle is void then.
    mutating func release(_ client: WaitHandle) {
        let kind = client.pointee.kind
        for i in 0..<client.pointee.count {
            let wait = client.waits + i
            let key = wait.pointee.key
            if serving.cursor == wait { serving.cursor = wait.pointee.next }
            key.unlink(wait, kind)
            if client.pointee.wakesOnLoss { removeLoss(key) }
            if key.header.pointee.count == 0 { forget(key) }
        }
        clientCount -= 1
        clientsByKind[kind.rawValue] -= 1
        Allocator.deallocate(client, WaitingClient.bytes(capacity: client.pointee.capacity))
    }

    /// The end of the engine: nobody waits any more.
    mutating func releaseAll() {
        var clients: [WaitHandle] = []
        for i in 0..<databaseCount {
            tables[i].forEach { key in
                for kind in 0..<WaitKind.count {
                    var wait = key.header.pointee.queues[kind].first
                    while let current = wait {
                        // Each client once: by its first key.
                        let client = current.pointee.client
                        if client.waits == current { clients.append(client) }
                        wait = current.pointee.next
                    }
                }
            }
        }
        for client in clients { release(client) }
    }

    private mutating func forget(_ key: WaitedKey) {
        let database = key.header.pointee.database
        if key.header.pointee.isReady { takeReady(key) }
        if let served = serving.key, served == key { serving = Serving() }
        if let position = tables[database].find(key.key, key.header.pointee.hash) {
            tables[database].remove(position)
        }
        // As many buckets again as were added when there were many keys: two at a time.
        for _ in 0..<2 where tables[database].isSparse && tables[database].canMerge {
            tables[database].mergeLast()
        }
        keyCount -= 1
        key.free()
    }

    // MARK: Keys whose loss is waited for

    private mutating func addLoss(_ key: WaitedKey) {
        key.header.pointee.lossCount += 1
        guard key.header.pointee.lossCount == 1 else { return }
        lossKeyCount += 1
        key.header.pointee.nextLoss = firstLoss
        if let firstLoss { firstLoss.header.pointee.previousLoss = key }
        firstLoss = key
    }

    private mutating func removeLoss(_ key: WaitedKey) {
        key.header.pointee.lossCount -= 1
        guard key.header.pointee.lossCount == 0 else { return }
        lossKeyCount -= 1
        let previous = key.header.pointee.previousLoss
        let next = key.header.pointee.nextLoss
        if let previous { previous.header.pointee.nextLoss = next } else { firstLoss = next }
        if let next { next.header.pointee.previousLoss = previous }
        key.header.pointee.previousLoss = nil
        key.header.pointee.nextLoss = nil
    }

    // MARK: Signals

    /// A value of that type has appeared under the key, or a stream there has grown.
    mutating func signal(_ database: Int, _ key: Bytes, _ hash: UInt64, _ type: ValueType) {
        guard let kind = WaitKind(type), clientsByKind[kind.rawValue] > 0,
            let found = tables[database].find(key, hash)
        else { return }
        makeReady(found.element)
    }

    /// A value of that type is no more under the key.
    mutating func signalLoss(_ database: Int, _ key: Bytes, _ hash: UInt64, _ type: ValueType) {
        guard let kind = WaitKind(type), clientsByKind[kind.rawValue] > 0,
            let found = tables[database].find(key, hash),
            found.element.header.pointee.lossCount > 0
        else { return }
        makeReady(found.element)
    }

    /// Every key waited for in a database whose content was exchanged: those that are there now are
    /// ready. O(waited-for keys).
    mutating func signalAll(in database: Int) {
        guard clientCount > 0 else { return }
        var keys: [WaitedKey] = []
        tables[database].forEach { keys.append($0) }
        for key in keys {
            guard let type = type(of: key, in: database), let kind = WaitKind(type),
                clientsByKind[kind.rawValue] > 0
            else { continue }
            makeReady(key)
        }
    }

    /// Before the content of `database` goes, or is exchanged for that of `other`: keys whose loss is
    /// waited for and that are of another type, or no more, afterwards. O(such keys).
    mutating func signalLosses(in database: Int, becoming other: Int?) {
        var next = firstLoss
        while let key = next {
            next = key.header.pointee.nextLoss
            guard key.header.pointee.database == database,
                let old = type(of: key, in: database)
            else { continue }
            if let other, type(of: key, in: other) == old { continue }
            guard let kind = WaitKind(old), clientsByKind[kind.rawValue] > 0 else { continue }
            makeReady(key)
        }
    }

    /// The type of the value under a key, past its time or not.
    private func type(of key: WaitedKey, in database: Int) -> ValueType? {
        engine.pointee.databases[database].table.find(key.key, key.header.pointee.hash)?
            .element.type
    }

    private mutating func makeReady(_ key: WaitedKey) {
        guard !key.header.pointee.isReady else { return }
        key.header.pointee.isReady = true
        key.header.pointee.previousReady = lastReady
        key.header.pointee.nextReady = nil
        if let lastReady { lastReady.header.pointee.nextReady = key } else { firstReady = key }
        lastReady = key
        engine.pointee.attention.insert(.readyKeys)
    }

    private mutating func takeReady(_ key: WaitedKey) {
        let previous = key.header.pointee.previousReady
        let next = key.header.pointee.nextReady
        if let previous { previous.header.pointee.nextReady = next } else { firstReady = next }
        if let next { next.header.pointee.previousReady = previous } else { lastReady = previous }
        key.header.pointee.isReady = false
        key.header.pointee.previousReady = nil
        key.header.pointee.nextReady = nil
    }

    // MARK: Serving

    /// The next client whose command is to be run again, released from all its keys; nil when all
    /// ready keys are done with.
    mutating func next() -> UnsafeMutableRawPointer? {
        while true {
            if serving.key == nil, !beginNextKey() {
                engine.pointee.attention.remove(.readyKeys)
                return nil
            }
            if let client = nextClient() {
                let owner = client.pointee.owner
                release(client)
                return owner
            }
            endQueue()
        }
    }

    /// Turns to the ready key that is next; false if there is none.
    private mutating func beginNextKey() -> Bool {
        guard let key = firstReady else { return false }
        takeReady(key)
        serving.key = key
        let waitsForLoss = key.header.pointee.lossCount > 0
        if let type = currentType(key), let kind = WaitKind(type) {
            begin(kind, lossFollows: kind != .stream && waitsForLoss)
        } else if waitsForLoss {
            begin(.stream, lossFollows: false)
        } else {
            serving = Serving()
        }
        return true
    }

    private mutating func begin(_ kind: WaitKind, lossFollows: Bool) {
        guard let key = serving.key else { return }
        serving.kind = kind
        serving.cursor = key.header.pointee.queues[kind.rawValue].first
        serving.remaining = key.header.pointee.queues[kind.rawValue].count
        serving.lossFollows = lossFollows
    }

    private mutating func endQueue() {
        if serving.lossFollows { begin(.stream, lossFollows: false) } else { serving = Serving() }
    }

    /// The next client of the queue being served that has something to do; what it finds may be
    /// different for each, for serving one changes the key.
    private mutating func nextClient() -> WaitHandle? {
        guard let key = serving.key else { return nil }
        let kind = currentType(key).flatMap { WaitKind($0) }
        let isThere = kind == serving.kind
        // Without such a value only those who wait for a loss have something to do.
        guard isThere || key.header.pointee.lossCount > 0 else { return nil }
        while serving.remaining > 0, let wait = serving.cursor {
            serving.cursor = wait.pointee.next
            serving.remaining -= 1
            if isThere || wait.pointee.client.pointee.wakesOnLoss { return wait.pointee.client }
        }
        return nil
    }

    /// The type of what stands under the key now; what is past its time is not there.
    private func currentType(_ key: WaitedKey) -> ValueType? {
        (engine.pointee.databases + key.header.pointee.database).pointee
            .peek(key.key, key.header.pointee.hash)?.type
    }
}
