// Commands that give fields deadlines: HEXPIRE, HPEXPIRE, HEXPIREAT, HPEXPIREAT, HPERSIST.

import Memory
import RESP

package let fieldExpiryCommandRows: [CommandRow] = [
    hexpireRow, hpexpireRow, hexpireatRow, hpexpireatRow, hpersistRow,
]

/// The arguments that the commands on fields' deadlines end with.
let namedFields = ArgumentSpec.block(
    "fields", token: "FIELDS", [.integer("numfields"), .string("field").multiple])

private let fieldCondition = ArgumentSpec.oneOf(
    "condition",
    [.token("nx", "NX"), .token("xx", "XX"), .token("gt", "GT"), .token("lt", "LT")]
).optional

private let hexpireRow = CommandRow(
    .hexpire, "hexpire", arity: -6, [.write, .denyOOM, .fast], .hash,
    keys: [.at(1, [.rw, .update])],
    since: "7.4.0", group: .hash, complexity: "O(N), N being the fields given",
    summary: "Makes fields of a hash expire after some seconds.",
    arguments: [.key("key"), .integer("seconds"), fieldCondition, namedFields])

private let hpexpireRow = CommandRow(
    .hpexpire, "hpexpire", arity: -6, [.write, .denyOOM, .fast], .hash,
    keys: [.at(1, [.rw, .update])],
    since: "7.4.0", group: .hash, complexity: "O(N), N being the fields given",
    summary: "Makes fields of a hash expire after some milliseconds.",
    arguments: [.key("key"), .integer("milliseconds"), fieldCondition, namedFields])

private let hexpireatRow = CommandRow(
    .hexpireat, "hexpireat", arity: -6, [.write, .denyOOM, .fast], .hash,
    keys: [.at(1, [.rw, .update])],
    since: "7.4.0", group: .hash, complexity: "O(N), N being the fields given",
    summary: "Sets the Unix time in seconds at which fields of a hash expire.",
    arguments: [.key("key"), .unixTime("unix-time-seconds"), fieldCondition, namedFields])

private let hpexpireatRow = CommandRow(
    .hpexpireat, "hpexpireat", arity: -6, [.write, .denyOOM, .fast], .hash,
    keys: [.at(1, [.rw, .update])],
    since: "7.4.0", group: .hash, complexity: "O(N), N being the fields given",
    summary: "Sets the Unix time in milliseconds at which fields of a hash expire.",
    arguments: [.key("key"), .unixTime("unix-time-milliseconds"), fieldCondition, namedFields])

private let hpersistRow = CommandRow(
    .hpersist, "hpersist", arity: -5, [.write, .fast], .hash,
    keys: [.at(1, [.rw, .update])],
    since: "7.4.0", group: .hash, complexity: "O(N), N being the fields given",
    summary: "Makes fields of a hash live for ever.",
    arguments: [.key("key"), namedFields])

package func hexpireCommand(_ c: inout CommandContext) { expireFields(&c, .seconds, "hexpire") }

package func hpexpireCommand(_ c: inout CommandContext) {
    expireFields(&c, .milliseconds, "hpexpire")
}

package func hexpireatCommand(_ c: inout CommandContext) {
    expireFields(&c, .unixSeconds, "hexpireat")
}

package func hpexpireatCommand(_ c: inout CommandContext) {
    expireFields(&c, .unixMilliseconds, "hpexpireat")
}

/// Deadlines that a command may give: up to this time, unix milliseconds (Redis keeps them in
/// fewer bits than 64).
let latestFieldDeadline: Int64 = 1 << 46 - 1

/// When fields get a deadline: NX, XX, GT, LT.
enum FieldExpiryCondition {
    case always, ifNone, ifAny, ifLater, ifEarlier

    /// The condition of that name, in any letter case.
    init?(_ word: Bytes) {
        if word.isWord("nx") {
            self = .ifNone
        } else if word.isWord("xx") {
            self = .ifAny
        } else if word.isWord("gt") {
            self = .ifLater
        } else if word.isWord("lt") {
            self = .ifEarlier
        } else {
            return nil
        }
    }

    /// Whether a field whose deadline is `old` (0: none, which is later than any) gets `new`.
    func allows(_ old: Int64, _ new: Int64) -> Bool {
        switch self {
        case .always: true
        case .ifNone: old == 0
        case .ifAny: old != 0
        case .ifLater: old != 0 && old < new
        case .ifEarlier: old == 0 || old > new
        }
    }
}

/// Changes the deadlines of fields and notes what the hash's timer has to know.
struct FieldDeadlineChange {
    private(set) var hash: HashValue
    /// Fields that have got a deadline, and fields deleted because it has passed.
    private(set) var updated = 0
    private(set) var deleted = 0
    /// The earliest deadline that was given or replaced; .max if none was.
    private var earliest = Int64.max

