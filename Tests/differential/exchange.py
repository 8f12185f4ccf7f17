"""What one server dumps, the other restores, and holds the same: a step of the fuzzer."""

from keyspace import Keyspace
from resp import decode

COPY = b"exchanged"
AT_MOST = 16


def fading(facts):
    """Whether a hash has fields that expire: how they are dumped differs from Redis to Valkey, and
    Redis 7.0 does not know of them."""
    for command, raw in facts:
        if command[0] == b"HPEXPIRETIME":
            return any(time is not None and time >= 0 for time in decode(raw)[0] or [])
    return False


def differences(sides, spaces, random, fields_too):
    """Dumps keys of the first database on each side and restores them on the other: what differs
    there from the key of the same name, as (what happened, what the copy holds, what it should).
    `fields_too`: whether hashes with fields that expire are among them."""
    names = sorted(key for database, key in spaces[0].keys if database == 0)
    for name in random.sample(names, min(AT_MOST, len(names))):
        for source, target in ((0, 1), (1, 0)):
            original = spaces[target].keys.get((0, name))
            if original is None or (not fields_too and fading(original.facts)):
                continue
            payload = sides[source].inspector.value("DUMP", name)
            inspector = sides[target].inspector
            reply = inspector.command("RESTORE", COPY, 0, payload, "REPLACE")
            if reply != b"+OK\r\n":
                yield f"RESTORE of side {source}'s {name!r} {payload!r}", reply, b"+OK\r\n"
                continue
            restored = Keyspace(inspector, {0: [COPY]}).keys[0, COPY]
            for ours, theirs in contents(restored, original):
                if ours != theirs:
                    yield f"content of side {source}'s {name!r} {payload!r}", ours, theirs
            inspector.command("DEL", COPY)


def contents(copy, original):
    """Pairs of what two keys hold, but for their encodings, names and times to live."""
    yield copy.kind, original.kind
    if copy.kind == original.kind:
        yield copy.content(False)[1], original.content(False)[1]
        ours, theirs = [
            {command[0]: raw for command, raw in key.facts[3:]} for key in (copy, original)
        ]
        for name in ours.keys() & theirs.keys():
            yield ours[name], theirs[name]
