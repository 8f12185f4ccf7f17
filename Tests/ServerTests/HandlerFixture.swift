// A server without listeners, with clients on socket pairs, whose handlers are called one by one.

import Configuration
import Engine
import EventLoop
import Glibc
import Memory
import RESP

@testable import Server

final class HandlerFixture {
    typealias Handler = (Server) -> (ClientPointer, inout CommandContext) -> Void

    let server: Server
    private(set) var clients: [ClientPointer] = []
    /// Connections outlive their clients: they tell whether one was closed.
    private var connections: [ConnectionPointer] = []
    private var peers: [Int32] = []

    init(clients count: Int = 1, password: String = "") {
        guard case .success(let backend) = EpollBackend.make() else {
            fatalError("no epoll")
        }
        server = Server(
            configuration: Configuration(), log: Log(), backend: backend, seed: 1, key0: 2, key1: 3)
        server.log.level = .nothing
        server.settings.password = Array(password.utf8)
        for _ in 0..<count { connect() }
    }

    deinit {
        for i in clients.indices where isOpen(i) { server.close(clients[i]) }
        for fd in peers { _ = close(fd) }
    }

    var client: ClientPointer { clients[0] }

    private func connect() {
        var pair: [Int32] = [0, 0]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &pair) == 0,
            case .success(let connection) = server.reactor.pointee.adopt(
                fd: pair[0], peer: .unixPeer)
        else { fatalError("no socket pair") }
        peers.append(pair[1])
        connections.append(connection)
        let client = server.clients.add(connection, now: server.now)
        if server.settings.requiresPassword { client.pointee.flags.insert(.unauthenticated) }
        clients.append(client)
    }

    /// What the handler answers to `words` for client `number`.
    func run(_ handler: Handler, _ words: String..., by number: Int = 0) -> String {
        run(handler, words.map { Array($0.utf8) }, by: number)
    }

    func run(_ handler: Handler, _ words: [[UInt8]], by number: Int = 0) -> String {
        let client = clients[number]
        let reply = server.reply
        reply.pointee.reset()
        reply.pointee.resp3 = client.pointee.resp3
        let flat: [UInt8] = words.joined() + [0]
        flat.withUnsafeBufferPointer { bytes in
            var arguments: [Bytes] = []
            var offset = 0
            for word in words {
                arguments.append(Bytes(bytes.baseAddress! + offset, word.count))
                offset += word.count
            }
            arguments.withUnsafeBufferPointer { list in
                var context = CommandContext(
                    arguments: list.baseAddress!, count: list.count, engine: server.engine,
                    database: server.engine.pointee.databases + Int(client.pointee.database),
                    reply: reply,
                    firstKeyHash: server.engine.pointee.hash(list[min(1, list.count - 1)]),
                    keyHashes: nil,
                    ownedArgument: nil, ownedArgumentIndex: -1,
                    noTouch: false)
                handler(server)(client, &context)
            }
        }
        return Bytes(UnsafePointer(reply.pointee.base), reply.pointee.count).string
    }

    /// Whether client `number` still has its connection.
    func isOpen(_ number: Int) -> Bool {
        connections[number].pointee.context != nil
    }
}
