// Requests that never reach a handler, and the count of errors. Cold.

import Engine
import Memory
import RESP

extension Server {
    /// `ERR unknown command`, with as much of the arguments as Redis 7.4 shows.
    @inline(never)
    func rejectUnknown(_ arguments: UnsafePointer<Bytes>, _ count: Int) {
        var text = Array("ERR unknown command '".utf8)
        text += arguments[0].upToZero.array.prefix(128)
        text += Array("', with args beginning with: ".utf8)
        var shown = 0
        var i = 1
        while i < count, shown < 128 {
            let part = arguments[i].upToZero.array.prefix(128 - shown)
            text += Array("'".utf8) + part + Array("' ".utf8)
            shown += part.count + 3
            i += 1
        }
        reply.pointee.error(text)
        statistics.rejectedCalls += 1
    }

    /// `ERR wrong number of arguments`.
    @inline(never)
    func rejectArity(_ id: CommandID) {
        let name = table.pointee.fullName(id)
        reply.pointee.error("ERR wrong number of arguments for '\(name)' command")
        noteRejected(id)
    }

    /// Counts a call that was refused before it ran.
    func noteRejected(_ id: CommandID) {
        commandStatistics[id.index].rejected += 1
        // The run that this call is part of counts it as made and its error as a failure.
        commandStatistics[id.index].calls -= 1
        commandStatistics[id.index].failed -= 1
        statistics.rejectedCalls += 1
    }

    /// `ERR unknown subcommand`.
    @inline(never)
    func rejectSubcommand(_ container: CommandID, _ word: Bytes) {
        let name = table.pointee.fullName(container).uppercased()
        var text = Array("ERR unknown subcommand '".utf8)
        text += word.upToZero.array.prefix(128)
        text += Array("'. Try \(name) HELP.".utf8)
        reply.pointee.error(text)
        noteRejected(container)
    }

    /// The most error codes that INFO errorstats tells apart.
    private static var errorCodeLimit: Int { 128 }

    /// Counts the error replies of one request, by the code of the last.
    @inline(never)
    func noteErrors(_ id: UInt16, since: Int) {
        let added = reply.pointee.errorCount - since
        statistics.errorReplies += added
        if id != CommandID.noNumber { commandStatistics[Int(id)].failed += added }
        let offset = reply.pointee.lastErrorOffset
        guard offset < reply.pointee.count else { return }
        let text = Bytes(
            UnsafePointer(reply.pointee.base + offset + 1), reply.pointee.count - offset - 1)
        var length = 0
        while length < min(text.count, 32), text[length] > 32 { length += 1 }
        // A text of the client's own (DEBUG ERROR) may stand there: the codes are bounded.
        let code = text.slice(0, length).string
        guard statistics.errors.count < Self.errorCodeLimit || statistics.errors[code] != nil else {
            return
        }
        statistics.errors[code, default: 0] += added
    }
}
