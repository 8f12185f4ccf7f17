// PING, ECHO, SELECT, QUIT, RESET, HELLO and AUTH: replies byte for byte as Redis 7.4 gives them.

import Memory
import Testing

@testable import Server

@Suite struct ConnectionCommandTests {
    @Test func pingAndEchoAnswerTheMessage() {
        let fixture = HandlerFixture()
        #expect(fixture.run(Server.pingCommand, "PING") == "+PONG\r\n")
        #expect(fixture.run(Server.pingCommand, "PING", "hi") == "$2\r\nhi\r\n")
        #expect(fixture.run(Server.echoCommand, "ECHO", "") == "$0\r\n\r\n")
        #expect(
            fixture.run(Server.pingCommand, "PING", "a", "b")
                == "-ERR wrong number of arguments for 'ping' command\r\n")
    }

    @Test func selectTellsItsErrorsApart() {
        let fixture = HandlerFixture()
        #expect(fixture.run(Server.selectCommand, "SELECT", "15") == "+OK\r\n")
        #expect(fixture.client.pointee.database == 15)
        for (index, problem) in [
            ("16", "DB index is out of range"), ("-1", "DB index is out of range"),
            ("x", "value is not an integer or out of range"),
            ("99999999999999999999", "value is not an integer or out of range"),
            (
                "3000000000",
                "value is out of range, value must between -2147483648 and 2147483647"
            ),
        ] {
            #expect(fixture.run(Server.selectCommand, "SELECT", index) == "-ERR \(problem)\r\n")
        }
        #expect(fixture.client.pointee.database == 15)
    }

    @Test func quitAnswersBeforeItCloses() {
        let fixture = HandlerFixture()
        #expect(fixture.run(Server.quitCommand, "QUIT") == "+OK\r\n")
        #expect(fixture.isOpen(0))
        #expect(fixture.client.pointee.flags.contains(.closeAfterReply))
    }

    @Test func helloChangesTheProtocolOfItsOwnReply() {
        let fixture = HandlerFixture()
        let reply = fixture.run(Server.helloCommand, "HELLO", "3", "SETNAME", "bob")
        #expect(reply.hasPrefix("%7\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n"))
        #expect(reply.hasSuffix("$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n"))
        #expect(fixture.client.pointee.resp3 == true)
        #expect(fixture.run(Server.clientGetnameCommand, "CLIENT", "GETNAME") == "$3\r\nbob\r\n")
        #expect(fixture.run(Server.helloCommand, "HELLO").hasPrefix("%7\r\n"))
        #expect(fixture.run(Server.helloCommand, "HELLO", "2").hasPrefix("*14\r\n"))
    }

    @Test func helloChangesNothingWhenItFails() {
        let fixture = HandlerFixture()
        for (words, problem) in [
            (["HELLO", "4", "FOO"], "NOPROTO unsupported protocol version"),
            (["HELLO", "x"], "ERR Protocol version is not an integer or out of range"),
            (["HELLO", "3", "SETNAME"], "ERR Syntax error in HELLO option 'SETNAME'"),
            (["HELLO", "3", "AUTH", "u"], "ERR Syntax error in HELLO option 'AUTH'"),
            (["HELLO", "3", "SETNAME", "n", "FOO"], "ERR Syntax error in HELLO option 'FOO'"),
            (
                ["HELLO", "3", "SETNAME", "a b", "AUTH", "nobody", "x"],
                "ERR Client names cannot contain spaces, newlines or special characters."
            ),
            (
                ["HELLO", "3", "SETNAME", "n", "AUTH", "nobody", "x"],
                "WRONGPASS invalid username-password pair or user is disabled."
            ),
        ] {
            let reply = fixture.run(Server.helloCommand, words.map { Array($0.utf8) })
            #expect(reply == "-\(problem)\r\n")
            #expect(fixture.client.pointee.resp3 == false)
            #expect(fixture.client.pointee.name.isEmpty)
        }
    }

    @Test func logInWithAPassword() {
        let fixture = HandlerFixture(password: "secret")
        let wrong = "-WRONGPASS invalid username-password pair or user is disabled.\r\n"
        #expect(fixture.run(Server.helloCommand, "HELLO", "3").hasPrefix("-NOAUTH HELLO must"))
        #expect(fixture.run(Server.authCommand, "AUTH", "secre") == wrong)
        #expect(fixture.run(Server.authCommand, "AUTH", "") == wrong)
        #expect(fixture.run(Server.authCommand, "AUTH", "root", "secret") == wrong)
        #expect(fixture.client.pointee.flags.contains(.unauthenticated))
        #expect(fixture.server.statistics.deniedAuthentications == 3)
        #expect(fixture.run(Server.authCommand, "AUTH", "default", "secret") == "+OK\r\n")
        // Who is in stays in, and RESET puts him out again.
        #expect(fixture.run(Server.authCommand, "AUTH", "wrong") == wrong)
        #expect(!fixture.client.pointee.flags.contains(.unauthenticated))
        #expect(fixture.run(Server.resetCommand, "RESET") == "+RESET\r\n")
        #expect(fixture.client.pointee.flags.contains(.unauthenticated))
        let reply = fixture.run(Server.helloCommand, "HELLO", "3", "AUTH", "default", "secret")
        #expect(reply.hasPrefix("%7\r\n"))
    }

    @Test func logInWithoutAPassword() {
        let fixture = HandlerFixture()
        #expect(
            fixture.run(Server.authCommand, "AUTH", "x")
                == "-ERR AUTH <password> called without any password configured for the default "
                + "user. Are you sure your configuration is correct?\r\n")
        #expect(fixture.run(Server.authCommand, "AUTH", "default", "x") == "+OK\r\n")
        #expect(fixture.run(Server.authCommand, "AUTH", "a", "b", "c") == "-ERR syntax error\r\n")
    }

    @Test func resetKeepsTheLibraryAlone() {
        let fixture = HandlerFixture()
        _ = fixture.run(Server.helloCommand, "HELLO", "3", "SETNAME", "n")
        _ = fixture.run(Server.selectCommand, "SELECT", "3")
        _ = fixture.run(Server.clientSetinfoCommand, "CLIENT", "SETINFO", "LIB-NAME", "lib")
        _ = fixture.run(Server.clientNoTouchCommand, "CLIENT", "NO-TOUCH", "ON")
        _ = fixture.run(Server.clientReplyCommand, "CLIENT", "REPLY", "OFF")
        #expect(fixture.run(Server.resetCommand, "RESET") == "+RESET\r\n")
        let client = fixture.client
        #expect(client.pointee.resp3 == false && client.pointee.database == 0)
        #expect(client.pointee.flags == [] && client.pointee.name.isEmpty)
        #expect(client.pointee.details?.libraryName == Array("lib".utf8))
    }

    @Test func passwordsAreEqualOnlyAsAWhole() {
        for (given, secret, isEqual) in [
            ("", "", true), ("a", "", false), ("", "a", false), ("abc", "abc", true),
            ("abcabc", "abc", false), ("ab", "abc", false), ("abd", "abc", false),
        ] {
            let equal = given.withBytes { equalInConstantTime($0, Array(secret.utf8)) }
            #expect(equal == isEqual, "\(given) \(secret)")
        }
    }
}
