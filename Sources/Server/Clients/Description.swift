// A client in words: the line of CLIENT LIST, CLIENT INFO and of log messages.

import Engine
import EventLoop
import Memory

/// The request being executed while clients are described: it belongs to its client's line.
struct RunningRequest {
    let client: ClientPointer
    /// Bytes of the arguments, and of the whole request as the protocol frames it.
    private(set) var argumentBytes = 0
    private(set) var wireBytes = 0

    init(_ client: ClientPointer, _ c: borrowing CommandContext) {
        self.client = client
        wireBytes = Self.lineBytes(c.count)
        for i in 0..<c.count {
            argumentBytes += c[i].count
            wireBytes += Self.lineBytes(c[i].count) + c[i].count + 2
        }
    }

    /// `*2` or `$11` and the line's end.
    private static func lineBytes(_ length: Int) -> Int {
        IntegerText.byteCount(Int64(length)) + 3
    }
}

extension Server {
    /// The client for the log.
    func describe(_ client: ClientPointer) -> String {
        var text = TextBuffer()
        describe(client, into: &text)
        return String(decoding: text.bytes, as: UTF8.self)
    }

    /// Redis 7.4's fields in its order. What clients cannot have yet (subscriptions, transactions,
    /// tracking) is 0 as there; no client has a reply buffer of its own, so `rbs` and `rbp` are too.
    func describe(
        _ client: ClientPointer, into text: inout TextBuffer, running: RunningRequest? = nil
    ) {
        putIdentity(client, into: &text)
        putBuffers(client, into: &text, running?.client == client ? running : nil)
        text.put(" user=default redir=-1 resp=")
        text.put(client.pointee.resp3 ? 3 : 2)
        text.put(" lib-name=")
        if let details = client.pointee.details { text.put(details.libraryName) }
        text.put(" lib-ver=")
        if let details = client.pointee.details { text.put(details.libraryVersion) }
    }

    private func putIdentity(_ client: ClientPointer, into text: inout TextBuffer) {
        let connection = client.pointee.connection
        let now = reactor.pointee.clock.monotonicMilliseconds
        text.put("id=")
        text.put(Int(client.pointee.id))
        text.put(" addr=")
        text.put(text: peerText(client))
        text.put(" laddr=")
        text.put(text: localText(client))
        text.put(" fd=")
        text.put(Int(connection.pointee.fd))
        text.put(" name=")
        if let details = client.pointee.details { text.put(details.name) }
        text.put(" age=")
        text.put(Int(ageSeconds(client)))
        text.put(" idle=")
        text.put(Int(max(0, now - connection.pointee.lastInteractionMilliseconds) / 1000))
        text.put(" flags=")
        putFlags(client, into: &text)
        text.put(" db=")
        text.put(Int(client.pointee.database))
        let subscriptions = client.pointee.details?.subscriptions
        text.put(" sub=")
        text.put(subscriptions?.count(.channel) ?? 0)
        text.put(" psub=")
        text.put(subscriptions?.count(.pattern) ?? 0)
        text.put(" ssub=")
        text.put(subscriptions?.count(.shardChannel) ?? 0)
        text.put(" multi=")
        let transaction = client.pointee.details?.transaction
        let isOpen = transaction?.isOpen ?? false
        text.put(isOpen ? transaction?.requests.count ?? 0 : -1)
        text.put(" watch=")
        text.put(transaction?.watched.count ?? 0)
    }

    private func putBuffers(
        _ client: ClientPointer, into text: inout TextBuffer, _ running: RunningRequest?
    ) {
        let connection = client.pointee.connection
        // A request executes out of the shared buffer or at the head of the client's own.
        let waiting = connection.pointee.input.count
        let long = client.pointee.partial?.pointee.ownedUse ?? (received: 0, free: 0)
        text.put(" qbuf=")
        text.put(max(waiting + long.received, running?.wireBytes ?? 0))
        text.put(" qbuf-free=")
        text.put(connection.pointee.input.capacity - waiting + long.free)
        text.put(" argv-mem=")
        text.put(running?.argumentBytes ?? client.pointee.waiting?.argumentBytes ?? 0)
        text.put(" multi-mem=")
        text.put(client.pointee.details?.transaction?.queueBytes ?? 0)
        text.put(" rbs=0 rbp=0 obl=0 oll=")
        text.put(connection.pointee.output.length)
        text.put(" omem=")
        text.put(connection.pointee.output.memory)
        text.put(" tot-mem=")
        text.put(client.pointee.memoryBytes)
        text.put(" events=")
        text.put(connection.pointee.hasOutput ? "rw" : "r")
        text.put(" cmd=")
        if let last = client.pointee.lastCommand {
            text.put(text: table.pointee.fullName(last))
        } else {
            text.put("NULL")
        }
    }

    /// Redis's letters for what a client is in.
    private func putFlags(_ client: ClientPointer, into text: inout TextBuffer) {
        let flags = client.pointee.flags
        let start = text.bytes.count
        if flags.contains(.subscribed) { text.put("P") }
        if flags.contains(.inTransaction) { text.put("x") }
        if flags.contains(.blocked) || (flags.contains(.paused) && isPaused) { text.put("b") }
        if client.pointee.details?.transaction?.mark.pointee ?? false { text.put("d") }
        if flags.contains(.closeAfterReply) { text.put("c") }
        if flags.contains(.closeNow) { text.put("A") }
        if client.pointee.connection.pointee.isUnixSocket { text.put("U") }
        if flags.contains(.noEvict) { text.put("e") }
        if flags.contains(.noTouch) { text.put("T") }
        if text.bytes.count == start { text.put("N") }
    }

    /// Whole seconds since the connection was made.
    func ageSeconds(_ client: ClientPointer) -> Int64 {
        max(0, now / 1000 - client.pointee.createdMilliseconds / 1000)
    }

    func peerText(_ client: ClientPointer) -> String {
        reactor.pointee.peerText(client.pointee.connection)
    }

    /// One system call.
    func localText(_ client: ClientPointer) -> String {
        reactor.pointee.localText(client.pointee.connection)
    }
}
