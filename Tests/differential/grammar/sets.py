"""Sets."""

from .family import Family, simple, thresholds
from .groups import drawn, popped, scanned, stored, unordered
from .words import PATTERNS

SCRATCH = b"popped-from-here"


def elements(g):
    """Integers alone, or anything, so that all three encodings are in use."""
    part = g.whole if g.chance(0.5) else g.member
    return [part() for _ in range(g.random.randint(1, 5))]


def element(g):
    return g.whole() if g.chance(0.5) else g.member()


def many(g):
    start, count = g.random.randint(-50, 300), g.pick([10, 40, 130, 520])
    form = b"%d" if g.chance(0.5) else b"member:%d"
    return [b"SADD", g.key(), *[form % number for number in range(start, start + count)]]


def smembers(g):
    key = g.key()
    return unordered([b"SMEMBERS", key], [key])


def algebra(g):
    keys = g.keys(1, 4)
    return unordered([g.pick([b"SINTER", b"SUNION", b"SDIFF"]), *keys], keys)


def algebra_store(g):
    name = g.pick([b"SINTERSTORE", b"SUNIONSTORE", b"SDIFFSTORE"])
    if g.chance(0.03):
        return [name, *g.keys(0, 1)]
    keys = g.keys(1, 3)
    if g.chance(0.2):
        keys[g.random.randrange(len(keys))] = SCRATCH
    return stored([name, SCRATCH, *keys], g.key(), [b"SMEMBERS", SCRATCH])


def sintercard(g):
    limit = g.some([b"LIMIT", g.count()]) if g.chance(0.97) else [b"LIMIT"]
    return [b"SINTERCARD", *g.numbered(g.keys(1, 3)), *limit]


def srandmember(g):
    key = g.key()
    words = [] if g.chance(0.3) else [g.draws()]
    return drawn([b"SRANDMEMBER", key, *words], [b"SMEMBERS", key])


def spop(g):
    key = g.key()
    words = [] if g.chance(0.4) else [g.draws().lstrip(b"-") if g.chance(0.9) else g.draws()]
    scratch = SCRATCH if g.chance(0.6) else None
    return popped(key, [b"SPOP", key, *words], [b"SMEMBERS", key], scratch)


def sscan(g):
    key = g.key()
    options = g.some(
        [b"MATCH", g.pick([b"*", b"m*", b"1*", b"m[1-3]", b"?", b"x*", *PATTERNS[:4]])],
        [b"COUNT", g.pick([b"1000000", b"1000000", b"2", b"10", b"0", b"-1", b"abc"])],
        [b"NOVALUES"] if g.chance(0.05) else [],
    )
    cursor = b"0" if g.chance(0.9) else g.pick([b"abc", b"-1", b"", b"7"])
    return scanned([b"SSCAN", key, cursor, *options], key, [b"SMEMBERS", key])


COMMANDS = [
    (50, simple(b"SADD", "key", elements)),
    (3, many),
    (30, simple(b"SREM", "key", elements)),
    (12, simple(b"SISMEMBER", "key", element)),
    (12, simple(b"SMISMEMBER", "key", elements)),
    (15, smembers),
    (8, simple(b"SCARD", "key")),
    (15, simple(b"SMOVE", "related", element)),
    (15, spop),
    (15, srandmember),
    (30, algebra),
    (15, sintercard),
    (15, algebra_store),
    (15, sscan),
    (12, simple(b"OBJECT", b"ENCODING", "key")),
    (4, simple(b"DEBUG", b"DIGEST-VALUE", "key")),
    (7, simple(b"DEL", "home_key")),
    (
        5,
        thresholds(
            (b"set-max-intset-entries", [b"0", b"2", b"4", b"8", b"64", b"512"]),
            (b"set-max-listpack-entries", [b"0", b"2", b"4", b"8", b"16", b"128"]),
            (b"set-max-listpack-value", [b"0", b"5", b"8", b"20", b"64", b"64"]),
        ),
    ),
]

FAMILY = Family(
    "sets",
    3,
    COMMANDS,
    names=b"""SADD,SREM,SISMEMBER,SMISMEMBER,SCARD,SMOVE,SINTERCARD""",
    unmixed=b"SRANDMEMBER SPOP",
    share=1.3,
)
