// Publish/subscribe: SUBSCRIBE, PSUBSCRIBE, SSUBSCRIBE and their opposites, PUBLISH, SPUBLISH, PUBSUB.

import Engine
import Memory
import RESP

package let pubsubCommandRows: [CommandRow] = [
    subscribeRow, unsubscribeRow, psubscribeRow, punsubscribeRow, ssubscribeRow, sunsubscribeRow,
    publishRow, spublishRow, pubsubRow, pubsubChannelsRow, pubsubNumpatRow, pubsubNumsubRow,
    pubsubShardchannelsRow, pubsubShardnumsubRow, pubsubHelpRow,
]

private let subscribing: CommandFlags = [.pubSub, .noScript, .loading, .stale, .sentinel]

private let subscribeRow = CommandRow(
    .subscribe, "subscribe", arity: -2, subscribing,
    since: "2.0.0", group: .pubSub, complexity: "O(N), N being the channels",
    summary: "Subscribes to channels.",
    arguments: [.string("channel").multiple])

private let unsubscribeRow = CommandRow(
    .unsubscribe, "unsubscribe", arity: -1, subscribing,
    since: "2.0.0", group: .pubSub, complexity: "O(N), N being the channels",
    summary: "Ends subscriptions to channels, all if none is named.",
    arguments: [.string("channel").optional.multiple])

private let psubscribeRow = CommandRow(
    .psubscribe, "psubscribe", arity: -2, subscribing,
    since: "2.0.0", group: .pubSub, complexity: "O(N), N being the patterns",
    summary: "Subscribes to all channels that match patterns.",
    arguments: [.pattern("pattern").multiple])

private let punsubscribeRow = CommandRow(
    .punsubscribe, "punsubscribe", arity: -1, subscribing,
    since: "2.0.0", group: .pubSub, complexity: "O(N), N being the patterns",
    summary: "Ends subscriptions to patterns, all if none is named.",
    arguments: [.pattern("pattern").optional.multiple])

private let ssubscribeRow = CommandRow(
    .ssubscribe, "ssubscribe", arity: -2, [.pubSub, .noScript, .loading, .stale],
    keys: [.at(1, through: -1, .notKey)],
    since: "7.0.0", group: .pubSub, complexity: "O(N), N being the channels",
    summary: "Subscribes to shard channels.",
    arguments: [.string("shardchannel").multiple])

private let sunsubscribeRow = CommandRow(
    .sunsubscribe, "sunsubscribe", arity: -1, [.pubSub, .noScript, .loading, .stale],
    keys: [.at(1, through: -1, .notKey)],
    since: "7.0.0", group: .pubSub, complexity: "O(N), N being the channels",
    summary: "Ends subscriptions to shard channels, all if none is named.",
    arguments: [.string("shardchannel").optional.multiple])

private let publishRow = CommandRow(
    .publish, "publish", arity: 3,
    [.pubSub, .loading, .stale, .fast, .mayReplicate, .sentinel],
    since: "2.0.0", group: .pubSub,
    complexity: "O(N+M), N being the subscribers of the channel, M all patterns",
    summary: "Sends a message to all subscribers of a channel.",
    arguments: [.string("channel"), .string("message")])

private let spublishRow = CommandRow(
    .spublish, "spublish", arity: 3, [.pubSub, .loading, .stale, .fast, .mayReplicate],
    keys: [.at(1, .notKey)],
    since: "7.0.0", group: .pubSub, complexity: "O(N), N being the subscribers of the channel",
    summary: "Sends a message to all subscribers of a shard channel.",
    arguments: [.string("shardchannel"), .string("message")])

private let pubsubRow = CommandRow(
    .pubsub, "pubsub", arity: -2,
    since: "2.8.0", group: .pubSub, complexity: "See the subcommands.",
    summary: "Looks at channels and subscriptions.")

private let pubsubChannelsRow = CommandRow(
    .pubsubChannels, "channels", in: .pubsub, arity: -2, [.pubSub, .loading, .stale],
    since: "2.8.0", group: .pubSub, complexity: "O(N), N being the channels",
    summary: "Lists the channels that have subscribers.",
    arguments: [.pattern("pattern").optional],
    help: [
        CommandHelp(
            "CHANNELS [<pattern>]", "Channels with subscribers, those that match <pattern>.")
    ])

