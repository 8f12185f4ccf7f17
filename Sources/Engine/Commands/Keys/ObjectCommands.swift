// OBJECT and its subcommands: how a value is kept.

import Memory

package let objectCommandRows: [CommandRow] = [
    objectRow, objectEncodingRow, objectRefcountRow, objectIdletimeRow, objectFreqRow,
    objectHelpRow,
]

private let objectRow = CommandRow(
    .object, "object", arity: -2,
    since: "2.2.3", group: .generic, complexity: "See the subcommands.",
    summary: "Looks at how the value under a key is kept.")

private let objectEncodingRow = CommandRow(
    .objectEncoding, "encoding", in: .object, arity: 3, .readOnly, .keyspace,
    keys: [.at(2, .ro)],
    tips: [.nondeterministicOutput],
    since: "2.2.3", group: .generic, complexity: "O(1)",
    summary: "Returns the encoding in which a value is kept.",
    arguments: [.key("key")],
    help: [
        CommandHelp("<key>", "How the value of <key> is kept.")
    ])

package func objectEncodingCommand(_ c: inout CommandContext) {
    guard let entry = lookupObject(c) else { return }
    c.reply.pointee.bulk(entry.encodingName)
}

/// The entry under argument 2; or nil, and null is answered.
private func lookupObject(_ c: borrowing CommandContext) -> Entry? {
    let hash = c.engine.pointee.hash(c[2])
    guard let entry = c.database.pointee.lookupRead(c[2], hash, touch: false) else {
        c.reply.pointee.null()
        return nil
    }
    return entry
}

extension Entry {
    /// The longest string that Redis keeps in one piece with its object.
    private static var longestEmbstr: Int { 44 }

    /// What OBJECT ENCODING calls the way the value is kept.
    package var encodingName: StaticString {
        switch encoding {
        case .embedded: embeddedLength <= Self.longestEmbstr ? "embstr" : "raw"
        case .rawEmbedded, .blob: "raw"
        case .integer: "int"
        case .packedList:
            PackedList(raw: pointerValue).isQuicklist ? "quicklist" : "listpack"
        case .listpack: "listpack"
        case .intset: "intset"
        case .tree: "skiplist"
        case .stream: "stream"
        case .listpackEx: "listpackex"
        case .hashTable, .fieldTable: "hashtable"
        }
    }
}

private let objectRefcountRow = CommandRow(
    .objectRefcount, "refcount", in: .object, arity: 3, .readOnly, .keyspace,
    keys: [.at(2, .ro)],
    tips: [.nondeterministicOutput],
    since: "2.2.3", group: .generic, complexity: "O(1)",
    summary: "Returns how many references to a value there are.",
    arguments: [.key("key")],
    help: [
        CommandHelp("<key>", "Number of references to the value of <key>.")
    ])

/// Values are not shared, but Redis shares the integers below 10,000 unless an LRU or LFU policy
/// limits memory, and says so by the largest 32-bit count.
package func objectRefcountCommand(_ c: inout CommandContext) {
    guard let entry = lookupObject(c) else { return }
    let settings = c.engine.pointee.settings
    let shares = settings.maxMemory == 0 || !settings.eviction.policy.usesClock
    let isShared = entry.encoding == .integer && (0..<10_000).contains(entry.integerValue)
    c.reply.pointee.integer(shares && isShared ? Int(Int32.max) : 1)
}

private let objectIdletimeRow = CommandRow(
    .objectIdletime, "idletime", in: .object, arity: 3, .readOnly, .keyspace,
    keys: [.at(2, .ro)],
    tips: [.nondeterministicOutput],
    since: "2.2.3", group: .generic, complexity: "O(1)",
    summary: "Returns for how many seconds a key has not been used.",
    arguments: [.key("key")],
    help: [
        CommandHelp("<key>", "Seconds since <key> was last used.")
    ])

package func objectIdletimeCommand(_ c: inout CommandContext) {
    guard let entry = lookupObject(c) else { return }
    if c.engine.pointee.settings.eviction.policy.isLFU {
        c.reply.pointee.error(
            """
            ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when \
            switching between policies at runtime LRU and LFU data will take some time to adjust.
            """)
        return
    }
    let idle = EvictionClock.idleMilliseconds(entry.clock, now: c.engine.pointee.now)
    c.reply.pointee.integer(Int(idle / 1000))
}

private let objectFreqRow = CommandRow(
    .objectFreq, "freq", in: .object, arity: 3, .readOnly, .keyspace,
    keys: [.at(2, .ro)],
    tips: [.nondeterministicOutput],
    since: "4.0.0", group: .generic, complexity: "O(1)",
    summary: "Returns the access counter of a key, a logarithmic one.",
    arguments: [.key("key")],
    help: [
        CommandHelp(
            "<key>",
            "Access counter of <key>, which grows with the logarithm of its use.",
            "Needs an LFU policy in maxmemory-policy.")
    ])

package func objectFreqCommand(_ c: inout CommandContext) {
    guard let entry = lookupObject(c) else { return }
    let parameters = c.engine.pointee.settings.eviction
    guard parameters.policy.isLFU else {
        c.reply.pointee.error(
            """
            ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note \
            that when switching between policies at runtime LRU and LFU data will take some time to \
            adjust.
            """)
        return
    }
    let count = EvictionClock.counter(entry.clock, now: c.engine.pointee.now, parameters)
    c.reply.pointee.integer(Int(count))
}

private let objectHelpRow = CommandRow(
    .objectHelp, "help", in: .object, arity: 2, [.loading, .stale], .keyspace,
    since: "6.2.0", group: .generic, complexity: "O(1)",
    summary: "Lists the subcommands of OBJECT.")

@inline(never)
package func objectHelpCommand(_ c: inout CommandContext) {
    replyHelp(.object, objectCommandRows, name: c[0], c.reply)
}
