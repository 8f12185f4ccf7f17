// Glob patterns: `*`, `?`, `[^a-z]`, `\`, as KEYS, SCAN MATCH, CONFIG GET and pub/sub patterns have
// them in Redis 7.4, odd corners included (each was checked against the running server).
//
// Matching goes back to the latest star only, so it takes at most pattern times string steps; no
// recursion, no allocation.

@frozen
package enum Glob {
    /// Patterns that pass more stars than this (runs of stars count once) never match, as in Redis,
    /// whose recursion is limited to this depth.
    @usableFromInline static var starLimit: Int { 1000 }

    /// Whether the whole of `string` matches `pattern`.
    ///
    /// - Complexity: O(pattern x string) at worst, O(pattern + string) usually.
    package static func matches(
        _ pattern: Bytes, _ string: Bytes, ignoringCase: Bool = false
    ) -> Bool {
        var p = 0
        var s = 0
        // Where to go on after a mismatch: behind the latest star, one byte further in the string.
        var resumePattern = -1
        var resumeString = 0
        var stars = 0
        while true {
            var alive = true
            if s == string.count {
                // Stars match the empty rest, but only if something was consumed before: the
                // pattern "*" does not match the empty string in Redis's matcher.
                if s > 0 {
                    while p < pattern.count, pattern[p] == 0x2A { p += 1 }
                }
                return p == pattern.count
            } else if p == pattern.count {
                alive = false
            } else if pattern[p] == 0x2A {
                while p + 1 < pattern.count, pattern[p + 1] == 0x2A { p += 1 }
                if p + 1 == pattern.count { return true }
                stars += 1
                if stars > starLimit { return false }
                p += 1
                resumePattern = p
                resumeString = s
                continue
            } else {
                alive = matchOne(pattern, &p, string[s], ignoringCase)
                s += 1
            }
            if alive { continue }
            guard resumePattern >= 0 else { return false }
            resumeString += 1
            guard resumeString < string.count else { return false }
            p = resumePattern
            s = resumeString
        }
    }

    /// Matches one byte against the element at `p`, which is no star, and moves `p` behind it.
    @inline(__always)
    private static func matchOne(
        _ pattern: Bytes, _ p: inout Int, _ byte: UInt8, _ ignoringCase: Bool
    ) -> Bool {
        switch pattern[p] {
        case 0x3F:  // ?
            p += 1
            return true
        case 0x5B:  // [
            return matchClass(pattern, &p, byte, ignoringCase)
        case 0x5C where p + 1 < pattern.count:  // a backslash at the very end stands for itself
            p += 1
        default:
            break
        }
        let wanted = pattern[p]
        p += 1
        return ignoringCase ? fold(wanted) == fold(byte) : wanted == byte
    }

    /// `[...]`: an unclosed class ends with the pattern; an escaped byte never ignores case;
    /// reversed ranges are turned round; ranges compare as signed bytes, as C's char does.
    private static func matchClass(
        _ pattern: Bytes, _ p: inout Int, _ byte: UInt8, _ ignoringCase: Bool
    ) -> Bool {
        p += 1
        let negated = p < pattern.count && pattern[p] == 0x5E
        if negated { p += 1 }
        var found = false
        while p < pattern.count {
            let left = pattern.count - p
            if left >= 2, pattern[p] == 0x5C {
                p += 1
                if pattern[p] == byte { found = true }
            } else if pattern[p] == 0x5D {
                p += 1
                break
            } else if left >= 3, pattern[p + 1] == 0x2D {
                if inRange(pattern[p], pattern[p + 2], byte, ignoringCase) { found = true }
                p += 2
            } else if ignoringCase ? fold(pattern[p]) == fold(byte) : pattern[p] == byte {
                found = true
            }
            p += 1
        }
        return found != negated
    }

    private static func inRange(
        _ from: UInt8, _ to: UInt8, _ byte: UInt8, _ ignoringCase: Bool
    ) -> Bool {
        var low = Int8(bitPattern: from)
        var high = Int8(bitPattern: to)
        if low > high { swap(&low, &high) }
        guard ignoringCase else {
            let c = Int8(bitPattern: byte)
            return low <= c && c <= high
        }
        let c = Int8(bitPattern: fold(byte))
        return Int8(bitPattern: fold(UInt8(bitPattern: low))) <= c
            && c <= Int8(bitPattern: fold(UInt8(bitPattern: high)))
    }

    @inline(__always)
    private static func fold(_ c: UInt8) -> UInt8 { c &- 65 < 26 ? c | 0x20 : c }
}
