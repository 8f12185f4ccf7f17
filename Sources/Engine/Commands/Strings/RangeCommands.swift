// Commands on a part of a string: GETRANGE, SUBSTR, SETRANGE.

package let rangeCommandRows: [CommandRow] = [
    getrangeRow, substrRow, setrangeRow,
]

private let getrangeRow = CommandRow(
    .getrange, "getrange", arity: 4, .readOnly, .string,
    keys: [.at(1, [.ro, .access])],
    since: "2.4.0", group: .string, complexity: "O(N), N being the bytes returned",
    summary: "Returns the bytes of a string between two offsets.",
    arguments: [.key("key"), .integer("start"), .integer("end")])

private let substrRow = CommandRow(
    .substr, "substr", arity: 4, .readOnly, .string,
    keys: [.at(1, [.ro, .access])],
    since: "1.0.0", group: .string, complexity: "O(N), N being the bytes returned",
    summary: "Former name of GETRANGE.",
    deprecatedSince: "2.0.0", replacedBy: "`GETRANGE`",
    arguments: [.key("key"), .integer("start"), .integer("end")])

private let setrangeRow = CommandRow(
    .setrange, "setrange", arity: 4, [.write, .denyOOM], .string,
    keys: [.at(1, [.rw, .update])],
    since: "2.2.0", group: .string,
    complexity: "O(M), M being the bytes written; with padding, the bytes padded as well",
    summary: "Writes bytes into a string at an offset, padding it with zero bytes.",
    arguments: [.key("key"), .integer("offset"), .string("value")])
