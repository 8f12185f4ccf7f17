"""What differs from run to run of any server: clocks, chance, the order of hash tables, identity."""

import re

from resp import decode

from .rules import integers, rule, same_kind

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


# When a consumer was seen, active, or given an entry, in milliseconds; and times since then.
MOMENTS = range(1_500_000_000_000, 10_000_000_000_000)
SINCE = (b"idle", b"inactive")
PENDING_IDLE = re.compile(rb"(\r\n):(\d+)(\r\n:\d+\r\n)")


def timeless(value, names=()):
    """A decoded reply without its moments, without the times since then, and without the values of
    the names."""
    if isinstance(value, int):
        return "moment" if value in MOMENTS else value
    if not isinstance(value, (list, tuple)):
        return value
    result, last = [], None
    for item in value:
        if last in SINCE and isinstance(item, int):
            item = min(item, 0)
        elif isinstance(last, bytes) and last in names:
            item = None
        result.append(timeless(item, names))
        last = item
    return tuple(result) if isinstance(value, tuple) else result


@rule("consumers are seen at two moments", [b"XINFO STREAM", b"XINFO CONSUMERS"])
def seen(command, ours, theirs):
    return same_kind(ours, theirs) and timeless(decode(ours)[0]) == timeless(decode(theirs)[0])


@rule("a dump that Redis 7.0 can read does not say when a consumer was active", [b"RESTORE"])
def restored(command, ours, theirs):
    if ours[:1] not in (b"*", b"%") or not same_kind(ours, theirs):
        return False
    names = (b"active-time", b"inactive")
    return timeless(decode(ours)[0], names) == timeless(decode(theirs)[0], names)


def same_but_idle(pattern, ours, theirs):
    """Whether the numbers that the pattern's group finds are close, and all the rest is the same."""
    if pattern.sub(b"", ours) != pattern.sub(b"", theirs):
        return False
    pairs = zip(pattern.finditer(ours), pattern.finditer(theirs))
    return all(abs(int(a[2]) - int(b[2])) <= 3000 for a, b in pairs)


@rule("entries are pending for two times", [b"XPENDING"])
def pending(command, ours, theirs):
    return same_but_idle(PENDING_IDLE, ours, theirs)


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


@rule("Redis takes an old error (errno) of another conversion for this one's", [b"SORT", b"SORT_RO"])
def old_error(command, ours, theirs):
    return ours[:1] == b"*" and theirs.startswith(b"-ERR One or more scores can't be converted")


@rule("texts are equal up to a zero byte", [b"SORT", b"SORT_RO"])
def equal_texts(command, ours, theirs):
    if b"\x00" not in ours or ours[:1] != b"*" or len(ours) != len(theirs):
        return False
    return sorted(decode(ours)[0], key=repr) == sorted(decode(theirs)[0], key=repr)


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


@rule("each server's hash tables have sizes of their own", [b"DEBUG HTSTATS-KEY"])
def table_sizes(command, ours, theirs):
    return b" table size: " in ours and b" table size: " in theirs


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
