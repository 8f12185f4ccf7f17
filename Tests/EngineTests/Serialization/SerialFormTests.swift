// The parts of the dump format: checksum, numbers, strings, and the readers of packed blocks with
// every byte of their input changed.

import Memory
import Testing

@testable import Engine

@Suite struct SerialFormTests {
    @Test func checksumOfTheCatalogue() {
        #expect(CRC64.of(Bytes("123456789")) == 0xE9C6_D914_C4B8_D9CA)
        #expect(CRC64.of(Bytes("")) == 0)
    }

    @Test func checksumInPieces() {
        var random = RandomSource(seed: 7)
        let bytes = (0..<1000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        let whole = bytes.withBytes { CRC64.of($0) }
        for cut in [0, 1, 7, 8, 9, 500, 999, 1000] {
            let first = Array(bytes[..<cut]).withBytes { CRC64.of($0) }
            #expect(Array(bytes[cut...]).withBytes { CRC64.update(first, $0) } == whole)
        }
    }

    @Test func numbersComeBack() throws {
        let numbers: [UInt64] = [
            0, 1, 63, 64, 16_383, 16_384, 1 << 32 - 1, 1 << 32, .max - 1, .max,
        ]
        var sink = ByteSink(compresses: true)
        for number in numbers { sink.length(number) }
        sink.signed(-5)
        sink.double(-0.5)
        let blob = sink.finish()
        defer { blob.release() }
        var source = ByteSource(blob.view)
        for number in numbers { #expect(try source.length() == number) }
        #expect(try source.signed() == -5)
        #expect(try source.double() == -0.5)
        #expect(source.left == 0)
        #expect((try? source.byte()) == nil)
    }

    @Test(arguments: [false, true]) func stringsComeBack(compresses: Bool) throws {
        var random = RandomSource(seed: 11)
        var strings = ["", "0", "-1", "127", "128", "-32769", "2147483648", "01", "+1", "-0"]
        strings += (0..<300).map { Self.text(&random, length: $0) }
        strings.append(String(repeating: "abcd", count: 50_000))
        var sink = ByteSink(compresses: compresses)
        for string in strings { string.withBytes { sink.string($0) } }
        let blob = sink.finish()
        defer { blob.release() }
        var source = ByteSource(blob.view)
        for string in strings { #expect(try source.string().string == string) }
        #expect(source.left == 0)
        #expect(compresses == (blob.count < 100_000))
    }

    @Test func integersAreShort() {
        var sink = ByteSink(compresses: true)
        for text in ["12", "-300", "70000"] { text.withBytes { sink.string($0) } }
        #expect(
            sink.bytes.array == [0xC0, 12, 0xC1, 0xD4, 0xFE, 0xC2, 0x70, 0x11, 0x01, 0x00])
    }

    @Test func claimedLengthsAllocateNothing() {
        // A gigabyte out of ten bytes, and a string longer than what is left.
        for bytes: [UInt8] in [
            [0xC3, 5, 0x80, 0x40, 0, 0, 0, 1, 2, 3, 4, 5], [0x81, 0x7F, 0, 0, 0, 0, 0, 0, 0, 1],
            [0x80, 0, 0, 0, 2, 1], [0xC3, 0, 0], [0x82, 1], [0xC4, 1, 1], [],
        ] {
            bytes.withBytes {
                var source = ByteSource($0)
                #expect((try? source.string().count) == nil)
            }
        }
    }

    // MARK: Packed blocks

    @Test func listpackReadsWhatIsWritten() {
        let block = Self.listpack([
            "a", "12", "-4097", "99999999999", Self.long(70), Self.long(5000),
        ])
        var items: [String] = []
        let isValid = block.withBytes {
            ListpackReader.walk($0) { item in
                items.append(String(decoding: item.array, as: UTF8.self))
                return true
            }
        }
        #expect(isValid)
        #expect(
            items == ["a", "12", "-4097", "99999999999", Self.long(70), Self.long(5000)])
    }

    @Test func ziplistReads() {
        // "hello", 12, 1024, -5, "hello" with the lengths before them.
        let block: [UInt8] = [
            0x24, 0, 0, 0, 0x1C, 0, 0, 0, 5, 0, 0, 5, 0x68, 0x65, 0x6C, 0x6C, 0x6F, 7, 0xFD, 2,
            0xC0, 0, 4, 4, 0xFE, 0xFB, 3, 0xF4, 2, 5, 0x68, 0x65, 0x6C, 0x6C, 0x6F, 0xFF,
        ]
        var items: [String] = []
        let isValid = block.withBytes {
            ZiplistReader.walk($0) { item in
                items.append(String(decoding: item.array, as: UTF8.self))
                return true
            }
        }
        #expect(items == ["hello", "12", "1024", "-5", "3", "hello"])
        // The count says five, and there are six.
        #expect(!isValid)
        var right = block
        right[8] = 6
        #expect(right.withBytes { ZiplistReader.count($0) } == 6)
    }

    @Test func zipmapReads() {
        let block: [UInt8] = [2, 1, 0x61, 2, 1, 0x78, 0x79, 0, 0xFE, 1, 0, 0, 0, 0x62, 0, 0, 0xFF]
        #expect(block.withBytes { ZipmapReader.count($0) } == 4)
        #expect([UInt8]([1] + block.dropFirst()).withBytes { ZipmapReader.count($0) } == nil)
    }

    @Test func intsetReads() {
        let block: [UInt8] = [2, 0, 0, 0, 3, 0, 0, 0, 0xFF, 0xFF, 1, 0, 9, 0]
        #expect(block.withBytes { IntsetReader.count($0) } == 3)
        var unsorted = block
        unsorted[8] = 2
        unsorted[9] = 0
        #expect(unsorted.withBytes { IntsetReader.count($0) } == nil)
    }

    /// Whatever a byte is changed to, nobody reads outside of the block (a sanitizer sees it: the
    /// block is an allocation of its own), and a block that is accepted has its stated size.
    @Test func changedBlocks() {
        let listpack = Self.listpack(["a", "12", "-4097", "99999999999", Self.long(70)])
        let ziplist: [UInt8] = [
            0x13, 0, 0, 0, 0x0E, 0, 0, 0, 2, 0, 0, 2, 0x68, 0x65, 4, 0xC0, 0, 4, 0xFF,
        ]
        let zipmap: [UInt8] = [1, 1, 0x61, 2, 1, 0x78, 0x79, 0, 0xFF]
        let intset: [UInt8] = [2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 9, 0]
        for block in [listpack, ziplist, zipmap, intset] {
            for i in block.indices {
                for value in 0..<256 {
                    var changed = block
                    changed[i] = UInt8(value)
                    Self.exactly(changed) { bytes in
                        _ = ListpackReader.count(bytes)
                        _ = ZiplistReader.count(bytes)
                        _ = ZipmapReader.count(bytes)
                        _ = IntsetReader.count(bytes)
                    }
                }
            }
            for end in 0..<block.count {
                Self.exactly(Array(block[..<end])) { bytes in
                    #expect(ListpackReader.count(bytes) == nil)
                    _ = ZiplistReader.count(bytes)
                    _ = ZipmapReader.count(bytes)
                    _ = IntsetReader.count(bytes)
                }
            }
        }
    }

    // MARK: Help

    static func exactly(_ bytes: [UInt8], _ body: (Bytes) -> Void) {
        let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: max(bytes.count, 1))
        copy.update(from: bytes, count: bytes.count)
        body(Bytes(copy, bytes.count))
        copy.deallocate()
    }

    static func long(_ count: Int) -> String { String(repeating: "x", count: count) }

    static func text(_ random: inout RandomSource, length: Int) -> String {
        let letters = random.below(2) == 0 ? 2 : 26
        return String(
            decoding: (0..<length).map { _ in UInt8(97 + random.below(UInt64(letters))) },
            as: UTF8.self)
    }

    static func listpack(_ words: [String]) -> [UInt8] {
        let heap = UnsafeMutablePointer<SlabHeap>.allocate(capacity: 1)
        heap.initialize(to: SlabHeap())
        var block = PackedBlock.create(heap)
        for word in words { word.withBytes { block.append(ListpackEntry($0), on: heap) } }
        let bytes = block.bytes.array
        block.free(heap)
        heap.deinitialize(count: 1)
        heap.deallocate()
        return bytes
    }
}
