// From arguments to values: the checks of every kind, with Redis 7.4's messages.
//
// Called by the file reader and by CONFIG SET. Pure, but for `dir`, which moves the process (see
// Host), and `locale-collate`, which asks the C library.

/// Why a value was refused: Redis's words, without the name of the directive.
struct Rejection: Error, Equatable {
    let message: String

    init(_ message: String) { self.message = message }
}

/// Where a value comes from, as far as its meaning depends on it.
enum ValueSource {
    /// A file or the command line. `save` lines after the first add to what is there.
    case file(addsSavePoints: Bool)
    case configSet
}

struct ValueParser {
    let host: Host
    let source: ValueSource

    /// The value that `given` means for `directive`, which holds `current` now.
    func parse(
        _ directive: Directive, _ given: [ByteText], current: Value
    ) throws(Rejection) -> Value {
        var arguments = given
        if directive.flags.contains(.manyArguments) {
            if given.count == 1 { arguments = given[0].spaceSeparated }
            return try parseList(directive.kind, arguments, current: current)
        }
        guard arguments.count == 1 else { throw Rejection("wrong number of arguments") }
        let text = arguments[0]
        switch directive.kind {
        case .bool: return try parseBool(text)
        case .integer(let range): return try parseInteger(text, range)
        case .octal(let range): return try parseOctal(text, range)
        case .memory(let range): return try parseMemory(text, range)
        case .memoryOrPercent: return try parseMemoryOrPercent(text)
        case .choice(let names): return try parseChoice(text, names)
        case .events: return try parseEvents(text)
        case .text(let rule): return .text(try parseText(text, rule, directive.name))
        case .shutdown, .bindAddresses, .savePoints, .outputLimits, .oomScores, .percentiles,
            .primary:
            preconditionFailure("\(directive.name) must take many arguments")
        }
    }

    private func parseList(
        _ kind: Kind, _ arguments: [ByteText], current: Value
    ) throws(Rejection) -> Value {
        switch kind {
        case .shutdown: return try parseShutdown(arguments)
        case .bindAddresses:
            guard arguments.count <= 16 else {
                throw Rejection("Too many bind addresses specified.")
            }
            return .words(arguments)
        case .savePoints: return try parseSavePoints(arguments, current)
        case .outputLimits: return try parseOutputLimits(arguments, current)
        case .oomScores: return try parseOOMScores(arguments)
        case .percentiles: return try parsePercentiles(arguments)
        case .primary: return try parsePrimary(arguments)
        default: preconditionFailure("a kind of one argument")
        }
    }

    // MARK: One argument

    private func parseBool(_ text: ByteText) throws(Rejection) -> Value {
        if text.isWord("yes") { return .bool(true) }
        if text.isWord("no") { return .bool(false) }
        throw Rejection("argument must be 'yes' or 'no'")
    }

    private func parseInteger(
        _ text: ByteText, _ range: ClosedRange<Int>
    ) throws(Rejection) -> Value {
        guard let value = strictInteger(text) else {
            throw Rejection("argument couldn't be parsed into an integer")
        }
        guard range.contains(value) else {
            throw outside("\(range.lowerBound)", "\(range.upperBound)")
        }
        return .integer(value)
    }

    private func parseOctal(
        _ text: ByteText, _ range: ClosedRange<Int>
    ) throws(Rejection) -> Value {
        guard let value = lenientInteger(text, base: 8) else {
            throw Rejection("argument couldn't be parsed as an octal number")
        }
        guard range.contains(value) else {
            throw outside(
                String(range.lowerBound, radix: 8), String(range.upperBound, radix: 8))
        }
        return .integer(value)
    }

    private func parseMemory(
        _ text: ByteText, _ range: ClosedRange<UInt>
    ) throws(Rejection) -> Value {
        guard let value = memoryAmount(text) else {
            throw Rejection("argument must be a memory value")
        }
        guard range.contains(value) else {
            throw outside("\(range.lowerBound)", "\(range.upperBound)")
        }
        return .memory(value)
    }

    private func parseMemoryOrPercent(_ text: ByteText) throws(Rejection) -> Value {
        if text.last == 37 {
            guard let percent = strictInteger(ByteText(text.dropLast())), percent >= 0 else {
                throw Rejection("argument must be a memory or percent value")
            }
            guard percent <= 100 else {
                throw Rejection("percentage argument must be less or equal to 100")
            }
            return percent == 0 ? .memory(0) : .percent(percent)
        }
        guard let value = memoryAmount(text) else {
            throw Rejection("argument must be a memory or percent value")
        }
        guard value <= UInt(Int.max) else {
            // Redis holds a percentage as a negative amount, and takes this for one.
            throw Rejection("percentage argument must be less or equal to 100")
        }
        return .memory(value)
    }

    private func outside(_ low: String, _ high: String) -> Rejection {
        Rejection("argument must be between \(low) and \(high) inclusive")
    }

    private func noneOf(_ names: [String]) -> Rejection {
        Rejection(
            "argument(s) must be one of the following: " + names.joined(separator: ", "))
    }

