// Figures of a stream: what XINFO, MEMORY USAGE and DEBUG show.

import Memory

extension PackedStream {
    /// Blocks up to which the radix tree's nodes are counted exactly.
    private static var radixBlocks: Int { 1 << 16 }

    /// The nodes that Redis's radix tree of the same blocks would have.
    ///
    /// That tree has a node for each key and each place where keys part, and one for each run of
    /// bytes between two of these. Keys are 16 bytes: the IDs, big-endian.
    /// - Complexity: O(blocks), of more than 65,536 the first so many are taken for all
    package var radixTreeNodes: Int {
        guard var cursor = fields.pointee.blocks.start else { return 1 }
        var counter = RadixCounter(cursor.item.pointee.id)
        var seen = 1
        while seen < Self.radixBlocks, cursor.moveForward() {
            counter.add(cursor.item.pointee.id)
            seen += 1
        }
        let nodes = counter.finish()
        if seen == blockCount { return nodes }
        return Int(Double(nodes) / Double(seen) * Double(blockCount))
    }

    /// Bytes that the stream takes from the allocator. With `samples` > 0 only so many groups, and
    /// consumers of each, are looked at and the others taken for their average.
    package func footprint(samples: Int = 0) -> Int {
        let own = Allocator.usableSize(MemoryLayout<Fields>.size)
        var groups = 0
        var seen = 0
        if var cursor = fields.pointee.groups.start {
            repeat {
                groups += cursor.item.pointee.footprint(samples: samples)
                seen += 1
            } while seen != samples && cursor.moveForward()
        }
        if seen > 0 { groups = groups / seen * groupCount + groups % seen }
        return own + fields.pointee.blockBytes + fields.pointee.blocks.nodeBytes
            + fields.pointee.groups.nodeBytes + groups
    }

    /// Calls `body` with what DEBUG DIGEST is made of: each entry's ID with a dot, its fields and
    /// values.
    package func forEachElement(_ body: (Bytes) -> Void) {
        func emit(_ item: PackedItem) {
            if let bytes = item.bytes { body(bytes) } else { item.array.withBytes(body) }
        }
        var cursor = StreamCursor(self, from: .zero, through: .max)
        while cursor.advance() {
            cursor.id.text(separator: ".").withBytes(body)
            cursor.forEachPair { field, value in
                emit(field)
                emit(value)
            }
        }
    }
}

extension StreamGroup {
    fileprivate func footprint(samples: Int) -> Int {
        let own = Allocator.usableSize(MemoryLayout<Fields>.size + name.count)
        var consumers = 0
        var seen = 0
        if var cursor = fields.pointee.consumers.start {
            repeat {
                let consumer = cursor.item.pointee
                consumers += consumer.fields.pointee.pending.nodeBytes
                consumers += Allocator.usableSize(
                    MemoryLayout<StreamConsumer.Fields>.size + consumer.name.count)
                seen += 1
            } while seen != samples && cursor.moveForward()
        }
        if seen > 0 { consumers = consumers / seen * consumerCount + consumers % seen }
        return own + fields.pointee.pending.nodeBytes + fields.pointee.consumers.nodeBytes
            + consumers
    }
}

/// Counts the nodes of a radix tree with compressed runs over ascending keys of 16 bytes.
private struct RadixCounter {
    private static let keyBytes = 16
    private var last: StreamID
    /// Bytes that the last key shares with the one before; -1 of the first.
    private var sharedBefore = -1
    private var nodes = 0
    /// Depths of the places where keys part, on the way to the last key.
    private var open: [Int] = []

    init(_ first: StreamID) { last = first }

    mutating func add(_ key: StreamID) {
        let shared = Self.sharedBytes(last, key)
        addLeaf(below: max(sharedBefore, shared))
        close(downTo: shared)
        if open.last != shared {
            open.append(shared)
            nodes += 1
        }
        sharedBefore = shared
        last = key
    }

    mutating func finish() -> Int {
        addLeaf(below: sharedBefore)
        close(downTo: -1)
        return nodes
    }

    /// A key, and the run of bytes that leads to it from where it parts from the others.
    private mutating func addLeaf(below depth: Int) {
        nodes += Self.keyBytes > depth + 1 ? 2 : 1
    }

    /// Leaves the places deeper than `depth`, each with the run that leads to it.
    private mutating func close(downTo depth: Int) {
        while let top = open.last, top > depth {
            open.removeLast()
            let parent = max(open.last ?? -1, depth)
            if top > parent + 1 { nodes += 1 }
        }
    }

    private static func sharedBytes(_ a: StreamID, _ b: StreamID) -> Int {
        let milliseconds = a.milliseconds ^ b.milliseconds
        if milliseconds != 0 { return milliseconds.leadingZeroBitCount / 8 }
        return 8 + (a.sequence ^ b.sequence).leadingZeroBitCount / 8
    }
}
