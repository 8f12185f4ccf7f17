// LCS: the longest common subsequence of two strings.
//
// Cold. Runs to completion: the reply asks for it, and proto-max-bulk-len bounds it.

import Memory
import RESP

package let lcsCommandRows: [CommandRow] = [
    lcsRow
]

private let lcsRow = CommandRow(
    .lcs, "lcs", arity: -3, .readOnly, .string,
    keys: [.at(1, through: 1, [.ro, .access])],
    since: "7.0.0", group: .string,
    complexity: "O(N*M), N and M being the lengths of the strings",
    summary: "Compares two strings by their longest common subsequence.",
    arguments: [
        .key("key1"),
        .key("key2"),
        .token("len", "LEN").optional,
        .token("idx", "IDX").optional,
        .integer("min-match-len", token: "MINMATCHLEN").optional,
        .token("withmatchlen", "WITHMATCHLEN").optional,
    ])

package func lcsCommand(_ c: inout CommandContext) {
    let first = c.lookupRead(c[1], c.firstKeyHash)
    guard first?.isString ?? true else { return replyNotStrings(c) }
    let secondHash = c.engine.pointee.hash(c[2])
    guard c.lookupRead(c[2], secondHash)?.isString ?? true else { return replyNotStrings(c) }
    guard let options = LCSOptions(c) else { return }
    // Looked up again: the second lookup may have removed what the first one found.
    let a = c.database.pointee.peek(c[1], c.firstKeyHash)
    let b = c.database.pointee.peek(c[2], secondHash)
    lend(a) { a in
        lend(b) { b in compare(a, b, options, c) }
    }
}

private func replyNotStrings(_ c: borrowing CommandContext) {
    c.reply.pointee.error("ERR The specified keys must contain string values")
}

/// Lends a string's text; a missing key's is empty.
private func lend(_ entry: Entry?, _ body: (Bytes) -> Void) {
    if let entry { entry.withString(body) } else { body(Bytes("")) }
}

private struct LCSOptions {
    var wantsLength = false
    var wantsRanges = false
    var wantsRangeLengths = false
    var shortestRange = 0

    /// The options behind the keys; or nil, and the error is written.
    init?(_ c: borrowing CommandContext) {
        var i = 3
        while i < c.count {
            if c[i].isWord("len") {
                wantsLength = true
            } else if c[i].isWord("idx") {
                wantsRanges = true
            } else if c[i].isWord("withmatchlen") {
                wantsRangeLengths = true
            } else if c[i].isWord("minmatchlen"), i + 1 < c.count {
                i += 1
                guard let least = c.integer(i) else { return nil }
                shortestRange = Int(max(0, least))
            } else {
                c.replySyntaxError()
                return nil
            }
            i += 1
        }
        if wantsLength, wantsRanges {
            c.reply.pointee.error(
                "ERR If you want both the length and indexes, please just use IDX.")
            return nil
        }
    }
}

private func compare(
    _ a: Bytes, _ b: Bytes, _ options: LCSOptions, _ c: borrowing CommandContext
) {
    // The limits of Redis, whatever we need ourselves: 32-bit lengths, and the full table.
    guard a.count < Int(UInt32.max) - 1, b.count < Int(UInt32.max) - 1 else {
        c.reply.pointee.error("ERR String too long for LCS")
        return
    }
    let cells = (a.count + 1).multipliedReportingOverflow(by: b.count + 1)
    guard !cells.overflow, cells.partialValue <= c.engine.pointee.settings.protoMaxBulkLength / 4
    else {
        c.reply.pointee.error(
            "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len")
        return
    }
    let table = LCSTable(a, b)
    if options.wantsRanges {
        replyRanges(table, options, c.reply)
    } else if options.wantsLength {
        c.reply.pointee.integer(table.length)
    } else {
        replyText(table, c.reply)
    }
}

/// Lengths of the longest common subsequences of all pairs of prefixes.
private struct LCSTable: ~Copyable {
    let a: Bytes
    let b: Bytes
    private let cells: UnsafeMutablePointer<UInt32>
    private let columns: Int

    private var bytes: Int { (a.count + 1) * columns * MemoryLayout<UInt32>.stride }

    /// - Complexity: O(a x b) time and memory
    init(_ a: Bytes, _ b: Bytes) {
        self.a = a
        self.b = b
        columns = b.count + 1
        let bytes = (a.count + 1) * columns * MemoryLayout<UInt32>.stride
        cells = Allocator.allocate(bytes).bindMemory(to: UInt32.self, capacity: bytes / 4)
        cells.update(repeating: 0, count: columns)
        var row = cells
        for i in 0..<a.count {
            let next = row + columns
            let byte = a[i]
            next[0] = 0
            for j in 0..<b.count {
                next[j + 1] = byte == b[j] ? row[j] &+ 1 : max(row[j + 1], next[j])
            }
            row = next
        }
    }

    deinit { Allocator.deallocate(cells, bytes) }

    /// For the prefixes of `i` and `j` bytes.
    func length(_ i: Int, _ j: Int) -> UInt32 { cells[i * columns + j] }

    var length: Int { Int(length(a.count, b.count)) }

    /// The runs that a longest common subsequence is made of, from the last to the first: where
    /// each starts in `a` and `b`, and its length. Of several subsequences it is Redis's choice:
    /// from the end, a step back in `b` unless one in `a` leaves more.
    func forEachRun(_ body: (_ a: Int, _ b: Int, _ count: Int) -> Void) {
        var i = a.count
        var j = b.count
        while i > 0, j > 0 {
            var run = 0
            while i > 0, j > 0, a[i - 1] == b[j - 1] {
                i -= 1
                j -= 1
                run += 1
            }
            if run > 0 {
                body(i, j, run)
            } else if length(i - 1, j) > length(i, j - 1) {
                i -= 1
            } else {
                j -= 1
            }
        }
    }
}

private func replyText(_ table: borrowing LCSTable, _ reply: UnsafeMutablePointer<ReplyBuffer>) {
    var text = [UInt8](repeating: 0, count: table.length)
    var end = text.count
    table.forEachRun { start, _, count in
        end -= count
        for i in 0..<count { text[end + i] = table.a[start + i] }
    }
    reply.pointee.bulk(text)
}

private func replyRanges(
    _ table: borrowing LCSTable, _ options: LCSOptions, _ reply: UnsafeMutablePointer<ReplyBuffer>
) {
    reply.pointee.map(2)
    reply.pointee.bulk("matches" as StaticString)
    let place = reply.pointee.deferred()
    var matches = 0
    table.forEachRun { a, b, count in
        guard count >= options.shortestRange else { return }
        matches += 1
        reply.pointee.array(options.wantsRangeLengths ? 3 : 2)
        for start in [a, b] {
            reply.pointee.array(2)
            reply.pointee.integer(start)
            reply.pointee.integer(start + count - 1)
        }
        if options.wantsRangeLengths { reply.pointee.integer(count) }
    }
    reply.pointee.close(place, array: matches)
    reply.pointee.bulk("len" as StaticString)
    reply.pointee.integer(table.length)
}
