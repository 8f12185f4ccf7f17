// The third step of the look-ahead: members and fields of big collections.
//
// Requests of a pipeline that go to big sets, hashes and sorted sets wait for the collection's own
// table as others wait for the keyspace's. So where a request names a member, that is hashed too,
// and its bucket and then its element are asked for. The handler is given the hash.

import Memory
import RESP

extension CommandID {
    /// The argument that names a member or field in the collection under the first key, the first of
    /// them if it may name several; 0 for none.
    var memberArgument: UInt8 {
        switch self {
        case .sadd, .srem, .sismember, .smismember: 2
        case .hget, .hmget, .hexists, .hstrlen, .hset, .hsetnx, .hmset, .hdel: 2
        case .hincrby, .hincrbyfloat: 2
        case .zrem, .zscore, .zmscore, .zrank, .zrevrank: 2
        case .smove, .zadd, .zincrby: 3
        default: 0
        }
    }
}

extension Entry {
    /// The table of a big collection, to ask for what it will be looked up in; nil of anything else.
    @inline(__always)
    fileprivate var collectionTable: UnsafeMutablePointer<MemberTable>? {
        switch encoding {
        case .hashTable: memberTable
        case .tree: Self.alike(TreeSet(raw: pointerValue).table)
        case .fieldTable: Self.alike(&BigHash(raw: pointerValue).state.pointee.table)
        default: nil
        }
    }

    /// Safety: tables are laid out alike whatever they hold, and prefetching reads no element.
    @inline(__always)
    private static func alike<E>(
        _ table: UnsafeMutablePointer<Table<E>>
    ) -> UnsafeMutablePointer<MemberTable> {
        UnsafeMutableRawPointer(table).assumingMemoryBound(to: MemberTable.self)
    }
}

extension LookAhead {
    /// Looks at the members that the batch's requests name; their entries have been asked for.
    @inline(never)
    mutating func lookAtMembers(
        _ requests: UnsafePointer<ParsedRequest>, _ count: Int, _ arguments: UnsafePointer<Bytes>,
        _ table: borrowing CommandTable, _ database: UnsafeMutablePointer<Database>
    ) {
        for i in 0..<count {
            guard hashes[i] != 0, ids[i] != CommandID.noNumber else { continue }
            let at = Int(table.facts[Int(ids[i])].memberArgument)
            guard at > 0, at < requests[i].count,
                let members = database.pointee.table.likely(hashes[i])?.collectionTable
            else { continue }
            let hash = members.pointee.hash(arguments[requests[i].argumentStart &+ at])
            members.pointee.prefetchBucket(hash)
            memberHashes[i] = hash
            memberTables[i] = members
        }
        for i in 0..<count where memberHashes[i] != 0 {
            memberTables[i].unsafelyUnwrapped.pointee.prefetchElement(memberHashes[i])
        }
    }
}
