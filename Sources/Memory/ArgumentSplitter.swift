// Splits a line into arguments with the quoting rules of inline commands and configuration files.
//
// Called by the request parser (inline requests that contain quotes) and by the configuration
// reader. Cold: builds arrays.

/// The arguments of one line, or nil where a quote is not closed or closed in mid-word.
///
/// Rules (Redis 7.4): arguments are separated by blanks. In double quotes `\n \r \t \b \a \xHH`
/// stand for bytes and a backslash before anything else for that byte; in single quotes only `\'`
/// is special. A quote may open in the middle of a word, but what follows a closing one must be a
/// blank or the end. Outside quotes a backslash is an ordinary byte. A NUL byte ends the line.
package func splitArguments(_ line: Bytes) -> [[UInt8]]? {
    var splitter = LineSplitter(line: line)
    var arguments: [[UInt8]] = []
    while splitter.skipBlanks() {
        guard let word = splitter.word() else { return nil }
        arguments.append(word)
    }
    return arguments
}

/// A cursor over one line. A NUL and the end of the line look alike to it.
private struct LineSplitter {
    let line: Bytes
    var at = 0

    init(line: Bytes) { self.line = line }

    /// The byte `ahead` places further on, 0 at and behind the end.
    func peek(_ ahead: Int = 0) -> UInt8 {
        at + ahead < line.count ? line[at + ahead] : 0
    }

    static func isBlank(_ c: UInt8) -> Bool { c == 32 || (c >= 9 && c <= 13) }

    /// Whether an argument follows.
    mutating func skipBlanks() -> Bool {
        while Self.isBlank(peek()) { at += 1 }
        return peek() != 0
    }

    /// The argument that starts here, or nil if its quotes are unbalanced.
    mutating func word() -> [UInt8]? {
        var word: [UInt8] = []
        while true {
            let c = peek()
            switch c {
            case 0, 0x20, 0x0A, 0x0D, 0x09:
                // Vertical tab and form feed separate words only where blanks are skipped.
                return word
            case 0x22:
                at += 1
                guard doubleQuoted(into: &word) else { return nil }
                return word
            case 0x27:
                at += 1
                guard singleQuoted(into: &word) else { return nil }
                return word
            default:
                word.append(c)
                at += 1
            }
        }
    }

    /// Whether the quote just closed is followed by a blank or the end.
    private func closesWord() -> Bool { peek() == 0 || Self.isBlank(peek()) }

    private mutating func doubleQuoted(into word: inout [UInt8]) -> Bool {
        while true {
            let c = peek()
            if c == 0 { return false }
            at += 1
            if c == 0x22 { return closesWord() }
            guard c == 0x5C, peek() != 0 else {
                word.append(c)
                continue
            }
            let escaped = peek()
            if escaped == 0x78, let high = hex(peek(1)), let low = hex(peek(2)) {
                word.append(high << 4 | low)
                at += 3
                continue
            }
            word.append(Self.escape(escaped))
            at += 1
        }
    }

    private mutating func singleQuoted(into word: inout [UInt8]) -> Bool {
        while true {
            let c = peek()
            if c == 0 { return false }
            at += 1
            if c == 0x27 { return closesWord() }
            if c == 0x5C, peek() == 0x27 {
                word.append(0x27)
                at += 1
            } else {
                word.append(c)
            }
        }
    }

    private static func escape(_ c: UInt8) -> UInt8 {
        switch c {
        case 0x6E: 10  // n
        case 0x72: 13  // r
        case 0x74: 9  // t
        case 0x62: 8  // b
        case 0x61: 7  // a
        default: c
        }
    }

    private func hex(_ c: UInt8) -> UInt8? {
        switch c {
        case 0x30...0x39: c - 0x30
        case 0x41...0x46: c - 0x41 + 10
        case 0x61...0x66: c - 0x61 + 10
        default: nil
        }
    }
}
