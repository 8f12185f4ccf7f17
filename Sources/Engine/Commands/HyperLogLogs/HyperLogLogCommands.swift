// Commands that estimate how many different elements were added: PFADD, PFCOUNT, PFMERGE.

import Memory
import RESP

package let hyperLogLogCommandRows: [CommandRow] = [
    pfaddRow, pfcountRow, pfmergeRow,
]

private let pfaddRow = CommandRow(
    .pfadd, "pfadd", arity: -2, [.write, .denyOOM, .fast], .hyperLogLog,
    keys: [.at(1, [.rw, .insert])],
    since: "2.8.9", group: .hyperLogLog, complexity: "O(1) for each element",
    summary: "Adds elements to a HyperLogLog, which is made if there is none.",
    arguments: [.key("key"), .string("element").optional.multiple])

package func pfaddCommand(_ c: inout CommandContext) {
    let key = c[1]
    var updates = 0
    var found = c.lookupWrite(key, c.firstKeyHash)
    if found == nil {
        c.insertEmptyHyperLogLog(key, c.firstKeyHash)
        found = c.database.pointee.lookupWrite(key, c.firstKeyHash, touch: false)
        updates = 1
    }
    guard let position = found, var target = c.editHyperLogLog(position) else { return }
    var i = 2
    while i < c.count {
        let (register, rank) = HyperLogLog.place(of: c[i])
        switch target.raise(c, register, to: rank) {
        case .raised: updates += 1
        case .unchanged: break
        case .corrupt: return c.replyCorruptHyperLogLog()
        }
        i += 1
    }
    if updates > 0 {
        HyperLogLog.forgetEstimate(target.bytes)
        c.database.pointee.changed(key, by: updates)
    }
    c.reply.pointee.integer(updates > 0 ? 1 : 0)
}

private let pfcountRow = CommandRow(
    .pfcount, "pfcount", arity: -2, [.readOnly, .mayReplicate], .hyperLogLog,
    keys: [
        .at(
            1, through: -1, [.rw, .access],
            notes: """
                RW because it may change the internal representation of the key, and propagate to \
                replicas
                """)
    ],
    since: "2.8.9", group: .hyperLogLog,
    complexity: "O(1) for one key that has not changed, else O(N) for N keys",
    summary: "Estimates how many different elements were added to one or several HyperLogLogs.",
    arguments: [.key("key").multiple])

package func pfcountCommand(_ c: inout CommandContext) {
    if c.count > 2 { return countUnion(&c) }
    guard let entry = c.lookupRead(c[1], c.firstKeyHash) else {
        c.reply.pointee.integer(0)
        return
    }
    guard let string = c.hyperLogLog(entry) else { return }
    if entry.encoding != .embedded, let known = HyperLogLog.cachedEstimate(string.base) {
        c.reply.pointee.integer(Int(known))
        return
    }
    countAnew(&c)
}

/// Estimates and keeps the estimate in the string, which from then on is raw in Redis's words.
@inline(never)
private func countAnew(_ c: inout CommandContext) {
    guard let position = c.database.pointee.lookupWrite(c[1], c.firstKeyHash, touch: false),
        let target = c.editHyperLogLog(position)
    else { return }
    if let known = HyperLogLog.cachedEstimate(target.bytes) {
        c.reply.pointee.integer(Int(known))
        return
    }
    var histogram = HyperLogLog.Histogram(repeating: 0)
    if target.isDense {
        HyperLogLog.count(dense: target.bytes + HyperLogLog.headerBytes, &histogram)
    } else if !HyperLogLog.count(sparse: target.view, &histogram) {
        return c.replyCorruptHyperLogLog()
    }
    let estimate = HyperLogLog.estimate(histogram)
    HyperLogLog.cache(estimate, in: target.bytes)
    c.database.pointee.changed(c[1])
    c.reply.pointee.integer(Int(estimate))
}

@inline(never)
private func countUnion(_ c: inout CommandContext) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: HyperLogLog.registerCount) {
        let values = $0.baseAddress.unsafelyUnwrapped
        guard mergeAll(c, into: values) != nil else { return }
        var histogram = HyperLogLog.Histogram(repeating: 0)
        for i in 0..<HyperLogLog.registerCount { histogram[Int(values[i] & 63)] &+= 1 }
        c.reply.pointee.integer(Int(HyperLogLog.estimate(histogram)))
    }
}

/// Fills `values` with the highest of each register of all keys; whether one of them is dense, or nil
/// after an error.
private func mergeAll(
    _ c: borrowing CommandContext, into values: UnsafeMutablePointer<UInt8>
) -> Bool? {
    values.update(repeating: 0, count: HyperLogLog.registerCount)
    var isDense = false
    for i in 1..<c.count {
        let hash = c.keyHashes.map { $0[i - 1] } ?? c.engine.pointee.hash(c[i])
        guard let entry = c.lookupRead(c[i], hash) else { continue }
        guard let string = c.hyperLogLog(entry) else { return nil }
        if string[4] == HyperLogLog.dense {
            isDense = true
            HyperLogLog.merge(dense: string.base + HyperLogLog.headerBytes, into: values)
        } else if !HyperLogLog.merge(sparse: string, into: values) {
            c.replyCorruptHyperLogLog()
            return nil
        }
    }
    return isDense
}

private let pfmergeRow = CommandRow(
    .pfmerge, "pfmerge", arity: -2, [.write, .denyOOM], .hyperLogLog,
    keys: [.at(1, [.rw, .access, .insert]), .at(2, through: -1, [.ro, .access])],
    since: "2.8.9", group: .hyperLogLog, complexity: "O(N), N being the number of keys",
    summary: "Adds to a HyperLogLog what was added to others.",
    arguments: [.key("destkey"), .key("sourcekey", spec: 1).optional.multiple])

package func pfmergeCommand(_ c: inout CommandContext) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: HyperLogLog.registerCount) {
        let values = $0.baseAddress.unsafelyUnwrapped
        guard let isDense = mergeAll(c, into: values) else { return }
        if c.database.pointee.lookupWrite(c[1], c.firstKeyHash) == nil {
            c.insertEmptyHyperLogLog(c[1], c.firstKeyHash)
        }
        guard
            let position = c.database.pointee.lookupWrite(c[1], c.firstKeyHash, touch: false),
            var target = c.editHyperLogLog(position)
        else { return }
        if isDense, !target.makeDense(c) { return c.replyCorruptHyperLogLog() }
        target.raiseAll(c, to: values)
        HyperLogLog.forgetEstimate(target.bytes)
        c.database.pointee.changed(c[1])
        c.reply.pointee.ok()
    }
}
