// A client in words: the line of CLIENT LIST, CLIENT INFO and of log messages.

import Engine
import EventLoop
import Memory

extension Server {
    /// Redis 7.4's fields in its order.
    func describe(_ client: ClientPointer) -> String {
        let connection = client.pointee.connection
        let now = reactor.pointee.clock.monotonicMilliseconds
        let idle = (now - connection.pointee.lastInteractionMilliseconds) / 1000
        let age = max(0, self.now - client.pointee.createdMilliseconds) / 1000
        let waiting = connection.pointee.input.count
        let room = connection.pointee.input.freeAtEnd
        let last = client.pointee.lastCommand.map { table.pointee.fullName($0) } ?? "NULL"
        return "id=\(client.pointee.id) addr=\(peerText(client)) laddr=\(localText(client)) "
            + "fd=\(connection.pointee.fd) name=\(String(decoding: client.pointee.name, as: UTF8.self)) "
            + "age=\(age) idle=\(idle) flags=\(flagText(client)) db=\(client.pointee.database) "
            + "sub=0 psub=0 ssub=0 multi=-1 watch=0 qbuf=\(waiting) "
            + "qbuf-free=\(room) argv-mem=0 multi-mem=0 rbs=0 rbp=0 "
            + "obl=0 oll=\(connection.pointee.output.length) omem=\(connection.pointee.output.memory) "
            + "tot-mem=\(client.pointee.memoryBytes) events=\(eventText(client)) cmd=\(last) "
            + "user=default redir=-1 resp=\(client.pointee.resp3 ? 3 : 2) "
            + "lib-name=\(detail(client) { $0.libraryName }) "
            + "lib-ver=\(detail(client) { $0.libraryVersion })"
    }

    func peerText(_ client: ClientPointer) -> String { "" }
    func localText(_ client: ClientPointer) -> String { "" }

    private func detail(_ client: ClientPointer, _ read: (ClientDetails) -> [UInt8]) -> String {
        client.pointee.details.map { String(decoding: read($0), as: UTF8.self) } ?? ""
    }

    private func flagText(_ client: ClientPointer) -> String { "N" }

    private func eventText(_ client: ClientPointer) -> String {
        client.pointee.connection.pointee.hasOutput ? "rw" : "r"
    }

    func clientWillClose(_ client: ClientPointer) {}
    func signalled(_ number: Int32) { isShuttingDown = true }
}
