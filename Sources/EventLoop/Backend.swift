// The kernel as the reactor sees it: a table of C functions and a context.
//
// A struct of plain function pointers instead of a protocol: a call is one indirect jump, nothing is
// boxed and nothing is reference counted. EpollBackend is the real one; an io_uring backend and the
// fake kernel of the tests fill the same table.
//
// Results: what the system call returns, or -errno. No function blocks except `wait`.

import CEpoll

/// What a backend reports about one descriptor (token and readiness bits).
package typealias ReadyEvent = reactor_event

/// Readiness and interest bits, with epoll's own values.
package enum Readiness {
    package static let readable: UInt32 = 0x001
    package static let writable: UInt32 = 0x004
    package static let error: UInt32 = 0x008
    package static let hangUp: UInt32 = 0x010
    /// The peer will send nothing more.
    package static let peerClosed: UInt32 = 0x2000
    package static let edgeTriggered: UInt32 = 1 << 31

    /// A connection: registered once, for everything, edge-triggered.
    package static let connection = readable | writable | peerClosed | edgeTriggered
    /// A unix socket wakes its writer at every read of the peer, so it asks for writability only
    /// while output waits.
    package static let connectionWithoutOutput = readable | peerClosed | edgeTriggered
}

/// The vtable. `context` is the backend's own state, handed to every function.
package struct Backend {
    package typealias Context = UnsafeMutableRawPointer

    package var context: Context
    /// Fills at most `capacity` events; waits `timeoutMilliseconds` (-1: for ever, 0: not at all).
    package var wait:
        @convention(c) (Context, UnsafeMutablePointer<ReadyEvent>, Int32, Int32) -> Int32
    /// Registers a descriptor under a token with interest bits.
    package var add: @convention(c) (Context, Int32, UInt64, UInt32) -> Int32
    /// Changes the interest; an edge that is already there is reported again.
    package var modify: @convention(c) (Context, Int32, UInt64, UInt32) -> Int32
    package var remove: @convention(c) (Context, Int32) -> Int32
    /// The next connection of a listener, non-blocking and close-on-exec.
    package var accept:
        @convention(c) (Context, Int32, UnsafeMutablePointer<sockaddr_storage>) -> Int32
    package var receive: @convention(c) (Context, Int32, UnsafeMutableRawPointer, Int) -> Int
    package var send: @convention(c) (Context, Int32, UnsafeRawPointer, Int) -> Int
    package var sendVector: @convention(c) (Context, Int32, UnsafePointer<iovec>, Int32) -> Int
    /// Closes a descriptor; its registration goes with it.
    package var close: @convention(c) (Context, Int32) -> Void
    package var monotonicNanoseconds: @convention(c) (Context) -> UInt64
    package var realtimeNanoseconds: @convention(c) (Context) -> UInt64
    /// CPU time of the calling thread.
    package var threadNanoseconds: @convention(c) (Context) -> UInt64
    /// Frees the context.
    package var destroy: @convention(c) (Context) -> Void
    /// Whether time stands still unless the test moves it: ticks are then nanoseconds.
    package var isVirtual: Bool

    package init(
        context: Context,
        wait:
            @escaping @convention(c) (Context, UnsafeMutablePointer<ReadyEvent>, Int32, Int32)
            -> Int32,
        add: @escaping @convention(c) (Context, Int32, UInt64, UInt32) -> Int32,
        modify: @escaping @convention(c) (Context, Int32, UInt64, UInt32) -> Int32,
        remove: @escaping @convention(c) (Context, Int32) -> Int32,
        accept:
            @escaping @convention(c) (Context, Int32, UnsafeMutablePointer<sockaddr_storage>)
            -> Int32,
        receive: @escaping @convention(c) (Context, Int32, UnsafeMutableRawPointer, Int) -> Int,
        send: @escaping @convention(c) (Context, Int32, UnsafeRawPointer, Int) -> Int,
        sendVector: @escaping @convention(c) (Context, Int32, UnsafePointer<iovec>, Int32) -> Int,
        close: @escaping @convention(c) (Context, Int32) -> Void,
        monotonicNanoseconds: @escaping @convention(c) (Context) -> UInt64,
        realtimeNanoseconds: @escaping @convention(c) (Context) -> UInt64,
        threadNanoseconds: @escaping @convention(c) (Context) -> UInt64,
        destroy: @escaping @convention(c) (Context) -> Void,
        isVirtual: Bool
    ) {
        self.context = context
        self.wait = wait
        self.add = add
        self.modify = modify
        self.remove = remove
        self.accept = accept
        self.receive = receive
        self.send = send
        self.sendVector = sendVector
        self.close = close
        self.monotonicNanoseconds = monotonicNanoseconds
        self.realtimeNanoseconds = realtimeNanoseconds
        self.threadNanoseconds = threadNanoseconds
        self.destroy = destroy
        self.isVirtual = isVirtual
    }
}
