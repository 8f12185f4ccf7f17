"""Differences between two servers that are no errors, each with its reason. Nothing else is let pass.

A rule says for which commands it holds, against which references, and what must still be equal.
`reason(command, ours, theirs, reference)` returns the reason of the first rule that explains the
difference between two raw replies, or None.

`reference` is "redis 7.0", "redis 7.4" or "valkey 9.1": 7.4 decides what is right, so rules that
name one of the others describe how that one differs from 7.4.
"""

import re

from resp import decode

RULES = []


def rule(reason, commands, references=("",)):
    """Registers a predicate(command, ours, theirs): true when the reason explains the difference."""

    def register(predicate):
        RULES.append((reason, frozenset(commands), references, predicate))
        return predicate

    return register


def reason(command, ours, theirs, reference):
    name = command[0].upper()
    subcommand = name + b" " + command[1].upper() if len(command) > 1 else name
    for why, commands, references, predicate in RULES:
        if commands and name not in commands and subcommand not in commands:
            continue
        if not reference.startswith(tuple(references)):
            continue
        if predicate(command, ours, theirs):
            return why
    return None


def integers(ours, theirs):
    """Both replies as integers, or None."""
    if ours[:1] == theirs[:1] == b":":
        return int(ours[1:]), int(theirs[1:])
    return None


def same_kind(ours, theirs):
    return ours[:1] == theirs[:1] and ours[:1] != b"-"


# The clock: two servers answer at two moments.


@rule("seconds to live pass between the two replies", [b"TTL", b"EXPIRETIME"])
def close_seconds(command, ours, theirs):
    pair = integers(ours, theirs)
    return pair is not None and min(pair) >= 0 and abs(pair[0] - pair[1]) <= 2


@rule("milliseconds to live pass between the two replies", [b"PTTL", b"PEXPIRETIME"])
def close_milliseconds(command, ours, theirs):
    pair = integers(ours, theirs)
    return pair is not None and min(pair) >= 0 and abs(pair[0] - pair[1]) <= 2000


def integer_lists(ours, theirs):
    """Both replies as pairs of integers, or None."""
    if ours[:1] != b"*" or theirs[:1] != b"*":
        return None
    ours, theirs = decode(ours)[0], decode(theirs)[0]
    if ours is None or theirs is None or len(ours) != len(theirs):
        return None
    return list(zip(ours, theirs))


@rule("seconds to live pass between the two replies", [b"HTTL", b"HEXPIRETIME"])
def close_field_seconds(command, ours, theirs):
    pairs = integer_lists(ours, theirs)
    return bool(pairs) and all(a == b or (min(a, b) >= 0 and abs(a - b) <= 2) for a, b in pairs)


@rule("milliseconds to live pass between the two replies", [b"HPTTL", b"HPEXPIRETIME"])
def close_field_milliseconds(command, ours, theirs):
    pairs = integer_lists(ours, theirs)
    return bool(pairs) and all(a == b or (min(a, b) >= 0 and abs(a - b) <= 2000) for a, b in pairs)


# When a consumer was seen, active, or given an entry: moments, and times since then.
MOMENT = re.compile(rb":(1[5-9]\d{11})\r\n")
IDLE_FIELD = re.compile(rb"(\$4\r\nidle\r\n|\$8\r\ninactive\r\n):(\d+)\r\n")
PENDING_IDLE = re.compile(rb"(\r\n):(\d+)(\r\n:\d+\r\n)")


def same_but_moments(pattern, ours, theirs):
    """Whether the numbers that the pattern's group finds are close, and all the rest is the same."""
    if pattern.sub(b"", ours) != pattern.sub(b"", theirs):
        return False
    pairs = zip(pattern.finditer(ours), pattern.finditer(theirs))
    number = max(1, pattern.groups if pattern.groups < 3 else 2)
    return all(abs(int(a[number]) - int(b[number])) <= 3000 for a, b in pairs)


@rule("consumers are seen at two moments", [b"XINFO STREAM", b"XINFO CONSUMERS"])
def seen(command, ours, theirs):
    return same_but_moments(MOMENT, ours, theirs) or same_but_moments(IDLE_FIELD, ours, theirs)


@rule("entries are pending for two times", [b"XPENDING"])
def pending(command, ours, theirs):
    return same_but_moments(PENDING_IDLE, ours, theirs)


@rule("the time", [b"TIME"])
def clock(command, ours, theirs):
    return ours[:4] == theirs[:4] == b"*2\r\n"


@rule(
    "a key past its time counts until it is removed, which each server does in its own time",
    [b"DBSIZE"],
)
def not_yet_removed(command, ours, theirs):
    pair = integers(ours, theirs)
    return pair is not None and abs(pair[0] - pair[1]) <= 2


# Chance and order: hash functions are seeded per process.


