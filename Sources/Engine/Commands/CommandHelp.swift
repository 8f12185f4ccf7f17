// HELP of container commands (OBJECT HELP, CONFIG HELP, ...), built from the rows.
//
// Layout as in Redis 7.4: a heading with the container's name as the client spelled it, in upper
// case; for each subcommand its synopsis and, indented, what it does; HELP itself last. Every line
// is a status reply.

import Memory
import RESP

/// One entry of a container's HELP.
package struct CommandHelp: Sendable {
    /// What follows the subcommand's name; the whole heading for an entry of the container's own.
    package let synopsis: StaticString
    package let lines: [StaticString]

    package init(_ synopsis: StaticString, _ lines: StaticString...) {
        self.synopsis = synopsis
        self.lines = lines
    }
}

/// Answers `<container> HELP`. `rows` holds the rows of the container and its subcommands, whose
/// order is the order of the entries; `name` is the container's name as sent.
package func replyHelp(
    _ container: CommandID, _ rows: [CommandRow], name: Bytes,
    _ reply: UnsafeMutablePointer<ReplyBuffer>
) {
    var lines: [String] = []
    let title = name.string.uppercased()
    lines.append("\(title) <subcommand> [<arg> [value] [opt] ...]. Subcommands are:")
    for row in rows where row.id == container || row.container == container {
        for entry in row.help {
            lines.append(heading(entry, row))
            lines.append(contentsOf: entry.lines.map { "    \($0)" })
        }
    }
    lines.append("HELP")
    lines.append("    Print this help.")
    reply.pointee.array(lines.count)
    for line in lines { line.withBytes { reply.pointee.simple($0) } }
}

private func heading(_ entry: CommandHelp, _ row: CommandRow) -> String {
    let synopsis = entry.synopsis.description
    guard row.container != nil else { return synopsis }
    let name = row.name.description.uppercased()
    return synopsis.isEmpty ? name : "\(name) \(synopsis)"
}
