// INFO server and clients: what runs here, since when, and who is connected.

import Configuration
import Engine
import EventLoop
import Glibc
import Memory

extension Server {
    func putServer(into text: inout TextBuffer) {
        let clock = reactor.pointee.clock
        let uptime = (clock.monotonicMilliseconds - startedMonotonicMilliseconds) / 1000
        text.field("redis_version", Version.redis)
        text.field("server_name", "flashkvd")
        text.field("flashkv_version", Version.flashkvd)
        text.field("redis_git_sha1", "00000000")
        text.field("redis_git_dirty", 0)
        text.field("redis_build_id", "0")
        text.field("redis_mode", "standalone")
        text.field("os", operatingSystem)
        text.field("arch_bits", MemoryLayout<Int>.size * 8)
        text.field("monotonic_clock", "POSIX clock_gettime")
        text.field("multiplexing_api", "epoll")
        // One thread: nothing is shared that would need atomics, and no gcc built this.
        text.field("atomicvar_api", "none")
        text.field("gcc_version", "0.0.0")
        text.field("process_id", Int(getpid()))
        text.field("process_supervised", supervision.rawValue)
        text.field("run_id", runID)
        text.field("tcp_port", configuration.integer("port"))
        text.field("server_time_usec", clock.readRealtimeNanoseconds() / 1000)
        text.field("uptime_in_seconds", Int(uptime))
        text.field("uptime_in_days", Int(uptime / 86400))
        text.field("hz", settings.hz)
        text.field("configured_hz", configuration.integer("hz"))
        text.field("lru_clock", Int(engine.pointee.lruClock))
        text.field("executable", executable.isEmpty ? Self.ownPath : executable)
        text.field("config_file", configuration.configFile ?? [])
        text.field("io_threads_active", 0)
        putListeners(into: &text)
    }

    private var operatingSystem: String {
        var names = utsname()
        guard uname(&names) == 0 else { return "Linux" }
        let parts = [Self.text(of: names.sysname), Self.text(of: names.release)]
        return (parts + [Self.text(of: names.machine)]).joined(separator: " ")
    }

    /// The text in one of C's fixed-size arrays.
    private static func text<T>(of field: T) -> String {
        withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// The path of this program.
    private static var ownPath: String {
        var path = [UInt8](repeating: 0, count: 4096)
        let count = path.withUnsafeMutableBytes {
            readlink("/proc/self/exe", $0.baseAddress!, $0.count)
        }
        return count > 0 ? String(decoding: path[..<count], as: UTF8.self) : ""
    }

    private func putListeners(into text: inout TextBuffer) {
        var number = 0
        if let listener = reactor.pointee.tcpListeners.first {
            text.put("listener0:name=tcp")
            for address in configuration.words("bind") {
                text.put(",bind=")
                text.put(address)
            }
            text.put(",port=")
            text.put(Int(listener.port))
            text.put("\r\n")
            number = 1
        }
        let path = configuration.text("unixsocket")
        guard !path.isEmpty else { return }
        text.put("listener")
        text.put(number)
        text.put(":name=unix,bind=")
        text.put(path)
        text.put("\r\n")
    }

    func putClients(into text: inout TextBuffer) {
        let sizes = clientSizes()
        text.field("connected_clients", clients.count)
        text.field("cluster_connections", 0)
        text.field("maxclients", settings.maxClients)
        text.field("client_recent_max_input_buffer", sizes.largestInput)
        text.field("client_recent_max_output_buffer", sizes.largestOutput)
        text.field("blocked_clients", pausedClients + waitingClients.count)
        text.zeros("tracking_clients")
        text.field("pubsub_clients", pubsub.clientCount)
        text.field("watching_clients", watchingClients)
        text.field("clients_in_timeout_table", waitingClients.timed)
        text.field("total_watched_keys", engine.pointee.watchedKeyCount)
        let keys = Engine.waitedKeys(engine)
        text.field("total_blocking_keys", keys.all)
        text.field("total_blocking_keys_on_nokey", keys.loss)
    }

    /// Clients that wait for the end of CLIENT PAUSE. O(clients), while there is a pause.
    private var pausedClients: Int {
        guard isPaused else { return 0 }
        var count = 0
        clients.forEach { if $0.pointee.flags.contains(.paused) { count += 1 } }
        return count
    }
}
