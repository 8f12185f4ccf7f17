// A request that outlives the buffer it came in: one queued by MULTI, one of a client that waits.
//
// Holds its own copy of the arguments in one allocation; a long argument that came in a blob of its
// own is shared, not copied. Cold.

import Engine
import Memory
import RESP

final class SavedRequest {
    let id: CommandID
    /// Number of arguments, the command's name included.
    let count: Int
    let arguments: UnsafeMutablePointer<Bytes>
    private let text: UnsafeMutablePointer<UInt8>
    private let textBytes: Int
    /// The argument that lives in a blob of its own, retained; its index.
    let owned: SharedBlob?
    let ownedIndex: Int
    /// Arguments that were given other bytes after the copy.
    private var replaced: [UnsafeMutableBufferPointer<UInt8>] = []

    init(
        _ id: CommandID, _ source: UnsafePointer<Bytes>, _ count: Int, owned: SharedBlob? = nil,
        ownedIndex: Int = 0
    ) {
        self.id = id
        self.count = count
        self.owned = owned
        self.ownedIndex = owned == nil ? -1 : ownedIndex
        owned?.retain()
        arguments = .allocate(capacity: count)
        var total = 0
        for i in 0..<count where i != self.ownedIndex { total += source[i].count }
        textBytes = total
        text = Allocator.allocate(max(total, 1)).bindMemory(to: UInt8.self, capacity: total)
        var at = 0
        for i in 0..<count {
            if i == self.ownedIndex, let owned {
                (arguments + i).initialize(to: owned.view)
                continue
            }
            (text + at).update(from: source[i].base, count: source[i].count)
            (arguments + i).initialize(to: Bytes(text + at, source[i].count))
            at += source[i].count
        }
    }

    deinit {
        owned?.release()
        for bytes in replaced { bytes.deallocate() }
        Allocator.deallocate(text, max(textBytes, 1))
        arguments.deallocate()
    }

    /// Gives argument `i` other bytes.
    func replace(_ i: Int, with bytes: [UInt8]) {
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(bytes.count, 1))
        _ = copy.update(fromContentsOf: bytes)
        replaced.append(copy)
        guard let base = copy.baseAddress else { return }
        arguments[i] = Bytes(base, bytes.count)
    }

    /// Bytes of memory that the copy takes.
    var memoryBytes: Int {
        MemoryLayout<SavedRequest>.size + textBytes + count * MemoryLayout<Bytes>.stride
            + (owned?.count ?? 0)
    }
}

extension Server {
    /// Runs a saved request for its client, past the checks that it went through when it came.
    @inline(never)
    func run(_ request: SavedRequest, _ client: ClientPointer) {
        let facts = table.pointee[request.id]
        let key = Int(facts.firstKey)
        let hash =
            key > 0 && key < request.count ? engine.pointee.hash(request.arguments[key]) : 0
        var context = CommandContext(
            arguments: UnsafePointer(request.arguments), count: request.count, engine: engine,
            database: engine.pointee.databases + Int(client.pointee.database), reply: reply,
            firstKeyHash: hash, keyHashes: nil, ownedArgument: request.owned,
            ownedArgumentIndex: request.ownedIndex,
            noTouch: client.pointee.flags.contains(.noTouch))
        dispatch(request.id, client, &context)
    }
}
