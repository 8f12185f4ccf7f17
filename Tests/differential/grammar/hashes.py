"""Hashes. The time to live of fields is a family of its own: fields.py."""

from .family import Family, simple, thresholds
from .groups import drawn, scanned, unordered
from .words import PATTERNS

LIMITS = [b"0", b"2", b"4", b"8", b"16", b"128", b"512"]


def pairs(g):
    words = []
    for _ in range(g.random.randint(1, 4)):
        words += [g.member(), g.value()]
    if g.chance(0.03):
        words.pop()
    return words


def many_pairs(g):
    start = g.random.randint(0, 300)
    words = []
    for number in range(start, start + g.pick([10, 40, 130, 520])):
        words += [b"member:%d" % number, b"%d" % (number % 7)]
    return [b"HSET", g.key(), *words]


def listing(name):
    def build(g):
        key = g.key()
        return unordered([name, key], [key], paired=name == b"HGETALL")

    return build


def hrandfield(g):
    key = g.key()
    words = [] if g.chance(0.3) else [g.draws()]
    with_values = bool(words) and g.chance(0.4)
    if with_values:
        words.append(b"WITHVALUES" if g.chance(0.95) else b"WITHSCORES")
    return drawn([b"HRANDFIELD", key, *words], [b"HGETALL", key], True)


def hscan(g):
    key = g.key()
    options = g.some(
        [b"MATCH", g.pick([b"*", b"m*", b"m[1-3]", b"?", b"x*", b"nothing", *PATTERNS[:4]])],
        [b"COUNT", g.pick([b"1000000", b"1000000", b"2", b"10", b"0", b"-1", b"abc"])],
        [] if g.lacks("NOVALUES") else [b"NOVALUES"],
    )
    cursor = b"0" if g.chance(0.9) else g.pick([b"abc", b"-1", b"", b"7"])
    return scanned([b"HSCAN", key, cursor, *options], key, [b"HGETALL", key], True)


COMMANDS = [
    (50, simple(b"HSET", "key", pairs)),
    (3, many_pairs),
    (15, simple(b"HMSET", "key", pairs)),
    (15, simple(b"HSETNX", "key", "member", "value")),
    (20, simple(b"HGET", "key", "member")),
    (15, simple(b"HMGET", "key", "members")),
    (20, listing(b"HGETALL")),
    (10, listing(b"HKEYS")),
    (10, listing(b"HVALS")),
    (10, simple(b"HLEN", "key")),
    (10, simple(b"HEXISTS", "key", "member")),
    (25, simple(b"HDEL", "key", "members")),
    (10, simple(b"HSTRLEN", "key", "member")),
    (15, simple(b"HINCRBY", "key", "member", "integer")),
    (15, simple(b"HINCRBYFLOAT", "key", "member", "float")),
    (15, hrandfield),
    (15, hscan),
    (10, simple(b"OBJECT", b"ENCODING", "key")),
    (4, simple(b"DEBUG", b"DIGEST-VALUE", "key")),
    (7, simple(b"DEL", "home_key")),
    (
        4,
        thresholds(
            (b"hash-max-listpack-entries", LIMITS),
            (b"hash-max-listpack-value", [b"0", b"5", b"8", b"20", b"64", b"64"]),
        ),
    ),
]

FAMILY = Family(
    "hashes",
    2,
    COMMANDS,
    names=b"""HSET,HSETNX,HMSET,HGET,HMGET,HLEN,HEXISTS,HDEL,HSTRLEN,HINCRBY,HINCRBYFLOAT""",
    unmixed=b"HRANDFIELD",
    # A field past its time counts until it is removed.
    counting=b"HLEN",
    share=1.3,
)
