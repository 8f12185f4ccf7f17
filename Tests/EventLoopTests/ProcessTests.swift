// What the loop asks of the process: signals as events, descriptors of others, systemd's datagram,
// the descriptor limit.

import CEpoll
import Glibc
import Testing

@testable import EventLoop

@Suite(.serialized) struct ProcessTests {
    @Test func signalsArriveAsEvents() {
        let loop = RealLoop()
        // The mask is the thread's: put it back for the tests to come.
        var before = sigset_t()
        pthread_sigmask(SIG_SETMASK, nil, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        #expect(loop.reactor.pointee.watchSignals() == nil)
        raise(SIGHUP)
        raise(SIGTERM)
        var seen: Set<UInt32> = []
        let arrived = loop.run(until: { seen.count == 2 }) { event in
            if event.kind == .signal { seen.insert(event.index) }
        }
        #expect(arrived)
        #expect(seen == [UInt32(SIGHUP), UInt32(SIGTERM)])
    }

    @Test func anotherDescriptorIsWatchedUntilItIsReadEmpty() {
        let loop = RealLoop()
        var pipe: [Int32] = [0, 0]
        #expect(Glibc.pipe(&pipe) == 0)
        defer {
            close(pipe[0])
            close(pipe[1])
        }
        #expect(loop.reactor.pointee.watch(pipe[0], identity: 77) == nil)
        #expect(write(pipe[1], "x", 1) == 1)
        for _ in 0..<2 {
            loop.reactor.pointee.wait(atMostMilliseconds: 1000)
            let event = loop.reactor.pointee.next()
            #expect(event.kind == .descriptor)
            #expect(event.index == 77)
            #expect(loop.reactor.pointee.next().kind == .none)
        }
        var byte: UInt8 = 0
        #expect(read(pipe[0], &byte, 1) == 1)
        loop.reactor.pointee.wait(atMostMilliseconds: 0)
        #expect(loop.reactor.pointee.next().kind == .none)
        loop.reactor.pointee.unwatch(pipe[0])
        #expect(write(pipe[1], "x", 1) == 1)
        loop.reactor.pointee.wait(atMostMilliseconds: 0)
        #expect(loop.reactor.pointee.next().kind == .none)
    }

    /// A datagram socket bound to `address`, and what it gets.
    func notified(_ path: String, abstractLength: Int? = nil) throws -> String {
        let fd = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(fd) }
        var address = try #require(sockaddr_un.at(path))
        var length = MemoryLayout<sockaddr_un>.size
        if let abstractLength {
            withUnsafeMutableBytes(of: &address.sun_path) { $0[0] = 0 }
            length = 2 + abstractLength
        }
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(fd, $0, socklen_t(length))
            }
        }
        #expect(status == 0)
        setenv("NOTIFY_SOCKET", path, 1)
        defer { unsetenv("NOTIFY_SOCKET") }
        #expect(Notify.isSupervised)
        #expect(try Notify.send("READY=1\nSTATUS=Ready to accept connections\n").get() == true)
        var bytes = [UInt8](repeating: 0, count: 200)
        let count = recv(fd, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    @Test func theSupervisorIsNotifiedByPathAndByAbstractName() throws {
        let directory = ScratchDirectory()
        let text = "READY=1\nSTATUS=Ready to accept connections\n"
        #expect(try notified("\(directory.path)/notify") == text)
        let name = "@flashkvd-test-\(getpid())"
        #expect(try notified(name, abstractLength: name.utf8.count) == text)
    }

    @Test func withoutASupervisorNothingIsSent() throws {
        unsetenv("NOTIFY_SOCKET")
        #expect(Notify.isSupervised == false)
        #expect(try Notify.send("READY=1").get() == false)
        let directory = ScratchDirectory()
        guard case .failure(let problem) = Notify.send("X=1", to: "\(directory.path)/none") else {
            Issue.record("sent to nobody")
            return
        }
        #expect(problem.text == "sendto: No such file or directory")
    }

    @Test func theDescriptorLimitIsRaisedAsFarAsItGoes() {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var before = rlimit()
        #expect(getrlimit(resource, &before) == 0)
        defer { setrlimit(resource, &before) }
        #expect(FileLimit.raise(maxclients: 10).outcome == .sufficient)
        // Lower the soft limit, then ask for more than it and less than the hard one.
        var low = rlimit(rlim_cur: 256, rlim_max: before.rlim_max)
        #expect(setrlimit(resource, &low) == 0)
        let raised = FileLimit.raise(maxclients: 300)
        #expect(raised.outcome == .raised)
        #expect(raised.previous == 256)
        #expect(raised.achieved == 332)
        #expect(raised.maxclients == 300)
        // More than any kernel gives: what is left is the hard limit.
        let lowered = FileLimit.raise(maxclients: 1 << 40)
        #expect(lowered.outcome == .lowered)
        #expect(lowered.achieved == UInt64(before.rlim_max))
        #expect(lowered.maxclients == lowered.achieved - 32)
        #expect(lowered.errno == EPERM)
        #expect(FileLimit.raise(maxclients: .max).outcome != .insufficient)
    }
}
