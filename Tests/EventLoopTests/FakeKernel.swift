// A kernel that does what a test tells it: scripted reads and writes, errors, descriptor reuse and a
// clock that moves only when told (or when a wait sleeps).

import CEpoll
import Glibc

@testable import EventLoop

final class FakeKernel {
    enum Read {
        case bytes([UInt8])
        case error(Int32)
        case end
    }

    enum Write {
        case take(Int)
        case error(Int32)
    }

    struct Socket {
        /// Consumed in order; nothing left reads as EAGAIN.
        var reads: [Read] = []
        /// Consumed one per send; nothing left takes everything.
        var writes: [Write] = []
        var written: [UInt8] = []
        var token: UInt64 = 0
        var interest: UInt32 = 0
        var isRegistered = false
    }

    var sockets: [Int32: Socket] = [:]
    var events: [ReadyEvent] = []
    /// What accept returns, in order: a descriptor or -errno; nothing left is EAGAIN.
    var accepts: [Int32] = []
    var waitResult: Int32?
    var addError: Int32?
    var now: UInt64 = 1_000_000_000
    var realtime: UInt64 = 1_700_000_000_000_000_000
    var cpu: UInt64 = 0
    /// Observed.
    var timeouts: [Int32] = []
    var closed: [Int32] = []
    var controlCalls = 0
    var receiveCalls = 0
    var sendCalls = 0

    /// Appends what the script allows of `parts`; the send's result.
    func write(_ fd: Int32, _ parts: [UnsafeRawBufferPointer]) -> Int {
        sendCalls += 1
        var room = Int.max
        if !(sockets[fd]?.writes.isEmpty ?? true) {
            switch sockets[fd]!.writes.removeFirst() {
            case .take(let count): room = count
            case .error(let errno): return -Int(errno)
            }
        }
        var taken = 0
        for part in parts {
            let count = min(part.count, room - taken)
            sockets[fd]?.written.append(contentsOf: part.prefix(count))
            taken += count
        }
        return taken
    }

    func read(_ fd: Int32, _ buffer: UnsafeMutableRawPointer, _ room: Int) -> Int {
        receiveCalls += 1
        guard let first = sockets[fd]?.reads.first else { return -Int(EAGAIN) }
        switch first {
        case .end:
            return 0
        case .error(let errno):
            sockets[fd]!.reads.removeFirst()
            return -Int(errno)
        case .bytes(let bytes):
            let count = min(room, bytes.count)
            buffer.copyMemory(from: bytes, byteCount: count)
            sockets[fd]!.reads.removeFirst()
            if count < bytes.count {
                sockets[fd]!.reads.insert(.bytes(Array(bytes[count...])), at: 0)
            }
            return count
        }
    }

    /// Queues an event under the token the descriptor has now, as the kernel would have stored it.
    func post(_ fd: Int32, _ readiness: UInt32) {
        events.append(
            ReadyEvent(token: sockets[fd]!.token, readiness: readiness, reserved: 0))
    }

    func wait(_ out: UnsafeMutablePointer<ReadyEvent>, _ capacity: Int32, _ timeout: Int32) -> Int32
    {
        timeouts.append(timeout)
        if let result = waitResult {
            waitResult = nil
            return result
        }
        let count = min(events.count, Int(capacity))
        for i in 0..<count { out[i] = events[i] }
        events.removeFirst(count)
        if count == 0 && timeout > 0 { now += UInt64(timeout) * 1_000_000 }
        return Int32(count)
    }

    private func register(_ fd: Int32, _ token: UInt64, _ interest: UInt32) -> Int32 {
        controlCalls += 1
        if let error = addError {
            addError = nil
            return -error
        }
        sockets[fd, default: Socket()].token = token
        sockets[fd]!.interest = interest
        sockets[fd]!.isRegistered = true
        return 0
    }

    private static func of(_ context: UnsafeMutableRawPointer) -> FakeKernel {
        Unmanaged<FakeKernel>.fromOpaque(context).takeUnretainedValue()
    }

