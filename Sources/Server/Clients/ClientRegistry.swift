// All clients, in the order in which they came: for CLIENT LIST, for the limits, for finding one
// by its id. A doubly linked list through the clients themselves.

import EventLoop
import Memory

struct ClientRegistry: ~Copyable {
    private(set) var first: ClientPointer?
    private(set) var last: ClientPointer?
    private(set) var count = 0
    private var lastID: UInt64 = 0

    /// Makes the client of a new connection.
    mutating func add(_ connection: ConnectionPointer, now: Int64) -> ClientPointer {
        lastID += 1
        let client = Allocator.allocate(MemoryLayout<Client>.stride)
            .bindMemory(to: Client.self, capacity: 1)
        client.initialize(
            to: Client(connection: connection, id: lastID, createdMilliseconds: now))
        client.pointee.previous = last
        if let last { last.pointee.next = client } else { first = client }
        last = client
        count += 1
        connection.pointee.context = UnsafeMutableRawPointer(client)
        return client
    }

    /// Forgets and frees a client; its connection is the caller's to close.
    mutating func remove(_ client: ClientPointer) {
        if let previous = client.pointee.previous {
            previous.pointee.next = client.pointee.next
        } else {
            first = client.pointee.next
        }
        if let next = client.pointee.next {
            next.pointee.previous = client.pointee.previous
        } else {
            last = client.pointee.previous
        }
        count -= 1
        client.pointee.connection.pointee.context = nil
        client.deinitialize(count: 1)
        Allocator.deallocate(client, MemoryLayout<Client>.stride)
    }

    /// The client with this id. O(clients): for CLIENT KILL and the like.
    func find(id: UInt64) -> ClientPointer? {
        var client = first
        while let current = client {
            if current.pointee.id == id { return current }
            client = current.pointee.next
        }
        return nil
    }

    /// Calls `body` with every client; it may remove the one it is called with.
    func forEach(_ body: (ClientPointer) -> Void) {
        var client = first
        while let current = client {
            client = current.pointee.next
            body(current)
        }
    }
}
