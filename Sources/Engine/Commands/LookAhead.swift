// What is found out about a batch of requests before the first of them runs. Hot.
//
// With a large keyspace the cost of a request is waiting for memory. So the commands of a batch of
// requests are looked up, their keys hashed and the buckets asked for; then, when those have
// arrived, the entries. The waiting of all requests overlaps. One call per batch crosses from the
// session's module into this one.

import Memory
import RESP

/// A batch of at most `capacity` requests, as far as it is known ahead.
package struct LookAhead: ~Copyable {
    package static var capacity: Int { 32 }
    /// Room for the hashes of commands with several keys, all requests of a batch together.
    private static var keyCapacity: Int { 256 }

    /// Command numbers, `noNumber` where no command has that name. Raw, because comparing them is
    /// then comparing integers in any module.
    package var ids = InlineArray<32, UInt16>(repeating: CommandID.noNumber)
    /// Whether the request has a number of arguments that the command takes.
    package var accepted = InlineArray<32, Bool>(repeating: false)
    /// Hash of the first key, 0 where there is none.
    package var hashes = InlineArray<32, UInt64>(repeating: 0)
    /// The hashes of all keys of a request, in order, if it has several and they were looked at.
    package var allKeyHashes = InlineArray<32, UnsafePointer<UInt64>?>(repeating: nil)
    /// Hash of the member or field that the request names first, 0 if it was not looked at, and the
    /// table it is to be looked up in.
    package var memberHashes = InlineArray<32, UInt64>(repeating: 0)
    var memberTables = InlineArray<32, UnsafeMutablePointer<MemberTable>?>(repeating: nil)
    private let keyHashes: UnsafeMutablePointer<UInt64>
    private var keyCount = 0

    package init() { keyHashes = .allocate(capacity: Self.keyCapacity) }
    deinit { keyHashes.deallocate() }

    /// The command of request `i`, nil where no command has that name.
    package func command(_ i: Int) -> CommandID? {
        ids[i] == CommandID.noNumber ? nil : CommandID(number: ids[i])
    }

    /// The number of a container's subcommand, or the container's own if it has none of that name.
    @inline(never)
    private func subcommand(
        of container: CommandID, _ name: Bytes, _ table: borrowing CommandTable
    ) -> UInt16 {
        (table.find(name, in: container) ?? container).rawValue
    }

    /// Looks at the `count` requests that the parser has found.
    package mutating func look(
        at requests: UnsafePointer<ParsedRequest>, _ count: Int, _ arguments: UnsafePointer<Bytes>,
        _ table: borrowing CommandTable, _ database: UnsafeMutablePointer<Database>
    ) {
        assert(count <= Self.capacity)
        keyCount = 0
        var namesMembers = false
        for i in 0..<count {
            let request = requests[i]
            hashes[i] = 0
            memberHashes[i] = 0
            allKeyHashes[i] = nil
            guard let id = table.find(arguments[request.argumentStart]) else {
                ids[i] = CommandID.noNumber
                continue
            }
            var number = id.rawValue
            if table.facts[Int(number)].isContainer, request.count > 1 {
                number = subcommand(of: id, arguments[request.argumentStart &+ 1], table)
            }
            ids[i] = number
            let facts = table.facts + Int(number)
            accepted[i] = facts.pointee.accepts(request.count)
            let firstKey = Int(facts.pointee.firstKey)
            guard firstKey > 0, firstKey < request.count else { continue }
            if facts.pointee.lastKey < 0, request.count > firstKey &+ 1 {
                if let known = lookAtKeys(
                    arguments + request.argumentStart, request.count, facts, database)
                {
                    allKeyHashes[i] = known
                    hashes[i] = known[0]
                    continue
                }
            }
            let hash = database.pointee.table.hash(arguments[request.argumentStart &+ firstKey])
            hashes[i] = hash
            namesMembers = namesMembers || facts.pointee.memberArgument != 0
            if count > 1 { database.pointee.prefetchBucket(hash) }
        }
        guard count > 1 || keyCount > 0 else { return }
        for i in 0..<count where hashes[i] != 0 { database.pointee.prefetchEntry(hashes[i]) }
        for i in 0..<keyCount { database.pointee.prefetchEntry(keyHashes[i]) }
        // Members of collections and long values are a third step; the latter only while such
        // values are in use.
        if namesMembers, count > 1 { lookAtMembers(requests, count, arguments, table, database) }
        guard database.pointee.engine.pointee.usesLongValues else { return }
        database.pointee.engine.pointee.usesLongValues = false
        for i in 0..<count where hashes[i] != 0 { database.pointee.prefetchValue(hashes[i]) }
    }

    /// Hashes all keys of a request whose keys reach to its end, and asks for their buckets.
    @inline(never)
    private mutating func lookAtKeys(
        _ arguments: UnsafePointer<Bytes>, _ count: Int, _ facts: UnsafePointer<CommandFacts>,
        _ database: UnsafeMutablePointer<Database>
    ) -> UnsafePointer<UInt64>? {
        let step = max(1, Int(facts.pointee.keyStep))
        let last = count &+ Int(facts.pointee.lastKey)
        var i = Int(facts.pointee.firstKey)
        guard last >= i, (last &- i) / step &+ 1 <= Self.keyCapacity &- keyCount else {
            return nil
        }
        let start = UnsafePointer(keyHashes + keyCount)
        while i <= last {
            let hash = database.pointee.table.hash(arguments[i])
            keyHashes[keyCount] = hash
            keyCount &+= 1
            database.pointee.prefetchBucket(hash)
            i &+= step
        }
        return start
    }
}
