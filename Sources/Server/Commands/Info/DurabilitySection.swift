// INFO persistence and replication: of a server that does neither, so that most of it stands still.

import Configuration
import Engine
import EventLoop
import Memory

extension Server {
    func putPersistence(into text: inout TextBuffer) {
        text.zeros(
            "loading", "async_loading", "current_cow_peak", "current_cow_size",
            "current_cow_size_age")
        text.field("current_fork_perc", hundredths: 0)
        text.zeros("current_save_keys_processed", "current_save_keys_total")
        text.field("rdb_changes_since_last_save", engine.pointee.changes)
        text.field("rdb_bgsave_in_progress", 0)
        text.field("rdb_last_save_time", Int(startedRealtimeMilliseconds / 1000))
        text.field("rdb_last_bgsave_status", "ok")
        text.field("rdb_last_bgsave_time_sec", -1)
        text.field("rdb_current_bgsave_time_sec", -1)
        text.zeros(
            "rdb_saves", "rdb_last_cow_size", "rdb_last_load_keys_expired",
            "rdb_last_load_keys_loaded", "aof_enabled", "aof_rewrite_in_progress",
            "aof_rewrite_scheduled")
        text.field("aof_last_rewrite_time_sec", -1)
        text.field("aof_current_rewrite_time_sec", -1)
        text.field("aof_last_bgrewrite_status", "ok")
        text.zeros("aof_rewrites", "aof_rewrites_consecutive_failures")
        text.field("aof_last_write_status", "ok")
        text.zeros(
            "aof_last_cow_size", "module_fork_in_progress", "module_fork_last_cow_size")
    }

    func putReplication(into text: inout TextBuffer) {
        text.field("role", "master")
        text.field("connected_slaves", 0)
        text.field("master_failover_state", "no-failover")
        text.field("master_replid", replicationID)
        text.field("master_replid2", String(repeating: "0", count: 40))
        text.field("master_repl_offset", 0)
        text.field("second_repl_offset", -1)
        text.field("repl_backlog_active", 0)
        text.field("repl_backlog_size", configuration.bytes("repl-backlog-size"))
        text.zeros("repl_backlog_first_byte_offset", "repl_backlog_histlen")
    }
}
