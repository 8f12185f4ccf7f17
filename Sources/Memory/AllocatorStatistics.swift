// What the allocator says about itself: for INFO's allocator fields. Cold.

import CJemalloc

/// Bytes as jemalloc counts them for the whole process, Swift's own objects included.
package struct AllocatorStatistics {
    /// In use.
    package let allocated: Int
    /// In pages with something in use.
    package let active: Int
    /// In memory, unused pages that were not given back included (an upper bound).
    package let resident: Int
    /// In unused pages that the kernel may take.
    package let muzzy: Int

    package init(allocated: Int, active: Int, resident: Int, muzzy: Int) {
        self.allocated = allocated
        self.active = active
        self.resident = resident
        self.muzzy = muzzy
    }

    /// The figures of now, or nil where the allocator has none (sanitizer builds).
    package static func read() -> AllocatorStatistics? {
        // The figures are those of the epoch: a new one gathers them.
        var epoch: UInt64 = 1
        guard heap_control("epoch", nil, nil, &epoch, MemoryLayout<UInt64>.size) == 0,
            let allocated = figure("stats.allocated"), let active = figure("stats.active"),
            let resident = figure("stats.resident")
        else { return nil }
        // 4096 stands for all arenas together (MALLCTL_ARENAS_ALL).
        let muzzyPages = figure("stats.arenas.4096.pmuzzy") ?? 0
        return AllocatorStatistics(
            allocated: allocated, active: active, resident: resident,
            muzzy: muzzyPages * (figure("arenas.page") ?? 4096))
    }

    private static func figure(_ name: String) -> Int? {
        var value = 0
        var size = MemoryLayout<Int>.size
        return heap_control(name, &value, &size, nil, 0) == 0 ? value : nil
    }
}
