// Quoting of arguments in configuration lines: splitting a line, and writing a value so that
// splitting gives it back.
//
// Called by the file reader, the command line and CONFIG REWRITE. The rules are those of Redis's
// configuration files and inline commands.

import Memory

/// The arguments of `line`, or nil when a quote is not closed or something follows it directly.
func arguments(of line: ByteText) -> [ByteText]? {
    line.withUnsafeBufferPointer { buffer in
        // Safety: the run is read only in here; an empty array may have no address.
        buffer.baseAddress.map { splitArguments(Bytes($0, buffer.count)) } ?? []
    }
}

/// Bytes that have an escape of their own: \n, \r, \t, \b and \a.
private let escapes: [UInt8: UInt8] = [10: 110, 13: 114, 9: 116, 8: 98, 7: 97]

/// `text` in double quotes, with everything escaped that is not printable ASCII.
func quoted(_ text: ByteText) -> ByteText {
    let hex = Array("0123456789abcdef".utf8)
    var out: ByteText = [34]
    for c in text {
        if c == 92 || c == 34 {
            out += [92, c]
        } else if let name = escapes[c] {
            out += [92, name]
        } else if c >= 32 && c < 127 {
            out.append(c)
        } else {
            out += [92, 120, hex[Int(c >> 4)], hex[Int(c & 15)]]
        }
    }
    return out + [34]
}
