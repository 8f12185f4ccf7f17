// CLIENT INFO and CLIENT LIST. O(clients).

import Engine
import Memory
import RESP

/// The kinds of clients that TYPE tells apart.
enum ClientType {
    case normal, replica, pubsub, primary

    init?(_ word: Bytes) {
        if word.isWord("normal") {
            self = .normal
        } else if word.isWord("slave") || word.isWord("replica") {
            self = .replica
        } else if word.isWord("pubsub") {
            self = .pubsub
        } else if word.isWord("master") {
            self = .primary
        } else {
            return nil
        }
    }
}

extension Server {
    /// Ids given to CLIENT LIST beyond which they are looked up in an index of all clients.
    private static var idsWithoutIndex: Int { 8 }

    /// CLIENT INFO.
    @inline(never)
    func clientInfoCommand(_ client: ClientPointer, _ c: inout CommandContext) {
        var text = TextBuffer()
        describe(client, into: &text, running: RunningRequest(client, c))
        text.put("\n")
        text.bytes.withBytes { c.reply.pointee.verbatim("txt", $0) }
    }

    /// CLIENT LIST [TYPE type | ID id [id ...]].
    @inline(never)
    func clientListCommand(_ client: ClientPointer, _ c: inout CommandContext) {
        let running = RunningRequest(client, c)
        var text = TextBuffer(capacity: 1024)
        if c.count == 2 {
            list(.normal, running, into: &text)
        } else if c.count == 4, c[2].isWord("type") {
            guard let type = ClientType(c[3]) else {
                return c.reply.pointee.error("ERR Unknown client type '", c[3], "'")
            }
            list(type, running, into: &text)
        } else if c.count > 3, c[2].isWord("id") {
            guard let ids = clientIDs(c) else {
                return c.reply.pointee.error("ERR Invalid client ID")
            }
            list(ids, running, into: &text)
        } else {
            return c.reply.pointee.error("ERR syntax error")
        }
        text.bytes.withBytes { c.reply.pointee.verbatim("txt", $0) }
    }

    /// What type a client is.
    func type(of client: ClientPointer) -> ClientType {
        client.pointee.flags.contains(.subscribed) ? .pubsub : .normal
    }

    private func list(_ type: ClientType, _ running: RunningRequest, into text: inout TextBuffer) {
        var next = clients.first
        while let client = next {
            next = client.pointee.next
            if self.type(of: client) == type { line(client, running, into: &text) }
        }
    }

    private func line(
        _ client: ClientPointer, _ running: RunningRequest, into text: inout TextBuffer
    ) {
        // One that was killed is gone for everybody, if its socket closes a moment later.
        if client.pointee.flags.contains(.closeNow) { return }
        describe(client, into: &text, running: running)
        text.put("\n")
    }

    private func clientIDs(_ c: borrowing CommandContext) -> [Int64]? {
        var ids: [Int64] = []
        for i in 3..<c.count {
            guard let id = c[i].integer else { return nil }
            ids.append(id)
        }
        return ids
    }

    /// In the order of the ids, as often as each is named.
    private func list(_ ids: [Int64], _ running: RunningRequest, into text: inout TextBuffer) {
        guard ids.count > Self.idsWithoutIndex else {
            for id in ids {
                guard id > 0, let client = clients.find(id: UInt64(id)) else { continue }
                line(client, running, into: &text)
            }
            return
        }
        var index: [Int64: ClientPointer] = [:]
        clients.forEach { index[Int64($0.pointee.id)] = $0 }
        for id in ids {
            if let client = index[id] { line(client, running, into: &text) }
        }
    }
}
