// MEMORY STATS, DOCTOR, PURGE and MALLOC-STATS: the use of memory as the server sees it. Their rows
// stand with MEMORY USAGE in Engine/Commands/Keys/MemoryCommands.swift.

import Engine
import Memory
import RESP

/// What memory is used for now. Bytes.
private struct MemoryFigures {
    let used: Int
    let peak: Int
    let start: Int
    let clients: Int
    let tables: Int
    let overhead: Int
    let resident: Int
    let keys: Int
    let allocator: AllocatorStatistics

    init(_ server: Server) {
        let engine = server.engine
        server.notePeak()
        used = Allocator.usedBytes
        peak = Allocator.peakBytes
        start = server.figures.startBytes
        clients = server.clientSizes().total
        tables = engine.pointee.tableBytes
        overhead =
            start + clients + tables - server.figures.startTableBytes + engine.pointee.expiryBytes
        resident = Server.residentBytes
        allocator = server.allocatorFigures(used)
        var keys = 0
        for i in 0..<engine.pointee.databaseCount { keys += engine.pointee.databases[i].count }
        self.keys = keys
    }

    var dataset: Int { max(0, used - overhead) }

    /// A surplus of `whole` over `part`: as a ratio, and in bytes.
    struct Surplus {
        let ratio: Double
        let bytes: Int

        init(_ whole: Int, over part: Int) {
            ratio = Server.ratio(whole, part)
            bytes = whole - part
        }

        func exceeds(_ ratio: Double) -> Bool { self.ratio > ratio && bytes > 10 << 20 }
    }

    /// Free room in pages that hold something; pages that were not given back; what is neither
    /// the allocator's nor a slab; all together.
    var fragmentation: Surplus { Surplus(allocator.active, over: allocator.allocated) }
    var idlePages: Surplus { Surplus(allocator.resident, over: allocator.active) }
    var outside: Surplus { Surplus(resident, over: allocator.resident) }
    var total: Surplus { Surplus(resident, over: used) }
}

extension Server {
    // MARK: Stats

    @inline(never)
    func memoryStatsCommand(_ c: inout CommandContext) {
        let figures = MemoryFigures(self)
        let reply = c.reply
        let place = reply.pointee.deferred()
        var pairs = putUse(figures, reply)
        for i in 0..<engine.pointee.databaseCount where engine.pointee.databases[i].isUsed {
            reply.pointee.bulk("db.\(i)")
            reply.pointee.map(2)
            _ = put(
                [
                    ("overhead.hashtable.main", engine.pointee.databases[i].tableBytes),
                    ("overhead.hashtable.expires", engine.pointee.databases[i].expiryBytes),
                ], reply)
            pairs += 1
        }
        pairs += putDataset(figures, reply) + putAllocator(figures, reply)
        reply.pointee.close(place, map: pairs)
    }

    private func put(
        _ fields: [(StaticString, Int)], _ reply: UnsafeMutablePointer<ReplyBuffer>
    ) -> Int {
        for (name, value) in fields {
            reply.pointee.bulk(name)
            reply.pointee.integer(value)
        }
        return fields.count
    }

    private func putDouble(
        _ name: StaticString, _ value: Double, _ reply: UnsafeMutablePointer<ReplyBuffer>
    ) {
        reply.pointee.bulk(name)
        reply.pointee.double(value)
    }

    private func putUse(
        _ figures: MemoryFigures, _ reply: UnsafeMutablePointer<ReplyBuffer>
    ) -> Int {
        put(
            [
                ("peak.allocated", figures.peak), ("total.allocated", figures.used),
                ("startup.allocated", figures.start), ("replication.backlog", 0),
                ("clients.slaves", 0), ("clients.normal", figures.clients),
                ("cluster.links", 0), ("aof.buffer", 0), ("lua.caches", 0),
                ("functions.caches", 0),
            ], reply)
    }

    private func putDataset(
        _ figures: MemoryFigures, _ reply: UnsafeMutablePointer<ReplyBuffer>
    ) -> Int {
        let pairs = put(
            [
                ("overhead.db.hashtable.lut", figures.tables),
                ("overhead.db.hashtable.rehashing", 0), ("overhead.total", figures.overhead),
                ("db.dict.rehashing.count", 0), ("keys.count", figures.keys),
                ("keys.bytes-per-key", figures.keys == 0 ? 0 : figures.dataset / figures.keys),
                ("dataset.bytes", figures.dataset),
            ], reply)
        let net = max(1, figures.used - figures.start)
        putDouble("dataset.percentage", Self.ratio(figures.dataset, net) * 100, reply)
        putDouble("peak.percentage", Self.ratio(figures.used, figures.peak) * 100, reply)
        return pairs + 2
    }

