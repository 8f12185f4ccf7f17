// From values to text: as CONFIG GET shows them, and as a line of a configuration file.

extension Directive {
    /// The value as CONFIG GET shows it.
    func shown(_ value: Value) -> ByteText {
        switch value {
        case .text(let text): return text
        case .words(let words): return ByteText(words.joined(separator: [32]))
        case .primary(let host, let port):
            return host.isEmpty ? [] : host + ByteText(ascii: " \(port)")
        case .events(let events): return events.text
        default: return ByteText(ascii: shownASCII(value))
        }
    }

    private func shownASCII(_ value: Value) -> String {
        switch value {
        case .bool(let yes): return yes ? "yes" : "no"
        case .integer(let number):
            if case .octal = kind { return String(number, radix: 8) }
            return "\(number)"
        case .memory(let bytes): return "\(bytes)"
        case .percent(let percent): return "\(percent)%"
        case .choice(let i):
            guard case .choice(let names) = kind else { return "" }
            return names[i]
        case .shutdown(let flags): return flags.text
        case .savePoints(let points):
            return points.map { "\($0.seconds) \($0.changes)" }.joined(separator: " ")
        case .outputLimits(let limits):
            return zip(OutputBufferLimit.classNames, limits).map { name, limit in
                "\(name) \(limit.hardBytes) \(limit.softBytes) \(limit.softSeconds)"
            }.joined(separator: " ")
        case .integers(let numbers): return numbers.map(String.init).joined(separator: " ")
        case .percentiles(let percentiles):
            return percentiles.map(percentileText).joined(separator: " ")
        case .text, .words, .primary, .events: return ""
        }
    }

    /// The lines that CONFIG REWRITE writes for `value`; an empty text removes a line.
    func lines(_ value: Value) -> [ByteText] {
        let start = ByteText(ascii: name + " ")
        switch value {
        case .text(let text):
            if text.isEmpty, flags.contains(.emptyIsUnset) { return [] }
            return [start + quoted(text)]
        case .events: return [start + quoted(shown(value))]
        case .words(let words):
            if value == initial { return [] }
            return [start + (words.isEmpty ? quoted([]) : line(of: words))]
        case .memory(let bytes): return [start + ByteText(ascii: memoryText(bytes))]
        case .primary(let host, let port):
            return host.isEmpty ? [] : [start + line(of: [host, ByteText(ascii: "\(port)")])]
        case .savePoints(let points):
            if points.isEmpty { return [start + quoted([])] }
            return points.map { start + ByteText(ascii: "\($0.seconds) \($0.changes)") }
        case .outputLimits(let limits):
            return limits.indices.map { start + ByteText(ascii: limitText(limits, $0)) }
        default: return [start + shownOrEmpty(value)]
        }
    }

    private func shownOrEmpty(_ value: Value) -> ByteText {
        let text = shown(value)
        return text.isEmpty ? quoted([]) : text
    }

    /// Words as arguments of a line, quoted where they would not read back otherwise.
    private func line(of words: [ByteText]) -> ByteText {
        let special: ByteText = [34, 39, 92]
        return ByteText(
            words.map { word -> ByteText in
                let isPlain =
                    !word.isEmpty
                    && word.allSatisfy { 33...126 ~= $0 && !special.contains($0) }
                return isPlain ? word : quoted(word)
            }.joined(separator: [32]))
    }

    private func limitText(_ limits: [OutputBufferLimit], _ i: Int) -> String {
        let name = OutputBufferLimit.classNames[i]
        let hard = memoryText(limits[i].hardBytes)
        let soft = memoryText(limits[i].softBytes)
        return "\(name == "slave" ? "replica" : name) \(hard) \(soft) \(limits[i].softSeconds)"
    }
}

/// `bytes` in the largest unit that divides it.
func memoryText(_ bytes: UInt) -> String {
    for (unit, shift) in [("gb", 30), ("mb", 20), ("kb", 10)] as [(String, UInt)]
    where bytes != 0 && bytes % (1 << shift) == 0 {
        return "\(bytes >> shift)\(unit)"
    }
    return "\(bytes)"
}

/// A percentile with up to six digits after the point and no zeros at the end.
private func percentileText(_ percentile: Double) -> String {
    let millionths = Int((percentile * 1_000_000).rounded())
    let whole = millionths / 1_000_000
    var fraction = String(millionths % 1_000_000 + 1_000_000).dropFirst()
    while fraction.last == "0" { fraction = fraction.dropLast() }
    return fraction.isEmpty ? "\(whole)" : "\(whole).\(fraction)"
}

extension ShutdownFlags {
    package var text: String {
        let set = ShutdownFlags.names.filter { !$0.flag.isEmpty && contains($0.flag) }
        return set.isEmpty ? "default" : set.map(\.name).joined(separator: " ")
    }
}

extension KeyspaceEvents {
    /// The letters of the set bits. The letter A stands for the classes, and hides `n`.
    package var text: ByteText {
        let whole = isSuperset(of: .all)
        var out: ByteText = whole ? [65] : []
        for (letter, bit) in KeyspaceEvents.letters {
            let isClass = letter != 75 && letter != 69 && letter != 109
            if rawValue & 1 << bit != 0, !(whole && isClass) { out.append(letter) }
        }
        return out
    }
}
