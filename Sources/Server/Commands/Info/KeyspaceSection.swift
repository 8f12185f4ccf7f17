// INFO keyspace and cycles: the databases, and the work that is done in slices between events.

import Engine
import EventLoop
import Memory

extension Server {
    /// Databases that have keys. The mean time to live is estimated from a sample.
    func putKeyspace(into text: inout TextBuffer) {
        for i in 0..<engine.pointee.databaseCount {
            let database = engine.pointee.databases + i
            guard database.pointee.count > 0 else { continue }
            text.put("db")
            text.put(i)
            text.put(":keys=")
            text.put(database.pointee.count)
            text.put(",expires=")
            text.put(database.pointee.volatileCount)
            text.put(",avg_ttl=")
            text.put(database.pointee.estimateAverageTTL())
            text.put(",subexpiry=")
            text.put(database.pointee.expiringHashCount)
            text.put("\r\n")
        }
    }

    /// Ours: per cycle its slices, the items they dealt with, and how long they took.
    func putCycles(into text: inout TextBuffer) {
        for cycle in reactor.pointee.cycles.statistics {
            text.put("cycle_")
            text.put(cycle.name)
            text.put(":slices=")
            text.put(Int(clamping: cycle.slices))
            text.put(",items=")
            text.put(Int(clamping: cycle.items))
            text.put(",total_usec=")
            text.put(Int(clamping: cycle.totalNanoseconds / 1000))
            text.put(",longest_usec=")
            text.put(Int(clamping: cycle.longestWallNanoseconds / 1000))
            text.put(",longest_cpu_usec=")
            text.put(Int(clamping: cycle.longestCPUNanoseconds / 1000))
            text.put("\r\n")
        }
    }
}
