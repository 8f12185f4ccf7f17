// One bucket: tags, 48-bit pointers, the child's flag; no store touches another slot.

import Memory
import Testing

@testable import Engine

@Suite struct BucketTests {
    @Test func tagsAreTheTopByteAndNeverZero() {
        for top in UInt64(0)...255 {
            for rest in [0, 0xFF_FFFF_FFFF_FFFF] as [UInt64] {
                let tag = Bucket.tag(top << 56 | rest)
                #expect(tag == (top == 0 ? 0x80 : UInt8(top)))
            }
        }
    }

    @Test(arguments: [1, 2] as [UInt64])
    func slotsKeepWhatWasPutIn(seed: UInt64) {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 64)
        defer { memory.deallocate() }
        let bucket = Bucket(memory)
        bucket.clear()
        #expect(bucket.occupied == 0 && bucket.vacant == 0x1FF && !bucket.hasChild)
        var random = RandomSource(seed: seed)
        var model = [(tag: UInt8, pointer: UInt)](repeating: (0, 0), count: 9)
        var child = false
        for _ in 0..<20_000 {
            switch random.below(12) {
            case 0:
                child.toggle()
                if child {
                    bucket.setTag(0, at: 8)
                    model[8].tag = 0
                }
                bucket.setHasChild(child)
            case 1...4:
                let slot = random.below(child ? 8 : 9)
                let tag = UInt8(random.below(4))
                bucket.setTag(tag, at: slot)
                model[slot].tag = tag
            default:
                let slot = random.below(9)
                let address = UInt(random.next() >> 16) | 1
                bucket.setPointer(UnsafeMutableRawPointer(bitPattern: address)!, at: slot)
                model[slot].pointer = address
            }
            var occupied: UInt32 = 0
            for (slot, entry) in model.enumerated() {
                if entry.tag != 0 { occupied |= 1 << UInt32(slot) }
                guard entry.pointer != 0 else { continue }
                if UInt(bitPattern: bucket.pointer(at: slot)) != entry.pointer {
                    Issue.record("slot \(slot), seed \(seed)")
                    return
                }
            }
            var ones: UInt32 = 0
            for slot in 0..<9 where model[slot].tag == 1 { ones |= 1 << UInt32(slot) }
            let vacant = ~occupied & (child ? 0xFF : 0x1FF)
            if bucket.occupied != occupied || bucket.vacant != vacant
                || bucket.matches(1) != ones || bucket.hasChild != child
            {
                Issue.record("masks, seed \(seed)")
                return
            }
        }
    }
}
