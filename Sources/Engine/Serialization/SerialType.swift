// The numbers by which DUMP payloads and snapshot files name the kinds of values, and the versions
// of the format.
//
// The format is Redis's (RDB). What a value is written as is decided by `ValueEncoder`; all kinds
// that Redis 2.0 to 7.4 and Valkey 9 write can be read (`ValueDecoder`).

/// How a value is laid out. Kinds of modules (6 and 7) are not known.
package enum SerialType: UInt8 {
    case string = 0
    /// Elements one by one: what was written before there were packed forms, and what big
    /// collections still are.
    case list = 1
    case set = 2
    /// Scores as text.
    case sortedSetText = 3
    case hash = 4
    case sortedSet = 5
    /// One block in a layout that is not written any more.
    case hashZipmap = 9
    case listZiplist = 10
    case setIntset = 11
    case sortedSetZiplist = 12
    case hashZiplist = 13
    /// Nodes that are ziplists.
    case listQuicklist = 14
    case streamListpacks = 15
    case hashListpack = 16
    case sortedSetListpack = 17
    /// Nodes that are listpacks, or single large elements.
    case listQuicklist2 = 18
    case streamListpacks2 = 19
    case setListpack = 20
    /// With the time at which a consumer last got something.
    case streamListpacks3 = 21
    /// With a deadline for each field, in three forms: unix milliseconds (as release candidates of
    /// Redis 7.4 wrote it; under this number Valkey 9 has another form), and as differences.
    case hashDeadlinesAbsolute = 22
    case hashListpackDeadlinesAbsolute = 23
    case hashDeadlines = 24
    case hashListpackDeadlines = 25
}

/// Versions of the format, as a payload's end and a file's beginning state them.
package enum SerialVersion {
    /// Redis 7.0: everything but what the next two bring.
    package static let redis70: UInt16 = 10
    /// Redis 7.2: sets as listpacks, when a consumer was last active.
    package static let redis72: UInt16 = 11
    /// Redis 7.4: deadlines of hash fields.
    package static let redis74: UInt16 = 12
    /// Valkey 9, which numbers on its own from here.
    package static let valkey9: UInt16 = 80

    /// Whether payloads of this version can be read.
    package static func isKnown(_ version: UInt16) -> Bool {
        version <= redis74 || version == valkey9
    }
}

/// Why bytes from outside are no value.
package enum SerialError: Error {
    /// They end too early, or something in them contradicts the format.
    case malformed
    /// They say a collection without elements, which no key may hold.
    case empty
}
