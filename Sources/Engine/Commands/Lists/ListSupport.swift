// What the list commands share: finding lists, reading their arguments, and the steps that follow
// every change.
//
// Every push ends in `pushed`, every removal in `removed`: whoever waits for elements or must see
// changes hooks in behind them, in the primitives of the keyspace.

import Memory
import RESP

/// An end of a list, as LEFT and RIGHT name it.
enum ListEnd {
    case head
    case tail

    /// Nil if `word` is neither LEFT nor RIGHT, in any letter case.
    init?(_ word: Bytes) {
        if word.isWord("left") {
            self = .head
        } else if word.isWord("right") {
            self = .tail
        } else {
            return nil
        }
    }
}

extension Entry {
    /// The list that is the value; only where the type is `list`.
    @inline(__always)
    var listValue: PackedList { PackedList(raw: pointerValue) }
}

extension PackedListLimit {
    /// The longest element that Redis takes into a list.
    static var largestElement: Int { (1 << 32) - 1024 }
}

extension CommandContext {
    /// list-max-listpack-size as configured now.
    @inline(__always)
    var listLimit: PackedListLimit {
        PackedListLimit(engine.pointee.settings.listMaxListpackSize)
    }

    /// The list in `entry`, or nil after the error that it is something else.
    @inline(__always)
    func listOrError(_ entry: Entry) -> PackedList? {
        if entry.encoding == .packedList { return entry.listValue }
        replyWrongType()
        return nil
    }

    /// Argument `i` as an integer, or nil after the error that it is none.
    func listIntegerOrError(_ i: Int) -> Int? {
        if let value = self[i].integer { return Int(value) }
        replyNotAnInteger()
        return nil
    }

    /// Argument `i` as an integer whose negative can be taken, or nil after an error.
    func listSymmetricIntegerOrError(_ i: Int) -> Int? {
        guard let value = listIntegerOrError(i) else { return nil }
        if value != .min { return value }
        reply.pointee.error(
            """
            ERR value is out of range, value must between -9223372036854775807 and \
            9223372036854775807
            """)
        return nil
    }

    /// Argument `i` as an integer from `minimum` on, or nil after the error `text`.
    func listIntegerOrError(_ i: Int, from minimum: Int, _ text: StaticString) -> Int? {
        if let value = self[i].integer, value >= minimum { return Int(value) }
        reply.pointee.error(text)
        return nil
    }

    /// Whether argument `i` may be an element; else the error was written.
    @inline(__always)
    func isListElement(_ i: Int) -> Bool {
        if self[i].count <= PackedListLimit.largestElement { return true }
        reply.pointee.error("ERR Element too large")
        return false
    }

    // MARK: After a change

    /// The end of every push: `count` elements were added to the list under `key`.
    @inline(__always)
    func pushed(_ key: Bytes, _ count: Int) {
        database.pointee.changed(key, by: count)
    }

    /// The end of every removal from a list: `count` elements went, `position` holds the list.
    /// An emptied one goes, and a smaller one may become a listpack again.
    @inline(__always)
    func removed(_ key: Bytes, _ position: Position, _ list: PackedList, _ count: Int) {
        if list.isEmpty {
            database.pointee.remove(position)
        } else {
            list.convertAfterRemoving(limit: listLimit)
        }
        database.pointee.changed(key, by: count)
    }
}

extension CommandContext {
    /// Removes `count` elements from index `start` on; a long run is freed in slices later.
    func removeRun(_ list: PackedList, _ start: Int, _ count: Int) {
        if let rest = list.removeRange(start, count) { engine.pointee.lazyFree.add(rest) }
    }
}

/// Where `start` and `stop` of LRANGE and LTRIM lead in a list of `count` elements: negative ones
/// count from the end. Nil where no element lies between them.
func listRange(_ start: Int, _ stop: Int, count: Int) -> (start: Int, count: Int)? {
    // No overflow: a negative number and a count.
    let first = max(start < 0 ? start + count : start, 0)
    let last = min(stop < 0 ? stop + count : stop, count - 1)
    if first > last || first >= count { return nil }
    return (first, last - first + 1)
}
