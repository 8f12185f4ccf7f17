// Readers of packed blocks from outside: listpack, ziplist, zipmap and intset. Each walks a block
// from its front and checks every byte it goes by before it believes it.
//
// What they check is what Redis 7.4 checks with `sanitize-dump-payload yes`: nothing reads outside
// of the block, the lengths kept twice agree, and so do the block's own size and count.

import Memory

/// Elements of a block, in order.
protocol PackedReader {
    /// Nil if the block's frame is broken.
    init?(_ block: Bytes)
    /// The next element; nil at the end, and at the first thing that is wrong.
    mutating func next() -> PackedItem?
    /// Whether the block was read to its end and nothing was wrong.
    var isComplete: Bool { get }
}

extension PackedReader {
    /// Calls `body` with every element until it returns false; false if it did, or if the block is
    /// not valid.
    static func walk(_ block: Bytes, _ body: (PackedItem) -> Bool) -> Bool {
        guard var reader = Self(block) else { return false }
        while let item = reader.next() {
            guard body(item) else { return false }
        }
        return reader.isComplete
    }

    /// The number of elements of a valid block.
    static func count(_ block: Bytes) -> Int? {
        var count = 0
        let isValid = walk(block) { _ in
            count += 1
            return true
        }
        return isValid ? count : nil
    }
}

extension Bytes {
    /// A number of `bytes` bytes at `offset`, little endian; the caller checked that they are there.
    func little(_ offset: Int, _ bytes: Int) -> UInt64 {
        assert(offset >= 0 && offset + bytes <= count)
        var value: UInt64 = 0
        for i in 0..<bytes { value |= UInt64(base[offset + i]) << UInt64(8 * i) }
        return value
    }

    /// The same, of a number with a sign.
    func littleSigned(_ offset: Int, _ bytes: Int) -> Int64 {
        let shift = UInt64(64 - 8 * bytes)
        return Int64(bitPattern: little(offset, bytes) << shift) >> Int64(shift)
    }
}

struct ListpackReader: PackedReader {
    private let block: Bytes
    private var offset = Listpack.headerBytes
    private var seen = 0
    private var isBroken = false

    init?(_ block: Bytes) {
        guard block.count >= Listpack.overheadBytes, block.little(0, 4) == UInt64(block.count),
            block[block.count - 1] == Listpack.end
        else { return nil }
        self.block = block
    }

    /// Where the next element starts.
    var position: Int { offset }

    /// The whole block's last byte.
    private var end: Int { block.count - 1 }

    var isComplete: Bool {
        guard !isBroken, offset == end else { return false }
        let stated = block.little(4, 2)
        return stated == UInt64(Listpack.unknownCount) || stated == UInt64(seen)
    }

    mutating func next() -> PackedItem? {
        guard !isBroken, offset < end else { return nil }
        guard let encoded = encodedBytes(), encoded < end - offset else { return fail() }
        let backlen = Listpack.backlenBytes(encoded)
        let total = encoded + backlen
        guard total <= end - offset else { return fail() }
        // Read from its end the backlen must be just as long, and say the same.
        let p = block.base + offset
        guard Self.backlen(endingAt: p + total, bytes: backlen) == encoded else { return fail() }
        offset += total
        seen += 1
        return Listpack.item(at: p)
    }

    private mutating func fail() -> PackedItem? {
        isBroken = true
        return nil
    }

    /// Bytes of encoding and data of the next entry, if its own header lies within the block.
    private func encodedBytes() -> Int? {
        let room = end - offset
        let first = block[offset]
        if first < 0xC0 || (0xF1...0xF4).contains(first) {
            return Listpack.encodedBytes(at: block.base + offset)
        }
        if first < 0xF0 { return room >= 2 ? Listpack.encodedBytes(at: block.base + offset) : nil }
        if first == 0xF0 { return room >= 5 ? Listpack.encodedBytes(at: block.base + offset) : nil }
        return nil
    }

    private static func backlen(endingAt p: UnsafePointer<UInt8>, bytes: Int) -> Int? {
        var value = 0
        for i in 0..<bytes {
            let byte = p[-1 - i]
            value |= Int(byte & 0x7F) << (7 * i)
            // The high bit says that there is more to the left.
            if (byte & 0x80 != 0) != (i < bytes - 1) { return nil }
        }
        return value
    }
}

/// Redis's packed block before 7.0. Every entry has its predecessor's length in front:
///
///     total bytes 4 | offset of the last entry 4 | count 2 | entries | FF
///     entry: length before (1 byte, or FE and 4) | encoding | data
struct ZiplistReader: PackedReader {
    private let block: Bytes
    private var offset = Self.headerBytes
    private var last = 0
    private var lastBytes = 0
    private var seen = 0
    private var isBroken = false

    private static let headerBytes = 10

    init?(_ block: Bytes) {
        guard block.count > Self.headerBytes, block.little(0, 4) == UInt64(block.count),
            block[block.count - 1] == 0xFF, block.little(4, 4) <= UInt64(block.count - 1)
        else { return nil }
        self.block = block
    }

