// `maxmemory` before a command: evict, and refuse what would need more memory if that did not help.

import CMachine
import Engine
import EventLoop
import RESP

extension Server {
    /// Nanoseconds that one command may spend on eviction; the cycle does the rest.
    private static var evictionNanoseconds: UInt64 { 500_000 }

    /// Makes room if memory is above its limit. False if the command was refused.
    @inline(never)
    func makeRoom(_ id: CommandID) -> Bool {
        guard !hasRoom(), table.pointee[id].flags.contains(.denyOOM) else { return true }
        refuseForMemory(id)
        return false
    }

    /// The error of a command that would need memory.
    func refuseForMemory(_ id: CommandID) {
        reply.pointee.error("OOM command not allowed when used memory > 'maxmemory'.")
        noteRejected(id)
    }

    /// Evicts if memory is above its limit. False if there is nothing left to evict.
    func hasRoom() -> Bool {
        // Nothing is evicted, and nothing refused, while clients are paused.
        guard !isPaused, engine.pointee.isOverMemory else { return true }
        let clock = reactor.pointee.clock
        let deadline = clock.ticks() &+ clock.ticks(forNanoseconds: Self.evictionNanoseconds)
        var room = engine.pointee.evictOne()
        while room == .working, clock.ticks() < deadline { room = engine.pointee.evictOne() }
        return room != .none
    }
}
