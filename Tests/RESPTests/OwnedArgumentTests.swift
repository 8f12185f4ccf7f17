// Long arguments received into a blob of their own.

import Testing

@testable import Memory
@testable import RESP

@Suite struct OwnedArgumentTests {
    private func big(_ count: Int, _ seed: UInt64) -> [UInt8] {
        var generator = SeededGenerator(seed)
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    }

    private func cut(_ input: [UInt8], _ piece: Int) -> [[UInt8]] {
        stride(from: 0, to: input.count, by: piece).map {
            Array(input[$0..<min($0 + piece, input.count)])
        }
    }

    @Test func theBlobHoldsTheArgumentWhereverTheInputIsCut() {
        let value = big(40_000, 1)
        let request = [bytes("SET"), bytes("k"), value]
        let input = encode(request) + encode(words("PING"))
        // Around the length line, the data's start, its end and the line end behind it.
        let around = [0, 20, 25, 28, 29, 30, 31, 32, 33, 1000, 40_000, 40_026]
        for split in around.flatMap({ [$0, $0 + 3, $0 + 5] }) where split <= input.count {
            let parsed = parse([Array(input[..<split]), Array(input[split...])], owned: true)
            #expect(parsed.requests == [request, words("PING")], "split at \(split)")
        }
        for end in (input.count - 24)..<input.count {
            let parsed = parse([Array(input[..<end]), Array(input[end...])], owned: true)
            #expect(parsed.requests == [request, words("PING")], "split at \(end)")
        }
    }

    @Test func piecesOfManySizes() {
        let request = [bytes("MSET"), bytes("a"), big(50_000, 2), bytes("b"), big(40_000, 3)]
        let input = encode(request) + encode(words("PING"))
        for piece in [1000, 4096, 9973, 16384, 49_000, 65536] {
            var session = FakeSession()
            session.takesOwned = true
            for chunk in cut(input, piece) { session.feed(chunk) }
            #expect(session.requests == [request, words("PING")], "pieces of \(piece)")
            #expect(session.ownedRequests == 1, "pieces of \(piece)")
        }
    }

    @Test func onlyTheFirstLongArgumentIsOwned() {
        let request = [big(33_000, 4), big(33_000, 5), big(33_000, 6)]
        var session = FakeSession()
        session.takesOwned = true
        for chunk in cut(encode(request), 3000) { session.feed(chunk) }
        #expect(session.requests == [request])
        #expect(session.ownedRequests == 1)
    }

    @Test func theThreshold() {
        for (length, offered) in [(32 * 1024 - 1, false), (32 * 1024, true)] {
            var session = FakeSession()
            session.feed(bytes("*2\r\n$3\r\nGET\r\n$\(length)\r\nabc"))
            #expect((session.partial != nil) == offered)
            if let state = session.partial {
                #expect(state.pointee.pendingIndex == 1)
                #expect(state.pointee.pendingBytes == length)
                #expect(session.parser.missing == length + 2 - 3)
            }
        }
    }

    @Test func aSessionMayDecline() {
        let request = [bytes("SET"), bytes("k"), big(100_000, 7)]
        #expect(parse(cut(encode(request), 7777)).requests == [request])
    }

    @Test func anOwnedArgumentOfARequestThatFailsLater() {
        let input =
            bytes("*3\r\n$33000\r\n") + big(33_000, 8) + bytes("\r\n$1\r\nx\r\n!1\r\n")
        let used = Allocator.usedBytes
        do {
            var session = FakeSession()
            session.takesOwned = true
            for chunk in cut(input, 10_000) { session.feed(chunk) }
            #expect(session.failure == .expectedDollar(got: 0x21))
            #expect(session.requests.isEmpty)
        }
        #expect(Allocator.usedBytes == used)
    }

    @Test func aConnectionThatGoesAwayLeavesNothingBehind() {
        let used = Allocator.usedBytes
        do {
            var session = FakeSession()
            session.takesOwned = true
            session.feed(bytes("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1000000\r\nabc"))
            #expect(session.partial!.pointee.ownedMissing == 999_997)
            #expect(session.partial!.pointee.footprint >= 1_000_000)
        }
        #expect(Allocator.usedBytes == used)
    }

    @Test func roomForWhatDoesNotComeIsGivenBackAndTakenAgain() {
        let value = big(1_000_000, 10)
        let input = encode([bytes("SET"), bytes("k"), value])
        let used = Allocator.usedBytes
        do {
            var session = FakeSession()
            session.takesOwned = true
            session.feed(Array(input.prefix(5000)))
            let whole = session.partial!.pointee.memory
            session.partial!.pointee.giveBackRoom()
            session.partial!.pointee.giveBackRoom()
            #expect(session.partial!.pointee.memory < 8192)
            // The limit still counts what was announced.
            #expect(session.partial!.pointee.footprint >= 1_000_000)
            session.feed(Array(input[5000..<30_000]))
            #expect(session.partial!.pointee.memory == whole)
            session.feed(Array(input[30_000...]))
            #expect(session.requests == [[bytes("SET"), bytes("k"), value]])
        }
        #expect(Allocator.usedBytes == used)
    }

    @Test func muchReceivedIsNotCopiedToGiveRoomBack() {
        let input = encode([bytes("SET"), bytes("k"), big(3_000_000, 11)])
        var session = FakeSession()
        session.takesOwned = true
        session.feed(Array(input.prefix(100)))
        session.feed(Array(input[100..<2_000_000]))
        let whole = session.partial!.pointee.memory
        session.partial!.pointee.giveBackRoom()
        #expect(session.partial!.pointee.memory == whole)
    }

    @Test func aHandlerKeepsTheBlobByRetainingIt() {
        var session = FakeSession()
        session.takesOwned = true
        let value = big(64_000, 9)
        for chunk in cut(encode([bytes("SET"), bytes("k"), value]), 5000) { session.feed(chunk) }
        let blob = session.parser.owned!
        #expect(session.parser.ownedIndex == 2)
        blob.retain()
        session.feed(encode(words("PING")))
        #expect(session.parser.owned == nil)
        #expect(blob.isUnique && blob.view.array == value)
        blob.release()
    }
}
