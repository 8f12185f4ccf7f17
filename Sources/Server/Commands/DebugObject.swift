// DEBUG: subcommands that look at keys and tables, and POPULATE, which makes keys.

import Engine
import Memory
import RESP

extension Server {
    /// False if the subcommand is none of these.
    func debugKeyspace(_ c: inout CommandContext) -> Bool {
        switch (c[1].string.lowercased(), c.count) {
        case ("object", 3): debugObject(&c)
        case ("digest", 2): debugDigest(&c)
        case ("digest-value", 3...), ("digest-value", 2): debugDigestValue(&c)
        case ("sdslen", 3): debugStringLength(&c)
        case ("listpack", 3): debugListpack(&c)
        case ("quicklist", 3...4): debugQuicklist(&c)
        case ("htstats", 3...4): debugTable(&c)
        case ("htstats-key", 3...4): debugValueTable(&c)
        case ("populate", 3...5): debugPopulate(&c)
        default: return false
        }
        return true
    }

    /// The entry under argument 2; or nil, and the error is written.
    private func debugEntry(_ c: inout CommandContext) -> Entry? {
        guard let entry = c.database.pointee.peek(c[2], engine.pointee.hash(c[2])) else {
            c.reply.pointee.error("ERR no such key")
            return nil
        }
        return entry
    }

    private func debugObject(_ c: inout CommandContext) {
        guard let entry = debugEntry(&c) else { return }
        let settings = engine.pointee.settings
        let shares = settings.maxMemory == 0 || !settings.eviction.policy.usesClock
        let references = shares && entry.isSmallInteger ? Int(Int32.max) : 1
        let idle = EvictionClock.idleMilliseconds(entry.evictionStamp, now: now) / 1000
        var text =
            "Value at:0x\(String(UInt(bitPattern: entry.raw), radix: 16)) "
            + "refcount:\(references) encoding:\(entry.encodingName) "
            + "serializedlength:\(DumpPayload.serializedLength(entry, engine)) lru:\(entry.evictionStamp) "
            + "lru_seconds_idle:\(idle)"
        if let list = entry.quicklistFigures {
            var average = TextBuffer()
            average.put(hundredths: Double(list.elements) / Double(max(1, list.nodes)))
            text +=
                " ql_nodes:\(list.nodes) ql_avg_node:\(average.bytes.withBytes(\.string)) "
                + "ql_listpack_max:\(list.limit) ql_compressed:0 "
                + "ql_uncompressed_size:\(list.blockBytes)"
        }
        text.withBytes { c.reply.pointee.simple($0) }
    }

    /// Keys and short values stand in the entry, without spare room.
    private func debugStringLength(_ c: inout CommandContext) {
        guard let entry = debugEntry(&c) else { return }
        guard entry.type == .string, entry.encoding != .integer else {
            return c.reply.pointee.error("ERR Not an sds encoded string.")
        }
        let text =
            "key_sds_len:\(entry.key.count), key_sds_avail:0, key_zmalloc: \(entry.key.count), "
            + "val_sds_len:\(entry.stringLength), val_sds_avail:0, "
            + "val_zmalloc: \(entry.footprint(samples: 0))"
        text.withBytes { c.reply.pointee.simple($0) }
    }

    private func debugListpack(_ c: inout CommandContext) {
        guard let entry = debugEntry(&c) else { return }
        guard let bytes = entry.listpackBytes else {
            return c.reply.pointee.error("ERR Not a listpack encoded object.")
        }
        var index = 0
        log.raw("{total bytes \(bytes)}\n")
        entry.forEachElement { element in
            log.raw("{index \(index), length \(element.count): \(printable(element))}\n")
            index += 1
        }
        c.reply.pointee.simple("Listpack structure printed on stdout")
    }

    private func debugQuicklist(_ c: inout CommandContext) {
        guard let entry = debugEntry(&c) else { return }
        guard let list = entry.quicklistFigures else {
            return c.reply.pointee.error("ERR Not a quicklist encoded object.")
        }
        log.raw("{count: \(list.elements)}\n{nodes: \(list.nodes)}\n")
        if c.count == 4, c[3].integer ?? 0 != 0 {
            entry.forEachElement { log.raw("{\(printable($0))}\n") }
        }
        c.reply.pointee.simple("Quicklist structure printed on stdout")
    }

    // MARK: Tables

    private func debugTable(_ c: inout CommandContext) {
        guard let number = c[2].integer else { return c.replyNotAnInteger() }
        guard (0..<Int64(engine.pointee.databaseCount)).contains(number) else {
            return c.reply.pointee.error("ERR Out of range database")
        }
        let database = engine.pointee.databases + Int(number)
        let isFull = c.count == 4 && c[3].isWord("full")
        var text = "[Dictionary HT]\n" + describe(database.pointee.tableFigures(full: isFull))
        text += "[Expires HT]\n"
        let volatiles = database.pointee.volatileCount
        text += describe(TableFigures(slots: volatiles, elements: volatiles))
        text.withBytes { c.reply.pointee.verbatim("txt", $0) }
    }

    private func debugValueTable(_ c: inout CommandContext) {
        guard let entry = debugEntry(&c) else { return }
        let isFull = c.count == 4 && c[3].isWord("full")
        guard let figures = entry.tableFigures(full: isFull, engine) else {
            return c.reply.pointee.error(
                """
                ERR The value stored at the specified key is not represented using an hash table
                """)
        }
        describe(figures).withBytes { c.reply.pointee.verbatim("txt", $0) }
    }

    /// A table in the words of Redis; nothing of an empty one.
    private func describe(_ table: TableFigures) -> String {
        guard table.elements > 0 else { return "" }
        let text =
            "Hash table 0 stats (main hash table):\n table size: \(table.slots)\n"
            + " number of elements: \(table.elements)\n"
        guard let lengths = table.chainLengths else { return text }
        return text + describe(chains: lengths)
    }

    private func describe(chains lengths: [Int]) -> String {
        let total = max(1, lengths.reduce(0, +))
        var text =
            " different slots: \(total - (lengths.first ?? 0))\n"
            + " max chain length: \(lengths.count - 1)\n Chain length distribution:\n"
        for (length, count) in lengths.enumerated() where count > 0 {
            var share = TextBuffer()
            share.put(hundredths: Double(count) / Double(total) * 100)
            text += "   \(length): \(count) (\(share.bytes.withBytes(\.string))%)\n"
        }
        return text
    }

    // MARK: Populate

    private func debugPopulate(_ c: inout CommandContext) {
        let size = c.count == 5 ? c[4].integer : 0
        guard let count = c[2].integer, let size, count >= 0, size >= 0,
            size <= Int64(settings.protoMaxBulkLength)
        else {
            return c.reply.pointee.error("ERR value is out of range, must be positive")
        }
        let prefix = c.count >= 4 ? c[3].array : Array("key".utf8)
        for i in 0..<count {
            let key = prefix + Array(":\(i)".utf8)
            var value = Array("value:\(i)".utf8)
            if size > 0 {
                let missing = max(0, Int(size) - value.count)
                value = value.prefix(Int(size)) + [UInt8](repeating: 0, count: missing)
            }
            key.withBytes { key in
                let hash = engine.pointee.hash(key)
                guard c.database.pointee.peek(key, hash) == nil else { return }
                value.withBytes {
                    c.database.pointee.setString(key, hash, nil, .bytes($0))
                }
                c.database.pointee.changed(key)
            }
        }
        c.reply.pointee.ok()
    }
}