private let pubsubNumpatRow = CommandRow(
    .pubsubNumpat, "numpat", in: .pubsub, arity: 2, [.pubSub, .loading, .stale],
    since: "2.8.0", group: .pubSub, complexity: "O(1)",
    summary: "Counts the patterns that are subscribed to.",
    help: [CommandHelp("NUMPAT", "Number of different patterns subscribed to.")])

private let pubsubNumsubRow = CommandRow(
    .pubsubNumsub, "numsub", in: .pubsub, arity: -2, [.pubSub, .loading, .stale],
    since: "2.8.0", group: .pubSub, complexity: "O(N), N being the channels",
    summary: "Counts the subscribers of channels.",
    arguments: [.string("channel").optional.multiple],
    help: [
        CommandHelp("NUMSUB [<channel> ...]", "Subscribers of each channel, patterns left out.")
    ])

private let pubsubShardchannelsRow = CommandRow(
    .pubsubShardchannels, "shardchannels", in: .pubsub, arity: -2, [.pubSub, .loading, .stale],
    since: "7.0.0", group: .pubSub, complexity: "O(N), N being the shard channels",
    summary: "Lists the shard channels that have subscribers.",
    arguments: [.pattern("pattern").optional],
    help: [
        CommandHelp(
            "SHARDCHANNELS [<pattern>]",
            "Shard channels with subscribers, those that match <pattern>.")
    ])

private let pubsubShardnumsubRow = CommandRow(
    .pubsubShardnumsub, "shardnumsub", in: .pubsub, arity: -2, [.pubSub, .loading, .stale],
    since: "7.0.0", group: .pubSub, complexity: "O(N), N being the shard channels",
    summary: "Counts the subscribers of shard channels.",
    arguments: [.string("shardchannel").optional.multiple],
    help: [
        CommandHelp("SHARDNUMSUB [<shardchannel> ...]", "Subscribers of each shard channel.")
    ])

private let pubsubHelpRow = CommandRow(
    .pubsubHelp, "help", in: .pubsub, arity: 2, [.loading, .stale],
    since: "6.2.0", group: .pubSub, complexity: "O(1)",
    summary: "Lists the subcommands of PUBSUB.")

extension Server {
    @inline(never)
    func subscribeCommand(
        _ client: ClientPointer, _ kind: SubscriptionKind, _ c: inout CommandContext
    ) {
        subscribe(client, kind, &c)
    }

    @inline(never)
    func unsubscribeCommand(
        _ client: ClientPointer, _ kind: SubscriptionKind, _ c: inout CommandContext
    ) {
        unsubscribe(client, kind, &c)
    }

    @inline(never)
    func publishCommand(
        _ client: ClientPointer, _ kind: SubscriptionKind, _ c: inout CommandContext
    ) {
        c.reply.pointee.integer(publish(c[1], c[2], kind, from: client))
        if !isInExec { appendOwnMessages() }
    }

    @inline(never)
    func pubsubChannelsCommand(_ kind: SubscriptionKind, _ c: inout CommandContext) {
        guard c.count <= 3 else { return replyWrongSubcommandArity(c) }
        let pattern = c.count == 3 ? c[2] : nil
        let reply = c.reply
        let place = reply.pointee.deferred()
        var count = 0
        pubsub[kind].forEach { channel in
            let name = Channel.name(channel)
            if let pattern, !Glob.matches(pattern, name) { return }
            reply.pointee.bulk(name)
            count += 1
        }
        reply.pointee.close(place, array: count)
    }

    private func replyWrongSubcommandArity(_ c: borrowing CommandContext) {
        c.reply.pointee.error(
            "ERR unknown subcommand or wrong number of arguments for '", c[1],
            "'. Try PUBSUB HELP.")
    }

    @inline(never)
    func pubsubNumpatCommand(_ c: inout CommandContext) {
        c.reply.pointee.integer(pubsub[.pattern].count)
    }

    @inline(never)
    func pubsubNumsubCommand(_ kind: SubscriptionKind, _ c: inout CommandContext) {
        c.reply.pointee.array((c.count - 2) * 2)
        for i in 2..<c.count {
            let channel = pubsub[kind].find(c[i], engine.pointee.hash(c[i]))
            c.reply.pointee.bulk(c[i])
            c.reply.pointee.integer(channel?.pointee.count ?? 0)
        }
    }

    @inline(never)
    func pubsubHelpCommand(_ c: inout CommandContext) {
        replyHelp(.pubsub, pubsubCommandRows, name: c[0], c.reply)
    }
}
