// INFO memory.
//
// `used_memory` is what maxmemory is compared with: all that the server has asked for. Small values
// live in slabs and large hash tables in pages of their own; the allocator knows neither, so both
// are added to its figures.

import Configuration
import Engine
import EventLoop
import Glibc
import Memory

extension Server {
    func putMemory(into text: inout TextBuffer) {
        notePeak()
        let used = Allocator.usedBytes
        let resident = Self.residentBytes
        putUsedMemory(used, resident, into: &text)
        let allocator = allocatorFigures(used)
        text.field("allocator_allocated", allocator.allocated)
        text.field("allocator_active", allocator.active)
        text.field("allocator_resident", allocator.resident)
        text.field("allocator_muzzy", allocator.muzzy)
        text.sizeField(
            "total_system_memory", Int(sysconf(Int32(_SC_PHYS_PAGES))) * Self.pageBytes)
        putScripting(into: &text)
        text.sizeField("maxmemory", engine.pointee.settings.maxMemory)
        text.field("maxmemory_policy", configuration.text("maxmemory-policy"))
        putFragmentation(used, resident, allocator, into: &text)
        putBuffers(into: &text)
        putOwnMemory(into: &text)
    }

    private func putUsedMemory(_ used: Int, _ resident: Int, into text: inout TextBuffer) {
        let start = figures.startBytes
        let tables = engine.pointee.tableBytes - figures.startTableBytes
        let overhead = start + clientSizes().total + tables + engine.pointee.expiryBytes
        let dataset = max(0, used - overhead)
        text.sizeField("used_memory", used)
        text.sizeField("used_memory_rss", resident)
        text.sizeField("used_memory_peak", Allocator.peakBytes)
        text.field(
            "used_memory_peak_perc", hundredths: Self.ratio(used, Allocator.peakBytes) * 100, "%")
        text.field("used_memory_overhead", overhead)
        text.field("used_memory_startup", start)
        text.field("used_memory_dataset", dataset)
        let share = min(1, Self.ratio(dataset, used - start))
        text.field("used_memory_dataset_perc", hundredths: share * 100, "%")
    }

    /// There are no scripts and no functions.
    private func putScripting(into text: inout TextBuffer) {
        text.zeros("used_memory_lua", "used_memory_vm_eval")
        text.field("used_memory_lua_human", "0B")
        text.zeros(
            "used_memory_scripts_eval", "number_of_cached_scripts", "number_of_functions",
            "number_of_libraries", "used_memory_vm_functions")
        text.sizeField("used_memory_vm_total", 0)
        text.field("used_memory_functions", 0)
        text.sizeField("used_memory_scripts", 0)
    }

    private func putFragmentation(
        _ used: Int, _ resident: Int, _ allocator: AllocatorStatistics, into text: inout TextBuffer
    ) {
        text.field(
            "allocator_frag_ratio", hundredths: Self.ratio(allocator.active, allocator.allocated))
        text.field("allocator_frag_bytes", allocator.active - allocator.allocated)
        text.field(
            "allocator_rss_ratio", hundredths: Self.ratio(allocator.resident, allocator.active))
        text.field("allocator_rss_bytes", allocator.resident - allocator.active)
        text.field("rss_overhead_ratio", hundredths: Self.ratio(resident, allocator.resident))
        text.field("rss_overhead_bytes", resident - allocator.resident)
        text.field("mem_fragmentation_ratio", hundredths: Self.ratio(resident, used))
        text.field("mem_fragmentation_bytes", resident - used)
    }

    private func putBuffers(into text: inout TextBuffer) {
        text.zeros(
            "mem_not_counted_for_evict", "mem_replication_backlog",
            "mem_total_replication_buffers", "mem_clients_slaves")
        text.field("mem_clients_normal", clientSizes().total)
        text.zeros("mem_cluster_links", "mem_aof_buffer")
        text.field("mem_allocator", Allocator.name)
        text.zeros("mem_overhead_db_hashtable_rehashing", "active_defrag_running")
        text.field("lazyfree_pending_objects", engine.pointee.lazyFreePending)
        text.field("lazyfreed_objects", engine.pointee.lazyFreed)
    }

    /// Ours: where keys and values are.
    private func putOwnMemory(into text: inout TextBuffer) {
        let slabs = engine.pointee.slabBytes
        text.field("slab_mapped_bytes", slabs.mapped)
        text.field("slab_live_bytes", slabs.live)
        text.field("table_bytes", engine.pointee.tableBytes)
        text.field("expiry_index_bytes", engine.pointee.expiryBytes)
        text.field("compaction_running", engine.pointee.compactionPasses.isRunning ? 1 : 0)
    }

    /// The allocator's figures with slabs; of an allocator without figures, what
    /// the server itself counts.
    func allocatorFigures(_ used: Int) -> AllocatorStatistics {
        guard let own = AllocatorStatistics.read() else {
            return AllocatorStatistics(allocated: used, active: used, resident: used, muzzy: 0)
        }
        let slabs = engine.pointee.slabBytes
        return AllocatorStatistics(
            allocated: own.allocated + slabs.live,
            active: own.active + slabs.mapped,
            resident: own.resident + slabs.mapped, muzzy: own.muzzy)
    }

    // MARK: The process

    private static var pageBytes: Int { Int(sysconf(Int32(_SC_PAGESIZE))) }

    /// Resident memory of the process, from the second number of /proc/self/statm.
    static var residentBytes: Int {
        let fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { return 0 }
        defer { _ = Glibc.close(fd) }
        var text = [UInt8](repeating: 0, count: 128)
        let count = text.withUnsafeMutableBytes { read(fd, $0.baseAddress, $0.count) }
        guard count > 0 else { return 0 }
        let numbers = text[..<count].split(separator: UInt8(ascii: " "))
        guard numbers.count > 1, let pages = Int(String(decoding: numbers[1], as: UTF8.self))
        else { return 0 }
        return pages * pageBytes
    }

    /// `a` of `b`; 0 of nothing.
    static func ratio(_ a: Int, _ b: Int) -> Double {
        b > 0 ? Double(a) / Double(b) : 0
    }
}
