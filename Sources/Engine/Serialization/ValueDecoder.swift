// A value from bytes of any source: RESTORE, later snapshot files.
//
// The bytes are not trusted: every block is checked deeply, duplicates and scores that are no
// numbers are refused, and what was built so far is freed when the bytes turn out to be wrong.
// Redis leaves the deep checks out unless `sanitize-dump-payload` asks for them; here they always
// take place, since all code that walks a block relies on them.

import Memory

/// A value that is in no database yet. The strings are valid as long as their decoder.
enum DecodedValue {
    case string(NewString)
    /// A value behind a pointer, to be stored or freed by the caller.
    case pointer(ValueType, Encoding, UnsafeMutableRawPointer)
}

struct ValueDecoder: ~Copyable {
    var source: ByteSource
    let version: UInt16
    let engine: UnsafeMutablePointer<Engine>

    /// `bytes`, in the format of `version`, must outlive the decoder.
    init(_ bytes: Bytes, version: UInt16, engine: UnsafeMutablePointer<Engine>) {
        source = ByteSource(bytes)
        self.version = version
        self.engine = engine
    }

    /// Kind and value. What follows them is left alone.
    mutating func decode() throws(SerialError) -> DecodedValue {
        guard let type = SerialType(rawValue: try source.byte()) else { throw .malformed }
        switch type {
        case .string: return .string(Self.newString(try source.string()))
        case .list: return .list(try listOfElements())
        case .listZiplist: return .list(try listOfZiplist())
        case .listQuicklist: return .list(try listOfNodes(ZiplistReader.self))
        case .listQuicklist2: return .list(try listOfNodes(ListpackReader.self))
        case .set: return try setOfMembers()
        case .setIntset: return try setOfIntset()
        case .setListpack: return try setOfListpack()
        case .sortedSetText: return try sortedSetOfMembers(textScores: true)
        case .sortedSet: return try sortedSetOfMembers(textScores: false)
        case .sortedSetZiplist: return try sortedSetOfZiplist()
        case .sortedSetListpack: return try sortedSetOfListpack()
        case .hash, .hashZipmap, .hashZiplist, .hashListpack, .hashDeadlines,
            .hashDeadlinesAbsolute, .hashListpackDeadlines, .hashListpackDeadlinesAbsolute:
            return try hash(type)
        case .streamListpacks: return try stream(form: 1)
        case .streamListpacks2: return try stream(form: 2)
        case .streamListpacks3: return try stream(form: 3)
        }
    }

    private static func newString(_ bytes: Bytes) -> NewString {
        if let integer = bytes.integer { return .integer(integer) }
        return .bytes(bytes)
    }

    /// A part of a collection: an element, a name, a block. None is longer than a cell or a node
    /// can say.
    mutating func element() throws(SerialError) -> Bytes {
        let bytes = try source.string()
        guard bytes.count <= PackedListLimit.largestElement else { throw .malformed }
        return bytes
    }

    /// The elements of a valid block of another layout as a listpack; nil if it is not valid or
    /// would become too long. The blob's one reference is the caller's.
    func listpack<Reader: PackedReader>(of block: Bytes, _ reader: Reader.Type) -> SharedBlob? {
        var sink = ByteSink(capacity: block.count + block.count / 2, compresses: false)
        _ = sink.room(Listpack.headerBytes)
        var count = 0
        let isValid = Reader.walk(block) { item in
            let entry = ListpackEntry(item.normalized)
            Listpack.write(entry, to: sink.room(entry.totalBytes))
            count += 1
            return sink.bytes.count <= PackedBlock.longestBytes
        }
        guard isValid else { return nil }
        sink.byte(Listpack.end)
        let blob = sink.finish()
        Listpack.writeHeader(
            entryBytes: blob.count - Listpack.overheadBytes, count: count, to: blob.bytes)
        return blob
    }

    /// Notes a packed block that Redis would check deeply, for INFO.
    func noteSanitization() {
        if engine.pointee.settings.countsSanitizations {
            engine.pointee.statistics.dumpSanitizations += 1
        }
    }
}

extension DecodedValue {
    static func list(_ list: PackedList) -> DecodedValue { .pointer(.list, .packedList, list.raw) }
}

extension Engine {
    /// Frees a value that goes into no database.
    mutating func discard(_ value: DecodedValue) {
        guard case .pointer(let type, let encoding, let raw) = value else { return }
        lazyFree.release(BigValue(type: type, encoding: encoding, raw: raw), heap)
    }
}
