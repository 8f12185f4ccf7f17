// The command table: from a name to a command, and what the dispatcher needs to know of it.
//
// Built once at start from the rows (and changed only by `rename-command` then). `find` and `facts`
// are on the path of every request: flat memory, no reference counting, no allocation. The rows
// themselves are for the cold paths. Commands and subcommands share one hash table, a subcommand
// under its container's scope.

import Memory

/// What the dispatcher looks at for each request.
@frozen
package struct CommandFacts {
    package let flags: CommandFlags
    /// Number of arguments, the name included; negative: at least so many.
    package let arity: Int16
    /// Index of the first key, the last one (negative: from the end) and the step between them;
    /// all 0 where no key stands at a fixed position.
    package let firstKey: Int8
    package let lastKey: Int8
    package let keyStep: Int8
    /// Whether the first argument chooses among subcommands.
    package let isContainer: Bool
    /// The argument that names a member or field, for the look-ahead; 0 for none.
    package let memberArgument: UInt8

    init(_ row: CommandRow, isContainer: Bool) {
        let keys = row.legacyKeys
        flags = row.flags
        arity = Int16(row.arity)
        firstKey = Int8(keys.first)
        lastKey = Int8(keys.last)
        keyStep = Int8(keys.step)
        self.isContainer = isContainer
        memberArgument = row.id.memberArgument
    }

    /// Whether a request of `count` arguments, the name included, has enough and not too many.
    @inlinable
    package func accepts(_ count: Int) -> Bool {
        arity >= 0 ? count == Int(arity) : count >= -Int(arity)
    }
}

/// What became of a `rename-command`.
package enum CommandRename {
    case done, noSuchCommand, nameTaken
}

