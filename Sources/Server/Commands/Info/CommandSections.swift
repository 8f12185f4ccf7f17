// INFO cpu, commandstats and errorstats: where the time went, and what was refused.

import Engine
import EventLoop
import Glibc
import Memory

extension Server {
    func putProcessorTime(into text: inout TextBuffer) {
        let own = Self.usage(RUSAGE_SELF.rawValue)
        let children = Self.usage(RUSAGE_CHILDREN.rawValue)
        // RUSAGE_THREAD of sys/resource.h, which Swift does not see.
        let thread = Self.usage(1)
        put("used_cpu_sys", own.ru_stime, into: &text)
        put("used_cpu_user", own.ru_utime, into: &text)
        put("used_cpu_sys_children", children.ru_stime, into: &text)
        put("used_cpu_user_children", children.ru_utime, into: &text)
        put("used_cpu_sys_main_thread", thread.ru_stime, into: &text)
        put("used_cpu_user_main_thread", thread.ru_utime, into: &text)
    }

    private static func usage(_ who: Int32) -> rusage {
        var usage = rusage()
        getrusage(__rusage_who_t(who), &usage)
        return usage
    }

    /// Seconds with six digits behind the point.
    private func put(_ name: StaticString, _ time: timeval, into text: inout TextBuffer) {
        let fraction = String(time.tv_usec)
        let zeros = String(repeating: "0", count: max(0, 6 - fraction.count))
        text.field(name, "\(time.tv_sec).\(zeros)\(fraction)")
    }

    func putCommandStatistics(into text: inout TextBuffer) {
        let clock = reactor.pointee.clock
        for id in CommandID.allCases {
            let figures = commandStatistics[id.index]
            // A run of calls under way has its refusals counted, and not yet the calls.
            let calls = max(0, figures.calls)
            let failed = max(0, figures.failed)
            guard calls != 0 || figures.rejected != 0 || failed != 0 else { continue }
            let nanoseconds = clock.nanoseconds(from: 0, to: figures.ticks)
            text.put("cmdstat_")
            text.put(text: table.pointee.fullName(id))
            text.put(":calls=")
            text.put(calls)
            text.put(",usec=")
            text.put(Int(clamping: nanoseconds / 1000))
            text.put(",usec_per_call=")
            text.put(hundredths: calls == 0 ? 0 : Double(nanoseconds) / 1000 / Double(calls))
            text.put(",rejected_calls=")
            text.put(figures.rejected)
            text.put(",failed_calls=")
            text.put(failed)
            text.put("\r\n")
        }
    }

    func putErrorStatistics(into text: inout TextBuffer) {
        for (code, count) in statistics.errors.sorted(by: { $0.key < $1.key }) {
            text.put("errorstat_")
            text.put(text: code)
            text.put(":count=")
            text.put(count)
            text.put("\r\n")
        }
    }
}
