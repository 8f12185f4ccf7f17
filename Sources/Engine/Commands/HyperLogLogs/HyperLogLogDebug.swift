// Commands for looking into HyperLogLogs and checking their arithmetic: PFDEBUG, PFSELFTEST.

import Memory
import RESP

package let hyperLogLogDebugRows: [CommandRow] = [
    pfdebugRow, pfselftestRow,
]

private let pfdebugRow = CommandRow(
    .pfdebug, "pfdebug", arity: 3, [.write, .denyOOM, .admin], .hyperLogLog,
    keys: [.at(2, [.rw, .access])],
    since: "2.8.9", group: .hyperLogLog, complexity: "N/A",
    summary: "Shows the registers, the runs or the encoding of a HyperLogLog, or makes it dense.",
    isInternal: true,
    arguments: [.string("subcommand"), .key("key")])

package func pfdebugCommand(_ c: inout CommandContext) {
    let key = c[2]
    guard let position = c.lookupWrite(key, c.engine.pointee.hash(key)) else {
        c.reply.pointee.error("ERR The specified key does not exist")
        return
    }
    guard var target = c.editHyperLogLog(position) else { return }
    let word = c[1]
    if word.isWord("getreg") || word.isWord("todense") {
        let wasDense = target.isDense
        guard target.makeDense(c) else { return c.replyCorruptHyperLogLog() }
        if !wasDense { c.database.pointee.changed(key) }
        if word.isWord("todense") {
            c.reply.pointee.integer(wasDense ? 0 : 1)
        } else {
            replyRegisters(c, target)
        }
    } else if word.isWord("decode") {
        replyRuns(c, target)
    } else if word.isWord("encoding") {
        c.reply.pointee.simple(target.isDense ? "dense" : "sparse")
    } else {
        c.reply.pointee.error("ERR Unknown PFDEBUG subcommand '", word, "'")
    }
}

private func replyRegisters(_ c: borrowing CommandContext, _ target: EditedHyperLogLog) {
    c.reply.pointee.array(HyperLogLog.registerCount)
    for i in 0..<HyperLogLog.registerCount {
        let value = HyperLogLog.register(target.bytes + HyperLogLog.headerBytes, i)
        c.reply.pointee.integer(Int(value))
    }
}

/// The runs of a sparse string in words, whether they are all there or not.
private func replyRuns(_ c: borrowing CommandContext, _ target: EditedHyperLogLog) {
    if target.isDense {
        c.reply.pointee.error("ERR HLL encoding is not sparse")
        return
    }
    var words: [String] = []
    var offset = HyperLogLog.headerBytes
    while offset < target.count {
        let run = HyperLogLog.run(target.view.base, offset, target.count)
        if run.value > 0 {
            words.append("v:\(run.value),\(run.length)")
        } else {
            words.append("\(run.bytes == 2 ? "Z" : "z"):\(run.length)")
        }
        offset += run.bytes
    }
    c.reply.pointee.bulk(words.joined(separator: " "))
}

private let pfselftestRow = CommandRow(
    .pfselftest, "pfselftest", arity: 1, .admin, .hyperLogLog,
    since: "2.8.9", group: .hyperLogLog, complexity: "N/A",
    summary: "Checks the arithmetic of HyperLogLogs on random data.",
    isInternal: true)

package func pfselftestCommand(_ c: inout CommandContext) {
    var random = RandomSource(seed: c.engine.pointee.random.next())
    var test = HyperLogLogSelfTest(sparseLimit: c.engine.pointee.settings.hllSparseMaxBytes)
    if let failure = test.checkRegisters(&random) ?? test.checkEstimates(&random) {
        c.reply.pointee.error("ERR TESTFAILED \(failure)")
    } else {
        c.reply.pointee.ok()
    }
}

/// What PFSELFTEST checks. Each test returns what is wrong, or nil.
private struct HyperLogLogSelfTest {
    private let sparseLimit: Int
    private var dense = [UInt8](repeating: 0, count: HyperLogLog.denseBytes)
    private var sparse = [UInt8](repeating: 0, count: HyperLogLog.emptyBytes)
    private var values = [UInt8](repeating: 0, count: HyperLogLog.registerCount)
    /// Elements added in all; a multiple of ten each time the estimate is checked.
    private static let elements: UInt64 = 1_000_000

