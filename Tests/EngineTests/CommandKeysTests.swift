// Key extraction over every kind of key specification, and the folding of names.

import Memory
import Testing

@testable import Engine

@Suite struct CommandKeysTests {
    @Test func fixedKeys() {
        #expect(keys([.at(1, .ro)], "get", "k") == [1])
        #expect(keys([.at(1, through: 1, .ro)], "lcs", "a", "b", "len") == [1, 2])
        #expect(keys([.at(1, .ro), .at(2, .ow)], "copy", "a", "b") == [1, 2])
        #expect(keys([.at(2, .ro)], "get", "k") == nil)
        #expect(keys([.at(1, through: 1, .ro)], "lcs", "a") == nil)
    }

    @Test func keysUpToTheEnd() {
        #expect(keys([.at(1, through: -1, .ro)], "mget", "a", "b", "c") == [1, 2, 3])
        #expect(keys([.at(1, through: -1, every: 2, .ow)], "mset", "a", "1", "b", "2") == [1, 3])
        #expect(keys([.at(1, through: -2, .ro)], "blpop", "a", "b", "0") == [1, 2])
        #expect(keys([.at(1, through: -2, .ro)], "blpop", "0") == nil)
    }

    @Test func countedKeys() {
        let spec = KeySpec.counted(at: 1, .rw)
        #expect(keys([spec], "lmpop", "2", "a", "b", "left") == [2, 3])
        #expect(keys([.at(1, .ow), .counted(at: 2, .ro)], "zunionstore", "d", "1", "a") == [1, 3])
        // Numbers as atoi reads them: a leading part counts, 32 bits are kept.
        for one in ["+1", " 1", "1x", "1.5", "01", "4294967297"] {
            #expect(keys([spec], "lmpop", one, "a", "left") == [2], "\(one)")
        }
        for wrong in [
            "0", "-1", "x", "", "3", "2147483648", "9223372036854775807", "99999999999999999999",
            "-99999999999999999999",
        ] {
            #expect(keys([spec], "lmpop", wrong, "a", "left") == nil, "\(wrong)")
        }
    }

    @Test func keysAfterAKeyword() {
        let streams = KeySpec.after("STREAMS", from: 1, through: -1, limit: 2, .ro)
        #expect(keys([streams], "xread", "streams", "a", "b", "1", "2") == [2, 3])
        #expect(keys([streams], "xread", "count", "2", "Streams", "a", "1") == [4])
        #expect(keys([streams], "xread", "streams", "a", "b", "1") == [2])
        #expect(keys([streams], "xread", "count", "2", "x", "a", "1") == nil)
        let last = KeySpec.after("KEYS", from: -2, through: -1, .rw)
        #expect(keys([last], "migrate", "h", "keys", "a", "keys", "b") == [5])
    }

    @Test func optionalAndUnknownKeys() {
        #expect(keys([.counted(at: 2, .rw)], [.noMandatoryKeys], "eval", "x", "0") == [])
        #expect(keys([.at(1, .ro), .unknown(.ow)], "sort", "a", "store", "b") == [1])
    }

    @Test func resultsAreAppended() {
        var found = [KeyReference(position: 9, flags: .ro)]
        for (specs, ok) in [([KeySpec.at(1, .ro)], true), ([.at(1, .ro), .at(5, .ro)], false)] {
            let row = row(specs)
            withRequest(["get", "k"]) {
                #expect(commandKeys(row, $0, $1, into: &found) == ok)
            }
        }
        #expect(found.map { $0.position } == [9, 1])
    }

    @Test func legacyRangesOfRows() {
        #expect(row([.at(1, .ro), .at(2, .ow)]).legacyKeys == (1, 2, 1))
        #expect(row([.at(1, through: -1, every: 2, .ow)]).legacyKeys == (1, -1, 2))
        #expect(row([.at(1, through: 1, .ro)]).legacyKeys == (1, 2, 1))
        #expect(row([.counted(at: 1, .ro)]).legacyKeys == (0, 0, 0))
        #expect(row([.at(1, .ow), .counted(at: 2, .ro)]).legacyKeys == (1, 1, 1))
    }

    @Test func foldingChangesLettersOnly() {
        for byte in UInt8.min...UInt8.max {
            let isUpper = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            let folded = isUpper ? byte | 0x20 : byte
            for length in 1...20 {
                let name = [UInt8](repeating: byte, count: length)
                let expected = [UInt8](repeating: folded, count: length)
                let same = name.withBytes { name in
                    expected.withBytes { CommandName(name) == CommandName($0) }
                }
                #expect(same, "byte \(byte), length \(length)")
                guard length <= 8 else { continue }
                var word: UInt64 = 0
                for i in 0..<length { word |= UInt64(folded) << UInt64(i * 8) }
                #expect(name.withBytes { CommandName($0).first } == word)
            }
        }
    }
}

private func row(_ keys: [KeySpec], _ flags: CommandFlags = []) -> CommandRow {
    CommandRow(
        .get, "test", arity: -1, flags, keys: keys, since: "1.0.0", group: .generic,
        summary: "Made for a test.")
}

private func keys(_ specs: [KeySpec], _ words: String...) -> [Int]? {
    positions(row(specs), words)
}

private func keys(_ specs: [KeySpec], _ flags: CommandFlags, _ words: String...) -> [Int]? {
    positions(row(specs, flags), words)
}

private func positions(_ row: CommandRow, _ words: [String]) -> [Int]? {
    var found: [KeyReference] = []
    let ok = withRequest(words) { commandKeys(row, $0, $1, into: &found) }
    return ok ? found.map { $0.position } : nil
}

/// Lends the words as a request.
private func withRequest<R>(
    _ words: [String], _ body: (UnsafePointer<Bytes>, Int) -> R
) -> R {
    let text: [UInt8] = Array(words.joined().utf8) + [0]
    return text.withUnsafeBufferPointer { buffer in
        var arguments: [Bytes] = []
        var at = 0
        for word in words {
            arguments.append(Bytes(buffer.baseAddress! + at, word.utf8.count))
            at += word.utf8.count
        }
        return arguments.withUnsafeBufferPointer { body($0.baseAddress!, words.count) }
    }
}
