// MEMORY and its subcommands: what a key takes, and rows of what the server itself knows
// (Server/Commands/MemoryCommands.swift).

import Memory

package let memoryCommandRows: [CommandRow] = [
    memoryRow, memoryDoctorRow, memoryMallocStatsRow, memoryPurgeRow, memoryStatsRow,
    memoryUsageRow, memoryHelpRow,
]

private let memoryRow = CommandRow(
    .memory, "memory", arity: -2,
    since: "4.0.0", group: .server, complexity: "See the subcommands.",
    summary: "Reports on the use of memory.")

private let memoryDoctorRow = CommandRow(
    .memoryDoctor, "doctor", in: .memory, arity: 2,
    tips: [.nondeterministicOutput, .requestAllShards, .responseSpecial],
    since: "4.0.0", group: .server, complexity: "O(1)",
    summary: "Says in words what is odd about the use of memory.",
    help: [CommandHelp("", "What is odd about the use of memory, in words.")])

private let memoryMallocStatsRow = CommandRow(
    .memoryMallocStats, "malloc-stats", in: .memory, arity: 2,
    tips: [.nondeterministicOutput, .requestAllShards, .responseSpecial],
    since: "4.0.0", group: .server, complexity: "Depends on the allocator's state.",
    summary: "Returns the report of the memory allocator.",
    help: [CommandHelp("", "The memory allocator's own report.")])

private let memoryPurgeRow = CommandRow(
    .memoryPurge, "purge", in: .memory, arity: 2,
    tips: [.requestAllShards, .responseAllSucceeded],
    since: "4.0.0", group: .server, complexity: "Depends on how much memory lies idle.",
    summary: "Gives memory that lies idle back to the system.",
    help: [CommandHelp("", "Give memory that lies idle back to the system.")])

private let memoryStatsRow = CommandRow(
    .memoryStats, "stats", in: .memory, arity: 2,
    tips: [.nondeterministicOutput, .requestAllShards, .responseSpecial],
    since: "4.0.0", group: .server, complexity: "O(1)",
    summary: "Returns figures on the use of memory.",
    help: [CommandHelp("", "Figures on the use of memory.")])

private let memoryUsageRow = CommandRow(
    .memoryUsage, "usage", in: .memory, arity: -3, .readOnly,
    keys: [.at(2, .ro)],
    since: "4.0.0", group: .server, complexity: "O(N), N being the number of samples",
    summary: "Returns how many bytes of memory a key and its value take.",
    arguments: [.key("key"), .integer("count", token: "SAMPLES").optional],
    help: [
        CommandHelp(
            "<key> [SAMPLES <count>]",
            "Bytes of memory that <key> and its value take. Of a collection <count>",
            "elements are measured (5 if not given, 0 for all).")
    ])

package func memoryUsageCommand(_ c: inout CommandContext) {
    var samples = 5
    var i = 3
    while i < c.count {
        guard c[i].isWord("samples"), i + 1 < c.count else { return c.replySyntaxError() }
        guard let wanted = c.integer(i + 1) else { return }
        guard wanted >= 0 else { return c.replySyntaxError() }
        samples = Int(wanted)
        i += 2
    }
    guard let entry = c.database.pointee.peek(c[2], c.engine.pointee.hash(c[2])) else {
        c.reply.pointee.null()
        return
    }
    let share = c.database.pointee.table.bucketBytes / c.database.pointee.count
    c.reply.pointee.integer(entry.footprint(samples: samples) + share)
}

extension Entry {
    /// Bytes that the entry and its value take, allocators' rounding included. Of a collection
    /// `samples` parts are measured, 0 for all.
    package func footprint(samples: Int) -> Int {
        let own = SlabHeap.footprint(size)
        switch encoding {
        case .embedded, .rawEmbedded, .integer: return own
        case .blob: return own + blobValue.footprint
        case .packedList: return own + PackedList(raw: pointerValue).footprint(samples: samples)
        case .listpack: return own + packedBlock.footprint
        case .intset: return own + intSet.footprint
        case .listpackEx: return own + ExpiringBlock(raw: pointerValue).footprint
        case .fieldTable: return own + BigHash(raw: pointerValue).footprint(samples: samples)
        case .hashTable: return own + MemberTable.footprint(memberTable, samples: samples)
        case .tree: return own + TreeSet(raw: pointerValue).footprint(samples: samples)
        case .stream: return own + streamValue.footprint(samples: samples)
        }
    }
}

private let memoryHelpRow = CommandRow(
    .memoryHelp, "help", in: .memory, arity: 2, [.loading, .stale],
    since: "4.0.0", group: .server, complexity: "O(1)",
    summary: "Lists the subcommands of MEMORY.")

@inline(never)
package func memoryHelpCommand(_ c: inout CommandContext) {
    replyHelp(.memory, memoryCommandRows, name: c[0], c.reply)
}
