// The listening sockets: TCP on several addresses, IPv4 and IPv6, and a unix socket.
//
// Cold code: start-up, shutdown, CONFIG SET bind and port. Opening a set is all or nothing, except
// for addresses that may be missing ("-::1") and protocols the kernel lacks, as Redis does.
// Per-connection options (TCP_NODELAY, keepalive) are set on the listener: Linux hands them down to
// accepted sockets, so accepting costs one system call.

import CEpoll
import Glibc

/// Options of TCP listeners.
package struct ListenOptions: Equatable {
    package var backlog: Int32 = 511
    /// Seconds between keepalive probes, 0 for none (tcp-keepalive).
    package var keepaliveSeconds = 300
    /// SO_MARK of the listening sockets, 0 for none (socket-mark-id).
    package var mark: UInt32 = 0

    package init() {}
}

/// An address that could not be listened on.
package struct ListenFailure: Error, Equatable {
    /// The address as configured, without a leading '-'.
    package let address: String
    package let port: UInt16
    /// What failed, as Redis's network layer words it: "bind: Address already in use".
    package let reason: String
    package let errno: Int32
    /// Whether it stops the start; the others are skipped with a warning.
    package let isFatal: Bool

    /// Redis's log line for it, without the "Warning: ".
    package var text: String {
        "Could not create server TCP listening socket \(address):\(port): \(reason)"
    }
}

/// A socket that is listened on. Closed entries keep their index until it is used again.
struct Listener {
    enum Place: Equatable {
        case tcp(address: String, port: UInt16)
        case unix(path: String)
    }

    var fd: Int32
    var place: Place
    /// Taken out of the backend because descriptors have run out.
    var isPaused = false
    /// Identity of a unix socket's file: only our own is removed.
    var device: dev_t = 0
    var inode: ino_t = 0

    var isOpen: Bool { fd >= 0 }
    var isTCP: Bool { if case .tcp = place { true } else { false } }
}

struct ListenerSet {
    /// How long a listener pauses when descriptors ran out and none is closed meanwhile.
    static let pauseMilliseconds: UInt64 = 100

    var entries: [Listener] = []
    var pausedCount = 0
    var pausedUntil: UInt64 = 0
    var mayResume = false

    func isOpen(_ index: Int) -> Bool { index < entries.count && entries[index].isOpen }

    func unixPath(_ index: UInt16) -> String {
        guard Int(index) < entries.count, case .unix(let path) = entries[Int(index)].place else {
            return ""
        }
        return path
    }

    /// Stores a listener under an index of its own kind, so that connections of a closed one
    /// never seem to come from the other kind.
    mutating func store(_ listener: Listener) -> Int {
        if let i = entries.firstIndex(where: { !$0.isOpen && $0.isTCP == listener.isTCP }) {
            entries[i] = listener
            return i
        }
        entries.append(listener)
        return entries.count - 1
    }
}

extension Reactor {
    /// Where the reactor listens for TCP: the configured addresses and the port really bound.
    package var tcpListeners: [(index: Int, address: String, port: UInt16)] {
        listeners.entries.indices.compactMap { i in
            guard listeners.entries[i].isOpen,
                case .tcp(let address, let port) =
                    listeners.entries[i].place
            else { return nil }
            return (i, address, port)
        }
    }

    package var isListening: Bool { listeners.entries.contains { $0.isOpen } }

