// CLIENT KILL: closes connections chosen by address, id, type, user or age. O(clients).
//
// The caller itself gets its reply before its connection closes. Of the others the first few close
// at once; when there are more, the rest is closed by the turns that follow, so that no turn gets
// long. Those are gone for CLIENT LIST already.

import Engine
import EventLoop
import Memory
import RESP

/// The filters of CLIENT KILL; one that is nil lets every client pass.
struct KillFilter {
    var id: Int64?
    var type: ClientType?
    var address: Bytes?
    var localAddress: Bytes?
    var sparesCaller = true
    /// Seconds.
    var minimumAge: Int64?

    /// Why the arguments are wrong; the texts are Redis 7.4's.
    enum Problem: Error, Equatable {
        case syntax, badID, badAge, ageTooLow
        /// The index of the argument that names an unknown type or user.
        case unknownType(Int)
        case unknownUser(Int)
    }

    init() {}

    /// Reads pairs of option and value from `arguments[2]` on.
    init(_ arguments: UnsafePointer<Bytes>, _ count: Int) throws(Problem) {
        var i = 2
        while i < count {
            guard i + 1 < count else { throw .syntax }
            try read(arguments[i], arguments[i + 1], at: i + 1)
            i += 2
        }
    }

    private mutating func read(_ option: Bytes, _ value: Bytes, at i: Int) throws(Problem) {
        if option.isWord("id") {
            guard let id = value.integer, id > 0 else { throw .badID }
            self.id = id
        } else if option.isWord("type") {
            guard let type = ClientType(value) else { throw .unknownType(i) }
            self.type = type
        } else if option.isWord("addr") {
            address = value
        } else if option.isWord("laddr") {
            localAddress = value
        } else if option.isWord("user") {
            // Every client is the one user there is.
            guard value.equals(Bytes("default")) else { throw .unknownUser(i) }
        } else if option.isWord("skipme") {
            guard value.isWord("yes") || value.isWord("no") else { throw .syntax }
            sparesCaller = value.isWord("yes")
        } else if option.isWord("maxage") {
            guard let age = value.integer else { throw .badAge }
            guard age > 0 else { throw .ageTooLow }
            minimumAge = age
        } else {
            throw .syntax
        }
    }
}

extension Server {
    /// Connections that one CLIENT KILL closes at once.
    private static var closedAtOnce: Int { 64 }

    /// CLIENT KILL address | option value [option value ...].
    @inline(never)
    func clientKillCommand(_ client: ClientPointer, _ c: inout CommandContext) {
        if c.count == 3 {
            var filter = KillFilter()
            filter.address = c[2]
            filter.sparesCaller = false
            guard kill(filter, caller: client) > 0 else {
                return c.reply.pointee.error("ERR No such client")
            }
            return c.reply.pointee.ok()
        }
        do throws(KillFilter.Problem) {
            let filter = try KillFilter(c.arguments, c.count)
            c.reply.pointee.integer(kill(filter, caller: client))
        } catch {
            refuseKill(error, &c)
        }
    }

    private func refuseKill(_ problem: KillFilter.Problem, _ c: inout CommandContext) {
        switch problem {
        case .syntax: c.reply.pointee.error("ERR syntax error")
        case .badID: c.reply.pointee.error("ERR client-id should be greater than 0")
        case .badAge: c.reply.pointee.error("ERR maxage is not an integer or out of range")
        case .ageTooLow: c.reply.pointee.error("ERR maxage should be greater than 0")
        case .unknownType(let i):
            c.reply.pointee.error("ERR Unknown client type '", c[i], "'")
        case .unknownUser(let i): c.reply.pointee.error("ERR No such user '", c[i], "'")
        }
    }

    /// Closes the clients that pass; returns how many.
    private func kill(_ filter: KillFilter, caller: ClientPointer) -> Int {
        var killed = 0
        var next = clients.first
        while let client = next {
            next = client.pointee.next
            guard !client.pointee.flags.contains(.closeNow),
                client != caller || !filter.sparesCaller, passes(client, filter)
            else { continue }
            killed += 1
            if client == caller {
                closeAfterReply(client)
            } else if killed <= Self.closedAtOnce {
                close(client)
            } else {
                closeSoon(client)
            }
        }
        return killed
    }

    private func passes(_ client: ClientPointer, _ filter: KillFilter) -> Bool {
        if let id = filter.id, client.pointee.id != UInt64(id) { return false }
        if let type = filter.type, self.type(of: client) != type { return false }
        if let age = filter.minimumAge, ageSeconds(client) < age { return false }
        if let address = filter.address, !isText(peerText(client), address) { return false }
        if let address = filter.localAddress, !isText(localText(client), address) { return false }
        return true
    }

    private func isText(_ text: String, _ bytes: Bytes) -> Bool {
        text.withBytes { $0.equals(bytes) }
    }
}
