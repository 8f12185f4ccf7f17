"""Streams. IDs are explicit and grow from command to command; `*` comes only in a group that removes
the key again. Times are either far in the past or of no consequence."""

import re

from .family import Family, simple, thresholds
from .groups import Group

GROUPS = [b"g1", b"g1", b"g2", b"g3", b""]
CONSUMERS = [b"alice", b"alice", b"bob", b"carol", b"", b"x\x00y"]
LAST_ID = b"18446744073709551615-18446744073709551615"
WRONG_IDS = [b"abc", b"", b"-1", b"1-", b"-1-1", b"1-1-1", b"1-abc", b"(", b"((1", b"1 ", b"*-1"]
WRONG_IDS += [b"18446744073709551616", b"1-18446744073709551616", b"00", b"0x1", b"+-1", b"$1"]
FAR = [b"100000000000", b"9223372036854775807"]
OWN_ID = re.compile(rb"\$\d+\r\n\d{13}-\d+\r\n")


def new_id(g):
    g.stream_time += g.random.choice((0, 1, 1, 1, 2, 5))
    choice = g.random.random()
    if choice < 0.7:
        return b"%d-%d" % (g.stream_time, g.random.randint(0, 6))
    if choice < 0.78:
        return b"%d" % g.stream_time
    if choice < 0.86:
        return b"%d-*" % g.stream_time
    if choice < 0.94:
        return some_id(g)
    return g.pick([b"0-0", b"0-1", b"0", b"0-*", *WRONG_IDS, *([LAST_ID] if g.chance(0.2) else [])])


def some_id(g):
    """An ID that may be there."""
    moment = max(0, g.stream_time - int(g.random.expovariate(0.02)))
    if g.chance(0.25):
        return b"%d" % moment
    return b"%d-%d" % (moment, g.random.randint(0, 6))


def ids(g, low=1, high=4):
    count = g.random.randint(low, high)
    return [some_id(g) if g.chance(0.97) else g.pick(WRONG_IDS) for _ in range(count)]


def bound(g):
    choice = g.random.random()
    if choice < 0.3:
        return g.pick([b"-", b"+"])
    if choice < 0.34:
        return g.pick([*WRONG_IDS, LAST_ID, b"(" + LAST_ID, b"(0-0", b"(-", b"(+", b"$", b">"])
    return (b"(" if g.chance(0.25) else b"") + some_id(g)


def count(g):
    return [b"COUNT", g.count()] if g.chance(0.4) else []


def trimming(g):
    if g.chance(0.6):
        words = [b"MAXLEN", *g.some([g.pick([b"~", b"=", b"~"])], probability=0.5), g.count()]
    else:
        words = [b"MINID", *g.some([g.pick([b"~", b"="])], probability=0.5), some_id(g)]
    if g.chance(0.15):
        words += [b"LIMIT", g.pick([b"0", b"1", b"10", b"100", b"-1", b"abc"])]
    return words


def fields(g):
    words = g.members(2, 2) if g.chance(0.6) else [g.member() for _ in range(g.pick([2, 4, 6]))]
    if g.chance(0.4):
        # The same names again, which the nodes of a stream share.
        words[0::2] = [b"f%d" % number for number in range(len(words[0::2]))]
    return words[1:] if g.chance(0.03) else words


def xadd(g):
    options = g.some([b"NOMKSTREAM"], probability=0.12)
    if g.chance(0.25):
        options += trimming(g)
    return [b"XADD", g.key(), *options, new_id(g), *fields(g)]


def many(g):
    """One command cannot add many entries; a group can."""
    key, commands = g.key(), []
    for _ in range(g.pick([10, 40, 120])):
        g.stream_time += 1
        commands.append([b"XADD", key, b"%d-1" % g.stream_time, b"f", b"value"])
    return Group(commands, 0, lambda ours, theirs: {})


def own_id(g):
    key = g.key()

    def explain(ours, theirs):
        both = OWN_ID.fullmatch(ours[0]) and OWN_ID.fullmatch(theirs[0])
        return {0: "the ID is the time"} if both else {}

    options = g.some([b"NOMKSTREAM"], trimming(g), probability=0.1)
    commands = [
        [b"XADD", key, *options, b"*", *fields(g)],
        [b"XLEN", key],
        [b"DEL", key],
    ]
    return Group(commands, 0, explain)


def streams_words(g, new):
    keys = g.keys(1, 3)
    ids_ = []
    for _ in keys:
        choice = g.random.random()
        if choice < 0.35:
            ids_.append(b"0" if g.chance(0.7) else b"0-0")
        elif choice < 0.6:
            ids_.append(new)
        elif choice < 0.64:
            ids_.append(g.pick([*WRONG_IDS, b"$", b">", b"+" if not g.lacks("XREAD +") else b"0"]))
        elif choice < 0.7 and new == b"$" and not g.lacks("XREAD +"):
            ids_.append(b"+")
        else:
            ids_.append(some_id(g))
    if g.chance(0.03):
        ids_.pop()
    return [b"STREAMS" if g.chance(0.99) else b"STREAM", *keys, *ids_]


def xread(g):
    return [b"XREAD", *count(g), *streams_words(g, b"$")]


def xreadgroup(g):
    words = [b"XREADGROUP", b"GROUP", g.pick(GROUPS), g.pick(CONSUMERS), *count(g)]
    words += g.some([b"NOACK"], probability=0.15)
    return words + streams_words(g, b">")


