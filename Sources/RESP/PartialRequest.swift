// A request that has not arrived whole: where its parsing stands.
//
// Made by the parser, kept by the connection (one pointer), given back to the parser with the next
// bytes. Only requests that are costly to read again from their start have one: many arguments, or a
// long argument. For all others the connection just keeps the bytes.
//
// All positions count from the request's start, so the buffer may move between calls. Arguments are
// kept as offset and length, and become pointers when the request is complete.
//
// A long argument can be received straight into a blob of its own, the *owned argument*, which then
// becomes the value without another copy. The session's part in it:
//
//     parse says .bigArgument:      bytes kept    data that came with it
//     connection's buffer       | *3 $3 SET $1 k $100000 | xxxxxxxxxxxx |
//                                 ^consumed        position^            ^count
//     ownArgument() moves the data into the blob and returns `position`: the buffer is cut there
//
//     connection's buffer       | *3 $3 SET $1 k $100000 |
//     blob                      | xxxxxxxxxxxx............................ |
//                                             ^ownedRoom  (ownedMissing)
//     recv into ownedRoom, ownedReceived(n), until ownedMissing == 0; what comes then (the CRLF,
//     further arguments, further requests) goes into the buffer at the cut, and parse goes on:
//
//     connection's buffer       | *3 $3 SET $1 k $100000 | CRLF *1 $4 PING ...
//     parse returns the request with arguments[2] pointing into the blob; parser.owned holds the
//     reference until the next parse; a handler that adopts the blob retains it.
//
// At most one argument per request is owned; later long ones go through the buffer.

import Memory