    /// The backend; it holds a reference to the kernel until the reactor is destroyed.
    func backend() -> Backend {
        Backend(
            context: Unmanaged.passRetained(self).toOpaque(),
            wait: { FakeKernel.of($0).wait($1, $2, $3) },
            add: { FakeKernel.of($0).register($1, $2, $3) },
            modify: { FakeKernel.of($0).register($1, $2, $3) },
            remove: { context, fd in
                FakeKernel.of(context).controlCalls += 1
                FakeKernel.of(context).sockets[fd]?.isRegistered = false
                return 0
            },
            accept: { context, _, peer in
                let kernel = FakeKernel.of(context)
                peer.pointee.ss_family = sa_family_t(AF_UNSPEC)
                return kernel.accepts.isEmpty ? -EAGAIN : kernel.accepts.removeFirst()
            },
            receive: { FakeKernel.of($0).read($1, $2, $3) },
            send: { FakeKernel.of($0).write($1, [UnsafeRawBufferPointer(start: $2, count: $3)]) },
            sendVector: { context, fd, parts, count in
                FakeKernel.of(context).write(
                    fd,
                    (0..<Int(count)).map {
                        UnsafeRawBufferPointer(
                            start: parts[$0].iov_base, count: parts[$0].iov_len)
                    })
            },
            close: { context, fd in
                FakeKernel.of(context).closed.append(fd)
                FakeKernel.of(context).sockets[fd] = nil
            },
            monotonicNanoseconds: { FakeKernel.of($0).now },
            realtimeNanoseconds: { FakeKernel.of($0).realtime },
            threadNanoseconds: { FakeKernel.of($0).cpu },
            destroy: { Unmanaged<FakeKernel>.fromOpaque($0).release() },
            isVirtual: true)
    }
}

/// A reactor on a fake kernel for the length of a test.
final class FakeLoop {
    let kernel = FakeKernel()
    let reactor: UnsafeMutablePointer<Reactor>

    init(_ limits: ReactorLimits = ReactorLimits()) {
        reactor = Reactor.create(backend: kernel.backend(), limits: limits)
    }

    deinit { Reactor.destroy(reactor) }

    /// A connection on a fake descriptor.
    func connect(_ fd: Int32, _ peer: SocketAddress = SocketAddress()) -> ConnectionPointer {
        kernel.sockets[fd] = FakeKernel.Socket()
        guard case .success(let connection) = reactor.pointee.adopt(fd: fd, peer: peer) else {
            fatalError("the fake kernel refused a descriptor without being told to")
        }
        return connection
    }

    /// One wait, then the connections that the turn delivers.
    func turn() -> [ConnectionPointer] {
        reactor.pointee.wait()
        var connections: [ConnectionPointer] = []
        while true {
            let event = reactor.pointee.next()
            if event.kind == .none { return connections }
            if let connection = event.connection { connections.append(connection) }
        }
    }

    func receive(_ connection: ConnectionPointer, room: Int = 64) -> (Received, [UInt8]) {
        let buffer = reactor.pointee.receiveBuffer
        let received = reactor.pointee.receive(connection, into: buffer, room: room)
        return (received, Array(UnsafeBufferPointer(start: buffer, count: received.count)))
    }

    func send(_ connection: ConnectionPointer, _ text: String) -> SendStatus {
        let bytes = Array(text.utf8)
        return bytes.withUnsafeBufferPointer {
            reactor.pointee.send(connection, $0.baseAddress ?? fakeBase, $0.count)
        }
    }

    func written(_ fd: Int32) -> String {
        String(decoding: kernel.sockets[fd]?.written ?? [], as: UTF8.self)
    }
}

/// Where an empty run may point.
nonisolated(unsafe) let fakeBase = UnsafePointer(UnsafeMutablePointer<UInt8>.allocate(capacity: 1))

/// SplitMix64: a seed replays a test.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
