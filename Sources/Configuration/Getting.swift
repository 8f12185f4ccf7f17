// CONFIG GET: names or patterns in, names and values out.

import Memory

extension Configuration {
    /// The directives that `patterns` name, each once, in the order of the table within a pattern.
    ///
    /// As Redis 7.4: a pattern without `*`, `?` or `[` is a name, in any letter case, which the
    /// reply shows as it was asked for and which finds hidden directives too. An alias is a name of
    /// its own.
    package func matching(_ patterns: [ByteText]) -> [(name: ByteText, value: ByteText)] {
        var seen = Set<String>()
        var found: [(name: ByteText, value: ByteText)] = []
        for pattern in patterns {
            guard pattern.contains(where: { $0 == 42 || $0 == 63 || $0 == 91 }) else {
                if let (i, directive) = DirectiveTable.find(pattern),
                    seen.insert(pattern.lowercasedASCII.decoded).inserted
                {
                    found.append((pattern, directive.shown(values[i])))
                }
                continue
            }
            for (i, directive) in DirectiveTable.all.enumerated()
            where !directive.flags.contains(.hidden) {
                for name in [directive.name, directive.alias].compactMap({ $0 })
                where Self.matches(pattern, name) && seen.insert(name).inserted {
                    found.append((ByteText(ascii: name), directive.shown(values[i])))
                }
            }
        }
        return found
    }

    /// Whether the value of `name` is a secret that logs and the slow log must not show.
    package static func isSensitive(_ name: ByteText) -> Bool {
        DirectiveTable.find(name)?.directive.flags.contains(.sensitive) ?? false
    }

    private static func matches(_ pattern: ByteText, _ name: String) -> Bool {
        pattern.withUnsafeBufferPointer { pattern in
            ByteText(ascii: name).withUnsafeBufferPointer { name in
                // Safety: neither is empty, and both are read only in here.
                guard let p = pattern.baseAddress, let n = name.baseAddress else { return false }
                return Glob.matches(
                    Bytes(p, pattern.count), Bytes(n, name.count), ignoringCase: true)
            }
        }
    }
}