@rule("a random key", [b"RANDOMKEY"])
def random_key(command, ours, theirs):
    return ours[:1] == theirs[:1] == b"$" and ours[:3] != b"$-1" and theirs[:3] != b"$-1"


@rule("keys come in the order of the table", [b"KEYS"])
def unordered(command, ours, theirs):
    return same_kind(ours, theirs) and sorted(decode(ours)[0]) == sorted(decode(theirs)[0])


@rule(
    "commands come in the order of the table, and each version has its own",
    [b"COMMAND", b"COMMAND LIST", b"COMMAND COUNT", b"COMMAND INFO"],
)
def command_list(command, ours, theirs):
    listing = len(command) == 1 or command[1].upper() in (b"LIST", b"COUNT", b"INFO")
    return listing and same_kind(ours, theirs)


def settings(raw):
    """The name and value pairs of a CONFIG GET reply, sorted."""
    value = decode(raw)[0]
    return sorted(value if raw[:1] == b"%" else zip(value[::2], value[1::2]))


@rule("settings come in the order of a table", [b"CONFIG GET"])
def config_order(command, ours, theirs):
    return same_kind(ours, theirs) and settings(ours) == settings(theirs)


@rule("each version has settings of its own", [b"CONFIG GET"], ["redis 7.0", "valkey"])
def other_settings(command, ours, theirs):
    """A pattern finds them; what both know must have the same value."""
    if not same_kind(ours, theirs) or not any(set(word) & set(b"*?[") for word in command[2:]):
        return False
    ours, theirs = dict(settings(ours)), dict(settings(theirs))
    both = ours.keys() & theirs.keys()
    return all(ours[name] == theirs[name] for name in both)


@rule("a scan's order is the table's, and cursors are the server's own", [b"SCAN"])
def scan(command, ours, theirs):
    if not same_kind(ours, theirs):
        return False
    ours, theirs = decode(ours)[0], decode(theirs)[0]
    complete = ours[0] == theirs[0] == b"0" and command[1] == b"0"
    return not complete or sorted(ours[1]) == sorted(theirs[1])


@rule("the access counter grows by chance", [b"OBJECT FREQ"])
def frequency(command, ours, theirs):
    return integers(ours, theirs) is not None


@rule(
    "a policy set at run time leaves the clock of the entries with the other policy's meaning",
    [b"OBJECT IDLETIME"],
)
def idle_time(command, ours, theirs):
    pair = integers(ours, theirs)
    return pair is not None and min(pair) >= 0


@rule(
    "small integers are shared, but not those that COPY made, or that came under another policy",
    [b"OBJECT REFCOUNT"],
)
def shared_integer(command, ours, theirs):
    return {ours, theirs} == {b":1\r\n", b":2147483647\r\n"}


@rule(
    "an address, a clock, the length of a dump that Redis compresses; no lists are compressed here",
    [b"DEBUG OBJECT"],
)
def debug_object_figures(command, ours, theirs):
    def masked(raw):
        return re.sub(rb"(at|refcount|serializedlength|lru|idle|ql_compressed):\w+", rb"\1", raw)

    return masked(ours) == masked(theirs)


@rule("each allocator rounds lengths in its own way", [b"DEBUG SDSLEN"])
def lengths(command, ours, theirs):
    def masked(raw):
        return re.sub(rb"(avail|zmalloc): ?\d+", rb"\1", raw)

    return masked(ours) == masked(theirs)


@rule("each allocator has its own sizes", [b"MEMORY USAGE"])
def memory(command, ours, theirs):
    pair = integers(ours, theirs)
    return pair is not None and min(pair) > 0


@rule("MEMORY USAGE sees a key past its time until it is removed", [b"MEMORY USAGE"])
def memory_of_expired(command, ours, theirs):
    return {ours[:1], theirs[:1]} in ({b":", b"$"}, {b":", b"_"})


# Identity. (Valkey 9.1 lists its Lua engine among the modules.)


@rule("each server numbers its clients", [b"CLIENT ID"])
def client_number(command, ours, theirs):
    return integers(ours, theirs) is not None


@rule("each server states its own name, version and client number", [b"HELLO"])
def identity(command, ours, theirs):
    if ours[:1] == b"-" or theirs[:1] == b"-":
        return False

    def anonymous(raw):
        value = decode(raw)[0]
        pairs = value if raw[:1] == b"%" else list(zip(value[::2], value[1::2]))
        own = (b"server", b"version", b"id", b"modules")
        return raw[:1], [pair[0] if pair[0] in own else pair for pair in pairs]

    return anonymous(ours) == anonymous(theirs)


@rule("the picture shows the version", [b"LOLWUT"])
def lolwut(command, ours, theirs):
    return same_kind(ours, theirs)


@rule(
    "the picture and its arguments differ from version to version",
    [b"LOLWUT"],
    ["redis 7.0", "valkey"],
)
def lolwut_arguments(command, ours, theirs):
    return True


