"""All that a server holds, in a form that can be compared: types, encodings, contents, times to live.

What a hash table holds has no order, and is sorted; what is packed must come in the same order.
"""

from grammar.groups import PACKED, items, ordered
from resp import encode

DATABASES = 16
AT_ONCE = 50
# A large value is also scanned in small steps, up to this size.
SCANNED = 2000
READS = {
    b"string": [b"GET", None],
    b"list": [b"LRANGE", None, b"0", b"-1"],
    b"hash": [b"HGETALL", None],
    b"set": [b"SMEMBERS", None],
    b"zset": [b"ZRANGE", None, b"0", b"-1", b"WITHSCORES"],
    b"stream": [b"XINFO", b"STREAM", None, b"FULL", b"COUNT", b"0"],
}
SCANS = {b"hash": b"HSCAN", b"set": b"SSCAN", b"zset": b"ZSCAN"}


class Key:
    """What there is to know of one key, as pairs of a command and its reply. Of a hash and a set the
    elements stand apart, to be put in order when one of the two servers has none."""

    def __init__(self, name, kind, facts, elements=None, paired=False):
        self.name = name
        self.kind = kind
        self.facts = facts
        self.elements = elements
        self.paired = paired

    def __repr__(self):
        return repr({b" ".join(command[:2]): raw for command, raw in self.facts})

    def packed(self):
        return self.facts[0][1] in PACKED

    def content(self, in_order):
        """The command that reads it, and the elements as a reply of bulk strings."""
        command, raw = self.facts[2]
        if self.elements is None:
            return command, raw
        elements = self.elements if in_order else ordered(self.elements)
        if self.paired:
            elements = [word for pair in elements for word in pair]
        return command, encode(*elements)

    def differences(self, other):
        """The facts that are not the same: (command, this one's reply, the other's). What only one of
        the servers knows is no difference."""
        if self.kind != other.kind:
            return [([b"TYPE", self.name], self.kind, other.kind)]
        in_order = self.packed() and self.facts[0][1] == other.facts[0][1]
        pairs = []
        for key in (self, other):
            facts = [*key.facts[:2], key.content(in_order), *key.facts[3:]]
            pairs.append({command[0]: (command, raw) for command, raw in facts})
        ours, theirs = pairs
        return [
            (command, raw, theirs[name][1])
            for name, (command, raw) in ours.items()
            if name in theirs and raw != theirs[name][1]
        ]


class Keyspace:
    """Reads everything through a connection: {(database, key): Key} and the server's own digest."""

    def __init__(self, connection, only=None):
        """`only`: the keys to read, by database; no digest then."""
        self.connection = connection
        self.keys = {}
        for database in range(DATABASES) if only is None else only:
            connection.command("SELECT", database)
            if only is None:
                # What is past its time goes now.
                connection.command("SCAN", 0, "COUNT", 10**6)
            names = sorted(connection.value("KEYS", "*")) if only is None else only[database]
            for start in range(0, len(names), AT_ONCE):
                self.read(database, names[start : start + AT_ONCE])
        connection.command("SELECT", 0)
        self.digest = connection.command("DEBUG", "DIGEST") if only is None else None

    def pipeline(self, commands):
        self.connection.send(b"".join(encode(*command) for command in commands))
        return self.connection.replies(len(commands))

    def read(self, database, names):
        kinds = [raw[1:-2] for raw in self.pipeline([[b"TYPE", name] for name in names])]
        commands, ends = [], []
        for name, kind in zip(names, kinds):
            commands.append([b"OBJECT", b"ENCODING", name])
            commands.append([b"PTTL", name])
            read = READS.get(kind, [b"ECHO", b""])
            commands.append([name if word is None else word for word in read])
            ends.append(len(commands))
        replies = self.pipeline(commands)
        for name, kind, end in zip(names, kinds, ends):
            facts = list(zip(commands[end - 3 : end], replies[end - 3 : end]))
            self.keys[database, name] = self.key(name, kind, facts)

    def key(self, name, kind, facts):
        encoding, raw = facts[0][1], facts[2][1]
        if kind not in SCANS:
            return Key(name, kind, facts)
        paired = kind != b"set"
        elements = items(raw, paired)
        if kind == b"hash":
            facts += self.field_times(name, [field for field, _ in elements])
        if encoding not in PACKED and len(elements) <= SCANNED:
            facts.append(self.scan(SCANS[kind], name, elements, paired))
        return Key(name, kind, facts, None if kind == b"zset" else elements, paired)

    def field_times(self, name, fields):
        """When each field goes, if the server knows such a thing."""
        command = [b"HPEXPIRETIME", name, b"FIELDS", b"%d" % len(fields), *sorted(fields)]
        raw = self.connection.command(*command)
        return [] if raw[:1] == b"-" else [(command, raw)]

    def scan(self, name, key, elements, paired):
        """A scan in small steps to its end must find everything, and nothing else."""
        cursor, found = b"0", set()
        for _ in range(10 * len(elements) + 10):
            cursor, part = self.connection.value(name, key, cursor, "COUNT", 7)
            found.update(part[::2] if paired else part)
            if cursor == b"0":
                break
        wanted = {item[0] for item in elements} if paired else set(elements)
        verdict = b"+complete\r\n"
        if cursor != b"0" or found != wanted:
            verdict = f"-missing {wanted - found}, too many {found - wanted}\r\n".encode()
        return [name, key], verdict
