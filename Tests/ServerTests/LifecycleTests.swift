// The process around the server, as far as it can be seen from inside one: checks before the start,
// the title, the oom score.

import Configuration
import Engine
import Memory
import Testing

@testable import Server

@Suite struct LifecycleTests {
    private func load(_ options: String) throws -> Configuration {
        var launch = LaunchOptions()
        launch.options = Array(options.utf8)
        return try Configuration.load(launch)
    }

    @Test func renamedCommandsAnswerToTheirNewNames() throws {
        let configuration = try load("rename-command GET fetch\nrename-command flushall \"\"")
        try StartChecks.check(configuration)
        var table = CommandTable(rows: allCommandRows)
        try StartChecks.rename(configuration.renamedCommands, in: &table)
        #expect(table.find(Bytes("FETCH")) == .get)
        #expect(table.find(Bytes("get")) == nil)
        #expect(table.find(Bytes("flushall")) == nil)
    }

    @Test func startIsRefusedWithTheLine() throws {
        for (line, message) in [
            ("rename-command foo bar", "No such command in rename-command"),
            ("rename-command get set", "Target command name already exists"),
            ("user bob on", "Users are not supported by this version: use requirepass"),
        ] {
            let configuration = try load("timeout 1\n\(line)")
            var report = ""
            do throws(StartError) {
                try StartChecks.check(configuration)
            } catch {
                report = error.report.decoded
            }
            #expect(report.hasSuffix(">>> '\(line)'\n\(message)\n"), "\(report)")
        }
    }

    @Test func titleNamesWhereItListens() throws {
        let server = HandlerFixture().server
        server.programName = "/usr/bin/flashkvd"
        #expect(
            server.processTitle(try load("port 7000\nbind 127.0.0.1 ::1"))
                == "/usr/bin/flashkvd 127.0.0.1:7000")
        #expect(
            server.processTitle(try load("port 0\nunixsocket /tmp/s"))
                == "/usr/bin/flashkvd /tmp/s")
        #expect(
            server.processTitle(
                try load("port 7000\nproc-title-template \"{title}-{port} {port} {config-file}\""))
                == "/usr/bin/flashkvd-7000 7000")
    }

    @Test func oomScoreIsRelativeOrAbsolute() throws {
        for (options, score) in [
            ("oom-score-adj no", nil), ("oom-score-adj relative\noom-score-adj-values 5 0 0", 105),
            ("oom-score-adj absolute\noom-score-adj-values -7 0 0", -7),
            ("oom-score-adj yes\noom-score-adj-values 1500 0 0", 1000),
        ] {
            #expect(OOMScore.wanted(try load(options), initial: 100) == score, "\(options)")
        }
    }

    @Test func seedsDiffer() {
        var first: [UInt64] = [0, 0, 0]
        var second = first
        #expect(Seeds.fill(&first) && Seeds.fill(&second))
        #expect(first != second && !first.contains(0))
    }
}
