// Quoting of arguments in configuration lines: splitting a line, and writing a value so that
// splitting gives it back.
//
// Called by the file reader, the command line and CONFIG REWRITE. The rules are those of Redis's
// configuration files and inline commands.

import Memory

/// The arguments of `line`, or nil when a quote is not closed or something follows it directly.
func arguments(of line: ByteText) -> [ByteText]? {
    var result: [ByteText] = []
    var i = 0
    while true {
        while i < line.count, isBlank(line[i]) { i += 1 }
        if i == line.count { return result }
        guard let (argument, next) = argument(of: line, at: i) else { return nil }
        result.append(argument)
        i = next
    }
}

private func isBlank(_ c: UInt8) -> Bool { c == 32 || (c >= 9 && c <= 13) || c == 0 }

/// One argument from `start`, and where it ended.
private func argument(of line: ByteText, at start: Int) -> (ByteText, Int)? {
    var out: ByteText = []
    var i = start
    while i < line.count, !isBlank(line[i]) {
        let c = line[i]
        guard c == 34 || c == 39 else {
            out.append(c)
            i += 1
            continue
        }
        guard let end = quotedPart(of: line, after: i, quote: c, into: &out) else { return nil }
        guard end == line.count || isBlank(line[end]) else { return nil }
        return (out, end)
    }
    return (out, i)
}

/// Appends what stands between the quote at `open` and its match; gives the place behind it.
private func quotedPart(
    of line: ByteText, after open: Int, quote: UInt8, into out: inout ByteText
) -> Int? {
    var i = open + 1
    while i < line.count {
        let c = line[i]
        if c == quote { return i + 1 }
        guard c == 92, i + 1 < line.count else {
            out.append(c)
            i += 1
            continue
        }
        let escaped = line[i + 1]
        if quote == 39 {
            // Within single quotes only \' is an escape.
            out.append(escaped == 39 ? 39 : 92)
            i += escaped == 39 ? 2 : 1
        } else if escaped == 120, i + 3 < line.count, let high = hexDigit(line[i + 2]),
            let low = hexDigit(line[i + 3])
        {
            out.append(high << 4 | low)
            i += 4
        } else {
            out.append(escapes[escaped] ?? escaped)
            i += 2
        }
    }
    return nil
}

/// \n, \r, \t, \b and \a; every other escaped character stands for itself.
private let escapes: [UInt8: UInt8] = [110: 10, 114: 13, 116: 9, 98: 8, 97: 7]

private func hexDigit(_ c: UInt8) -> UInt8? {
    switch c {
    case 48...57: c - 48
    case 65...70: c - 55
    case 97...102: c - 87
    default: nil
    }
}

/// `text` in double quotes, with everything escaped that is not printable ASCII.
func quoted(_ text: ByteText) -> ByteText {
    let hex = Array("0123456789abcdef".utf8)
    var out: ByteText = [34]
    for c in text {
        if c == 92 || c == 34 {
            out += [92, c]
        } else if let name = escapes.first(where: { $0.value == c })?.key {
            out += [92, name]
        } else if c >= 32 && c < 127 {
            out.append(c)
        } else {
            out += [92, 120, hex[Int(c >> 4)], hex[Int(c & 15)]]
        }
    }
    return out + [34]
}