def xgroup(g):
    key, group = g.key(), g.pick(GROUPS)
    position = g.pick([b"0", b"$", b"-", some_id(g), some_id(g), g.pick(WRONG_IDS)])
    read = g.some([b"ENTRIESREAD", g.pick([b"0", b"3", b"-1", b"100", b"-2", b"abc"])])
    return [
        b"XGROUP",
        *g.pick(
            [
                [b"CREATE", key, group, position, *g.some([b"MKSTREAM"]), *read],
                [b"CREATE", key, group, position, *g.some([b"MKSTREAM"]), *read],
                [b"CREATE", key, group, b"0", *g.some([b"MKSTREAM"])],
                [b"CREATE", key, group, b"0", *g.some([b"MKSTREAM"])],
                [b"SETID", key, group, position, *read],
                [b"DESTROY", key, group],
                [b"CREATECONSUMER", key, group, g.pick(CONSUMERS)],
                [b"DELCONSUMER", key, group, g.pick(CONSUMERS)],
                [b"NOSUCH", key, group],
            ]
        ),
    ]


def xpending(g):
    words = [b"XPENDING", g.key(), g.pick(GROUPS)]
    if g.chance(0.35):
        return words
    words += g.some([b"IDLE", g.pick([b"0", *FAR, b"abc"])], probability=0.3)
    words += [bound(g), bound(g), b"10" if g.chance(0.7) else g.count()]
    return words + g.some([g.pick(CONSUMERS)], probability=0.4)


def idle(g):
    return b"0" if g.chance(0.8) else g.pick([*FAR, b"-1", b"abc"])


def xclaim(g):
    options = g.some(
        [b"IDLE", g.pick([b"0", b"100000", b"abc", b"-5"])],
        [b"TIME", g.pick([b"0", b"1000", b"abc", b"-1"])],
        [b"RETRYCOUNT", g.count()],
        [b"FORCE"],
        [b"JUSTID"],
        [b"LASTID", some_id(g)],
        probability=0.2,
    )
    return [b"XCLAIM", g.key(), g.pick(GROUPS), g.pick(CONSUMERS), idle(g), *ids(g), *options]


def xautoclaim(g):
    start = g.pick([b"0", b"0-0", b"-", some_id(g), some_id(g), bound(g)])
    options = g.some([b"COUNT", g.count()], [b"JUSTID"])
    return [b"XAUTOCLAIM", g.key(), g.pick(GROUPS), g.pick(CONSUMERS), idle(g), start, *options]


def xsetid(g):
    options = [] if g.lacks("XSETID checks") else g.some(
        [b"ENTRIESADDED", g.pick([b"5", b"1000", b"-1", b"abc"])],
        [b"MAXDELETEDID", some_id(g)],
    )
    # Past the newest of the IDs to come, the stream would take no entry any more.
    return [b"XSETID", g.key(), some_id(g) if g.chance(0.9) else g.pick(WRONG_IDS), *options]


def xinfo(g):
    key = g.key()
    return [
        b"XINFO",
        *g.pick(
            [
                [b"STREAM", key],
                [b"STREAM", key],
                [b"STREAM", key, b"FULL"],
                [b"STREAM", key, b"FULL", b"COUNT", g.count()],
                [b"GROUPS", key],
                [b"GROUPS", key],
                [b"CONSUMERS", key, g.pick(GROUPS)],
                [b"CONSUMERS", key, g.pick(GROUPS)],
                [b"STREAM", key, b"NOSUCH"],
                [b"NOSUCH", key],
            ]
        ),
    ]


COMMANDS = [
    (70, xadd),
    (2, many),
    (4, own_id),
    (8, simple(b"XLEN", "key")),
    (15, lambda g: [b"XRANGE", g.key(), bound(g), bound(g), *count(g)]),
    (15, lambda g: [b"XREVRANGE", g.key(), bound(g), bound(g), *count(g)]),
    (15, xread),
    (15, simple(b"XDEL", "key", ids)),
    (15, lambda g: [b"XTRIM", g.key(), *trimming(g)]),
    (6, xsetid),
    (20, xinfo),
    (25, xgroup),
    (40, xreadgroup),
    (15, lambda g: [b"XACK", g.key(), g.pick(GROUPS), *ids(g)]),
    (15, xpending),
    (15, xclaim),
    (15, xautoclaim),
    (3, simple(b"DEBUG", b"DIGEST-VALUE", "key")),
    (6, simple(b"DEL", "home_key")),
    (
        4,
        thresholds(
            (b"stream-node-max-entries", [b"0", b"1", b"2", b"5", b"20", b"100"]),
            (b"stream-node-max-bytes", [b"0", b"50", b"300", b"4096"]),
        ),
    ),
]

FAMILY = Family(
    "streams",
    5,
    COMMANDS,
    names=b"""XLEN,XRANGE,XREVRANGE,XREAD,XDEL,XTRIM,XINFO,XINFO STREAM,XINFO GROUPS,XINFO CONSUMERS,
    XGROUP,XGROUP CREATE,XGROUP SETID,XGROUP DESTROY,XGROUP CREATECONSUMER,XGROUP DELCONSUMER,XACK,
    XPENDING,XSETID,XADD""",
    # Words out of their place could become an ID of today, or an idle time.
    unmixed=b"XADD XCLAIM XAUTOCLAIM XPENDING XREAD XREADGROUP XSETID XGROUP XTRIM",
    share=1.6,
)