    private func parseChoice(_ text: ByteText, _ names: [String]) throws(Rejection) -> Value {
        guard let i = names.firstIndex(where: { text.isWord($0) }) else { throw noneOf(names) }
        // oom-score-adj: `relative` is the old `yes`, and reads back as it.
        return .choice(names[i] == "relative" ? names.firstIndex(of: "yes") ?? i : i)
    }

    private func parseEvents(_ text: ByteText) throws(Rejection) -> Value {
        var events: KeyspaceEvents = []
        for c in text {
            if c == 65 {
                events.formUnion(.all)
            } else if let entry = KeyspaceEvents.letters.first(where: { $0.letter == c }) {
                events.insert(KeyspaceEvents(rawValue: 1 << entry.bit))
            } else {
                throw Rejection(
                    "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")
            }
        }
        return .events(events)
    }

    // MARK: Many arguments

    private func parseShutdown(_ arguments: [ByteText]) throws(Rejection) -> Value {
        var flags: ShutdownFlags = []
        for word in arguments {
            guard let entry = ShutdownFlags.names.first(where: { word.isWord($0.name) }) else {
                throw noneOf(ShutdownFlags.names.map(\.name))
            }
            flags.formUnion(entry.flag)
        }
        guard !arguments.isEmpty else { throw noneOf(ShutdownFlags.names.map(\.name)) }
        guard !flags.isSuperset(of: [.save, .nosave]) else {
            throw Rejection("shutdown options SAVE and NOSAVE can't be used simultaneously")
        }
        return .shutdown(flags)
    }

    private func parseSavePoints(
        _ arguments: [ByteText], _ current: Value
    ) throws(Rejection) -> Value {
        // An empty argument switches saving off, whatever was there before.
        if arguments.isEmpty { return .savePoints([]) }
        guard arguments.count % 2 == 0 else { throw Rejection("Invalid save parameters") }
        var points: [SavePoint] = []
        if case .file(addsSavePoints: true) = source, case .savePoints(let old) = current {
            points = old
        }
        for i in stride(from: 0, to: arguments.count, by: 2) {
            guard let seconds = lenientInteger(arguments[i]), seconds >= 1,
                let changes = lenientInteger(arguments[i + 1]),
                0...Directive.intMax ~= changes
            else { throw Rejection("Invalid save parameters") }
            points.append(SavePoint(seconds: seconds, changes: changes))
        }
        return .savePoints(points)
    }

    private func parseOutputLimits(
        _ arguments: [ByteText], _ current: Value
    ) throws(Rejection) -> Value {
        guard case .outputLimits(var limits) = current else {
            preconditionFailure("client-output-buffer-limit holds limits")
        }
        guard arguments.count % 4 == 0 else {
            throw Rejection("Wrong number of arguments in buffer limit configuration.")
        }
        for i in stride(from: 0, to: arguments.count, by: 4) {
            let name = arguments[i].isWord("replica") ? ByteText(ascii: "slave") : arguments[i]
            guard let c = OutputBufferLimit.classNames.firstIndex(where: { name.isWord($0) })
            else {
                throw Rejection("Invalid client class specified in buffer limit configuration.")
            }
            guard let hard = memoryAmount(arguments[i + 1]),
                let soft = memoryAmount(arguments[i + 2]),
                let seconds = lenientInteger(arguments[i + 3]),
                0...Directive.intMax ~= seconds
            else {
                throw Rejection(
                    "Error in hard, soft or soft_seconds setting in buffer limit configuration.")
            }
            limits[c] = OutputBufferLimit(
                hardBytes: hard, softBytes: soft, softSeconds: seconds)
        }
        return .outputLimits(limits)
    }

    private func parseOOMScores(_ arguments: [ByteText]) throws(Rejection) -> Value {
        guard arguments.count == 3 else { throw Rejection("wrong number of arguments") }
        var scores: [Int] = []
        for text in arguments {
            guard let score = lenientInteger(text), -2000...2000 ~= score else {
                throw Rejection(
                    "Invalid oom-score-adj-values, elements must be between -2000 and 2000.")
            }
            scores.append(score)
        }
        return .integers(scores)
    }

    private func parsePercentiles(_ arguments: [ByteText]) throws(Rejection) -> Value {
        var percentiles: [Double] = []
        for text in arguments {
            guard let percentile = wholeDouble(text) else {
                throw Rejection("Invalid latency-tracking-info-percentiles parameters")
            }
            guard 0...100 ~= percentile else {
                throw Rejection(
                    "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]")
            }
            percentiles.append(percentile)
        }
        return .percentiles(percentiles)
    }

    private func parsePrimary(_ arguments: [ByteText]) throws(Rejection) -> Value {
        guard arguments.count == 2 else { throw Rejection("wrong number of arguments") }
        if arguments[0].isWord("no"), arguments[1].isWord("one") {
            return .primary(host: [], port: 0)
        }
        guard let port = lenientInteger(arguments[1]), 0...65535 ~= port else {
            throw Rejection("Invalid master port")
        }
        return .primary(host: arguments[0], port: port)
    }
}
