"""HyperLogLogs. They are strings, and the same bytes on every server: GET shows them."""

from .family import Family, simple, thresholds

# Sparse ones that are broken in one place, and what only looks like one.
HEADER = b"HYLL\x01\x00\x00\x00" + b"\x00" * 8
STRANGE = [
    b"",
    b"HYLL",
    HEADER,
    HEADER + b"\x7f\xff",
    HEADER + b"\x7f\xfe\x80",
    HEADER + b"\x84" * 40,
    HEADER + b"\x40",
    b"HYLL\x00" + b"\x00" * 11 + b"\x01" * 12288,
    b"HYLL\x00" + b"\x00" * 100,
    b"HYLL\x02" + b"\x00" * 11 + b"\x7f\xff",
    b"hyll\x01" + b"\x00" * 11 + b"\x7f\xff",
    b"HYLL\x01\x00\x00\x00" + b"\x05" + b"\x00" * 6 + b"\x80" + b"\x7f\xff",
]


def elements(g):
    if g.chance(0.8):
        return g.members(0, 5)
    start = g.random.randint(0, 5000)
    return [b"e%d" % number for number in range(start, start + g.pick([10, 100, 600]))]


def pfdebug(g):
    name = g.pick([b"ENCODING", b"ENCODING", b"DECODE", b"TODENSE", b"GETREG", b"NOSUCH"])
    return [b"PFDEBUG", name, g.key(), *g.some([b"x"], probability=0.02)]


COMMANDS = [
    (60, simple(b"PFADD", "key", elements)),
    (25, simple(b"PFCOUNT", "keys")),
    (15, simple(b"PFCOUNT", "key")),
    (15, lambda g: [b"PFMERGE", g.key(), *g.keys(0, 3)]),
    (10, pfdebug),
    (20, simple(b"GET", "home_key")),
    (4, lambda g: [b"SET", g.home_key(), g.pick(STRANGE)]),
    (8, simple(b"DEL", "home_key")),
    (3, thresholds((b"hll-sparse-max-bytes", [b"0", b"20", b"60", b"300", b"3000", b"3000"]))),
]

FAMILY = Family("hyperloglog", 6, COMMANDS, names=b"PFADD,PFCOUNT,PFMERGE,PFDEBUG", share=0.5)
