// A connection's own input: what of a request has arrived when the rest has not, or what was put
// off because the connection had its share of this turn.
//
// Owned by a Connection slot and freed by it (`free`); empty connections hold no memory. The live
// bytes are base[start..<end].

import CMachine
import Memory

@frozen
package struct InputBuffer: ~Copyable {
    package private(set) var base: UnsafeMutablePointer<UInt8>?
    package private(set) var capacity: Int
    package private(set) var start: Int
    package private(set) var end: Int

    package init() {
        base = nil
        capacity = 0
        start = 0
        end = 0
    }

    /// Bytes that wait.
    @inlinable package var count: Int { end &- start }
    @inlinable package var isEmpty: Bool { end == start }

    /// The waiting bytes; valid until the buffer is changed.
    @inlinable package var view: Bytes {
        guard let base else { return Bytes("") }
        return Bytes(UnsafePointer(base + start), end - start)
    }

    /// Appends a copy. The source must not lie in this buffer.
    package mutating func append(_ bytes: UnsafePointer<UInt8>, _ count: Int) {
        guard count > 0 else { return }
        machine_copy(room(count), bytes, count)
        end += count
    }

    /// Room for at least `bytes` after the live ones, to receive into; then `grew(by:)`. The live
    /// bytes may move.
    package mutating func room(_ bytes: Int) -> UnsafeMutablePointer<UInt8> {
        if capacity - end < bytes || base == nil { makeRoom(bytes) }
        return base! + end
    }

    /// Bytes that `room` would give without allocating.
    @inlinable package var freeAtEnd: Int { capacity - end }

    package mutating func grew(by bytes: Int) {
        assert(bytes >= 0 && end + bytes <= capacity)
        end += bytes
    }

    /// Drops everything after the first `bytes` waiting ones.
    package mutating func truncate(to bytes: Int) {
        assert(bytes >= 0 && bytes <= count)
        end = start + bytes
        if bytes == 0 { free() }
    }

    /// Drops `bytes` from the front; when nothing is left the memory goes back.
    package mutating func consume(_ bytes: Int) {
        assert(bytes >= 0 && bytes <= count)
        start += bytes
        if start == end { free() }
    }

    /// Forgets everything and gives the memory back.
    package mutating func free() {
        if let base { Allocator.deallocate(base, capacity) }
        base = nil
        capacity = 0
        start = 0
        end = 0
    }

    /// Moves the live bytes to the front when that frees half the buffer, else grows it by doubling.
    @inline(never)
    private mutating func makeRoom(_ bytes: Int) {
        let live = end - start
        if let base, capacity - live >= bytes, start >= live {
            base.update(from: base + start, count: live)
        } else {
            // A first part is taken at its size: most are the tail of one request.
            let wanted = base == nil ? bytes : max(live + bytes, capacity * 2)
            let total = Allocator.usableSize(max(wanted, 64))
            let fresh = Allocator.allocate(total).bindMemory(to: UInt8.self, capacity: total)
            if let base {
                fresh.update(from: base + start, count: live)
                Allocator.deallocate(base, capacity)
            }
            base = fresh
            capacity = total
        }
        start = 0
        end = live
    }
}
