"""What works on keys of any type."""

from .family import Family, simple
from .words import PATTERNS


def expire(g):
    name, amount = g.pick(
        [
            (b"EXPIRE", g.seconds),
            (b"PEXPIRE", g.milliseconds),
            (b"EXPIREAT", g.time_seconds),
            (b"PEXPIREAT", g.time_milliseconds),
        ]
    )
    return [
        name,
        g.key(),
        amount(),
        *g.some([b"NX"], [b"XX"], [b"GT"], [b"LT"], [b"YY"], probability=0.1),
    ]


def copy(g):
    return [b"COPY", *g.related(), *g.some([b"DB", g.database()], [b"REPLACE"])]


def scan(g):
    command = [
        b"SCAN",
        b"0" if g.chance(0.8) else g.pick([b"1", b"abc", b"-1", b"", b"99999999999"]),
    ]
    return command + g.some(
        [b"MATCH", g.pick(PATTERNS)],
        [b"TYPE", g.pick([b"string", b"list", b"hash", b"LIST", b"set", b"zset", b"stream", b"nosuch"])],
        [b"COUNT", g.pick([b"1000000", b"1000000", b"1000000", b"0", b"-1", b"abc", b"1.5"])],
    )


def flush(g):
    return [
        g.pick([b"FLUSHDB", b"FLUSHALL"]),
        *g.some([b"ASYNC"], [b"SYNC"], [b"NOW"], probability=0.25),
    ]


def object_(g):
    subcommand = g.pick(
        [b"ENCODING", b"ENCODING", b"ENCODING", b"REFCOUNT", b"IDLETIME", b"FREQ", b"NOSUCH"]
    )
    return [b"OBJECT", subcommand, g.key()]


COMMANDS = [
    (12, simple(b"DEL", "keys")),
    (5, simple(b"UNLINK", "keys")),
    (8, simple(b"EXISTS", "keys")),
    (5, simple(b"TOUCH", "keys")),
    (10, simple(b"TYPE", "key")),
    (8, simple(b"RENAME", "related")),
    (8, simple(b"RENAMENX", "related")),
    (15, copy),
    (8, simple(b"MOVE", "key", "database")),
    (4, lambda g: [b"KEYS", g.pick(PATTERNS)]),
    (5, scan),
    (4, simple(b"RANDOMKEY")),
    (30, expire),
    (8, simple(b"TTL", "key")),
    (8, simple(b"PTTL", "key")),
    (8, simple(b"EXPIRETIME", "key")),
    (8, simple(b"PEXPIRETIME", "key")),
    (8, simple(b"PERSIST", "key")),
    (20, object_),
    (3, simple(b"SELECT", "database")),
    (2, simple(b"SWAPDB", "database", "database")),
    (1, flush),
    (5, simple(b"DBSIZE")),
    (4, lambda g: [b"MEMORY", b"USAGE", g.key(), *g.some([b"SAMPLES", g.count()])]),
    (1, simple(b"MEMORY", b"NOSUCH")),
]

FAMILY = Family(
    "keys",
    None,
    COMMANDS,
    names=b"""DEL,UNLINK,EXISTS,TOUCH,TYPE,RENAME,RENAMENX,COPY,MOVE,KEYS,SCAN,RANDOMKEY,EXPIRE,PEXPIRE,
    EXPIREAT,PEXPIREAT,TTL,PTTL,EXPIRETIME,PEXPIRETIME,PERSIST,SELECT,SWAPDB,FLUSHDB,FLUSHALL,DBSIZE,
    OBJECT,OBJECT ENCODING,OBJECT REFCOUNT,OBJECT IDLETIME,OBJECT FREQ,MEMORY,MEMORY USAGE""",
    timed=b"EXPIRE PEXPIRE EXPIREAT PEXPIREAT",
    # What a key past its time leaves to each server until it is removed.
    counting=b"DBSIZE RANDOMKEY",
    share=1.3,
)
