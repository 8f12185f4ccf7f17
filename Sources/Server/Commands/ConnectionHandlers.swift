// Handlers of the commands on the connection itself: PING, ECHO, SELECT, QUIT, RESET.
//
// Replies and errors are those of Redis 7.4. HELLO and AUTH: Authentication.swift.

import Engine
import EventLoop
import Memory
import RESP

extension Server {
    /// PING [message].
    @inline(never)
    func pingCommand(_ client: ClientPointer, _ c: inout CommandContext) {
        if client.pointee.flags.contains(.subscribed), !client.pointee.resp3, c.count <= 2 {
            // While subscribed, RESP2 has every reply look like a message.
            c.reply.pointee.array(2)
            c.reply.pointee.bulk("pong")
            return c.reply.pointee.bulk(c.count == 2 ? c[1] : Bytes(""))
        }
        switch c.count {
        case 1: c.reply.pointee.simple("PONG")
        case 2: echo(&c)
        default: c.reply.pointee.error("ERR wrong number of arguments for 'ping' command")
        }
    }

    /// ECHO message.
    @inline(never)
    func echoCommand(_ client: ClientPointer, _ c: inout CommandContext) { echo(&c) }

    private func echo(_ c: inout CommandContext) {
        // A long message came in a blob of its own: it goes out by reference.
        if c.ownedArgumentIndex == 1, let blob = c.ownedArgument {
            c.reply.pointee.bulk(blob)
        } else {
            c.reply.pointee.bulk(c[1])
        }
    }

    /// SELECT index.
    @inline(never)
    func selectCommand(_ client: ClientPointer, _ c: inout CommandContext) {
        guard let index = c[1].integer else {
            return c.reply.pointee.error("ERR value is not an integer or out of range")
        }
        guard let number = Int32(exactly: index) else {
            return c.reply.pointee.error(
                "ERR value is out of range, value must between -2147483648 and 2147483647")
        }
        guard number >= 0, Int(number) < c.engine.pointee.databaseCount else {
            return c.reply.pointee.error("ERR DB index is out of range")
        }
        client.pointee.database = number
        c.reply.pointee.ok()
    }

    /// QUIT: what was asked before is answered, then the connection closes.
    @inline(never)
    func quitCommand(_ client: ClientPointer, _ c: inout CommandContext) {
        c.reply.pointee.ok()
        closeAfterReply(client)
    }

    /// RESET: the state of a new connection, the library's name apart.
    @inline(never)
    func resetCommand(_ client: ClientPointer, _ c: inout CommandContext) {
        discardTransaction(client)
        unsubscribeFromAll(client)
        client.pointee.database = 0
        // A reply that CLIENT REPLY SKIP announced stays away, this one's too.
        client.pointee.flags.subtract([.replyOff, .replySkipNext, .noEvict, .noTouch])
        client.pointee.details?.name = []
        if settings.requiresPassword { client.pointee.flags.insert(.unauthenticated) }
        setProtocol(client, resp3: false)
        c.reply.pointee.simple("RESET")
    }

    /// The protocol of this reply and those that follow.
    func setProtocol(_ client: ClientPointer, resp3: Bool) {
        client.pointee.resp3 = resp3
        reply.pointee.resp3 = resp3
    }
}