    /// Makes the hash one that can have deadlines.
    init(at position: Position, _ engine: UnsafeMutablePointer<Engine>) {
        hash = HashValue(position.entry, engine)
        hash.supportDeadlines()
        hash.save(to: position.entry)
    }

    /// Gives the field a deadline, or deletes it if that is not after now. What HEXPIRE answers: 1,
    /// 2 for deleted, 0 if the condition does not hold, -2 for a field that is not there.
    mutating func set(_ name: Bytes, _ due: Int64, _ condition: FieldExpiryCondition) -> Int {
        guard let old = hash.find(name)?.deadline else { return -2 }
        guard condition.allows(old, due) else { return 0 }
        if old != 0 { earliest = min(earliest, old) }
        if due <= hash.engine.pointee.now {
            _ = hash.remove(name)
            hash.engine.pointee.statistics.expiredFields += 1
            deleted += 1
            return 2
        }
        earliest = min(earliest, due)
        hash.setDeadline(name, due)
        updated += 1
        return 1
    }

    /// Sees to the timer of the hash, or removes the key if no field is left.
    func finish(_ c: inout CommandContext, at position: Position) {
        if deleted > 0, c.storeOrRemove(hash, at: position) { return }
        if updated > 0 {
            c.database.pointee.armFields(position.entry, c.firstKeyHash, earliest)
        } else if deleted > 0, hash.isStable, let timer = position.entry.fieldTimer,
            timer.pointee.time >= earliest
        {
            c.database.pointee.disarmFields(position.entry)
        }
    }
}

private func expireFields(
    _ c: inout CommandContext, _ form: ExpiryForm, _ command: StaticString
) {
    var isError = false
    let position = c.hashPosition(&isError)
    if isError { return }
    guard let number = c.integer(2) else { return }
    if number < 0 {
        return c.reply.pointee.error("ERR invalid expire time, must be >= 0")
    }
    guard let due = form.deadline(number, now: c.engine.pointee.now), due <= latestFieldDeadline
    else { return c.replyInvalidExpiry(command) }
    let condition = FieldExpiryCondition(c[3])
    let first = c.fieldsBehindWord(
        at: condition == nil ? 3 : 4, "ERR Parameter `numFields` should be greater than 0")
    guard let first else { return }
    guard let position else { return replyToAll(&c, from: first, -2) }
    var change = FieldDeadlineChange(at: position, c.engine)
    c.reply.pointee.array(c.count - first)
    for i in first..<c.count {
        c.reply.pointee.integer(change.set(c[i], due, condition ?? .always))
    }
    change.finish(&c, at: position)
    let changes = change.updated + change.deleted
    if changes > 0 { c.database.pointee.changed(c[1], by: changes) }
}

package func hpersistCommand(_ c: inout CommandContext) {
    var isError = false
    let position = c.hashPosition(&isError)
    if isError { return }
    guard let first = c.fieldsBehindWord(at: 2, positiveFieldCountText) else { return }
    guard let position else { return replyToAll(&c, from: first, -2) }
    let hash = HashValue(position.entry, c.engine)
    var changed = false
    c.reply.pointee.array(c.count - first)
    for i in first..<c.count {
        guard let field = hash.find(c[i]), !hash.isExpired(field.deadline) else {
            c.reply.pointee.integer(-2)
            continue
        }
        if field.deadline != 0 {
            hash.setDeadline(c[i], 0)
            changed = true
        }
        c.reply.pointee.integer(field.deadline == 0 ? -1 : 1)
    }
    if changed { c.database.pointee.changed(c[1]) }
}

// MARK: Arguments

/// What is said about a wrong number of fields where nothing is set.
var positiveFieldCountText: StaticString { "ERR Number of fields must be a positive integer" }

extension CommandContext {
    /// Reads FIELDS, the number of fields and as many names as there must be, from argument `i` on:
    /// the index of the first name, or nil after an error.
    func fieldsBehindWord(at i: Int, _ wrongNumber: StaticString) -> Int? {
        guard self[i].isWord("fields") else {
            reply.pointee.error(
                "ERR Mandatory argument FIELDS is missing or not at the right position")
            return nil
        }
        guard let number = self[i + 1].integer, number >= 1 else {
            reply.pointee.error(wrongNumber)
            return nil
        }
        guard number == count - i - 2 else {
            reply.pointee.error(
                "ERR The `numfields` parameter must match the number of arguments")
            return nil
        }
        return i + 2
    }
}

/// Answers the same for every field from argument `first` on.
func replyToAll(_ c: inout CommandContext, from first: Int, _ answer: Int) {
    c.reply.pointee.array(c.count - first)
    for _ in first..<c.count { c.reply.pointee.integer(answer) }
}
