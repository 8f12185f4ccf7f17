// What a data command sees: its arguments, the keyspace, and where to write its reply.
//
// Made by the session for each request, passed inout to the handler, never stored. Handlers are free
// functions `func getCommand(_ c: inout CommandContext)` beside their table row; the dispatch switch
// in Server calls them directly. Nothing here is reference counted.

import Memory
import RESP

@frozen
@usableFromInline
package struct CommandContext: ~Copyable {
    /// The request: [0] is the command's name as sent. Valid until the handler returns.
    @usableFromInline package let arguments: UnsafePointer<Bytes>
    /// Number of arguments, the name included.
    @usableFromInline package let count: Int
    @usableFromInline package let engine: UnsafeMutablePointer<Engine>
    /// The database the client has selected.
    @usableFromInline package let database: UnsafeMutablePointer<Database>
    @usableFromInline package let reply: UnsafeMutablePointer<ReplyBuffer>
    /// Keyed hash of arguments[1], computed ahead; only meaningful where [1] is a key.
    @usableFromInline package let firstKeyHash: UInt64
    /// Hashes of all keys in order, where the command has several and the look-ahead got to them;
    /// their entries are on their way then.
    @usableFromInline package let keyHashes: UnsafePointer<UInt64>?
    /// Keyed hash of the member or field that the look-ahead saw named first
    /// (`CommandID.memberArgument`), 0 if it did not look: its table's lines are on their way then.
    @usableFromInline package let memberHash: UInt64
    /// An argument received straight into a blob of its own (long values), or nil: the handler may
    /// adopt it as the value by taking a reference instead of copying.
    @usableFromInline package let ownedArgument: SharedBlob?
    @usableFromInline package let ownedArgumentIndex: Int
    /// Whether accesses leave the eviction clock alone (CLIENT NO-TOUCH).
    @usableFromInline package let noTouch: Bool

    @inlinable @inline(__always)
    package init(
        arguments: UnsafePointer<Bytes>, count: Int, engine: UnsafeMutablePointer<Engine>,
        database: UnsafeMutablePointer<Database>, reply: UnsafeMutablePointer<ReplyBuffer>,
        firstKeyHash: UInt64, keyHashes: UnsafePointer<UInt64>?, memberHash: UInt64 = 0,
        ownedArgument: SharedBlob?,
        ownedArgumentIndex: Int, noTouch: Bool
    ) {
        self.arguments = arguments
        self.count = count
        self.engine = engine
        self.database = database
        self.reply = reply
        self.firstKeyHash = firstKeyHash
        self.keyHashes = keyHashes
        self.memberHash = memberHash
        self.ownedArgument = ownedArgument
        self.ownedArgumentIndex = ownedArgumentIndex
        self.noTouch = noTouch
    }

    @inlinable @inline(__always)
    package subscript(_ i: Int) -> Bytes {
        assert(i >= 0 && i < count)
        return arguments[i]
    }
}
