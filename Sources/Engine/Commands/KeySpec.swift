// Where a command's keys stand among its arguments and what happens to them.
//
// A specification has two halves: where the search begins (a fixed index, or after a keyword) and
// how keys are found from there (a range, or a count followed by that many keys). COMMAND INFO
// shows them; `commandKeys` follows them.

/// What a command does with a key: with the value as a whole, and with the data in it.
package struct KeyFlags: OptionSet, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) { self.rawValue = rawValue }

    /// Reads the value, changes nothing.
    package static let ro = Self(rawValue: 1 << 0)
    /// Changes the value in place.
    package static let rw = Self(rawValue: 1 << 1)
    /// Overwrites without looking.
    package static let ow = Self(rawValue: 1 << 2)
    /// Removes the key.
    package static let rm = Self(rawValue: 1 << 3)
    /// Returns, copies or uses the user's data.
    package static let access = Self(rawValue: 1 << 4)
    package static let insert = Self(rawValue: 1 << 5)
    package static let update = Self(rawValue: 1 << 6)
    package static let delete = Self(rawValue: 1 << 7)
    /// Not a key, yet routed like one in a cluster.
    package static let notKey = Self(rawValue: 1 << 8)
    /// The specification does not find all keys.
    package static let incomplete = Self(rawValue: 1 << 9)
    /// The other flags depend on the arguments.
    package static let variable = Self(rawValue: 1 << 10)

    private static let names: [StaticString] = [
        "RO", "RW", "OW", "RM", "access", "insert", "update", "delete", "not_key", "incomplete",
        "variable_flags",
    ]

    /// What COMMAND INFO shows, in its order.
    package var shownNames: [StaticString] {
        CommandFlags.names(of: UInt64(rawValue), in: Self.names)
    }
}

package struct KeySpec: Sendable {
    package enum Begin: Sendable {
        case index(Int)
        /// The argument after `keyword`, searched from argument `from` on (backwards if negative).
        case keyword(StaticString, from: Int)
        case unknown
    }

    package enum Find: Sendable {
        /// Up to `last` relative to the beginning; negative counts from the end of the arguments.
        /// With `last` -1 and a `limit` of n > 1 only the first n-th of what is left holds keys.
        case range(last: Int, step: Int, limit: Int)
        /// A count stands `count` after the beginning, the first key `first` after it.
        case counted(count: Int, first: Int, step: Int)
        case unknown
    }

    package let begin: Begin
    package let find: Find
    package let flags: KeyFlags
    package let notes: StaticString?

    package init(_ begin: Begin, _ find: Find, _ flags: KeyFlags, notes: StaticString? = nil) {
        self.begin = begin
        self.find = find
        self.flags = flags
        self.notes = notes
    }

    /// Keys from argument `index` on: only that one, or each `every`-th up to `through`
    /// (relative to `index`; negative counts from the end).
    package static func at(
        _ index: Int, through: Int = 0, every: Int = 1, _ flags: KeyFlags,
        notes: StaticString? = nil
    ) -> Self {
        Self(.index(index), .range(last: through, step: every, limit: 0), flags, notes: notes)
    }

    /// Argument `index` is the number of keys, the keys follow it.
    package static func counted(
        at index: Int, _ flags: KeyFlags, notes: StaticString? = nil
    ) -> Self {
        Self(.index(index), .counted(count: 0, first: 1, step: 1), flags, notes: notes)
    }

    /// Keys after `keyword`, which is searched from argument `from` on.
    package static func after(
        _ keyword: StaticString, from: Int, through: Int = 0, every: Int = 1, limit: Int = 0,
        _ flags: KeyFlags, notes: StaticString? = nil
    ) -> Self {
        Self(
            .keyword(keyword, from: from), .range(last: through, step: every, limit: limit),
            flags, notes: notes)
    }

    /// Keys that only the command itself can find.
    package static func unknown(_ flags: KeyFlags, notes: StaticString? = nil) -> Self {
        Self(.unknown, .unknown, flags, notes: notes)
    }
}
