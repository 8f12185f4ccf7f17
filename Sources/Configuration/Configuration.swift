// The configuration of a running server: the value of every directive, and what a configuration
// file says beside directives.
//
// Loading.swift makes one from a file and a command line; the server keeps it and changes it
// through CONFIG SET (Setting.swift). A value type: a change is made on a copy, which replaces the
// original only when everything went well, and that is the whole of rollback.

/// A line of a configuration file, for a check that somebody else makes later.
package struct SourceLine: Equatable, Sendable {
    package let number: Int
    package let text: ByteText
}

/// A `rename-command` line. An empty new name removes the command.
package struct RenamedCommand: Equatable, Sendable {
    package let from: ByteText
    package let to: ByteText
    package let line: SourceLine
}

/// A `user` line: name and rules, unquoted.
package struct UserLine: Equatable, Sendable {
    package let name: ByteText
    package let rules: [ByteText]
    package let line: SourceLine
}

package struct Configuration {
    /// One value for each row of the directive table.
    var values: [Value]
    let host: Host

    /// The numbers for hot paths; always in step with the values.
    package private(set) var settings = Settings()
    /// Absolute path of the file that CONFIG REWRITE writes; nil without one.
    package var configFile: ByteText?
    package internal(set) var renamedCommands: [RenamedCommand] = []
    package internal(set) var users: [UserLine] = []

    /// Defaults, with `dir` where the process is.
    package init(host: Host = .system) {
        self.host = host
        values = DirectiveTable.all.map(\.initial)
        self["dir"] = .text(host.currentDirectory())
        refresh()
    }

    /// What CONFIG SET, but not a file, corrects silently.
    mutating func correctChanged() {
        if bytes("repl-backlog-size") < 16384 { self["repl-backlog-size"] = .memory(16384) }
    }

    /// Brings values into the bounds that Redis corrects silently, then makes `settings` anew.
    mutating func refresh() {
        self["hz"] = .integer(min(max(integer("hz"), 1), 500))
        let watchdog = integer("watchdog-period")
        if watchdog > 0 {
            self["watchdog-period"] = .integer(max(watchdog, 2000 / integer("hz")))
        }
        settings = Settings(self)
    }

    private subscript(name: String) -> Value {
        get { values[Configuration.row(name)] }
        set { values[Configuration.row(name)] = newValue }
    }

    /// A name that the program itself writes down is in the table.
    private static func row(_ name: String) -> Int {
        guard let i = DirectiveTable.index[name] else {
            preconditionFailure("no directive \(name)")
        }
        return i
    }
}

// Typed reading by name. Asking for an unknown name or the wrong type is a bug of the caller.
extension Configuration {
    package func value(_ name: String) -> Value { self[name] }

    package func bool(_ name: String) -> Bool {
        guard case .bool(let yes) = self[name] else { preconditionFailure("\(name): not a bool") }
        return yes
    }

    /// Counts, times, ports, the mode of `unixsocketperm`.
    package func integer(_ name: String) -> Int {
        guard case .integer(let n) = self[name] else { preconditionFailure("\(name): no integer") }
        return n
    }

    /// An amount of memory, at most Int.max.
    package func bytes(_ name: String) -> Int {
        guard case .memory(let n) = self[name] else { preconditionFailure("\(name): no memory") }
        return Int(clamping: n)
    }

    /// The index into the directive's list of names.
    package func choice(_ name: String) -> Int {
        guard case .choice(let i) = self[name] else { preconditionFailure("\(name): no choice") }
        return i
    }

    /// Whether a choice stands at `word`.
    package func chosen(_ name: String, _ word: String) -> Bool { string(name) == word }

    package func access(_ name: String) -> CommandAccess {
        CommandAccess(rawValue: UInt8(choice(name))) ?? .never
    }

    package func words(_ name: String) -> [ByteText] {
        guard case .words(let words) = self[name] else { preconditionFailure("\(name): no words") }
        return words
    }

    package func shutdownFlags(_ name: String) -> ShutdownFlags {
        guard case .shutdown(let f) = self[name] else { preconditionFailure("\(name): no flags") }
        return f
    }

    package var savePoints: [SavePoint] {
        guard case .savePoints(let points) = self["save"] else { return [] }
        return points
    }

    package var latencyPercentiles: [Double] {
        guard case .percentiles(let p) = self["latency-tracking-info-percentiles"] else {
            return []
        }
        return p
    }

    package var oomScoreAdjustments: [Int] {
        guard case .integers(let scores) = self["oom-score-adj-values"] else { return [] }
        return scores
    }

    /// The primary to replicate, if one is set.
    package var primary: (host: ByteText, port: Int)? {
        guard case .primary(let host, let port) = self["replicaof"], !host.isEmpty else {
            return nil
        }
        return (host, port)
    }

    /// Any directive as CONFIG GET shows it, byte for byte.
    package func text(_ name: String) -> ByteText {
        let i = Configuration.row(name)
        return DirectiveTable.all[i].shown(values[i])
    }

    /// Any directive as CONFIG GET shows it, for messages.
    package func string(_ name: String) -> String { text(name).decoded }
}
