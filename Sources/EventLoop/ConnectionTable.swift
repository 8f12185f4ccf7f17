// The slots: connections at stable addresses, found by number, tagged by generation.
//
// Slots come in chunks that never move and are not given back; a closed slot is used again from the
// next turn on, under a new generation, so that an event of the old one is recognised as stale.

import CMachine
import Memory

struct ConnectionTable: ~Copyable {
    private static let chunkShift = 6
    private static let chunkSlots = 1 << chunkShift

    private var chunks: UnsafeMutablePointer<ConnectionPointer>
    private var chunkCapacity: Int
    private var chunkCount = 0
    /// Free slots, linked through `runNext`.
    private var free = Connection.noSlot
    /// Closed in this turn, free from the next one on.
    private var closed = Connection.noSlot
    private(set) var openCount = 0

    init() {
        chunkCapacity = 16
        chunks = Allocator.allocate(chunkCapacity * MemoryLayout<ConnectionPointer>.stride)
            .bindMemory(to: ConnectionPointer.self, capacity: chunkCapacity)
    }

    /// Slot numbers are below this.
    var slotLimit: UInt32 { UInt32(chunkCount << Self.chunkShift) }

    /// The slot of that number, which is below `slotLimit`.
    @inline(__always)
    func at(_ slot: UInt32) -> ConnectionPointer {
        chunks[Int(slot) >> Self.chunkShift] + Int(slot) & (Self.chunkSlots - 1)
    }

    /// The open connection that a token means, or nil when the event is stale.
    @inline(__always)
    func lookUp(_ token: UInt64) -> ConnectionPointer? {
        let slot = UInt32(truncatingIfNeeded: token)
        guard slot < slotLimit else { return nil }
        let connection = at(slot)
        guard connection.pointee.generation == UInt32(truncatingIfNeeded: token >> 32),
            connection.pointee.state.contains(.open)
        else { return nil }
        return connection
    }

    /// Asks for the slot that a token means.
    @inline(__always)
    func prefetch(_ token: UInt64) {
        let slot = UInt32(truncatingIfNeeded: token)
        guard token >> 32 != 0, slot < slotLimit else { return }
        let connection = UnsafeRawPointer(at(slot))
        machine_prefetch(connection)
        machine_prefetch(connection + 64)
        machine_prefetch(connection + 128)
    }

    /// Asks for the server's client of the connection that a token means.
    @inline(__always)
    func prefetchContext(_ token: UInt64) {
        let slot = UInt32(truncatingIfNeeded: token)
        guard token >> 32 != 0, slot < slotLimit, let context = at(slot).pointee.context else {
            return
        }
        machine_prefetch(context)
        machine_prefetch(context + 64)
    }

    /// An empty slot for `fd`, open, writable, of a fresh generation.
    mutating func open(fd: Int32) -> ConnectionPointer {
        if free == Connection.noSlot { addChunk() }
        let connection = at(free)
        free = connection.pointee.runNext
        connection.pointee.runNext = Connection.noSlot
        connection.pointee.fd = fd
        connection.pointee.state = [.open, .writable]
        openCount += 1
        return connection
    }

    /// Ends the slot's generation. Its buffers are empty already.
    mutating func close(_ connection: ConnectionPointer) {
        let slot = connection.pointee.slot
        var generation = connection.pointee.generation &+ 1
        // Generation 0 marks tokens that are no connection's.
        if generation == 0 { generation = 1 }
        connection.pointee.generation = generation
        connection.pointee.state = []
        connection.pointee.fd = -1
        connection.pointee.context = nil
        connection.pointee.netInputBytes = 0
        connection.pointee.netOutputBytes = 0
        connection.pointee.peer = SocketAddress()
        connection.pointee.listener = Connection.noListener
        connection.pointee.runNext = closed
        closed = slot
        openCount -= 1
    }

    /// At a turn's end: what was closed in it may be used again.
    @inline(__always)
    mutating func recycle() {
        if closed != Connection.noSlot { recycleClosed() }
    }

    @inline(never)
    private mutating func recycleClosed() {
        while closed != Connection.noSlot {
            let connection = at(closed)
            let next = connection.pointee.runNext
            connection.pointee.runNext = free
            free = closed
            closed = next
        }
    }

    /// Gives all memory back; every connection is closed.
    mutating func destroy() {
        for i in 0..<chunkCount {
            chunks[i].deinitialize(count: Self.chunkSlots)
            Allocator.deallocate(chunks[i], Self.chunkSlots * MemoryLayout<Connection>.stride)
        }
        Allocator.deallocate(chunks, chunkCapacity * MemoryLayout<ConnectionPointer>.stride)
        chunkCount = 0
    }

    @inline(never)
    private mutating func addChunk() {
        if chunkCount == chunkCapacity {
            let stride = MemoryLayout<ConnectionPointer>.stride
            chunks = Allocator.reallocate(
                chunks, from: chunkCapacity * stride, to: chunkCapacity * 2 * stride
            ).bindMemory(to: ConnectionPointer.self, capacity: chunkCapacity * 2)
            chunkCapacity *= 2
        }
        let first = UInt32(chunkCount << Self.chunkShift)
        let chunk = Allocator.allocate(Self.chunkSlots * MemoryLayout<Connection>.stride)
            .bindMemory(to: Connection.self, capacity: Self.chunkSlots)
        for i in (0..<Self.chunkSlots).reversed() {
            let slot = first + UInt32(i)
            (chunk + i).initialize(to: Connection(slot: slot))
            chunk[i].runNext = free
            free = slot
        }
        chunks[chunkCount] = chunk
        chunkCount += 1
    }
}
