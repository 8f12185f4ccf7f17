"""The time to live of the fields of hashes (Redis 7.4), and HGETEX, HSETEX, HGETDEL (Redis 8)."""

from .family import Family, simple
from .hashes import listing


def listed(g, fields, each=None):
    """FIELDS, their number, and the fields; wrong in one of many ways now and then."""
    words = []
    for field in fields:
        words += [field] if each is None else [field, each()]
    number = b"%d" % len(fields)
    if g.chance(0.06):
        number = g.pick([b"0", b"-1", b"99", b"abc", b"", b"1.0", b"9223372036854775807"])
    if g.chance(0.03):
        return g.pick([[number, *words], [b"FIELDS"], [b"FIELDS", number], [b"FIELD", *words], []])
    return [b"FIELDS", number, *words]


def lives(g):
    return g.pick(
        [
            (b"HEXPIRE", g.seconds),
            (b"HPEXPIRE", g.milliseconds),
            (b"HEXPIREAT", g.time_seconds),
            (b"HPEXPIREAT", g.time_milliseconds),
        ]
    )


def hexpire(g):
    name, amount = lives(g)
    if g.chance(0.05):
        # The largest moment that fits into 46 bits, and one past it.
        amount = lambda: g.pick([b"70368744177663", b"70368744177664", b"281474976710656"])  # noqa
    options = g.some([b"NX"], [b"XX"], [b"GT"], [b"LT"], probability=0.12)
    if g.chance(0.02):
        options = [b"YY"]
    time = amount()
    if g.lacks("field limits"):
        options = options[:1]
        if time.lstrip(b"-").isdigit():
            far = g.random.randint(10**7, 10**9)
            time = b"%d" % (g.now + far if b"AT" in name else far)
            time += b"000" if name.startswith(b"HP") else b""
    return [name, g.key(), time, *options, *listed(g, g.members(1, 4))]


def reader(name):
    return simple(name, "key", lambda g: listed(g, g.members(1, 4)))


def option(g, *others):
    """When fields are to go: not beyond what the reference takes."""
    if g.lacks("field limits"):
        far = b"%d" % (g.now + g.random.randint(10**4, 10**9))
        near = b"%d" % g.random.randint(10**6, 10**9)
        given = [[b"EX", near], [b"PX", near + b"000"], [b"EXAT", far], [b"PXAT", far + b"000"]]
        wrong = [[b"EX", b"abc"], [b"PX", b"0"], [b"EXAT", b"-1"], [b"PXAT", b""], [b"EX"]]
        kept = [[word] for word in others]
        return g.pick(wrong) if g.chance(0.08) else g.pick([[], *kept, *given])
    return g.pick(
        [
            [],
            [b"EX", g.seconds()],
            [b"PX", g.milliseconds()],
            [b"EXAT", g.time_seconds()],
            [b"PXAT", g.time_milliseconds()],
            *[[word] for word in others],
        ]
    )


def hgetex(g):
    return [b"HGETEX", g.key(), *option(g, b"PERSIST"), *listed(g, g.members(1, 3))]


def hsetex(g):
    words = g.some([b"FNX"], [b"FXX"], option(g, b"KEEPTTL"), probability=0.35)
    return [b"HSETEX", g.key(), *words, *listed(g, g.members(1, 3), g.value)]


COMMANDS = [
    (30, simple(b"HSET", "key", "member", "value", "member", "value")),
    (50, hexpire),
    (8, reader(b"HTTL")),
    (8, reader(b"HPTTL")),
    (8, reader(b"HEXPIRETIME")),
    (8, reader(b"HPEXPIRETIME")),
    (12, reader(b"HPERSIST")),
    (15, hgetex),
    (15, hsetex),
    (10, reader(b"HGETDEL")),
    (6, listing(b"HGETALL")),
    (5, simple(b"OBJECT", b"ENCODING", "key")),
    (3, simple(b"DEL", "home_key")),
]

FAMILY = Family(
    "fields",
    2,
    COMMANDS,
    names=b"""HEXPIRE,HPEXPIRE,HEXPIREAT,HPEXPIREAT,HTTL,HPTTL,HEXPIRETIME,HPEXPIRETIME,HPERSIST,HGETEX,
    HSETEX,HGETDEL""",
    timed=b"HEXPIRE HPEXPIRE HEXPIREAT HPEXPIREAT HGETEX HSETEX",
    share=0.8,
)
