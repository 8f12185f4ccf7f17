// Listeners: addresses that may be missing, ports in use, changes at run time, unix sockets.

import CEpoll
import Glibc
import Testing

@testable import EventLoop

@Suite(.serialized) struct ListenerTests {
    /// A port that nobody listens on just now.
    func freePort() throws -> UInt16 {
        let loop = RealLoop()
        return try loop.reactor.pointee.listenAnywhere(address: "127.0.0.1").get()
    }

    @Test func severalAddressesAndAnOptionalOneThatIsMissing() throws {
        let loop = RealLoop()
        let port = try freePort()
        let failures = loop.reactor.pointee.listenTCP(
            addresses: ["127.0.0.1", "127.0.0.2", "-192.0.2.1"], port: port)
        #expect(loop.reactor.pointee.tcpListeners.map(\.address) == ["127.0.0.1", "127.0.0.2"])
        #expect(failures.map(\.isFatal) == [false])
        #expect(
            failures.first?.text == "Could not create server TCP listening socket 192.0.2.1:\(port)"
                + ": bind: Cannot assign requested address")
        #expect(Peer(host: "127.0.0.2", port: port) != nil)
    }

    @Test func aMissingAddressThatMustBeThereOpensNothing() throws {
        let loop = RealLoop()
        let failures = loop.reactor.pointee.listenTCP(
            addresses: ["127.0.0.1", "192.0.2.1"], port: try freePort())
        #expect(failures.map(\.isFatal) == [true])
        #expect(failures.first?.errno == EADDRNOTAVAIL)
        #expect(loop.reactor.pointee.isListening == false)
    }

    @Test func aPortInUseIsNamedInRedissWords() throws {
        let holder = RealLoop()
        let port = try holder.reactor.pointee.listenAnywhere(address: "127.0.0.1").get()
        let loop = RealLoop()
        let failures = loop.reactor.pointee.listenTCP(addresses: ["127.0.0.1"], port: port)
        #expect(
            failures.first?.text == "Could not create server TCP listening socket 127.0.0.1:\(port)"
                + ": bind: Address already in use")
        #expect(failures.first?.isFatal == true)
    }

    @Test func anAddressThatIsNoneIsAFailure() throws {
        let loop = RealLoop()
        let failures = loop.reactor.pointee.listenTCP(
            addresses: ["256.300.1.1"], port: try freePort())
        #expect(failures.first?.isFatal == true)
        #expect(failures.first?.reason.isEmpty == false)
    }

    @Test func everyAddressOfBothFamilies() throws {
        let loop = RealLoop()
        let port = try freePort()
        let failures = loop.reactor.pointee.listenTCP(addresses: ["*", "-::*"], port: port)
        #expect(failures.filter(\.isFatal).isEmpty)
        #expect(Peer(host: "127.0.0.1", port: port) != nil)
        if failures.isEmpty { #expect(Peer(host: "::1", port: port) != nil) }
    }

    @Test func portZeroAndNoAddressesMeanNoTCP() throws {
        let loop = RealLoop()
        let port = try freePort()
        #expect(loop.reactor.pointee.listenTCP(addresses: ["*"], port: 0).isEmpty)
        #expect(loop.reactor.pointee.isListening == false)
        #expect(loop.reactor.pointee.listenTCP(addresses: ["127.0.0.1"], port: port).isEmpty)
        #expect(loop.reactor.pointee.listenTCP(addresses: [], port: port).isEmpty)
        #expect(loop.reactor.pointee.isListening == false)
        #expect(Peer(host: "127.0.0.1", port: port) == nil)
    }

    @Test func changingThePortKeepsConnectionsAndClosesTheOldListener() throws {
        let loop = RealLoop()
        let first = try freePort()
        #expect(loop.reactor.pointee.listenTCP(addresses: ["127.0.0.1"], port: first).isEmpty)
        let peer = try #require(Peer(host: "127.0.0.1", port: first))
        let c = try #require(loop.acceptOne())
        let second = try freePort()
        #expect(loop.reactor.pointee.listenTCP(addresses: ["127.0.0.1"], port: second).isEmpty)
        #expect(Peer(host: "127.0.0.1", port: first) == nil)
        #expect(Peer(host: "127.0.0.1", port: second) != nil)
        #expect(loop.reactor.pointee.send(c, fakeBase, 1) == .done)
        #expect(peer.take(10).count == 1)
    }

    @Test func aFailedChangeLeavesTheListenersAsTheyWere() throws {
        let holder = RealLoop()
        let taken = try holder.reactor.pointee.listenAnywhere(address: "127.0.0.1").get()
        let loop = RealLoop()
        let port = try freePort()
        #expect(loop.reactor.pointee.listenTCP(addresses: ["127.0.0.1"], port: port).isEmpty)
        #expect(
            loop.reactor.pointee.listenTCP(addresses: ["127.0.0.1"], port: taken).first?.isFatal
                == true)
        #expect(loop.reactor.pointee.tcpListeners.map(\.port) == [port])
        #expect(Peer(host: "127.0.0.1", port: port) != nil)
    }

    @Test func addressesThatStayAreKeptAndOverlappingOnesReplaced() throws {
        let loop = RealLoop()
        let port = try freePort()
        #expect(
            loop.reactor.pointee.listenTCP(addresses: ["127.0.0.1", "127.0.0.2"], port: port)
                .isEmpty)
        let kept = loop.reactor.pointee.listeners.entries[0].fd
        #expect(
            loop.reactor.pointee.listenTCP(addresses: ["127.0.0.1", "127.0.0.3"], port: port)
                .isEmpty)
        #expect(loop.reactor.pointee.listeners.entries[0].fd == kept)
        #expect(
            loop.reactor.pointee.tcpListeners.map(\.address).sorted() == ["127.0.0.1", "127.0.0.3"])
        // All addresses against single ones on the same port: the old ones must go first.
        #expect(loop.reactor.pointee.listenTCP(addresses: ["*"], port: port).isEmpty)
        #expect(loop.reactor.pointee.tcpListeners.map(\.address) == ["*"])
        #expect(loop.reactor.pointee.listenTCP(addresses: ["127.0.0.1"], port: port).isEmpty)
        #expect(Peer(host: "127.0.0.1", port: port) != nil)
        #expect(Peer(host: "127.0.0.2", port: port) == nil)
    }

    @Test func anOverlappingChangeThatFailsRestoresTheOldOnes() throws {
        let holder = RealLoop()
        let port = try holder.reactor.pointee.listenAnywhere(address: "127.0.0.9").get()
        let loop = RealLoop()
        #expect(loop.reactor.pointee.listenTCP(addresses: ["127.0.0.1"], port: port).isEmpty)
        let failures = loop.reactor.pointee.listenTCP(addresses: ["*"], port: port)
        #expect(failures.first?.errno == EADDRINUSE)
        #expect(loop.reactor.pointee.tcpListeners.map(\.address) == ["127.0.0.1"])
        #expect(Peer(host: "127.0.0.1", port: port) != nil)
    }

    @Test func somaxconnIsReadable() throws {
        #expect(try #require(KernelLimits.somaxconn) > 0)
    }

    // MARK: Unix sockets

    func mode(_ path: String) -> mode_t? {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
    }

    @Test(arguments: [0o700, 0o770, 0o777, 0o600] as [mode_t])
    func aUnixSocketHasItsPermissionsFromTheStart(permissions: mode_t) throws {
        let directory = ScratchDirectory()
        let path = "\(directory.path)/flashkvd.sock"
        let before = umask(0o022)
        defer { _ = umask(before) }
        do {
            let loop = RealLoop()
            var options = UnixSocketOptions(path: path)
            options.permissions = permissions
            #expect(loop.reactor.pointee.listenUnix(options) == nil)
            #expect(mode(path) == permissions)
            let peer = try #require(Peer(path: path))
            let c = try #require(loop.acceptOne())
            #expect(c.pointee.isUnixSocket == true)
            #expect(c.pointee.peer.isLoopback == true)
            #expect(loop.reactor.pointee.peerText(c) == "\(path):0")
            #expect(loop.reactor.pointee.localText(c) == "\(path):0")
            #expect(loop.reactor.pointee.send(c, fakeBase, 1) == .done)
            #expect(peer.take(10).count == 1)
            // The process's umask is as before.
            #expect(umask(0o022) == 0o022)
        }
        #expect(mode(path) == nil)
    }

    @Test func withoutPermissionsTheUmaskRules() {
        let directory = ScratchDirectory()
        let path = "\(directory.path)/flashkvd.sock"
        let before = umask(0o027)
        defer { _ = umask(before) }
        let loop = RealLoop()
        #expect(loop.reactor.pointee.listenUnix(UnixSocketOptions(path: path)) == nil)
        #expect(mode(path) == 0o750)
    }

    @Test func aGroupIsSetWithThePermissions() throws {
        let directory = ScratchDirectory()
        let loop = RealLoop()
        var options = UnixSocketOptions(path: "\(directory.path)/flashkvd.sock")
        options.permissions = 0o660
        options.group = "\(getegid())"
        #expect(loop.reactor.pointee.listenUnix(options) == nil)
        #expect(mode(options.path) == 0o660)
        var status = stat()
        #expect(lstat(options.path, &status) == 0)
        #expect(status.st_gid == getegid())
        options.group = "no-such-group-here"
        options.path += "2"
        #expect(loop.reactor.pointee.listenUnix(options)?.call == "getgrnam")
        #expect(mode(options.path) == nil)
    }

    @Test func aStaleSocketIsReplacedAndAnotherFileIsLeftAlone() throws {
        let directory = ScratchDirectory()
        let path = "\(directory.path)/flashkvd.sock"
        let stale = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = try #require(sockaddr_un.at(path))
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(stale, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(status == 0)
        close(stale)
        let loop = RealLoop()
        #expect(loop.reactor.pointee.listenUnix(UnixSocketOptions(path: path)) == nil)
        #expect(Peer(path: path) != nil)
        let file = "\(directory.path)/notes.txt"
        close(creat(file, 0o600))
        let problem = loop.reactor.pointee.listenUnix(UnixSocketOptions(path: file))
        #expect(problem?.text == "bind: Address already in use")
        #expect(mode(file) == 0o600)
    }

    @Test func aSocketFileThatIsNotOursAnyMoreStays() throws {
        let directory = ScratchDirectory()
        let path = "\(directory.path)/flashkvd.sock"
        let old = RealLoop()
        #expect(old.reactor.pointee.listenUnix(UnixSocketOptions(path: path)) == nil)
        let new = RealLoop()
        #expect(new.reactor.pointee.listenUnix(UnixSocketOptions(path: path)) == nil)
        old.reactor.pointee.closeListeners()
        #expect(Peer(path: path) != nil)
    }

    @Test func aPathThatIsTooLongIsRefused() {
        let loop = RealLoop()
        let path = "/tmp/" + String(repeating: "x", count: 120)
        let problem = loop.reactor.pointee.listenUnix(UnixSocketOptions(path: path))
        #expect(problem?.errno == ENAMETOOLONG)
    }
}
