// What is found out about a batch of requests before the first of them runs. Hot.
//
// With a large keyspace the cost of a request is waiting for memory. So the commands of up to 16
// requests are looked up, their first keys hashed and the buckets asked for; then, when those have
// arrived, the entries. The waiting of all requests overlaps. One call per batch crosses from the
// session's module into this one.

import Memory
import RESP

/// A batch of at most `capacity` requests, as far as it is known ahead.
package struct LookAhead {
    package static var capacity: Int { 16 }

    /// Command numbers, `noNumber` where no command has that name. Raw, because comparing them is
    /// then comparing integers in any module.
    package var ids = InlineArray<16, UInt16>(repeating: CommandID.noNumber)
    /// Whether the request has a number of arguments that the command takes.
    package var accepted = InlineArray<16, Bool>(repeating: false)
    /// Hash of the first key, 0 where there is none.
    package var hashes = InlineArray<16, UInt64>(repeating: 0)

    package init() {}

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
        for i in 0..<count {
            let request = requests[i]
            hashes[i] = 0
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
            let hash = database.pointee.table.hash(arguments[request.argumentStart &+ firstKey])
            hashes[i] = hash
            if count > 1 { database.pointee.prefetchBucket(hash) }
        }
        guard count > 1 else { return }
        for i in 0..<count where hashes[i] != 0 { database.pointee.prefetchEntry(hashes[i]) }
        // Long values stand behind a pointer: a third step, only while such values are in use.
        guard database.pointee.engine.pointee.usesBlobs else { return }
        database.pointee.engine.pointee.usesBlobs = false
        for i in 0..<count where hashes[i] != 0 { database.pointee.prefetchBlob(hashes[i]) }
    }
}