    private var end: Int { block.count - 1 }

    var isComplete: Bool {
        guard !isBroken, offset == end else { return false }
        if last != 0, block.little(4, 4) != UInt64(last) { return false }
        let stated = block.little(8, 2)
        return stated == 0xFFFF || stated == UInt64(seen)
    }

    mutating func next() -> PackedItem? {
        guard !isBroken, offset < end else { return nil }
        guard let (item, bytes) = entry(at: offset) else {
            isBroken = true
            return nil
        }
        last = offset
        lastBytes = bytes
        offset += bytes
        seen += 1
        return item
    }

    private func entry(at start: Int) -> (PackedItem, bytes: Int)? {
        var at = start
        var before = UInt64(block[at])
        at += 1
        if before == 0xFE {
            guard end - at >= 4 else { return nil }
            before = block.little(at, 4)
            at += 4
        } else if before == 0xFF {
            return nil
        }
        guard before == UInt64(lastBytes), at < end, let item = item(&at) else { return nil }
        return (item, at - start)
    }

    /// The element whose encoding starts at `at`, which goes behind it.
    private func item(_ at: inout Int) -> PackedItem? {
        let encoding = block[at]
        at += 1
        if encoding >= 0xC0 { return integer(encoding, &at) }
        var length = Int(encoding & 0x3F)
        if encoding >= 0x80 {
            guard end - at >= 4 else { return nil }
            length = (0..<4).reduce(0) { $0 << 8 | Int(block[at + $1]) }
            at += 4
        } else if encoding >= 0x40 {
            guard end - at >= 1 else { return nil }
            length = length << 8 | Int(block[at])
            at += 1
        }
        guard length <= end - at else { return nil }
        at += length
        return PackedItem(block.slice(at - length, at))
    }

    private func integer(_ encoding: UInt8, _ at: inout Int) -> PackedItem? {
        let bytes: Int
        switch encoding {
        case 0xC0: bytes = 2
        case 0xD0: bytes = 4
        case 0xE0: bytes = 8
        case 0xF0: bytes = 3
        case 0xFE: bytes = 1
        case 0xF1...0xFD: return PackedItem(integer: Int64(encoding & 0x0F) - 1)
        default: return nil
        }
        guard bytes <= end - at else { return nil }
        at += bytes
        return PackedItem(integer: block.littleSigned(at - bytes, bytes))
    }
}

/// Redis's packed hash before 2.6: `count | (length, field, length, free, value, free bytes) ... | FF`,
/// a length being 1 byte, or FE and 4. Fields and values come as elements in turn.
struct ZipmapReader: PackedReader {
    private let block: Bytes
    private var offset = 1
    private var seen = 0
    private var isBroken = false

    init?(_ block: Bytes) {
        guard block.count >= 2, block[block.count - 1] == 0xFF else { return nil }
        self.block = block
    }

    private var end: Int { block.count - 1 }

    var isComplete: Bool {
        guard !isBroken, offset == end, seen & 1 == 0 else { return false }
        return block[0] >= 0xFE || Int(block[0]) == seen / 2
    }

    mutating func next() -> PackedItem? {
        guard !isBroken, offset < end else { return nil }
        guard let item = item() else {
            isBroken = true
            return nil
        }
        seen += 1
        return item
    }

    private mutating func item() -> PackedItem? {
        var length = Int(block[offset])
        offset += 1
        if length == 0xFE {
            guard end - offset >= 4 else { return nil }
            length = Int(block.little(offset, 4))
            offset += 4
        } else if length == 0xFF {
            return nil
        }
        var free = 0
        if seen & 1 == 1 {
            guard offset < end else { return nil }
            free = Int(block[offset])
            offset += 1
        }
        guard length + free <= end - offset else { return nil }
        let bytes = block.slice(offset, offset + length)
        offset += length + free
        return PackedItem(bytes)
    }
}

/// A set of integers: `bytes of each 4 | count 4 | the integers, rising`, all little endian.
struct IntsetReader: PackedReader {
    static let headerBytes = 8

    private let block: Bytes
    private let width: Int
    private var offset = Self.headerBytes
    private var before: Int64?
    private var isBroken = false

    init?(_ block: Bytes) {
        guard block.count > Self.headerBytes else { return nil }
        let width = Int(block.little(0, 4))
        guard width == 2 || width == 4 || width == 8,
            Self.headerBytes + Int(block.little(4, 4)) * width == block.count
        else { return nil }
        self.block = block
        self.width = width
    }

    var isComplete: Bool { !isBroken && offset == block.count }

    mutating func next() -> PackedItem? {
        guard !isBroken, offset < block.count else { return nil }
        let value = block.littleSigned(offset, width)
        if let before, value <= before {
            isBroken = true
            return nil
        }
        before = value
        offset += width
        return PackedItem(integer: value)
    }
}
