// OBJECT and its subcommands: how a value is kept.

package let objectCommandRows: [CommandRow] = [
    objectRow, objectEncodingRow, objectRefcountRow, objectIdletimeRow, objectFreqRow,
    objectHelpRow,
]

private let objectRow = CommandRow(
    .object, "object", arity: -2,
    since: "2.2.3", group: .generic, complexity: "See the subcommands.",
    summary: "Looks at how the value under a key is kept.")

private let objectEncodingRow = CommandRow(
    .objectEncoding, "encoding", in: .object, arity: 3, .readOnly, .keyspace,
    keys: [.at(2, .ro)],
    tips: [.nondeterministicOutput],
    since: "2.2.3", group: .generic, complexity: "O(1)",
    summary: "Returns the encoding in which a value is kept.",
    arguments: [.key("key")],
    help: [
        CommandHelp("<key>", "How the value of <key> is kept.")
    ])

private let objectRefcountRow = CommandRow(
    .objectRefcount, "refcount", in: .object, arity: 3, .readOnly, .keyspace,
    keys: [.at(2, .ro)],
    tips: [.nondeterministicOutput],
    since: "2.2.3", group: .generic, complexity: "O(1)",
    summary: "Returns how many references to a value there are.",
    arguments: [.key("key")],
    help: [
        CommandHelp("<key>", "Number of references to the value of <key>.")
    ])

private let objectIdletimeRow = CommandRow(
    .objectIdletime, "idletime", in: .object, arity: 3, .readOnly, .keyspace,
    keys: [.at(2, .ro)],
    tips: [.nondeterministicOutput],
    since: "2.2.3", group: .generic, complexity: "O(1)",
    summary: "Returns for how many seconds a key has not been used.",
    arguments: [.key("key")],
    help: [
        CommandHelp("<key>", "Seconds since <key> was last used.")
    ])

private let objectFreqRow = CommandRow(
    .objectFreq, "freq", in: .object, arity: 3, .readOnly, .keyspace,
    keys: [.at(2, .ro)],
    tips: [.nondeterministicOutput],
    since: "4.0.0", group: .generic, complexity: "O(1)",
    summary: "Returns the access counter of a key, a logarithmic one.",
    arguments: [.key("key")],
    help: [
        CommandHelp(
            "<key>",
            "Access counter of <key>, which grows with the logarithm of its use.",
            "Needs an LFU policy in maxmemory-policy.")
    ])

private let objectHelpRow = CommandRow(
    .objectHelp, "help", in: .object, arity: 2, [.loading, .stale], .keyspace,
    since: "6.2.0", group: .generic, complexity: "O(1)",
    summary: "Lists the subcommands of OBJECT.")
