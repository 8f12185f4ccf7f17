// CONFIG SET: several directives at once, all or none.
//
// Called by the server's CONFIG command. Every pair is checked and parsed into a copy; then the
// server puts the changes into effect, or refuses one; only then the copy becomes the original.

/// Why CONFIG SET failed. Nothing has changed then.
package enum SetError: Error, Equatable {
    case unknown(ByteText)
    case failed(name: ByteText, reason: String)
    /// Answered with the server's LOADING error.
    case loading

    /// The error as Redis 7.4 answers it, from its code on, without the minus sign.
    package var reply: ByteText {
        switch self {
        case .unknown(let name):
            ByteText(ascii: "ERR Unknown option or number of arguments for CONFIG SET - '")
                + name.prefix { $0 != 0 } + ByteText(ascii: "'")
        case .failed(let name, let reason):
            ByteText(ascii: "ERR CONFIG SET failed (possibly related to argument '")
                + name.prefix { $0 != 0 } + ByteText(ascii: "') - \(reason)")
        case .loading:
            ByteText(ascii: "LOADING Redis is loading the dataset in memory")
        }
    }
}

/// The server's refusal of a change: which directive, and the words for the client.
package struct Veto: Equatable {
    package let name: String
    package let reason: String

    package init(_ name: String, _ reason: String) {
        self.name = name
        self.reason = reason
    }
}

/// Who asks for a change, as far as it matters.
package struct SetContext {
    /// The client came over loopback or a Unix socket.
    package var clientIsLocal: Bool
    /// A data set is being loaded.
    package var isLoading: Bool

    package init(clientIsLocal: Bool, isLoading: Bool = false) {
        self.clientIsLocal = clientIsLocal
        self.isLoading = isLoading
    }
}

extension Configuration {
    /// Sets `pairs` (in this order, at least one) and gives the names of the directives that
    /// changed; a directive set to what it was does not count.
    ///
    /// `commit` gets the new configuration and the changed names and puts them into effect. If it
    /// refuses, it is called once more with the configuration as before, so that it undoes what it
    /// had done already; then this throws its reason. It is not called if nothing changed.
    @discardableResult
    package mutating func apply(
        _ pairs: [(name: ByteText, value: ByteText)], _ context: SetContext,
        commit: (_ configuration: Configuration, _ changed: [String]) -> Veto?
    ) throws(SetError) -> [String] {
        let rows = try checkedRows(pairs, context)
        var next = self
        do throws(SetError) {
            for (row, pair) in zip(rows, pairs) { try next.set(row, pair.value) }
        } catch {
            restoreDirectory(from: next)
            throw error
        }
        if rows.contains(where: { $0.name == "repl-backlog-size" }) { next.correctChanged() }
        next.refresh()
        let changed = values.indices.filter { values[$0] != next.values[$0] }
            .map { DirectiveTable.all[$0].name }
        guard !changed.isEmpty else { return [] }
        if let veto = commit(next, changed) {
            restoreDirectory(from: next)
            _ = commit(self, changed)
            throw .failed(name: ByteText(ascii: veto.name), reason: veto.reason)
        }
        self = next
        return changed
    }

    /// The rows of all names, provided that each may be set now; the first objection counts.
    private func checkedRows(
        _ pairs: [(name: ByteText, value: ByteText)], _ context: SetContext
    ) throws(SetError) -> [(row: Int, name: String)] {
        let protectedAllowed = access("enable-protected-configs")
            .allows(isLocal: context.clientIsLocal)
        var rows: [(row: Int, name: String)] = []
        var refusedWhileLoading = false
        for (name, _) in pairs {
            guard let (row, directive) = DirectiveTable.find(name) else { throw .unknown(name) }
            if directive.flags.contains(.immutable) {
                throw .failed(name: name, reason: "can't set immutable config")
            }
            if directive.flags.contains(.protected), !protectedAllowed {
                throw .failed(name: name, reason: "can't set protected config")
            }
            if directive.flags.contains(.notWhileLoading), context.isLoading {
                refusedWhileLoading = true
            }
            let used = name.lowercasedASCII.decoded
            // An alias and its directive are two names, and the later one wins.
            if rows.contains(where: { $0.name == used }) {
                throw .failed(name: name, reason: "duplicate parameter")
            }
            rows.append((row, used))
        }
        if refusedWhileLoading { throw .loading }
        return rows
    }

    private mutating func set(
        _ row: (row: Int, name: String), _ text: ByteText
    ) throws(SetError) {
        do throws(Rejection) {
            values[row.row] = try ValueParser(host: host, source: .configSet).parse(
                DirectiveTable.all[row.row], [text], current: values[row.row])
        } catch {
            throw .failed(name: ByteText(ascii: row.name), reason: error.message)
        }
    }

    /// Setting `dir` moves the process; a failure later on moves it back.
    private func restoreDirectory(from next: Configuration) {
        if value("dir") != next.value("dir") { _ = host.changeDirectory(text("dir")) }
    }

    /// Stores a value that the server itself has established (the port that it was given, the
    /// number of clients that the file limit allows, the primary that REPLICAOF named).
    package mutating func record(_ name: String, _ value: Value) {
        guard let row = DirectiveTable.index[name] else {
            preconditionFailure("no directive \(name)")
        }
        values[row] = value
        refresh()
    }
}
