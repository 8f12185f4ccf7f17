// Values that leave a server and come to another one: DUMP, RESTORE.

import Memory

package let dumpCommandRows: [CommandRow] = [
    dumpRow, restoreRow, restoreAskingRow,
]

private let dumpRow = CommandRow(
    .dump, "dump", arity: 2, .readOnly, .keyspace,
    keys: [.at(1, [.ro, .access])],
    tips: [.nondeterministicOutput],
    since: "2.6.0", group: .generic, complexity: "O(N), N being the bytes of the value",
    summary: "Returns the value of a key in a form that RESTORE takes.",
    arguments: [.key("key")])

@inline(never)
package func dumpCommand(_ c: inout CommandContext) {
    guard let entry = c.lookupRead(c[1], c.firstKeyHash) else {
        c.reply.pointee.null()
        return
    }
    let payload = DumpPayload.make(entry, c.engine)
    c.reply.pointee.bulk(payload)
    payload.release()
}

private let restoreArguments: [ArgumentSpec] = [
    .key("key"),
    .integer("ttl"),
    .string("serialized-value"),
    .token("replace", "REPLACE").optional.since("3.0.0"),
    .token("absttl", "ABSTTL").optional.since("5.0.0"),
    .integer("seconds", token: "IDLETIME").optional.since("5.0.0"),
    .integer("frequency", token: "FREQ").optional.since("5.0.0"),
]

private let restoreHistory: KeyValuePairs<StaticString, StaticString> = [
    "3.0.0": "`REPLACE`.",
    "5.0.0": "`ABSTTL`.",
    "5.0.0": "`IDLETIME` and `FREQ`.",
]

private let restoreComplexity: StaticString =
    "O(N), N being the bytes of the value; O(N*log(N)) for the N members of a sorted set"

private let restoreRow = CommandRow(
    .restore, "restore", arity: -4, [.write, .denyOOM], [.keyspace, .dangerous],
    keys: [.at(1, [.ow, .update])],
    since: "2.6.0", group: .generic, complexity: restoreComplexity,
    summary: "Makes a key of what DUMP returned.",
    history: restoreHistory,
    arguments: restoreArguments)

private let restoreAskingRow = CommandRow(
    .restoreAsking, "restore-asking", arity: -4, [.write, .denyOOM, .asking],
    [.keyspace, .dangerous],
    keys: [.at(1, [.ow, .update])],
    since: "3.0.0", group: .server, complexity: restoreComplexity,
    summary: "RESTORE for moving keys between the nodes of a cluster.",
    isInternal: true,
    history: restoreHistory,
    arguments: restoreArguments)

/// What stands behind the value.
private struct RestoreOptions {
    var replaces = false
    /// Whether the time to live is a unix time.
    var isAbsolute = false
    var idleSeconds: Int64 = -1
    var frequency: Int64 = -1

    /// Nil if they are wrong, and the error is written.
    init?(_ c: borrowing CommandContext) {
        var i = 4
        while i < c.count {
            let word = c[i]
            let hasMore = i + 1 < c.count
            if word.isWord("replace") {
                replaces = true
            } else if word.isWord("absttl") {
                isAbsolute = true
            } else if word.isWord("idletime"), hasMore, frequency == -1 {
                i += 1
                guard let seconds = c.integer(i) else { return nil }
                idleSeconds = seconds
                guard seconds >= 0 else {
                    c.reply.pointee.error("ERR Invalid IDLETIME value, must be >= 0")
                    return nil
                }
            } else if word.isWord("freq"), hasMore, idleSeconds == -1 {
                i += 1
                guard let count = c.integer(i) else { return nil }
                frequency = count
                guard (0...255).contains(count) else {
                    c.reply.pointee.error("ERR Invalid FREQ value, must be >= 0 and <= 255")
                    return nil
                }
            } else {
                c.replySyntaxError()
                return nil
            }
            i += 1
        }
    }
}

@inline(never)
package func restoreCommand(_ c: inout CommandContext) {
    guard let options = RestoreOptions(c) else { return }
    let key = c[1]
    if !options.replaces, c.lookupWrite(key, c.firstKeyHash) != nil {
        c.reply.pointee.error("BUSYKEY Target key name already exists.")
        return
    }
    guard let time = c.integer(2) else { return }
    guard time >= 0 else {
        c.reply.pointee.error("ERR Invalid TTL value, must be >= 0")
        return
    }
    let checked = c.engine.pointee.settings.checksDumps
    guard let (bytes, version) = DumpPayload.open(c[3], checked: checked) else {
        c.reply.pointee.error("ERR DUMP payload version or checksum are wrong")
        return
    }
    var decoder = ValueDecoder(bytes, version: version, engine: c.engine)
    guard let value = try? decoder.decode() else {
        c.reply.pointee.error("ERR Bad data format")
        return
    }
    restore(&c, value, options, time)
    // Until here: a string is still the decoder's.
    _ = consume decoder
    c.reply.pointee.ok()
}

/// Puts the value under the key in place of what is there.
private func restore(
    _ c: inout CommandContext, _ value: DecodedValue, _ options: RestoreOptions, _ time: Int64
) {
    let key = c[1]
    let hash = c.firstKeyHash
    var isReplaced = false
    if options.replaces, let taken = c.lookupWrite(key, hash) {
        c.database.pointee.remove(taken)
        isReplaced = true
    }
    let now = c.engine.pointee.now
    // A sum beyond the end of time turns negative, hence past, as it does in Redis.
    let due = options.isAbsolute || time == 0 ? time : time &+ now
    if time != 0, due <= now {
        c.engine.pointee.discard(value)
        if isReplaced { c.database.pointee.changed(key) }
        return
    }
    let deadline: NewDeadline = time == 0 ? .none : .at(due)
    switch value {
    case .string(let string):
        c.database.pointee.setString(key, hash, nil, string, deadline: deadline)
    case .pointer(let type, let encoding, let raw):
        c.database.pointee.setPointer(
            key, hash, nil, type: type, encoding: encoding, raw, deadline: deadline)
    }
    if let entry = c.database.pointee.peek(key, hash) {
        stamp(entry, c, options)
        if case .hash = entry.type {
            let earliest = HashValue(entry, c.engine).earliestDeadline
            c.database.pointee.armFields(entry, hash, earliest)
        }
    }
    c.database.pointee.changed(key)
}

/// Sets the eviction clock to what IDLETIME or FREQ say, the one that the policy goes by.
private func stamp(
    _ entry: Entry, _ c: borrowing CommandContext, _ options: RestoreOptions
) {
    let now = c.engine.pointee.now
    if c.engine.pointee.usesLFU {
        guard options.frequency >= 0 else { return }
        entry.clock = EvictionClock.minutes(now) << 8 | UInt32(options.frequency)
    } else if options.idleSeconds >= 0 {
        let clock = Int64(EvictionClock.seconds(now))
        // Longer ago than the clock can say: as long ago as it can tell from the future.
        let stamp =
            options.idleSeconds <= clock
            ? clock - options.idleSeconds
            : (clock + Int64(EvictionClock.mask / 2)) % Int64(EvictionClock.mask)
        entry.clock = UInt32(stamp)
    }
}
