"""Lists."""

from .family import Family, simple


def lpos(g):
    return [
        b"LPOS",
        g.key(),
        g.value(),
        *g.some([b"RANK", g.integer()], [b"COUNT", g.count()], [b"MAXLEN", g.count()]),
    ]


def lmpop(g):
    keys = g.keys(1, 3)
    number = b"%d" % len(keys) if g.chance(0.9) else g.integer()
    return [b"LMPOP", number, *keys, g.end(), *g.some([b"COUNT", g.count()])]


COMMANDS = [
    (8, simple(b"DEL", "home_key")),
    (40, simple(b"LPUSH", "key", "values")),
    (45, simple(b"RPUSH", "key", "values")),
    (12, simple(b"LPUSHX", "key", "values")),
    (12, simple(b"RPUSHX", "key", "values")),
    (10, simple(b"LPOP", "key")),
    (10, simple(b"RPOP", "key")),
    (10, simple(b"LPOP", "key", "count")),
    (10, simple(b"RPOP", "key", "count")),
    (10, simple(b"LLEN", "key")),
    (15, simple(b"LINDEX", "key", "index")),
    (25, simple(b"LRANGE", "key", "index", "index")),
    (15, simple(b"LSET", "key", "near_index", "value")),
    (15, simple(b"LREM", "key", "removals", "value")),
    (10, simple(b"LTRIM", "key", "index", "index")),
    (
        15,
        lambda g: [
            b"LINSERT",
            g.key(),
            g.pick([b"BEFORE", b"AFTER", b"AFTER", b"NEAR"]),
            g.value(),
            g.value(),
        ],
    ),
    (20, lpos),
    (15, lambda g: [b"LMOVE", g.key(), g.key(), g.end(), g.end()]),
    (10, simple(b"RPOPLPUSH", "key", "key")),
    (12, lmpop),
]

FAMILY = Family(
    "lists",
    1,
    COMMANDS,
    names=b"""LPUSH,RPUSH,LPUSHX,RPUSHX,LPOP,RPOP,LLEN,LINDEX,LRANGE,LSET,LREM,LTRIM,LINSERT,LPOS,LMOVE,
    RPOPLPUSH,LMPOP""",
    unmixed=b"LSET LREM",
    share=1.5,
)
