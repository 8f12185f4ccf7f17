// CONFIG and its subcommands: rows and handlers. What a change means for the running server is in
// Lifecycle/Effects.swift.

import Configuration
import Engine
import Memory
import RESP

package let configCommandRows: [CommandRow] = [
    configRow, configGetRow, configSetRow, configResetstatRow, configRewriteRow, configHelpRow,
]

private let configRow = CommandRow(
    .config, "config", arity: -2,
    since: "2.0.0", group: .server, complexity: "See the subcommands.",
    summary: "Reads and changes the configuration of the running server.")

private let configGetRow = CommandRow(
    .configGet, "get", in: .config, arity: -3, [.admin, .noScript, .loading, .stale],
    since: "2.0.0", group: .server, complexity: "O(N), N being the number of parameters",
    summary: "Returns the parameters that match, with their values.",
    history: ["7.0.0": "Several patterns in one call."],
    arguments: [.string("parameter").multiple],
    help: [
        CommandHelp(
            "<pattern> [<pattern> ...]",
            "Parameters whose names match, with their values.")
    ])

private let configSetRow = CommandRow(
    .configSet, "set", in: .config, arity: -4, [.admin, .noScript, .loading, .stale],
    tips: [.requestAllNodes, .responseAllSucceeded],
    since: "2.0.0", group: .server, complexity: "O(N), N being the number of parameters",
    summary: "Changes parameters, all of them or none.",
    history: ["7.0.0": "Several parameters in one call."],
    arguments: [.block("data", [.string("parameter"), .string("value")]).multiple],
    help: [
        CommandHelp(
            "<directive> <value> [<directive> <value> ...]",
            "Sets each <directive> to its <value>.")
    ])

private let configResetstatRow = CommandRow(
    .configResetstat, "resetstat", in: .config, arity: 2, [.admin, .noScript, .loading, .stale],
    tips: [.requestAllNodes, .responseAllSucceeded],
    since: "2.0.0", group: .server, complexity: "O(1)",
    summary: "Sets the counters that INFO shows back to zero.",
    help: [
        CommandHelp("", "Sets the counters of INFO back to zero.")
    ])

private let configRewriteRow = CommandRow(
    .configRewrite, "rewrite", in: .config, arity: 2, [.admin, .noScript, .loading, .stale],
    tips: [.requestAllNodes, .responseAllSucceeded],
    since: "2.8.0", group: .server, complexity: "O(1)",
    summary: "Writes the current parameters into the configuration file.",
    help: [
        CommandHelp("", "Writes the parameters into the configuration file.")
    ])

private let configHelpRow = CommandRow(
    .configHelp, "help", in: .config, arity: 2, [.loading, .stale],
    since: "5.0.0", group: .server, complexity: "O(1)",
    summary: "Lists the subcommands of CONFIG.")

extension Server {
    /// CONFIG GET: a map of what the names and patterns find.
    @inline(never)
    func configGetCommand(_ client: ClientPointer, _ c: inout CommandContext) {
        var patterns: [ByteText] = []
        for i in 2..<c.count { patterns.append(c[i].array) }
        let found = configuration.matching(patterns)
        c.reply.pointee.map(found.count)
        for (name, value) in found {
            c.reply.pointee.bulk(name)
            c.reply.pointee.bulk(value)
        }
    }

    /// CONFIG SET: all of the changes or none.
    @inline(never)
    func configSetCommand(_ client: ClientPointer, _ c: inout CommandContext) {
        guard c.count % 2 == 0 else { return c.replySyntaxError() }
        var pairs: [(name: ByteText, value: ByteText)] = []
        for i in stride(from: 2, to: c.count, by: 2) {
            pairs.append((c[i].array, c[i + 1].array))
        }
        let context = SetContext(clientIsLocal: isLocal(client.pointee.connection))
        // A copy, so that putting it into effect can look at the old one.
        var next = configuration
        do throws(SetError) {
            let changed = try next.apply(pairs, context) { putIntoEffect($0, $1) }
            configuration = next
            applySettings()
            finishChange(changed)
            c.reply.pointee.ok()
        } catch {
            if case .failed(let name, _) = error, isEffect(name) {
                log.warning(
                    "Failed applying new configuration. Possibly related to new \(name.decoded) "
                        + "setting. Restoring previous settings.")
            }
            c.reply.pointee.error(error.reply)
        }
    }

    /// CONFIG RESETSTAT.
    @inline(never)
    func configResetstatCommand(_ client: ClientPointer, _ c: inout CommandContext) {
        resetStatistics()
        c.reply.pointee.ok()
    }

    /// CONFIG REWRITE.
    @inline(never)
    func configRewriteCommand(_ client: ClientPointer, _ c: inout CommandContext) {
        do throws(RewriteError) {
            try configuration.rewriteFile()
            log.notice("CONFIG REWRITE executed with success.")
            c.reply.pointee.ok()
        } catch {
            if case .system(let code) = error {
                log.warning("CONFIG REWRITE failed: \(errnoText(code))")
            }
            c.reply.pointee.error(error.reply)
        }
    }

    /// CONFIG HELP.
    @inline(never)
    func configHelpCommand(_ client: ClientPointer, _ c: inout CommandContext) {
        replyHelp(.config, configCommandRows, name: c[0], c.reply)
    }
}