    /// Makes `addresses` on `port` the set of TCP listeners, at start-up and for CONFIG SET.
    ///
    /// Addresses as in Redis's `bind`: "127.0.0.1", "::1", host names, "*" and "::*" for all, a
    /// leading '-' for one that may be missing. Port 0 or no addresses: no TCP. Listeners that stay
    /// are kept, new ones are opened before old ones close, so that no connection attempt is
    /// refused meanwhile; where the two get in each other's way (all addresses against one) the old
    /// ones close first and are opened again if the new ones fail.
    /// - Returns: the failures; if one is fatal the listeners are as before. The others are
    ///   warnings.
    package mutating func listenTCP(
        addresses: [String], port: UInt16, options: ListenOptions = ListenOptions()
    ) -> [ListenFailure] {
        let wanted = port == 0 ? [] : addresses
        var old: [Int] = []
        var kept: [String] = []
        for listener in tcpListeners {
            if listener.port == port && wanted.contains(where: { bare($0) == listener.address }) {
                kept.append(listener.address)
            } else {
                old.append(listener.index)
            }
        }
        let fresh = wanted.filter { !kept.contains(bare($0)) }
        var failures = openTCP(fresh, port: port, options).failures
        let isInOurWay = failures.contains { $0.isFatal && $0.errno == EADDRINUSE }
        if isInOurWay && !old.isEmpty {
            let places = old.map { listeners.entries[$0].place }
            for index in old { closeListener(index) }
            failures = openTCP(fresh, port: port, options).failures
            if failures.contains(where: \.isFatal) {
                for case .tcp(let address, let port) in places {
                    _ = openTCP([address], port: port, options)
                }
                return failures
            }
            old = []
        }
        if failures.contains(where: \.isFatal) { return failures }
        for index in old { closeListener(index) }
        return failures
    }

    /// Listens on an ephemeral port of one address (tests, tools); returns the port.
    package mutating func listenAnywhere(
        address: String, options: ListenOptions = ListenOptions()
    ) -> Result<UInt16, ListenFailure> {
        let (opened, failures) = openTCP([address], port: 0, options)
        if let failure = failures.first { return .failure(failure) }
        let port = SocketAddress.local(listeners.entries[opened[0]].fd).port
        listeners.entries[opened[0]].place = .tcp(address: address, port: port)
        return .success(port)
    }

    /// CONFIG SET tcp-keepalive: for connections accepted from now on.
    package func setKeepalive(seconds: Int) {
        for listener in listeners.entries where listener.isOpen && listener.isTCP {
            SocketOptions.setKeepalive(listener.fd, seconds: seconds)
        }
    }

    /// Closes all listeners; a unix socket's file is removed.
    package mutating func closeListeners() {
        for index in listeners.entries.indices { closeListener(index) }
    }

    private func bare(_ address: String) -> String {
        address.hasPrefix("-") ? String(address.dropFirst()) : address
    }

    /// Opens all or, when one failure is fatal, none.
    private mutating func openTCP(
        _ addresses: [String], port: UInt16, _ options: ListenOptions
    ) -> (opened: [Int], failures: [ListenFailure]) {
        var opened: [Int] = []
        var failures: [ListenFailure] = []
        for address in addresses {
            let name = bare(address)
            switch TCPSocket.listen(name, port: port, options) {
            case .success(let fd):
                let place = Listener.Place.tcp(address: name, port: port)
                if let index = register(Listener(fd: fd, place: place)) {
                    opened.append(index)
                    continue
                }
                failures.append(
                    ListenFailure(
                        address: name, port: port, reason: "epoll_ctl", errno: ENOSPC,
                        isFatal: true))
            case .failure(let problem):
                let isOptional = address.hasPrefix("-") && problem.errno == EADDRNOTAVAIL
                let isFatal = !isOptional && !TCPSocket.isUnsupported(problem.errno)
                failures.append(
                    ListenFailure(
                        address: name, port: port, reason: problem.reason, errno: problem.errno,
                        isFatal: isFatal))
            }
            if failures.last?.isFatal == true {
                for index in opened { closeListener(index) }
                return ([], failures)
            }
        }
        return (opened, failures)
    }

    /// Hands a listening socket to the backend, level-triggered; closes it and returns nil if that
    /// fails.
    mutating func register(_ listener: Listener) -> Int? {
        let index = listeners.store(listener)
        let status = backend.add(
            backend.context, listener.fd, Self.token(.listener, UInt32(index)), Readiness.readable)
        guard status >= 0 else {
            backend.close(backend.context, listener.fd)
            listeners.entries[index].fd = -1
            return nil
        }
        return index
    }

    mutating func closeListener(_ index: Int) {
        let listener = listeners.entries[index]
        guard listener.isOpen else { return }
        if listener.isPaused { listeners.pausedCount -= 1 }
        backend.close(backend.context, listener.fd)
        listeners.entries[index].fd = -1
        listeners.entries[index].isPaused = false
        if case .unix(let path) = listener.place { UnixSocket.remove(path, listener) }
    }
}

