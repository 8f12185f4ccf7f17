// HRANDFIELD: fields of a hash at random.
//
// As in Redis a positive count answers different fields, in no particular order, a negative one
// draws each anew. All fields past their time are removed first.

import Memory
import RESP

package let randomFieldCommandRows: [CommandRow] = [hrandfieldRow]

private let hrandfieldRow = CommandRow(
    .hrandfield, "hrandfield", arity: -2, .readOnly, .hash,
    keys: [.at(1, [.ro, .access])],
    tips: [.nondeterministicOutput],
    since: "6.2.0", group: .hash, complexity: "O(N), N being the fields returned",
    summary: "Returns fields of a hash chosen at random.",
    arguments: [
        .key("key"),
        .block(
            "options",
            [.integer("count"), .token("withvalues", "WITHVALUES").optional]
        ).optional,
    ])

package func hrandfieldCommand(_ c: inout CommandContext) {
    guard c.count > 2 else { return replyOne(&c) }
    guard let count = c.listSymmetricIntegerOrError(2) else { return }
    var withValues = false
    if c.count > 3 {
        guard c.count == 4, c[3].isWord("withvalues") else { return c.replySyntaxError() }
        withValues = true
        if abs(count) > Int.max / 2 {
            return c.reply.pointee.error("ERR value is out of range")
        }
    }
    guard let hash = randomHash(&c, whenMissing: { $0.pointee.emptyArray() }) else { return }
    if count == 0 { return c.reply.pointee.emptyArray() }
    let sampler = FieldSampler(hash, withValues, c.reply)
    if count < 0 || count == 1 {
        sampler.header(abs(count))
        for _ in 0..<abs(count) { sampler.appendAny() }
    } else if count >= hash.count {
        sampler.header(hash.count)
        hash.forEach { name, value, _ in sampler.append(name, value) }
    } else {
        sampler.header(count)
        sampler.appendDifferent(count)
    }
}

/// The form without a count: one name, or null.
private func replyOne(_ c: inout CommandContext) {
    guard let hash = randomHash(&c, whenMissing: { $0.pointee.null() }) else { return }
    FieldSampler(hash, false, c.reply).appendAny()
}

/// The hash under argument 1 without fields past their time; nil after a reply.
private func randomHash(
    _ c: inout CommandContext, whenMissing: (UnsafeMutablePointer<ReplyBuffer>) -> Void
) -> HashValue? {
    var isError = false
    guard let hash = c.readHash(&isError) else {
        if !isError { whenMissing(c.reply) }
        return nil
    }
    guard c.database.pointee.expireAllFields(c[1], c.firstKeyHash) else { return hash }
    whenMissing(c.reply)
    return nil
}

/// Draws fields and writes them into the reply.
private struct FieldSampler {
    let hash: HashValue
    let withValues: Bool
    let reply: UnsafeMutablePointer<ReplyBuffer>

    init(_ hash: HashValue, _ withValues: Bool, _ reply: UnsafeMutablePointer<ReplyBuffer>) {
        self.hash = hash
        self.withValues = withValues
        self.reply = reply
    }

    private var random: UnsafeMutablePointer<RandomSource> {
        withUnsafeMutablePointer(to: &hash.engine.pointee.random) { $0 }
    }

    /// Header of an answer of `count` fields: pairs in RESP3, flat in RESP2.
    func header(_ count: Int) {
        reply.pointee.array(withValues && !reply.pointee.resp3 ? count * 2 : count)
    }

    func append(_ name: PackedItem, _ value: PackedItem) {
        if withValues, reply.pointee.resp3 { reply.pointee.array(2) }
        reply.pointee.appendBulk(name)
        if withValues { reply.pointee.appendBulk(value) }
    }

    /// One field, each as likely as any other.
    func appendAny() {
        if hash.isPacked {
            let block = hash.packedElements.block
            let width = hash.packedElements.width
            let index = random.pointee.below(block.count / width) * width
            guard let name = block.at(index) else { return }
            append(block.item(at: name), block.item(at: block.after(name)))
        } else if let field = hash.big.state.pointee.table.fairElement(&random.pointee) {
            append(PackedItem(field.key), PackedItem(field.value))
        }
    }

    /// `count` different fields, fewer than there are.
    func appendDifferent(_ count: Int) {
        if hash.isPacked || count > hash.count / 3 { return appendInOrder(count) }
        // Few of many: drawn one by one, and drawn again if they were seen.
        var seen: Set<UnsafeMutableRawPointer> = []
        while seen.count < count {
            guard let field = hash.big.state.pointee.table.fairElement(&random.pointee) else {
                return
            }
            guard seen.insert(field.raw).inserted else { continue }
            append(PackedItem(field.key), PackedItem(field.value))
        }
    }

    /// Walks all fields and takes each with the chance that gives every set of `count` the same.
    private func appendInOrder(_ count: Int) {
        var needed = count
        var left = hash.count
        hash.forEach { name, value, _ in
            if needed > 0, random.pointee.below(left) < needed {
                append(name, value)
                needed -= 1
            }
            left -= 1
        }
    }
}
