// A client: what the server knows of one connection beyond its socket.
//
// Lives in memory of its own for as long as its connection is open; the connection's `context`
// points here. What nearly every client leaves empty (names, library) is in a ClientDetails that is
// made when needed, so that an idle client is some 150 bytes.

import Engine
import EventLoop
import Memory
import RESP

typealias ClientPointer = UnsafeMutablePointer<Client>

/// States of a client. Those in `gated` send each command through the slow checks.
struct ClientFlags: OptionSet {
    let rawValue: UInt32

    /// Has to authenticate before anything else.
    static var unauthenticated: ClientFlags { ClientFlags(rawValue: 1 << 0) }
    /// CLIENT REPLY OFF.
    static var replyOff: ClientFlags { ClientFlags(rawValue: 1 << 1) }
    /// CLIENT REPLY SKIP: the next command's reply is dropped too.
    static var replySkipNext: ClientFlags { ClientFlags(rawValue: 1 << 2) }
    static var replySkip: ClientFlags { ClientFlags(rawValue: 1 << 3) }
    /// Close when what is queued has been sent.
    static var closeAfterReply: ClientFlags { ClientFlags(rawValue: 1 << 4) }
    /// Close without another word.
    static var closeNow: ClientFlags { ClientFlags(rawValue: 1 << 5) }
    /// CLIENT NO-EVICT ON.
    static var noEvict: ClientFlags { ClientFlags(rawValue: 1 << 6) }
    /// CLIENT NO-TOUCH ON.
    static var noTouch: ClientFlags { ClientFlags(rawValue: 1 << 7) }
    /// Waits for the end of CLIENT PAUSE; its request stays in the input buffer.
    static var paused: ClientFlags { ClientFlags(rawValue: 1 << 8) }
    /// Had its share of the turn; complete requests wait in the input buffer.
    static var deferred: ClientFlags { ClientFlags(rawValue: 1 << 9) }
    /// Waits for a key; see Waiting.
    static var blocked: ClientFlags { ClientFlags(rawValue: 1 << 10) }
    /// Nothing is executed until something else has happened.
    static var waits: ClientFlags { [.paused, .blocked] }

    /// Between MULTI and EXEC.
    static var inTransaction: ClientFlags { ClientFlags(rawValue: 1 << 20) }
    /// Has a subscription.
    static var subscribed: ClientFlags { ClientFlags(rawValue: 1 << 21) }

    /// Flags that a command cannot be run under without a closer look.
    static var gated: ClientFlags {
        [
            .unauthenticated, .replyOff, .replySkip, .replySkipNext, .closeAfterReply, .closeNow,
            .paused, .blocked, .inTransaction, .subscribed,
        ]
    }
}

/// What few clients have: made on first use.
final class ClientDetails {
    var name: [UInt8] = []
    var libraryName: [UInt8] = []
    var libraryVersion: [UInt8] = []
    /// Watched keys and queued commands; nil while there are neither.
    var transaction: Transaction?
    /// Nil while there are none.
    var subscriptions: Subscriptions?
}

struct Client: ~Copyable {
    let connection: ConnectionPointer
    let id: UInt64
    /// Unix milliseconds of the connection's start.
    let createdMilliseconds: Int64
    /// Neighbours in the registry, by rising id.
    var next: ClientPointer?
    var previous: ClientPointer?
    /// An incomplete request that is costly to read again.
    var partial: UnsafeMutablePointer<PartialRequest>?
    var details: ClientDetails?
    /// The request that waits for a key, while `flags` has `.blocked`.
    var waiting: WaitingRequest?
    var flags: ClientFlags
    var database: Int32
    var lastCommand: CommandID?
    var resp3: Bool
    /// Unix milliseconds since when output is above its soft limit; 0 if it is not.
    var softLimitSince: Int64
    /// Commands this client has had executed.
    var commandCount: UInt64

    init(connection: ConnectionPointer, id: UInt64, createdMilliseconds: Int64) {
        self.connection = connection
        self.id = id
        self.createdMilliseconds = createdMilliseconds
        next = nil
        previous = nil
        partial = nil
        details = nil
        waiting = nil
        flags = []
        database = 0
        lastCommand = nil
        resp3 = false
        softLimitSince = 0
        commandCount = 0
    }

    /// The details, made now if they are not there.
    mutating func makeDetails() -> ClientDetails {
        if let details { return details }
        let made = ClientDetails()
        details = made
        return made
    }

    var name: [UInt8] { details?.name ?? [] }

    /// Bytes of memory that the client takes, its connection included.
    var memoryBytes: Int {
        MemoryLayout<Client>.stride + connection.pointee.memoryBytes
            + (partial?.pointee.memory ?? 0) + (waiting?.memoryBytes ?? 0)
    }
}
