// The reactor: owns every socket, waits for events, hands them out one by one.
//
// The server drives, nothing calls back:
//
//     while running {
//         reactor.pointee.wait()
//         while true {
//             let event = reactor.pointee.next()
//             ... .none: break out; .connection: receive, execute, send; .listener: accept; ...
//         }
//         ... due timers, then cycles ...
//     }
//
// Invariants: a connection is delivered at most once per turn; one that still has work is in the
// run queue, and the wait does not block while that is not empty; events of a closed connection
// are dropped by their generation; a closed slot is not used again before the next wait.
// Readiness is edge-triggered and remembered in the connection's state, so that no event is lost
// when the server reads later, and no epoll_ctl is needed while the connection lives.

import CEpoll
import Glibc
import Memory

/// What an event is about.
@frozen
package enum EventKind: UInt8 {
    /// The turn's events are through.
    case none
    /// A connection has input, its end, or flushed or waiting output: look at its state.
    case connection
    /// The listener `index` has connections to accept.
    case listener
    /// Signal number `index`.
    case signal
    /// A watched descriptor is readable; `index` is its identity.
    case descriptor
}

@frozen
package struct Event {
    package let kind: EventKind
    package let index: UInt32
    package let connection: ConnectionPointer?

    @inlinable
    init(_ kind: EventKind, index: UInt32 = 0, connection: ConnectionPointer? = nil) {
        self.kind = kind
        self.index = index
        self.connection = connection
    }
}

/// Bounds of a turn. Bytes unless the name says otherwise.
package struct ReactorLimits {
    /// Events taken per wait; the rest comes next turn, in order. Bounds the turn's length.
    package var eventsPerTurn = 128
    /// Connections to accept per listener and turn. Listeners are level-triggered: none is lost.
    package var acceptsPerTurn = 64
    /// What one flush of a connection's queue may send per turn.
    package var flushBytesPerTurn = 256 * 1024
    /// The shared receive buffer.
    package var receiveBufferBytes = 64 * 1024

    package init() {}
}

/// Totals for INFO.
package struct TransferStatistics {
    package internal(set) var netInputBytes: UInt64 = 0
    package internal(set) var netOutputBytes: UInt64 = 0
    package internal(set) var readsProcessed: UInt64 = 0
    package internal(set) var writesProcessed: UInt64 = 0
    package internal(set) var connectionsAccepted: UInt64 = 0
    /// Events of descriptors that were closed before the event was looked at.
    package internal(set) var staleEvents: UInt64 = 0
}

