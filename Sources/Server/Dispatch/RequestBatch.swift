// What the look-ahead finds out about up to 16 requests before the first of them runs: the command,
// and the hash of its first key, whose bucket and entry are then on their way into the cache.

import Engine
import Memory
import RESP

struct RequestBatch {
    /// nil where no command has that name.
    var ids = InlineArray<16, CommandID?>(repeating: nil)
    /// Hash of the first key, 0 where there is none.
    var hashes = InlineArray<16, UInt64>(repeating: 0)
}

/// Per command, for INFO commandstats.
struct CommandStatistics {
    var calls = 0
    var ticks: UInt64 = 0
    var rejected = 0
    var failed = 0
}

/// Counters of the server, for INFO. All since start or CONFIG RESETSTAT.
struct ServerStatistics {
    var commands = 0
    var rejectedConnections = 0
    var protocolErrors = 0
    var queryBufferDisconnections = 0
    var outputBufferDisconnections = 0
    var errorReplies = 0
    var rejectedCalls = 0
    /// Replies whose errors start with each code.
    var errors: [String: Int] = [:]
    var evictedClients = 0
    var deniedAuthentications = 0
}
