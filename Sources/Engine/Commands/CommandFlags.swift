// What a command is and does, as option sets: its flags and its ACL categories.
//
// Bit numbers are the order in which COMMAND INFO lists them (Redis 7.4); keep it. The dispatcher
// tests flags on every request, ACL rules are built from categories.

import Memory

/// Traits of a command that the dispatcher, scripts, transactions and ACLs look at.
@frozen
package struct CommandFlags: OptionSet, Sendable {
    package let rawValue: UInt64

    @inlinable
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    /// May change the keyspace.
    @inlinable package static var write: Self { Self(rawValue: 1 << 0) }
    /// Reads keys and changes none.
    @inlinable package static var readOnly: Self { Self(rawValue: 1 << 1) }
    /// Refused while memory is above `maxmemory`.
    @inlinable package static var denyOOM: Self { Self(rawValue: 1 << 2) }
    @inlinable package static var admin: Self { Self(rawValue: 1 << 3) }
    @inlinable package static var pubSub: Self { Self(rawValue: 1 << 4) }
    /// Not callable from scripts.
    @inlinable package static var noScript: Self { Self(rawValue: 1 << 5) }
    /// May suspend the client.
    @inlinable package static var blocking: Self { Self(rawValue: 1 << 6) }
    /// Allowed while the data set is being loaded.
    @inlinable package static var loading: Self { Self(rawValue: 1 << 7) }
    /// Allowed on a replica whose link is down and whose data may be old.
    @inlinable package static var stale: Self { Self(rawValue: 1 << 8) }
    @inlinable package static var skipMonitor: Self { Self(rawValue: 1 << 9) }
    @inlinable package static var skipSlowlog: Self { Self(rawValue: 1 << 10) }
    /// Accepts keys of a slot being imported without ASKING.
    @inlinable package static var asking: Self { Self(rawValue: 1 << 11) }
    /// Constant or logarithmic time.
    @inlinable package static var fast: Self { Self(rawValue: 1 << 12) }
    /// Allowed before authentication.
    @inlinable package static var noAuth: Self { Self(rawValue: 1 << 13) }
    /// Takes keys but may be called with none.
    @inlinable package static var noMandatoryKeys: Self { Self(rawValue: 1 << 14) }
    /// Refused while a replica loads the new data set beside the old one.
    @inlinable package static var noAsyncLoading: Self { Self(rawValue: 1 << 15) }
    /// Not allowed inside MULTI.
    @inlinable package static var noMulti: Self { Self(rawValue: 1 << 16) }
    /// Keys do not stand at fixed positions; the key specifications say where.
    @inlinable package static var movableKeys: Self { Self(rawValue: 1 << 17) }
    /// Allowed while a script runs for too long.
    @inlinable package static var allowBusy: Self { Self(rawValue: 1 << 18) }

    // From here on: not shown by COMMAND INFO.

    /// Refused unless the configuration enables it (`enable-debug-command` and the like).
    @inlinable package static var protected: Self { Self(rawValue: 1 << 40) }
    /// Sentinel mode has it too.
    @inlinable package static var sentinel: Self { Self(rawValue: 1 << 41) }
    /// Only sentinel mode has it.
    @inlinable package static var onlySentinel: Self { Self(rawValue: 1 << 42) }
    /// Replicates although it is no write command.
    @inlinable package static var mayReplicate: Self { Self(rawValue: 1 << 44) }
    /// Looks at keys that its arguments do not name.
    @inlinable package static var touchesArbitraryKeys: Self { Self(rawValue: 1 << 43) }

    /// Names in COMMAND INFO by bit number.
    private static let names: [StaticString] = [
        "write", "readonly", "denyoom", "admin", "pubsub", "noscript", "blocking", "loading",
        "stale", "skip_monitor", "skip_slowlog", "asking", "fast", "no_auth",
        "no_mandatory_keys", "no_async_loading", "no_multi", "movablekeys", "allow_busy",
    ]

    /// What COMMAND INFO shows, in its order.
    package var shownNames: [StaticString] { Self.names(of: rawValue, in: Self.names) }

    /// The names whose bits are set in `bits`.
    static func names(of bits: UInt64, in names: [StaticString]) -> [StaticString] {
        names.indices.filter { bits >> UInt64($0) & 1 != 0 }.map { names[$0] }
    }
}

/// The ACL categories (`ACL CAT`) a command belongs to.
package struct CommandCategories: OptionSet, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let keyspace = Self(rawValue: 1 << 0)
    package static let read = Self(rawValue: 1 << 1)
    package static let write = Self(rawValue: 1 << 2)
    package static let set = Self(rawValue: 1 << 3)
    package static let sortedSet = Self(rawValue: 1 << 4)
    package static let list = Self(rawValue: 1 << 5)
    package static let hash = Self(rawValue: 1 << 6)
    package static let string = Self(rawValue: 1 << 7)
    package static let bitmap = Self(rawValue: 1 << 8)
    package static let hyperLogLog = Self(rawValue: 1 << 9)
    package static let geo = Self(rawValue: 1 << 10)
    package static let stream = Self(rawValue: 1 << 11)
    package static let pubSub = Self(rawValue: 1 << 12)
    package static let admin = Self(rawValue: 1 << 13)
    package static let fast = Self(rawValue: 1 << 14)
    package static let slow = Self(rawValue: 1 << 15)
    package static let blocking = Self(rawValue: 1 << 16)
    package static let dangerous = Self(rawValue: 1 << 17)
    package static let connection = Self(rawValue: 1 << 18)
    package static let transaction = Self(rawValue: 1 << 19)
    package static let scripting = Self(rawValue: 1 << 20)

    /// All categories in ACL CAT's order, which is that of the bits.
    package static let names: [StaticString] = [
        "keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "bitmap",
        "hyperloglog", "geo", "stream", "pubsub", "admin", "fast", "slow", "blocking",
        "dangerous", "connection", "transaction", "scripting",
    ]

    /// The category called `name` (any letter case, without the `@`), or nil.
    package init?(name: Bytes) {
        guard let bit = Self.names.firstIndex(where: { name.isWord($0) }) else { return nil }
        self.init(rawValue: 1 << UInt32(bit))
    }

    package var shownNames: [StaticString] {
        CommandFlags.names(of: UInt64(rawValue), in: Self.names)
    }

    /// The categories that `flags` bring with them, so that rows name only the others.
    package static func implied(by flags: CommandFlags, named: Self) -> Self {
        var all = named
        if flags.contains(.write) { all.insert(.write) }
        // Scripts called read-only read nothing themselves (EVAL_RO, FCALL_RO).
        if flags.contains(.readOnly), !named.contains(.scripting) { all.insert(.read) }
        if flags.contains(.admin) { all.formUnion([.admin, .dangerous]) }
        if flags.contains(.pubSub) { all.insert(.pubSub) }
        if flags.contains(.blocking) { all.insert(.blocking) }
        all.insert(flags.contains(.fast) ? .fast : .slow)
        return all
    }
}
