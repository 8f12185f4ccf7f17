// The backend on epoll(7): each function is one system call.
//
// Made once by the server, handed to `Reactor.create`, which owns it from then on.

import CEpoll
import CMachine
import Glibc
import Memory

package enum EpollBackend {
    private struct State {
        var epoll: Int32
        var scratch: UnsafeMutableRawPointer
        var scratchBytes: Int
        /// Events that `scratch` has room for.
        var capacity: Int32
    }

    @inline(__always)
    private static func state(_ context: Backend.Context) -> UnsafeMutablePointer<State> {
        context.assumingMemoryBound(to: State.self)
    }

    /// A backend that takes at most `events` events per wait, or the errno of epoll_create1.
    package static func make(events: Int = 128) -> Result<Backend, KernelError> {
        let epoll = epoll_open()
        guard epoll >= 0 else { return .failure(KernelError(call: "epoll_create1", errno: -epoll)) }
        let capacity = Int32(max(1, min(events, 65536)))
        let scratchBytes = epoll_scratch_bytes(capacity)
        let context = Allocator.allocate(MemoryLayout<State>.stride)
        context.initializeMemory(
            as: State.self,
            to: State(
                epoll: epoll, scratch: Allocator.allocate(scratchBytes), scratchBytes: scratchBytes,
                capacity: capacity))
        return .success(backend(context))
    }

    private static func backend(_ context: Backend.Context) -> Backend {
        Backend(
            context: context,
            wait: { context, events, capacity, timeout in
                let state = EpollBackend.state(context)
                return epoll_collect(
                    state.pointee.epoll, state.pointee.scratch, events,
                    min(capacity, state.pointee.capacity), timeout)
            },
            add: { epoll_attach(EpollBackend.state($0).pointee.epoll, $1, $2, $3) },
            modify: { epoll_change(EpollBackend.state($0).pointee.epoll, $1, $2, $3) },
            remove: { epoll_detach(EpollBackend.state($0).pointee.epoll, $1) },
            accept: { _, fd, peer in socket_accept(fd, peer) },
            receive: { _, fd, buffer, room in socket_receive(fd, buffer, room) },
            send: { _, fd, bytes, count in socket_send(fd, bytes, count) },
            sendVector: { _, fd, parts, count in socket_send_vector(fd, parts, count) },
            close: { _, fd in _ = Glibc.close(fd) },
            monotonicNanoseconds: { _ in machine_monotonic_ns() },
            realtimeNanoseconds: { _ in machine_realtime_ns() },
            threadNanoseconds: { _ in machine_thread_cpu_ns() },
            destroy: { context in
                let state = EpollBackend.state(context)
                _ = Glibc.close(state.pointee.epoll)
                Allocator.deallocate(state.pointee.scratch, state.pointee.scratchBytes)
                Allocator.deallocate(context, MemoryLayout<State>.stride)
            },
            isVirtual: false)
    }
}

/// A system call that failed: its name and errno.
package struct KernelError: Error, Equatable {
    package let call: String
    package let errno: Int32

    package init(call: String, errno: Int32) {
        self.call = call
        self.errno = errno
    }

    /// The errno's text, as strerror gives it.
    package var reason: String { String(cString: strerror(errno)) }
    /// "bind: Address already in use", as Redis's network errors read.
    package var text: String { "\(call): \(reason)" }
}
