// Lists in dumps: their nodes as they are. Loaded nodes stay as they come, so that a list keeps its
// shape from server to server.

import CMachine
import Memory

/// What stands before a node: 1 for a single large element, 2 for a listpack.
private enum NodeContainer {
    static let plain: UInt64 = 1
    static let packed: UInt64 = 2
}

extension ValueEncoder {
    mutating func encode(list: PackedList) {
        begin(.listQuicklist2)
        sink.length(list.nodeCount)
        var block: [UInt8] = []
        list.forEachNode { isPlain, bytes, count in
            sink.length(isPlain ? NodeContainer.plain : NodeContainer.packed)
            if isPlain { return sink.string(bytes) }
            let total = bytes.count + Listpack.overheadBytes
            if block.count < total { block = [UInt8](repeating: 0, count: total) }
            block.withUnsafeMutableBufferPointer { buffer in
                let p = buffer.baseAddress.unsafelyUnwrapped
                Listpack.writeHeader(entryBytes: bytes.count, count: count, to: p)
                machine_copy(p + Listpack.headerBytes, bytes.base, bytes.count)
                p[total - 1] = Listpack.end
                sink.string(Bytes(UnsafePointer(p), total))
            }
        }
    }
}

extension ValueDecoder {
    private var listLimit: PackedListLimit {
        PackedListLimit(engine.pointee.settings.listMaxListpackSize)
    }

    /// Element by element.
    mutating func listOfElements() throws(SerialError) -> PackedList {
        let count = try source.count()
        if count == 0 { throw .empty }
        let list = PackedList.createQuicklist(limit: listLimit)
        do throws(SerialError) {
            for _ in 0..<count { list.pushTail(try element()) }
        } catch {
            list.destroy()
            throw error
        }
        list.convertAfterLoading(limit: listLimit)
        return list
    }

    /// One ziplist, which becomes a quicklist and stays one, as in Redis.
    mutating func listOfZiplist() throws(SerialError) -> PackedList {
        let block = try source.string()
        let list = PackedList.createQuicklist(limit: listLimit)
        let isValid = ZiplistReader.walk(block) { item in
            list.push(item, atHead: false)
            return true
        }
        if isValid, !list.isEmpty { return list }
        list.destroy()
        throw isValid ? .empty : .malformed
    }

    /// Nodes, of which those of the newer kind (listpacks) say whether they are plain.
    mutating func listOfNodes<Reader: PackedReader>(
        _ reader: Reader.Type
    ) throws(SerialError) -> PackedList {
        let count = try source.count()
        if count == 0 { throw .empty }
        let list = PackedList.createQuicklist(limit: listLimit)
        do throws(SerialError) {
            for _ in 0..<count { try appendNode(to: list, reader) }
            if list.isEmpty { throw .empty }
        } catch {
            list.destroy()
            throw error
        }
        list.convertAfterLoading(limit: listLimit)
        return list
    }

    private mutating func appendNode<Reader: PackedReader>(
        to list: PackedList, _ reader: Reader.Type
    ) throws(SerialError) {
        let isListpack = reader == ListpackReader.self
        let container = isListpack ? try source.length() : NodeContainer.packed
        guard container == NodeContainer.plain || container == NodeContainer.packed else {
            throw .malformed
        }
        let block = try element()
        if block.isEmpty { throw .malformed }
        if container == NodeContainer.plain { return list.appendPlainNode(block) }
        if isListpack {
            noteSanitization()
            guard let count = ListpackReader.count(block) else { throw .malformed }
            // Nodes without elements are passed over, as in Redis.
            if count == 0 { return }
            let run = block.slice(Listpack.headerBytes, block.count - 1)
            list.appendNode(entries: run, count: count)
        } else {
            try appendConverted(block, to: list)
        }
    }

    /// A ziplist as a node of listpack entries.
    private func appendConverted(_ block: Bytes, to list: PackedList) throws(SerialError) {
        guard let listpack = listpack(of: block, ZiplistReader.self) else { throw .malformed }
        defer { listpack.release() }
        guard let count = ListpackReader.count(listpack.view), count > 0 else { return }
        let bytes = listpack.view
        list.appendNode(
            entries: bytes.slice(Listpack.headerBytes, bytes.count - 1), count: count)
    }
}

extension PackedItem {
    /// The same element as an integer if its text is one, as new elements are kept.
    var normalized: PackedItem {
        guard let bytes, let integer = bytes.integer else { return self }
        return PackedItem(integer: integer)
    }
}
