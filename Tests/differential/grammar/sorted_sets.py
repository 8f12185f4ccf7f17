"""Sorted sets. The lexicographical commands have keys of their own, whose members have one score."""

from .family import Family, simple, thresholds
from .groups import drawn, scanned
from .words import LEX_KEYS, PATTERNS


def lex_key(g):
    others = [home for home in g.homes if home not in (4, 7)]
    if others and g.chance(0.1):
        return g.home_key(g.pick(others))
    return g.pick(sorted(LEX_KEYS))


def lex_add(g):
    words = [word for member in g.members(1, 6) for word in (b"0", member)]
    return [b"ZADD", g.pick(sorted(LEX_KEYS)), *words]


def scored(g):
    words = []
    for _ in range(g.random.randint(1, 4)):
        words += [g.score(), g.member()]
    if g.chance(0.03):
        words.pop()
    return words


def zadd(g):
    words = scored(g)
    options = []
    if g.chance(0.45):
        options = g.some([b"NX"], [b"XX"], [b"GT"], [b"LT"], [b"CH"], [b"INCR"], probability=0.22)
    if b"INCR" in options and g.chance(0.8):
        words = words[:2]
    return [b"ZADD", g.key(), *options, *words]


def many(g):
    start, count = g.random.randint(0, 300), g.pick([10, 40, 130, 300])
    words = []
    for number in range(start, start + count):
        words += [b"%d" % (number % 50), b"member:%d" % number]
    return [b"ZADD", g.key(), *words]


def score_bound(g):
    if g.chance(0.04):
        return g.pick([b"", b"(", b"abc", b"[1", b"nan", b"((1", b"1 ", b"(nan"])
    score = g.pick([b"-inf", b"+inf", b"inf"]) if g.chance(0.3) else g.score()
    return b"(" + score if g.chance(0.3) else score


def lex_bound(g):
    if g.chance(0.04):
        return g.pick([b"", b"a", b"++", b"--", b"-inf", b"+inf", b"{a"])
    if g.chance(0.35):
        return g.pick([b"-", b"+"])
    return g.pick([b"[", b"("]) + (g.member() if g.chance(0.7) else g.pick([b"", b"m", b"m5", b"z"]))


def limit(g):
    offset = g.integer() if g.chance(0.2) else g.count()
    if g.lacks("negative offsets"):
        offset = offset.lstrip(b"-")
    return [b"LIMIT", offset, g.integer()]


def range_words(g):
    """Bounds and options of ZRANGE and ZRANGESTORE, and the key that suits them."""
    kind = g.random.randrange(3)
    if kind == 0:
        key, bounds, by = g.key(), [g.index(), g.index()], []
    elif kind == 1:
        key, bounds, by = g.key(), [score_bound(g), score_bound(g)], [b"BYSCORE"]
    else:
        key, bounds, by = lex_key(g), [lex_bound(g), lex_bound(g)], [b"BYLEX"]
    limits = limit(g) if g.chance(0.3 if by else 0.03) else []
    return key, [*bounds, *g.some(by, probability=0.98), *g.some([b"REV"], limits, probability=0.5)]


def zrange(g):
    key, words = range_words(g)
    return [b"ZRANGE", key, *words, *g.some([b"WITHSCORES"])]


def zrangestore(g):
    key, words = range_words(g)
    return [b"ZRANGESTORE", g.target(), key, *words, *g.some([b"WITHSCORES"], probability=0.03)]


def old_range(g):
    name = g.pick([b"ZREVRANGE", b"ZRANGEBYSCORE", b"ZREVRANGEBYSCORE"])
    if name == b"ZREVRANGE":
        return [name, g.key(), g.index(), g.index(), *g.some([b"WITHSCORES"])]
    bounds = [score_bound(g), score_bound(g)]
    return [name, g.key(), *bounds, *g.some([b"WITHSCORES"], limit(g))]


def old_lex_range(g):
    name = g.pick([b"ZRANGEBYLEX", b"ZREVRANGEBYLEX"])
    return [name, lex_key(g), lex_bound(g), lex_bound(g), *g.some(limit(g))]


def remove_range(g):
    name, bound = g.pick(
        [
            (b"ZREMRANGEBYRANK", g.index),
            (b"ZREMRANGEBYSCORE", lambda: score_bound(g)),
            (b"ZREMRANGEBYLEX", lambda: lex_bound(g)),
        ]
    )
    return [name, lex_key(g) if name == b"ZREMRANGEBYLEX" else g.key(), bound(), bound()]


def rank(g):
    words = [] if g.lacks("WITHSCORE") else g.some([b"WITHSCORE"])
    return [g.pick([b"ZRANK", b"ZREVRANK"]), g.key(), g.member(), *words]


def mixed_keys(g, low=1, high=3):
    """Sorted sets, and now and then a set among them."""
    sets = 3 in g.homes
    return [
        g.home_key(3) if sets and g.chance(0.2) else g.key()
        for _ in range(g.random.randint(low, high))
    ]


def weights(g, keys):
    words = [g.score() if g.chance(0.9) else g.float() for _ in keys]
    return [b"WEIGHTS", *(words if g.chance(0.97) else words[1:])]


