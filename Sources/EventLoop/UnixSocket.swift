// The unix socket listener: created with its final rights, never wider than they are.
//
// There is no chmod race: the umask in force at bind gives the file its mode, and where a group is
// asked for the file is born for the owner alone, changes its group, and only then opens to it. Only
// at the end does the socket listen.

import CEpoll
import Glibc

package struct UnixSocketOptions {
    package var path: String
    /// File mode (unixsocketperm), or 0: as the umask says.
    package var permissions: mode_t = 0
    /// Group by name or number (unixsocketgroup), or empty: the process's.
    package var group = ""
    package var backlog: Int32 = 511

    package init(path: String) { self.path = path }
}

extension Reactor {
    /// Listens on a unix socket. A socket file in the way is removed first (a stale one, as
    /// Redis does); any other file is left alone and makes bind fail.
    /// - Returns: what failed, worded as "bind: Address already in use", or nil.
    package mutating func listenUnix(_ options: UnixSocketOptions) -> KernelError? {
        let fd: Int32
        switch UnixSocket.open(options) {
        case .success(let opened): fd = opened
        case .failure(let problem): return problem
        }
        var listener = Listener(fd: fd, place: .unix(path: options.path))
        var status = stat()
        if lstat(options.path, &status) == 0 {
            listener.device = status.st_dev
            listener.inode = status.st_ino
        }
        guard register(listener) != nil else {
            return KernelError(call: "epoll_ctl", errno: ENOSPC)
        }
        return nil
    }
}

enum UnixSocket {
    static func open(_ options: UnixSocketOptions) -> Result<Int32, KernelError> {
        guard var address = sockaddr_un.at(options.path) else {
            return .failure(KernelError(call: "bind", errno: ENAMETOOLONG))
        }
        var group = gid_t.max
        if !options.group.isEmpty {
            guard let found = groupNumber(options.group) else {
                return .failure(KernelError(call: "getgrnam", errno: ENOENT))
            }
            group = found
        }
        removeSocket(options.path)
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let fd = socket(AF_UNIX, type, 0)
        guard fd >= 0 else { return .failure(KernelError(call: "socket", errno: errno)) }
        if let problem = bindAndListen(fd, &address, options, group) {
            _ = Glibc.close(fd)
            return .failure(problem)
        }
        return .success(fd)
    }

    private static func bindAndListen(
        _ fd: Int32, _ address: inout sockaddr_un, _ options: UnixSocketOptions, _ group: gid_t
    ) -> KernelError? {
        let previous = umask(0o777)
        let final = options.permissions != 0 ? options.permissions & 0o777 : 0o777 & ~previous
        let changesGroup = group != gid_t.max
        // Safety of the umask: one thread at start-up; no other thread makes files yet.
        _ = umask(0o777 & ~(changesGroup ? final & 0o700 : final))
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(fd, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        let bindErrno = errno
        _ = umask(previous)
        guard status == 0 else { return KernelError(call: "bind", errno: bindErrno) }
        var problem: KernelError?
        if changesGroup {
            if lchown(options.path, uid_t.max, group) != 0 {
                problem = KernelError(call: "chown", errno: errno)
            } else if chmod(options.path, final) != 0 {
                problem = KernelError(call: "chmod", errno: errno)
            }
        }
        if problem == nil && listen(fd, options.backlog) != 0 {
            problem = KernelError(call: "listen", errno: errno)
        }
        if problem != nil { _ = unlink(options.path) }
        return problem
    }

    /// Removes our own socket file at shutdown, not one that another process put in its place.
    static func remove(_ path: String, _ listener: Listener) {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_dev == listener.device,
            status.st_ino == listener.inode
        else { return }
        _ = unlink(path)
    }

    private static func removeSocket(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return }
        _ = unlink(path)
    }

    private static func groupNumber(_ name: String) -> gid_t? {
        if let entry = getgrnam(name) { return entry.pointee.gr_gid }
        return gid_t(name)
    }
}

extension sockaddr_un {
    /// The address of a path (with a leading '@': of an abstract name, with its length), or nil
    /// when it is too long.
    static func at(_ path: String) -> sockaddr_un? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { room in
            // The last byte stays zero.
            guard bytes.count < room.count else { return false }
            room.copyBytes(from: bytes)
            return true
        }
        return fits ? address : nil
    }
}
