// The private input buffer against an array, with random appends and consumption.

import Memory
import Testing

@testable import EventLoop

@Suite(.serialized) struct InputBufferTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func behavesAsAnArrayOfBytes(seed: UInt64) {
        var random = SeededGenerator(seed)
        let before = Allocator.usedBytes
        var buffer = InputBuffer()
        var model: [UInt8] = []
        for step in 0..<3000 {
            if Bool.random(using: &random) {
                let count = Int.random(in: 0...300, using: &random)
                let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
                if Bool.random(using: &random) || count == 0 {
                    bytes.withUnsafeBufferPointer {
                        buffer.append($0.baseAddress ?? fakeBase, count)
                    }
                } else {
                    buffer.room(count).update(from: bytes, count: count)
                    buffer.grew(by: count)
                }
                model += bytes
            } else {
                let count = Int.random(in: 0...model.count, using: &random)
                buffer.consume(count)
                model.removeFirst(count)
            }
            #expect(buffer.count == model.count, "seed \(seed) step \(step)")
            #expect(buffer.view.array == model, "seed \(seed) step \(step)")
        }
        buffer.free()
        #expect(Allocator.usedBytes == before, "seed \(seed)")
    }

    @Test func anEmptyBufferHoldsNoMemory() {
        let before = Allocator.usedBytes
        var buffer = InputBuffer()
        [UInt8](repeating: 1, count: 5000).withUnsafeBufferPointer {
            buffer.append($0.baseAddress!, $0.count)
        }
        #expect(Allocator.usedBytes > before)
        buffer.consume(5000)
        #expect(buffer.capacity == 0)
        #expect(Allocator.usedBytes == before)
    }
}
