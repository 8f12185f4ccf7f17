// The reactor on real sockets: TCP and unix connections, half-closes, big values to slow readers.

import CEpoll
import Glibc
import Memory
import Testing

@testable import EventLoop

@Suite(.serialized) struct LoopbackTests {
    /// A loop listening on 127.0.0.1, one connection, its peer.
    func connected(_ limits: ReactorLimits = ReactorLimits()) throws
        -> (RealLoop, ConnectionPointer, Peer)
    {
        let loop = RealLoop(limits)
        let port = try loop.reactor.pointee.listenAnywhere(address: "127.0.0.1").get()
        let peer = try #require(Peer(host: "127.0.0.1", port: port))
        return (loop, try #require(loop.acceptOne()), peer)
    }

    /// Receives into the shared buffer and sends the same back, closing at the end.
    func echo(_ loop: RealLoop, _ event: Event) {
        guard let c = event.connection else { return }
        if loop.reactor.pointee.flush(c) == .failed { return loop.reactor.pointee.close(c) }
        guard c.pointee.isReadable else { return }
        let buffer = loop.reactor.pointee.receiveBuffer
        let received = loop.reactor.pointee.receive(
            c, into: buffer, room: loop.reactor.pointee.limits.receiveBufferBytes)
        switch received.status {
        case .data:
            if loop.reactor.pointee.send(c, buffer, received.count) == .failed {
                loop.reactor.pointee.close(c)
            }
        case .nothing: break
        case .closed, .failed: loop.reactor.pointee.close(c)
        }
    }

    @Test func requestsAreEchoedWithOneReadAndOneWriteEach() throws {
        let (loop, c, peer) = try connected()
        for i in 0..<50 {
            peer.send("request \(i)")
            var reply: [UInt8] = []
            loop.run(
                until: {
                    reply += peer.take(100)
                    return !reply.isEmpty
                }, serve: { echo(loop, $0) })
            #expect(String(decoding: reply, as: UTF8.self) == "request \(i)")
        }
        #expect(loop.reactor.pointee.statistics.readsProcessed == 50)
        #expect(loop.reactor.pointee.statistics.writesProcessed == 50)
        #expect(c.pointee.netInputBytes == c.pointee.netOutputBytes)
    }

    @Test func acceptedSocketsInheritTheListenersOptions() throws {
        let (loop, c, _) = try connected()
        let tcp = Int32(IPPROTO_TCP)
        #expect(socketOption(c.pointee.fd, tcp, TCP_NODELAY) == 1)
        #expect(socketOption(c.pointee.fd, SOL_SOCKET, SO_KEEPALIVE) == 1)
        #expect(socketOption(c.pointee.fd, tcp, TCP_KEEPIDLE) == 300)
        #expect(socketOption(c.pointee.fd, tcp, TCP_KEEPINTVL) == 100)
        #expect(socketOption(c.pointee.fd, tcp, TCP_KEEPCNT) == 3)
        #expect(fcntl(c.pointee.fd, F_GETFL) & O_NONBLOCK != 0)
        #expect(fcntl(c.pointee.fd, F_GETFD) & FD_CLOEXEC != 0)
        loop.reactor.pointee.setKeepalive(seconds: 0)
        let port = loop.reactor.pointee.tcpListeners[0].port
        let second = try #require(Peer(host: "127.0.0.1", port: port))
        let other = try #require(loop.acceptOne())
        #expect(socketOption(other.pointee.fd, SOL_SOCKET, SO_KEEPALIVE) == 0)
        second.close()
    }

    @Test func addressesReadAsRedisPrintsThem() throws {
        let (loop, c, _) = try connected()
        let port = loop.reactor.pointee.tcpListeners[0].port
        #expect(loop.reactor.pointee.localText(c) == "127.0.0.1:\(port)")
        #expect(loop.reactor.pointee.peerText(c).hasPrefix("127.0.0.1:"))
        #expect(loop.reactor.pointee.peerText(c) == "127.0.0.1:\(c.pointee.peer.port)")
        #expect(c.pointee.peer.isLoopback == true)
    }

    @Test func ipv6AddressesAreBracketed() throws {
        let loop = RealLoop()
        guard case .success(let port) = loop.reactor.pointee.listenAnywhere(address: "::1") else {
            // A kernel without IPv6 is a kernel on which there is nothing to show.
            return
        }
        let peer = try #require(Peer(host: "::1", port: port))
        let c = try #require(loop.acceptOne())
        #expect(loop.reactor.pointee.localText(c) == "[::1]:\(port)")
        #expect(loop.reactor.pointee.peerText(c).hasPrefix("[::1]:"))
        #expect(c.pointee.peer.isLoopback == true)
        // IPV6_V6ONLY: the same port stays free for IPv4.
        #expect(Peer(host: "127.0.0.1", port: port) == nil)
        peer.close()
    }

    @Test func dataBeforeAHalfCloseIsAnsweredThenTheEndIsSeen() throws {
        let (loop, c, peer) = try connected()
        peer.send("last words")
        peer.shutdownWriting()
        loop.run(until: { c.pointee.isOpen == false }, serve: { echo(loop, $0) })
        #expect(c.pointee.isOpen == false)
        #expect(String(decoding: peer.take(100), as: UTF8.self) == "last words")
        #expect(loop.reactor.pointee.connectionCount == 0)
    }

    @Test func aPeerThatVanishesWhileOutputWaitsIsNoticed() throws {
        let (loop, c, peer) = try connected()
        let big = [UInt8](repeating: 1, count: 16 << 20)
        #expect(loop.reactor.pointee.send(c, big, big.count) == .queued)
        var reset = linger(l_onoff: 1, l_linger: 0)
        _ = setsockopt(
            peer.fd, SOL_SOCKET, SO_LINGER, &reset, socklen_t(MemoryLayout<linger>.size))
        peer.close()
        loop.run(until: { c.pointee.isOpen == false }, serve: { echo(loop, $0) })
        #expect(c.pointee.isOpen == false)
    }

    /// 24 MB by reference to a peer that reads in gulps: nothing is copied, every byte arrives, and
    /// the value is released with the last one. Over TCP and over a unix socket.
    @Test(arguments: [false, true])
    func aBigValueReachesASlowReader(overUnix: Bool) throws {
        let size = 24 << 20
        let blob = SharedBlob.allocate(count: size, capacity: size)
        for i in 0..<size { blob.bytes[i] = UInt8(truncatingIfNeeded: i &* 31 &+ i >> 13) }
        let loop: RealLoop
        let c: ConnectionPointer
        let peer: Peer
        if overUnix {
            loop = RealLoop()
            (c, peer) = loop.pair()
        } else {
            (loop, c, peer) = try connected()
        }
        let before = Allocator.usedBytes
        let head = Array("$\(size)\r\n\r\n".utf8)
        let reference = [OutputReference(offset: head.count - 2, blob: blob)]
        let status = loop.reactor.pointee.send(
            c, head, head.count, references: reference, referenceCount: 1)
        #expect(status == .queued)
        #expect(blob.references == 2)
        #expect(Allocator.usedBytes - before < 64 * 1024)
        var got: [UInt8] = []
        got.reserveCapacity(size + head.count)
        let arrived = loop.run(
            until: {
                got += peer.take(1 << 20)
                return got.count >= size + head.count
            },
            serve: { event in
                if let c = event.connection { _ = loop.reactor.pointee.flush(c) }
            })
        #expect(arrived)
        #expect(got.count == size + head.count)
        #expect(got.starts(with: head.dropLast(2)))
        let isSame = got.withUnsafeBytes {
            memcmp($0.baseAddress! + head.count - 2, blob.bytes, size) == 0
        }
        #expect(isSame)
        #expect(blob.isUnique)
        #expect(c.pointee.output.memory == 0)
        blob.release()
    }

    /// While output flows over a unix socket, no event comes that has nothing to do.
    @Test func aUnixPeersReadsWakeNobody() {
        let loop = RealLoop()
        let (c, peer) = loop.pair()
        var events = 0
        for _ in 0..<20 {
            #expect(loop.reactor.pointee.send(c, fakeBase, 1) == .done)
            #expect(peer.take(10).count == 1)
            loop.reactor.pointee.wait(atMostMilliseconds: 0)
            while loop.reactor.pointee.next().kind != .none { events += 1 }
        }
        #expect(events == 0)
    }

    @Test func manyConnectionsShareATurnFairly() throws {
        var limits = ReactorLimits()
        limits.eventsPerTurn = 16
        let loop = RealLoop(limits)
        let pairs = (0..<100).map { _ in loop.pair() }
        for (_, peer) in pairs { peer.send("x") }
        var served: [UInt32: Int] = [:]
        var longest = 0
        for _ in 0..<20 {
            loop.reactor.pointee.wait(atMostMilliseconds: 0)
            var count = 0
            while let c = loop.reactor.pointee.next().connection {
                count += 1
                served[c.pointee.slot, default: 0] += 1
                _ = loop.reactor.pointee.receive(
                    c, into: loop.reactor.pointee.receiveBuffer, room: 100)
            }
            longest = max(longest, count)
        }
        #expect(served.count == 100)
        #expect(served.values.filter { $0 == 1 }.count == 100)
        #expect(longest == 16)
    }
}
