// The allocator of everything that is not a slab cell: jemalloc with sized frees, and the exact
// count of what is out.
//
// Called by every module above. One thread owns the server (law 1), so the counters are plain.
// A caller gives back exactly the size it asked for; nothing here stores sizes.

import CJemalloc

/// Sized allocation with exact accounting, in usable bytes as the allocator rounds them.
@frozen @usableFromInline
package enum Allocator {
    /// Usable bytes allocated and not yet given back, slabs and buckets included.
    @usableFromInline nonisolated(unsafe) package static var usedBytes = 0
    /// The most `usedBytes` has been whenever `notePeak()` looked.
    nonisolated(unsafe) package static var peakBytes = 0

    /// `bytes` > 0 uninitialised bytes, aligned to 16 (8 below 16 bytes).
    ///
    /// Running out of address space ends the process, as it does Redis: no caller could go on.
    @inlinable
    package static func allocate(_ bytes: Int) -> UnsafeMutableRawPointer {
        guard let p = heap_allocate(bytes) else { outOfMemory(bytes) }
        usedBytes &+= heap_usable(bytes)
        return p
    }

    /// As `allocate`, the bytes zero: of a large run only what is touched later is really cleared.
    package static func allocateZeroed(_ bytes: Int) -> UnsafeMutableRawPointer {
        guard let p = heap_allocate_zeroed(bytes) else { outOfMemory(bytes) }
        usedBytes &+= heap_usable(bytes)
        return p
    }

    /// Gives back what `allocate(bytes)` or `reallocate(…, to: bytes)` returned.
    @inlinable
    package static func deallocate(_ p: UnsafeMutableRawPointer, _ bytes: Int) {
        usedBytes &-= heap_usable(bytes)
        heap_deallocate(p, bytes)
    }

    /// Resizes, moving if it must; the first min(old, new) bytes are kept.
    @inlinable
    package static func reallocate(
        _ p: UnsafeMutableRawPointer, from old: Int, to new: Int
    ) -> UnsafeMutableRawPointer {
        guard let q = heap_reallocate(p, new) else { outOfMemory(new) }
        usedBytes &+= heap_usable(new) &- heap_usable(old)
        return q
    }

    /// What an allocation of `bytes` really takes.
    @inlinable
    package static func usableSize(_ bytes: Int) -> Int { heap_usable(bytes) }

    /// Accounts for memory that came from the kernel directly (slab regions, bucket chunks).
    @inlinable
    package static func account(_ bytes: Int) { usedBytes &+= bytes }

    /// Lets the allocator give back pages that have been free for a while. It does so by itself only
    /// when something is allocated; called ten times a second, each call gives back little.
    package static func decay() {
        _ = heap_control("arena.4096.decay" /* all arenas */, nil, nil, nil, 0)
    }

    /// Gives back all pages that are free now, at once. False if the allocator refuses.
    package static func purge() -> Bool {
        _ = heap_control("thread.tcache.flush", nil, nil, nil, 0)
        return heap_control("arena.4096.purge" /* all arenas */, nil, nil, nil, 0) == 0
            || heap_has_statistics() == 0
    }

    /// The allocator's own report, or nil where it makes none (sanitizer builds).
    package static func report() -> [UInt8]? {
        guard heap_has_statistics() != 0 else { return nil }
        var text: [UInt8] = []
        withUnsafeMutablePointer(to: &text) { text in
            heap_report(
                { context, line in
                    guard let context, let line else { return }
                    let text = context.assumingMemoryBound(to: [UInt8].self)
                    text.pointee += Bytes(raw: line, heap_text_length(line)).array
                }, text)
        }
        return text
    }

    package static func notePeak() {
        if usedBytes > peakBytes { peakBytes = usedBytes }
    }

    /// The allocator's name and version, as INFO's mem_allocator shows it.
    package static var name: String { String(cString: heap_name()) }

    @inline(never) @usableFromInline
    static func outOfMemory(_ bytes: Int) -> Never {
        fatalError("out of memory allocating \(bytes) bytes")
    }
}
