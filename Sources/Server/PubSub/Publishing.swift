// Messages on their way to subscribers.
//
// A message is written once for each protocol version and appended to the output of each
// subscriber; a long one is shared by reference. Nothing is sent on the spot: what a turn has
// published leaves at its end, one send for each subscriber. The publisher's own messages go out
// behind the reply of its command (Redis 7.4).

import Engine
import EventLoop
import Memory
import RESP

extension Server {
    /// Sends `message` to all subscribers of `channel`, and to those of patterns that match it.
    /// Returns how many copies were sent.
    func publish(
        _ channel: Bytes, _ message: Bytes, _ kind: SubscriptionKind, from client: ClientPointer?
    ) -> Int {
        var receivers = 0
        if let target = pubsub[kind].find(channel, engine.pointee.hash(channel)) {
            let word: StaticString = kind == .shardChannel ? "smessage" : "message"
            receivers += deliver(to: target, from: client) { reply in
                reply.push(3)
                reply.bulk(word)
                reply.bulk(channel)
                reply.bulk(message)
            }
        }
        guard kind == .channel, pubsub[.pattern].count > 0 else { return receivers }
        pubsub[.pattern].forEach { pattern in
            let name = Channel.name(pattern)
            guard Glob.matches(name, channel) else { return }
            receivers += deliver(to: pattern, from: client) { reply in
                reply.push(4)
                reply.bulk("pmessage")
                reply.bulk(name)
                reply.bulk(channel)
                reply.bulk(message)
            }
        }
        return receivers
    }

    private func deliver(
        to channel: ChannelPointer, from client: ClientPointer?,
        _ write: (inout ReplyBuffer) -> Void
    ) -> Int {
        var texts: [WireMessage?] = [nil, nil]
        let count = channel.pointee.count
        // Clients are not closed on the way, so the array stays.
        for i in 0..<count {
            let subscriber = channel.pointee.subscribers[i]
            let version = subscriber.pointee.resp3 ? 1 : 0
            let text = texts[version] ?? WireMessage(resp3: version == 1, write)
            texts[version] = text
            if subscriber == client {
                pubsub.own += text.bytes
            } else {
                push(text, to: subscriber)
            }
        }
        return count
    }

    /// Appends a message to what a client is sent.
    private func push(_ text: WireMessage, to client: ClientPointer) {
        guard client.pointee.flags.isDisjoint(with: [.closeNow, .closeAfterReply]) else { return }
        let connection = client.pointee.connection
        if let shared = text.shared {
            var reference = OutputReference(offset: 0, blob: shared)
            reactor.pointee.enqueue(
                connection, UnsafePointer(shared.bytes), 0, references: &reference,
                referenceCount: 1)
        } else {
            text.bytes.withBytes {
                reactor.pointee.enqueue(connection, $0.base, $0.count)
            }
        }
        pubsub.hasEnqueued = true
        enforcePubSubLimit(client)
    }

    /// A subscriber that does not read is dropped, soon: it may be part of a walk.
    private func enforcePubSubLimit(_ client: ClientPointer) {
        guard let limit = outputLimit(client), isAbove(limit, client) else { return }
        log.warning(
            "Client \(describe(client)) scheduled to be closed ASAP for overcoming of output "
                + "buffer limits.")
        statistics.outputBufferDisconnections += 1
        closeSoon(client)
    }

    /// Sends what the turn has published.
    @inline(never)
    func flushMessages() {
        pubsub.hasEnqueued = false
        reactor.pointee.flushScheduled()
    }

    /// After a command: what it published to its own client goes behind its reply.
    func appendOwnMessages() {
        guard !pubsub.own.isEmpty else { return }
        pubsub.own.withBytes { reply.pointee.raw($0) }
        pubsub.own.removeAll()
    }
}

/// A message as it goes over the wire in one protocol version.
private final class WireMessage {
    /// Messages of this many bytes and more are shared by reference.
    private static var sharedBytes: Int { 4096 }

    private(set) var bytes: [UInt8] = []
    /// The bytes, to be sent by reference, if there are many.
    let shared: SharedBlob?

    init(resp3: Bool, _ write: (inout ReplyBuffer) -> Void) {
        var buffer = ReplyBuffer(capacity: 512)
        buffer.resp3 = resp3
        write(&buffer)
        bytes = Array(UnsafeBufferPointer(start: buffer.base, count: buffer.count))
        if bytes.count >= Self.sharedBytes {
            let blob = SharedBlob.allocate(count: bytes.count, capacity: bytes.count)
            blob.bytes.update(from: buffer.base, count: bytes.count)
            shared = blob
        } else {
            shared = nil
        }
    }

    deinit { shared?.release() }
}
