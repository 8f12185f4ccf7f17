// What the hash commands share: finding hashes and live fields, and the steps after a change.
//
// A field past its time is removed by whoever looks for it (HGET and its like), skipped by walks
// (HGETALL, HSCAN), but still counted by HLEN and found by HSET and HDEL, as in Redis 7.4.

import Memory
import RESP

extension Entry {
    /// Whether the value is a hash.
    @inline(__always)
    var isHash: Bool { header & 15 == UInt64(ValueType.hash.rawValue) }
}

extension CommandContext {
    @inline(__always)
    var hashLimits: HashLimits { engine.pointee.settings.hashLimits }

    /// Answers that the number of arguments is wrong.
    @inline(never)
    func replyWrongArity(_ command: StaticString) {
        reply.pointee.error(
            "ERR wrong number of arguments for '", Bytes(command), "' command")
    }

    /// The hash under argument 1 to read; nil if there is none or after the error that it is
    /// something else, which `isError` tells apart.
    @inline(__always)
    func readHash(_ isError: inout Bool) -> HashValue? {
        guard let entry = lookupRead(self[1], firstKeyHash) else { return nil }
        guard entry.isHash else {
            isError = true
            replyWrongType()
            return nil
        }
        return HashValue(entry, engine)
    }

    /// Where the hash under argument 1 is, to change it; likewise.
    @inline(__always)
    func hashPosition(_ isError: inout Bool) -> Position? {
        guard let position = lookupWrite(self[1], firstKeyHash) else { return nil }
        guard position.entry.isHash else {
            isError = true
            replyWrongType()
            return nil
        }
        return position
    }

    /// The hash at `position`, or a new one. (Spelled out, for `map` would need the runtime.)
    @inline(__always)
    func hash(at position: Position?) -> HashValue {
        if let position { return HashValue(position.entry, engine) }
        return HashValue.create(engine)
    }

    // MARK: Fields

    /// The field that argument `i` names if it is not past its time; else it is removed, and with
    /// the last one the key: `isGone` says so, and nothing may be done with the hash then.
    @inline(__always)
    func liveField(_ hash: HashValue, _ i: Int, _ isGone: inout Bool) -> HashField? {
        let name = self[i]
        guard let field = hash.find(name, i == 2 ? memberHash : 0) else { return nil }
        if field.deadline == 0 || !hash.isExpired(field.deadline) { return field }
        isGone = database.pointee.expireField(self[1], firstKeyHash, name)
        return nil
    }

    // MARK: After a change

    /// Puts a hash that was changed back: under its key, or under a new one. No deadlines were set.
    @inline(__always)
    func store(_ hash: HashValue, at position: Position?) {
        if let position {
            hash.save(to: position.entry)
        } else {
            database.pointee.setPointer(
                self[1], firstKeyHash, nil, type: .hash, encoding: hash.encoding, hash.raw)
        }
    }

    /// The same, where fields were given deadlines, `earliest` among these: 0 for none.
    func store(_ hash: HashValue, at position: Position?, arming earliest: Int64) {
        let entry: Entry
        if let position {
            hash.save(to: position.entry)
            entry = position.entry
        } else {
            entry = database.pointee.setPointer(
                self[1], firstKeyHash, nil, type: .hash, encoding: hash.encoding, hash.raw)
        }
        database.pointee.armFields(entry, firstKeyHash, earliest)
    }

    /// Removes the key if the hash has no fields left; true then. Else it is put back.
    func storeOrRemove(_ hash: HashValue, at position: Position) -> Bool {
        hash.save(to: position.entry)
        guard hash.count == 0 else { return false }
        database.pointee.remove(position)
        return true
    }
}
