// One socket: its descriptor, its state and what waits in and out of it.
//
// A connection lives in a slot at a stable address (ConnectionTable); the server keeps the pointer
// and hangs its client on `context`. A slot is some 180 bytes and holds no other memory while the
// connection is idle. Only the reactor opens, reads, writes and closes.

import Memory

/// Pointer to a connection's slot: valid until `Reactor.close`, and readable to the turn's end.
package typealias ConnectionPointer = UnsafeMutablePointer<Connection>

@frozen
@usableFromInline
package struct ConnectionState: OptionSet, Sendable {
    @usableFromInline package let rawValue: UInt16
    @inlinable package init(rawValue: UInt16) { self.rawValue = rawValue }

    /// The slot is in use.
    @inlinable package static var open: ConnectionState { ConnectionState(rawValue: 1 << 0) }
    /// The kernel may hold unread bytes: set by an edge, cleared by a short read or EAGAIN.
    @inlinable package static var readable: ConnectionState { ConnectionState(rawValue: 1 << 1) }
    /// The kernel takes bytes: cleared by a short write or EAGAIN, set by an edge.
    @inlinable package static var writable: ConnectionState { ConnectionState(rawValue: 1 << 2) }
    /// The peer has closed its side or the socket has failed; a read will tell.
    @inlinable package static var peerClosed: ConnectionState { ConnectionState(rawValue: 1 << 3) }
    /// The socket has failed or the server gave it up: nothing is sent any more, close it.
    @inlinable package static var failed: ConnectionState { ConnectionState(rawValue: 1 << 4) }
    /// Close once everything queued is sent.
    @inlinable package static var closeAfterReply: ConnectionState {
        ConnectionState(rawValue: 1 << 5)
    }
    /// In the run queue.
    @inlinable package static var scheduled: ConnectionState { ConnectionState(rawValue: 1 << 6) }
    /// In the part of the run queue that this turn serves.
    @inlinable package static var scheduledThisTurn: ConnectionState {
        ConnectionState(rawValue: 1 << 7)
    }
    /// A unix socket, registered for writability only while output waits.
    @inlinable package static var unixSocket: ConnectionState { ConnectionState(rawValue: 1 << 8) }
    @inlinable package static var watchesOutput: ConnectionState {
        ConnectionState(rawValue: 1 << 9)
    }
    /// Scheduled by `enqueue` alone: once flushed it need not have a turn.
    @inlinable package static var outputOnly: ConnectionState { ConnectionState(rawValue: 1 << 10) }
}

@frozen
package struct Connection: ~Copyable {
    /// The server's client.
    package var context: UnsafeMutableRawPointer?
    /// What of a request has arrived, when not all of it has.
    package var input: InputBuffer
    /// What the socket has not taken yet.
    package internal(set) var output: OutputQueue
    /// Monotonic milliseconds of the last bytes received or sent.
    package var lastInteractionMilliseconds: Int64
    /// Bytes received and sent over the connection's life.
    package internal(set) var netInputBytes: UInt64
    package internal(set) var netOutputBytes: UInt64
    /// The peer as accept reported it.
    package internal(set) var peer: SocketAddress
    package internal(set) var fd: Int32
    /// Slot number and its generation: together they are the token of the kernel's events.
    package internal(set) var slot: UInt32
    package internal(set) var generation: UInt32
    var runNext: UInt32
    var runPrevious: UInt32
    package internal(set) var state: ConnectionState
    /// The listener it came from (its index in the reactor), or `noListener`.
    package internal(set) var listener: UInt16

    package static let noListener = UInt16.max
    static let noSlot = UInt32.max

    init(slot: UInt32) {
        context = nil
        input = InputBuffer()
        output = OutputQueue()
        lastInteractionMilliseconds = 0
        netInputBytes = 0
        netOutputBytes = 0
        peer = SocketAddress()
        fd = -1
        self.slot = slot
        generation = 1
        runNext = Self.noSlot
        runPrevious = Self.noSlot
        state = []
        listener = Self.noListener
    }

    @inline(__always) var token: UInt64 { UInt64(generation) << 32 | UInt64(slot) }

    @inlinable package var isOpen: Bool { state.contains(.open) }
    /// Whether a receive may find something (bytes or the end).
    @inlinable package var isReadable: Bool { state.contains(.readable) }
    @inlinable package var hasOutput: Bool { !output.isEmpty }
    @inlinable package var hasFailed: Bool { state.contains(.failed) }
    @inlinable package var isUnixSocket: Bool { state.contains(.unixSocket) }
    @inlinable package var isPeerClosed: Bool { state.contains(.peerClosed) }

    /// Whether to close when everything queued is sent: `send` and `flush` then say `.finished`.
    @inlinable package var closeAfterReply: Bool {
        get { state.contains(.closeAfterReply) }
        set {
            if newValue { state.insert(.closeAfterReply) } else { state.remove(.closeAfterReply) }
        }
    }

    /// User-space memory of the connection, its slot included.
    package var memoryBytes: Int {
        MemoryLayout<Connection>.stride + input.capacity + output.memory
    }
}
