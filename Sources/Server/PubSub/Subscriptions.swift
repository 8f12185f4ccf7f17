// A client's side of publish/subscribe: what it is subscribed to, and the confirmations.
//
// Replies are those of Redis 7.4: three elements for each channel, pushed in RESP3, in the order of
// the arguments, at their place in the pipeline.

import Engine
import Memory
import RESP

/// A client's subscriptions: of each channel its place among the channel's subscribers.
final class Subscriptions {
    var places: [[ChannelPointer: Int]] = Array(repeating: [:], count: SubscriptionKind.count)

    func count(_ kind: SubscriptionKind) -> Int { places[kind.rawValue].count }
    /// Channels and patterns, which SUBSCRIBE and PSUBSCRIBE count together.
    var sharedCount: Int { count(.channel) + count(.pattern) }
    var isEmpty: Bool { places.allSatisfy(\.isEmpty) }
}

/// What all clients are subscribed to.
struct PubSub {
    var registries = Array(repeating: ChannelRegistry(), count: SubscriptionKind.count)
    /// Clients with a subscription.
    var clientCount = 0
    /// Messages for the client whose command is running: they go out behind its reply.
    var own: [UInt8] = []
    /// Whether output waits for other clients since the last flush.
    var hasEnqueued = false

    subscript(_ kind: SubscriptionKind) -> ChannelRegistry { registries[kind.rawValue] }
}

extension Server {
    /// Subscribes to each of the arguments and confirms.
    func subscribe(_ client: ClientPointer, _ kind: SubscriptionKind, _ c: inout CommandContext) {
        for i in 1..<c.count {
            add(client, kind, c[i])
            confirm(client, kind, isNew: true, c[i])
        }
    }

    private func add(_ client: ClientPointer, _ kind: SubscriptionKind, _ name: Bytes) {
        let details = client.pointee.makeDetails()
        let subscriptions = details.subscriptions ?? Subscriptions()
        details.subscriptions = subscriptions
        let channel = pubsub.registries[kind.rawValue].make(name, engine.pointee.hash(name))
        guard subscriptions.places[kind.rawValue][channel] == nil else { return }
        if subscriptions.isEmpty {
            pubsub.clientCount += 1
            client.pointee.flags.insert(.subscribed)
        }
        subscriptions.places[kind.rawValue][channel] = channel.pointee.add(client)
    }

    /// Ends the subscriptions to the arguments, or to all of the kind, and confirms each.
    func unsubscribe(
        _ client: ClientPointer, _ kind: SubscriptionKind, _ c: inout CommandContext
    ) {
        if c.count == 1 {
            let names = channels(of: client, kind).map { Channel.name($0).array }
            for name in names {
                name.withBytes {
                    remove(client, kind, $0)
                    confirm(client, kind, isNew: false, $0)
                }
            }
            if names.isEmpty { confirm(client, kind, isNew: false, nil) }
            return
        }
        for i in 1..<c.count {
            remove(client, kind, c[i])
            confirm(client, kind, isNew: false, c[i])
        }
    }

    private func channels(of client: ClientPointer, _ kind: SubscriptionKind) -> [ChannelPointer] {
        guard let subscriptions = client.pointee.details?.subscriptions else { return [] }
        return Array(subscriptions.places[kind.rawValue].keys)
    }

    private func remove(_ client: ClientPointer, _ kind: SubscriptionKind, _ name: Bytes) {
        let hash = engine.pointee.hash(name)
        guard let channel = pubsub.registries[kind.rawValue].find(name, hash) else { return }
        remove(client, kind, channel)
    }

    private func remove(
        _ client: ClientPointer, _ kind: SubscriptionKind, _ channel: ChannelPointer
    ) {
        guard let subscriptions = client.pointee.details?.subscriptions,
            let place = subscriptions.places[kind.rawValue].removeValue(forKey: channel)
        else { return }
        if let moved = channel.pointee.remove(at: place) {
            moved.pointee.details?.subscriptions?.places[kind.rawValue][channel] = place
        }
        if channel.pointee.count == 0 { pubsub.registries[kind.rawValue].remove(channel) }
        if subscriptions.isEmpty {
            client.pointee.details?.subscriptions = nil
            client.pointee.flags.remove(.subscribed)
            pubsub.clientCount -= 1
        }
    }

    /// Ends all of a client's subscriptions without a word (RESET, the end of the connection).
    func unsubscribeFromAll(_ client: ClientPointer) {
        guard client.pointee.flags.contains(.subscribed) else { return }
        for kind in [SubscriptionKind.channel, .pattern, .shardChannel] {
            for channel in channels(of: client, kind) { remove(client, kind, channel) }
        }
    }

    private func confirm(
        _ client: ClientPointer, _ kind: SubscriptionKind, isNew: Bool, _ name: Bytes?
    ) {
        let subscriptions = client.pointee.details?.subscriptions
        reply.pointee.push(3)
        switch kind {
        case .channel: reply.pointee.bulk(isNew ? "subscribe" : "unsubscribe" as StaticString)
        case .pattern: reply.pointee.bulk(isNew ? "psubscribe" : "punsubscribe" as StaticString)
        case .shardChannel:
            reply.pointee.bulk(isNew ? "ssubscribe" : "sunsubscribe" as StaticString)
        }
        if let name { reply.pointee.bulk(name) } else { reply.pointee.null() }
        let count =
            kind == .shardChannel
            ? subscriptions?.count(.shardChannel) : subscriptions?.sharedCount
        reply.pointee.integer(count ?? 0)
    }

    /// Refuses request `i` of a RESP2 client that is subscribed: it may only steer that.
    func refusesWhileSubscribed(_ client: ClientPointer, _ i: Int) -> Bool {
        guard client.pointee.flags.contains(.subscribed), !client.pointee.resp3,
            let id = batch.pointee.command(i), batch.pointee.accepted[i]
        else { return false }
        switch id {
        case .subscribe, .unsubscribe, .psubscribe, .punsubscribe, .ssubscribe, .sunsubscribe,
            .ping, .quit, .reset:
            return false
        default:
            let name = table.pointee.fullName(id)
            reply.pointee.error(
                "ERR Can't execute '\(name)': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / "
                    + "QUIT / RESET are allowed in this context")
            noteRejected(id)
            client.pointee.details?.transaction?.hasFailed = true
            return true
        }
    }
}
