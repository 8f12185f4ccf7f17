// Commands about the server as a whole: INFO, TIME, LOLWUT. The sections of INFO: Info/.

import Engine
import EventLoop
import Memory
import RESP

package let infoCommandRows: [CommandRow] = [
    infoRow, timeRow, lolwutRow,
]

private let infoRow = CommandRow(
    .info, "info", arity: -1, [.loading, .stale, .sentinel], .dangerous,
    tips: [.nondeterministicOutput, .requestAllShards, .responseSpecial],
    since: "1.0.0", group: .server, complexity: "O(1)",
    summary: "Describes the server by figures, in sections.",
    history: ["7.0.0": "Several sections in one call."],
    arguments: [.string("section").optional.multiple])

private let timeRow = CommandRow(
    .time, "time", arity: 1, [.loading, .stale, .fast],
    tips: [.nondeterministicOutput],
    since: "2.6.0", group: .server, complexity: "O(1)",
    summary: "Returns the time of day as seconds and microseconds.")

private let lolwutRow = CommandRow(
    .lolwut, "lolwut", arity: -1, [.readOnly, .fast],
    since: "5.0.0", group: .server,
    summary: "Draws a picture and prints the version.",
    arguments: [.integer("version", token: "VERSION").optional])

extension Server {
    /// INFO [section [section ...]].
    @inline(never)
    func infoCommand(_ client: ClientPointer, _ c: inout CommandContext) {
        var chosen = InfoSections()
        if c.count == 1 { chosen = .standard }
        for i in 1..<max(1, c.count) { chosen.add(c[i]) }
        info(chosen).withBytes { c.reply.pointee.verbatim("txt", $0) }
    }

    /// TIME: the time of day now, not as of the turn's start.
    @inline(never)
    func timeCommand(_ client: ClientPointer, _ c: inout CommandContext) {
        let microseconds = Int(reactor.pointee.clock.readRealtimeNanoseconds() / 1000)
        c.reply.pointee.array(2)
        c.reply.pointee.bulkInteger(microseconds / 1_000_000)
        c.reply.pointee.bulkInteger(microseconds % 1_000_000)
    }
}
