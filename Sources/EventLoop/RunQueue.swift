// Connections that have more to do next turn: unread bytes, requests put off, output not flushed.
//
// Two lists through the slots themselves: what this turn serves and what the next one will. A
// connection is in at most one of them, once; it leaves when served or closed.

struct RunQueue {
    private struct List {
        var head = Connection.noSlot
        var tail = Connection.noSlot
    }

    private var current = List()
    private var upcoming = List()
    /// Connections in either list.
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// Puts a connection at the end of the next turn's list, unless it is queued already.
    @inline(__always)
    mutating func schedule(_ connection: ConnectionPointer, _ table: borrowing ConnectionTable) {
        connection.pointee.state.remove(.outputOnly)
        if connection.pointee.state.contains(.scheduled) { return }
        connection.pointee.state.insert(.scheduled)
        append(connection, &upcoming, table)
        count += 1
    }

    mutating func remove(_ connection: ConnectionPointer, _ table: borrowing ConnectionTable) {
        guard connection.pointee.state.contains(.scheduled) else { return }
        if connection.pointee.state.contains(.scheduledThisTurn) {
            unlink(connection, &current, table)
        } else {
            unlink(connection, &upcoming, table)
        }
        connection.pointee.state.subtract([.scheduled, .scheduledThisTurn, .outputOnly])
        count -= 1
    }

    /// A turn begins: what was scheduled is served now, behind what the last turn left over.
    mutating func startTurn(_ table: borrowing ConnectionTable) {
        var slot = upcoming.head
        while slot != Connection.noSlot {
            let connection = table.at(slot)
            let next = connection.pointee.runNext
            connection.pointee.state.insert(.scheduledThisTurn)
            append(connection, &current, table)
            slot = next
        }
        upcoming = List()
    }

    /// The first connection of either list, left where it is; for walking before a wait.
    var firstUpcoming: UInt32 { upcoming.head }

    /// The next connection that this turn serves, taken out.
    mutating func next(_ table: borrowing ConnectionTable) -> ConnectionPointer? {
        guard current.head != Connection.noSlot else { return nil }
        let connection = table.at(current.head)
        remove(connection, table)
        return connection
    }

    private func append(
        _ connection: ConnectionPointer, _ list: inout List, _ table: borrowing ConnectionTable
    ) {
        let slot = connection.pointee.slot
        connection.pointee.runNext = Connection.noSlot
        connection.pointee.runPrevious = list.tail
        if list.tail == Connection.noSlot {
            list.head = slot
        } else {
            table.at(list.tail).pointee.runNext = slot
        }
        list.tail = slot
    }

    private func unlink(
        _ connection: ConnectionPointer, _ list: inout List, _ table: borrowing ConnectionTable
    ) {
        let next = connection.pointee.runNext
        let previous = connection.pointee.runPrevious
        if previous == Connection.noSlot {
            list.head = next
        } else {
            table.at(previous).pointee.runNext = next
        }
        if next == Connection.noSlot {
            list.tail = previous
        } else {
            table.at(next).pointee.runPrevious = previous
        }
        connection.pointee.runNext = Connection.noSlot
        connection.pointee.runPrevious = Connection.noSlot
    }
}