    private func putAllocator(
        _ figures: MemoryFigures, _ reply: UnsafeMutablePointer<ReplyBuffer>
    ) -> Int {
        let pairs = put(
            [
                ("allocator.allocated", figures.allocator.allocated),
                ("allocator.active", figures.allocator.active),
                ("allocator.resident", figures.allocator.resident),
                ("allocator.muzzy", figures.allocator.muzzy),
            ], reply)
        let surpluses: [(StaticString, StaticString, MemoryFigures.Surplus)] = [
            (
                "allocator-fragmentation.ratio", "allocator-fragmentation.bytes",
                figures.fragmentation
            ),
            ("allocator-rss.ratio", "allocator-rss.bytes", figures.idlePages),
            ("rss-overhead.ratio", "rss-overhead.bytes", figures.outside),
            ("fragmentation", "fragmentation.bytes", figures.total),
        ]
        for (ratio, bytes, surplus) in surpluses {
            putDouble(ratio, surplus.ratio, reply)
            _ = put([(bytes, surplus.bytes)], reply)
        }
        return pairs + 2 * surpluses.count
    }

    // MARK: Doctor

    @inline(never)
    func memoryDoctorCommand(_ c: inout CommandContext) {
        let findings = memoryFindings(MemoryFigures(self))
        let text =
            findings.isEmpty
            ? "Nothing about this server's memory looks odd.\n"
            : findings.map { " * \($0)\n\n" }.joined()
        text.withBytes { c.reply.pointee.verbatim("txt", $0) }
    }

    /// The situations that Redis 7.4 tells of, as far as they exist here, at its thresholds.
    private func memoryFindings(_ figures: MemoryFigures) -> [String] {
        if figures.used < 5 << 20 {
            return ["Hardly any memory is in use, too little to say anything about it."]
        }
        var findings: [String] = []
        if Double(figures.peak) / Double(figures.used) > 1.5 {
            findings.append(
                """
                Peak: memory in use was once more than one and a half times what it is now. What \
                was freed since may still be resident; it will be used again. MEMORY PURGE gives \
                it back.
                """)
        }
        if figures.total.exceeds(1.4) {
            findings.append(
                """
                Resident memory: more than 1.4 times what is in use. After a peak this is to be \
                expected; otherwise the following points may say where the difference is. The \
                allocator is \(Allocator.name).
                """)
        }
        if figures.fragmentation.exceeds(1.1) {
            findings.append(
                """
                Fragmentation: more than a tenth of the memory in pages in use is free room \
                between values, after many of them were deleted, perhaps. Compaction works on it \
                by itself; MEMORY PURGE starts it now.
                """)
        }
        if figures.idlePages.exceeds(1.1) {
            findings.append(
                """
                Idle pages: the allocator holds more than a tenth of its resident memory in pages \
                with nothing in them. MEMORY PURGE gives them back.
                """)
        }
        if figures.outside.exceeds(1.1) {
            findings.append(
                """
                Outside the allocator: more than a tenth of the resident memory is neither the \
                allocator's nor the slabs'.
                """)
        }
        if figures.clients / max(1, clients.count) > 200 << 10 {
            findings.append(
                """
                Clients: their buffers take more than 200 KiB each on average. Some may not read \
                their replies, or send very long requests; CLIENT LIST shows which.
                """)
        }
        return findings
    }

    // MARK: The allocator

    /// Free pages go at once; slabs are compacted by the cycle from now on, in slices.
    @inline(never)
    func memoryPurgeCommand(_ c: inout CommandContext) {
        guard Allocator.purge() else {
            return c.reply.pointee.error("ERR Error purging dirty pages")
        }
        engine.pointee.startCompaction()
        if engine.pointee.compactionHasWork {
            reactor.pointee.cycles.setWork(cycleIndexes.compaction, true)
        }
        c.reply.pointee.ok()
    }

    @inline(never)
    func memoryMallocStatsCommand(_ c: inout CommandContext) {
        guard let report = Allocator.report() else {
            return c.reply.pointee.bulk("Stats not supported for the current allocator")
        }
        report.withBytes { c.reply.pointee.verbatim("txt", $0) }
    }
}
