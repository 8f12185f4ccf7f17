// The sparse form of a HyperLogLog: runs of equal registers, from register 0 on.
//
//     00xxxxxx             1 to 64 registers of value 0
//     01xxxxxx xxxxxxxx    1 to 16,384 registers of value 0
//     1vvvvvxx             1 to 4 registers of value 1 to 32
//
// The lengths of all runs add up to 16,384; a string where they do not is corrupt. Adding an element
// changes one run, which may fall into three, and then joins equal neighbours, as Redis does, so
// that the same elements lead to the same bytes. A change is found first (`locate`, which only
// reads) and then made (`apply`), so that the string can grow in between.

import CMachine
import Memory

extension HyperLogLog {
    /// The highest value that a run can have.
    static var largestSparseValue: UInt8 { 32 }
    /// The most bytes that one change adds.
    static var largestSparseGrowth: Int { 3 }

    /// One run, as it is read.
    struct SparseRun {
        let length: Int
        let value: UInt8
        let bytes: Int
    }

    /// The run at `offset` of a sparse string. A long run of zeros that is cut off counts as if a
    /// zero byte followed.
    @inline(__always)
    static func run(_ bytes: UnsafePointer<UInt8>, _ offset: Int, _ count: Int) -> SparseRun {
        let first = bytes[offset]
        if first & 0x80 != 0 {
            return SparseRun(length: Int(first & 3) &+ 1, value: (first >> 2 & 31) &+ 1, bytes: 1)
        }
        if first & 0x40 == 0 { return SparseRun(length: Int(first) &+ 1, value: 0, bytes: 1) }
        let second = offset &+ 1 < count ? bytes[offset &+ 1] : 0
        return SparseRun(
            length: (Int(first & 63) &<< 8 | Int(second)) &+ 1, value: 0, bytes: 2)
    }

    // MARK: Reading all registers

    /// Calls `body` with the first register, the length and the value of each run; false if the runs
    /// are not those of 16,384 registers. A run that reaches beyond is not reported.
    @inline(__always)
    static func forEachRun(_ string: Bytes, _ body: (_ first: Int, SparseRun) -> Void) -> Bool {
        var offset = headerBytes
        var register = 0
        while offset < string.count {
            let run = run(string.base, offset, string.count)
            if register + run.length > registerCount { return false }
            body(register, run)
            register += run.length
            offset += run.bytes
        }
        return register == registerCount
    }

    /// Adds the sparse registers' values to a histogram; false if the string is corrupt.
    static func count(sparse string: Bytes, _ histogram: inout Histogram) -> Bool {
        forEachRun(string) { _, run in histogram[Int(run.value)] &+= Int32(run.length) }
    }

    /// Raises values of a byte to the sparse registers; false if the string is corrupt.
    static func merge(sparse string: Bytes, into values: UnsafeMutablePointer<UInt8>) -> Bool {
        forEachRun(string) { first, run in
            guard run.value > 0 else { return }
            for i in first..<(first + run.length) { values[i] = max(values[i], run.value) }
        }
    }

    /// Writes the dense form of a sparse string to `dense`, `denseBytes` zero bytes; false if the
    /// string is corrupt.
    static func writeDense(_ string: Bytes, to dense: UnsafeMutablePointer<UInt8>) -> Bool {
        dense.update(from: string.base, count: headerBytes)
        dense[4] = Self.dense
        return forEachRun(string) { first, run in
            guard run.value > 0 else { return }
            for i in first..<(first + run.length) {
                _ = raise(dense + headerBytes, i, to: run.value)
            }
        }
    }

    // MARK: Changing a register

    /// What raising a register asks of a sparse string.
    enum SparseStep {
        /// It is as high already.
        case unchanged
        case change(SparseChange)
        /// Only the dense form can hold the value.
        case dense
        case corrupt
    }

    /// One run to be replaced by up to three.
    struct SparseChange {
        /// Where the run begins, and its bytes.
        let offset: Int
        let oldBytes: Int
        /// Where the run before it begins, or the first one.
        let previous: Int
        /// The runs that take its place, at most five bytes, from the lowest byte on.
        fileprivate(set) var runs: UInt64 = 0
        fileprivate(set) var newBytes = 0

        /// By how many bytes the string grows, before neighbours are joined.
        var growth: Int { newBytes - oldBytes }

