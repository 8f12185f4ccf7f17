// One row of the command table: everything known about a command except how to run it.
//
// Rows stand beside their handlers in the family's file. COMMAND, COMMAND DOCS, HELP, ACL
// categories, arity checks and key extraction come out of them. Rows are cold: what the dispatcher
// needs per request is copied into flat arrays by `CommandTable`. Facts are those of Redis 7.4.

import Memory

/// The section of the documentation a command belongs to (COMMAND DOCS `group`).
package enum CommandGroup: Sendable {
    case generic, string, list, set, sortedSet, hash, pubSub, transactions, connection, server
    case scripting, hyperLogLog, cluster, sentinel, geo, stream, bitmap

    package var name: StaticString {
        switch self {
        case .generic: "generic"
        case .string: "string"
        case .list: "list"
        case .set: "set"
        case .sortedSet: "sorted-set"
        case .hash: "hash"
        case .pubSub: "pubsub"
        case .transactions: "transactions"
        case .connection: "connection"
        case .server: "server"
        case .scripting: "scripting"
        case .hyperLogLog: "hyperloglog"
        case .cluster: "cluster"
        case .sentinel: "sentinel"
        case .geo: "geo"
        case .stream: "stream"
        case .bitmap: "bitmap"
        }
    }
}

/// Hints for clients and proxies (COMMAND INFO `tips`).
package enum CommandTip: Sendable {
    case nondeterministicOutput, nondeterministicOutputOrder
    case requestAllNodes, requestAllShards, requestMultiShard, requestSpecial
    case responseOneSucceeded, responseAllSucceeded, responseAggregateAnd, responseAggregateMin
    case responseAggregateSum, responseSpecial

    package var name: StaticString {
        switch self {
        case .nondeterministicOutput: "nondeterministic_output"
        case .nondeterministicOutputOrder: "nondeterministic_output_order"
        case .requestAllNodes: "request_policy:all_nodes"
        case .requestAllShards: "request_policy:all_shards"
        case .requestMultiShard: "request_policy:multi_shard"
        case .requestSpecial: "request_policy:special"
        case .responseOneSucceeded: "response_policy:one_succeeded"
        case .responseAllSucceeded: "response_policy:all_succeeded"
        case .responseAggregateAnd: "response_policy:agg_logical_and"
        case .responseAggregateMin: "response_policy:agg_min"
        case .responseAggregateSum: "response_policy:agg_sum"
        case .responseSpecial: "response_policy:special"
        }
    }
}

/// Tells what a call does with its key where that depends on the arguments.
package typealias VariableKeyFlags =
    @Sendable (_ arguments: UnsafePointer<Bytes>, _ count: Int) -> KeyFlags

/// Appends a request's keys where the specifications do not find all of them.
package typealias FallbackKeys =
    @Sendable (
        _ arguments: UnsafePointer<Bytes>, _ count: Int, _ keys: inout [KeyReference]
    ) -> Void

package struct CommandRow: Sendable {
    package let id: CommandID
    /// Lower case; of a subcommand its own name without the container's.
    package let name: StaticString
    /// Of a subcommand the command it belongs to.
    package let container: CommandID?
    /// Number of arguments, the name (and the subcommand) included; negative: at least so many.
    package let arity: Int
    package let flags: CommandFlags
    /// Those named in the row and those that the flags imply.
    package let categories: CommandCategories
    package let keys: [KeySpec]
    package let tips: [CommandTip]
    package let since: StaticString
    package let group: CommandGroup
    package let complexity: StaticString?
    package let summary: StaticString
    /// The version from which on it should not be used any more, and what to use.
    package let deprecatedSince: StaticString?
    package let replacedBy: StaticString?
    /// Not meant for users (doc flag `syscmd`).
    package let isInternal: Bool
    /// Changes by version, as COMMAND DOCS shows them.
    package let history: KeyValuePairs<StaticString, StaticString>
    package let arguments: [ArgumentSpec]
    /// Entries in the container's HELP: of a subcommand without its name, of the container itself
    /// with a whole heading.
    package let help: [CommandHelp]
    package let variableKeyFlags: VariableKeyFlags?
    package let fallbackKeys: FallbackKeys?

    package init(
        _ id: CommandID, _ name: StaticString, in container: CommandID? = nil, arity: Int,
        _ flags: CommandFlags = [], _ categories: CommandCategories = [], keys: [KeySpec] = [],
        variableKeyFlags: VariableKeyFlags? = nil, fallbackKeys: FallbackKeys? = nil,
        tips: [CommandTip] = [], since: StaticString,
        group: CommandGroup, complexity: StaticString? = nil, summary: StaticString,
        deprecatedSince: StaticString? = nil, replacedBy: StaticString? = nil,
        isInternal: Bool = false, history: KeyValuePairs<StaticString, StaticString> = [:],
        arguments: [ArgumentSpec] = [], help: [CommandHelp] = []
    ) {
        self.id = id
        self.name = name
        self.container = container
        self.arity = arity
        self.flags = flags
        self.categories = .implied(by: flags, named: categories)
        self.keys = keys
        self.variableKeyFlags = variableKeyFlags
        self.fallbackKeys = fallbackKeys
        self.tips = tips
        self.since = since
        self.group = group
        self.complexity = complexity
        self.summary = summary
        self.deprecatedSince = deprecatedSince
        self.replacedBy = replacedBy
        self.isInternal = isInternal
        self.history = history
        self.arguments = arguments
        self.help = help
    }

    /// First key, last key and step as commands had them before key specifications: the run of
    /// keys at fixed positions from the first one on, all 0 where there is none (Redis 7.4
    /// COMMAND INFO).
    package var legacyKeys: (first: Int, last: Int, step: Int) {
        var run: (first: Int, last: Int, step: Int) = (0, 0, 0)
        for spec in keys {
            guard case .index(let index) = spec.begin,
                case .range(let last, let step, _) = spec.find
            else { continue }
            let end = last >= 0 ? index + last : last
            if run.first == 0 {
                run = (index, end, step)
            } else if run.step == 1, step == 1, index == run.last + 1 {
                run.last = end
            }
        }
        return run
    }
}
