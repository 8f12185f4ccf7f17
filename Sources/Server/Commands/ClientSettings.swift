// CLIENT subcommands that look at or change the caller alone: ID, GETNAME, SETNAME, SETINFO, REPLY,
// NO-EVICT, NO-TOUCH, and HELP. Replies and errors are those of Redis 7.4.

import Engine
import Memory
import RESP

extension Server {
    /// CLIENT ID.
    @inline(never)
    func clientIdCommand(_ client: ClientPointer, _ c: inout CommandContext) {
        c.reply.pointee.integer(Int(client.pointee.id))
    }

    /// CLIENT GETNAME: null where there is none.
    @inline(never)
    func clientGetnameCommand(_ client: ClientPointer, _ c: inout CommandContext) {
        let name = client.pointee.name
        if name.isEmpty { c.reply.pointee.null() } else { c.reply.pointee.bulk(name) }
    }

    /// CLIENT SETNAME name.
    @inline(never)
    func clientSetnameCommand(_ client: ClientPointer, _ c: inout CommandContext) {
        guard ClientName.isValid(c[2]) else { return c.reply.pointee.error(Self.nameError) }
        setName(client, c[2])
        c.reply.pointee.ok()
    }

    /// Names the client; the empty name takes its name away.
    func setName(_ client: ClientPointer, _ name: Bytes) {
        if name.isEmpty, client.pointee.details == nil { return }
        client.pointee.makeDetails().name = name.array
    }

    /// CLIENT SETINFO LIB-NAME name | LIB-VER version.
    @inline(never)
    func clientSetinfoCommand(_ client: ClientPointer, _ c: inout CommandContext) {
        let isName = c[2].isWord("lib-name")
        guard isName || c[2].isWord("lib-ver") else {
            return c.reply.pointee.error("ERR Unrecognized option '", c[2], "'")
        }
        guard ClientName.isValid(c[3]) else {
            return c.reply.pointee.error(
                "ERR ", c[2], " cannot contain spaces, newlines or special characters.")
        }
        let details = client.pointee.makeDetails()
        if isName { details.libraryName = c[3].array } else { details.libraryVersion = c[3].array }
        c.reply.pointee.ok()
    }

    /// CLIENT REPLY ON|OFF|SKIP: only ON is answered.
    @inline(never)
    func clientReplyCommand(_ client: ClientPointer, _ c: inout CommandContext) {
        if c[2].isWord("on") {
            client.pointee.flags.subtract([.replyOff, .replySkip, .replySkipNext])
            c.reply.pointee.ok()
        } else if c[2].isWord("off") {
            client.pointee.flags.insert(.replyOff)
        } else if c[2].isWord("skip") {
            if !client.pointee.flags.contains(.replyOff) {
                client.pointee.flags.insert(.replySkipNext)
            }
        } else {
            c.reply.pointee.error("ERR syntax error")
        }
    }

    /// CLIENT NO-EVICT ON|OFF.
    @inline(never)
    func clientNoEvictCommand(_ client: ClientPointer, _ c: inout CommandContext) {
        setFlag(.noEvict, client, &c)
    }

    /// CLIENT NO-TOUCH ON|OFF.
    @inline(never)
    func clientNoTouchCommand(_ client: ClientPointer, _ c: inout CommandContext) {
        setFlag(.noTouch, client, &c)
    }

    private func setFlag(
        _ flag: ClientFlags, _ client: ClientPointer, _ c: inout CommandContext
    ) {
        if c[2].isWord("on") {
            client.pointee.flags.insert(flag)
        } else if c[2].isWord("off") {
            client.pointee.flags.remove(flag)
        } else {
            return c.reply.pointee.error("ERR syntax error")
        }
        c.reply.pointee.ok()
    }

    /// CLIENT HELP.
    @inline(never)
    func clientHelpCommand(_ client: ClientPointer, _ c: inout CommandContext) {
        replyHelp(.client, clientCommandRows, name: c[0], c.reply)
    }
}
