// What the sorted set commands share: finding sets, reading their arguments, and the steps that
// follow every change.

import Memory
import RESP

extension CommandContext {
    /// The sorted set in `entry`, or nil after the error that it is something else.
    @inline(__always)
    package func sortedSetOrError(_ entry: Entry) -> SortedSet? {
        if entry.type == .sortedSet { return SortedSet(entry, engine) }
        replyWrongType()
        return nil
    }

    /// Argument `i` as a score; or nil, and the error is written.
    @inline(__always)
    package func score(
        _ i: Int, _ text: StaticString = "ERR value is not a valid float"
    ) -> Double? {
        if let value = self[i].double { return value }
        reply.pointee.error(text)
        return nil
    }

    /// Argument `i` as an integer from 0 on; or nil, and the error is written.
    func positiveInteger(
        _ i: Int, _ text: StaticString = "ERR value is out of range, must be positive"
    ) -> Int? {
        if let value = self[i].integer, value >= 0 { return Int(value) }
        reply.pointee.error(text)
        return nil
    }

    /// The end of every removal from a sorted set: `count` elements went from the one at
    /// `position`. An emptied one goes.
    @inline(__always)
    func removed(_ key: Bytes, _ position: Position, _ set: SortedSet, _ count: Int) {
        set.store(in: position.entry)
        if set.count == 0 { database.pointee.remove(position) }
        database.pointee.changed(key, by: count)
    }

    /// Removes the elements of these ranks from the set under `key`, the key too if all go, and
    /// notes the change.
    package func removeRanks(
        _ key: Bytes, _ position: Position, _ set: SortedSet, _ ranks: Range<Int>
    ) {
        if ranks.count == set.count {
            // The whole value goes, in slices if it is long.
            database.pointee.remove(position)
            return database.pointee.changed(key, by: ranks.count)
        }
        var set = set
        set.removeRange(ranks)
        removed(key, position, set, ranks.count)
    }

    /// Puts `set`, which stands under no key yet, under argument `i`, and answers with its length.
    /// An empty one is freed, and what stands under the key goes.
    package func replyStored(_ set: SortedSet, _ i: Int) {
        let hash = engine.pointee.hash(self[i])
        let position = lookupWrite(self[i], hash)
        let count = set.count
        if count > 0 {
            set.store(database, self[i], hash, position)
            database.pointee.changed(self[i])
        } else {
            set.release()
            if let position {
                database.pointee.remove(position)
                database.pointee.changed(self[i])
            }
        }
        reply.pointee.integer(count)
    }
}
