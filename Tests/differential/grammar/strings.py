"""Strings."""

from .family import Family, simple


def expiry(g):
    return g.pick(
        [
            [b"EX", g.seconds()],
            [b"PX", g.milliseconds()],
            [b"EXAT", g.time_seconds()],
            [b"PXAT", g.time_milliseconds()],
            [b"KEEPTTL"],
        ]
    )


def set_(g):
    command = [b"SET", g.target(), g.value()]
    if g.chance(0.5):
        command += g.some([b"NX"], [b"XX"], [b"GET"], lambda: expiry(g), probability=0.35)
        if g.chance(0.05):
            command += expiry(g)
    return command


def getex(g):
    option = g.pick([[], [b"PERSIST"], expiry(g), expiry(g)])
    return [b"GETEX", g.key(), *option]


def pairs(g):
    words = []
    for _ in range(g.random.randint(1, 4)):
        words += [g.target(), g.value()]
    return words


def lcs(g):
    return [
        b"LCS",
        g.key(),
        g.key(),
        *g.some([b"LEN"], [b"IDX"], [b"WITHMATCHLEN"], [b"MINMATCHLEN", g.count()]),
    ]


COMMANDS = [
    (60, set_),
    (40, simple(b"GET", "key")),
    (15, getex),
    (10, simple(b"GETDEL", "key")),
    (10, simple(b"GETSET", "target", "value")),
    (15, simple(b"GETRANGE", "key", "index", "index")),
    (5, simple(b"SUBSTR", "key", "index", "index")),
    (20, simple(b"SETRANGE", "key", "offset", "value")),
    (25, simple(b"APPEND", "key", "value")),
    (10, simple(b"STRLEN", "key")),
    (15, simple(b"INCR", "key")),
    (10, simple(b"DECR", "key")),
    (15, simple(b"INCRBY", "key", "integer")),
    (10, simple(b"DECRBY", "key", "integer")),
    (20, simple(b"INCRBYFLOAT", "key", "float")),
    (15, simple(b"MGET", "keys")),
    (12, lambda g: [b"MSET", *pairs(g)]),
    (6, lambda g: [b"MSETNX", *pairs(g)]),
    (8, simple(b"SETNX", "key", "value")),
    (8, simple(b"SETEX", "target", "seconds", "value")),
    (8, simple(b"PSETEX", "target", "milliseconds", "value")),
    (10, lcs),
]

FAMILY = Family(
    "strings",
    0,
    COMMANDS,
    names=b"""SET,GET,GETEX,GETDEL,GETSET,GETRANGE,SUBSTR,SETRANGE,APPEND,STRLEN,INCR,DECR,INCRBY,DECRBY,
    INCRBYFLOAT,MGET,MSET,MSETNX,SETNX,SETEX,PSETEX,LCS""",
    timed=b"SET SETEX PSETEX GETEX",
    unmixed=b"SETRANGE",
    share=1.5,
)
