// One channel or pattern that somebody is subscribed to, and the registry of all of one kind.
//
// A channel is one allocation with its name behind it, and lives as long as it has subscribers. The
// clients stand in an array, so that a message goes out by walking it; each client remembers its
// place there, so that leaving costs O(1) whatever the number of subscribers.

import Memory

typealias ChannelPointer = UnsafeMutablePointer<Channel>

/// What is subscribed to: each kind has names of its own.
enum SubscriptionKind: Int {
    case channel, pattern, shardChannel
    static var count: Int { 3 }
}

struct Channel: ~Copyable {
    let hash: UInt64
    /// The next channel whose name has the same hash.
    var next: ChannelPointer?
    let nameBytes: Int
    private(set) var subscribers: UnsafeMutablePointer<ClientPointer>
    private(set) var count: Int
    private var capacity: Int

    private init(hash: UInt64, nameBytes: Int) {
        self.hash = hash
        next = nil
        self.nameBytes = nameBytes
        count = 0
        capacity = 1
        subscribers = Self.room(1)
    }

    /// An empty channel; `destroy` ends it.
    static func make(_ name: Bytes, _ hash: UInt64) -> ChannelPointer {
        let raw = Allocator.allocate(MemoryLayout<Channel>.stride + name.count)
        let channel = raw.bindMemory(to: Channel.self, capacity: 1)
        channel.initialize(to: Channel(hash: hash, nameBytes: name.count))
        (raw + MemoryLayout<Channel>.stride).copyMemory(from: name.base, byteCount: name.count)
        return channel
    }

    static func destroy(_ channel: ChannelPointer) {
        assert(channel.pointee.count == 0)
        release(channel.pointee.subscribers, channel.pointee.capacity)
        let bytes = MemoryLayout<Channel>.stride + channel.pointee.nameBytes
        channel.deinitialize(count: 1)
        Allocator.deallocate(channel, bytes)
    }

    static func name(_ channel: ChannelPointer) -> Bytes {
        Bytes(
            raw: UnsafeRawPointer(channel) + MemoryLayout<Channel>.stride,
            channel.pointee.nameBytes)
    }

    /// Adds a client that is not there; returns its place.
    mutating func add(_ client: ClientPointer) -> Int {
        if count == capacity { resize(to: capacity * 2) }
        (subscribers + count).initialize(to: client)
        count += 1
        return count - 1
    }

    /// Takes the client at `place` out. Returns the one that stands there now, if another does.
    mutating func remove(at place: Int) -> ClientPointer? {
        count -= 1
        let moved = subscribers[count]
        subscribers[place] = moved
        if capacity > 8, count * 4 < capacity { resize(to: capacity / 2) }
        return place == count ? nil : moved
    }

    private mutating func resize(to capacity: Int) {
        let other = Self.room(capacity)
        other.update(from: subscribers, count: count)
        Self.release(subscribers, self.capacity)
        subscribers = other
        self.capacity = capacity
    }

    private static func room(_ capacity: Int) -> UnsafeMutablePointer<ClientPointer> {
        Allocator.allocate(capacity * MemoryLayout<ClientPointer>.stride)
            .bindMemory(to: ClientPointer.self, capacity: capacity)
    }

    private static func release(_ room: UnsafeMutablePointer<ClientPointer>, _ capacity: Int) {
        Allocator.deallocate(room, capacity * MemoryLayout<ClientPointer>.stride)
    }
}

/// All channels of one kind, by the keyed hash of their names.
struct ChannelRegistry {
    private var byHash: [UInt64: ChannelPointer] = [:]
    private(set) var count = 0

    func find(_ name: Bytes, _ hash: UInt64) -> ChannelPointer? {
        var next = byHash[hash]
        while let channel = next {
            if Channel.name(channel).equals(name) { return channel }
            next = channel.pointee.next
        }
        return nil
    }

    /// The channel of that name, made now if it is not there.
    mutating func make(_ name: Bytes, _ hash: UInt64) -> ChannelPointer {
        if let channel = find(name, hash) { return channel }
        let channel = Channel.make(name, hash)
        channel.pointee.next = byHash[hash]
        byHash[hash] = channel
        count += 1
        return channel
    }

    /// Takes a channel without subscribers out, and frees it.
    mutating func remove(_ channel: ChannelPointer) {
        let hash = channel.pointee.hash
        count -= 1
        if byHash[hash] == channel {
            byHash[hash] = channel.pointee.next
        } else {
            var previous = byHash[hash]
            while let current = previous, current.pointee.next != channel {
                previous = current.pointee.next
            }
            previous?.pointee.next = channel.pointee.next
        }
        Channel.destroy(channel)
    }

    /// Every channel; nothing may change meanwhile.
    func forEach(_ body: (ChannelPointer) -> Void) {
        for first in byHash.values {
            var next: ChannelPointer? = first
            while let channel = next {
                next = channel.pointee.next
                body(channel)
            }
        }
    }
}
