"""DUMP and RESTORE: payloads of every type, whole and broken. Whether each server reads what the other
dumps is a step of the fuzzer of its own."""

from .family import Family
from .groups import Group

# Written by Redis 7.0 (RDB version 10), which every reference reads.
PAYLOADS = [
    # a string, an integer, a list
    b"\x00\x05hello\n\x00cr\xdfve4 \n",
    b"\x00\xc190\n\x00\x9d\x94\xea'\x93\xfc\x08\xb9",
    b"\x12\x01\x02\x11\x11\x00\x00\x00\x04\x00\x81a\x02\x81b\x02\x01\x01\x02\x01\xff\n\x00mrq>\x9bCH+",
    # a small hash and a large one
    b"\x10\x12\x12\x00\x00\x00\x04\x00\x81f\x02\x81v\x02\x81g\x02\x01\x01\xff\n\x00#\xc1\xa5\xe3]\xfa"
    b"\xe8\x1c",
    b"\x04\x02\x01f\x01v\x01g\xc0\x01\n\x00\xb5>\xaf\xeaeNp4",
    # a set of integers, and one of texts
    b"\x0b\x14\x04\x00\x00\x00\x03\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00p\x11\x01\x00\n\x00\x85"
    b"\xd5\xc1\x06[\x1d\xd0U",
    b"\x02\x03\x01b\x01c\x01a\n\x00\xb2\x94\xda.N\xcd\xa6\xfc",
    # a small sorted set and a large one
    b"\x11\x1c\x1c\x00\x00\x00\x06\x00\x81a\x02\x01\x01\x81b\x02\x832.5\x04\x81c\x02\x83inf\x04\xff\n"
    b"\x00k\x1d\xde\xdc\xe8\xe2\xc3\x99",
    b"\x05\x03\x01c\x00\x00\x00\x00\x00\x00\xf0\x7f\x01b\x00\x00\x00\x00\x00\x00\x04@\x01a\x00\x00\x00"
    b"\x00\x00\x00\xf0?\n\x00\xd0]#\xaf>\x18\x0f\xa6",
    # a stream with a group, a consumer, and an entry that is not acknowledged
    b"\x13\x01\x10\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01\xc3#(\x06(\x00\x00"
    b"\x00\x0f\x00\x01`\x00\x07\x81f\x02\x00\x01\x03\x01\x00 \x01\x05\x81v\x02\x04\x01\x02 \x15\x80\n"
    b"\x01\x01\xff\x01\x02\x01\x02\x01\x01\x01\x02\x01\x02g1\x02\x01\x02\x02\x00\x00\x00\x00\x00\x00"
    b"\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01\xef\xa8\x07\n\xa2\x01\x00\x00\x01\x00\x00\x00\x00\x00"
    b"\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x01\xef\xa8\x07\n\xa2\x01\x00\x00\x01\x01\x05alice\xef"
    b"\xa8\x07\n\xa2\x01\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01"
    b"\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x01\n\x00]\x81\xbe\xd2\xda5+O",
]
# Where each of them is at home.
PAYLOAD_HOMES = [0, 0, 1, 2, 2, 3, 3, 4, 4, 5]


def payload(g):
    """The home and the bytes; with a bit flipped, cut off or too long now and then."""
    which = g.random.randrange(len(PAYLOADS))
    data = PAYLOADS[which]
    if g.chance(0.12):
        place = g.random.randrange(len(data))
        data = g.pick(
            [
                data[:place],
                data[:place] + bytes([data[place] ^ 1 << g.random.randrange(8)]) + data[place + 1 :],
                data + b"x",
                b"",
                data[-10:],
            ]
        )
    return PAYLOAD_HOMES[which], data


def life(g):
    """A time to live and ABSTTL or not: far away, past, or wrong."""
    if g.chance(0.5):
        return b"0", []
    if g.chance(0.5):
        return g.milliseconds(), []
    return g.time_milliseconds(), [b"ABSTTL"]


def restore(g):
    home, data = payload(g)
    key = g.home_key(home) if home in g.homes and g.chance(0.9) else g.key()
    ttl, absolute = life(g)
    options = g.some(
        [b"IDLETIME", g.pick([b"0", b"1000", b"-1", b"abc"])],
        [b"FREQ", g.pick([b"0", b"255", b"256", b"-1", b"abc"])],
        probability=0.1,
    )
    replace = g.some([b"REPLACE"], probability=0.6)
    return [b"RESTORE", key, ttl, data, *replace, *absolute, *options]


def dump(g):
    """Each version has a payload of its own; the reply is there or not for both."""

    def explain(ours, theirs):
        both = ours[0][:1] == theirs[0][:1] == b"$"
        if both and (ours[0][:3] == b"$-1") == (theirs[0][:3] == b"$-1"):
            return {0: "each version has a dump format of its own"}
        return {}

    return Group([[b"DUMP", g.key()]], 0, explain)


COMMANDS = [
    (40, restore),
    (10, dump),
    (3, lambda g: [b"RESTORE", g.key(), b"0"]),
    (3, lambda g: [b"RESTORE", g.key(), g.pick([b"-1", b"abc", b"0"]), g.value(), b"REPLACE"]),
]

FAMILY = Family("dump", None, COMMANDS, timed=b"RESTORE", unmixed=b"RESTORE", share=0.25)