    init(sparseLimit: Int) {
        self.sparseLimit = sparseLimit
        dense.withUnsafeMutableBufferPointer {
            HyperLogLog.writeHeader(to: $0.baseAddress!, HyperLogLog.dense)
        }
        sparse.withUnsafeMutableBufferPointer { HyperLogLog.writeEmpty(to: $0.baseAddress!) }
    }

    /// Packed registers, and registers raised one by one, hold what was put into them.
    mutating func checkRegisters(_ random: inout RandomSource) -> String? {
        for round in 0..<100 {
            for i in values.indices { values[i] = UInt8(random.below(64)) }
            dense.withUnsafeMutableBufferPointer { dense in
                let registers = dense.baseAddress! + HyperLogLog.headerBytes
                if round & 1 == 0 {
                    values.withUnsafeBufferPointer {
                        HyperLogLog.pack($0.baseAddress!, into: registers)
                    }
                } else {
                    registers.update(
                        repeating: 0, count: HyperLogLog.denseBytes - HyperLogLog.headerBytes)
                    for i in values.indices {
                        _ = HyperLogLog.raise(registers, i, to: values[i])
                    }
                }
            }
            for i in values.indices where register(i) != values[i] {
                return "Register \(i) should be \(values[i]) but is \(register(i))"
            }
        }
        return nil
    }

    private func register(_ i: Int) -> UInt8 {
        dense.withUnsafeBufferPointer {
            HyperLogLog.register($0.baseAddress! + HyperLogLog.headerBytes, i)
        }
    }

    /// Estimates stay near the truth, the same from both forms as long as there are two.
    mutating func checkEstimates(_ random: inout RandomSource) -> String? {
        for i in HyperLogLog.headerBytes..<dense.count { dense[i] = 0 }
        let seed = random.next()
        var isSparse = true
        var checkpoint: UInt64 = 1
        for number in 1...Self.elements {
            var element = number ^ seed
            let (register, rank) = withUnsafeBytes(of: &element) {
                HyperLogLog.place(of: Bytes(raw: $0.baseAddress!, $0.count))
            }
            dense.withUnsafeMutableBufferPointer {
                _ = HyperLogLog.raise(
                    $0.baseAddress! + HyperLogLog.headerBytes, register, to: rank)
            }
            if isSparse { isSparse = raiseSparse(register, rank) }
            guard number == checkpoint else { continue }
            if let failure = compare(checkpoint, isSparse) { return failure }
            checkpoint *= 10
        }
        return nil
    }

    /// Whether the sparse form can hold the change.
    private mutating func raiseSparse(_ register: Int, _ rank: UInt8) -> Bool {
        var cursor = HyperLogLog.SparseCursor()
        let step = sparse.withBytes {
            HyperLogLog.locate($0, register, rank, from: &cursor)
        }
        switch step {
        case .unchanged: return true
        case .dense, .corrupt: return false
        case .change(let change):
            let count = sparse.count
            if change.growth > 0 {
                if count + change.growth > sparseLimit { return false }
                sparse.append(contentsOf: repeatElement(0, count: change.growth))
            }
            let left = sparse.withUnsafeMutableBufferPointer {
                HyperLogLog.apply(change, to: $0.baseAddress!, count: count)
            }
            sparse.removeLast(sparse.count - left)
            return true
        }
    }

    private func compare(_ elements: UInt64, _ isSparse: Bool) -> String? {
        if !isSparse, elements < UInt64(sparseLimit / 4) { return "sparse encoding not used" }
        var histogram = HyperLogLog.Histogram(repeating: 0)
        dense.withUnsafeBufferPointer {
            HyperLogLog.count(dense: $0.baseAddress! + HyperLogLog.headerBytes, &histogram)
        }
        let estimate = HyperLogLog.estimate(histogram)
        if isSparse {
            var other = HyperLogLog.Histogram(repeating: 0)
            let isSound = sparse.withBytes { HyperLogLog.count(sparse: $0, &other) }
            if !isSound || HyperLogLog.estimate(other) != estimate {
                return "dense/sparse disagree"
            }
        }
        // Six times the standard error; small numbers differ by a collision at most.
        let allowed = max(1, (1.04 / 128 * 6 * Double(elements)).rounded(.up))
        let difference = abs(Double(estimate) - Double(elements))
        return difference > allowed
            ? "Too big error. card:\(elements) abserr:\(Int(difference))" : nil
    }
}
