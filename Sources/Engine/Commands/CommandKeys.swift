// Finds the keys among a request's arguments by the row's key specifications.
//
// COMMAND GETKEYS shows the result; ACL rules and cluster routing ask the same question. Nothing is
// allocated beyond the caller's array, which may be reused.

import Memory

/// A key of a request: which argument it is and what the command does with it.
package struct KeyReference: Equatable, Sendable {
    package let position: Int
    package let flags: KeyFlags

    package init(position: Int, flags: KeyFlags) {
        self.position = position
        self.flags = flags
    }
}

/// Appends the keys of a request for the command `row` to `keys`, in the order of the
/// specifications. False, with `keys` as it was, if the arguments do not hold as many keys as they
/// say. The request has passed the arity check; `arguments[0]` is the command's name.
package func commandKeys(
    _ row: CommandRow, _ arguments: UnsafePointer<Bytes>, _ count: Int,
    into keys: inout [KeyReference]
) -> Bool {
    let before = keys.count
    for spec in row.keys {
        guard appendKeys(spec, row, arguments, count, into: &keys) else {
            keys.removeSubrange(before...)
            if let fallback = row.fallbackKeys {
                fallback(arguments, count, &keys)
                return true
            }
            // Where keys are optional, arguments without them are no error (Redis 7.4 EVAL).
            return row.flags.contains(.noMandatoryKeys)
        }
    }
    return true
}

/// The keys that one specification finds; false if it finds the arguments to be wrong.
private func appendKeys(
    _ spec: KeySpec, _ row: CommandRow, _ arguments: UnsafePointer<Bytes>, _ count: Int,
    into keys: inout [KeyReference]
) -> Bool {
    // What stands at unknown places only the command knows: not found, yet no error.
    if case .unknown = spec.begin { return row.fallbackKeys == nil }
    guard let begin = beginning(spec.begin, arguments, count) else { return false }
    let first: Int
    let last: Int
    let step: Int
    var flags = row.variableKeyFlags?(arguments, count) ?? spec.flags
    switch spec.find {
    case .unknown:
        return true
    case .range(let relative, let every, let limit):
        first = begin
        step = every
        if relative >= 0 {
            last = begin + relative
        } else if limit <= 1 {
            last = count + relative
        } else {
            last = begin + (count - begin) / limit + relative
        }
    case .counted(let at, let start, let every):
        let number = begin + at < count ? leadingInteger(arguments[begin + at]) : 0
        guard number > 0 else { return false }
        // Redis finds keys behind a number in another form ("+1") without knowing their use.
        if arguments[begin + at].integer == nil { flags = [] }
        first = begin + start
        step = every
        // No overflow: the number has 32 bits.
        last = first + (number - 1) * step
    }
    guard first < count, last < count, first <= last else { return false }
    for position in stride(from: first, through: last, by: step) {
        keys.append(KeyReference(position: position, flags: flags))
    }
    return true
}

/// The argument at which a search begins, or nil.
private func beginning(
    _ begin: KeySpec.Begin, _ arguments: UnsafePointer<Bytes>, _ count: Int
) -> Int? {
    switch begin {
    case .unknown:
        return nil
    case .index(let index):
        return index < count ? index : nil
    case .keyword(let keyword, let from):
        // From the front to the last argument but one, which leaves room for a key; or backwards.
        let candidates =
            from >= 0
            ? stride(from: from, to: count - 1, by: 1)
            : stride(from: count + from, to: 0, by: -1)
        return candidates.first { arguments[$0].isWord(anyCase: keyword) }.map { $0 + 1 }
    }
}

/// The number a text starts with, 0 if none, cut to 32 bits: Redis 7.4 reads key counts with `atoi`
/// here and leaves it to the command to refuse what is no number.
private func leadingInteger(_ text: Bytes) -> Int {
    var i = 0
    while i < text.count, text[i] == 0x20 || (9...13).contains(text[i]) { i += 1 }
    let isNegative = i < text.count && text[i] == UInt8(ascii: "-")
    if isNegative || (i < text.count && text[i] == UInt8(ascii: "+")) { i += 1 }
    var value = 0
    while i < text.count, text[i] &- 48 < 10 {
        let (product, overflow) = value.multipliedReportingOverflow(by: 10)
        let digit = Int(text[i] &- 48)
        let (sum, carry) = product.addingReportingOverflow(isNegative ? -digit : digit)
        if overflow || carry {
            value = isNegative ? .min : .max
            break
        }
        value = sum
        i += 1
    }
    return Int(Int32(truncatingIfNeeded: value))
}

extension Bytes {
    /// `isWord` for a word given in any letter case.
    fileprivate func isWord(anyCase word: StaticString) -> Bool {
        guard count == word.utf8CodeUnitCount else { return false }
        return CommandName(self) == CommandName(Bytes(word))
            && (count <= 16 || string.lowercased() == word.description.lowercased())
    }
}
