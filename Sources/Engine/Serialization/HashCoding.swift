// Hashes in dumps: a small one as its block, a big one field by field; with deadlines field by
// field in the form of Redis 7.4, where a deadline is a distance from the earliest one.
//
// Valkey 9 writes hashes with deadlines under a number that Redis has given to another form: the
// payload's version tells which one it is.

import Memory

/// The latest deadline of a field that Redis loads, unix milliseconds; commands set none so late.
private let latestLoadedDeadline: UInt64 = 1 << 48 - 1

extension ValueEncoder {
    mutating func encode(_ hash: HashValue) {
        let earliest = hash.earliestDeadline
        switch hash.encoding {
        case .listpack:
            begin(.hashListpack)
            sink.string(hash.block.bytes)
        case .listpackEx where dialect == .redis74:
            begin(.hashListpackDeadlines, needs: SerialVersion.redis74)
            sink.signed(earliest)
            sink.string(hash.expiring.block.bytes)
        default:
            if earliest == 0 {
                begin(.hash)
            } else {
                begin(.hashDeadlines, needs: SerialVersion.redis74)
                sink.signed(earliest)
            }
            sink.length(hash.count)
            hash.forEach { name, value, due in
                if earliest != 0 { sink.length(due == 0 ? 0 : UInt64(due - earliest) + 1) }
                sink.string(name)
                sink.string(value)
            }
        }
    }
}

extension DecodedValue {
    static func hash(_ hash: HashValue) -> DecodedValue { .pointer(.hash, hash.encoding, hash.raw) }
}

/// How the fields of a hash follow one another.
enum FieldForm {
    case plain
    /// Before each field its deadline: unix milliseconds, or 0.
    case absolute
    /// Before all the earliest deadline, before each field the distance from it plus 1, or 0.
    case relative
    /// Behind each field its deadline, 8 bytes: unix milliseconds, or -1.
    case valkey
}

extension ValueDecoder {
    private var limits: HashLimits { engine.pointee.settings.hashLimits }

    /// A hash in any of its forms.
    mutating func hash(_ type: SerialType) throws(SerialError) -> DecodedValue {
        switch type {
        case .hashZipmap: try hashOfBlock(ZipmapReader.self)
        case .hashZiplist: try hashOfBlock(ZiplistReader.self)
        case .hashListpack: try hashOfListpack()
        case .hashDeadlines: try hashOfFields(.relative)
        case .hashDeadlinesAbsolute:
            try hashOfFields(version == SerialVersion.valkey9 ? .valkey : .absolute)
        case .hashListpackDeadlines: try hashOfListpackWithDeadlines(statesEarliest: true)
        case .hashListpackDeadlinesAbsolute:
            try hashOfListpackWithDeadlines(statesEarliest: false)
        default: try hashOfFields(.plain)
        }
    }

    /// Field by field.
    private mutating func hashOfFields(_ form: FieldForm) throws(SerialError) -> DecodedValue {
        let earliest = form == .relative ? UInt64(bitPattern: try source.signed()) : 0
        let count = try source.count(ofAtLeast: 2)
        if count == 0 { throw .empty }
        var hash = HashValue.create(engine)
        if count > limits.entries {
            hash.convertToTable()
        } else if form == .absolute || form == .relative {
            hash.supportDeadlines()
        }
        do throws(SerialError) {
            for _ in 0..<count { try readField(into: &hash, form, earliest) }
        } catch {
            hash.free()
            throw error
        }
        return .hash(hash)
    }

    private mutating func readField(
        into hash: inout HashValue, _ form: FieldForm, _ earliest: UInt64
    ) throws(SerialError) {
        var due: UInt64 = 0
        switch form {
        case .absolute: due = try source.length()
        case .relative:
            let distance = try source.length()
            due = distance == 0 ? 0 : distance &+ earliest &- 1
        case .plain, .valkey: break
        }
        let name = try element()
        let value = try element()
        if form == .valkey {
            let time = try source.signed()
            due = time == -1 ? 0 : UInt64(bitPattern: time)
            if due != 0, hash.encoding == .listpack { hash.supportDeadlines() }
        }
        guard due <= latestLoadedDeadline else { throw .malformed }
        let deadline: NewFieldDeadline = due == 0 ? .none : .at(Int64(due))
        guard hash.set(name, value, deadline, limits) else { throw .malformed }
    }

    // MARK: Blocks

    private mutating func hashOfListpack() throws(SerialError) -> DecodedValue {
        let block = try element()
        noteSanitization()
        return try hash(of: block)
    }

    private mutating func hashOfBlock<Reader: PackedReader>(
        _ reader: Reader.Type
    ) throws(SerialError) -> DecodedValue {
        guard let block = listpack(of: try element(), reader) else { throw .malformed }
        defer { block.release() }
        return try hash(of: block.view, longest: reader == ZipmapReader.self)
    }

    /// Fields and values in turn; with `longest` their lengths are looked at as well as their
    /// number.
    private func hash(of block: Bytes, longest: Bool = false) throws(SerialError) -> DecodedValue {
        var seen = DistinctItems(engine)
        var count = 0
        var isLong = false
        let isValid = ListpackReader.walk(block) { item in
            count += 1
            if longest, item.textBytes > limits.valueBytes { isLong = true }
            return count & 1 == 0 || seen.insert(item)
        }
        guard isValid, count & 1 == 0 else { throw .malformed }
        if count == 0 { throw .empty }
        var hash = HashValue.create(copying: block, withDeadlines: false, engine)
        if isLong || count / 2 > limits.entries { hash.convertToTable() }
        return .hash(hash)
    }

    /// Fields, values and deadlines in turn, these rising, those without one last.
    private mutating func hashOfListpackWithDeadlines(
        statesEarliest: Bool
    ) throws(SerialError) -> DecodedValue {
        if statesEarliest { _ = try source.signed() }
        let block = try element()
        noteSanitization()
        var seen = DistinctItems(engine)
        var count = 0
        var last: Int64 = -1
        let isValid = ListpackReader.walk(block) { item in
            count += 1
            if count % 3 == 1 { return seen.insert(item) }
            if count % 3 == 2 { return true }
            guard let due = item.integerIfAny, due >= 0, due <= Int64(latestLoadedDeadline),
                due == 0 || last != 0 && due >= last
            else { return false }
            last = due
            return true
        }
        guard isValid, count % 3 == 0 else { throw .malformed }
        if count == 0 { throw .empty }
        var hash = HashValue.create(copying: block, withDeadlines: true, engine)
        if count / 3 > limits.entries { hash.convertToTable() }
        return .hash(hash)
    }
}