package struct CommandTable: ~Copyable {
    /// A place in the hash table. `scope` 0 is a command, else the container's index + 1.
    @frozen
    @usableFromInline
    struct Slot {
        @usableFromInline var first: UInt64
        @usableFromInline var last: UInt64
        @usableFromInline var count: UInt32
        @usableFromInline var scope: UInt16
        @usableFromInline var id: CommandID
    }

    /// Slots per name: the more, the fewer probes. 24 KiB, of which only the used lines get hot.
    private static var slotBits: Int { 10 }

    @usableFromInline let facts: UnsafeMutablePointer<CommandFacts>
    @usableFromInline let slots: UnsafeMutablePointer<Slot>
    /// The name each command answers to, folded; empty if it is disabled. Owned by the table.
    @usableFromInline let names: UnsafeMutablePointer<Bytes>
    @usableFromInline let mask: Int
    @usableFromInline let shift: UInt64
    private let rowsByIndex: UnsafeMutablePointer<CommandRow>
    /// Top-level commands that can be called.
    package private(set) var commandCount = 0

    /// A table of `rows`, which hold each `CommandID` exactly once.
    package init(rows: [CommandRow]) {
        let count = CommandID.count
        precondition(rows.count == count, "each command needs one row")
        var ordered = [CommandRow?](repeating: nil, count: count)
        var containers = Set<CommandID>()
        for row in rows {
            precondition(ordered[row.id.index] == nil, "two rows for one command")
            ordered[row.id.index] = row
            if let container = row.container { containers.insert(container) }
        }
        rowsByIndex = .allocate(capacity: count)
        facts = .allocate(capacity: count)
        names = .allocate(capacity: count)
        for (i, row) in ordered.enumerated() {
            let row = row!
            (rowsByIndex + i).initialize(to: row)
            (facts + i).initialize(
                to: CommandFacts(row, isContainer: containers.contains(row.id)))
            (names + i).initialize(to: Self.copied(Bytes(row.name)))
        }
        mask = 1 << Self.slotBits - 1
        shift = UInt64(64 - Self.slotBits)
        slots = .allocate(capacity: mask + 1)
        precondition(count * 2 < mask, "the hash table is too full for its names")
        rebuild()
    }

    deinit {
        let count = CommandID.count
        for i in 0..<count { names[i].base.deallocate() }
        rowsByIndex.deinitialize(count: count)
        rowsByIndex.deallocate()
        facts.deallocate()
        names.deallocate()
        slots.deallocate()
    }

    // MARK: Every request

    /// The command called `name`, in any letter case.
    @inlinable
    package func find(_ name: Bytes) -> CommandID? { find(name, scope: 0) }

    /// The subcommand of `container` called `name`, in any letter case.
    @inlinable
    package func find(_ name: Bytes, in container: CommandID) -> CommandID? {
        find(name, scope: container.rawValue &+ 1)
    }

    @inlinable
    package subscript(_ id: CommandID) -> CommandFacts { facts[id.index] }

    @inlinable @inline(__always)
    func find(_ name: Bytes, scope: UInt16) -> CommandID? {
        let folded = CommandName(name)
        var i = Int(truncatingIfNeeded: folded.hash(scope: scope) &>> shift)
        while true {
            // Safety: i is below 2^slotBits or masked to it, the number of slots; some are empty
            // (checked at start), so the search ends.
            let slot = slots + i
            if slot.pointee.first == folded.first, slot.pointee.last == folded.last,
                Int(slot.pointee.count) == folded.count, slot.pointee.scope == scope,
                folded.count <= 16 || hasLongName(slot.pointee.id, name)
            {
                // An empty slot answers to the empty name only.
                return folded.count == 0 ? nil : slot.pointee.id
            }
            if slot.pointee.count == 0 { return nil }
            i = (i &+ 1) & mask
        }
    }

    @inline(never) @usableFromInline
    func hasLongName(_ id: CommandID, _ name: Bytes) -> Bool {
        let own = names[id.index]
        guard own.count == name.count else { return false }
        return (0..<own.count).allSatisfy { Self.fold(name[$0]) == own[$0] }
    }

    // MARK: Start and cold paths

    package func row(_ id: CommandID) -> CommandRow { rowsByIndex[id.index] }

    /// Whether it can be called: neither it nor its container was disabled by `rename-command`.
    package func isEnabled(_ id: CommandID) -> Bool {
        !names[(rowsByIndex[id.index].container ?? id).index].isEmpty
    }

    /// The subcommands of `container` in the order of their rows; empty of other commands.
    package func subcommands(of container: CommandID) -> [CommandID] {
        CommandID.allCases.filter { rowsByIndex[$0.index].container == container }
    }

    /// The name as Redis shows it, lower case, `container|subcommand`. Renaming does not change it.
    package func fullName(_ id: CommandID) -> String {
        let row = rowsByIndex[id.index]
        guard let container = row.container else { return row.name.description }
        return "\(rowsByIndex[container.index].name)|\(row.name)"
    }

    /// The command that a request of `count` arguments calls: where the name is a container's, its
    /// subcommand. Nil if there is no such command or subcommand; the container itself if called
    /// alone.
    @inlinable
    package func find(arguments: UnsafePointer<Bytes>, count: Int) -> CommandID? {
        guard count > 0, let id = find(arguments[0]) else { return nil }
        guard facts[id.index].isContainer, count > 1 else { return id }
        return find(arguments[1], in: id)
    }

    /// The command called `path`: a name, or `container|subcommand`.
    package func find(path: Bytes) -> CommandID? {
        guard let bar = (0..<path.count).first(where: { path[$0] == UInt8(ascii: "|") }) else {
            return find(path)
        }
        guard let container = find(path.slice(0, bar)) else { return nil }
        return find(path.slice(bar + 1, path.count), in: container)
    }

    /// `rename-command`: from now on the command called `name` is called `newName`, or, if that is
    /// empty, cannot be called any more. At start only, before anything else looks at the table.
    package mutating func rename(_ name: Bytes, to newName: Bytes) -> CommandRename {
        guard let id = find(name) else { return .noSuchCommand }
        if !newName.isEmpty, find(newName) != nil { return .nameTaken }
        names[id.index].base.deallocate()
        names[id.index] = Self.copied(newName)
        rebuild()
        return .done
    }

    /// Fills the hash table from `names`.
    private mutating func rebuild() {
        let empty = Slot(first: 0, last: 0, count: 0, scope: 0, id: CommandID.allCases[0])
        slots.initialize(repeating: empty, count: mask + 1)
        commandCount = 0
        for id in CommandID.allCases where isEnabled(id) {
            let container = rowsByIndex[id.index].container
            if container == nil { commandCount += 1 }
            let scope = container.map { $0.rawValue + 1 } ?? 0
            let name = CommandName(names[id.index])
            var i = Int(name.hash(scope: scope) >> shift)
            while slots[i].count != 0 { i = (i + 1) & mask }
            slots[i] = Slot(
                first: name.first, last: name.last, count: UInt32(name.count), scope: scope,
                id: id)
        }
    }

    private static func fold(_ byte: UInt8) -> UInt8 {
        byte &- 65 < 26 ? byte | 0x20 : byte
    }

    /// A folded copy that lives until it is deallocated.
    private static func copied(_ name: Bytes) -> Bytes {
        let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, name.count))
        for i in 0..<name.count { copy[i] = fold(name[i]) }
        return Bytes(UnsafePointer(copy), name.count)
    }
}
