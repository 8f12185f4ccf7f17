// CLIENT PAUSE and UNPAUSE. The pause itself is kept by Dispatch/Gate.swift.
//
// As in Redis 7.4 a second pause never shortens or loosens the one under way, and keys do not
// expire meanwhile: they are invisible, and go when the pause is over.

import Engine
import EventLoop
import Memory
import RESP

extension Server {
    /// CLIENT PAUSE timeout [WRITE|ALL], milliseconds.
    @inline(never)
    func clientPauseCommand(_ client: ClientPointer, _ c: inout CommandContext) {
        guard c.count <= 4 else {
            return c.reply.pointee.error(
                "ERR unknown subcommand or wrong number of arguments for '", c[1],
                "'. Try CLIENT HELP.")
        }
        var onlyWrites = false
        if c.count == 4 {
            onlyWrites = c[3].isWord("write")
            guard onlyWrites || c[3].isWord("all") else {
                return c.reply.pointee.error("ERR CLIENT PAUSE mode must be WRITE or ALL")
            }
        }
        guard let timeout = c[2].integer else {
            return c.reply.pointee.error("ERR timeout is not an integer or out of range")
        }
        guard timeout >= 0 else { return c.reply.pointee.error("ERR timeout is negative") }
        let (end, overflow) = now.addingReportingOverflow(timeout)
        guard !overflow else { return c.reply.pointee.error("ERR timeout is out of range") }
        if timeout > 0 { startPause(until: end, onlyWrites: onlyWrites) }
        c.reply.pointee.ok()
    }

    /// CLIENT UNPAUSE.
    @inline(never)
    func clientUnpauseCommand(_ client: ClientPointer, _ c: inout CommandContext) {
        endPause()
        c.reply.pointee.ok()
    }

    private func startPause(until end: Int64, onlyWrites: Bool) {
        pause.onlyWrites = onlyWrites && (!pause.isActive || pause.onlyWrites)
        let isLonger = end > pause.until
        if isLonger { pause.until = end }
        isGated = true
        engine.pointee.expiryPaused = true
        if isLonger { armPauseEnd() }
    }

    /// Ends the pause if its time has come; else (it was prolonged, the clock was set) looks again
    /// then.
    func pauseTimerFired() {
        guard pause.isActive else { return }
        if pause.until <= now { endPause() } else { armPauseEnd() }
    }

    private func armPauseEnd() {
        // A day at a time: the clock may be set meanwhile, and nanoseconds cannot overflow.
        let milliseconds = UInt64(min(max(pause.until - now, 1), 86_400_000))
        reactor.pointee.timers.cancel(pauseTimer)
        pauseTimer = reactor.pointee.timers.add(
            deadline: reactor.pointee.clock.monotonicNanoseconds + milliseconds * 1_000_000,
            kind: TimerKind.pauseEnd.rawValue)
    }
}
