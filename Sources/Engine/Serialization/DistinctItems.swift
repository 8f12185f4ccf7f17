// Finds elements that occur twice in a block from outside.

import Memory

/// Elements seen so far, compared by their text. They point into the block that they came from.
struct DistinctItems {
    private var items: [PackedItem] = []
    /// Open addressing: 1 + an index into `items`, or 0. Empty as long as there are few items.
    private var slots: [UInt32] = []
    private let engine: UnsafeMutablePointer<Engine>

    /// So many are compared one by one.
    private static let few = 8

    init(_ engine: UnsafeMutablePointer<Engine>) { self.engine = engine }

    /// Notes an element; false if it was there.
    /// - Complexity: O(1) on average
    mutating func insert(_ item: PackedItem) -> Bool {
        // An integer and its text are the same element.
        let item = item.normalized
        if items.count < Self.few {
            guard !items.contains(where: { Self.areEqual($0, item) }) else { return false }
            items.append(item)
            return true
        }
        if slots.count < 2 * (items.count + 1) { grow() }
        var slot = hash(item)
        while slots[slot] != 0 {
            if Self.areEqual(items[Int(slots[slot]) - 1], item) { return false }
            slot = (slot + 1) & (slots.count - 1)
        }
        items.append(item)
        slots[slot] = UInt32(items.count)
        return true
    }

    private mutating func grow() {
        slots = [UInt32](repeating: 0, count: max(64, slots.count * 2))
        for (i, item) in items.enumerated() {
            var slot = hash(item)
            while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = UInt32(i + 1)
        }
    }

    /// A slot by the keyed hash, so that nobody can make all elements meet in one.
    private func hash(_ item: PackedItem) -> Int {
        let mask = slots.count - 1
        if let bytes = item.bytes {
            return Int(truncatingIfNeeded: engine.pointee.hash(bytes)) & mask
        }
        return withUnsafeBytes(of: item.integer) {
            let bytes = Bytes(raw: $0.baseAddress.unsafelyUnwrapped, $0.count)
            return Int(truncatingIfNeeded: engine.pointee.hash(bytes)) & mask
        }
    }

    private static func areEqual(_ a: PackedItem, _ b: PackedItem) -> Bool {
        guard let left = a.bytes, let right = b.bytes else {
            return a.isInteger && b.isInteger && a.integer == b.integer
        }
        return left.equals(right)
    }
}
