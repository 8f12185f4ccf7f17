// Commands of later servers that get or set fields and their deadlines at once: HGETEX, HSETEX,
// HGETDEL, as Valkey 9.1 has them.

import Memory
import RESP

package let fieldOptionCommandRows: [CommandRow] = [hgetexRow, hsetexRow, hgetdelRow]

private let expiryForms: [ArgumentSpec] = [
    .integer("seconds", token: "EX"),
    .integer("milliseconds", token: "PX"),
    .unixTime("unix-time-seconds", token: "EXAT"),
    .unixTime("unix-time-milliseconds", token: "PXAT"),
]

private let hgetexRow = CommandRow(
    .hgetex, "hgetex", arity: -5, [.write, .fast], .hash,
    keys: [.at(1, [.rw, .access, .update])],
    since: "8.0.0", group: .hash, complexity: "O(N), N being the fields given",
    summary: "Returns the values of fields of a hash and changes when they expire.",
    arguments: [
        .key("key"),
        .oneOf("expiration", expiryForms + [.token("persist", "PERSIST")]).optional,
        namedFields,
    ])

private let hsetexRow = CommandRow(
    .hsetex, "hsetex", arity: -6, [.write, .denyOOM, .fast], .hash,
    keys: [.at(1, [.rw, .insert])],
    since: "8.0.0", group: .hash, complexity: "O(N), N being the fields given",
    summary: "Sets fields of a hash and when they expire.",
    arguments: [
        .key("key"),
        .oneOf("key-condition", [.token("nx", "NX"), .token("xx", "XX")]).optional,
        .oneOf("fields-condition", [.token("fnx", "FNX"), .token("fxx", "FXX")]).optional,
        .oneOf("expiration", expiryForms + [.token("keepttl", "KEEPTTL")]).optional,
        .block(
            "fields", token: "FIELDS",
            [
                .integer("numfields"),
                .block("data", [.string("field"), .string("value")]).multiple,
            ]),
    ])

private let hgetdelRow = CommandRow(
    .hgetdel, "hgetdel", arity: -5, [.write, .fast], .hash,
    keys: [.at(1, [.rw, .access, .delete])],
    since: "8.0.0", group: .hash, complexity: "O(N), N being the fields given",
    summary: "Returns the values of fields of a hash and deletes them.",
    arguments: [.key("key"), namedFields])

// MARK: Options

/// What stands between the key and FIELDS.
private struct FieldOptions {
    var onlyIfKeyMissing = false
    var onlyIfKeyPresent = false
    var onlyIfFieldsMissing = false
    var onlyIfFieldsPresent = false
    var persists = false
    var keepsDeadline = false
    var form: ExpiryForm?
    /// Index of the argument with the time; where `form` is set.
    var timeIndex = 0
    /// Index of the first name.
    var first = 0

    enum Grammar { case get, set }

    /// All up to the first name; nil after an error. The first FIELDS ends the options.
    init?(_ c: borrowing CommandContext, _ grammar: Grammar) {
        var at = 2
        while at < c.count - 1, !c[at].isWord("fields") { at += 1 }
        guard at < c.count - 1 else {
            Self.replyFieldCount(c)
            return nil
        }
        var i = 2
        while i < at {
            guard takeWord(c[i], grammar) || takeExpiry(c, &i, before: at) else {
                c.replySyntaxError()
                return nil
            }
            i += 1
        }
        guard let number = c.integer(at + 1) else { return nil }
        first = at + 2
        let given = c.count - first
        let names = grammar == .set && given % 2 == 0 ? given / 2 : given
        guard number > 0, number == names, grammar == .get || given % 2 == 0 else {
            Self.replyFieldCount(c)
            return nil
        }
    }

    static func replyFieldCount(_ c: borrowing CommandContext) {
        c.reply.pointee.error(
            """
            ERR numfields should be greater than 0 and match the provided number of fields
            """)
    }

