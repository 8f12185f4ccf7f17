// INFO: which sections, which fields, what CONFIG RESETSTAT takes back, and how figures are written.

import Engine
import Memory
import Testing

@testable import Server

@Suite struct InfoTests {
    @Test func sectionsStandInTheirOrderOnce() {
        let fixture = HandlerFixture()
        func titles(_ words: String...) -> [String] {
            fixture.run(Server.infoCommand, (["INFO"] + words).map { Array($0.utf8) })
                .split(separator: "\r\n").filter { $0.hasPrefix("# ") }
                .map { String($0.dropFirst(2)) }
        }
        let standard = [
            "Server", "Clients", "Memory", "Persistence", "Stats", "Replication", "CPU",
            "Modules", "Errorstats", "Cluster", "Keyspace",
        ]
        #expect(titles() == standard)
        #expect(titles("DEFAULT", "server") == standard)
        #expect(titles("cluster", "foo", "Modules", "cluster") == ["Modules", "Cluster"])
        #expect(titles("foo").isEmpty && titles("").isEmpty)
        #expect(titles("all").count == 14 && titles("everything") == titles("all"))
        #expect(
            fixture.run(Server.infoCommand, "INFO", "modules", "cluster")
                == "$43\r\n# Modules\r\n\r\n# Cluster\r\ncluster_enabled:0\r\n\r\n")
        #expect(fixture.run(Server.infoCommand, "INFO", "foo") == "$0\r\n\r\n")
        fixture.client.pointee.resp3 = true
        #expect(
            fixture.run(Server.infoCommand, "INFO", "cluster")
                == "=34\r\ntxt:# Cluster\r\ncluster_enabled:0\r\n\r\n")
    }

    @Test func everyLineIsAField() {
        let fixture = HandlerFixture()
        let text = String(decoding: fixture.server.info(.everything), as: UTF8.self)
        var names = Set<Substring>()
        for line in text.split(separator: "\r\n") where !line.hasPrefix("#") {
            let name = line.prefix { $0 != ":" }
            #expect(name.count < line.count, "\(line)")
            #expect(names.insert(name).inserted, "\(name) stands twice")
        }
        for name in [
            "redis_version", "tcp_port", "connected_clients", "used_memory_rss",
            "mem_fragmentation_ratio", "rdb_changes_since_last_save", "instantaneous_ops_per_sec",
            "longest_turn_cpu_usec", "expire_lag_worst", "master_replid", "used_cpu_sys",
            "cluster_enabled", "cycle_expiry",
        ] {
            #expect(names.contains(Substring(name)), "\(name)")
        }
    }

    @Test func figuresAreTrue() {
        let fixture = HandlerFixture(clients: 3)
        let server = fixture.server
        server.commandStatistics[CommandID.get.index].calls = 4
        server.commandStatistics[CommandID.get.index].failed = 1
        server.commandStatistics[CommandID.clientList.index].rejected = 2
        server.statistics.errors = ["WRONGTYPE": 1, "ERR": 7]
        server.statistics.errorReplies = 8
        #expect(field("connected_clients", of: server) == "3")
        #expect(field("total_error_replies", of: server) == "8")
        #expect(field("errorstat_ERR", of: server) == "count=7")
        #expect(
            field("cmdstat_get", of: server)
                == "calls=4,usec=0,usec_per_call=0.00,rejected_calls=0,failed_calls=1")
        #expect(field("cmdstat_client|list", of: server)?.hasPrefix("calls=0,usec=0") == true)
        #expect(field("cmdstat_set", of: server) == nil)
        #expect(Int(field("used_memory_rss", of: server) ?? "") ?? 0 > 1 << 20)
        server.resetStatistics()
        #expect(field("total_error_replies", of: server) == "0")
        #expect(field("errorstat_ERR", of: server) == nil)
        #expect(field("cmdstat_get", of: server) == nil)
        #expect(field("connected_clients", of: server) == "3")
    }

    @Test func meanTimeToLiveIsThatOfVolatileKeys() {
        for count in [2, 2000] {
            let fixture = HandlerFixture()
            for i in 0..<count {
                _ = set(fixture, ["SET", "k\(i)", "v", "PX", i % 2 == 0 ? "100000" : "300000"])
            }
            _ = set(fixture, ["SET", "forever", "v"])
            let line = field("db0", of: fixture.server) ?? ""
            #expect(line.hasPrefix("keys=\(count + 1),expires=\(count),avg_ttl="))
            let mean = line.split(separator: ",")[2].dropFirst("avg_ttl=".count)
            // Exact of few, sampled of many.
            if count == 2 { #expect(mean == "200000") }
            #expect((150_000...250_000).contains(Int(mean) ?? 0), "\(line)")
        }
    }

    @Test func timeAboveTheLimitAddsUp() {
        var figures = ServerFigures()
        figures.noteExcess(true, now: 1000)
        figures.noteExcess(true, now: 1500)
        #expect(figures.currentExcess(now: 1600) == 600 && figures.exceededMilliseconds == 0)
        figures.noteExcess(false, now: 1700)
        figures.noteExcess(true, now: 2000)
        figures.noteExcess(false, now: 2300)
        #expect(figures.currentExcess(now: 9000) == 0 && figures.exceededMilliseconds == 1000)
    }

    @Test func numbersForPeople() {
        for (bytes, text) in [
            (0, "0B"), (1023, "1023B"), (1024, "1.00K"), (986_776, "963.65K"),
            (6_451_200, "6.15M"), (25_276_502_016, "23.54G"), (3 << 50, "3.00P"),
        ] {
            var buffer = TextBuffer()
            buffer.put(size: bytes)
            #expect(String(decoding: buffer.bytes, as: UTF8.self) == text)
        }
        for (value, text) in [
            (0.0, "0.00"), (102.333, "102.33"), (-0.004, "0.00"), (-1.5, "-1.50"),
            (.nan, "0.00"), (.infinity, "0.00"),
        ] {
            var buffer = TextBuffer()
            buffer.put(hundredths: value)
            #expect(String(decoding: buffer.bytes, as: UTF8.self) == text)
        }
    }

    @Test func lolwutNamesTheVersion() {
        let reply = HandlerFixture().run(Server.lolwutCommand, "LOLWUT", "VERSION", "5")
        #expect(reply.hasSuffix("\nRedis ver. 7.4.1\n\r\n"))
    }

    private func set(_ fixture: HandlerFixture, _ words: [String]) -> String {
        fixture.run({ _ in { _, c in setCommand(&c) } }, words.map { Array($0.utf8) })
    }

    private func field(_ name: String, of server: Server) -> String? {
        String(decoding: server.info(.everything), as: UTF8.self).split(separator: "\r\n")
            .first { $0.hasPrefix("\(name):") }.map { String($0.dropFirst(name.count + 1)) }
    }
}
