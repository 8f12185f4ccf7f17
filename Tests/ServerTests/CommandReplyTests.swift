// COMMAND and its subcommands: replies byte for byte where they are Redis 7.4's own words.

import Engine
import Memory
import RESP
import Testing

@testable import Server

@Suite struct CommandReplyTests {
    @Test func infoHasTheShapeOfEachProtocol() {
        let resp2 = run("COMMAND", "INFO", "lmpop", "nope")
        #expect(
            resp2
                == wire(
                    "*2", "*10", "$5", "lmpop", ":-4", "*2", "+write", "+movablekeys", ":0", ":0",
                    ":0", "*3", "+@write", "+@list", "+@slow", "*0", "*1", "*6", "$5", "flags",
                    "*3", "+RW", "+access", "+delete", "$12", "begin_search", "*4", "$4", "type",
                    "$5", "index", "$4", "spec", "*2", "$5", "index", ":1", "$9", "find_keys", "*4",
                    "$4", "type", "$6", "keynum", "$4", "spec", "*6", "$9", "keynumidx", ":0", "$8",
                    "firstkey", ":1", "$7", "keystep", ":1", "*0", "$-1"))
        let resp3 = run("COMMAND", "INFO", "ping", "nope", resp3: true)
        #expect(
            resp3
                == wire(
                    "*2", "*10", "$4", "ping", ":-1", "~1", "+fast", ":0", ":0", ":0", "~2",
                    "+@fast", "+@connection", "~2", "$25", "request_policy:all_shards", "$29",
                    "response_policy:all_succeeded", "~0", "~0", "_"))
    }

    @Test func containersHoldTheirSubcommands() {
        let reply = run("COMMAND", "INFO", "CONFIG", resp3: true)
        #expect(reply.hasPrefix("*1\r\n*10\r\n$6\r\nconfig\r\n:-2\r\n~0\r\n"))
        #expect(reply.contains("~0\r\n~0\r\n*5\r\n*10\r\n$10\r\nconfig|get\r\n"))
    }

    @Test func docsHaveTheFieldsInOrder() {
        let reply = run("COMMAND", "DOCS", "nope", "setex", resp3: true)
        #expect(reply.hasPrefix("%1\r\n$5\r\nsetex\r\n%8\r\n$7\r\nsummary\r\n"))
        #expect(
            reply.contains("~1\r\n+deprecated\r\n$16\r\ndeprecated_since\r\n$6\r\n2.6.12\r\n"))
        #expect(
            reply.hasSuffix(
                wire(
                    "$9", "arguments", "*3", "%4", "$4", "name", "$3", "key", "$4", "type", "$3",
                    "key", "$12", "display_text", "$3", "key", "$14", "key_spec_index", ":0", "%3",
                    "$4", "name", "$7", "seconds", "$4", "type", "$7", "integer", "$12",
                    "display_text", "$7", "seconds", "%3", "$4", "name", "$5", "value", "$4",
                    "type", "$6", "string", "$12", "display_text", "$5", "value")))
        #expect(run("COMMAND", "DOCS", "nope") == "*0\r\n")
    }

    @Test func wholeRepliesHoldWhatTheirHeadersSay() {
        for words in [
            ["COMMAND"], ["COMMAND", "INFO"], ["COMMAND", "DOCS"], ["COMMAND", "LIST"],
        ] {
            for resp3 in [false, true] {
                var reader = ReplyReader(run(words, resp3: resp3))
                #expect(reader.skip() && reader.isAtEnd, "\(words)")
            }
        }
    }

    @Test func listFilters() {
        #expect(run("COMMAND", "LIST", "filterby", "PATTERN", "LLE?") == "*1\r\n$4\r\nllen\r\n")
        #expect(
            run("COMMAND", "LIST", "FILTERBY", "PATTERN", "OBJECT|E*")
                == "*1\r\n$15\r\nobject|encoding\r\n")
        #expect(run("COMMAND", "LIST", "FILTERBY", "MODULE", "x") == "*0\r\n")
        #expect(run("COMMAND", "LIST", "FILTERBY", "ACLCAT", "@list") == "*0\r\n")
        let list = run("COMMAND", "LIST", "FILTERBY", "ACLCAT", "lIsT")
        #expect(list.contains("\r\nlmpop\r\n") && !list.contains("\r\nget\r\n"))
        for wrong in [["FILTERBY"], ["x"], ["FILTERBY", "x", "y"], ["x", "PATTERN", "y"]] {
            #expect(run(["COMMAND", "LIST"] + wrong) == "-ERR syntax error\r\n")
        }
    }

    @Test func getkeysFindsKeysOrSaysWhyNot() {
        let none = "-ERR The command has no key arguments\r\n"
        let unknown = "-ERR Invalid command specified\r\n"
        let few = "-ERR Invalid number of arguments specified for command\r\n"
        let wrong = "-ERR Invalid arguments specified for command\r\n"
        #expect(getkeys("mset", "a", "1", "b") == "*2\r\n$1\r\na\r\n$1\r\nb\r\n")
        #expect(getkeys("object", "encoding", "k") == "*1\r\n$1\r\nk\r\n")
        #expect(getkeys("lmpop", "2", "a", "b", "left") == "*2\r\n$1\r\na\r\n$1\r\nb\r\n")
        #expect(getkeys("lmpop", "4", "a", "left") == wrong)
        #expect(getkeys("nope") == unknown)
        #expect(getkeys("config", "nope") == unknown)
        #expect(getkeys("config", "get") == none)
        #expect(getkeys("object") == none)
        #expect(getkeys("get") == few)
        #expect(getkeys("object", "encoding") == few)
    }

    @Test func setReadsOnlyWithGet() {
        #expect(
            run("COMMAND", "GETKEYSANDFLAGS", "set", "a", "b")
                == "*1\r\n*2\r\n$1\r\na\r\n*2\r\n+OW\r\n+update\r\n")
        #expect(
            run("COMMAND", "GETKEYSANDFLAGS", "set", "a", "b", "Get", resp3: true)
                == "*1\r\n*2\r\n$1\r\na\r\n~3\r\n+RW\r\n+access\r\n+update\r\n")
        // The key and the value are no options.
        #expect(
            run("COMMAND", "GETKEYSANDFLAGS", "set", "get", "get")
                == "*1\r\n*2\r\n$3\r\nget\r\n*2\r\n+OW\r\n+update\r\n")
    }

    @Test func helpListsEverySubcommand() {
        let help = run("CoMmand", "HELP")
        #expect(
            help.contains(
                wire(
                    "+COMMAND <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
                    "+(no subcommand)")))
        #expect(help.hasSuffix("+HELP\r\n+    Print this help.\r\n"))
        let rows = allCommandRows
        for row in rows {
            guard row.container != nil, row.name.description != "help" else { continue }
            #expect(!row.help.isEmpty, "\(row.id)")
        }
    }

    @Test func renamedCommandsAreShownByTheirOwnName() {
        let renames = [("get", "fetch"), ("config", "")]
        #expect(
            run(["COMMAND", "GETKEYS", "fetch", "k"], renames: renames) == "*1\r\n$1\r\nk\r\n")
        let info = run(["COMMAND", "INFO", "fetch", "get", "config"], renames: renames)
        #expect(info.hasPrefix("*3\r\n*10\r\n$3\r\nget\r\n") && info.hasSuffix("$-1\r\n$-1\r\n"))
        #expect(
            run(["COMMAND", "LIST", "FILTERBY", "PATTERN", "conf*"], renames: renames)
                == "*0\r\n")
    }
}