    private mutating func takeWord(_ word: Bytes, _ grammar: Grammar) -> Bool {
        if grammar == .get {
            guard word.isWord("persist"), form == nil else { return false }
            persists = true
        } else if word.isWord("nx"), !onlyIfKeyPresent {
            onlyIfKeyMissing = true
        } else if word.isWord("xx"), !onlyIfKeyMissing {
            onlyIfKeyPresent = true
        } else if word.isWord("fnx"), !onlyIfFieldsPresent {
            onlyIfFieldsMissing = true
        } else if word.isWord("fxx"), !onlyIfFieldsMissing {
            onlyIfFieldsPresent = true
        } else if word.isWord("keepttl"), form == nil {
            keepsDeadline = true
        } else {
            return false
        }
        return true
    }

    private mutating func takeExpiry(
        _ c: borrowing CommandContext, _ i: inout Int, before end: Int
    ) -> Bool {
        guard let form = ExpiryForm(option: c[i]), !keepsDeadline, !persists,
            self.form == nil || self.form == form, i + 1 < end
        else { return false }
        self.form = form
        i += 1
        timeIndex = i
        return true
    }

    /// Whether NX and XX let the command go on; the time is looked at only after that.
    func allowsKey(isPresent: Bool) -> Bool {
        isPresent ? !onlyIfKeyMissing : !onlyIfKeyPresent
    }

    /// The deadline that was asked for, nil for none; or `isError`, and the error is written.
    func deadline(
        _ c: borrowing CommandContext, _ command: StaticString, _ isError: inout Bool
    ) -> Int64? {
        guard let form else { return nil }
        isError = true
        guard let number = c.integer(timeIndex) else { return nil }
        guard number >= 0, let due = form.deadline(number, now: c.engine.pointee.now),
            due <= latestFieldDeadline
        else {
            c.replyInvalidExpiry(command)
            return nil
        }
        isError = false
        return due
    }
}

/// Answers null for every field from argument `first` on.
private func replyNulls(_ c: inout CommandContext, from first: Int) {
    c.reply.pointee.array(c.count - first)
    for _ in first..<c.count { c.reply.pointee.null() }
}

// MARK: HGETEX

package func hgetexCommand(_ c: inout CommandContext) {
    guard let options = FieldOptions(c, .get) else { return }
    var isError = false
    let position = c.hashPosition(&isError)
    if isError { return }
    let due = options.deadline(c, "hgetex", &isError)
    if isError { return }
    guard let position else { return replyNulls(&c, from: options.first) }
    var changes = 0
    if let due {
        changes = replyExpiring(&c, options.first, position, due)
    } else {
        changes = replyFields(&c, options.first, position, persists: options.persists)
    }
    if changes > 0 { c.database.pointee.changed(c[1], by: changes) }
}

/// Answers with the values and gives the fields a deadline. How many were changed.
private func replyExpiring(
    _ c: inout CommandContext, _ first: Int, _ position: Position, _ due: Int64
) -> Int {
    var change = FieldDeadlineChange(at: position, c.engine)
    var isGone = false
    c.reply.pointee.array(c.count - first)
    for i in first..<c.count where replyValue(&c, change.hash, i, &isGone) != nil {
        _ = change.set(c[i], due, .always)
    }
    if !isGone { change.finish(&c, at: position) }
    return change.updated + change.deleted
}

/// Answers with the values, and takes deadlines away if that was asked for. How many went.
private func replyFields(
    _ c: inout CommandContext, _ first: Int, _ position: Position, persists: Bool
) -> Int {
    let hash = HashValue(position.entry, c.engine)
    var isGone = false
    var persisted = 0
    c.reply.pointee.array(c.count - first)
    for i in first..<c.count {
        guard let field = replyValue(&c, hash, i, &isGone), persists, field.deadline != 0
        else { continue }
        hash.setDeadline(c[i], 0)
        persisted += 1
    }
    return persisted
}

