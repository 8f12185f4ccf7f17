// What a SORT asks for: its options, read as Redis 7.4 reads them.

import Memory
import RESP

struct SortRequest {
    private(set) var isDescending = false
    /// Whether texts are compared rather than numbers.
    private(set) var isAlphabetic = false
    /// False with a BY that names no key: the elements stay as they are.
    private(set) var sorts = true
    /// What to sort by instead of the elements themselves.
    private(set) var by: SortPattern?
    private(set) var gets: [SortPattern] = []
    private var offset: Int64 = 0
    private var limit: Int64 = -1
    /// The argument that is the key to store under.
    private(set) var target: Int?

    /// Nil after an error.
    init?(_ c: borrowing CommandContext, readOnly: Bool) {
        var i = 2
        while i < c.count {
            guard let used = readOption(c, i, readOnly) else { return nil }
            i += used
        }
    }

    /// Reads the option at argument `i`; how many arguments it has, or nil after an error.
    private mutating func readOption(
        _ c: borrowing CommandContext, _ i: Int, _ readOnly: Bool
    ) -> Int? {
        let word = c[i]
        let left = c.count - i - 1
        if word.isWord("asc") {
            isDescending = false
        } else if word.isWord("desc") {
            isDescending = true
        } else if word.isWord("alpha") {
            isAlphabetic = true
        } else if word.isWord("limit"), left >= 2 {
            guard let from = c.integer(i + 1), let count = c.integer(i + 2) else { return nil }
            (offset, limit) = (from, count)
            return 3
        } else if !readOnly, word.isWord("store"), left >= 1 {
            target = i + 1
            return 2
        } else if word.isWord("by"), left >= 1 {
            let pattern = SortPattern(c[i + 1])
            by = pattern
            if !pattern.namesKeys { sorts = false }
            return 2
        } else if word.isWord("get"), left >= 1 {
            gets.append(SortPattern(c[i + 1]))
            return 2
        } else {
            c.replySyntaxError()
            return nil
        }
        return 1
    }

    /// A set has no order that could stay: what is stored of it is sorted as text.
    mutating func adaptToSet() {
        guard !sorts, target != nil else { return }
        sorts = true
        isAlphabetic = true
        by = nil
    }

    /// Which of `count` elements in order are wanted.
    func range(_ count: Int) -> Range<Int> {
        let start = Int(min(max(offset, 0), Int64(count)))
        if start >= count { return 0..<0 }
        if limit < 0 { return start..<count }
        // No overflow: both are cut to the count.
        return start..<min(start + Int(min(limit, Int64(count))), count)
    }
}
