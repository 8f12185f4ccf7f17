// The options that XADD and XTRIM share: MAXLEN and MINID with "=" or "~", LIMIT; and XADD's own,
// NOMKSTREAM and the ID.

import Memory
import RESP

struct StreamAddOptions {
    var trim: StreamTrim?
    var onlyIfThere = false
    /// The ID given; nil for "*".
    var id: StreamID?
    /// Whether the ID came with a sequence number, not as "<ms>-*".
    var isComplete = true
    private var limit: Int64?

    /// Reads options from argument 2 on. Returns the index of the ID (XADD), or of the end; nil
    /// after an error. Checks come in Redis 7.4's order.
    mutating func read(_ c: borrowing CommandContext, isAdd: Bool) -> Int? {
        var i = 2
        while i < c.count {
            let word = c[i]
            let hasMore = i + 1 < c.count
            if isAdd, word.count == 1, word[0] == UInt8(ascii: "*") { break }
            if word.isWord("maxlen") && hasMore || word.isWord("minid") && hasMore {
                guard readGoal(c, &i) else { return nil }
            } else if word.isWord("limit") && hasMore {
                guard let value = c.integer(i + 1) else { return nil }
                guard value >= 0 else {
                    c.reply.pointee.error("ERR The LIMIT argument must be >= 0.")
                    return nil
                }
                limit = value
                i += 2
            } else if isAdd, word.isWord("nomkstream") {
                onlyIfThere = true
                i += 1
            } else if isAdd {
                guard let given = StreamID.forNewEntry(word) else {
                    c.replyInvalidStreamID()
                    return nil
                }
                id = given.id
                isComplete = given.isComplete
                break
            } else {
                c.replySyntaxError()
                return nil
            }
        }
        return settleLimit(c, isAdd: isAdd) ? i : nil
    }

    /// MAXLEN or MINID at `i` with what belongs to it; moves `i` behind.
    private mutating func readGoal(_ c: borrowing CommandContext, _ i: inout Int) -> Bool {
        guard trim == nil else {
            c.reply.pointee.error(
                """
                ERR syntax error, MAXLEN and MINID options at the same time are not compatible
                """)
            return false
        }
        let isLength = c[i].isWord("maxlen")
        var isApproximate = false
        var at = i + 1
        if i + 2 < c.count, c[at].count == 1, c[at][0] == 0x7E || c[at][0] == 0x3D {
            isApproximate = c[at][0] == 0x7E
            at += 1
        }
        if isLength {
            guard let length = c.integer(at) else { return false }
            guard length >= 0 else {
                c.reply.pointee.error("ERR The MAXLEN argument must be >= 0.")
                return false
            }
            trim = StreamTrim(.length(UInt64(length)))
        } else {
            guard let id = c.streamID(at) else { return false }
            trim = StreamTrim(.from(id))
        }
        trim?.isApproximate = isApproximate
        i = at + 1
        return true
    }

    private mutating func settleLimit(_ c: borrowing CommandContext, isAdd: Bool) -> Bool {
        if trim == nil, let limit, limit != 0 {
            c.reply.pointee.error(
                """
                ERR syntax error, LIMIT cannot be used without specifying a trimming strategy
                """)
            return false
        }
        if trim == nil, !isAdd {
            c.reply.pointee.error(
                "ERR syntax error, XTRIM must be called with a trimming strategy")
            return false
        }
        let isApproximate = trim?.isApproximate ?? false
        if let limit {
            guard isApproximate else {
                c.reply.pointee.error(
                    "ERR syntax error, LIMIT cannot be used without the special ~ option")
                return false
            }
            trim?.limit = limit
        } else if isApproximate {
            trim?.limit = Self.defaultLimit(c.engine.pointee.settings.streamLimits)
        }
        return true
    }

    /// What an approximate trim removes at most if nothing is said: a hundred full blocks.
    private static func defaultLimit(_ limits: StreamNodeLimits) -> Int64 {
        let limit = 100 &* Int64(limits.entries)
        return limit <= 0 ? 10_000 : min(limit, 1_000_000)
    }
}
