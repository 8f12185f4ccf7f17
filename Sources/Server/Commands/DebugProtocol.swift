// DEBUG PROTOCOL: an example of each reply type, for tests of clients.

import Engine
import Memory
import RESP

extension Server {
    func debugProtocol(_ c: inout CommandContext) {
        let reply = c.reply
        switch c[2].string.lowercased() {
        case "string": reply.pointee.bulk("Hello World" as StaticString)
        case "integer": reply.pointee.integer(12345)
        case "double": reply.pointee.double(3.141)
        case "null": reply.pointee.null()
        case "array":
            reply.pointee.array(3)
            for i in 0..<3 { reply.pointee.integer(i) }
        case "set":
            reply.pointee.set(3)
            for i in 0..<3 { reply.pointee.integer(i) }
        case "map":
            reply.pointee.map(3)
            for i in 0..<3 {
                reply.pointee.integer(i)
                reply.pointee.bool(i == 1)
            }
        case "attrib": replyAttribute(reply)
        case "push": replyPush(reply)
        case "verbatim": reply.pointee.verbatim("txt", Bytes("This is a verbatim\nstring"))
        case "true": reply.pointee.bool(true)
        case "false": reply.pointee.bool(false)
        case "bignum": reply.pointee.bigNumber(Bytes("1234567999999999999999999999999999999"))
        default:
            reply.pointee.error(
                """
                ERR Wrong protocol type name. Please use one of the following: \
                string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false
                """)
        }
    }

    private func replyAttribute(_ reply: UnsafeMutablePointer<ReplyBuffer>) {
        // RESP2 has no attributes: they are left out there.
        if reply.pointee.attribute(1) {
            reply.pointee.bulk("key-popularity" as StaticString)
            reply.pointee.array(2)
            reply.pointee.bulk("key:123" as StaticString)
            reply.pointee.integer(90)
        }
        reply.pointee.bulk("Some real reply following the attribute" as StaticString)
    }

    private func replyPush(_ reply: UnsafeMutablePointer<ReplyBuffer>) {
        guard reply.pointee.resp3 else {
            return reply.pointee.error("ERR RESP2 is not supported by this command")
        }
        // The push message follows the reply, as in Redis, where it is queued meanwhile.
        reply.pointee.bulk("Some real reply following the push reply" as StaticString)
        reply.pointee.push(2)
        reply.pointee.bulk("server-cpu-usage" as StaticString)
        reply.pointee.integer(42)
    }
}
