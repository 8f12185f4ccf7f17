// A value as bytes: its kind, then what it is made of.
//
// DUMP writes so that Redis 7.0 and everything later can read it, as far as Redis 7.0 knows the
// value: of two forms the older one is taken (a small set goes out element by element, since sets
// as listpacks came with 7.2), and the version at a payload's end is the lowest that knows the
// form. Only deadlines of hash fields need Redis 7.4.

import Memory

/// For whom a value is written.
package enum SerialDialect {
    /// For Redis 7.0 and everything later (DUMP).
    case oldest
    /// As Redis 7.4 writes it.
    case redis74
}

package struct ValueEncoder: ~Copyable {
    var sink: ByteSink
    let dialect: SerialDialect
    /// The version that a reader must know, by what was written so far.
    private(set) var version = SerialVersion.redis70

    package init(_ dialect: SerialDialect, compresses: Bool) {
        sink = ByteSink(compresses: compresses)
        self.dialect = dialect
    }

    /// The bytes so far as a blob, whose one reference is the caller's.
    package consuming func finish() -> SharedBlob { sink.finish() }

    mutating func begin(_ type: SerialType, needs version: UInt16 = SerialVersion.redis70) {
        sink.byte(type.rawValue)
        self.version = max(self.version, version)
    }

    /// Kind and value of an entry.
    /// - Complexity: O(bytes)
    package mutating func encode(
        _ entry: Entry, _ engine: UnsafeMutablePointer<Engine>
    ) {
        switch entry.type {
        case .string: encode(string: entry)
        case .list: encode(list: entry.listValue)
        case .set: encode(set: entry)
        case .sortedSet: encode(SortedSet(entry, engine))
        case .stream: encode(entry.streamValue)
        case .hash: encode(HashValue(entry, engine))
        }
    }

    private mutating func encode(string entry: Entry) {
        begin(.string)
        switch entry.stringValue {
        case .bytes(let bytes): sink.string(bytes)
        case .integer(let integer): sink.string(integer: integer)
        case .blob(let blob): sink.string(blob.view)
        }
    }
}
