// The checks of directives that hold a text, with Redis 7.4's messages.
//
// Called by ValueParser.

import Glibc

extension ValueParser {
    /// `text` as the directive `name` keeps it.
    func parseText(
        _ text: ByteText, _ rule: TextRule, _ name: String
    ) throws(Rejection) -> ByteText {
        switch rule {
        case .any: break
        case .fileName, .nonEmptyFileName, .nonEmptyDirectoryName:
            try checkFileName(text, rule, name)
        case .hostname: try checkHostname(text)
        case .nodeName: try checkNodeName(text)
        case .processTitle:
            guard isUsableTitle(text) else {
                throw Rejection("template format is invalid or contains unknown variables")
            }
        case .locale:
            guard isKnownLocale(text) else { throw Rejection("Invalid locale name") }
        case .directory:
            let code = host.changeDirectory(text)
            guard code == 0 else { throw Rejection(errorText(code)) }
            return host.currentDirectory()
        }
        return text
    }

    private func checkFileName(
        _ text: ByteText, _ rule: TextRule, _ name: String
    ) throws(Rejection) {
        var noun = "filename"
        if case .nonEmptyDirectoryName = rule { noun = "dirname" }
        if text.isEmpty {
            if case .fileName = rule { return }
            throw Rejection("\(name) can't be empty")
        }
        guard !text.contains(47), !text.contains(92) else {
            throw Rejection("\(name) can't be a path, just a \(noun)")
        }
    }

    private func checkHostname(_ text: ByteText) throws(Rejection) {
        guard text.count < 256 else {
            throw Rejection("Hostnames must be less than 256 characters")
        }
        let allowed = text.allSatisfy { c in
            c &- 48 < 10 || (c | 0x20) &- 97 < 26 || c == 45 || c == 46
        }
        guard allowed else {
            throw Rejection("Hostnames may only contain alphanumeric characters, hyphens or dots")
        }
    }

    private func checkNodeName(_ text: ByteText) throws(Rejection) {
        let refused = ByteText(ascii: "!#$%&()*+:;<>?@[]^{|}~")
        guard !text.contains(where: { refused.contains($0) }) else {
            throw Rejection("Announced human node name contained invalid character")
        }
    }

    /// Whether the template of `proc-title-template` names only known variables, closes its
    /// braces ({{ is a brace) and is sure to give a title that is not blank.
    private func isUsableTitle(_ text: ByteText) -> Bool {
        let variables = [
            "title": false, "server-mode": false, "unixsocket": false, "listen-addr": true,
            "port": true, "tls-port": true, "config-file": true,
        ]
        var shows = false
        var rest = text[...]
        while let c = rest.first {
            rest = rest.dropFirst()
            guard c == 123 else {
                shows = shows || c > 32
                continue
            }
            if rest.first == 123 {
                rest = rest.dropFirst()
                shows = true
                continue
            }
            guard let end = rest.firstIndex(of: 125),
                let value = variables[ByteText(rest[..<end]).decoded]
            else { return false }
            shows = shows || value
            rest = rest[(end + 1)...]
        }
        return shows
    }

    /// Whether the C library can sort by this locale; an empty name is the environment's.
    private func isKnownLocale(_ text: ByteText) -> Bool {
        guard let locale = newlocale(LC_COLLATE_MASK, text.decoded, nil) else { return false }
        freelocale(locale)
        return true
    }
}
