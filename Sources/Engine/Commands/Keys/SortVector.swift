// The elements that a SORT puts in order, with what they are compared by.
//
// Lives for one command. Elements point into the value that is sorted, which does not change
// meanwhile; integers, and the texts that BY leads to, are written into memory of the vector's own.

import Glibc
import Memory

/// An element and its weight: a number, or a text that may be missing.
struct SortElement: BitwiseCopyable {
    let base: UnsafePointer<UInt8>
    let count: Int
    var score = 0.0
    var weightBase: UnsafePointer<UInt8>?
    var weightCount = 0

    init(_ text: Bytes) {
        base = text.base
        count = text.count
    }

    var text: Bytes { Bytes(base, count) }
    var weight: Bytes? { weightBase.map { Bytes($0, weightCount) } }
}

struct SortVector: ~Copyable {
    private let engine: UnsafeMutablePointer<Engine>
    private var base: UnsafeMutablePointer<SortElement>?
    private var capacity = 0
    private(set) var count = 0
    private var texts = TextStore()

    init(_ engine: UnsafeMutablePointer<Engine>) { self.engine = engine }

    deinit {
        if let base { Allocator.deallocate(base, capacity * MemoryLayout<SortElement>.stride) }
    }

    subscript(_ i: Int) -> SortElement {
        assert(i >= 0 && i < count)
        return base.unsafelyUnwrapped[i]
    }

    // MARK: Loading

    /// Takes the elements of a list, set or sorted set (none without an entry), and returns which of
    /// them, once in order, are wanted. Of those that stay in their order only these are taken.
    mutating func load(_ entry: Entry?, _ request: SortRequest) -> Range<Int> {
        guard let entry else { return 0..<0 }
        switch entry.type {
        case .list: return load(entry.listValue, request)
        case .sortedSet: return load(sortedSet(entry), request)
        default:
            let set = SetValue(entry)
            reserve(set.count)
            set.forEach { append($0) }
            return request.range(count)
        }
    }

    /// Redis sorts out of the big form, and the value stays in it.
    private func sortedSet(_ entry: Entry) -> SortedSet {
        var set = SortedSet(entry, engine)
        set.convertToTree()
        set.store(in: entry)
        return set
    }

    private mutating func load(_ list: PackedList, _ request: SortRequest) -> Range<Int> {
        let wanted = request.range(list.count)
        let taken = request.sorts ? 0..<list.count : wanted
        let isReversed = !request.sorts && request.isDescending
        reserve(taken.count)
        let first = isReversed ? list.count - 1 - taken.lowerBound : taken.lowerBound
        if !taken.isEmpty, var cursor = list.cursor(at: first) {
            for _ in taken {
                append(cursor.item)
                if !(isReversed ? cursor.moveBackward() : cursor.moveForward()) { break }
            }
        }
        return request.sorts ? wanted : 0..<count
    }

    private mutating func load(_ set: SortedSet, _ request: SortRequest) -> Range<Int> {
        let wanted = request.range(set.count)
        var ranks = request.sorts ? 0..<set.count : wanted
        let isReversed = !request.sorts && request.isDescending
        if isReversed { ranks = (set.count - ranks.upperBound)..<(set.count - ranks.lowerBound) }
        reserve(ranks.count)
        set.forEach(ranks, reversed: isReversed) { member, _ in
            append(member)
            return true
        }
        return request.sorts ? wanted : 0..<count
    }

    private mutating func reserve(_ elements: Int) {
        assert(base == nil)
        guard elements > 0 else { return }
        capacity = elements
        base = Allocator.allocate(elements * MemoryLayout<SortElement>.stride)
            .bindMemory(to: SortElement.self, capacity: elements)
    }

    private mutating func append(_ item: PackedItem) {
        guard let base, count < capacity else { return }
        if let bytes = item.bytes {
            (base + count).initialize(to: SortElement(bytes))
        } else {
            item.withText { (base + count).initialize(to: SortElement(texts.copy($0))) }
        }
        count += 1
    }

    // MARK: Ordering