/// Progress of an incomplete request. Lives on the heap; see `destroy`.
@frozen
package struct PartialRequest: ~Copyable {
    /// An argument found so far. As large as `Bytes`, whose place it gives up in the end.
    @frozen @usableFromInline
    struct Slot {
        /// From the request's start; -1 for the owned argument.
        let offset: Int
        let count: Int
    }

    private(set) var slots: UnsafeMutablePointer<Slot>
    private(set) var slotCapacity: Int
    private(set) var slotCount = 0
    /// Arguments still to come, the pending one included.
    private var remaining: Int
    /// Bytes of the request read so far.
    private var position: Int
    /// Length of the argument whose data starts at `position`; -1 before its length line is read.
    private var pendingCount: Int

    /// The argument that is received into a blob of its own, if any, and its index.
    package private(set) var owned: SharedBlob?
    package private(set) var ownedIndex = -1
    /// Bytes of the owned argument that have not arrived. While this is above 0, received bytes
    /// belong to `ownedRoom`, and the parser need not be called.
    package private(set) var ownedMissing = 0

    /// Arguments from which on an owned one is worth it.
    package static var ownedThreshold: Int { 32 * 1024 }
    /// Longer ones would reserve too much address space on a mere announcement.
    static var ownedLimit: Int { 1 << 30 }

    init(remaining: Int, position: Int, pendingCount: Int, expecting found: Int) {
        slotCapacity = max(16, found)
        slots = Allocator.allocate(slotCapacity * MemoryLayout<Slot>.stride)
            .bindMemory(to: Slot.self, capacity: slotCapacity)
        self.remaining = remaining
        self.position = position
        self.pendingCount = pendingCount
    }

    deinit {
        owned?.release()
        Allocator.deallocate(slots, slotCapacity * MemoryLayout<Slot>.stride)
    }

    /// Forgets an incomplete request (its connection is closed) and clears the pointer.
    package static func destroy(_ partial: inout UnsafeMutablePointer<PartialRequest>?) {
        guard let old = partial else { return }
        old.deinitialize(count: 1)
        Allocator.deallocate(old, MemoryLayout<PartialRequest>.stride)
        partial = nil
    }

    static func create(_ value: consuming PartialRequest) -> UnsafeMutablePointer<PartialRequest> {
        let p = Allocator.allocate(MemoryLayout<PartialRequest>.stride)
            .bindMemory(to: PartialRequest.self, capacity: 1)
        p.initialize(to: value)
        return p
    }

    /// What this request takes beside the connection's buffer, in bytes, an owned argument at its
    /// full announced length: counts against `client-query-buffer-limit`.
    package var footprint: Int {
        memory + max(0, ownedAnnounced - (owned?.capacity ?? 0))
    }

    /// What it takes now: less than `footprint` where room was given back.
    package var memory: Int {
        slotCapacity * MemoryLayout<Slot>.stride + (owned?.footprint ?? 0)
    }

    /// Length of the owned argument while it is incomplete.
    private var ownedAnnounced: Int { ownedMissing > 0 ? pendingCount : 0 }

    /// Length of the argument that is waited for, or -1 while its length line is.
    package var pendingBytes: Int { pendingCount }

    /// Index of the argument that is waited for.
    package var pendingIndex: Int { slotCount }

    // MARK: The owned argument

    /// After `.bigArgument`: gives the pending argument a blob of its own and moves the data that is
    /// already here into it. `from` is where the request starts in the buffer of `count` bytes.
    /// Returns how many bytes of the request stay in the buffer: the caller cuts it there.
    package mutating func ownArgument(
        buffer: UnsafePointer<UInt8>, count: Int, from: Int
    ) -> Int {
        precondition(owned == nil && pendingCount >= Self.ownedThreshold)
        let here = count - from - position
        precondition(here >= 0 && here < pendingCount)
        // The whole length at once: untouched pages cost nothing, growing would copy.
        let blob = SharedBlob.allocate(count: pendingCount, capacity: pendingCount)
        blob.bytes.update(from: buffer + from + position, count: here)
        owned = blob
        ownedIndex = slotCount
        ownedMissing = pendingCount - here
        return position
    }

    /// Bytes of the owned argument that have arrived and room for more, while it is incomplete.
    package var ownedUse: (received: Int, free: Int) {
        guard let owned, ownedMissing > 0 else { return (0, 0) }
        let received = pendingCount - ownedMissing
        return (received, owned.capacity - received)
    }

    /// Where the next bytes of the owned argument go; room for `ownedMissing`.
    package var ownedRoom: UnsafeMutablePointer<UInt8> {
        mutating get {
            guard var blob = owned else { preconditionFailure("no owned argument") }
            if ownedMissing > 0, blob.count < pendingCount {
                blob = blob.growing(to: pendingCount)
                blob.count = pendingCount
                owned = blob
            }
            return blob.bytes + (blob.count - ownedMissing)
        }
    }

    /// Gives back the room for what has been announced and does not come. The next use of
    /// `ownedRoom` takes it again, which may copy what is here: so only while that is little.
    package mutating func giveBackRoom() {
        let (received, free) = ownedUse
        guard let blob = owned, free >= Self.ownedThreshold, received <= Self.copiedAtMost else {
            return
        }
        blob.count = received
        owned = blob.growing(to: received)
    }

    /// Received bytes that regaining room may copy.
    private static var copiedAtMost: Int { 1 << 20 }

    /// `count` bytes were received into `ownedRoom`.
    package mutating func ownedReceived(_ count: Int) {
        precondition(count >= 0 && count <= ownedMissing)
        ownedMissing -= count
    }

    /// Hands the owned blob's reference over.
    mutating func takeOwned() -> SharedBlob? {
        defer { owned = nil }
        return owned
    }

    // MARK: Parsing

    enum Step {
        case complete
        /// At least so many more bytes are needed.
        case needMore(Int)
        case failed(ProtocolFailure)
    }

    /// Whether the pending argument may be given a blob of its own, with `here` of it in the buffer.
    func mayOwn(here: Int) -> Bool {
        owned == nil && pendingCount >= Self.ownedThreshold && pendingCount <= Self.ownedLimit
            && here < pendingCount
    }

    /// Reads on from where it stopped: `count` bytes of this request (and what follows) at `start`.
    ///
    /// - Complexity: O(arguments that have become complete), however often it is called.
    mutating func advance(
        _ start: UnsafePointer<UInt8>, _ count: Int, _ limits: ParserLimits
    ) -> Step {
        while remaining > 0 {
            if pendingCount < 0 {
                switch LengthLine.bulkLength(start + position, count - position, limits) {
                case .incomplete: return .needMore(1)
                case .failed(let failure): return .failed(failure)
                case .value(let value, let bytes):
                    pendingCount = value
                    position += bytes
                }
            }
            let isOwned = ownedIndex == slotCount
            if isOwned, ownedMissing > 0 { return .needMore(ownedMissing) }
            let inBuffer = (isOwned ? 0 : pendingCount) + 2
            let here = count - position
            guard here >= inBuffer else { return .needMore(inBuffer - here) }
            append(Slot(offset: isOwned ? -1 : position, count: pendingCount))
            position += inBuffer
            pendingCount = -1
            remaining -= 1
        }
        return .complete
    }

    /// Bytes in the buffer not yet read, with `count` there.
    func unread(_ count: Int) -> Int { count - position }

    /// Bytes of the request in the buffer, once it is complete.
    var bytes: Int { position }

    mutating func append(offset: Int, count: Int) { append(Slot(offset: offset, count: count)) }

    private mutating func append(_ slot: Slot) {
        if slotCount == slotCapacity { grow() }
        slots[slotCount] = slot
        slotCount += 1
    }

    @inline(never)
    private mutating func grow() {
        // With the arguments that have come, never with those announced.
        let stride = MemoryLayout<Slot>.stride
        slots = Allocator.reallocate(
            slots, from: slotCapacity * stride, to: slotCapacity * 2 * stride
        ).bindMemory(to: Slot.self, capacity: slotCapacity * 2)
        slotCapacity *= 2
    }

    /// Turns the slots of the complete request at `start` into arguments, in place, and exchanges
    /// their memory for the given one, so that nothing is copied.
    mutating func exchange(
        _ arguments: inout UnsafeMutablePointer<Bytes>, _ capacity: inout Int,
        _ start: UnsafePointer<UInt8>
    ) {
        let stride = MemoryLayout<Slot>.stride
        assert(stride == MemoryLayout<Bytes>.stride)
        let raw = UnsafeMutableRawPointer(slots)
        let blob = owned.map { UnsafePointer($0.bytes) } ?? start
        for i in 0..<slotCount {
            // Safety: i < slotCount <= slotCapacity; offsets were checked against the buffer.
            let slot = raw.load(fromByteOffset: i * stride, as: Slot.self)
            let base = slot.offset < 0 ? blob : start + slot.offset
            raw.storeBytes(
                of: Bytes(base, slot.count), toByteOffset: i * stride, as: Bytes.self)
        }
        let old = UnsafeMutableRawPointer(arguments)
        arguments = raw.bindMemory(to: Bytes.self, capacity: slotCapacity)
        slots = old.bindMemory(to: Slot.self, capacity: capacity)
        swap(&capacity, &slotCapacity)
        slotCount = 0
    }
}
