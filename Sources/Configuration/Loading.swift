// Reading the configuration at the start: file, standard input, then options of the command line,
// all as one text of lines.
//
// Called once by the executable. Messages and line numbers are those of Redis 7.4.1.

/// Where the configuration comes from; made by `CommandLine.swift`.
package struct LaunchOptions: Equatable {
    /// As given, relative to the current directory or absolute.
    package var configFile: ByteText?
    package var readsStandardInput = false
    /// Options turned into configuration lines.
    package var options: ByteText = []

    package init() {}
}

extension Configuration {
    /// The configuration that the launch options name, on top of the defaults.
    package static func load(
        _ launch: LaunchOptions, host: Host = .system
    ) throws(StartError) -> Configuration {
        var configuration = Configuration(host: host)
        var text: ByteText = []
        if let path = launch.configFile {
            let absolute = path.first == 47 ? path : host.currentDirectory() + [47] + path
            configuration.configFile = absolute
            text = try read(absolute, host)
        }
        if launch.readsStandardInput { text += host.readStandardInput() }
        if !launch.options.isEmpty { text += [10] + launch.options }
        var loader = Loader(configuration: configuration)
        try loader.load(text)
        return try loader.finished()
    }

    fileprivate static func read(_ path: ByteText, _ host: Host) throws(StartError) -> ByteText {
        switch host.readFile(path) {
        case .bytes(let bytes): return bytes
        case .failure(let code): throw .unreadable(path: path, code: code)
        }
    }
}

/// The reader of lines.
private struct Loader {
    var configuration: Configuration
    /// A `save` line replaces the rules in force if it is the first of all, and, as in Redis, if
    /// it follows an include; else it adds to them.
    private var isFirstSave = true
    private var isReading = false
    private var depth = 0
    private var modules: SourceLine?

    /// Files that include each other would go on for ever.
    private static let maximumDepth = 16

    init(configuration: Configuration) { self.configuration = configuration }

    mutating func load(_ text: ByteText) throws(StartError) {
        isReading = true
        let lines = text.split(separator: 10, omittingEmptySubsequences: false)
        for (i, raw) in lines.enumerated() {
            let line = SourceLine(number: i + 1, text: ByteText(raw).trimmedBlanks)
            guard let first = line.text.first, first != 35 else { continue }
            do throws(Rejection) {
                guard let words = arguments(of: line.text) else {
                    throw Rejection("Unbalanced quotes in configuration line")
                }
                guard !words.isEmpty else { continue }
                if try obey(words, line) { continue }
            } catch {
                throw .line(line, message: ByteText(ascii: error.message))
            }
            try include(ByteText(arguments(of: line.text)?[1] ?? []), line)
        }
        isReading = false
    }

    /// Obeys a line; false if it is an include, which the caller must follow.
    private mutating func obey(
        _ words: [ByteText], _ line: SourceLine
    ) throws(Rejection) -> Bool {
        let given = Array(words.dropFirst())
        if let (row, directive) = DirectiveTable.find(words[0]) {
            let addsSavePoints = isReading && !isFirstSave
            if directive.name == "save", isReading { isFirstSave = false }
            configuration.values[row] = try ValueParser(
                host: configuration.host, source: .file(addsSavePoints: addsSavePoints)
            ).parse(directive, given, current: configuration.values[row])
            return true
        }
        switch (words[0].lowercasedASCII.decoded, given.count) {
        case ("include", 1): return false
        case ("rename-command", 2):
            configuration.renamedCommands.append(
                RenamedCommand(from: given[0], to: given[1], line: line))
        case ("user", 1...): try addUser(given, line)
        case ("loadmodule", 1...):
            throw Rejection("modules are not supported: remove this loadmodule line")
        case ("sentinel", _): throw Rejection("sentinel directive while not in sentinel mode")
        case ("list-max-ziplist-entries", 1), ("list-max-ziplist-value", 1),
            ("lua-replicate-commands", 1):
            // Directives of the past, which Redis 7.4 passes over.
            break
        case (let name, let count) where name.utf8.contains(46):
            guard count > 0 else { throw Rejection("Module config specified without value") }
            modules = modules ?? line
        default: throw Rejection("Bad directive or wrong number of arguments")
        }
        return true
    }

    private mutating func addUser(
        _ words: [ByteText], _ line: SourceLine
    ) throws(Rejection) {
        guard !configuration.users.contains(where: { $0.name == words[0] }) else {
            throw Rejection(
                "Error in user declaration '\(words[0].decoded)': Duplicate user found. A user "
                    + "can only be defined once in config files")
        }
        configuration.users.append(
            UserLine(name: words[0], rules: Array(words.dropFirst()), line: line))
    }

    /// Reads the files that an include line names; a pattern may name none.
    private mutating func include(_ path: ByteText, _ line: SourceLine) throws(StartError) {
        guard depth < Loader.maximumDepth else {
            throw .line(
                line, message: ByteText(ascii: "files include each other too deeply"))
        }
        depth += 1
        defer { depth -= 1 }
        let isPattern = path.contains { $0 == 42 || $0 == 63 || $0 == 91 }
        for file in isPattern ? configuration.host.expand(path) : [path] {
            try load(Configuration.read(file, configuration.host))
        }
    }

    /// The configuration, once checks that concern several lines have passed.
    consuming func finished() throws(StartError) -> Configuration {
        let logfile = configuration.text("logfile")
        if !logfile.isEmpty {
            let code = configuration.host.checkAppendable(logfile)
            guard code == 0 else {
                throw .conflict("Can't open the log file: \(errorText(code))")
            }
        }
        if configuration.bool("cluster-enabled"), configuration.primary != nil {
            throw .conflict("replicaof directive not allowed in cluster mode")
        }
        if modules != nil {
            throw .refused(
                "Module Configuration detected without loadmodule directive or no ApplyConfig "
                    + "call: aborting")
        }
        configuration.refresh()
        return configuration
    }
}