# DEBUG is no contract.


@rule(
    "DEBUG differs from version to version",
    [
        b"DEBUG OBJECT",
        b"DEBUG SDSLEN",
        b"DEBUG DICT-RESIZING",
        b"DEBUG LISTPACK",
        b"DEBUG QUICKLIST",
        b"DEBUG HTSTATS",
        b"DEBUG HTSTATS-KEY",
    ],
    ["redis 7.0", "valkey"],
)
def versioned_debug(command, ours, theirs):
    return True


# Redis 7.0, where 7.4 has moved on. `ours` is what 7.4 answers, to the byte.


@rule("7.0 has no small lists as one listpack", [b"OBJECT ENCODING"], ["redis 7.0"])
def no_listpack_lists(command, ours, theirs):
    return ours == b"$8\r\nlistpack\r\n" and theirs == b"$9\r\nquicklist\r\n"


@rule("7.0 and 7.4 draw the line of what is a cursor differently", [b"SCAN"], ["redis 7.0"])
def loose_cursor(command, ours, theirs):
    return not command[1].isdigit() and b"-ERR invalid cursor\r\n" in (ours, theirs)


@rule("7.0 does not know the subcommand", [b"CLIENT SETINFO", b"CLIENT NO-TOUCH"], ["redis 7.0"])
def new_subcommand(command, ours, theirs):
    return theirs.startswith(b"-ERR unknown subcommand") and not ours.startswith(theirs[:23])


@rule("7.0 has another text", [b"COMMAND GETKEYSANDFLAGS", b"COMMAND GETKEYS"], ["redis 7.0"])
def getkeysandflags(command, ours, theirs):
    return theirs.startswith(
        (b"-ERR wrong number of arguments for 'command|getkeys", b"-ERR Invalid command specified")
    ) and ours in (
        b"-ERR Invalid number of arguments specified for command\r\n",
        b"-ERR The command has no key arguments\r\n",
        b"-ERR Invalid command specified\r\n",
    )


@rule(
    "7.0 lets the lowest integer pass, which has no positive counterpart",
    [b"LREM", b"LPOS"],
    ["redis 7.0"],
)
def lowest_integer(command, ours, theirs):
    return ours == (
        b"-ERR value is out of range, value must between -9223372036854775807 and "
        b"9223372036854775807\r\n"
    )


@rule("7.0 does not know the filter", [b"CLIENT KILL"], ["redis 7.0"])
def maxage(command, ours, theirs):
    return ours == b"-ERR maxage is not an integer or out of range\r\n"


@rule(
    "7.4 looks at a name only up to its first zero byte",
    [b"CLIENT SETNAME", b"CLIENT GETNAME"],
    ["redis 7.0"],
)
def zero_byte_name(command, ours, theirs):
    # 7.0 refuses such a name and keeps the old one; 7.4 takes what stands before the zero byte,
    # which may be nothing.
    return b"\x00" in (command[2] if len(command) > 2 else ours) or decode(ours)[0] is None


@rule("7.0 has a wider range", [b"CONFIG SET"], ["redis 7.0"])
def samples(command, ours, theirs):
    return ours.replace(b" 64 ", b" 2147483647 ") == theirs


# Valkey 9.1, where it has gone its own way since 7.2.


@rule("Valkey's limit counts key and value together", [b"OBJECT ENCODING"], ["valkey"])
def larger_embedded(command, ours, theirs):
    return {ours, theirs} == {b"$3\r\nraw\r\n", b"$6\r\nembstr\r\n"}


@rule(
    "Valkey shares no small integers, but a value with the client that sent it",
    [b"OBJECT REFCOUNT"],
    ["valkey"],
)
def unshared_integers(command, ours, theirs):
    return ours in (b":2147483647\r\n", b":1\r\n") and theirs[:1] == b":"


@rule("Valkey refuses an unknown type", [b"SCAN"], ["valkey"])
def unknown_type(command, ours, theirs):
    # 7.4 says nothing of the type, and goes on to find a later option wrong.
    return theirs.startswith(b"-ERR unknown type name") and ours.startswith(
        (b"*", b"-ERR syntax error", b"-ERR value is not an integer")
    )


@rule("Valkey checks the expiry before it looks for the key", [b"GETEX"], ["valkey"])
def expiry_first(command, ours, theirs):
    return ours.startswith((b"$-1", b"_", b"-WRONGTYPE")) and theirs.startswith(
        (b"-ERR value is not an integer", b"-ERR invalid expire time")
    )


@rule("Valkey has more filters and other texts", [b"CLIENT LIST", b"CLIENT KILL"], ["valkey"])
def client_filters(command, ours, theirs):
    return ours in (
        b"-ERR Invalid client ID\r\n",
        b"-ERR syntax error\r\n",
        b"-ERR client-id should be greater than 0\r\n",
    )
