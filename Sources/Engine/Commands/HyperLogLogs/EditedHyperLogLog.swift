// A HyperLogLog under a key while a command changes it: the string may grow, shrink and become dense.
//
// Made by `editHyperLogLog` after the key was looked up for writing; valid until the keyspace changes
// in another way. What Redis calls raw from then on, changed or not.

import Memory
import RESP

struct EditedHyperLogLog {
    private let position: Position
    private(set) var bytes: UnsafeMutablePointer<UInt8>
    private(set) var count: Int

    init(_ position: Position, _ bytes: UnsafeMutablePointer<UInt8>, _ count: Int) {
        self.position = position
        self.bytes = bytes
        self.count = count
    }

    enum Outcome {
        case raised, unchanged, corrupt
    }

    var isDense: Bool { bytes[4] == HyperLogLog.dense }
    var view: Bytes { Bytes(UnsafePointer(bytes), count) }

    /// Raises one register.
    @inline(__always)
    mutating func raise(
        _ c: borrowing CommandContext, _ register: Int, to value: UInt8
    ) -> Outcome {
        if isDense {
            let raised = HyperLogLog.raise(bytes + HyperLogLog.headerBytes, register, to: value)
            return raised ? .raised : .unchanged
        }
        var cursor = HyperLogLog.SparseCursor()
        return raiseSparse(c, register, to: value, &cursor)
    }

    @inline(never)
    private mutating func raiseSparse(
        _ c: borrowing CommandContext, _ register: Int, to value: UInt8,
        _ cursor: inout HyperLogLog.SparseCursor
    ) -> Outcome {
        switch HyperLogLog.locate(view, register, value, from: &cursor) {
        case .unchanged: return .unchanged
        case .corrupt: return .corrupt
        case .dense: break
        case .change(let change):
            if change.growth <= 0
                || count + change.growth <= c.engine.pointee.settings.hllSparseMaxBytes
            {
                apply(c, change)
                return .raised
            }
        }
        guard makeDense(c) else { return .corrupt }
        _ = HyperLogLog.raise(bytes + HyperLogLog.headerBytes, register, to: value)
        return .raised
    }

    private mutating func apply(
        _ c: borrowing CommandContext, _ change: HyperLogLog.SparseChange
    ) {
        let room = max(count, count + change.growth)
        if room > count { bytes = c.database.pointee.editString(position, count: room) }
        count = HyperLogLog.apply(change, to: bytes, count: count)
        guard count < room else { return }
        c.database.pointee.cutString(position, count: count)
        bytes = c.database.pointee.editString(position, count: count)
    }

    /// Makes a sparse string dense; false if it is corrupt, and nothing has changed then.
    mutating func makeDense(_ c: borrowing CommandContext) -> Bool {
        if isDense { return true }
        let blob = SharedBlob.zeros(count: HyperLogLog.denseBytes)
        guard HyperLogLog.writeDense(view, to: blob.bytes) else {
            blob.release()
            return false
        }
        c.database.pointee.replaceByBlob(position, blob)
        bytes = blob.bytes
        count = blob.count
        return true
    }

    /// Raises all registers to `values`, each at least the register's own value. A sparse string gets
    /// them one after the other, as Redis does it, or becomes dense on the way.
    mutating func raiseAll(
        _ c: borrowing CommandContext, to values: UnsafePointer<UInt8>
    ) {
        var cursor = HyperLogLog.SparseCursor()
        for register in 0..<HyperLogLog.registerCount where values[register] > 0 {
            if isDense { break }
            _ = raiseSparse(c, register, to: values[register], &cursor)
        }
        if isDense { HyperLogLog.pack(values, into: bytes + HyperLogLog.headerBytes) }
    }
}

extension CommandContext {
    /// The bytes of a HyperLogLog, or nil after the error that the entry is none.
    func hyperLogLog(_ entry: Entry) -> Bytes? {
        guard entry.isString else {
            replyWrongType()
            return nil
        }
        switch entry.stringValue {
        case .bytes(let bytes) where HyperLogLog.isValid(bytes): return bytes
        case .blob(let blob) where HyperLogLog.isValid(blob.view): return blob.view
        default:
            reply.pointee.error("WRONGTYPE Key is not a valid HyperLogLog string value.")
            return nil
        }
    }

    /// The HyperLogLog at `position`, to be changed; nil after an error.
    func editHyperLogLog(_ position: Position) -> EditedHyperLogLog? {
        guard let string = hyperLogLog(position.entry) else { return nil }
        let count = string.count
        return EditedHyperLogLog(
            position, database.pointee.editString(position, count: count), count)
    }

    /// A new key without elements.
    func insertEmptyHyperLogLog(_ key: Bytes, _ hash: UInt64) {
        let bytes = database.pointee.insertZeros(key, hash, count: HyperLogLog.emptyBytes)
        HyperLogLog.writeEmpty(to: bytes)
    }

    @inline(never)
    func replyCorruptHyperLogLog() {
        reply.pointee.error("INVALIDOBJ Corrupted HLL object detected")
    }
}
