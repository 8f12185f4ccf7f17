// Keys that clients watch for a transaction (WATCH), and the note that one of them changed.
//
// The primitives of the keyspace call in here behind one compare (`Engine.observers`), so that it
// costs nothing while nobody watches. A watcher is a mark that its owner keeps at a stable address:
// a change sets it. The keyspace never learns who the owner is.

import Memory

/// Set when a watched key has changed. Owned by whoever watches.
package typealias WatchMark = UnsafeMutablePointer<Bool>

/// Who has to hear of changes to the keyspace.
struct Observers: OptionSet {
    let rawValue: UInt8
    static var watchers: Observers { Observers(rawValue: 1) }
}

struct WatchedKeys: ~Copyable {
    private struct Watcher {
        let database: Int
        let key: [UInt8]
        let mark: WatchMark
        /// Whether the key was past its time, but still there, when the watch began or when the
        /// database was exchanged: its removal then changes nothing.
        var wasExpired: Bool

        func stands(for database: Int, _ key: Bytes) -> Bool {
            self.database == database && self.key.withBytes { $0.equals(key) }
        }
    }

    /// Watchers by the keyed hash of their key.
    private var byHash: [UInt64: [Watcher]] = [:]
    /// Different keys that are watched.
    private(set) var keyCount = 0

    var isEmpty: Bool { byHash.isEmpty }

    /// Whether `mark` watches the key already.
    func contains(_ database: Int, _ key: Bytes, _ hash: UInt64, _ mark: WatchMark) -> Bool {
        byHash[hash]?.contains { $0.mark == mark && $0.stands(for: database, key) } ?? false
    }

    /// - Complexity: O(watchers of the key)
    mutating func add(
        _ database: Int, _ key: Bytes, _ hash: UInt64, _ mark: WatchMark, isExpired: Bool
    ) {
        var watchers = byHash[hash] ?? []
        if !watchers.contains(where: { $0.stands(for: database, key) }) { keyCount += 1 }
        watchers.append(
            Watcher(database: database, key: key.array, mark: mark, wasExpired: isExpired))
        byHash[hash] = watchers
    }

    /// - Complexity: O(watchers of the key)
    mutating func remove(_ database: Int, _ key: Bytes, _ hash: UInt64, _ mark: WatchMark) {
        guard var watchers = byHash.removeValue(forKey: hash) else { return }
        watchers.removeAll { $0.mark == mark && $0.stands(for: database, key) }
        if !watchers.contains(where: { $0.stands(for: database, key) }) { keyCount -= 1 }
        if !watchers.isEmpty { byHash[hash] = watchers }
    }

    /// Sets the marks of all that watch the key.
    func touch(_ database: Int, _ key: Bytes, _ hash: UInt64) {
        guard let watchers = byHash[hash] else { return }
        for watcher in watchers where watcher.stands(for: database, key) {
            watcher.mark.pointee = true
        }
    }

    /// Whether the key was there in time when `mark` began to watch it.
    func sawAlive(_ database: Int, _ key: Bytes, _ hash: UInt64, _ mark: WatchMark) -> Bool {
        byHash[hash]?.contains {
            $0.mark == mark && $0.stands(for: database, key) && !$0.wasExpired
        } ?? false
    }

    /// What the exchange of a database's content means to one watched key.
    enum Replacement {
        case unchanged, changed
        /// There was no such key, and there is one now that is past its time.
        case expired
    }

    /// Tells all that watch a key of `database` what becomes of it.
    mutating func replace(_ database: Int, _ outcome: (_ key: Bytes, _ hash: UInt64) -> Replacement)
    {
        for (hash, watchers) in byHash {
            var watchers = watchers
            for i in watchers.indices where watchers[i].database == database {
                switch watchers[i].key.withBytes({ outcome($0, hash) }) {
                case .unchanged: continue
                case .changed: watchers[i].mark.pointee = true
                case .expired: watchers[i].wasExpired = true
                }
            }
            byHash[hash] = watchers
        }
    }
}

extension Engine {
    /// Lets `mark` watch a key. False if it does already.
    package mutating func watch(_ database: Int, _ key: Bytes, _ mark: WatchMark) -> Bool {
        let hash = hash(key)
        guard !watched.contains(database, key, hash, mark) else { return false }
        let isExpired = databases[database].holdsExpired(key, hash)
        watched.add(database, key, hash, mark, isExpired: isExpired)
        observers.insert(.watchers)
        return true
    }

    /// Ends what `watch` began.
    package mutating func unwatch(_ database: Int, _ key: Bytes, _ mark: WatchMark) {
        watched.remove(database, key, hash(key), mark)
        if watched.isEmpty { observers.remove(.watchers) }
    }

    /// Different keys that are watched now.
    package var watchedKeyCount: Int { watched.keyCount }

    /// Whether a key that `mark` watches has run out of its time since.
    package func hasExpired(_ database: Int, _ key: Bytes, _ mark: WatchMark) -> Bool {
        let hash = hash(key)
        return databases[database].holdsExpired(key, hash)
            && watched.sawAlive(database, key, hash, mark)
    }

    /// Before a database is emptied, or gets the content of `other`: watched keys that exist here
    /// or there change.
    mutating func noteReplaced(_ database: Int, by other: Int?) {
        guard observers.contains(.watchers) else { return }
        let databases = databases
        watched.replace(database) { key, hash in
            if databases[database].isAlive(key, hash) { return .changed }
            guard let other else { return .unchanged }
            if databases[other].isAlive(key, hash) { return .changed }
            return databases[other].holdsExpired(key, hash) ? .expired : .unchanged
        }
    }
}

extension Database {
    /// Whether the key is there and not past its time. Changes nothing.
    fileprivate func isAlive(_ key: Bytes, _ hash: UInt64) -> Bool {
        guard let position = table.find(key, hash) else { return false }
        return !isExpired(position.element)
    }

    /// Tells those who must hear of it that `key` has changed, was removed, or expired.
    @inline(never)
    mutating func noteObserved(_ key: Bytes) {
        engine.pointee.watched.touch(index, key, engine.pointee.hash(key))
    }
}