/// Answers with the value of the field that argument `i` names, or null if it is not there.
private func replyValue(
    _ c: inout CommandContext, _ hash: HashValue, _ i: Int, _ isGone: inout Bool
) -> HashField? {
    guard !isGone, let field = c.liveField(hash, i, &isGone) else {
        c.reply.pointee.null()
        return nil
    }
    c.reply.pointee.appendBulk(field.value)
    return field
}

// MARK: HSETEX

package func hsetexCommand(_ c: inout CommandContext) {
    guard let options = FieldOptions(c, .set) else { return }
    var isError = false
    var position = c.hashPosition(&isError)
    if isError { return }
    guard options.allowsKey(isPresent: position != nil) else {
        return c.reply.pointee.integer(0)
    }
    let due = options.deadline(c, "hsetex", &isError)
    if isError { return }
    guard meetsConditions(&c, options, &position) else { return c.reply.pointee.integer(0) }
    if let due, due <= c.engine.pointee.now {
        if let position { deleteGiven(&c, options, position) }
    } else {
        setGiven(&c, options, position, due)
    }
    c.reply.pointee.integer(1)
}

/// Whether FNX and FXX let the command go on. Fields past their time are removed in passing, and
/// `position` is nil afterwards if the key went with them.
private func meetsConditions(
    _ c: inout CommandContext, _ options: FieldOptions, _ position: inout Position?
) -> Bool {
    guard options.onlyIfFieldsMissing || options.onlyIfFieldsPresent else { return true }
    var i = options.first
    while i < c.count {
        var isFound = false
        if let here = position {
            var isGone = false
            let hash = HashValue(here.entry, c.engine)
            isFound = c.liveField(hash, i, &isGone) != nil
            if isGone { position = nil }
        }
        if isFound != options.onlyIfFieldsPresent { return false }
        i += 2
    }
    return true
}

/// The deadline has passed already: the fields are deleted where they are there.
private func deleteGiven(
    _ c: inout CommandContext, _ options: FieldOptions, _ position: Position
) {
    var change = FieldDeadlineChange(at: position, c.engine)
    var i = options.first
    while i < c.count {
        _ = change.set(c[i], 0, .always)
        i += 2
    }
    change.finish(&c, at: position)
    if change.deleted > 0 { c.database.pointee.changed(c[1], by: change.deleted) }
}

private func setGiven(
    _ c: inout CommandContext, _ options: FieldOptions, _ position: Position?, _ due: Int64?
) {
    let limits = c.hashLimits
    let number = c.count - options.first
    var hash = c.hash(at: position)
    hash.prepare(for: c.arguments + options.first, number, limits)
    if due != nil { hash.supportDeadlines() }
    var deadline = NewFieldDeadline.none
    if let due { deadline = .at(due) }
    if options.keepsDeadline { deadline = .keep }
    var i = options.first
    while i < c.count {
        _ = hash.set(c[i], c[i + 1], deadline, limits)
        i += 2
    }
    c.store(hash, at: position, arming: due ?? 0)
    c.database.pointee.changed(c[1], by: number / 2)
}

// MARK: HGETDEL

package func hgetdelCommand(_ c: inout CommandContext) {
    guard c[2].isWord("fields") else { return c.replySyntaxError() }
    guard let number = c.integer(3) else { return }
    guard number > 0, number == c.count - 4 else { return FieldOptions.replyFieldCount(c) }
    var isError = false
    let position = c.hashPosition(&isError)
    if isError { return }
    guard let position else { return replyNulls(&c, from: 4) }
    var hash = HashValue(position.entry, c.engine)
    var isGone = false
    var deleted = 0
    c.reply.pointee.array(c.count - 4)
    for i in 4..<c.count {
        guard replyValue(&c, hash, i, &isGone) != nil else { continue }
        _ = hash.remove(c[i])
        deleted += 1
        isGone = c.storeOrRemove(hash, at: position)
    }
    if deleted > 0 { c.database.pointee.changed(c[1], by: deleted) }
}
