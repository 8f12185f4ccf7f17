// The command table with all rows: every command has one, names lead to it, facts agree.

import Engine
import Memory
import Testing

@testable import Server

@Suite struct CommandTableTests {
    let everyRow = allCommandRows

    @Test func everyCommandHasOneRow() {
        #expect(everyRow.count == CommandID.count)
        #expect(Set(everyRow.map { $0.id }).count == everyRow.count)
        for (i, id) in CommandID.allCases.enumerated() { #expect(id.index == i) }
    }

    @Test func namesAreUniqueAndLowerCase() {
        let table = CommandTable(rows: everyRow)
        let names = CommandID.allCases.map { table.fullName($0) }
        #expect(Set(names).count == names.count)
        for name in names { #expect(name == name.lowercased()) }
    }

    @Test func everyNameIsFoundInAnyLetterCase() {
        let table = CommandTable(rows: everyRow)
        var random = Generator(seed: 7)
        for id in CommandID.allCases {
            let name = table.fullName(id)
            let mixed = String(
                name.map { random.next() & 1 == 0 ? $0 : Character($0.uppercased()) })
            for spelling in [name, name.uppercased(), mixed] {
                spelling.withBytes { #expect(table.find(path: $0) == id, "\(spelling)") }
            }
        }
    }

    @Test func otherNamesAreNotFound() {
        let table = CommandTable(rows: everyRow)
        // One byte away from a name, also where folding letters carelessly would hide it.
        for row in everyRow where row.container == nil {
            var name = Array(row.name.description.utf8)
            let original = name
            for i in name.indices {
                for flip: UInt8 in [0x01, 0x10, 0x40, 0x80] {
                    name[i] ^= flip
                    let isOther = !everyRow.contains {
                        $0.container == nil && Array($0.name.description.utf8) == name
                    }
                    if isOther { name.withBytes { #expect(table.find($0) == nil) } }
                    name = original
                }
            }
            (original + [0]).withBytes { #expect(table.find($0) == nil) }
        }
        for name in ["", "g", "ge", "getx", "encoding", "object|", "object|nope", "get|get", "|"] {
            name.withBytes { #expect(table.find(path: $0) == nil, "\(name)") }
        }
    }

    @Test func aRequestLeadsToItsSubcommand() {
        let table = CommandTable(rows: everyRow)
        #expect(find(table, "OBJECT", "Encoding", "k") == .objectEncoding)
        #expect(find(table, "object") == .object)
        #expect(find(table, "object", "nope") == nil)
        #expect(find(table, "get", "encoding") == .get)
        #expect(find(table, "nope", "encoding") == nil)
    }

    @Test func renamedCommandsAnswerToTheirNewNameOnly() {
        var table = CommandTable(rows: everyRow)
        let count = table.commandCount
        let long = "a-name-of-more-than-sixteen-bytes"
        #expect(rename(&table, "OBJECT", to: "Obj") == .done)
        #expect(rename(&table, "get", to: long) == .done)
        #expect(rename(&table, "config", to: "") == .done)
        #expect(rename(&table, "nope", to: "x") == .noSuchCommand)
        #expect(rename(&table, "set", to: "MSET") == .nameTaken)
        #expect(find(table, "oBJ", "freq") == .objectFreq)
        #expect(find(table, long.uppercased(), "k") == .get)
        // Equal in the first and last eight bytes, another in between.
        #expect(find(table, "a-name-of-MORE_than-sixteen-bytes", "k") == nil)
        #expect(find(table, "get", "k") == nil)
        #expect(find(table, "object", "freq") == nil)
        #expect(find(table, "config", "get") == nil)
        #expect(!table.isEnabled(.config) && !table.isEnabled(.configGet))
        #expect(table.fullName(.get) == "get")
        #expect(table.commandCount == count - 1)
    }

    @Test func factsComeFromTheRow() {
        let table = CommandTable(rows: everyRow)
        for row in everyRow {
            let facts = table[row.id]
            #expect(Int(facts.arity) == row.arity)
            #expect(facts.flags == row.flags)
            #expect(Int(facts.firstKey) == row.legacyKeys.first)
            let subcommands = table.subcommands(of: row.id)
            #expect(facts.isContainer == !subcommands.isEmpty)
            for id in subcommands { #expect(table.row(id).container == row.id) }
        }
        #expect(table[.get].accepts(2) && !table[.get].accepts(1) && !table[.get].accepts(3))
        #expect(table[.set].accepts(3) && table[.set].accepts(9) && !table[.set].accepts(2))
    }

    @Test func rowsAreConsistent() {
        for row in everyRow {
            let name = row.name
            #expect(row.arity != 0, "\(name)")
            #expect(!row.flags.isSuperset(of: [.write, .readOnly]), "\(name)")
            #expect(!row.summary.description.isEmpty, "\(name)")
            #expect((row.deprecatedSince == nil) == (row.replacedBy == nil), "\(name)")
            let isData = row.flags.contains(.write) || row.flags.contains(.readOnly)
            // Shard channels are routed like keys but are none.
            let keys = row.keys.filter { !$0.flags.contains(.notKey) }
            #expect(keys.isEmpty || isData || row.group == .transactions, "\(name)")
            var documented = Set<Int>()
            for argument in row.arguments { collectKeySpecs(argument, &documented) }
            #expect(documented == Set(keys.indices), "\(name)")
            if let first = keys.first, case .index(let index) = first.begin {
                // The first key lies within what the arity demands.
                #expect(index < abs(row.arity), "\(name)")
            }
        }
    }
}

private func collectKeySpecs(_ argument: ArgumentSpec, _ found: inout Set<Int>) {
    if let spec = argument.keySpec { found.insert(spec) }
    for inner in argument.arguments { collectKeySpecs(inner, &found) }
}

private func find(_ table: borrowing CommandTable, _ words: String...) -> CommandID? {
    withArguments(words) { table.find(arguments: $0, count: $1) }
}

private func rename(
    _ table: inout CommandTable, _ name: String, to newName: String
) -> CommandRename {
    Array(name.utf8).withBytes { old in
        Array(newName.utf8).withBytes { table.rename(old, to: $0) }
    }
}

/// Lends the words as a request.
func withArguments<R>(
    _ words: [String], _ body: (UnsafePointer<Bytes>, Int) -> R
) -> R {
    let text = words.map { Array($0.utf8) }
    let storage = text.map { word in
        let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: word.count + 1)
        copy.initialize(from: word, count: word.count)
        return copy
    }
    defer { for copy in storage { copy.deallocate() } }
    let arguments = zip(storage, text).map { Bytes(UnsafePointer($0), $1.count) }
    return arguments.withUnsafeBufferPointer { body($0.baseAddress!, words.count) }
}

/// A small seeded generator (SplitMix64).
private struct Generator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }
}
