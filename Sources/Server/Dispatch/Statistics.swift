// Counters that INFO shows: per command, and of the server as a whole.

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
