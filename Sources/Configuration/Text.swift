// Bytes as configuration text: names, values and lines are byte strings, because a password or a
// path need not be UTF-8.
//
// Used by the whole module. ASCII letters alone fold case, as in the C locale.

import Glibc

/// A name, value or line exactly as it came.
package typealias ByteText = [UInt8]

extension Array where Element == UInt8 {
    package init(ascii text: String) { self = Array(text.utf8) }

    /// The bytes as text for messages and paths; what is not UTF-8 is replaced.
    package var decoded: String { String(decoding: self, as: UTF8.self) }

    package var lowercasedASCII: ByteText {
        map { $0 &- 65 < 26 ? $0 | 0x20 : $0 }
    }

    /// Whether this is `word` in any letter case.
    func isWord(_ word: String) -> Bool {
        count == word.utf8.count && lowercasedASCII == ByteText(ascii: word).lowercasedASCII
    }

    /// Without blanks (space, tab, carriage return, line feed) at both ends.
    var trimmedBlanks: ByteText {
        func blank(_ c: UInt8) -> Bool { c == 32 || c == 9 || c == 13 || c == 10 }
        guard let first = firstIndex(where: { !blank($0) }),
            let last = lastIndex(where: { !blank($0) })
        else { return [] }
        return ByteText(self[first...last])
    }

    /// Parts between single spaces, empty parts kept; no parts at all of an empty text.
    var spaceSeparated: [ByteText] {
        isEmpty ? [] : split(separator: 32, omittingEmptySubsequences: false).map { ByteText($0) }
    }

    func hasPrefix(_ text: String) -> Bool { starts(with: text.utf8) }
}

/// Reads a whole decimal integer as Redis stores it: no plus sign, blank or leading zero.
func strictInteger(_ text: ByteText) -> Int? {
    guard let first = text.first else { return nil }
    let negative = first == 45
    let digits = text.dropFirst(negative ? 1 : 0)
    guard let lead = digits.first, lead &- 48 < 10 else { return nil }
    if lead == 48 { return digits.count == 1 && !negative ? 0 : nil }
    guard digits.count <= 19, digits.allSatisfy({ $0 &- 48 < 10 }) else { return nil }
    return Int(text.decoded)
}

/// Reads all of `text` the way C's strtoll does: blanks and a sign in front, out-of-range values
/// saturated, nothing at all meaning zero. Nil when something is left over.
func lenientInteger(_ text: ByteText, base: Int = 10) -> Int? {
    var rest = text.drop { $0 == 32 || ($0 >= 9 && $0 <= 13) }
    let negative = rest.first == 45
    if negative || rest.first == 43 { rest = rest.dropFirst() }
    if rest.isEmpty { return text.isEmpty ? 0 : nil }
    var value = 0
    for c in rest {
        let digit = Int(c) - 48
        guard digit >= 0, digit < base else { return nil }
        let (scaled, over) = value.multipliedReportingOverflow(by: base)
        let (next, overAgain) = scaled.addingReportingOverflow(negative ? -digit : digit)
        value = over || overAgain ? (negative ? Int.min : Int.max) : next
        if over || overAgain { return saturate(rest, base, negative) }
    }
    return value
}

/// The saturated value, provided that every character is a digit.
private func saturate(_ digits: ArraySlice<UInt8>, _ base: Int, _ negative: Bool) -> Int? {
    digits.allSatisfy { $0 >= 48 && Int($0) - 48 < base } ? (negative ? .min : .max) : nil
}

/// Reads an amount of memory: digits and a unit in any letter case (b, k, kb, m, mb, g, gb; k is
/// a thousand, kb is 1024). No digits mean zero and too many saturate, as in Redis; an amount that
/// overflows by its unit is refused, where Redis would wrap.
package func memoryAmount(_ text: ByteText) -> UInt? {
    let end = text.firstIndex { $0 &- 48 >= 10 } ?? text.count
    var amount: UInt = 0
    for c in text[..<end] {
        let (scaled, over) = amount.multipliedReportingOverflow(by: 10)
        let (next, overAgain) = scaled.addingReportingOverflow(UInt(c &- 48))
        if over || overAgain {
            amount = .max
            break
        }
        amount = next
    }
    let factors: [String: UInt] = [
        "": 1, "b": 1, "k": 1000, "kb": 1 << 10, "m": 1_000_000, "mb": 1 << 20,
        "g": 1_000_000_000, "gb": 1 << 30,
    ]
    guard let factor = factors[ByteText(text[end...]).lowercasedASCII.decoded] else { return nil }
    let (bytes, over) = amount.multipliedReportingOverflow(by: factor)
    return over ? nil : bytes
}

/// A floating-point number that is all of `text`; not-a-number is none.
func wholeDouble(_ text: ByteText) -> Double? {
    guard let first = text.first, first > 32, !text.contains(0) else { return nil }
    return (text + [0]).withUnsafeBufferPointer { buffer in
        buffer.withMemoryRebound(to: CChar.self) { characters in
            // Safety: the buffer ends in the zero appended above and is not empty.
            var end: UnsafeMutablePointer<CChar>?
            let value = strtod(characters.baseAddress!, &end)
            guard let end, end.pointee == 0, !value.isNaN else { return nil }
            return value
        }
    }
}

/// What `errno` value `code` means, as the C library says it.
package func errorText(_ code: Int32) -> String { String(cString: strerror(code)) }