        fileprivate mutating func append(zeros length: Int) {
            guard length > 0 else { return }
            if length > 64 {
                append(byte: 0x40 | UInt8(truncatingIfNeeded: (length - 1) >> 8))
                append(byte: UInt8(truncatingIfNeeded: length - 1))
            } else {
                append(byte: UInt8(length - 1))
            }
        }

        fileprivate mutating func append(_ value: UInt8, length: Int) {
            guard length > 0 else { return }
            append(byte: 0x80 | (value - 1) << 2 | UInt8(length - 1))
        }

        private mutating func append(byte: UInt8) {
            runs |= UInt64(byte) << UInt64(8 * newBytes)
            newBytes += 1
        }
    }

    /// A place in a sparse string to begin a search at: a run and its first register.
    struct SparseCursor {
        var offset = HyperLogLog.headerBytes
        var register = 0
    }

    /// Finds what raising register `index` to `value` (1 or more) would change in `string`.
    ///
    /// `cursor` is where the search begins, at or before the register. It moves on to the run before
    /// the one found, where the search for a higher register may begin next.
    static func locate(
        _ string: Bytes, _ index: Int, _ value: UInt8, from cursor: inout SparseCursor
    ) -> SparseStep {
        assert(cursor.register <= index)
        if value > largestSparseValue { return .dense }
        var offset = cursor.offset
        var first = cursor.register
        var before = cursor
        while offset < string.count {
            let run = run(string.base, offset, string.count)
            if index < first &+ run.length {
                if offset == cursor.offset, first > 0 {
                    // The run before this one has to be known as well.
                    cursor = SparseCursor()
                    return locate(string, index, value, from: &cursor)
                }
                cursor = before
                return change(string, offset, first, run, before.offset, index, value)
            }
            before = SparseCursor(offset: offset, register: first)
            first &+= run.length
            offset &+= run.bytes
        }
        return .corrupt
    }

    private static func change(
        _ string: Bytes, _ offset: Int, _ first: Int, _ run: SparseRun, _ previous: Int,
        _ index: Int, _ value: UInt8
    ) -> SparseStep {
        if run.value >= value { return .unchanged }
        if offset + run.bytes > string.count { return .corrupt }
        var change = SparseChange(offset: offset, oldBytes: run.bytes, previous: previous)
        let left = index - first
        let right = first + run.length - 1 - index
        if run.value == 0 {
            change.append(zeros: left)
            change.append(value, length: 1)
            change.append(zeros: right)
        } else {
            change.append(run.value, length: left)
            change.append(value, length: 1)
            change.append(run.value, length: right)
        }
        return .change(change)
    }

    /// Makes the change in a string of `count` bytes that has room for its growth, marks the cached
    /// estimate as old, and returns how many bytes the string has then.
    static func apply(
        _ change: SparseChange, to bytes: UnsafeMutablePointer<UInt8>, count: Int
    ) -> Int {
        let tail = bytes + change.offset + change.oldBytes
        if change.growth != 0 {
            (tail + change.growth).update(
                from: tail, count: count - change.offset - change.oldBytes)
        }
        var runs = change.runs.littleEndian
        withUnsafeBytes(of: &runs) {
            machine_copy(bytes + change.offset, $0.baseAddress!, change.newBytes)
        }
        forgetEstimate(bytes)
        return joinNeighbours(bytes, count + change.growth, from: change.previous)
    }

    /// Joins equal runs among the first five from `start` on; returns the bytes that are left.
    private static func joinNeighbours(
        _ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, from start: Int
    ) -> Int {
        var count = count
        var at = start
        var looks = 5
        while at < count, looks > 0 {
            looks -= 1
            let run = run(bytes, at, count)
            guard run.value > 0, at + 1 < count else {
                at += run.bytes
                continue
            }
            let next = Self.run(bytes, at + 1, count)
            guard next.value == run.value, run.length + next.length <= 4 else {
                at += 1
                continue
            }
            // The joined run is looked at again: it may take in the next one, too.
            bytes[at] = 0x80 | (run.value - 1) << 2 | UInt8(run.length + next.length - 1)
            (bytes + at + 1).update(from: bytes + at + 2, count: count - at - 2)
            count -= 1
        }
        return count
    }
}
