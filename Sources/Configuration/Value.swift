// The values that directives hold, and the kinds that say what a directive accepts.
//
// A directive's row (Directive.swift) names its kind; ValueParser.swift turns arguments into a
// value of that kind, ValueFormat.swift turns it back into text.

/// One `save` rule: snapshot after `seconds` if at least `changes` keys changed.
package struct SavePoint: Equatable, Sendable {
    package let seconds: Int
    package let changes: Int

    package init(seconds: Int, changes: Int) {
        self.seconds = seconds
        self.changes = changes
    }
}

/// One class of `client-output-buffer-limit`; zero means no limit.
package struct OutputBufferLimit: Equatable, Sendable {
    package var hardBytes: UInt
    package var softBytes: UInt
    package var softSeconds: Int

    package init(hardBytes: UInt, softBytes: UInt, softSeconds: Int) {
        self.hardBytes = hardBytes
        self.softBytes = softBytes
        self.softSeconds = softSeconds
    }

    /// Class names in the order of the value's array; `slave` is also written `replica`.
    static let classNames = ["normal", "slave", "pubsub"]
}

/// The keyspace events of `notify-keyspace-events`, with Redis's bits.
package struct KeyspaceEvents: OptionSet, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) { self.rawValue = rawValue }

    /// Event classes in the order in which CONFIG GET lists them, then the channel kinds.
    static let letters: [(letter: UInt8, bit: Int)] = [
        (103, 2), (36, 3), (108, 4), (115, 5), (104, 6), (122, 7), (120, 8), (101, 9), (116, 10),
        (100, 13), (110, 14), (75, 0), (69, 1), (109, 11),
    ]
    /// What the letter A stands for: every class but key-miss (m) and new-key (n).
    static let all = KeyspaceEvents(rawValue: 0b10_0111_1111_1100)
    package static let keyspaceChannel = KeyspaceEvents(rawValue: 1)
    package static let keyeventChannel = KeyspaceEvents(rawValue: 2)
}

/// The flags of `shutdown-on-sigint` and `shutdown-on-sigterm`; none is `default`.
package struct ShutdownFlags: OptionSet, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) { self.rawValue = rawValue }

    package static let save = ShutdownFlags(rawValue: 1)
    package static let nosave = ShutdownFlags(rawValue: 2)
    package static let now = ShutdownFlags(rawValue: 4)
    package static let force = ShutdownFlags(rawValue: 8)

    static let names: [(name: String, flag: ShutdownFlags)] = [
        ("default", []), ("save", .save), ("nosave", .nosave), ("now", .now), ("force", .force),
    ]
}

/// What a directive holds. Units are those of CONFIG GET.
package enum Value: Equatable, Sendable {
    case bool(Bool)
    case integer(Int)
    case memory(UInt)
    case percent(Int)
    /// Index into the kind's names.
    case choice(Int)
    case shutdown(ShutdownFlags)
    case text(ByteText)
    case words([ByteText])
    case savePoints([SavePoint])
    case outputLimits([OutputBufferLimit])
    case integers([Int])
    case percentiles([Double])
    case events(KeyspaceEvents)
    /// Host and port of a primary; no host means none.
    case primary(host: ByteText, port: Int)
}

/// Rules for a text, beyond being one argument.
enum TextRule: Sendable {
    case any
    /// A name without a path, which may be empty.
    case fileName
    case nonEmptyFileName
    case nonEmptyDirectoryName
    case hostname
    case nodeName
    case processTitle
    case locale
    /// Must exist: the process changes into it at once.
    case directory
}

/// What a directive accepts.
enum Kind: Sendable {
    case bool
    case integer(ClosedRange<Int>)
    case memory(ClosedRange<UInt>)
    case memoryOrPercent
    case octal(ClosedRange<Int>)
    /// One of the names; a later name with the index of an earlier one is its synonym.
    case choice([String])
    case shutdown
    case text(TextRule)
    case bindAddresses
    case savePoints
    case outputLimits
    case oomScores
    case percentiles
    case events
    case primary
}
