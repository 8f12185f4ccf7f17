// The list commands as a session sees them. The expectations were read off Redis 7.4.1.

import Memory
import RESP
import Testing

@testable import Engine

/// An engine of one database, and what a client would send and read.
private final class ListSession {
    let engine = Engine.make(
        databaseCount: 1, seed: 1, key0: 1, key1: 2, now: 1_700_000_000_000)
    private let reply = UnsafeMutablePointer<ReplyBuffer>.allocate(capacity: 1)

    init() { reply.initialize(to: ReplyBuffer()) }

    deinit {
        Engine.destroy(engine)
        reply.deinitialize(count: 1)
        reply.deallocate()
    }

    func setRESP3(_ on: Bool) { reply.pointee.resp3 = on }

    func setLimit(_ setting: Int) { engine.pointee.settings.listMaxListpackSize = setting }

    /// Runs a command given as words, and returns the bytes of its reply.
    func run(_ line: String) -> String { run(words: line.split(separator: " ").map(String.init)) }

    func run(words: [String]) -> String {
        let text = words.flatMap { [UInt8]($0.utf8) } + [UInt8(0)]
        return text.withUnsafeBufferPointer { buffer in
            var arguments: [Bytes] = []
            var at = buffer.baseAddress!
            for word in words {
                arguments.append(Bytes(at, word.utf8.count))
                at += word.utf8.count
            }
            return arguments.withUnsafeBufferPointer { execute($0) }
        }
    }

    private func execute(_ arguments: UnsafeBufferPointer<Bytes>) -> String {
        var c = CommandContext(
            arguments: arguments.baseAddress!, count: arguments.count, engine: engine,
            database: engine.pointee.databases, reply: reply,
            firstKeyHash: engine.pointee.hash(arguments[1]), keyHashes: nil, ownedArgument: nil,
            ownedArgumentIndex: 0, noTouch: false)
        switch arguments[0].string.lowercased() {
        case "lpush": lpushCommand(&c)
        case "rpush": rpushCommand(&c)
        case "lpushx": lpushxCommand(&c)
        case "rpushx": rpushxCommand(&c)
        case "lpop": lpopCommand(&c)
        case "rpop": rpopCommand(&c)
        case "llen": llenCommand(&c)
        case "lindex": lindexCommand(&c)
        case "lrange": lrangeCommand(&c)
        case "lset": lsetCommand(&c)
        case "lrem": lremCommand(&c)
        case "ltrim": ltrimCommand(&c)
        case "linsert": linsertCommand(&c)
        case "lpos": lposCommand(&c)
        case "lmove": lmoveCommand(&c)
        case "rpoplpush": rpoplpushCommand(&c)
        case "lmpop": lmpopCommand(&c)
        default: Issue.record("no such command")
        }
        let text = Bytes(UnsafePointer(reply.pointee.base), reply.pointee.count).string
        reply.pointee.reset()
        return text
    }

    /// Makes `key` a string.
    func setString(_ key: StaticString) {
        engine.pointee.databases.pointee.setString(
            Bytes(key), engine.pointee.hash(Bytes(key)), nil, .bytes(Bytes("x")))
    }

    /// The list under `key`, or nil.
    func list(_ key: StaticString) -> PackedList? {
        let hash = engine.pointee.hash(Bytes(key))
        return engine.pointee.databases.pointee.peek(Bytes(key), hash)?.listValue
    }
}

@Suite(.serialized) struct ListCommandTests {
    private static let wrongType =
        "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"
    private static let notInteger = "-ERR value is not an integer or out of range\r\n"
    private static let syntax = "-ERR syntax error\r\n"

    private func array(_ elements: String...) -> String {
        "*\(elements.count)\r\n" + elements.map { "$\($0.utf8.count)\r\n\($0)\r\n" }.joined()
    }

    @Test func pushAndPop() {
        let s = ListSession()
        #expect(s.run("LPUSH l a b c") == ":3\r\n")
        #expect(s.run("RPUSH l 1 -5") == ":5\r\n")
        #expect(s.run("LPUSHX l x") == ":6\r\n")
        #expect(s.run("RPUSHX none x") == ":0\r\n")
        #expect(s.run("LRANGE l 0 -1") == array("x", "c", "b", "a", "1", "-5"))
        #expect(s.run("LPOP l") == "$1\r\nx\r\n")
        #expect(s.run("RPOP l") == "$2\r\n-5\r\n")
        #expect(s.run("RPOP l 2") == array("1", "a"))
        #expect(s.run("LPOP l 0") == "*0\r\n")
        #expect(s.run("LPOP l 10") == array("c", "b"))
        #expect(s.list("l") == nil)
        #expect(s.run("LPOP l") == "$-1\r\n")
        #expect(s.run("LPOP l 0") == "*-1\r\n")
        s.setRESP3(true)
        #expect(s.run("LPOP l") == "_\r\n")
        #expect(s.run("LPOP l 0") == "_\r\n")
        // Pushes 6 elements, pops 6.
        #expect(s.engine.pointee.changes == 12)
    }

