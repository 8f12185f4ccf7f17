// Which sections INFO shows, in which order, and how they follow each other. As Redis 7.4: names in
// any letter case, unknown ones ignored, each section once however often it is named, always in the
// same order, an empty line between two.

import Memory

/// A section, in the order of INFO.
enum InfoSection: UInt32, CaseIterable {
    case server, clients, memory, persistence, stats, replication, cpu, modules, commandstats
    case errorstats, latencystats, cluster, keyspace, cycles

    /// The name to ask for it by.
    var name: StaticString {
        switch self {
        case .server: "server"
        case .clients: "clients"
        case .memory: "memory"
        case .persistence: "persistence"
        case .stats: "stats"
        case .replication: "replication"
        case .cpu: "cpu"
        case .modules: "modules"
        case .commandstats: "commandstats"
        case .errorstats: "errorstats"
        case .latencystats: "latencystats"
        case .cluster: "cluster"
        case .keyspace: "keyspace"
        case .cycles: "cycles"
        }
    }

    var title: StaticString {
        switch self {
        case .server: "Server"
        case .clients: "Clients"
        case .memory: "Memory"
        case .persistence: "Persistence"
        case .stats: "Stats"
        case .replication: "Replication"
        case .cpu: "CPU"
        case .modules: "Modules"
        case .commandstats: "Commandstats"
        case .errorstats: "Errorstats"
        case .latencystats: "Latencystats"
        case .cluster: "Cluster"
        case .keyspace: "Keyspace"
        case .cycles: "Cycles"
        }
    }
}

struct InfoSections: OptionSet {
    let rawValue: UInt32

    init(rawValue: UInt32) { self.rawValue = rawValue }

    init(_ section: InfoSection) { rawValue = 1 << section.rawValue }

    /// What INFO alone shows: all but what grows with the number of commands, and our own.
    static let standard = everything.subtracting(
        InfoSections([.init(.commandstats), .init(.latencystats), .init(.cycles)]))
    static let everything = InfoSections(
        rawValue: 1 << UInt32(InfoSection.allCases.count) - 1)

    /// Adds what an argument of INFO names: a section, or `default`, `all`, `everything`.
    mutating func add(_ word: Bytes) {
        if word.isWord("default") { return formUnion(.standard) }
        if word.isWord("all") || word.isWord("everything") { return formUnion(.everything) }
        for section in InfoSection.allCases where word.isWord(section.name) {
            insert(InfoSections(section))
        }
    }
}

extension Server {
    /// The text of INFO.
    func info(_ chosen: InfoSections) -> [UInt8] {
        var text = TextBuffer(capacity: 8192)
        for section in InfoSection.allCases where chosen.contains(InfoSections(section)) {
            if !text.bytes.isEmpty { text.put("\r\n") }
            text.put("# ")
            text.put(section.title)
            text.put("\r\n")
            put(section, into: &text)
        }
        return text.bytes
    }

    private func put(_ section: InfoSection, into text: inout TextBuffer) {
        switch section {
        case .server: putServer(into: &text)
        case .clients: putClients(into: &text)
        case .memory: putMemory(into: &text)
        case .persistence: putPersistence(into: &text)
        case .stats: putStats(into: &text)
        case .replication: putReplication(into: &text)
        case .cpu: putProcessorTime(into: &text)
        // There are no modules.
        case .modules: break
        case .commandstats: putCommandStatistics(into: &text)
        case .errorstats: putErrorStatistics(into: &text)
        // No percentiles are measured, and none are made up.
        case .latencystats: break
        case .cluster: text.field("cluster_enabled", 0)
        case .keyspace: putKeyspace(into: &text)
        case .cycles: putCycles(into: &text)
        }
    }
}
