// Commands on numbers: INCR, INCRBY, INCRBYFLOAT, DECR, DECRBY.

package let counterCommandRows: [CommandRow] = [
    incrRow, incrbyRow, incrbyfloatRow, decrRow, decrbyRow,
]

private let incrRow = CommandRow(
    .incr, "incr", arity: 2, [.write, .denyOOM, .fast], .string,
    keys: [.at(1, [.rw, .access, .update])],
    since: "1.0.0", group: .string, complexity: "O(1)",
    summary: "Adds one to the integer under a key; a missing key counts as 0.",
    arguments: [.key("key")])

private let incrbyRow = CommandRow(
    .incrby, "incrby", arity: 3, [.write, .denyOOM, .fast], .string,
    keys: [.at(1, [.rw, .access, .update])],
    since: "1.0.0", group: .string, complexity: "O(1)",
    summary: "Adds to the integer under a key; a missing key counts as 0.",
    arguments: [.key("key"), .integer("increment")])

private let incrbyfloatRow = CommandRow(
    .incrbyfloat, "incrbyfloat", arity: 3, [.write, .denyOOM, .fast], .string,
    keys: [.at(1, [.rw, .access, .update])],
    since: "2.6.0", group: .string, complexity: "O(1)",
    summary: "Adds to the floating point number under a key; a missing key counts as 0.",
    arguments: [.key("key"), .double("increment")])

private let decrRow = CommandRow(
    .decr, "decr", arity: 2, [.write, .denyOOM, .fast], .string,
    keys: [.at(1, [.rw, .access, .update])],
    since: "1.0.0", group: .string, complexity: "O(1)",
    summary: "Takes one from the integer under a key; a missing key counts as 0.",
    arguments: [.key("key")])

private let decrbyRow = CommandRow(
    .decrby, "decrby", arity: 3, [.write, .denyOOM, .fast], .string,
    keys: [.at(1, [.rw, .access, .update])],
    since: "1.0.0", group: .string, complexity: "O(1)",
    summary: "Subtracts from the integer under a key; a missing key counts as 0.",
    arguments: [.key("key"), .integer("decrement")])
