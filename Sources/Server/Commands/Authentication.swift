// AUTH and HELLO: who the client is, and which protocol it speaks.
//
// There is one user, `default`, whose password is `requirepass`. A password is compared in a time
// that depends on the length of what the client sent alone. HELLO reads all its options before it
// does anything, so that an error changes nothing.

import Configuration
import Engine
import EventLoop
import Memory
import RESP

/// What came of a log-in.
enum LogIn { case granted, denied }

/// The options of HELLO, read from its arguments and checked.
struct HelloRequest {
    /// nil: the protocol stays as it is.
    var version: Int?
    var credentials: (user: Bytes, password: Bytes)?
    var name: Bytes?

    /// Why the arguments are wrong; the texts are Redis 7.4's.
    enum Problem: Error, Equatable {
        case noInteger, unsupported, badName
        /// The index of the argument that is no option or lacks its values.
        case syntax(Int)
    }

    /// Reads `arguments[1...]`.
    init(_ arguments: UnsafePointer<Bytes>, _ count: Int) throws(Problem) {
        guard count > 1 else { return }
        guard let version = arguments[1].integer else { throw .noInteger }
        guard version == 2 || version == 3 else { throw .unsupported }
        self.version = Int(version)
        var i = 2
        while i < count {
            let option = arguments[i]
            if option.isWord("auth"), count - i > 2 {
                credentials = (arguments[i + 1], arguments[i + 2])
                i += 3
            } else if option.isWord("setname"), count - i > 1 {
                guard ClientName.isValid(arguments[i + 1]) else { throw .badName }
                name = arguments[i + 1]
                i += 2
            } else {
                throw .syntax(i)
            }
        }
    }
}

/// The rule for names of clients and libraries: printable ASCII without spaces. As in Redis 7.4,
/// what stands behind a zero byte is not looked at.
enum ClientName {
    static func isValid(_ whole: Bytes) -> Bool {
        let name = whole.upToZero
        return (0..<name.count).allSatisfy { name[$0] >= 0x21 && name[$0] <= 0x7E }
    }
}

/// Whether two byte strings are equal, in a time that only the length of `given` decides.
func equalInConstantTime(_ given: Bytes, _ secret: [UInt8]) -> Bool {
    var difference = given.count ^ secret.count
    guard !secret.isEmpty else { return difference == 0 }
    var at = 0
    for i in 0..<given.count {
        difference |= Int(given[i] ^ secret[at])
        at = at + 1 == secret.count ? 0 : at + 1
    }
    return difference == 0
}

extension Server {
    /// AUTH [username] password.
    @inline(never)
    func authCommand(_ client: ClientPointer, _ c: inout CommandContext) {
        guard c.count <= 3 else { return c.reply.pointee.error("ERR syntax error") }
        if c.count == 2, !settings.requiresPassword {
            return c.reply.pointee.error(
                """
                ERR AUTH <password> called without any password configured for the default user. \
                Are you sure your configuration is correct?
                """)
        }
        let user = c.count == 3 ? c[1] : Bytes("default")
        guard logIn(client, user: user, password: c[c.count - 1]) == .granted else { return }
        c.reply.pointee.ok()
    }

    /// Logs the client in, or answers that it may not; then it stays what it was.
    private func logIn(_ client: ClientPointer, user: Bytes, password: Bytes) -> LogIn {
        // Both are looked at whatever the first says. Names are case-sensitive.
        let knowsUser = user.equals(Bytes("default"))
        let knowsPassword =
            !settings.requiresPassword || equalInConstantTime(password, settings.password)
        guard knowsUser, knowsPassword else {
            statistics.deniedAuthentications += 1
            reply.pointee.error("WRONGPASS invalid username-password pair or user is disabled.")
            return .denied
        }
        client.pointee.flags.remove(.unauthenticated)
        return .granted
    }

    /// HELLO [version [AUTH username password] [SETNAME name]].
    @inline(never)
    func helloCommand(_ client: ClientPointer, _ c: inout CommandContext) {
        let request: HelloRequest
        do throws(HelloRequest.Problem) {
            request = try HelloRequest(c.arguments, c.count)
        } catch {
            return refuseHello(error, &c)
        }
        if let given = request.credentials,
            logIn(client, user: given.user, password: given.password) == .denied
        {
            return
        }
        guard !client.pointee.flags.contains(.unauthenticated) else {
            return c.reply.pointee.error(
                """
                NOAUTH HELLO must be called with the client already authenticated, otherwise the \
                HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client \
                and select the RESP protocol version at the same time
                """)
        }
        if let name = request.name { setName(client, name) }
        if let version = request.version { setProtocol(client, resp3: version == 3) }
        describeServer(to: client)
    }

    private func refuseHello(_ problem: HelloRequest.Problem, _ c: inout CommandContext) {
        switch problem {
        case .noInteger:
            c.reply.pointee.error("ERR Protocol version is not an integer or out of range")
        case .unsupported: c.reply.pointee.error("NOPROTO unsupported protocol version")
        case .badName: c.reply.pointee.error(Self.nameError)
        case .syntax(let i):
            c.reply.pointee.error("ERR Syntax error in HELLO option '", c[i], "'")
        }
    }

    private func describeServer(to client: ClientPointer) {
        reply.pointee.map(7)
        reply.pointee.bulk("server")
        reply.pointee.bulk("redis")
        reply.pointee.bulk("version")
        reply.pointee.bulk(Version.redis)
        reply.pointee.bulk("proto")
        reply.pointee.integer(client.pointee.resp3 ? 3 : 2)
        reply.pointee.bulk("id")
        reply.pointee.integer(Int(client.pointee.id))
        reply.pointee.bulk("mode")
        reply.pointee.bulk("standalone")
        reply.pointee.bulk("role")
        reply.pointee.bulk("master")
        reply.pointee.bulk("modules")
        reply.pointee.emptyArray()
    }

    static var nameError: StaticString {
        "ERR Client names cannot contain spaces, newlines or special characters."
    }
}
