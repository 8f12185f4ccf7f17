// SHA-1 against the examples of FIPS 180-4, and across the edges of its blocks.

import Testing

@testable import Memory

@Suite struct SHA1Tests {
    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    @Test func standardExamples() {
        for (text, digest) in [
            ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
            ),
        ] {
            #expect(Array(text.utf8).withBytes { hex(SHA1.digest($0)) } == digest)
        }
    }

    @Test func aMillionLetters() {
        var hash = SHA1()
        let part = [UInt8](repeating: UInt8(ascii: "a"), count: 1000)
        for _ in 0..<1000 { part.withBytes { hash.update($0) } }
        #expect(hex(hash.finish()) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f")
    }

    @Test func piecesMakeTheWhole() {
        for count in [55, 56, 63, 64, 65, 119, 120, 128] {
            let bytes = (0..<count).map { UInt8($0) }
            let whole = bytes.withBytes { SHA1.digest($0) }
            for cut in [0, 1, count / 2, count] {
                var hash = SHA1()
                Array(bytes[..<cut]).withBytes { hash.update($0) }
                Array(bytes[cut...]).withBytes { hash.update($0) }
                #expect(hash.finish() == whole, "\(count) bytes cut at \(cut)")
            }
        }
    }
}
