// Commands that wait, as the engine sees them: what they answer at once, and what they ask for.

import Memory
import Testing

@testable import Engine

@Suite struct BlockingCommandTests {
    private static let nullArray = "*-1\r\n"

    private func wish(_ session: CommandSession) -> BlockRequest? {
        session.engine.pointee.takeBlockRequest()
    }

    @Test func whatIsThereIsTaken() {
        let session = CommandSession()
        session.engine.pointee.mayBlock = true
        _ = session.run("RPUSH", "l", "a", "b", "c", "d", "e")
        #expect(session.run("BLPOP", "none", "l", "0") == CommandSession.array(["l", "a"]))
        #expect(session.run("BRPOP", "l", "1") == CommandSession.array(["l", "e"]))
        #expect(session.run("BLMOVE", "l", "m", "LEFT", "right", "0") == CommandSession.bulk("b"))
        #expect(session.run("BRPOPLPUSH", "l", "m", "0") == CommandSession.bulk("d"))
        #expect(session.run("LRANGE", "m", "0", "-1") == CommandSession.array(["d", "b"]))
        #expect(
            session.run("BLMPOP", "0", "2", "l", "m", "LEFT", "COUNT", "2")
                == "*2\r\n$1\r\nl\r\n*1\r\n$1\r\nc\r\n")
        #expect(
            session.run("BLMPOP", "0", "2", "l", "m", "RIGHT", "COUNT", "5")
                == "*2\r\n$1\r\nm\r\n*2\r\n$1\r\nb\r\n$1\r\nd\r\n")
        #expect(session.run("DBSIZE") == ":0\r\n")
        #expect(wish(session) == nil)
    }

    /// Inside a transaction or a script nobody waits.
    @Test func whereNobodyMayWaitTheAnswerIsNull() {
        let session = CommandSession()
        #expect(session.run("BLPOP", "a", "b", "0") == Self.nullArray)
        #expect(session.run("BRPOP", "a", "0") == Self.nullArray)
        #expect(session.run("BLMPOP", "0", "1", "a", "LEFT") == Self.nullArray)
        #expect(session.run("BLMOVE", "a", "b", "LEFT", "LEFT", "0") == CommandSession.null)
        #expect(session.run("BRPOPLPUSH", "a", "b", "0") == CommandSession.null)
        #expect(wish(session) == nil)
    }

    @Test func aWaitNamesItsKeysAndItsEnd() throws {
        let session = CommandSession()
        session.engine.pointee.mayBlock = true
        #expect(session.run("BLPOP", "a", "b", "0") == "")
        var wanted = try #require(wish(session))
        #expect(wanted.keys == 1..<3 && wanted.deadline == 0 && wanted.type == .list)
        #expect(session.run("BLMPOP", "1.5", "2", "a", "b", "LEFT") == "")
        wanted = try #require(wish(session))
        #expect(wanted.keys == 3..<5 && wanted.deadline == CommandSession.start + 1500)
        #expect(session.run("BLMOVE", "a", "b", "LEFT", "LEFT", "0.0001") == "")
        wanted = try #require(wish(session))
        // Part of a millisecond is a whole one.
        #expect(wanted.keys == 1..<2 && wanted.deadline == CommandSession.start + 1)
        #expect(wish(session) == nil)
    }

    @Test(arguments: [
        ("x", "not a float or out of range"), ("", "not a float or out of range"),
        ("nan", "not a float or out of range"), (" 1", "not a float or out of range"),
        ("-1", "negative"), ("-inf", "negative"), ("-0.0011", "negative"),
        ("inf", "out of range"), ("1e400", "out of range"), ("9223372036854775", "out of range"),
        ("9223372036854775.8075", "out of range"), ("9223372036854776", "out of range"),
    ])
    func timeoutsAreChecked(text: String, problem: String) {
        let session = CommandSession()
        session.engine.pointee.mayBlock = true
        #expect(session.run("BLPOP", "k", text) == "-ERR timeout is \(problem)\r\n")
        #expect(session.run("BLMPOP", text, "1", "k", "LEFT") == "-ERR timeout is \(problem)\r\n")
        #expect(wish(session) == nil)
    }

    @Test func othersThanListsAreErrors() {
        let session = CommandSession()
        session.engine.pointee.mayBlock = true
        _ = session.run("SET", "s", "x")
        _ = session.run("RPUSH", "l", "a")
        #expect(session.run("BLPOP", "none", "s", "l", "0") == CommandSession.wrongType)
        #expect(session.run("BLMPOP", "0", "2", "s", "l", "LEFT") == CommandSession.wrongType)
        #expect(session.run("BRPOPLPUSH", "s", "l", "0") == CommandSession.wrongType)
        #expect(session.run("BRPOPLPUSH", "l", "s", "0") == CommandSession.wrongType)
        #expect(session.run("LRANGE", "l", "0", "-1") == CommandSession.array(["a"]))
    }
}