    /// Puts the elements in order, as far as `range` needs it; false if a number was expected and is
    /// none.
    mutating func order(
        _ c: borrowing CommandContext, _ request: SortRequest, _ range: Range<Int>
    ) -> Bool {
        guard request.sorts, count > 0 else { return true }
        guard weigh(c, request) else { return false }
        guard !range.isEmpty else { return true }
        let collation = Collation()
        // Texts are compared in the locale's order, but for those that are stored.
        let compare: (Bytes, Bytes) -> Int =
            request.target != nil
            ? { Int($0.compare($1)) } : { collation.compare($0, $1) }
        switch (request.isAlphabetic, request.by != nil) {
        case (false, _):
            sort(request, range) { a, b in
                if a.score != b.score { return a.score > b.score ? 1 : -1 }
                return a.text.compare(b.text)
            }
        case (true, false): sort(request, range) { compare($0.text, $1.text) }
        case (true, true):
            sort(request, range) { a, b in
                guard let left = a.weight, let right = b.weight else {
                    // What has no weight comes first.
                    return (a.weight == nil ? 0 : 1) - (b.weight == nil ? 0 : 1)
                }
                return compare(left, right)
            }
        }
        return true
    }

    private func sort(
        _ request: SortRequest, _ range: Range<Int>,
        _ compare: (SortElement, SortElement) -> Int
    ) {
        guard let base else { return }
        let signed: (SortElement, SortElement) -> Int = {
            request.isDescending ? -compare($0, $1) : compare($0, $1)
        }
        withoutActuallyEscaping(signed) { signed in
            if request.by == nil || range == 0..<count {
                PartialSort.sort(base, count, signed)
            } else {
                PartialSort.sort(base, count, keeping: range, signed)
            }
        }
    }

    /// Finds what each element is compared by, if that is not its own text.
    private mutating func weigh(_ c: borrowing CommandContext, _ request: SortRequest) -> Bool {
        guard let base else { return true }
        if request.by == nil, request.isAlphabetic { return true }
        var isSound = true
        for i in 0..<count {
            let element = base[i].text
            let found = request.by?.find(element, c) ?? .element
            found.withText(element) { text in
                guard let text else { return }
                if request.isAlphabetic {
                    let copy = texts.copy(text)
                    base[i].weightBase = copy.base
                    base[i].weightCount = copy.count
                } else if let score = sortScore(text) {
                    base[i].score = score
                } else {
                    isSound = false
                }
            }
        }
        return isSound
    }
}

/// The number that a text is up to its first zero byte, read as strtod does: blanks may lead, and no
/// text is 0. Nil for what is no number, or too large or small for one.
private func sortScore(_ text: Bytes) -> Double? {
    if let integer = text.integer { return Double(integer) }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: text.count + 1) { copy in
        for i in 0..<text.count { copy[i] = CChar(bitPattern: text[i]) }
        copy[text.count] = 0
        var end: UnsafeMutablePointer<CChar>?
        errno = 0
        let value = strtod(copy.baseAddress!, &end)
        guard let end, end.pointee == 0, errno != ERANGE, !value.isNaN else { return nil }
        return value
    }
}

/// The locale's order of texts, up to their first zero byte.
private struct Collation {
    /// Whether that is the order of the bytes.
    private let isPlain: Bool

    init() {
        let name = setlocale(LC_COLLATE, nil).map { String(cString: $0) } ?? "C"
        isPlain = name == "C" || name == "POSIX"
    }

    func compare(_ a: Bytes, _ b: Bytes) -> Int {
        if isPlain { return a.upToZero.compare(b.upToZero) }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: a.count + b.count + 2) {
            let left = $0.baseAddress.unsafelyUnwrapped
            let right = left + a.count + 1
            for i in 0..<a.count { left[i] = CChar(bitPattern: a[i]) }
            left[a.count] = 0
            for i in 0..<b.count { right[i] = CChar(bitPattern: b[i]) }
            right[b.count] = 0
            return Int(strcoll(left, right))
        }
    }
}

/// Memory for many texts, freed together; what was given out stays where it is.
private struct TextStore: ~Copyable {
    private static var blockBytes: Int { 16 * 1024 }

    private var blocks: [(start: UnsafeMutableRawPointer, bytes: Int)] = []
    private var next: UnsafeMutablePointer<UInt8>?
    private var left = 0

    deinit { for block in blocks { Allocator.deallocate(block.start, block.bytes) } }

    mutating func copy(_ text: Bytes) -> Bytes {
        if text.isEmpty { return Bytes("") }
        if text.count > left { addBlock(max(Self.blockBytes, text.count)) }
        let target = next.unsafelyUnwrapped
        target.update(from: text.base, count: text.count)
        next = target + text.count
        left -= text.count
        return Bytes(UnsafePointer(target), text.count)
    }

    private mutating func addBlock(_ bytes: Int) {
        let start = Allocator.allocate(bytes)
        blocks.append((start, bytes))
        next = start.bindMemory(to: UInt8.self, capacity: bytes)
        left = bytes
    }
}