/// Lines as they go over the wire.
private func wire(_ lines: String...) -> String { lines.map { $0 + "\r\n" }.joined() }

private func getkeys(_ words: String...) -> String { run(["COMMAND", "GETKEYS"] + words) }

private func run(_ words: String..., resp3: Bool = false) -> String { run(words, resp3: resp3) }

/// The reply of a COMMAND request, dispatched as the server does.
private func run(
    _ words: [String], resp3: Bool = false, renames: [(String, String)] = []
) -> String {
    var table = CommandTable(rows: allCommandRows)
    for (old, new) in renames {
        let done = old.withBytes { old in new.withBytes { table.rename(old, to: $0) } }
        #expect(done == .done)
    }
    let reply = UnsafeMutablePointer<ReplyBuffer>.allocate(capacity: 1)
    reply.initialize(to: ReplyBuffer(capacity: 256))
    defer {
        reply.deinitialize(count: 1)
        reply.deallocate()
    }
    reply.pointee.resp3 = resp3
    withArguments(words) { arguments, count in
        switch table.find(arguments: arguments, count: count) {
        case .command: commandCommand(table, arguments, count, reply)
        case .commandCount: commandCountCommand(table, arguments, count, reply)
        case .commandInfo: commandInfoCommand(table, arguments, count, reply)
        case .commandDocs: commandDocsCommand(table, arguments, count, reply)
        case .commandList: commandListCommand(table, arguments, count, reply)
        case .commandGetkeys: commandGetkeysCommand(table, arguments, count, reply)
        case .commandGetkeysandflags: commandGetkeysandflagsCommand(table, arguments, count, reply)
        case .commandHelp: commandHelpCommand(table, arguments, count, reply)
        default: Issue.record("no COMMAND request: \(words)")
        }
    }
    return Bytes(UnsafePointer(reply.pointee.base), reply.pointee.count).string
}

/// Walks over replies, trusting nothing but the headers.
private struct ReplyReader {
    private let text: [UInt8]
    private var at = 0

    init(_ text: String) { self.text = Array(text.utf8) }

    var isAtEnd: Bool { at == text.count }

    /// Skips one reply; false if it is cut off or no reply.
    mutating func skip() -> Bool {
        guard let end = text[at...].firstIndex(of: 13), end + 1 < text.count else { return false }
        let kind = text[at]
        let line = String(decoding: text[(at + 1)..<end], as: UTF8.self)
        at = end + 2
        guard kind != UInt8(ascii: "+"), kind != UInt8(ascii: "_") else { return true }
        guard let number = Int(line) else { return false }
        switch kind {
        case UInt8(ascii: ":"): return true
        case UInt8(ascii: "$"):
            at += number + 2
            return at <= text.count
        case UInt8(ascii: "*"), UInt8(ascii: "~"): return skip(number)
        case UInt8(ascii: "%"): return skip(number * 2)
        default: return false
        }
    }

    private mutating func skip(_ count: Int) -> Bool {
        for _ in 0..<count where !skip() { return false }
        return true
    }
}
