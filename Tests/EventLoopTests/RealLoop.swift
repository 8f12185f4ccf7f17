// A reactor on epoll with real sockets, and a blocking peer to talk to it.

import CEpoll
import Glibc

@testable import EventLoop

final class RealLoop {
    let reactor: UnsafeMutablePointer<Reactor>

    init(_ limits: ReactorLimits = ReactorLimits()) {
        guard case .success(let backend) = EpollBackend.make(events: limits.eventsPerTurn) else {
            fatalError("no epoll")
        }
        reactor = Reactor.create(backend: backend, limits: limits)
    }

    deinit { Reactor.destroy(reactor) }

    /// Turns the loop until `isDone` or about two seconds are over; false then. `serve` gets each
    /// event.
    @discardableResult
    func run(until isDone: () -> Bool, serve: (Event) -> Void) -> Bool {
        let end = reactor.pointee.clock.monotonicNanoseconds + 2_000_000_000
        while !isDone() {
            reactor.pointee.wait(atMostMilliseconds: 20)
            if reactor.pointee.clock.monotonicNanoseconds > end { return false }
            while true {
                let event = reactor.pointee.next()
                if event.kind == .none { break }
                serve(event)
            }
        }
        return true
    }

    /// Waits for one connection on any listener.
    func acceptOne() -> ConnectionPointer? {
        var found: ConnectionPointer?
        run(until: { found != nil }) { event in
            if event.kind == .listener,
                case .connection(let connection) = reactor.pointee.accept(event.index)
            {
                found = connection
            }
        }
        return found
    }

    /// A connection over a unix socketpair and the peer's end.
    func pair() -> (ConnectionPointer, Peer) {
        var fds: [Int32] = [0, 0]
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &fds) == 0 else { fatalError("socketpair") }
        _ = fcntl(fds[0], F_SETFL, fcntl(fds[0], F_GETFL) | O_NONBLOCK)
        guard case .success(let c) = reactor.pointee.adopt(fd: fds[0], peer: .unixPeer) else {
            fatalError("adopt")
        }
        return (c, Peer(fd: fds[1]))
    }
}

/// The other end of a connection, blocking.
final class Peer {
    let fd: Int32
    private var isOpen = true

    init(fd: Int32) { self.fd = fd }
    deinit { close() }

    /// Connects to a TCP port; nil when refused.
    init?(host: String, port: UInt16) {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, "\(port)", &hints, &list) == 0, let info = list else { return nil }
        defer { freeaddrinfo(list) }
        fd = socket(info.pointee.ai_family, Int32(SOCK_STREAM.rawValue), 0)
        guard connect(fd, info.pointee.ai_addr, info.pointee.ai_addrlen) == 0 else { return nil }
    }

    /// Connects to a unix socket; nil when refused.
    init?(path: String) {
        guard var address = sockaddr_un.at(path) else { return nil }
        fd = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(fd, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard status == 0 else { return nil }
    }

    func send(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.send(fd, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// What is there now, at most `limit` bytes, without blocking.
    func take(_ limit: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: limit)
        let count = recv(fd, &bytes, limit, Int32(MSG_DONTWAIT))
        return Array(bytes.prefix(max(0, count)))
    }

    func shutdownWriting() { _ = shutdown(fd, Int32(SHUT_WR)) }

    func close() {
        if isOpen { _ = Glibc.close(fd) }
        isOpen = false
    }
}

/// A directory of the test's own, removed with what is in it.
final class ScratchDirectory {
    let path: String

    init() {
        var template = Array("/tmp/flashkvd-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { fatalError("mkdtemp") }
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    deinit {
        if let directory = opendir(path) {
            while let entry = readdir(directory) {
                let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                    String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
                }
                if name != "." && name != ".." { _ = unlink("\(path)/\(name)") }
            }
            closedir(directory)
        }
        _ = rmdir(path)
    }
}

func socketOption(_ fd: Int32, _ level: Int32, _ name: Int32) -> Int32 {
    var value: Int32 = -1
    var length = socklen_t(MemoryLayout<Int32>.size)
    _ = getsockopt(fd, level, name, &value, &length)
    return value
}
