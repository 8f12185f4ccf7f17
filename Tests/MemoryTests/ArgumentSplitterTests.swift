// Quoting rules of inline commands and configuration lines.

import Testing

@testable import Memory

@Suite struct ArgumentSplitterTests {
    private func split(_ line: String) -> [String]? {
        line.withBytes { splitArguments($0) }?.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func words() {
        #expect(split("") == [])
        #expect(split(" \t\r\n\u{0B}\u{0C} ") == [])
        #expect(split("set a  b\t c\r\n") == ["set", "a", "b", "c"])
        #expect(split("a\\nb a\u{0B}b") == ["a\\nb", "a\u{0B}b"])
        #expect(split("ends\0here") == ["ends"])
    }

    @Test func doubleQuotes() {
        #expect(split("\"a b\" \"\"") == ["a b", ""])
        #expect(split(#""\n\r\t\b\a""#) == ["\n\r\t\u{8}\u{7}"])
        #expect(split(#""\x41\x6a\x6A" "\xg1\x4" "\q\"\\""#) == ["Ajj", "xg1x4", "q\"\\"])
        #expect(split(#"foo"bar""#) == ["foobar"])
        #expect(split("\"it's\"") == ["it's"])
    }

    @Test func singleQuotes() {
        #expect(split(#"'a b' '' 'it\'s' '\n\x41"'"#) == ["a b", "", "it's", #"\n\x41""#])
        #expect(split("foo'bar'") == ["foobar"])
    }

    @Test func unbalanced() {
        for line in [
            "\"", "'", "\"a", "'a", "\"a\"b", "'a'b", "\"a\"\"b\"", "\"a\\", "\"a\\\"", "'\\'",
        ] {
            #expect(split(line) == nil, "\(line)")
        }
        #expect(split("\"a\"\u{0B}b") == ["a", "b"])
    }
}
