// What is remembered of clients that wait for keys: a record per key that is waited for, a record
// per client that waits, and between them one link per client and key.
//
//     WaitedKey "a"   list: Wait <-> Wait <-> Wait        (in order of arrival)
//                             |        |
//     WaitingClient 7       [Wait a, Wait b]              (in one allocation with the client)
//
// Used by Waits alone. Both kinds of records stand at stable addresses until they are freed; nothing
// here is reference counted.

import Memory

/// The types that a client can wait for, as small numbers.
enum WaitKind: Int {
    case list = 0
    case sortedSet = 1
    case stream = 2

    static var count: Int { 3 }

    /// Nil for what nobody can wait for.
    @inline(__always)
    init?(_ type: ValueType) {
        switch type {
        case .list: self = .list
        case .sortedSet: self = .sortedSet
        case .stream: self = .stream
        case .string, .set, .hash: return nil
        }
    }
}

/// One client's place in the queue of one key.
struct Wait {
    var client: UnsafeMutablePointer<WaitingClient>
    var key: WaitedKey
    var previous: UnsafeMutablePointer<Wait>?
    var next: UnsafeMutablePointer<Wait>?
}

/// A client that waits, with its waits behind it in the same allocation.
package struct WaitingClient {
    /// Whose it is: the server's client.
    let owner: UnsafeMutableRawPointer
    let kind: WaitKind
    /// Whether it wants to know when a key is gone, too.
    let wakesOnLoss: Bool
    let database: Int
    /// Waits there is room for, and waits in use.
    let capacity: Int
    var count = 0

    static func bytes(capacity: Int) -> Int {
        MemoryLayout<WaitingClient>.stride + capacity * MemoryLayout<Wait>.stride
    }
}

/// A client's record, from `Waits.add` to `Waits.release`.
package typealias WaitHandle = UnsafeMutablePointer<WaitingClient>

extension UnsafeMutablePointer where Pointee == WaitingClient {
    package var memoryBytes: Int { WaitingClient.bytes(capacity: pointee.capacity) }

    var waits: UnsafeMutablePointer<Wait> {
        UnsafeMutableRawPointer(self + 1).assumingMemoryBound(to: Wait.self)
    }
}

/// Who waits at one key for one type.
struct WaitQueue {
    var first: UnsafeMutablePointer<Wait>?
    var last: UnsafeMutablePointer<Wait>?
    var count = 0
}

/// Handle to the record of a key that at least one client waits for.
struct WaitedKey: TableElement {
    struct Header {
        let hash: UInt64
        let database: Int
        let keyLength: Int
        var queues = InlineArray<3, WaitQueue>(repeating: WaitQueue())
        /// Clients in all queues, and those of them that want to know when the key is gone.
        var count = 0
        var lossCount = 0
        var isReady = false
        /// Neighbours among the keys that are ready, and among those with `lossCount` > 0.
        var previousReady: WaitedKey?
        var nextReady: WaitedKey?
        var previousLoss: WaitedKey?
        var nextLoss: WaitedKey?
    }

    let raw: UnsafeMutableRawPointer

    init(raw: UnsafeMutableRawPointer) { self.raw = raw }

    static func create(_ key: Bytes, hash: UInt64, database: Int) -> WaitedKey {
        let size = MemoryLayout<Header>.stride
        let waited = WaitedKey(raw: Allocator.allocate(size + key.count))
        waited.raw.initializeMemory(
            as: Header.self, to: Header(hash: hash, database: database, keyLength: key.count))
        (waited.raw + size).copyMemory(from: key.base, byteCount: key.count)
        return waited
    }

    func free() {
        Allocator.deallocate(raw, MemoryLayout<Header>.stride + header.pointee.keyLength)
    }

    var header: UnsafeMutablePointer<Header> { raw.assumingMemoryBound(to: Header.self) }

    var key: Bytes {
        Bytes(raw: raw + MemoryLayout<Header>.stride, header.pointee.keyLength)
    }

    static func == (a: WaitedKey, b: WaitedKey) -> Bool { a.raw == b.raw }

    // MARK: Queues

    /// Puts a wait at the end of its queue.
    func append(_ wait: UnsafeMutablePointer<Wait>, _ kind: WaitKind) {
        let last = header.pointee.queues[kind.rawValue].last
        wait.pointee.previous = last
        wait.pointee.next = nil
        if let last {
            last.pointee.next = wait
        } else {
            header.pointee.queues[kind.rawValue].first = wait
        }
        header.pointee.queues[kind.rawValue].last = wait
        header.pointee.queues[kind.rawValue].count += 1
        header.pointee.count += 1
    }

    func unlink(_ wait: UnsafeMutablePointer<Wait>, _ kind: WaitKind) {
        if let previous = wait.pointee.previous {
            previous.pointee.next = wait.pointee.next
        } else {
            header.pointee.queues[kind.rawValue].first = wait.pointee.next
        }
        if let next = wait.pointee.next {
            next.pointee.previous = wait.pointee.previous
        } else {
            header.pointee.queues[kind.rawValue].last = wait.pointee.previous
        }
        header.pointee.queues[kind.rawValue].count -= 1
        header.pointee.count -= 1
    }
}
