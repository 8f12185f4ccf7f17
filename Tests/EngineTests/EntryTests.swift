// Entry layouts: every key length around the limits, every encoding, with and without a deadline.

import Memory
import Testing

@testable import Engine

@Suite struct EntryTests {
    static let encodings: [(ValueType, Encoding, Int)] = [
        (.string, .embedded, 0), (.string, .embedded, 1), (.string, .embedded, 512),
        (.string, .rawEmbedded, 17), (.string, .integer, 8), (.string, .blob, 8),
        (.list, .packedList, 8), (.stream, .packedList, 8),
    ]

    @Test(arguments: [0, 1, 7, 255, 256, 257, 70_000])
    func everyFieldIsReadBack(keyLength: Int) {
        for (type, encoding, valueBytes) in Self.encodings {
            for hasDeadline in [false, true] {
                check(type, encoding, keyLength, valueBytes, hasDeadline)
            }
        }
    }

    private func check(
        _ type: ValueType, _ encoding: Encoding, _ keyLength: Int, _ valueBytes: Int,
        _ hasDeadline: Bool
    ) {
        let size = Entry.size(
            keyLength: keyLength, valueBytes: valueBytes, hasDeadline: hasDeadline)
        let raw = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 8)
        defer { raw.deallocate() }
        let entry = Entry(raw: raw)
        let inside = encoding == .embedded || encoding == .rawEmbedded
        entry.header = Entry.header(
            type, encoding, keyLength: keyLength, hasDeadline: hasDeadline,
            embeddedLength: inside ? valueBytes : 0)
        if hasDeadline { entry.deadline = -3 }
        if keyLength >= 256 {
            (raw + (hasDeadline ? 16 : 8)).storeBytes(of: UInt32(keyLength), as: UInt32.self)
        }
        let key = [UInt8](repeating: 0xA5, count: keyLength)
        key.withBytes { (raw + entry.keyOffset).copyMemory(from: $0.base, byteCount: $0.count) }
        if inside {
            (raw + entry.valueOffset).initializeMemory(
                as: UInt8.self, repeating: 0x5A, count: valueBytes)
        } else {
            entry.integerValue = .min + 5
        }
        for clock in [0, 0xFF_FFFF, 0x12_3456] as [UInt32] {
            for generation in UInt8(0)..<8 {
                entry.clock = clock
                entry.generation = generation
                #expect(entry.clock == clock && entry.generation == generation)
                #expect(entry.type == type && entry.encoding == encoding)
                #expect(entry.hasDeadline == hasDeadline)
                #expect(entry.keyLength == keyLength && entry.valueBytes == valueBytes)
            }
        }
        #expect(entry.deadlineIfAny == (hasDeadline ? -3 : nil))
        #expect(key.withBytes { entry.key.equals($0) })
        #expect(entry.size == size && entry.isString == (type == .string))
        if inside {
            #expect(entry.embeddedBytes.array == [UInt8](repeating: 0x5A, count: valueBytes))
        } else {
            #expect(entry.integerValue == .min + 5)
            entry.pointerValue = raw
            #expect(entry.pointerValue == raw)
        }
    }
}
