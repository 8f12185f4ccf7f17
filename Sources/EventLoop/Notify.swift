// systemd's readiness protocol, sd_notify(3): one datagram to the socket named in NOTIFY_SOCKET.
// Written by hand: it needs no library.

import CEpoll
import Glibc

package enum Notify {
    /// Whether a supervisor listens.
    package static var isSupervised: Bool { socketPath != nil }

    private static var socketPath: String? {
        guard let value = getenv("NOTIFY_SOCKET") else { return nil }
        let path = String(cString: value)
        return path.hasPrefix("/") || path.hasPrefix("@") ? path : nil
    }

    /// Sends "READY=1\nSTATUS=...", "STOPPING=1" or the like.
    /// - Returns: false without a supervisor (nothing is sent), or the call that failed.
    package static func send(_ state: String) -> Result<Bool, KernelError> {
        guard let path = socketPath else { return .success(false) }
        return send(state, to: path).map { true }
    }

    /// `path`: of the socket's file, or '@' and an abstract name.
    package static func send(_ state: String, to path: String) -> Result<Void, KernelError> {
        guard var address = sockaddr_un.at(path) else {
            return .failure(KernelError(call: "sendto", errno: ENAMETOOLONG))
        }
        var length = MemoryLayout<sockaddr_un>.size
        if path.hasPrefix("@") {
            // An abstract name starts with a zero byte and is as long as its length says.
            withUnsafeMutableBytes(of: &address.sun_path) { $0[0] = 0 }
            length = MemoryLayout<sockaddr_un>.offset(of: \.sun_path)! + path.utf8.count
        }
        let type = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue)
        let fd = socket(AF_UNIX, type, 0)
        guard fd >= 0 else { return .failure(KernelError(call: "socket", errno: errno)) }
        defer { _ = close(fd) }
        let bytes = Array(state.utf8)
        let sent = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(fd, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, socklen_t(length))
            }
        }
        guard sent == bytes.count else {
            return .failure(KernelError(call: "sendto", errno: errno))
        }
        return .success(())
    }
}
