// The command line: `flashkvd [/path/to/file|-] [--directive value ...] [-]`.
//
// Called once by the executable. Redis 7.4's rules: options become lines of configuration text,
// which is then read like the file's.

/// What the command line asks for.
package enum Invocation: Equatable {
    case serve(LaunchOptions)
    /// Print a text and exit.
    case answer(String, onErrorStream: Bool, exitCode: Int32)
}

extension Invocation {
    /// Reads all arguments, the program's own name first. `allocator` is for --version.
    package init(arguments: [ByteText], allocator: String) {
        let words = arguments.dropFirst()
        if let first = words.first, let answer = Invocation.answer(first, allocator) {
            self = answer
            return
        }
        if words.contains(where: { $0.isWord("--sentinel") }) {
            self = .answer(
                "flashkvd does not run as a sentinel.\n", onErrorStream: true, exitCode: 1)
            return
        }
        self = .serve(Invocation.launchOptions(Array(words)))
    }

    /// What only prints, if `first` is such an option.
    private static func answer(_ first: ByteText, _ allocator: String) -> Invocation? {
        switch first.decoded {
        case "-v", "--version":
            return .answer(version(allocator), onErrorStream: false, exitCode: 0)
        case "-h", "--help": return .answer(usage, onErrorStream: true, exitCode: 1)
        case "--check-system":
            return .answer(
                "Nothing to check: flashkvd never forks, so that it depends neither on memory "
                    + "overcommit nor on the transparent huge page mode.\n", onErrorStream: false,
                exitCode: 0)
        case "--test-memory":
            return .answer(
                "flashkvd has no memory test; use memtester or memtest86+.\n",
                onErrorStream: true, exitCode: 1)
        default: return nil
        }
    }

    private static func version(_ allocator: String) -> String {
        "flashkvd v=\(Version.flashkvd) redis_version=\(Version.redis) malloc=\(allocator) "
            + "bits=\(Int.bitWidth)\n"
    }

    private static let usage = """
        Usage: flashkvd [/path/to/flashkvd.conf] [--directive value ...] [-]
               flashkvd - (reads the configuration from standard input)
               flashkvd -v or --version
               flashkvd -h or --help
               flashkvd --check-system

        Every directive of the configuration file is also an option; --host is --bind.

        Examples:
               flashkvd (runs with the defaults)
               flashkvd /etc/flashkvd/flashkvd.conf --loglevel verbose
               flashkvd --host 127.0.0.1 --port 7777 --save ''
               echo 'maxmemory 128mb' | flashkvd -

        """

    private static func launchOptions(_ words: [ByteText]) -> LaunchOptions {
        var launch = LaunchOptions()
        var words = words[...]
        if let first = words.first, first == [45] {
            launch.readsStandardInput = true
            words = words.dropFirst()
        } else if let first = words.first, first.first != 45 {
            launch.configFile = first
            words = words.dropFirst()
        }
        if let last = words.last, last == [45] {
            launch.readsStandardInput = true
            words = words.dropLast()
        }
        launch.options = configurationText(Array(words))
        return launch
    }

    /// The options as configuration lines.
    ///
    /// A word that starts with `--` begins a line, unless the word before it was a bare option
    /// name: then it is that option's value. `--save` alone takes no such value, it means `''`.
    private static func configurationText(_ words: [ByteText]) -> ByteText {
        var text: ByteText = []
        var mayBeginLine = true
        for (i, word) in words.enumerated() {
            guard mayBeginLine, word.hasPrefix("--") else {
                text += quoted(word) + [32]
                mayBeginLine = true
                continue
            }
            if !text.isEmpty { text.append(10) }
            text += word.isWord("--host") ? ByteText(ascii: "bind") : ByteText(word.dropFirst(2))
            text.append(32)
            // A word that holds name and value, such as "--port 6380", wants nothing after it.
            mayBeginLine = arguments(of: word)?.count != 1
            let isLast = i == words.count - 1
            if word.isWord("--save"), isLast || words[i + 1].hasPrefix("--") {
                text += quoted([])
                mayBeginLine = true
            }
        }
        return text
    }
}