/// Making TCP sockets.
enum TCPSocket {
    struct Problem: Error {
        let reason: String
        let errno: Int32
    }

    /// Protocols the kernel was built without: such an address is skipped, as Redis does.
    static func isUnsupported(_ errno: Int32) -> Bool {
        [ENOPROTOOPT, EPROTONOSUPPORT, ESOCKTNOSUPPORT, EPFNOSUPPORT, EAFNOSUPPORT].contains(errno)
    }

    /// A non-blocking listening socket. "*" is every IPv4 address, "::*" every IPv6 address; a
    /// name with a colon is IPv6, any other is IPv4.
    static func listen(
        _ address: String, port: UInt16, _ options: ListenOptions
    ) -> Result<Int32, Problem> {
        var hints = addrinfo()
        hints.ai_family = address.contains(":") ? AF_INET6 : AF_INET
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE
        var list: UnsafeMutablePointer<addrinfo>?
        let host = address == "*" || address == "::*" ? nil : address
        let status = getaddrinfo(host, "\(port)", &hints, &list)
        guard status == 0 else {
            return .failure(Problem(reason: String(cString: gai_strerror(status)), errno: 0))
        }
        defer { freeaddrinfo(list) }
        var problem = Problem(reason: "unable to bind socket, errno: \(EINVAL)", errno: EINVAL)
        var node = list
        while let info = node {
            let fd = socket(
                info.pointee.ai_family,
                info.pointee.ai_socktype | Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue),
                info.pointee.ai_protocol)
            if fd >= 0 {
                guard let failed = prepare(fd, info, options) else { return .success(fd) }
                _ = Glibc.close(fd)
                return .failure(Problem(reason: failed.text, errno: failed.errno))
            }
            problem = Problem(reason: "unable to bind socket, errno: \(errno)", errno: errno)
            node = info.pointee.ai_next
        }
        return .failure(problem)
    }

    private static func prepare(
        _ fd: Int32, _ info: UnsafeMutablePointer<addrinfo>, _ options: ListenOptions
    ) -> KernelError? {
        if info.pointee.ai_family == AF_INET6,
            !SocketOptions.set(fd, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 1)
        {
            return KernelError(call: "setsockopt", errno: errno)
        }
        guard SocketOptions.set(fd, SOL_SOCKET, SO_REUSEADDR, 1) else {
            return KernelError(call: "setsockopt SO_REUSEADDR", errno: errno)
        }
        if options.mark != 0,
            !SocketOptions.set(fd, SOL_SOCKET, SO_MARK, Int32(bitPattern: options.mark))
        {
            return KernelError(call: "setsockopt SO_MARK", errno: errno)
        }
        guard bind(fd, info.pointee.ai_addr, info.pointee.ai_addrlen) == 0 else {
            return KernelError(call: "bind", errno: errno)
        }
        // Handed down to every accepted socket.
        _ = SocketOptions.set(fd, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        SocketOptions.setKeepalive(fd, seconds: options.keepaliveSeconds)
        guard Glibc.listen(fd, options.backlog) == 0 else {
            return KernelError(call: "listen", errno: errno)
        }
        return nil
    }
}

enum SocketOptions {
    static func set(_ fd: Int32, _ level: Int32, _ name: Int32, _ value: Int32) -> Bool {
        var value = value
        return setsockopt(fd, level, name, &value, socklen_t(MemoryLayout<Int32>.size)) == 0
    }

    /// First probe after `seconds` of silence, then three at a third of that (Redis 7.4's rule);
    /// 0 turns probing off.
    static func setKeepalive(_ fd: Int32, seconds: Int) {
        guard seconds > 0 else {
            _ = set(fd, SOL_SOCKET, SO_KEEPALIVE, 0)
            return
        }
        let tcp = Int32(IPPROTO_TCP)
        _ = set(fd, SOL_SOCKET, SO_KEEPALIVE, 1)
        _ = set(fd, tcp, TCP_KEEPIDLE, Int32(clamping: seconds))
        _ = set(fd, tcp, TCP_KEEPINTVL, Int32(clamping: max(1, seconds / 3)))
        _ = set(fd, tcp, TCP_KEEPCNT, 3)
    }
}
