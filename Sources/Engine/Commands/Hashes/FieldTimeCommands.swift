// Commands that ask for fields' deadlines: HTTL, HPTTL, HEXPIRETIME, HPEXPIRETIME.

import Memory
import RESP

package let fieldTimeCommandRows: [CommandRow] = [
    httlRow, hpttlRow, hexpiretimeRow, hpexpiretimeRow,
]

private let httlRow = CommandRow(
    .httl, "httl", arity: -5, [.readOnly, .fast], .hash,
    keys: [.at(1, [.ro, .access])],
    since: "7.4.0", group: .hash, complexity: "O(N), N being the fields given",
    summary: "Returns how many seconds fields of a hash have left to live.",
    arguments: [.key("key"), namedFields])

private let hpttlRow = CommandRow(
    .hpttl, "hpttl", arity: -5, [.readOnly, .fast], .hash,
    keys: [.at(1, [.ro, .access])],
    since: "7.4.0", group: .hash, complexity: "O(N), N being the fields given",
    summary: "Returns how many milliseconds fields of a hash have left to live.",
    arguments: [.key("key"), namedFields])

private let hexpiretimeRow = CommandRow(
    .hexpiretime, "hexpiretime", arity: -5, [.readOnly, .fast], .hash,
    keys: [.at(1, [.ro, .access])],
    since: "7.4.0", group: .hash, complexity: "O(N), N being the fields given",
    summary: "Returns the Unix times in seconds at which fields of a hash expire.",
    arguments: [.key("key"), namedFields])

private let hpexpiretimeRow = CommandRow(
    .hpexpiretime, "hpexpiretime", arity: -5, [.readOnly, .fast], .hash,
    keys: [.at(1, [.ro, .access])],
    since: "7.4.0", group: .hash, complexity: "O(N), N being the fields given",
    summary: "Returns the Unix times in milliseconds at which fields of a hash expire.",
    arguments: [.key("key"), namedFields])

package func httlCommand(_ c: inout CommandContext) {
    replyTimes(&c, relative: true, seconds: true)
}

package func hpttlCommand(_ c: inout CommandContext) {
    replyTimes(&c, relative: true, seconds: false)
}

package func hexpiretimeCommand(_ c: inout CommandContext) {
    replyTimes(&c, relative: false, seconds: true)
}

package func hpexpiretimeCommand(_ c: inout CommandContext) {
    replyTimes(&c, relative: false, seconds: false)
}

/// Answers for each field with its deadline or what is left until then, seconds rounded up; -1
/// without a deadline, -2 without a field.
private func replyTimes(_ c: inout CommandContext, relative: Bool, seconds: Bool) {
    var isError = false
    let hash = c.readHash(&isError)
    if isError { return }
    guard let first = c.fieldsBehindWord(at: 2, positiveFieldCountText) else { return }
    guard let hash else { return replyToAll(&c, from: first, -2) }
    let now = c.engine.pointee.now
    // A packed hash of Redis calls a field gone that has its very last millisecond.
    let gone = hash.isPacked ? now : now - 1
    c.reply.pointee.array(c.count - first)
    for i in first..<c.count {
        guard let field = hash.find(c[i]), field.deadline == 0 || field.deadline > gone else {
            c.reply.pointee.integer(-2)
            continue
        }
        if field.deadline == 0 {
            c.reply.pointee.integer(-1)
            continue
        }
        let time = field.deadline - (relative ? now : 0)
        c.reply.pointee.integer(Int(seconds ? (time + 999) / 1000 : time))
    }
}
