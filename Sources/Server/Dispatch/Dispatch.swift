// From a command's number to its handler: one switch, exhaustive, so that a new command does not
// compile before it has an arm here.

import Engine
import Memory
import RESP

extension Server {
    @inline(__always)
    func dispatch(_ id: CommandID, _ client: ClientPointer, _ c: inout CommandContext) {
        switch id {
        case .get: getCommand(&c)
        case .set: setCommand(&c)
        case .ping: c.reply.pointee.simple("PONG")
        case .dbsize: c.reply.pointee.integer(c.database.pointee.count)
        default: c.reply.pointee.ok()
        }
    }
}
