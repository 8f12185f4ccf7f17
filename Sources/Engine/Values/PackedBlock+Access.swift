// Walking, reading and searching a packed block, and checking one that comes from outside.

import CMachine
import Memory
import RESP

extension PackedBlock {
    // MARK: Places

    /// Offset of the first element.
    @inline(__always)
    package var first: Int? { isEmpty ? nil : Listpack.headerBytes }

    /// Offset of the last element.
    package var last: Int? {
        isEmpty ? nil : end &- Listpack.entryBytes(before: base + end)
    }

    /// Offset of the element behind the one at `offset`.
    @inline(__always)
    package func next(_ offset: Int) -> Int? {
        let behind = after(offset)
        return behind < end ? behind : nil
    }

    /// Offset behind the element at `offset`: the next one's or the end's.
    @inline(__always)
    func after(_ offset: Int) -> Int { offset &+ Listpack.entryBytes(at: base + offset) }

    /// Offset of the element before `offset`, which may be the end's.
    package func previous(_ offset: Int) -> Int? {
        offset == Listpack.headerBytes
            ? nil : offset &- Listpack.entryBytes(before: base + offset)
    }

    /// Offset of element `index`, negative ones counted from the end; nil outside of the block.
    /// - Complexity: O(elements to the nearer end)
    package func at(_ index: Int) -> Int? {
        let count = count
        let wanted = index < 0 ? index &+ count : index
        guard wanted >= 0, wanted < count else { return nil }
        if wanted &* 2 <= count {
            var p = Listpack.headerBytes
            for _ in 0..<wanted { p = after(p) }
            return p
        }
        var p = end
        for _ in wanted..<count { p &-= Listpack.entryBytes(before: base + p) }
        return p
    }

    // MARK: Elements

    /// The element at `offset`, valid until the next change.
    @inline(__always)
    package func item(at offset: Int) -> PackedItem { Listpack.item(at: base + offset) }

    /// Calls `body` with every element and its offset, in order.
    @inline(__always)
    package func forEach(_ body: (Int, PackedItem) -> Void) {
        var p = Listpack.headerBytes
        let end = end
        while p < end {
            body(p, item(at: p))
            p = after(p)
        }
    }

    /// Offset of the first element equal to `needle`, from `offset` on (the first element if none
    /// is given), where only one element is looked at and then `skipping` are passed over.
    /// - Complexity: O(elements)
    package func find(
        _ needle: PackedNeedle, from offset: Int = Listpack.headerBytes, skipping: Int = 0
    ) -> Int? {
        var p = UnsafePointer(base + offset)
        let end = UnsafePointer(base + end)
        let wanted = needle.bytes
        while p < end {
            let c = p[0]
            if c & 0xC0 == 0x80 {
                // The common case without a detour: a string of up to 63 bytes.
                let count = Int(c & 0x3F)
                if count == wanted.count, machine_equal(p + 1, wanted.base, count) != 0 {
                    return p - UnsafePointer(base)
                }
                p += count &+ 2
            } else {
                if needle.matches(Listpack.item(at: p)) { return p - UnsafePointer(base) }
                p += Listpack.entryBytes(at: p)
            }
            var left = skipping
            while left > 0, p < end {
                p += Listpack.entryBytes(at: p)
                left &-= 1
            }
        }
        return nil
    }

    // MARK: Replies

    /// Appends `number` elements as bulk strings: the one at `offset`, and from there on every one
    /// behind `skipping` others. They are there; the aggregate's header is the caller's.
    package func appendBulks(
        from offset: Int = Listpack.headerBytes, _ number: Int, skipping: Int = 0,
        to reply: inout ReplyBuffer
    ) {
        Listpack.appendBulks(
            base + offset, number, bytes: end - offset, skipping: skipping, to: &reply)
    }

    // MARK: Untrusted bytes

    /// Whether `bytes` are a whole block and nothing else, every entry within it and each the one
    /// its backward length says. What the elements mean is not looked at.
    /// - Complexity: O(elements)
    package static func isValid(_ bytes: Bytes) -> Bool {
        let size = bytes.count
        guard size >= Listpack.overheadBytes, size <= Int(UInt32.max) else { return false }
        let raw = UnsafeRawPointer(bytes.base)
        guard Int(raw.loadUnaligned(as: UInt32.self)) == size,
            bytes[size - 1] == Listpack.end
        else { return false }
        let stored = (raw + 4).loadUnaligned(as: UInt16.self)
        var count = 0
        var p = Listpack.headerBytes
        while p < size - 1 {
            guard let length = validEntryBytes(bytes, at: p) else { return false }
            p += length
            count += 1
        }
        return stored == Listpack.unknownCount || count == Int(stored)
    }

    /// Bytes of the entry at `p`; nil if it is none or does not end before the block's end byte.
    private static func validEntryBytes(_ bytes: Bytes, at p: Int) -> Int? {
        let limit = bytes.count - 1
        let c = bytes[p]
        // Bytes that the length itself takes; entries of an encoding that does not exist are none.
        guard c <= 0xF4 else { return nil }
        let prefix = c == 0xF0 ? 5 : (c >= 0xE0 && c < 0xF0 ? 2 : 1)
        guard p + prefix <= limit else { return nil }
        let length = Listpack.encodedBytes(at: bytes.base + p)
        let backlen = Listpack.backlenBytes(length)
        guard length + backlen <= limit - p else { return nil }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 8) { buffer in
            let expected = buffer.baseAddress.unsafelyUnwrapped
            Listpack.writeBacklen(length, to: expected)
            let actual = bytes.base + p + length
            for i in 0..<backlen where actual[i] != expected[i] { return nil }
            return length + backlen
        }
    }
}
