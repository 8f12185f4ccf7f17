// Glob patterns. Every expectation here is what Redis 7.4.1 answers (KEYS, COMMAND LIST).

import Testing

@testable import Memory

@Suite struct GlobTests {
    private func matches(_ pattern: String, _ text: String, ignoringCase: Bool = false) -> Bool {
        pattern.withBytes { p in
            text.withBytes { Glob.matches(p, $0, ignoringCase: ignoringCase) }
        }
    }

    @Test func matching() {
        for (pattern, text) in [
            ("*", "a"), ("**", "abc"), ("a*c", "abc"), ("a*c", "ac"), ("?", "x"), ("a?c", "abc"),
            ("*abc", "ababc"), ("*a*b*", "xxaxxbxx"), ("[abc]", "b"), ("[^abc]", "d"),
            ("[a-c]x", "bx"), ("[c-a]x", "bx"), ("[a-", "-"), ("[abc", "b"), ("\\*", "*"),
            ("a\\", "a\\"), ("[\\]]", "]"), ("[\\-x]", "-"), ("", ""), ("abc*", "abc"),
            ("abc**", "abc"), ("[a-]]", "a"), ("[^]", "x"), ("a\\bc", "abc"),
        ] {
            #expect(matches(pattern, text), "\(pattern) \(text)")
        }
    }

    @Test func notMatching() {
        for (pattern, text) in [
            ("*", ""), ("**", ""), ("?", ""), ("a", "ab"), ("ab", "a"), ("a?c", "ac"),
            ("[abc]", "d"), ("[^abc]", "a"), ("\\*", "x"), ("a*", "ba"), ("*a*b*c", "abab"),
            ("A", "a"), ("[A-Z]", "a"), ("[]", "x"), ("", "a"), ("[", "["),
        ] {
            #expect(!matches(pattern, text), "\(pattern) \(text)")
        }
    }

    @Test func ignoringCase() {
        #expect(matches("MAX*", "maxmemory", ignoringCase: true))
        #expect(matches("[A-C]", "b", ignoringCase: true))
        #expect(matches("[AB]", "b", ignoringCase: true))
        #expect(matches("\\A", "a", ignoringCase: true))
        // An escaped byte of a class keeps its case.
        #expect(!matches("[\\A]", "a", ignoringCase: true))
    }

    @Test func manyStarsCostLittleAndHaveALimit() {
        let pattern = String(repeating: "a*", count: 60) + "b"
        #expect(!matches(pattern, String(repeating: "a", count: 5000)))
        let thousand = String(repeating: "*a", count: 1000)
        #expect(matches(thousand, String(repeating: "a", count: 1000)))
        #expect(matches(thousand + "*", String(repeating: "a", count: 1000)))
        #expect(!matches(thousand + "*a", String(repeating: "a", count: 1001)))
    }
}
