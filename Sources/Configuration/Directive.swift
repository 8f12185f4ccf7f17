// The row of a configuration directive, and the table of all of them.
//
// Rows stand in Directives/, grouped by topic. Names, kinds, ranges, defaults and flags are those
// of Redis 7.4.1, as a running one reports and enforces them. The order of the table is the order
// of CONFIG GET's reply and of lines that CONFIG REWRITE appends.

/// How a directive may be used.
struct DirectiveFlags: OptionSet, Sendable {
    let rawValue: Int

    /// Only at the start, not by CONFIG SET.
    static let immutable = DirectiveFlags(rawValue: 1)
    /// By CONFIG SET only if enable-protected-configs lets the client.
    static let protected = DirectiveFlags(rawValue: 2)
    /// Its value is a secret: logs and the slow log must not show it.
    static let sensitive = DirectiveFlags(rawValue: 4)
    /// Only found by its whole name, not by a pattern.
    static let hidden = DirectiveFlags(rawValue: 8)
    /// Takes any number of arguments in a file.
    static let manyArguments = DirectiveFlags(rawValue: 16)
    /// Not by CONFIG SET while a data set is being loaded.
    static let notWhileLoading = DirectiveFlags(rawValue: 32)
    /// An empty text means that it is not set, so that CONFIG REWRITE drops its line.
    static let emptyIsUnset = DirectiveFlags(rawValue: 64)
}

struct Directive: Sendable {
    let name: String
    /// An older name that means the same, if there is one.
    let alias: String?
    let kind: Kind
    let initial: Value
    let flags: DirectiveFlags

    init(
        _ name: String, _ kind: Kind, _ initial: Value, _ flags: DirectiveFlags = [],
        alias: String? = nil
    ) {
        self.name = name
        self.alias = alias
        self.kind = kind
        self.initial = initial
        self.flags = flags
    }

    /// The largest C int, the limit of most counts.
    static let intMax = Int(Int32.max)

    static func bool(
        _ name: String, _ initial: Bool, _ flags: DirectiveFlags = [], alias: String? = nil
    ) -> Directive {
        Directive(name, .bool, .bool(initial), flags, alias: alias)
    }

    static func integer(
        _ name: String, _ initial: Int, _ range: ClosedRange<Int>, _ flags: DirectiveFlags = [],
        alias: String? = nil
    ) -> Directive {
        Directive(name, .integer(range), .integer(initial), flags, alias: alias)
    }

    static func memory(
        _ name: String, _ initial: UInt, _ range: ClosedRange<UInt> = 0...UInt(Int.max),
        alias: String? = nil
    ) -> Directive {
        Directive(name, .memory(range), .memory(initial), [], alias: alias)
    }

    static func choice(
        _ name: String, _ initial: Int, _ names: [String], _ flags: DirectiveFlags = []
    ) -> Directive {
        Directive(name, .choice(names), .choice(initial), flags)
    }

    static func text(
        _ name: String, _ initial: String, _ rule: TextRule = .any, _ flags: DirectiveFlags = [],
        alias: String? = nil
    ) -> Directive {
        Directive(name, .text(rule), .text(ByteText(ascii: initial)), flags, alias: alias)
    }

    /// A text that is not set at first.
    static func optionalText(
        _ name: String, _ flags: DirectiveFlags = [], rule: TextRule = .any, alias: String? = nil
    ) -> Directive {
        Directive(name, .text(rule), .text([]), flags.union(.emptyIsUnset), alias: alias)
    }
}

/// Every directive, and where to find a name.
enum DirectiveTable {
    static let all: [Directive] =
        Directive.network + Directive.security + Directive.general + Directive.clients
        + Directive.memory + Directive.snapshotting + Directive.appendOnly
        + Directive.replication + Directive.cluster + Directive.encodings
        + Directive.observability + Directive.advanced + Directive.transportSecurity

    /// Index into `all` of each name and alias, in lower case.
    static let index: [String: Int] = {
        var index: [String: Int] = [:]
        for (i, directive) in all.enumerated() {
            for name in [directive.name, directive.alias].compactMap({ $0 }) {
                precondition(index.updateValue(i, forKey: name) == nil, "\(name) stands twice")
            }
        }
        return index
    }()

    /// The directive called `name`, in any letter case.
    static func find(_ name: ByteText) -> (index: Int, directive: Directive)? {
        guard let i = index[name.lowercasedASCII.decoded] else { return nil }
        return (i, all[i])
    }
}
