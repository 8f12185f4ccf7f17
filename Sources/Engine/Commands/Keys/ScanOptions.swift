// What SCAN, SSCAN, HSCAN and ZSCAN share: the cursor, the options, the steps through a table, the
// frame of the reply.
//
// A scan through a table answers whatever is in it from the first call to the last, at least once,
// however the table grows or shrinks in between (Table.scan). Packed values are answered whole, with
// cursor 0.

import Memory
import RESP

struct ScanOptions {
    var count = 10
    /// MATCH, unless everything matches.
    var pattern: Bytes?
    /// HSCAN's NOVALUES.
    var noValues = false
    /// SCAN's TYPE: whether only keys of one type are wanted, and of which; none are of a type that
    /// is unknown.
    var filtersType = false
    var type: ValueType?

    /// The options from argument `first` on; nil after an error. `collection` is what is scanned,
    /// nil for the keys themselves.
    init?(_ c: borrowing CommandContext, from first: Int, of collection: ValueType?) {
        var i = first
        while i < c.count {
            let hasNext = i + 1 < c.count
            if c[i].isWord("count"), hasNext {
                guard let wanted = c.integer(i + 1) else { return nil }
                guard wanted >= 1 else {
                    c.replySyntaxError()
                    return nil
                }
                count = Int(wanted)
                i += 2
            } else if c[i].isWord("match"), hasNext {
                pattern = c[i + 1].equals(Bytes("*")) ? nil : c[i + 1]
                i += 2
            } else if collection == nil, c[i].isWord("type"), hasNext {
                filtersType = true
                type = ValueType(name: c[i + 1])
                i += 2
            } else if c[i].isWord("novalues") {
                guard collection == .hash else {
                    c.reply.pointee.error("ERR NOVALUES option can only be used in HSCAN")
                    return nil
                }
                noValues = true
                i += 1
            } else {
                c.replySyntaxError()
                return nil
            }
        }
    }

    /// Whether an element called `name` passes MATCH.
    @inline(__always)
    func matches(_ name: Bytes) -> Bool {
        guard let pattern else { return true }
        return Glob.matches(pattern, name)
    }

    /// How many steps through a table one call may take.
    var mostSteps: Int {
        let (steps, overflow) = count.multipliedReportingOverflow(by: 10)
        return overflow ? .max : steps
    }

    /// Walks a table on from `start` until COUNT elements were seen or ten times as many steps were
    /// taken: calls `body` with each element, filtered by nothing, and returns the next cursor.
    func scan<E>(
        _ table: UnsafeMutablePointer<Table<E>>, from start: UInt64, _ body: (E) -> Void
    ) -> UInt64 {
        var cursor = start
        var seen = 0
        var steps = mostSteps
        repeat {
            cursor = table.pointee.scan(cursor) { element in
                seen += 1
                body(element)
            }
            steps -= 1
        } while cursor != 0 && steps > 0 && seen < count
        return cursor
    }
}

/// The reply of a scan, whose cursor and length are known last: `begin`, the elements as bulk
/// strings, `finish`.
struct ScanReply {
    private let outer: ReplyBuffer.Deferred
    private let inner: ReplyBuffer.Deferred

    static func begin(_ reply: UnsafeMutablePointer<ReplyBuffer>) -> ScanReply {
        ScanReply(outer: reply.pointee.deferred(), inner: reply.pointee.deferred())
    }

    /// `count` bulk strings were written.
    func finish(
        _ reply: UnsafeMutablePointer<ReplyBuffer>, cursor: UInt64, count: Int
    ) {
        reply.pointee.close(inner, array: count)
        var head: [UInt8] = Array("*2\r\n$".utf8)
        let digits = Array(String(cursor).utf8)
        head += Array(String(digits.count).utf8) + [13, 10] + digits + [13, 10]
        reply.pointee.insert(head, at: outer)
    }
}

/// What SSCAN, HSCAN and ZSCAN begin with: the cursor, the value under the key, the options.
struct CollectionScan {
    let entry: Entry
    let cursor: UInt64
    let options: ScanOptions

    /// Nil after a reply: an error, or the empty one of a key that is not there.
    init?(_ c: inout CommandContext, of type: ValueType) {
        guard let cursor = scanCursor(c[2]) else {
            c.reply.pointee.error("ERR invalid cursor")
            return nil
        }
        guard let entry = c.lookupRead(c[1], c.firstKeyHash) else {
            ScanReply.begin(c.reply).finish(c.reply, cursor: 0, count: 0)
            return nil
        }
        guard entry.type == type else {
            c.replyWrongType()
            return nil
        }
        guard let options = ScanOptions(c, from: 3, of: type) else { return nil }
        self.entry = entry
        self.cursor = cursor
        self.options = options
    }
}

/// A cursor as Redis reads it: a decimal number of 64 bits, with blanks, a sign or zeros before it,
/// a negative one counted down from 2^64; but -1 and other plain negative integers are refused.
func scanCursor(_ whole: Bytes) -> UInt64? {
    let text = whole.upToZero
    if let plain = text.integer { return UInt64(exactly: plain) }
    var i = 0
    while i < text.count, text[i] == 0x20 || (0x09...0x0D).contains(text[i]) { i += 1 }
    let negative = i < text.count && text[i] == 0x2D
    if negative || (i < text.count && text[i] == 0x2B) { i += 1 }
    guard i < text.count else { return nil }
    var value: UInt64 = 0
    while i < text.count {
        let digit = text[i] &- 48
        let (product, tooLong) = value.multipliedReportingOverflow(by: 10)
        let (sum, tooLarge) = product.addingReportingOverflow(UInt64(digit))
        guard digit <= 9, !tooLong, !tooLarge else { return nil }
        value = sum
        i += 1
    }
    return negative ? 0 &- value : value
}
