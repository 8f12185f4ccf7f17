"""Bits of strings. At home with the strings."""

from .family import Family, simple


def bit(g):
    return g.pick([b"0", b"1"]) if g.chance(0.95) else g.pick([b"2", b"-1", b"abc", b"", b"01"])


def bit_offset(g):
    if g.chance(0.93):
        return b"%d" % g.random.randint(0, 400)
    return g.pick([b"-1", b"70000", b"134217728", b"4294967295", b"4294967296", b"abc", b"", b"1.5"])


def unit(g):
    return g.some([g.pick([b"BYTE", b"BIT", b"BIT", b"BITS"])], probability=0.5)


def bounds(g):
    return [b"%d" % g.random.randint(-400, 400) if g.chance(0.5) else g.index() for _ in range(2)]


def bitcount(g):
    words = [*bounds(g), *unit(g)] if g.chance(0.7) else []
    return [b"BITCOUNT", g.key(), *(words[:1] if g.chance(0.03) else words)]


def bitpos(g):
    words = bounds(g)
    words = g.pick([[], words[:1], words, [*words, *unit(g)]])
    return [b"BITPOS", g.key(), bit(g), *words]


def bitop(g):
    name = g.pick([b"AND", b"OR", b"XOR", b"NOT", b"NAND"])
    keys = g.keys(1, 1) if name == b"NOT" and g.chance(0.9) else g.keys(1, 4)
    return [b"BITOP", name, g.target(), *keys]


def kind(g):
    if g.chance(0.05):
        return g.pick([b"u64", b"i65", b"u0", b"i0", b"x8", b"", b"u", b"i-1", b"u+8", b"8", b"I8"])
    width = g.random.randint(1, 63) if g.chance(0.5) else g.pick([8, 16, 32, 63])
    return b"i64" if g.chance(0.08) else g.pick([b"u%d", b"i%d"]) % width


def place(g):
    if g.chance(0.3):
        return b"#%d" % g.random.randint(0, 8)
    return g.pick([b"#", b"#-1", b"#abc", b"-1"]) if g.chance(0.04) else bit_offset(g)


def amount(g):
    return b"%d" % g.random.randint(-300, 300) if g.chance(0.6) else g.integer()


def bitfield(g):
    words = []
    for _ in range(g.random.randint(0, 4) if g.chance(0.2) else g.random.randint(1, 3)):
        choice = g.random.random()
        if choice < 0.3:
            words += [b"GET", kind(g), place(g)]
        elif choice < 0.6:
            words += [b"SET", kind(g), place(g), amount(g)]
        elif choice < 0.9:
            words += [b"INCRBY", kind(g), place(g), amount(g)]
        overflow = g.pick([b"WRAP", b"SAT", b"FAIL", b"SAT", b"FAIL", b"WRONG"])
        words += g.some([b"OVERFLOW", overflow], probability=0.3)
    return [b"BITFIELD", g.key(), *words]


def bitfield_ro(g):
    words = []
    for _ in range(g.random.randint(0, 3)):
        words += [b"GET", kind(g), place(g)]
    if g.chance(0.05):
        words += [b"SET", b"u8", b"0", b"1"]
    return [b"BITFIELD_RO", g.key(), *words]


COMMANDS = [
    (30, simple(b"SETBIT", "key", bit_offset, bit)),
    (15, simple(b"GETBIT", "key", bit_offset)),
    (20, bitcount),
    (25, bitpos),
    (20, bitop),
    (40, bitfield),
    (12, bitfield_ro),
    (10, simple(b"GET", "key")),
    (10, simple(b"SET", "target", "value")),
    (4, simple(b"DEL", "home_key")),
]

FAMILY = Family(
    "bits",
    0,
    COMMANDS,
    names=b"SETBIT,GETBIT,BITCOUNT,BITPOS,BITOP,BITFIELD,BITFIELD_RO",
    unmixed=b"SETBIT BITFIELD",
    share=0.8,
)
