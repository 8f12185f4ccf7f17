// From a command's number to its handler: one switch, exhaustive, so that a new command does not
// compile before it has an arm here.

import Engine
import Memory
import RESP

extension Server {
    @inline(__always)
    func dispatch(_ id: CommandID, _ client: ClientPointer, _ c: inout CommandContext) {
        switch id {
        case .ping: c.reply.pointee.simple("PONG")
        default: c.reply.pointee.ok()
        }
    }
}
