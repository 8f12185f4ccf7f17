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
        case .listpackEx: ExpiringBlock(raw: pointerValue).block.forEach { $1.withText(body) }
        case .fieldTable:
            BigHash(raw: pointerValue).state.pointee.table.forEach {
                body($0.key)
                body($0.value)
            }
        case .hashTable: memberTable.pointee.forEach { body($0.key) }
        case .tree: TreeSet(raw: pointerValue).forEach { member, _ in body(member) }
        case .stream: streamValue.forEachElement(body)
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

    /// Bytes of the one block that a value which OBJECT ENCODING calls a listpack is; nil of others.
    package var listpackBytes: Int? {
        switch encoding {
        case .packedList where !listValue.isQuicklist: listValue.blockSizes.reduce(0, +)
        case .listpack: packedBlock.totalBytes
        case .listpackEx: ExpiringBlock(raw: pointerValue).block.totalBytes
        default: nil
        }
    }

    /// Figures of a value that is kept in a hash table; nil of others.
    package func tableFigures(
        full: Bool, _ engine: UnsafeMutablePointer<Engine>
    ) -> TableFigures? {
        switch encoding {
        case .hashTable: TableFigures(memberTable, full: full)
        case .tree: TableFigures(TreeSet(raw: pointerValue).table, full: full)
        case .fieldTable:
            withUnsafeMutablePointer(to: &BigHash(raw: pointerValue).state.pointee.table) {
                TableFigures($0, full: full)
            }
        default: nil
        }
    }
}

/// The figures of a hash table.
package struct TableFigures {
    /// Places for elements, those in chained buckets left out.
    package let slots: Int
    package let elements: Int
    /// How many buckets hold so many elements, chained ones included: index is that number. Nil
    /// where nobody asked.
    package private(set) var chainLengths: [Int]?

    package init(slots: Int, elements: Int) {
        self.slots = slots
        self.elements = elements
    }

    init<Element>(_ table: UnsafeMutablePointer<Table<Element>>, full: Bool) {
        let buckets = table.pointee.bucketCount
        self.init(slots: buckets * 9, elements: table.pointee.count)
        guard full else { return }
        var lengths: [Int] = []
        for i in 0..<buckets {
            var length = 0
            table.pointee.forEach(in: table.pointee.bucket(i)) { _ in length += 1 }
            while lengths.count <= length { lengths.append(0) }
            lengths[length] += 1
        }
        chainLengths = lengths
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
    /// Figures of the database's own table.
    package mutating func tableFigures(full: Bool) -> TableFigures {
        TableFigures(&table, full: full)
    }
}
