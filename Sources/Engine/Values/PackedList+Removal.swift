// Removing runs of elements and elements by value. Nodes stay as they are, even if they hold few
// elements afterwards, because Redis merges none here and a list's encoding depends on the number
// of nodes; their buffers give back what they no longer need.

import Memory

extension PackedList {
    /// Nodes that one call frees itself; what goes beyond is handed back.
    private static var nodesAtOnce: Int { 8 }

    /// Removes `number` elements from index `start` on, which lie in the list. Returns a list of
    /// what could not be freed at once, for the lazy free cycle, or nil.
    /// - Complexity: O(nodes)
    package func removeRange(_ start: Int, _ number: Int) -> PackedList? {
        guard number > 0, let (first, firstOffset) = locate(start) else { return nil }
        assert(start + number <= count)
        fields.pointee.count -= number
        var node = first
        var offset = firstOffset
        var left = number
        var freed = 0
        var rest: PackedList?
        while left > 0 {
            let next = node.pointee.next
            let here = min(left, node.pointee.count - offset)
            left -= here
            if here < node.pointee.count {
                removeInside(node, offset, here)
            } else if freed < Self.nodesAtOnce || isOwn(node) {
                freed += 1
                unlink(node)
            } else {
                moveNode(node, to: &rest)
            }
            offset = 0
            guard let next else { break }
            node = next
        }
        return rest
    }

    /// Moves a node over to the tail of `rest`, which is made if need be. The count of this list
    /// is the caller's.
    private func moveNode(_ node: PackedNodePointer, to rest: inout PackedList?) {
        let target = rest ?? PackedList.create()
        rest = target
        detach(node)
        target.link(node, after: target.tail)
        target.fields.pointee.count += node.pointee.count
        target.fields.pointee.isQuicklist = true
    }

    /// Removes `number` elements, not all, of a packed node, from its element `offset` on.
    private func removeInside(_ node: PackedNodePointer, _ offset: Int, _ number: Int) {
        let first = node.pointee.first
        let start = node.pointee.position(of: offset)
        var stop = start
        if offset + number == node.pointee.count {
            stop = node.pointee.end
        } else {
            for _ in 0..<number { stop += Listpack.entryBytes(at: stop) }
        }
        node.pointee.remove(stop - start, count: number, at: start - first)
        node.pointee.trim(.small)
    }

    /// Removes elements equal to `needle`, at most `limit` of them, from the head on or from the
    /// tail on. Returns how many.
    /// - Complexity: O(elements); every node is compacted in one pass.
    package func removeMatching(_ needle: PackedNeedle, limit: Int, fromTail: Bool) -> Int {
        var removed = 0
        var node = fromTail ? tail : head
        while let here = node, removed < limit {
            node = fromTail ? nodeBefore(here) : here.pointee.next
            let found =
                here.pointee.isPlain
                ? (needle.matches(here.pointee.item(at: here.pointee.first)) ? 1 : 0)
                : here.pointee.compact(
                    without: needle, limit: limit - removed, fromBack: fromTail)
            guard found > 0 else { continue }
            removed += found
            fields.pointee.count -= found
            if here.pointee.isPlain || here.pointee.count == 0 {
                unlink(here)
            } else {
                here.pointee.trim(.small)
            }
        }
        return removed
    }
}

extension PackedNode {
    /// Removes up to `limit` matching elements of a packed node in one pass and returns how many.
    fileprivate mutating func compact(
        without needle: PackedNeedle, limit: Int, fromBack: Bool
    ) -> Int {
        fromBack
            ? compactBackward(needle, limit: limit) : compactForward(needle, limit: limit)
    }

    /// Kept runs slide towards the front; what they leave at the back is dropped.
    private mutating func compactForward(_ needle: PackedNeedle, limit: Int) -> Int {
        let end = end
        var target = first
        var runStart = first
        var p = first
        var found = 0
        while p < end && found < limit {
            let size = Listpack.entryBytes(at: p)
            if needle.matches(Listpack.item(at: p)) {
                target = Self.keep(runStart, p, at: target)
                runStart = p + size
                found += 1
            }
            p += size
        }
        if found > 0 {
            target = Self.keep(runStart, end, at: target)
            dropBack(end - target, count: found)
        }
        return found
    }

    /// Moves the run from `start` to `stop` down to `target`; returns the end of the copy.
    private static func keep(
        _ start: UnsafeMutablePointer<UInt8>, _ stop: UnsafeMutablePointer<UInt8>,
        at target: UnsafeMutablePointer<UInt8>
    ) -> UnsafeMutablePointer<UInt8> {
        if target != start { target.update(from: start, count: stop - start) }
        return target + (stop - start)
    }

    /// Kept runs slide towards the back; what they leave at the front is dropped.
    private mutating func compactBackward(_ needle: PackedNeedle, limit: Int) -> Int {
        let first = first
        var target = end
        var runEnd = end
        var p = end
        var found = 0
        while p > first && found < limit {
            let start = p - Listpack.entryBytes(before: p)
            if needle.matches(Listpack.item(at: start)) {
                target -= runEnd - p
                if target != p { target.update(from: p, count: runEnd - p) }
                runEnd = start
                found += 1
            }
            p = start
        }
        if found > 0 {
            target -= runEnd - first
            if target != first { target.update(from: first, count: runEnd - first) }
            dropFront(target - first, count: found)
        }
        return found
    }
}
