// The long double of INCRBYFLOAT: reading, adding, writing. Expected texts are Redis 7.4.1's.

import Testing

@testable import Memory
@testable import RESP

@Suite struct LongDoubleTests {
    private func add(_ a: String, _ b: String) -> String? {
        guard let x = a.withBytes({ LongDouble($0) }), let y = b.withBytes({ LongDouble($0) })
        else {
            return nil
        }
        let sum = x.adding(y)
        return sum.isFinite ? String(decoding: sum.text, as: UTF8.self) : "not finite"
    }

    @Test func sums() {
        let known: [(String, String, String)] = [
            ("10.50", "0.1", "10.6"), ("5.0e3", "2.0e2", "5200"), ("0", "-0", "0"),
            ("0", "1e20", "100000000000000000000"), ("0", "1e-20", "0"), ("0", "0x10", "16"),
            ("3.1", "1", "4.1"), ("0", "+1", "1"), ("-1.5", "0.25", "-1.25"),
            ("-1e-18", "0", "0"), ("100", "-100", "0"), ("1200", "0", "1200"),
        ]
        for (a, b, sum) in known { #expect(add(a, b) == sum, "\(a) + \(b)") }
        #if arch(x86_64)
            #expect(
                add("0", "123456789012345678901234567890") == "123456789012345678899921813504")
            #expect(add("0", "0.12345678901234567890") == "0.12345678901234568")
            #expect(add("0", "1e4000")?.utf8.count == 4000)
        #endif
    }

    @Test func refused() {
        for text in ["", " 1", "1 ", "nan", "x", "1e5000", "1e-5000", "1\0"] {
            #expect(text.withBytes { LongDouble($0) } == nil, "\(text)")
        }
        #expect(String(repeating: "1", count: 4000).withBytes { LongDouble($0) } != nil)
        #expect(("0." + String(repeating: "1", count: 5117)).withBytes { LongDouble($0) } != nil)
        #expect(("0." + String(repeating: "1", count: 5118)).withBytes { LongDouble($0) } == nil)
        #expect(add("inf", "1") == "not finite")
        #expect(add("1", "-infinity") == "not finite")
    }
}
