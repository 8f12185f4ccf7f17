// What DEBUG shows of an entry and of a table: sizes and elements, without changing anything.

import Memory

/// The figures of a list kept as a quicklist.
package struct QuicklistFigures {
    package let nodes: Int
    package let elements: Int
    /// list-max-listpack-size when the list became a quicklist.
    package let limit: Int
    /// Bytes of all nodes' blocks.
    package let blockBytes: Int
}

extension Entry {
    /// The 24-bit stamp of the last use.
    package var evictionStamp: UInt32 { clock }

    /// Whether the value is one of the small integers that Redis keeps once for all keys.
    package var isSmallInteger: Bool {
        encoding == .integer && (0..<10_000).contains(integerValue)
    }

    /// Calls `body` with what the value is made of: a string itself, a list's elements in order, a
    /// set's members, a packed block's as they stand.
    package func forEachElement(_ body: (Bytes) -> Void) {
        switch encoding {
        case .embedded, .rawEmbedded, .integer, .blob: withString(body)
        case .packedList:
            guard var cursor = PackedList(raw: pointerValue).cursor(at: 0) else { return }
            repeat { cursor.item.withText(body) } while cursor.moveForward()
        case .listpack: packedBlock.forEach { $1.withText(body) }
        case .intset:
            for i in 0..<intSet.count { String(intSet.value(at: i)).withBytes(body) }
        case .hashTable: memberTable.pointee.forEach { body($0.key) }
        case .tree: TreeSet(raw: pointerValue).forEach { member, _ in body(member) }
        }
    }

    /// Figures of a quicklist; nil of any other value.
    package var quicklistFigures: QuicklistFigures? {
        guard encoding == .packedList else { return nil }
        let list = PackedList(raw: pointerValue)
        guard list.isQuicklist else { return nil }
        return QuicklistFigures(
            nodes: list.nodeCount, elements: list.count, limit: list.limit.setting,
            blockBytes: list.blockSizes.reduce(0, +))
    }

    /// Bytes that the value takes in a snapshot file, uncompressed: a string with its length or as
    /// a short integer, a list as its blocks.
    package var serializedBytes: Int {
        switch encoding {
        case .embedded, .rawEmbedded, .integer, .blob:
            var sum = 0
            withString { sum = Self.stringBytes($0) }
            return sum
        case .packedList:
            let sizes = PackedList(raw: pointerValue).blockSizes
            return sizes.reduce(Self.lengthBytes(sizes.count)) {
                $0 + 1 + Self.lengthBytes($1) + $1
            }
        case .listpack: return Self.lengthBytes(packedBlock.totalBytes) + packedBlock.totalBytes
        case .intset: return Self.lengthBytes(intSet.totalBytes) + intSet.totalBytes
        case .hashTable:
            var sum = Self.lengthBytes(memberTable.pointee.count)
            memberTable.pointee.forEach { sum += Self.stringBytes($0.key) }
            return sum
        case .tree:
            let set = TreeSet(raw: pointerValue)
            var sum = Self.lengthBytes(set.count)
            set.forEach { member, _ in sum += Self.stringBytes(member) + 8 }
            return sum
        }
    }

    /// Bytes of a string in a snapshot file.
    static func stringBytes(_ bytes: Bytes) -> Int {
        if bytes.count <= 11, let integer = bytes.integer {
            if Int8(exactly: integer) != nil { return 2 }
            if Int16(exactly: integer) != nil { return 3 }
            if Int32(exactly: integer) != nil { return 5 }
        }
        return lengthBytes(bytes.count) + bytes.count
    }

    /// Bytes of a length in a snapshot file.
    private static func lengthBytes(_ length: Int) -> Int {
        if length < 64 { return 1 }
        if length < 16384 { return 2 }
        return length <= Int(UInt32.max) ? 5 : 9
    }
}

extension PackedList {
    /// Bytes of each node's block.
    var blockSizes: [Int] {
        var sizes: [Int] = []
        var node = fields.pointee.head
        while let current = node {
            sizes.append(current.pointee.blockBytes)
            node = current.pointee.next
        }
        return sizes
    }
}

extension Database {
    /// Slots of the table's buckets, chained ones left out.
    package var slotCount: Int { table.bucketCount * 9 }

    /// How many chains hold so many elements: index is the number of elements.
    package var chainLengths: [Int] {
        var lengths: [Int] = []
        for i in 0..<table.bucketCount {
            var length = 0
            table.forEach(in: table.bucket(i)) { _ in length += 1 }
            while lengths.count <= length { lengths.append(0) }
            lengths[length] += 1
        }
        return lengths
    }
}
