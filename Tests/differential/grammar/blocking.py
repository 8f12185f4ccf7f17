"""Blocking commands on one connection: what is served at once, what times out at once, and what is
wrong. Waking and waiting need several connections: waiting.py beside the fuzzer.

Nothing here may wait long: keys are last but the timeout, and the timeout is always there."""

from .family import Family, simple

TIMEOUTS = [b"0.001", b"0.001", b"0.001", b"0.002", b".001", b"1e-3"]
# (Redis takes -0.001 for 0, which is for ever.)
WRONG_TIMEOUTS = [b"-1", b"abc", b"", b"nan", b"1e400", b"9223372036854775807", b" 1"]
HOMES = {b"L": 1, b"Z": 4, b"X": 5}


def timeout(g):
    return g.pick(TIMEOUTS) if g.chance(0.9) else g.pick(WRONG_TIMEOUTS)


def keys(g, home, low=1, high=3):
    return [
        g.home_key(home) if g.chance(0.85) else g.key() for _ in range(g.random.randint(low, high))
    ]


def pop(g):
    name, home = g.pick(
        [(b"BLPOP", 1), (b"BRPOP", 1), (b"BZPOPMIN", 4), (b"BZPOPMAX", 4)]
    )
    return [name, *keys(g, home), timeout(g)]


def move(g):
    source, target = keys(g, 1, 2, 2)
    if g.chance(0.4):
        return [b"BRPOPLPUSH", source, target, timeout(g)]
    return [b"BLMOVE", source, target, g.end(), g.end(), timeout(g)]


def mpop(g):
    name, home = g.pick([(b"BLMPOP", 1), (b"BZMPOP", 4)])
    side = g.pick([b"LEFT", b"RIGHT"] if home == 1 else [b"MIN", b"MAX"])
    if g.chance(0.04):
        side = g.pick([b"UP", b"", b"MIN", b"LEFT"])
    options = g.some([b"COUNT", g.count()])
    return [name, timeout(g), *g.numbered(keys(g, home)), side, *options]


def read(g):
    names = keys(g, 5, 1, 2)
    milliseconds = g.pick([b"1", b"1", b"2"]) if g.chance(0.9) else g.pick([b"-1", b"abc", b"1.5"])
    options = g.some([b"COUNT", g.count()], probability=0.3) + [b"BLOCK", milliseconds]
    if g.chance(0.5):
        ids = [g.pick([b"0", b"$", b"%d" % max(0, g.stream_time - 3)]) for _ in names]
        return [b"XREAD", *options, b"STREAMS", *names, *ids]
    ids = [g.pick([b">", b">", b"0"]) for _ in names]
    return [b"XREADGROUP", b"GROUP", b"g1", b"alice", *options, b"STREAMS", *names, *ids]


def wrong(g):
    return list(
        g.pick(
            [
                [b"BLPOP"],
                [b"BLPOP", g.key()],
                [b"BRPOP", b"k1", b"k2"],
                [b"BLMOVE", b"k1", b"k2", b"LEFT", b"RIGHT"],
                [b"BLMOVE", b"k1", b"k2", b"LEFT", b"RIGHT", b"0.001", b"x"],
                [b"BRPOPLPUSH", b"k1", b"0.001"],
                [b"BLMPOP", b"0.001", b"1", b"k4"],
                [b"BLMPOP", b"0.001", b"2", b"k4", b"LEFT"],
                [b"BZMPOP", b"0.001", b"1", b"k4", b"MIN", b"COUNT", b"0"],
                [b"BZMPOP", b"0.001", b"1", b"k4", b"MIN", b"COUNT", b"1", b"COUNT", b"1"],
                [b"BZPOPMIN", b"k1"],
                [b"XREAD", b"BLOCK", b"1", b"STREAMS"],
                [b"XREAD", b"BLOCK", b"STREAMS", b"k20", b"0"],
                [b"XREADGROUP", b"BLOCK", b"1", b"STREAMS", b"k20", b">"],
            ]
        )
    )


COMMANDS = [
    (30, pop),
    (20, move),
    (20, mpop),
    (15, read),
    (8, wrong),
    (20, lambda g: [b"RPUSH", g.home_key(1), *g.values(1, 3)]),
    (20, lambda g: [b"ZADD", g.home_key(4), g.score(), g.member()]),
    (3, simple(b"XADD", lambda g: g.home_key(5), b"1-*", b"f", "value")),
]

FAMILY = Family(
    "blocking",
    1,
    COMMANDS,
    blocking=b"BLPOP BRPOP BLMOVE BRPOPLPUSH BLMPOP BZPOPMIN BZPOPMAX BZMPOP BLOCK",
    share=0.2,
)
