// DUMP and RESTORE as a client sees them: options, errors, what becomes of the key that is there,
// and that payloads of every type come back the same.

import Memory
import Testing

@testable import Engine

@Suite struct DumpTests {
    typealias Session = CommandSession

    @Test func missingKey() {
        #expect(Session().run("DUMP", "nothing") == Session.null)
    }

    @Test func payloadOfString() {
        let session = Session()
        _ = session.run("SET", "s", "hello")
        // Redis 7.0's payload, to the byte.
        #expect(
            session.dump("s") == [0, 5] + Array("hello".utf8) + [
                10, 0, 0x63, 0x72, 0xDF, 0x76, 0x65, 0x34, 0x20, 0x0A,
            ])
    }

    @Test func options() {
        let session = Session()
        _ = session.run("SET", "a", "1")
        let payload = session.dump("a")
        #expect(
            session.restore("a", "0", payload) == "-BUSYKEY Target key name already exists.\r\n")
        #expect(session.restore("b", "x", payload) == Session.notInteger)
        #expect(
            session.restore("b", "-1", payload) == "-ERR Invalid TTL value, must be >= 0\r\n")
        #expect(session.restore("b", "0", payload, "NOSUCH") == Session.syntax)
        #expect(session.restore("b", "0", payload, "IDLETIME") == Session.syntax)
        #expect(session.restore("b", "0", payload, "IDLETIME", "1", "FREQ", "1") == Session.syntax)
        #expect(
            session.restore("b", "0", payload, "IDLETIME", "-1")
                == "-ERR Invalid IDLETIME value, must be >= 0\r\n")
        #expect(
            session.restore("b", "0", payload, "FREQ", "256")
                == "-ERR Invalid FREQ value, must be >= 0 and <= 255\r\n")
        let wrong = "-ERR DUMP payload version or checksum are wrong\r\n"
        #expect(session.restore("b", "0", Array(payload.dropLast())) == wrong)
        #expect(session.restore("b", "0", [1, 2, 3]) == wrong)
        #expect(session.restore("b", "0", payload) == Session.ok)
        #expect(session.run("GET", "b") == Session.bulk("1"))
        #expect(session.changes == 2)
    }

    @Test func unknownVersionsAndKinds() {
        let session = Session()
        let wrong = "-ERR DUMP payload version or checksum are wrong\r\n"
        for version: UInt16 in [13, 79, 81, 255] {
            #expect(session.restore("a", "0", Self.payload([0, 1, 0x61], version)) == wrong)
        }
        for version: UInt16 in [1, 6, 9, 10, 11, 12, 80] {
            let payload = Self.payload([0, 1, 0x61], version)
            #expect(session.restore("a", "0", payload, "REPLACE") == Session.ok)
        }
        for kind: UInt8 in [6, 7, 8, 26, 255] {
            let payload = Self.payload([kind, 1, 1, 0x61], 10)
            #expect(session.restore("b", "0", payload) == "-ERR Bad data format\r\n")
        }
    }

    @Test func timesToLive() {
        let session = Session()
        _ = session.run("SET", "a", "1")
        let payload = session.dump("a")
        _ = session.restore("b", "5000", payload)
        #expect(session.run("PTTL", "b") == ":5000\r\n")
        let due = String(Session.start + 7000)
        _ = session.restore("c", due, payload, "ABSTTL")
        #expect(session.run("PTTL", "c") == ":7000\r\n")
        // The past: the key is gone, and nothing is made.
        let before = session.changes
        #expect(session.restore("c", "1", payload, "ABSTTL", "REPLACE") == Session.ok)
        #expect(session.run("EXISTS", "c") == ":0\r\n")
        #expect(session.changes == before + 1)
        #expect(session.restore("d", String(Int64.max), payload) == Session.ok)
        #expect(session.run("EXISTS", "d") == ":0\r\n")
        #expect(session.changes == before + 1)
    }

    @Test func lastUse() {
        let session = Session()
        _ = session.run("SET", "a", "1")
        let payload = session.dump("a")
        _ = session.restore("b", "0", payload, "IDLETIME", "1000")
        #expect(session.run("OBJECT", "IDLETIME", "b") == ":1000\r\n")
        // Under an LRU policy a frequency says nothing.
        _ = session.restore("c", "0", payload, "FREQ", "77")
        #expect(session.run("OBJECT", "IDLETIME", "c") == ":0\r\n")
        "allkeys-lfu".withBytes {
            session.engine.pointee.setEviction(
                policy: $0, samples: 5, lfuLogFactor: 10, lfuDecayMinutes: 1)
        }
        _ = session.restore("d", "0", payload, "FREQ", "77")
        #expect(session.run("OBJECT", "FREQ", "d") == ":77\r\n")
    }

    /// A list of nodes as they are, so that it keeps its shape.
    @Test func emptyCollectionsAreRefused() {
        let session = Session()
        for kind: UInt8 in [1, 2, 3, 4, 5, 14, 18] {
            let payload = Self.payload([kind, 0], 10)
            #expect(session.restore("a", "0", payload) == "-ERR Bad data format\r\n")
        }
        let empty: [UInt8] = [7, 7, 0, 0, 0, 0, 0, 0xFF]
        for kind: UInt8 in [16, 17, 20] {
            let payload = Self.payload([kind] + empty, 11)
            #expect(session.restore("a", "0", payload) == "-ERR Bad data format\r\n")
        }
        #expect(session.changes == 0)
    }

    // MARK: Help

    static func payload(_ value: [UInt8], _ version: UInt16) -> [UInt8] {
        let bytes = value + [UInt8(version & 0xFF), UInt8(version >> 8)]
        let sum = bytes.withBytes { CRC64.of($0) }
        return bytes + (0..<8).map { UInt8(truncatingIfNeeded: sum >> UInt64(8 * $0)) }
    }
}

extension CommandSession {
    /// The payload of a key.
    func dump(_ key: String) -> [UInt8] {
        let reply = run(bytes: ["DUMP", key].map { Array($0.utf8) })
        guard let end = reply.firstIndex(of: 10), reply.first == UInt8(ascii: "$") else {
            return []
        }
        return Array(reply[(end + 1)...].dropLast(2))
    }

    func restore(_ key: String, _ time: String, _ payload: [UInt8], _ options: String...) -> String
    {
        let words = [Array("RESTORE".utf8), Array(key.utf8), Array(time.utf8), payload]
        return String(decoding: run(bytes: words + options.map { Array($0.utf8) }), as: UTF8.self)
    }
}