    @Test func popErrors() {
        let s = ListSession()
        s.setString("s")
        let range = "-ERR value is out of range, must be positive\r\n"
        #expect(s.run("LPOP s -1") == range)
        #expect(s.run("LPOP none x") == range)
        #expect(s.run("LPOP s 99999999999999999999") == range)
        #expect(s.run("LPOP s 0") == Self.wrongType)
        #expect(s.run("RPOP s") == Self.wrongType)
        #expect(s.run("LPUSHX s a") == Self.wrongType)
        #expect(
            s.run("RPOP s 1 2") == "-ERR wrong number of arguments for 'rpop' command\r\n")
    }

    @Test func multiPop() {
        let s = ListSession()
        s.setString("s")
        _ = s.run("RPUSH l a b c d")
        #expect(s.run("LMPOP 2 none l RIGHT COUNT 2") == "*2\r\n$1\r\nl\r\n" + array("d", "c"))
        #expect(s.run("LMPOP 1 l left") == "*2\r\n$1\r\nl\r\n" + array("a"))
        #expect(s.run("LMPOP 2 x y left") == "*-1\r\n")
        #expect(s.run("LMPOP 2 none s left") == Self.wrongType)
        let keys = "-ERR numkeys should be greater than 0\r\n"
        for line in ["LMPOP x l left", "LMPOP 0 l left", "LMPOP 99999999999999999999 l left"] {
            #expect(s.run(line) == keys)
        }
        for line in [
            "LMPOP 2 l left", "LMPOP 9223372036854775807 l left", "LMPOP 1 l foo",
            "LMPOP 1 l left count", "LMPOP 1 l left count 1 count 2", "LMPOP 1 l left foo 1",
        ] {
            #expect(s.run(line) == Self.syntax, "\(line)")
        }
        let count = "-ERR count should be greater than 0\r\n"
        #expect(s.run("LMPOP 2 s l left count 0") == count)
        #expect(s.run("LMPOP 1 l left count x") == count)
    }

    @Test func reading() {
        let s = ListSession()
        s.setString("s")
        _ = s.run("RPUSH l a b c 1 2")
        #expect(s.run("LLEN l") == ":5\r\n" && s.run("LLEN none") == ":0\r\n")
        #expect(s.run("LLEN s") == Self.wrongType)
        #expect(s.run("LINDEX l -1") == "$1\r\n2\r\n")
        #expect(s.run("LINDEX l -9223372036854775808") == "$-1\r\n")
        #expect(s.run("LINDEX none x") == "$-1\r\n")
        #expect(s.run("LINDEX s x") == Self.wrongType)
        #expect(s.run("LINDEX l x") == Self.notInteger)
        #expect(s.run("LRANGE s 0 x") == Self.notInteger)
        #expect(s.run("LRANGE s 0 1") == Self.wrongType)
        #expect(s.run("LRANGE none 0 1") == "*0\r\n")
        #expect(s.run("LRANGE l 3 1") == "*0\r\n")
        #expect(s.run("LRANGE l 1 -3") == array("b", "c"))
        #expect(
            s.run("LRANGE l -9223372036854775808 9223372036854775807")
                == array("a", "b", "c", "1", "2"))
    }

    @Test func editing() {
        let s = ListSession()
        s.setString("s")
        _ = s.run("RPUSH l a b c a b")
        #expect(s.run("LSET none x y") == "-ERR no such key\r\n")
        #expect(s.run("LSET s x y") == Self.wrongType)
        #expect(s.run("LSET l x y") == Self.notInteger)
        #expect(s.run("LSET l 5 y") == "-ERR index out of range\r\n")
        #expect(s.run("LSET l -6 y") == "-ERR index out of range\r\n")
        #expect(s.run("LSET l -9223372036854775808 A") == "+OK\r\n")
        #expect(s.run("LSET l 4294967297 B") == "+OK\r\n")
        #expect(s.run("LINSERT l BEFORE zz x") == ":-1\r\n")
        #expect(s.run("LINSERT l aFTER c x") == ":6\r\n")
        #expect(s.run("LINSERT l before A y") == ":7\r\n")
        #expect(s.run("LINSERT s foo a b") == Self.syntax)
        #expect(s.run("LINSERT s before a b") == Self.wrongType)
        #expect(s.run("LINSERT none before a b") == ":0\r\n")
        #expect(s.run("LRANGE l 0 -1") == array("y", "A", "B", "c", "x", "a", "b"))
        #expect(s.run("LREM s x y") == Self.notInteger)
        #expect(
            s.run("LREM l -9223372036854775808 y")
                == "-ERR value is out of range, value must between -9223372036854775807 and "
                + "9223372036854775807\r\n")
        _ = s.run("RPUSH l x x")
        #expect(s.run("LREM l -2 x") == ":2\r\n")
        #expect(s.run("LREM l 0 x") == ":1\r\n")
        #expect(s.run("LREM l 0 x") == ":0\r\n")
        #expect(s.run("LTRIM s a b") == Self.notInteger)
        #expect(s.run("LTRIM none 0 1") == "+OK\r\n")
        #expect(s.run("LTRIM l 1 -2") == "+OK\r\n")
        #expect(s.run("LRANGE l 0 -1") == array("A", "B", "c", "a"))
        #expect(s.run("LTRIM l 3 1") == "+OK\r\n")
        #expect(s.list("l") == nil)
    }

    @Test func positions() {
        let s = ListSession()
        s.setString("s")
        _ = s.run("RPUSH l a b c 1 2 3 c c")
        #expect(s.run("LPOS l c") == ":2\r\n")
        #expect(s.run("LPOS l c rank 2") == ":6\r\n")
        #expect(s.run("LPOS l c RANK -1") == ":7\r\n")
        #expect(s.run("LPOS l c count 0") == "*3\r\n:2\r\n:6\r\n:7\r\n")
        #expect(s.run("LPOS l c count 2 rank -2") == "*2\r\n:6\r\n:2\r\n")
        #expect(s.run("LPOS l c count 0 maxlen 7") == "*2\r\n:2\r\n:6\r\n")
        #expect(s.run("LPOS l 1 maxlen 3") == "$-1\r\n")
        #expect(s.run("LPOS l zz count 1") == "*0\r\n")
        #expect(s.run("LPOS none a") == "$-1\r\n" && s.run("LPOS none a count 0") == "*0\r\n")
        #expect(s.run("LPOS l c rank -9223372036854775807 count 5") == "*0\r\n")
        #expect(s.run("LPOS s a rank") == Self.syntax && s.run("LPOS s a foo 1") == Self.syntax)
        #expect(s.run("LPOS s a rank x") == Self.notInteger)
        #expect(
            s.run("LPOS s a rank 0")
                == "-ERR RANK can't be zero: use 1 to start from the first match, 2 from the "
                + "second ... or use negative to start from the end of the list\r\n")
        #expect(s.run("LPOS s a count x") == "-ERR COUNT can't be negative\r\n")
        #expect(s.run("LPOS s a maxlen -1") == "-ERR MAXLEN can't be negative\r\n")
        #expect(s.run("LPOS s a") == Self.wrongType)
    }

    @Test func moving() {
        let s = ListSession()
        s.setString("s")
        _ = s.run("RPUSH l a b c")
        #expect(s.run("LMOVE l m left right") == "$1\r\na\r\n")
        #expect(s.run("RPOPLPUSH l m") == "$1\r\nc\r\n")
        #expect(s.run("LRANGE m 0 -1") == array("c", "a"))
        #expect(s.run("RPOPLPUSH m m") == "$1\r\na\r\n")
        #expect(s.run("LRANGE m 0 -1") == array("a", "c"))
        #expect(s.run("LMOVE l m LEFT LEFT") == "$1\r\nb\r\n")
        #expect(s.list("l") == nil)
        #expect(s.run("RPOPLPUSH l s") == "$-1\r\n")
        #expect(s.run("RPOPLPUSH m s") == Self.wrongType)
        #expect(s.run("LMOVE s x left left") == Self.wrongType)
        #expect(s.run("LMOVE m x foo left") == Self.syntax)
        #expect(s.run("LMOVE m x left foo") == Self.syntax)
        // 3 pushed, and one change for each of four moves.
        #expect(s.engine.pointee.changes == 7)
    }

    /// A failed LINSERT and a failed LSET convert all the same; a fitting LSET converts back.
    @Test func encodings() {
        let s = ListSession()
        s.setLimit(-1)
        let long = String(repeating: "x", count: 5000)
        _ = s.run("RPUSH l a")
        #expect(s.run("LINSERT l before zz \(long)") == ":-1\r\n")
        #expect(s.list("l")?.isQuicklist == true)
        #expect(s.run("LSET l 0 b") == "+OK\r\n")
        #expect(s.list("l")?.isQuicklist == false)
        #expect(s.run("LSET l 7 \(long)") == "-ERR index out of range\r\n")
        #expect(s.list("l")?.isQuicklist == true)
    }

    /// A rotation of a long element of a list whose buffer has to grow for it.
    @Test func rotatesLongElements() {
        let s = ListSession()
        for length in [1, 100, 4000, 9000, 70_000] {
            let long = String(repeating: "y", count: length)
            _ = s.run("RPUSH r a \(long)")
            for _ in 0..<7 {
                #expect(s.run("RPOPLPUSH r r") == "$\(length)\r\n\(long)\r\n")
                #expect(s.run("LMOVE r r left right") == "$\(length)\r\n\(long)\r\n")
            }
            #expect(s.run("LPOP r 5") == array("a", long))
        }
    }
}
