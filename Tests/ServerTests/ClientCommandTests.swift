// CLIENT: what is listed, who is closed, what is refused, and that no argument breaks anything.

import Engine
import Memory
import Testing

@testable import Server

@Suite struct ClientCommandTests {
    @Test func listHasTheFieldsInOrder() {
        let fixture = HandlerFixture()
        _ = fixture.run(Server.clientSetnameCommand, "CLIENT", "SETNAME", "me")
        let reply = fixture.run(Server.clientListCommand, "CLIENT", "LIST")
        let line = reply.split(separator: "\r\n")[1]
        #expect(line.hasSuffix("\n"))
        let fields = line.dropLast().split(separator: " ").map { $0.prefix { $0 != "=" } }
        #expect(
            fields == [
                "id", "addr", "laddr", "fd", "name", "age", "idle", "flags", "db", "sub", "psub",
                "ssub", "multi", "watch", "qbuf", "qbuf-free", "argv-mem", "multi-mem", "rbs",
                "rbp", "obl", "oll", "omem", "tot-mem", "events", "cmd", "user", "redir", "resp",
                "lib-name", "lib-ver",
            ])
        // The request itself: *2, $6 CLIENT, $4 LIST.
        #expect(line.contains(" qbuf=26 ") && line.contains(" argv-mem=10 "))
        #expect(line.contains(" name=me ") && line.contains(" flags=U "))
    }

    @Test func listChooses() {
        let fixture = HandlerFixture(clients: 3)
        func ids(_ words: String...) -> [String] {
            let words = ["CLIENT", "LIST"] + words
            return fixture.run(Server.clientListCommand, words.map { Array($0.utf8) })
                .split(whereSeparator: { $0 == "\n" || $0 == "\r\n" || $0 == " " })
                .filter { $0.hasPrefix("id=") }.map { String($0.dropFirst(3)) }
        }
        #expect(ids() == ["1", "2", "3"])
        #expect(ids("ID", "3", "9", "1", "3") == ["3", "1", "3"])
        #expect(ids("id", "3", "1", "1", "1", "1", "1", "1", "1", "-2", "2").count == 9)
        #expect(ids("TYPE", "normal").count == 3)
        #expect(ids("TYPE", "pubsub").isEmpty)
        for (words, problem) in [
            (["TYPE", "x"], "Unknown client type 'x'"), (["TYPE"], "syntax error"),
            (["ID", "x"], "Invalid client ID"), (["FOO"], "syntax error"),
        ] {
            let words = (["CLIENT", "LIST"] + words).map { Array($0.utf8) }
            #expect(fixture.run(Server.clientListCommand, words) == "-ERR \(problem)\r\n")
        }
    }

    @Test func killClosesOthersAndAnswersTheCaller() {
        let fixture = HandlerFixture(clients: 3)
        #expect(fixture.run(Server.clientKillCommand, "CLIENT", "KILL", "ID", "2") == ":1\r\n")
        #expect(!fixture.isOpen(1) && fixture.isOpen(2))
        #expect(fixture.run(Server.clientKillCommand, "CLIENT", "KILL", "ID", "2") == ":0\r\n")
        let all = ["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no"].map { Array($0.utf8) }
        #expect(fixture.run(Server.clientKillCommand, all) == ":2\r\n")
        #expect(fixture.isOpen(0) && !fixture.isOpen(2))
        #expect(fixture.client.pointee.flags.contains(.closeAfterReply))
    }

    @Test func manyAreClosedOverSeveralTurns() {
        let fixture = HandlerFixture(clients: 100)
        #expect(
            fixture.run(Server.clientKillCommand, "CLIENT", "KILL", "TYPE", "normal") == ":99\r\n")
        #expect(fixture.server.clients.count == 36)
        // For everybody they are gone at once.
        let list = fixture.run(Server.clientListCommand, "CLIENT", "LIST")
        #expect(list.split(separator: "\n").filter { $0.hasPrefix("id=") }.count <= 1)
        #expect(
            fixture.run(Server.clientKillCommand, "CLIENT", "KILL", "TYPE", "normal") == ":0\r\n")
    }

    @Test func killRefusesInWords() {
        let fixture = HandlerFixture()
        for (words, problem) in [
            (["1.2.3.4:5"], "No such client"), (["ID", "x"], "client-id should be greater than 0"),
            (["ID", "0"], "client-id should be greater than 0"),
            (["TYPE", "x"], "Unknown client type 'x'"), (["USER", "x"], "No such user 'x'"),
            (["SKIPME", "x"], "syntax error"), (["ID", "1", "TYPE"], "syntax error"),
            (["MAXAGE", "x"], "maxage is not an integer or out of range"),
            (["MAXAGE", "0"], "maxage should be greater than 0"), (["FOO", "x"], "syntax error"),
        ] {
            let words = (["CLIENT", "KILL"] + words).map { Array($0.utf8) }
            #expect(fixture.run(Server.clientKillCommand, words) == "-ERR \(problem)\r\n")
        }
    }

    @Test func aPauseNeverGetsShorterOrLooser() {
        let fixture = HandlerFixture()
        func pause(_ words: String...) -> String {
            let words = (["CLIENT", "PAUSE"] + words).map { Array($0.utf8) }
            return fixture.run(Server.clientPauseCommand, words)
        }
        let server = fixture.server
        #expect(pause("5000", "WRITE") == "+OK\r\n")
        #expect(server.pause.onlyWrites && server.isGated && server.engine.pointee.expiryPaused)
        let end = server.pause.until
        #expect(pause("100", "ALL") == "+OK\r\n")
        #expect(server.pause.until == end && !server.pause.onlyWrites)
        #expect(pause("9000", "WRITE") == "+OK\r\n")
        #expect(server.pause.until == end + 4000 && !server.pause.onlyWrites)
        let timers = server.reactor.pointee.timers.count
        for i in 1...100 { #expect(pause(String(9000 + i)) == "+OK\r\n") }
        #expect(server.reactor.pointee.timers.count == timers)
        #expect(fixture.run(Server.clientUnpauseCommand, "CLIENT", "UNPAUSE") == "+OK\r\n")
        #expect(!server.isPaused && !server.isGated && !server.engine.pointee.expiryPaused)
        #expect(pause("x") == "-ERR timeout is not an integer or out of range\r\n")
        #expect(pause("-1") == "-ERR timeout is negative\r\n")
        #expect(pause("9223372036854775807") == "-ERR timeout is out of range\r\n")
        #expect(pause("1", "x") == "-ERR CLIENT PAUSE mode must be WRITE or ALL\r\n")
        #expect(!server.isPaused)
    }

    @Test func namesArePrintable() {
        let fixture = HandlerFixture()
        for name in ["a b", "a\n", "\u{e9}", "\u{7f}"] {
            #expect(
                fixture.run(Server.clientSetnameCommand, "CLIENT", "SETNAME", name)
                    == "-ERR Client names cannot contain spaces, newlines or special "
                    + "characters.\r\n")
            #expect(
                fixture.run(Server.clientSetinfoCommand, "CLIENT", "SETINFO", "Lib-Ver", name)
                    == "-ERR Lib-Ver cannot contain spaces, newlines or special characters.\r\n")
        }
        #expect(fixture.run(Server.clientGetnameCommand, "CLIENT", "GETNAME") == "$-1\r\n")
        #expect(
            fixture.run(Server.clientSetinfoCommand, "CLIENT", "SETINFO", "x", "y")
                == "-ERR Unrecognized option 'x'\r\n")
    }

    @Test func helpListsEverySubcommand() {
        let help = HandlerFixture().run(Server.clientHelpCommand, "CLIENT", "HELP")
        for word in ["GETNAME", "KILL <ip:port>", "NO-TOUCH (ON|OFF)", "UNPAUSE", "HELP"] {
            #expect(help.contains("\r\n+\(word)\r\n"), "\(word)")
        }
    }

    @Test(arguments: [UInt64(1), 2, 3])
    func noArgumentBreaksAHandler(seed: UInt64) {
        var random = RandomSource(seed: seed)
        let handlers: [(HandlerFixture.Handler, Int, Int)] = [
            (Server.pingCommand, 1, 4), (Server.selectCommand, 2, 2), (Server.authCommand, 2, 4),
            (Server.helloCommand, 1, 7), (Server.clientListCommand, 2, 7),
            (Server.clientKillCommand, 3, 8), (Server.clientPauseCommand, 3, 5),
            (Server.clientSetinfoCommand, 4, 4), (Server.clientNoEvictCommand, 3, 3),
            (Server.infoCommand, 1, 5), (Server.lolwutCommand, 1, 4),
        ]
        let words = [
            "ID", "TYPE", "ADDR", "LADDR", "USER", "SKIPME", "MAXAGE", "yes", "no", "normal", "3",
            "AUTH", "SETNAME", "default", "-1", "9223372036854775807", "", "all", "WRITE", "\0\r\n",
            "server", "LIB-NAME", "VERSION", "1", "2", ":0",
        ]
        let fixture = HandlerFixture(clients: 8)
        for _ in 0..<3000 where fixture.isOpen(0) {
            let (handler, least, most) = handlers[Int(random.below(UInt64(handlers.count)))]
            let count = least + Int(random.below(UInt64(most - least + 1)))
            let request = (0..<count).map { _ in
                Array(words[Int(random.below(UInt64(words.count)))].utf8)
            }
            let reply = fixture.run(handler, request)
            #expect(reply.hasSuffix("\r\n") && "+-:$*%=_".contains(reply.first ?? " "))
            fixture.client.pointee.flags.remove(.closeAfterReply)
        }
    }
}
