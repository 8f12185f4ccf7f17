// CONFIG and SHUTDOWN: replies byte for byte as Redis 7.4 gives them, and what a change does.

import Configuration
import Engine
import Memory
import Testing

@testable import Server

@Suite struct ConfigCommandTests {
    private func set(_ fixture: HandlerFixture, _ words: String...) -> String {
        fixture.run(Server.configSetCommand, (["CONFIG", "SET"] + words).map { Array($0.utf8) })
    }

    private func get(_ fixture: HandlerFixture, _ words: String...) -> String {
        fixture.run(Server.configGetCommand, (["CONFIG", "GET"] + words).map { Array($0.utf8) })
    }

    @Test func getAnswersNamesAsTheyWereAsked() {
        let fixture = HandlerFixture()
        #expect(get(fixture, "nosuch") == "*0\r\n")
        #expect(get(fixture, "TIMEOUT") == "*2\r\n$7\r\nTIMEOUT\r\n$1\r\n0\r\n")
        #expect(
            get(fixture, "maxmemory-sampl?s", "timeout")
                == "*4\r\n$17\r\nmaxmemory-samples\r\n$1\r\n5\r\n$7\r\ntimeout\r\n$1\r\n0\r\n")
        fixture.client.pointee.resp3 = true
        #expect(get(fixture, "timeout") == "%1\r\n$7\r\ntimeout\r\n$1\r\n0\r\n")
        #expect(get(fixture, "nosuch") == "%0\r\n")
    }

    @Test func setIsAllOrNothing() {
        let fixture = HandlerFixture()
        #expect(set(fixture, "timeout", "9", "maxmemory-samples", "7") == "+OK\r\n")
        #expect(fixture.server.settings.timeoutSeconds == 9)
        #expect(
            set(fixture, "timeout", "30", "maxmemory-samples", "abc")
                == "-ERR CONFIG SET failed (possibly related to argument 'maxmemory-samples') - "
                + "argument couldn't be parsed into an integer\r\n")
        #expect(fixture.server.settings.timeoutSeconds == 9)
        #expect(set(fixture, "timeout", "30", "port") == "-ERR syntax error\r\n")
        #expect(
            set(fixture, "nosuch", "1")
                == "-ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'\r\n")
    }

    @Test func whatIsNotThereIsRefusedAndChangesNothing() {
        let fixture = HandlerFixture()
        #expect(
            set(fixture, "timeout", "5", "appendonly", "yes")
                == "-ERR CONFIG SET failed (possibly related to argument 'appendonly') - This "
                + "version has no append-only file\r\n")
        #expect(fixture.server.settings.timeoutSeconds == 0)
        #expect(get(fixture, "appendonly") == "*2\r\n$10\r\nappendonly\r\n$2\r\nno\r\n")
        #expect(set(fixture, "appendonly", "no") == "+OK\r\n")
    }

    @Test func aPasswordIsForThoseWhoComeLater() {
        let fixture = HandlerFixture(clients: 2)
        #expect(set(fixture, "requirepass", "secret") == "+OK\r\n")
        #expect(fixture.server.settings.requiresPassword == true)
        #expect(!fixture.client.pointee.flags.contains(.unauthenticated))
        fixture.clients[1].pointee.flags.insert(.unauthenticated)
        #expect(set(fixture, "requirepass", "") == "+OK\r\n")
        #expect(!fixture.clients[1].pointee.flags.contains(.unauthenticated))
    }

    @Test func limitsReachTheEngine() {
        let fixture = HandlerFixture()
        #expect(set(fixture, "maxmemory", "100mb", "proto-max-bulk-len", "2mb") == "+OK\r\n")
        #expect(fixture.server.engine.pointee.settings.maxMemory == 100 << 20)
        #expect(fixture.server.engine.pointee.settings.protoMaxBulkLength == 2 << 20)
    }

    @Test func rewriteNeedsAFile() {
        let fixture = HandlerFixture()
        #expect(
            fixture.run(Server.configRewriteCommand, "CONFIG", "REWRITE")
                == "-ERR The server is running without a config file\r\n")
    }

    @Test func shutdownTellsItsOptionsApart() {
        let fixture = HandlerFixture()
        func shutdown(_ words: String...) -> String {
            fixture.run(
                Server.shutdownCommand, (["SHUTDOWN"] + words).map { Array($0.utf8) })
        }
        for words in [["FOO"], ["SAVE", "NOSAVE"], ["ABORT", "NOW"]] {
            #expect(
                fixture.run(Server.shutdownCommand, (["SHUTDOWN"] + words).map { Array($0.utf8) })
                    == "-ERR syntax error\r\n")
        }
        #expect(shutdown("ABORT") == "-ERR No shutdown in progress.\r\n")
        #expect(shutdown("save") == "-ERR Errors trying to SHUTDOWN. Check logs.\r\n")
        #expect(fixture.server.isShuttingDown == false)
        #expect(shutdown("nosave", "now").isEmpty)
        #expect(fixture.server.isShuttingDown == true)
        #expect(fixture.client.pointee.flags.contains(.closeAfterReply))
    }
}
