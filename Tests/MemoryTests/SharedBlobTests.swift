// SharedBlob: references, growth in place and by copy, exact accounting.

import Testing

@testable import Memory

@Suite struct SharedBlobTests {
    @Test func growingAUniqueBlobKeepsItsBytesAndAccountsForThem() {
        let before = Allocator.usedBytes
        var blob = SharedBlob.allocate(count: 3, capacity: 3)
        for i in 0..<3 { blob.bytes[i] = UInt8(i + 1) }
        blob = blob.growing(to: 5000)
        #expect(blob.view.array == [1, 2, 3])
        #expect(blob.capacity >= 5000)
        #expect(Allocator.usedBytes - before == Allocator.usableSize(blob.footprint))
        blob.release()
        #expect(Allocator.usedBytes == before)
    }

    @Test func growingASharedBlobLeavesTheOtherHolderItsBytes() {
        let before = Allocator.usedBytes
        let pinned = SharedBlob.allocate(count: 2, capacity: 2)
        pinned.bytes[0] = 7
        pinned.bytes[1] = 8
        pinned.retain()
        let copy = pinned.growing(to: 100)
        copy.bytes[0] = 9
        #expect(pinned.view.array == [7, 8])
        #expect(copy.view.array == [9, 8])
        #expect(pinned.isUnique)
        pinned.release()
        copy.release()
        #expect(Allocator.usedBytes == before)
    }
}
