// Timers: a binary heap of deadlines with cancellation, looked at once per turn.
//
// The reactor takes its wait's timeout from `nextDeadline`; the server pops what is due after the
// events. No timerfd, no callback: a timer is a kind and a payload that the server understands.
// Adding, cancelling and popping are O(log n); looking is free.

package struct TimerHandle: Equatable {
    fileprivate let slot: UInt32
    fileprivate let generation: UInt32

    /// A handle of no timer; cancelling it does nothing.
    package static let none = TimerHandle(slot: .max, generation: 0)
}

package struct DueTimer: Equatable {
    package let deadlineNanoseconds: UInt64
    package let kind: UInt32
    package let payload: UInt64
}

package struct Timers: ~Copyable {
    private struct Node {
        var deadline: UInt64
        /// Order of adding, so that equal deadlines fire first come, first served.
        var order: UInt64
        var kind: UInt32
        var payload: UInt64
        var generation: UInt32
        /// Where in the heap; or the next free node.
        var position: UInt32
    }

    private var nodes: [Node] = []
    private var heap: [UInt32] = []
    private var freeNode = UInt32.max
    private var added: UInt64 = 0
    /// Monotonic nanoseconds of the earliest deadline, or UInt64.max.
    package private(set) var nextDeadline = UInt64.max

    package init() {}

    package var count: Int { heap.count }

    /// Arms a timer for monotonic time `deadline` (nanoseconds).
    package mutating func add(
        deadline: UInt64, kind: UInt32, payload: UInt64 = 0
    ) -> TimerHandle {
        let slot: UInt32
        let node = Node(
            deadline: deadline, order: added, kind: kind, payload: payload, generation: 1,
            position: UInt32(heap.count))
        added += 1
        if freeNode != .max {
            slot = freeNode
            freeNode = nodes[Int(slot)].position
            let generation = nodes[Int(slot)].generation
            nodes[Int(slot)] = node
            nodes[Int(slot)].generation = generation
        } else {
            slot = UInt32(nodes.count)
            nodes.append(node)
        }
        heap.append(slot)
        siftUp(heap.count - 1)
        noteNext()
        return TimerHandle(slot: slot, generation: nodes[Int(slot)].generation)
    }

    /// Disarms a timer. False if it has fired or was cancelled before.
    @discardableResult
    package mutating func cancel(_ handle: TimerHandle) -> Bool {
        guard handle.slot < UInt32(nodes.count),
            nodes[Int(handle.slot)].generation == handle.generation
        else { return false }
        removeFromHeap(Int(nodes[Int(handle.slot)].position))
        release(handle.slot)
        noteNext()
        return true
    }

    /// Takes the earliest timer whose deadline is not after `now`.
    package mutating func popDue(now: UInt64) -> DueTimer? {
        guard nextDeadline <= now, let slot = heap.first else { return nil }
        let node = nodes[Int(slot)]
        removeFromHeap(0)
        release(slot)
        noteNext()
        return DueTimer(deadlineNanoseconds: node.deadline, kind: node.kind, payload: node.payload)
    }

    /// Milliseconds to wait until the next deadline, rounded up: the last part of a millisecond is
    /// slept through, not spun through. -1 without a timer.
    package func timeoutMilliseconds(now: UInt64) -> Int32 {
        guard nextDeadline != .max else { return -1 }
        guard nextDeadline > now else { return 0 }
        let left = nextDeadline - now
        return Int32(min(left / 1_000_000 + (left % 1_000_000 == 0 ? 0 : 1), 86_400_000))
    }

    private mutating func noteNext() {
        nextDeadline = heap.isEmpty ? .max : nodes[Int(heap[0])].deadline
    }

    private mutating func release(_ slot: UInt32) {
        nodes[Int(slot)].generation &+= 1
        if nodes[Int(slot)].generation == 0 { nodes[Int(slot)].generation = 1 }
        nodes[Int(slot)].position = freeNode
        freeNode = slot
    }

    private mutating func removeFromHeap(_ position: Int) {
        let last = heap.removeLast()
        guard position < heap.count else { return }
        place(last, position)
        siftUp(position)
        siftDown(Int(nodes[Int(last)].position))
    }

    private mutating func place(_ slot: UInt32, _ position: Int) {
        heap[position] = slot
        nodes[Int(slot)].position = UInt32(position)
    }

    private func isBefore(_ a: UInt32, _ b: UInt32) -> Bool {
        let x = nodes[Int(a)]
        let y = nodes[Int(b)]
        return x.deadline == y.deadline ? x.order < y.order : x.deadline < y.deadline
    }

    private mutating func siftUp(_ start: Int) {
        var position = start
        let slot = heap[position]
        while position > 0 {
            let parent = (position - 1) / 2
            guard isBefore(slot, heap[parent]) else { break }
            place(heap[parent], position)
            position = parent
        }
        place(slot, position)
    }

    private mutating func siftDown(_ start: Int) {
        var position = start
        let slot = heap[position]
        while true {
            var child = position * 2 + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count && isBefore(heap[child + 1], heap[child]) { child += 1 }
            guard isBefore(heap[child], slot) else { break }
            place(heap[child], position)
            position = child
        }
        place(slot, position)
    }
}
