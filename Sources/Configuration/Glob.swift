// Shell-style patterns over names, in any letter case: *, ?, [a-z], [^a], \x.

/// Whether `pattern` matches all of `text`.
///
/// - Complexity: the product of both lengths at most: a star only ever gives way to a later one.
func matchesGlob(_ text: ByteText, _ pattern: ByteText) -> Bool {
    let text = text.lowercasedASCII
    let pattern = pattern.lowercasedASCII
    var (t, p) = (0, 0)
    var star: (text: Int, pattern: Int)?
    while t < text.count {
        if p < pattern.count, pattern[p] == 42 {
            p += 1
            star = (t, p)
        } else if p < pattern.count, let next = step(pattern, p, text[t]) {
            p = next
            t += 1
        } else if let last = star {
            t = last.text + 1
            p = last.pattern
            star = (t, p)
        } else {
            return false
        }
    }
    return pattern[p...].allSatisfy { $0 == 42 }
}

/// The place behind the pattern element at `p` if it matches `c`.
private func step(_ pattern: ByteText, _ p: Int, _ c: UInt8) -> Int? {
    switch pattern[p] {
    case 63: return p + 1
    case 92 where p + 1 < pattern.count: return pattern[p + 1] == c ? p + 2 : nil
    case 91: return classStep(pattern, p + 1, c)
    default: return pattern[p] == c ? p + 1 : nil
    }
}

/// A bracketed class from behind its bracket; one that does not end runs to the pattern's end.
private func classStep(_ pattern: ByteText, _ start: Int, _ c: UInt8) -> Int? {
    var p = start
    let inverted = p < pattern.count && pattern[p] == 94
    if inverted { p += 1 }
    var matched = false
    while p < pattern.count, pattern[p] != 93 {
        if pattern[p] == 92, p + 1 < pattern.count {
            matched = matched || pattern[p + 1] == c
            p += 2
        } else if p + 2 < pattern.count, pattern[p + 1] == 45 {
            let (a, b) = (pattern[p], pattern[p + 2])
            matched = matched || (min(a, b)...max(a, b)).contains(c)
            p += 3
        } else {
            matched = matched || pattern[p] == c
            p += 1
        }
    }
    return matched != inverted ? min(p + 1, pattern.count) : nil
}
