// The options of SET and GETEX, and the reading of a time to live that SETEX and PSETEX share.
//
// Cold: plain SET and GET never come here. Behaviour is that of Redis 7.4, error precedence
// included: first the syntax of all options, then the number behind EX and its kin.

import Memory

/// How the number of an expiry option is meant.
enum ExpiryForm {
    case seconds
    case milliseconds
    case unixSeconds
    case unixMilliseconds

    private var isSeconds: Bool { self == .seconds || self == .unixSeconds }
    private var isRelative: Bool { self == .seconds || self == .milliseconds }

    /// The deadline in unix milliseconds, or nil if it is beyond 64 bits.
    func deadline(_ number: Int64, now: Int64) -> Int64? {
        let (time, tooLong) = number.multipliedReportingOverflow(by: isSeconds ? 1000 : 1)
        let (due, tooLate) = time.addingReportingOverflow(isRelative ? now : 0)
        return tooLong || tooLate ? nil : due
    }

    /// The option word of SET and GETEX, in any letter case.
    init?(option: Bytes) {
        if option.isWord("ex") {
            self = .seconds
        } else if option.isWord("px") {
            self = .milliseconds
        } else if option.isWord("exat") {
            self = .unixSeconds
        } else if option.isWord("pxat") {
            self = .unixMilliseconds
        } else {
            return nil
        }
    }
}

/// What stands behind the value of SET or the key of GETEX.
struct StringOptions {
    var onlyIfMissing = false
    var onlyIfPresent = false
    var returnsOld = false
    var keepsDeadline = false
    var persists = false
    var form: ExpiryForm?
    /// Index of the argument with the time; where `form` is set.
    var timeIndex = 0

    enum Grammar { case set, getex }

    /// The options from argument `first` on, or nil for a syntax error.
    @inline(never)
    init?(_ c: borrowing CommandContext, from first: Int, _ grammar: Grammar) {
        var i = first
        while i < c.count {
            guard takeWord(c[i], grammar) || takeExpiry(c, &i) else { return nil }
            i += 1
        }
    }

    private mutating func takeWord(_ word: Bytes, _ grammar: Grammar) -> Bool {
        if grammar == .getex {
            guard word.isWord("persist"), form == nil else { return false }
            persists = true
        } else if word.isWord("nx"), !onlyIfPresent {
            onlyIfMissing = true
        } else if word.isWord("xx"), !onlyIfMissing {
            onlyIfPresent = true
        } else if word.isWord("get") {
            returnsOld = true
        } else if word.isWord("keepttl"), form == nil {
            keepsDeadline = true
        } else {
            return false
        }
        return true
    }

    /// The same option may come again, the last one counts; two different ones exclude each other.
    private mutating func takeExpiry(_ c: borrowing CommandContext, _ i: inout Int) -> Bool {
        guard let form = ExpiryForm(option: c[i]), !keepsDeadline, !persists,
            self.form == nil || self.form == form, i + 1 < c.count
        else { return false }
        self.form = form
        i += 1
        timeIndex = i
        return true
    }
}

extension CommandContext {
    /// The deadline that an argument gives, unix milliseconds; or nil, and the error is written.
    @inline(never)
    func deadline(_ argument: Bytes, _ form: ExpiryForm, command: StaticString) -> Int64? {
        guard let number = argument.integer else {
            replyNotAnInteger()
            return nil
        }
        guard number > 0, let due = form.deadline(number, now: engine.pointee.now) else {
            replyInvalidExpiry(command)
            return nil
        }
        return due
    }

    /// Answers that a time to live is out of range.
    func replyInvalidExpiry(_ command: StaticString) {
        reply.pointee.error("ERR invalid expire time in '", Bytes(command), "' command")
    }
}
