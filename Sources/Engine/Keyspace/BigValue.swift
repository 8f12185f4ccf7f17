// A value made of many allocations: what LazyFree frees in slices and compaction walks in steps.
//
// Each kind of big collection has its cases here, and nowhere else in the keyspace.

import Memory

/// A collection without its key: three words, trivially copied, owning nothing.
struct BigValue {
    let type: ValueType
    let encoding: Encoding
    let raw: UnsafeMutableRawPointer

    init(type: ValueType, encoding: Encoding, raw: UnsafeMutableRawPointer) {
        self.type = type
        self.encoding = encoding
        self.raw = raw
    }

    /// The value of an entry, whose encoding is one with a pointer.
    init(_ entry: Entry) {
        self.init(type: entry.type, encoding: entry.encoding, raw: entry.pointerValue)
    }

    init(_ list: PackedList) {
        self.init(type: .list, encoding: .packedList, raw: list.raw)
    }

    init(_ stream: PackedStream) {
        self.init(type: .stream, encoding: .stream, raw: stream.raw)
    }

    private var list: PackedList { PackedList(raw: raw) }
    private var members: UnsafeMutablePointer<MemberTable> {
        raw.assumingMemoryBound(to: MemberTable.self)
    }

    private var bigHash: BigHash { BigHash(raw: raw) }

    /// Whether freeing it at once would take long.
    var isLong: Bool {
        switch encoding {
        case .packedList: list.nodeCount > Self.nodesAtOnce
        case .hashTable: members.pointee.bucketCount > MemberTable.bucketsAtOnce
        case .tree: TreeSet(raw: raw).count > TreeSet.freedAtOnce
        case .stream: !PackedStream(raw: raw).isSmall
        case .fieldTable: bigHash.isLong
        case .embedded, .rawEmbedded, .blob, .integer, .listpack, .intset, .listpackEx: false
        }
    }

    /// A list with more nodes than this is freed in slices.
    private static let nodesAtOnce = 8

    /// Frees a bounded part; true when that was the last one.
    func freeSome(_ heap: UnsafeMutablePointer<SlabHeap>) -> Bool {
        switch encoding {
        case .packedList: return list.freeSome(4)
        case .hashTable: return MemberTable.freeSome(members)
        case .tree: return TreeSet(raw: raw).freeSome(4)
        case .stream: return PackedStream(raw: raw).freeSome(2)
        case .fieldTable: return bigHash.freeSome(heap)
        case .listpackEx:
            ExpiringBlock(raw: raw).free(heap)
            return true
        case .listpack:
            PackedBlock(raw: raw).free(heap)
            return true
        case .intset:
            IntSet(raw: raw).free(heap)
            return true
        case .embedded, .rawEmbedded, .blob, .integer: return true
        }
    }

    /// Frees all of it, however long that takes.
    func freeAll(_ heap: UnsafeMutablePointer<SlabHeap>) {
        while !freeSome(heap) {}
    }

    // MARK: Compaction

    /// Whether the value has cells of its own beyond one, so that `evacuateSome` is to walk it.
    var hasManyCells: Bool {
        encoding == .hashTable || encoding == .tree || encoding == .fieldTable
    }

    /// Moves out of slabs being emptied what the value has from `place` on (0 at first); a bounded
    /// part of it.
    func evacuateSome(from place: Int) -> CollectionEvacuation {
        switch encoding {
        case .hashTable: MemberTable.evacuateSome(members, from: place)
        case .tree: TreeSet(raw: raw).evacuateSome(from: place)
        case .fieldTable: bigHash.evacuateSome(from: place)
        case .embedded, .rawEmbedded, .blob, .integer, .packedList, .listpack, .intset,
            .listpackEx, .stream:
            CollectionEvacuation()
        }
    }
}

extension Entry {
    /// Moves a value that is one cell out of a slab being emptied; true if it moved.
    func evacuateValue(_ heap: UnsafeMutablePointer<SlabHeap>) -> Bool {
        switch encoding {
        case .listpack:
            var block = packedBlock
            guard block.evacuate(heap) else { return false }
            pointerValue = block.raw
            return true
        case .intset:
            var set = intSet
            guard set.evacuate(heap) else { return false }
            pointerValue = set.raw
            return true
        case .listpackEx:
            let (moved, value) = ExpiringBlock(raw: pointerValue).evacuate(heap)
            pointerValue = value.raw
            return moved
        case .embedded, .rawEmbedded, .blob, .integer, .packedList, .hashTable, .tree,
            .fieldTable, .stream:
            return false
        }
    }
}
