// A peer's or our own socket address in 20 bytes, and its text as Redis prints it.
//
// accept fills it for free, so a connection knows its peer without another system call, also after
// the peer has gone.

import CEpoll
import Glibc

package struct SocketAddress: Equatable {
    package enum Family: UInt8 { case none, ipv4, ipv6, unix }

    /// IPv4 uses the first four bytes.
    private var high: UInt64 = 0
    private var low: UInt64 = 0
    package private(set) var port: UInt16 = 0
    package private(set) var family = Family.none

    package init() {}

    /// The nameless peer of a unix socket.
    package static var unixPeer: SocketAddress {
        var address = SocketAddress()
        address.family = .unix
        return address
    }

    /// From what the kernel filled in; an unknown family gives `.none`.
    package init(_ storage: UnsafePointer<sockaddr_storage>) {
        let raw = UnsafeRawPointer(storage)
        switch Int32(storage.pointee.ss_family) {
        case AF_INET:
            let address = raw.load(as: sockaddr_in.self)
            family = .ipv4
            port = UInt16(bigEndian: address.sin_port)
            high = UInt64(UInt32(bigEndian: address.sin_addr.s_addr))
        case AF_INET6:
            let offset = MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr)!
            family = .ipv6
            port = UInt16(bigEndian: raw.load(as: sockaddr_in6.self).sin6_port)
            high = UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            low = UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self))
        case AF_UNIX:
            family = .unix
        default:
            break
        }
    }

    /// The address a socket is bound to, or `.none`.
    package static func local(_ fd: Int32) -> SocketAddress {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let status = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(fd, $0, &length)
            }
        }
        return status == 0 ? SocketAddress(&storage) : SocketAddress()
    }

    /// Whether the address is 127.0.0.0/8, ::1 or a unix socket: what protected-mode lets in.
    package var isLoopback: Bool {
        switch family {
        case .unix: true
        case .ipv4: high >> 24 == 127
        case .ipv6: (high == 0 && low == 1) || (isMappedIPv4 && (low >> 24) & 0xff == 127)
        case .none: false
        }
    }

    private var isMappedIPv4: Bool { high == 0 && low >> 32 == 0xffff }

    /// The host without the port: "127.0.0.1", "::1"; "?" when unknown, as Redis writes it.
    package var host: String {
        switch family {
        case .ipv4:
            return "\(high >> 24 & 255).\(high >> 16 & 255).\(high >> 8 & 255).\(high & 255)"
        case .ipv6:
            var bytes = (high.bigEndian, low.bigEndian)
            return withUnsafeTemporaryAllocation(
                of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)
            ) { text in
                let found = inet_ntop(
                    AF_INET6, &bytes, text.baseAddress!, socklen_t(text.count))
                return found.map { String(cString: $0) } ?? "?"
            }
        case .unix, .none:
            return "?"
        }
    }

    /// "127.0.0.1:6379", "[::1]:6379", "/path:0" for a unix socket, "?:0" when unknown.
    package func text(unixPath: String = "") -> String {
        switch family {
        case .ipv4: "\(host):\(port)"
        case .ipv6: "[\(host)]:\(port)"
        case .unix: "\(unixPath):0"
        case .none: "?:0"
        }
    }
}