package struct Reactor: ~Copyable {
    var backend: Backend
    package let limits: ReactorLimits
    package private(set) var clock: LoopClock
    package internal(set) var statistics = TransferStatistics()
    package private(set) var turnStatistics: TurnStatistics
    package var timers = Timers()
    package var cycles = Cycles()

    var table = ConnectionTable()
    var runQueue = RunQueue()
    var blocks = OutputBlockPool()
    var listeners = ListenerSet()

    /// Where the server receives: shared by all connections, overwritten by each receive.
    /// `receiveSlack` bytes behind its end may be read (not written) by a vectorised parser.
    package let receiveBuffer: UnsafeMutablePointer<UInt8>
    package static let receiveSlack = 64

    /// iovecs of the send under way.
    let vector: UnsafeMutablePointer<iovec>
    static let vectorCapacity = 64

    private let events: UnsafeMutablePointer<ReadyEvent>
    private var eventCount = 0
    private var eventCursor = 0
    private var hadEvents = false
    private var signalDescriptor: Int32 = -1

    /// Tokens with generation 0 are no connection's: their low half is a kind and an index.
    enum TokenKind: UInt32 {
        case listener = 1
        case signal = 2
        case descriptor = 3
    }
    static let tokenIndexBits: UInt32 = 24

    static func token(_ kind: TokenKind, _ index: UInt32) -> UInt64 {
        UInt64(kind.rawValue << tokenIndexBits | index & (1 << tokenIndexBits - 1))
    }

    private init(backend: Backend, limits: ReactorLimits) {
        self.backend = backend
        self.limits = limits
        clock = LoopClock(backend: backend)
        turnStatistics = TurnStatistics(clock)
        receiveBuffer = Allocator.allocate(limits.receiveBufferBytes + Self.receiveSlack)
            .bindMemory(to: UInt8.self, capacity: limits.receiveBufferBytes + Self.receiveSlack)
        receiveBuffer.initialize(
            repeating: 0, count: limits.receiveBufferBytes + Self.receiveSlack)
        vector = Allocator.allocate(Self.vectorCapacity * MemoryLayout<iovec>.stride)
            .bindMemory(to: iovec.self, capacity: Self.vectorCapacity)
        events = Allocator.allocate(limits.eventsPerTurn * MemoryLayout<ReadyEvent>.stride)
            .bindMemory(to: ReadyEvent.self, capacity: limits.eventsPerTurn)
    }

    /// A reactor at a stable address, owning the backend, until `destroy`.
    package static func create(
        backend: Backend, limits: ReactorLimits = ReactorLimits()
    ) -> UnsafeMutablePointer<Reactor> {
        let reactor = Allocator.allocate(MemoryLayout<Reactor>.stride)
            .bindMemory(to: Reactor.self, capacity: 1)
        reactor.initialize(to: Reactor(backend: backend, limits: limits))
        return reactor
    }

    /// Closes every socket (a unix socket's file is removed) and gives all memory back. The
    /// server's clients are its own to free beforehand.
    package static func destroy(_ reactor: UnsafeMutablePointer<Reactor>) {
        for slot in 0..<reactor.pointee.table.slotLimit {
            if let connection = reactor.pointee.connection(slot: slot) {
                reactor.pointee.close(connection)
            }
        }
        reactor.pointee.closeListeners()
        reactor.pointee.release()
        reactor.deinitialize(count: 1)
        Allocator.deallocate(reactor, MemoryLayout<Reactor>.stride)
    }

    private mutating func release() {
        if signalDescriptor >= 0 { backend.close(backend.context, signalDescriptor) }
        blocks.free()
        table.destroy()
        Allocator.deallocate(receiveBuffer, limits.receiveBufferBytes + Self.receiveSlack)
        Allocator.deallocate(vector, Self.vectorCapacity * MemoryLayout<iovec>.stride)
        Allocator.deallocate(events, limits.eventsPerTurn * MemoryLayout<ReadyEvent>.stride)
        backend.destroy(backend.context)
    }

    // MARK: A turn

    /// Ends the turn, waits for events, begins the next turn.
    ///
    /// Blocks until an event, the next timer, or `atMost` milliseconds (-1: no bound); not at all
    /// while connections are scheduled or a cycle has work.
    package mutating func wait(atMostMilliseconds atMost: Int32 = -1) {
        if eventCursor < eventCount { keepUnserved() }
        table.recycle()
        let spent = turnStatistics.end(clock)
        var timeout = atMost
        if !runQueue.isEmpty || cycles.anyHasWork {
            timeout = 0
        } else {
            // A long turn must not be slept again: the timeout counts from now.
            let now = clock.monotonicNanoseconds &+ spent
            timeout = Self.sooner(timeout, timers.timeoutMilliseconds(now: now))
            if listeners.pausedCount > 0 {
                timeout = Self.sooner(timeout, Int32(ListenerSet.pauseMilliseconds))
            }
        }
        let count = backend.wait(
            backend.context, events, Int32(limits.eventsPerTurn), timeout)
        clock.refresh()
        turnStatistics.begin(clock)
        // An interrupted or failed wait is a turn without events.
        eventCount = count > 0 ? Int(count) : 0
        eventCursor = 0
        hadEvents = eventCount > 0 || !runQueue.isEmpty
        if !runQueue.isEmpty {
            runQueue.startTurn(table)
            joinScheduled()
        }
        if listeners.pausedCount > 0 { resumeListeners() }
    }

    /// The next event of this turn; `.none` when they are through.
    package mutating func next() -> Event {
        // Who waits from earlier turns comes first: else a busy loop would never get to them.
        if !runQueue.isEmpty, let connection = runQueue.next(table) {
            return Event(.connection, connection: connection)
        }
        while eventCursor < eventCount {
            let event = events[eventCursor]
            eventCursor += 1
            if event.token >> 32 == 0 {
                if let event = special(UInt32(truncatingIfNeeded: event.token)) { return event }
                continue
            }
            // With thousands of connections their slots are cold: asked for two events ahead, and
            // what the server hangs on them one ahead.
            if eventCursor &+ 1 < eventCount {
                table.prefetchContext(events[eventCursor].token)
                table.prefetch(events[eventCursor &+ 1].token)
            }
            guard let connection = table.lookUp(event.token) else {
                statistics.staleEvents += 1
                continue
            }
            note(event.readiness, connection)
            // Writability alone is news only for a connection with output.
            if connection.pointee.isReadable || connection.pointee.hasOutput {
                return Event(.connection, connection: connection)
            }
        }
        return Event(.none)
    }

    /// Events of connections that are served out of the run queue this turn anyway: noted now, so
    /// that none is delivered twice.
    @inline(never)
    private mutating func joinScheduled() {
        for i in 0..<eventCount {
            let event = events[i]
            guard event.token >> 32 != 0, let connection = table.lookUp(event.token),
                connection.pointee.state.contains(.scheduled)
            else { continue }
            note(event.readiness, connection)
            // A token of no kind: passed over.
            events[i].token = 0
        }
    }

    /// Remembers what the kernel said, so that it need not say it again.
    @inline(__always)
    private func note(_ readiness: UInt32, _ connection: ConnectionPointer) {
        var state = connection.pointee.state
        if readiness & Readiness.writable != 0 { state.insert(.writable) }
        if readiness & ~Readiness.writable != 0 {
            state.insert(.readable)
            if readiness & ~(Readiness.writable | Readiness.readable) != 0 {
                state.insert(.peerClosed)
                // A dead socket refuses output with an error: let a flush find out.
                if readiness & (Readiness.error | Readiness.hangUp) != 0 { state.insert(.writable) }
            }
        }
        connection.pointee.state = state
    }

    @inline(never)
    private mutating func special(_ token: UInt32) -> Event? {
        let index = token & (1 << Self.tokenIndexBits - 1)
        switch TokenKind(rawValue: token >> Self.tokenIndexBits) {
        case .listener:
            return listeners.isOpen(Int(index)) ? Event(.listener, index: index) : nil
        case .signal:
            let number = signal_next(signalDescriptor)
            return number > 0 ? Event(.signal, index: UInt32(number)) : nil
        case .descriptor:
            return Event(.descriptor, index: index)
        case nil:
            return nil
        }
    }

    /// The sooner of two timeouts, where -1 is never.
    private static func sooner(_ a: Int32, _ b: Int32) -> Int32 {
        a < 0 ? b : b < 0 ? a : min(a, b)
    }

    /// Edges that the server did not ask for are not lost: their connections are scheduled.
    /// Listeners, signals and other descriptors are level-triggered and come again by themselves.
    @inline(never)
    private mutating func keepUnserved() {
        while eventCursor < eventCount {
            let event = events[eventCursor]
            eventCursor += 1
            guard event.token >> 32 != 0, let connection = table.lookUp(event.token) else {
                continue
            }
            note(event.readiness, connection)
            runQueue.schedule(connection, table)
        }
    }

    /// Reads the clocks again in mid-turn.
    package mutating func refreshClock() { clock.refresh() }

    // MARK: Cycles

    /// Opens the cycles' part of the turn; then `nextSlice` until nil.
    package mutating func beginCycles() {
        guard cycles.anyHasWork else { return }
        let spent = clock.nanoseconds(from: turnStatistics.startTicks, to: clock.ticks())
        cycles.beginTurn(eventNanoseconds: spent, hadEvents: hadEvents)
    }

    package mutating func nextSlice() -> CycleSlice? {
        cycles.anyHasWork ? cycles.next(clock) : nil
    }

    package mutating func endSlice(_ slice: CycleSlice, items: Int, hasWork: Bool) {
        cycles.end(slice, items: items, hasWork: hasWork, clock)
    }

    // MARK: Statistics

    /// Reads the CPU time of turns not accounted yet; call before showing `turnStatistics`.
    package mutating func settleStatistics() { turnStatistics.settle(clock) }

    /// CONFIG RESETSTAT.
    package mutating func resetStatistics() {
        statistics = TransferStatistics()
        turnStatistics.reset(clock)
        cycles.resetStatistics()
    }

    // MARK: Signals and other descriptors

    /// Blocks the given signals and delivers them as `.signal` events; SIGPIPE is ignored.
    /// Call before any other thread is made, so that it inherits the mask.
    package mutating func watchSignals(
        _ signals: [Int32] = [SIGTERM, SIGINT, SIGHUP]
    ) -> KernelError? {
        signal_ignore_pipe()
        let fd = signal_descriptor(signals, Int32(signals.count))
        guard fd >= 0 else { return KernelError(call: "signalfd", errno: -fd) }
        let status = backend.add(
            backend.context, fd, Self.token(.signal, 0), Readiness.readable)
        guard status >= 0 else {
            backend.close(backend.context, fd)
            return KernelError(call: "epoll_ctl", errno: -status)
        }
        signalDescriptor = fd
        return nil
    }

    /// Delivers a `.descriptor` event with `identity` (below 2^24) in each turn in which `fd` is
    /// readable: level-triggered, the server reads it empty. For eventfds of helper threads.
    package mutating func watch(_ fd: Int32, identity: UInt32) -> KernelError? {
        let status = backend.add(
            backend.context, fd, Self.token(.descriptor, identity), Readiness.readable)
        return status < 0 ? KernelError(call: "epoll_ctl", errno: -status) : nil
    }

    package mutating func unwatch(_ fd: Int32) { _ = backend.remove(backend.context, fd) }

    // MARK: Connections

    /// Open connections.
    package var connectionCount: Int { table.openCount }
    /// Slot numbers are below this: walk them for periodic work on all connections.
    package var slotLimit: UInt32 { table.slotLimit }

    /// The open connection in a slot, or nil.
    package func connection(slot: UInt32) -> ConnectionPointer? {
        guard slot < table.slotLimit else { return nil }
        let connection = table.at(slot)
        return connection.pointee.isOpen ? connection : nil
    }

    /// Serves the connection again next turn, events or not; the wait will not block.
    package mutating func schedule(_ connection: ConnectionPointer) {
        assert(connection.pointee.isOpen)
        runQueue.schedule(connection, table)
    }

    /// Marks a connection to be closed by the server when its turn comes (`hasFailed`): nothing
    /// more is sent. For a client found guilty while another one is being served.
    package mutating func abort(_ connection: ConnectionPointer) {
        connection.pointee.state.insert(.failed)
        schedule(connection)
    }

    /// Closes the socket, frees the buffers, drops the connection's events of this turn. Anything
    /// queued is lost. The pointer stays readable (not open) until the next wait.
    package mutating func close(_ connection: ConnectionPointer) {
        guard connection.pointee.isOpen else { return }
        runQueue.remove(connection, table)
        connection.pointee.input.free()
        connection.pointee.output.free(&blocks)
        backend.close(backend.context, connection.pointee.fd)
        table.close(connection)
        // A descriptor is free again: listeners that ran out may go on.
        if listeners.pausedCount > 0 { listeners.mayResume = true }
    }

    /// Takes over a connected, non-blocking socket. On an error the caller keeps it.
    package mutating func adopt(
        fd: Int32, peer: SocketAddress, listener: UInt16 = Connection.noListener
    ) -> Result<ConnectionPointer, KernelError> {
        let connection = table.open(fd: fd)
        connection.pointee.peer = peer
        connection.pointee.listener = listener
        connection.pointee.lastInteractionMilliseconds = clock.monotonicMilliseconds
        var interest = Readiness.connection
        if peer.family == .unix {
            connection.pointee.state.insert(.unixSocket)
            interest = Readiness.connectionWithoutOutput
        }
        let status = backend.add(backend.context, fd, connection.pointee.token, interest)
        guard status >= 0 else {
            table.close(connection)
            return .failure(KernelError(call: "epoll_ctl", errno: -status))
        }
        return .success(connection)
    }

    /// The peer's address as CLIENT LIST shows it: "ip:port", "[ip6]:port" or "path:0".
    package func peerText(_ connection: ConnectionPointer) -> String {
        connection.pointee.peer.text(unixPath: listeners.unixPath(connection.pointee.listener))
    }

    /// Our own address of the connection in the same form; one system call.
    package func localText(_ connection: ConnectionPointer) -> String {
        if connection.pointee.isUnixSocket { return peerText(connection) }
        return SocketAddress.local(connection.pointee.fd).text()
    }
}
