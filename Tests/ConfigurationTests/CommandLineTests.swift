// Forms of the command line, checked on redis-server 7.4.1.

import Testing

@testable import Configuration

@Suite struct CommandLineTests {
    private func invocation(_ words: [String]) -> Invocation {
        Invocation(
            arguments: (["flashkvd"] + words).map { ByteText(ascii: $0) }, allocator: "test-1.0")
    }

    /// The configuration text that options become.
    private func text(_ words: String...) -> String {
        guard case .serve(let launch) = invocation(words) else { return "?" }
        return launch.options.decoded
    }

    @Test func optionsBecomeLines() {
        #expect(
            text("--port", "7000", "--loglevel", "verbose")
                == "port \"7000\" \nloglevel \"verbose\" ")
        #expect(
            text("--bind", "127.0.0.1", "::1", "--port", "1")
                == "bind \"127.0.0.1\" \"::1\" \nport \"1\" ")
        #expect(text("--port 7000", "--hz", "5") == "port 7000 \nhz \"5\" ")
        #expect(text("--masterauth", "a b\"c") == "masterauth \"a b\\\"c\" ")
        #expect(text("--port", "1", "x") == "port \"1\" \"x\" ")
        #expect(text("-x") == "\"-x\" ")
        #expect(text("--port", "1", "--", "x") == "port \"1\" \n \"x\" ")
        #expect(text() == "")
    }

    @Test func aWordWithDashesIsTheValueOfABareName() {
        #expect(text("--requirepass", "--x", "--hz", "5") == "requirepass \"--x\" \nhz \"5\" ")
        #expect(text("--timeout", "--hz", "bad") == "timeout \"--hz\" \"bad\" ")
        #expect(text("--port 7000", "--hz") == "port 7000 \nhz ")
    }

    @Test func saveWithoutValueIsEmpty() {
        #expect(text("--save", "--timeout", "5") == "save \"\"\ntimeout \"5\" ")
        #expect(text("--Save", "--timeout", "5") == "Save \"\"\ntimeout \"5\" ")
        #expect(text("--save") == "save \"\"")
        #expect(text("--save", "", "--hz", "5") == "save \"\" \nhz \"5\" ")
        #expect(text("--save", "1", "1", "--hz", "5") == "save \"1\" \"1\" \nhz \"5\" ")
        #expect(text("--save 1 2", "--hz", "5") == "save 1 2 \nhz \"5\" ")
        #expect(text("--save ", "--hz", "5") == "save  \"--hz\" \"5\" ")
    }

    @Test func hostIsBind() {
        #expect(text("--host", "127.0.0.1", "--port", "1") == "bind \"127.0.0.1\" \nport \"1\" ")
    }

    @Test func theFirstWordMayBeAFile() {
        guard case .serve(let launch) = invocation(["x.conf", "--hz", "5"]) else {
            Issue.record("no launch")
            return
        }
        #expect(launch.configFile == ByteText(ascii: "x.conf"))
        #expect(launch.options.decoded == "hz \"5\" ")
        #expect(!launch.readsStandardInput)
    }

    @Test func aDashFirstOrLastIsStandardInput() {
        for words in [["-"], ["-", "--hz", "5"], ["--hz", "5", "-"], ["x.conf", "-"]] {
            guard case .serve(let launch) = invocation(words) else {
                Issue.record("no launch")
                return
            }
            #expect(launch.readsStandardInput, "\(words)")
            #expect(!launch.options.contains(34) || launch.options.decoded == "hz \"5\" ")
        }
        // Anywhere else it is a value.
        #expect(text("--port", "1", "-", "--hz", "5") == "port \"1\" \"-\" \nhz \"5\" ")
    }

    @Test func versionAndHelpAnswerFirstPlaceOnly() {
        let version = Invocation.answer(
            "flashkvd v=\(Version.flashkvd) redis_version=7.4.1 malloc=test-1.0 bits=64\n",
            onErrorStream: false, exitCode: 0)
        #expect(invocation(["--version"]) == version)
        #expect(invocation(["-v", "more"]) == version)
        for word in ["-h", "--help"] {
            guard case .answer(let text, true, 1) = invocation([word]) else {
                Issue.record("\(word) did not answer")
                continue
            }
            #expect(text.hasPrefix("Usage: flashkvd [/path/to/flashkvd.conf]"))
        }
        #expect(text("--port", "1", "--version") == "port \"1\" \nversion ")
    }

    @Test func whatCannotBeDoneSaysSo() {
        for (words, code) in [
            (["--test-memory", "1"], Int32(1)), (["--check-system"], 0),
            (["--port", "1", "--sentinel"], 1),
        ] {
            guard case .answer(let text, _, code) = invocation(words) else {
                Issue.record("\(words) did not answer with \(code)")
                continue
            }
            #expect(text.count > 20)
        }
    }

    @Test func linesOfOptionsCountFromTwoWithoutAFile() {
        guard case .serve(let launch) = invocation(["--port", "1", "--loglevel", "bogus"]) else {
            Issue.record("no launch")
            return
        }
        do throws(StartError) {
            _ = try Configuration.load(launch, host: TestHost().host)
            Issue.record("a bad level was accepted")
        } catch {
            #expect(
                error.report.decoded.contains(
                    "Reading the configuration file, at line 3\n>>> 'loglevel \"bogus\"'\n"
                        + "argument(s) must be one of the following: debug, "))
        }
    }
}
