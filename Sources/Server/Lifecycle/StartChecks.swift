// Refusals before the start: lines of the configuration that only the server can judge.

import Configuration
import Engine
import Memory

enum StartChecks {
    static func check(_ configuration: Configuration) throws(StartError) {
        if !configuration.renamedCommands.isEmpty {
            // On a table of its own, so that a mistake is told before anything has begun.
            var table = CommandTable(rows: allCommandRows)
            try rename(configuration.renamedCommands, in: &table)
        }
        // A server that ignored these would be open to everybody.
        if let user = configuration.users.first {
            throw .line(
                user.line,
                message: ByteText(
                    ascii: "Users are not supported by this version: use requirepass"))
        }
        if !configuration.text("aclfile").isEmpty {
            throw .conflict("aclfile is not supported by this version: use requirepass")
        }
    }

    /// `rename-command`, in the order of the lines. Messages are those of Redis 7.4.
    static func rename(
        _ lines: [RenamedCommand], in table: inout CommandTable
    ) throws(StartError) {
        for line in lines {
            let outcome = line.from.withBytes { from in
                line.to.withBytes { to in table.rename(from, to: to) }
            }
            switch outcome {
            case .done: continue
            case .noSuchCommand:
                throw .line(
                    line.line, message: ByteText(ascii: "No such command in rename-command"))
            case .nameTaken:
                throw .line(
                    line.line, message: ByteText(ascii: "Target command name already exists"))
            }
        }
    }
}
