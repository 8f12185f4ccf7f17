// Inline requests: a line of words, as telnet sends them.
//
// A line without quotes is cut up where it lies. One with quotes goes through splitArguments, and
// its words live in the parser's scratch, which serves one request: the batch ends with it.

import Glibc
import Memory

extension RequestParser {
    /// Reads one inline request from `available` > 0 bytes.
    @inline(never)
    mutating func inline(_ start: UnsafePointer<UInt8>, _ available: Int) -> Step {
        guard let length = inlineLength(start, available) else {
            if available > ParserLimits.lineBytes { return failed(.tooBigInlineRequest) }
            return incomplete(1)
        }
        let consumedBytes = length + 1
        let hasReturn = length > 0 && start[length - 1] == 13
        let line = Bytes(start, hasReturn ? length - 1 : length)
        let first = argumentCount
        let quoted = memchr(start, 0x22, length) != nil || memchr(start, 0x27, length) != nil
        if quoted {
            guard let words = splitArguments(line) else { return failed(.unbalancedQuotes) }
            store(words)
        } else {
            cut(line)
        }
        consumed += consumedBytes
        if argumentCount == first { return .skipped }
        requests[requestCount] = ParsedRequest(
            argumentStart: first, count: argumentCount - first, end: consumed)
        requestCount += 1
        return quoted ? .lastRequest : .request
    }

    /// Bytes before the line feed, or nil if there is none or a NUL before it (Redis looks for the
    /// end of a line with string functions, which stop at a NUL).
    private func inlineLength(_ start: UnsafePointer<UInt8>, _ available: Int) -> Int? {
        guard let found = memchr(start, 10, available) else { return nil }
        let length = UnsafeRawPointer(found) - UnsafeRawPointer(start)
        return length > 0 && memchr(start, 0, length) != nil ? nil : length
    }

    /// Appends the words of a line without quotes and NULs, pointing into it.
    private mutating func cut(_ line: Bytes) {
        var at = 0
        while true {
            // Vertical tab and form feed are skipped between words but do not end one.
            while at < line.count, line[at] == 32 || (line[at] >= 9 && line[at] <= 13) { at += 1 }
            if at == line.count { return }
            let start = at
            while at < line.count {
                let c = line[at]
                if c == 32 || c == 9 || c == 10 || c == 13 { break }
                at += 1
            }
            append(line.slice(start, at))
        }
    }

    /// Appends the words, copied into the scratch.
    private mutating func store(_ words: [[UInt8]]) {
        let total = words.reduce(1) { $0 + $1.count }
        if scratchCapacity < total {
            if let scratch { Allocator.deallocate(scratch, scratchCapacity) }
            scratch = Allocator.allocate(total).bindMemory(to: UInt8.self, capacity: total)
            scratchCapacity = total
        }
        guard var p = scratch else { return }
        for word in words {
            word.withBytes { p.update(from: $0.base, count: $0.count) }
            append(Bytes(UnsafePointer(p), word.count))
            p += word.count
        }
    }

    private mutating func append(_ argument: Bytes) {
        if argumentCount == argumentCapacity { growArguments() }
        arguments[argumentCount] = argument
        argumentCount += 1
    }
}
