// INFO stats: what has happened since the start or CONFIG RESETSTAT.
//
// Fields of what the server does not have (replication, subscriptions, tracking, scripts, threads)
// are there and 0, since clients and dashboards look for them.

import Engine
import EventLoop
import Memory

extension Server {
    func putStats(into text: inout TextBuffer) {
        putTraffic(into: &text)
        putKeyStatistics(into: &text)
        putErrorTotals(into: &text)
        putLoop(into: &text)
        text.field("acl_access_denied_auth", statistics.deniedAuthentications)
        text.zeros("acl_access_denied_cmd", "acl_access_denied_key", "acl_access_denied_channel")
        putOwnStatistics(into: &text)
    }

    private func putTraffic(into text: inout TextBuffer) {
        let transfer = reactor.pointee.statistics
        let accepted = Int(clamping: transfer.connectionsAccepted)
        text.field(
            "total_connections_received", max(0, accepted - statistics.rejectedConnections))
        text.field(
            "total_commands_processed", max(0, statistics.commands - statistics.rejectedCalls))
        text.field("instantaneous_ops_per_sec", rates.commands.average)
        text.field("total_net_input_bytes", transfer.netInputBytes)
        text.field("total_net_output_bytes", transfer.netOutputBytes)
        text.zeros("total_net_repl_input_bytes", "total_net_repl_output_bytes")
        text.field(
            "instantaneous_input_kbps", hundredths: Double(rates.netInput.average) / 1024)
        text.field(
            "instantaneous_output_kbps", hundredths: Double(rates.netOutput.average) / 1024)
        text.field("instantaneous_input_repl_kbps", hundredths: 0)
        text.field("instantaneous_output_repl_kbps", hundredths: 0)
        text.field("rejected_connections", statistics.rejectedConnections)
        text.zeros("sync_full", "sync_partial_ok", "sync_partial_err")
    }

    private func putKeyStatistics(into text: inout TextBuffer) {
        let keys = engine.pointee.statistics
        let now = reactor.pointee.clock.monotonicMilliseconds
        let excess = figures.currentExcess(now: now)
        let expiry = reactor.pointee.cycles.statistics[cycleIndexes.expiry]
        text.field("expired_subkeys", keys.expiredFields)
        text.field("expired_keys", keys.expiredKeys)
        // The expiry index is exact: no share of expired keys is left behind.
        text.field("expired_stale_perc", hundredths: 0)
        text.field("expired_time_cap_reached_count", 0)
        text.field("expire_cycle_cpu_milliseconds", expiry.totalNanoseconds / 1_000_000)
        text.field("evicted_keys", keys.evictedKeys)
        text.field("evicted_clients", statistics.evictedClients)
        text.field("evicted_scripts", 0)
        text.field(
            "total_eviction_exceeded_time", Int(figures.exceededMilliseconds + excess))
        text.field("current_eviction_exceeded_time", Int(excess))
        text.field("keyspace_hits", keys.keyspaceHits)
        text.field("keyspace_misses", keys.keyspaceMisses)
        text.field("pubsub_channels", pubsub[.channel].count)
        text.field("pubsub_patterns", pubsub[.pattern].count)
        text.field("pubsubshard_channels", pubsub[.shardChannel].count)
        text.zeros(
            "latest_fork_usec",
            "total_forks", "migrate_cached_sockets", "slave_expires_tracked_keys",
            "active_defrag_hits", "active_defrag_misses", "active_defrag_key_hits",
            "active_defrag_key_misses", "total_active_defrag_time", "current_active_defrag_time",
            "tracking_total_keys", "tracking_total_items", "tracking_total_prefixes")
    }

    private func putErrorTotals(into text: inout TextBuffer) {
        let transfer = reactor.pointee.statistics
        text.field("unexpected_error_replies", 0)
        text.field("total_error_replies", statistics.errorReplies)
        text.field(
            "dump_payload_sanitizations", engine.pointee.statistics.dumpSanitizations)
        text.field("total_reads_processed", transfer.readsProcessed)
        text.field("total_writes_processed", transfer.writesProcessed)
        text.zeros("io_threaded_reads_processed", "io_threaded_writes_processed")
        text.field(
            "client_query_buffer_limit_disconnections", statistics.queryBufferDisconnections)
        text.field(
            "client_output_buffer_limit_disconnections", statistics.outputBufferDisconnections)
        text.zeros("reply_buffer_shrinks", "reply_buffer_expands")
    }

    private func putLoop(into text: inout TextBuffer) {
        reactor.pointee.settleStatistics()
        let turns = reactor.pointee.turnStatistics
        text.field("eventloop_cycles", turns.turns)
        text.field("eventloop_duration_sum", turns.totalNanoseconds / 1000)
        text.field("eventloop_duration_cmd_sum", commandMicroseconds)
        text.field("instantaneous_eventloop_cycles_per_sec", rates.turns.average)
        text.field("instantaneous_eventloop_duration_usec", figures.turnDuration.average)
    }

    /// Time spent in commands.
    private var commandMicroseconds: UInt64 {
        var ticks: UInt64 = 0
        for i in 0..<CommandID.count { ticks &+= commandStatistics[i].ticks }
        return reactor.pointee.clock.nanoseconds(from: 0, to: ticks) / 1000
    }

    /// Ours: how long a client may have waited for others, how late keys go, how room is regained.
    private func putOwnStatistics(into text: inout TextBuffer) {
        let turns = reactor.pointee.turnStatistics
        let keys = engine.pointee.statistics
        text.field("longest_turn_usec", turns.longestWallNanoseconds / 1000)
        text.field("longest_turn_cpu_usec", turns.longestCPUNanoseconds / 1000)
        text.field("protocol_errors", statistics.protocolErrors)
        text.field("lazily_expired_keys", keys.lazilyExpiredKeys)
        text.field("expire_lag", Int(keys.expiryLag))
        text.field("expire_lag_worst", Int(keys.expiryLagWorst))
        text.field("compaction_moves", keys.compactionMoves)
        text.field("compaction_misses", keys.compactionMisses)
        text.field("compaction_passes", engine.pointee.compactionPasses.finished)
    }
}