def aggregate(g):
    return [b"AGGREGATE", g.pick([b"SUM", b"MIN", b"MAX", b"MIN", b"MAX", b"AVG"])]


def algebra(g):
    name = g.pick([b"ZUNION", b"ZINTER", b"ZDIFF"])
    keys = mixed_keys(g)
    words = [] if name == b"ZDIFF" and g.chance(0.97) else g.some(weights(g, keys), aggregate(g))
    return [name, *g.numbered(keys), *words, *g.some([b"WITHSCORES"], probability=0.5)]


def algebra_store(g):
    name = g.pick([b"ZUNIONSTORE", b"ZINTERSTORE", b"ZDIFFSTORE"])
    keys = mixed_keys(g)
    words = [] if name == b"ZDIFFSTORE" else g.some(weights(g, keys), aggregate(g))
    spoiled = g.some([b"WITHSCORES"], probability=0.03)
    return [name, g.target(), *g.numbered(keys), *words, *spoiled]


def zintercard(g):
    return [b"ZINTERCARD", *g.numbered(mixed_keys(g)), *g.some([b"LIMIT", g.count()])]


def zmpop(g):
    side = g.pick([b"MIN", b"MAX"]) if g.chance(0.95) else g.pick([b"LEFT", b""])
    return [b"ZMPOP", *g.numbered(g.keys(1, 3)), side, *g.some([b"COUNT", g.count()])]


def zpop(g):
    return [g.pick([b"ZPOPMIN", b"ZPOPMAX"]), g.key(), *([g.count()] if g.chance(0.5) else [])]


def zrandmember(g):
    key = g.key()
    words = [] if g.chance(0.3) else [g.draws()]
    with_scores = bool(words) and g.chance(0.4)
    if with_scores:
        words.append(b"WITHSCORES" if g.chance(0.95) else b"WITHVALUES")
    whole = [b"ZRANGE", key, b"0", b"-1", b"WITHSCORES"]
    return drawn([b"ZRANDMEMBER", key, *words], whole, True)


def zscan(g):
    key = g.key()
    options = g.some(
        [b"MATCH", g.pick([b"*", b"m*", b"m[1-3]", b"?", b"x*", *PATTERNS[:4]])],
        [b"COUNT", g.pick([b"1000000", b"1000000", b"2", b"10", b"0", b"-1", b"abc"])],
        [b"NOVALUES"] if g.chance(0.05) else [],
    )
    cursor = b"0" if g.chance(0.9) else g.pick([b"abc", b"-1", b"", b"7"])
    whole = [b"ZRANGE", key, b"0", b"-1", b"WITHSCORES"]
    return scanned([b"ZSCAN", key, cursor, *options], key, whole, True)


COMMANDS = [
    (70, zadd),
    (25, lex_add),
    (3, many),
    (4, lambda g: [b"ZREM", g.pick(sorted(LEX_KEYS)), *g.members()]),
    (2, lambda g: [b"DEL", g.pick(sorted(LEX_KEYS))]),
    (20, simple(b"ZINCRBY", "key", "score", "member")),
    (25, simple(b"ZREM", "key", "members")),
    (12, simple(b"ZSCORE", "key", "member")),
    (10, simple(b"ZMSCORE", "key", "members")),
    (8, simple(b"ZCARD", "key")),
    (10, lambda g: [b"ZCOUNT", g.key(), score_bound(g), score_bound(g)]),
    (8, lambda g: [b"ZLEXCOUNT", lex_key(g), lex_bound(g), lex_bound(g)]),
    (15, rank),
    (35, zrange),
    (15, zrangestore),
    (20, old_range),
    (10, old_lex_range),
    (15, remove_range),
    (12, zpop),
    (10, zmpop),
    (15, zrandmember),
    (20, algebra),
    (15, algebra_store),
    (8, zintercard),
    (12, zscan),
    (12, simple(b"OBJECT", b"ENCODING", "key")),
    (4, simple(b"DEBUG", b"DIGEST-VALUE", "key")),
    (9, simple(b"DEL", "home_key")),
    (
        5,
        thresholds(
            (b"zset-max-listpack-entries", [b"0", b"2", b"4", b"8", b"16", b"128"]),
            (b"zset-max-listpack-value", [b"0", b"5", b"8", b"20", b"64", b"64"]),
        ),
    ),
]

FAMILY = Family(
    "sorted-sets",
    4,
    COMMANDS,
    names=b"""ZADD,ZINCRBY,ZREM,ZSCORE,ZMSCORE,ZCARD,ZCOUNT,ZLEXCOUNT,ZRANK,ZREVRANK,ZRANGE,ZRANGESTORE,
    ZREVRANGE,ZRANGEBYSCORE,ZREVRANGEBYSCORE,ZRANGEBYLEX,ZREVRANGEBYLEX,ZREMRANGEBYRANK,
    ZREMRANGEBYSCORE,ZREMRANGEBYLEX,ZPOPMIN,ZPOPMAX,ZMPOP,ZUNION,ZINTER,ZDIFF,
    ZUNIONSTORE,ZINTERSTORE,ZDIFFSTORE,ZINTERCARD""",
    unmixed=b"ZRANDMEMBER",
    share=1.6,
)
