"""Where 7.4 has moved on since 7.0. `ours` is what 7.4 answers, to the byte."""

from resp import decode

from .any_server import timeless
from .rules import integers, rule, same_kind, same_numbers

@rule("7.0 has no small sets as listpacks", [b"OBJECT ENCODING"], ["redis 7.0"])
def no_listpack_sets(command, ours, theirs):
    return ours == b"$8\r\nlistpack\r\n" and theirs == b"$9\r\nhashtable\r\n"


@rule(
    "7.4 converts when a command brings more than the limit, 7.0 when the value holds more",
    [b"OBJECT ENCODING"],
    ["redis 7.0"],
)
def early_conversion(command, ours, theirs):
    return (ours, theirs) in (
        (b"$9\r\nhashtable\r\n", b"$8\r\nlistpack\r\n"),
        (b"$8\r\nskiplist\r\n", b"$8\r\nlistpack\r\n"),
        (b"$8\r\nlistpack\r\n", b"$6\r\nintset\r\n"),
        (b"$9\r\nhashtable\r\n", b"$6\r\nintset\r\n"),
    )


@rule("7.0 writes doubles with 17 digits", [], ["redis 7.0"])
def digits(command, ours, theirs):
    return same_numbers(ours, theirs)


@rule("7.0 writes doubles with 17 digits, which changes digests", [b"DEBUG"], ["redis 7.0"])
def digests(command, ours, theirs):
    return command[1].upper() in (b"DIGEST", b"DIGEST-VALUE") and ours[:1] == theirs[:1] != b"-"


@rule("7.0 does not know the option", [b"SSCAN", b"ZSCAN"], ["redis 7.0"])
def novalues(command, ours, theirs):
    return ours.startswith(b"-ERR NOVALUES option") and theirs[:1] == b"-"


@rule("7.0 has no WITHSCORE", [b"ZRANK", b"ZREVRANK"], ["redis 7.0"])
def withscore(command, ours, theirs):
    return len(command) == 4 and theirs.startswith(b"-ERR wrong number of arguments")


@rule("7.0 has another text", [b"XREADGROUP", b"XREAD"], ["redis 7.0"])
def unbalanced(command, ours, theirs):
    return ours.startswith(b"-ERR Unbalanced") and theirs.startswith(b"-ERR Unbalanced")


# The fields of XINFO that 7.0 does not have or computes in another way. It makes a consumer only when
# there is something to give to it.
STREAM_FACTS = (b"entries-read", b"lag", b"consumers", b"active-time", b"inactive", b"seen-time")


def known_to_7_0(value):
    """A decoded XINFO without those fields, and without consumers that have nothing pending."""
    if not isinstance(value, (list, tuple)):
        return value
    flat = [word for pair in value for word in pair] if is_map(value) else value
    result, skip = [], False
    for item in flat:
        if skip:
            skip = False
        elif isinstance(item, bytes) and item in STREAM_FACTS + (b"idle",):
            skip = True
        else:
            result.append(known_to_7_0(item))
    return [item for item in result if not idle_consumer(item)]


def is_map(value):
    return bool(value) and all(isinstance(item, tuple) for item in value)


def idle_consumer(value):
    nothing = ([b"pending", 0], [b"pel-count", 0, b"pending", []])
    return isinstance(value, list) and value[:1] == [b"name"] and value[2:] in nothing


@rule(
    "7.0 knows less of consumers, and computes entries-read and lag in another way",
    [b"XINFO STREAM", b"XINFO GROUPS", b"XINFO CONSUMERS", b"RESTORE"],
    ["redis 7.0"],
)
def stream_facts(command, ours, theirs):
    if ours[:1] not in (b"*", b"%") or not same_kind(ours, theirs):
        return False
    ours, theirs = [known_to_7_0(timeless(decode(raw)[0])) for raw in (ours, theirs)]
    return ours == theirs


@rule(
    "7.0 makes a consumer only when there is something to give to it",
    [b"XGROUP CREATECONSUMER", b"XGROUP DELCONSUMER"],
    ["redis 7.0"],
)
def late_consumer(command, ours, theirs):
    # Whether it was there; nothing is pending in either case.
    return integers(ours, theirs) in ((0, 1), (1, 0))


@rule("7.0 looks for the key first", [b"BITCOUNT", b"BITPOS"], ["redis 7.0"])
def key_first(command, ours, theirs):
    return ours[:1] == b"-" and (theirs[:1] == b":" or theirs.startswith(b"-WRONGTYPE"))


@rule("7.0 has another text", [], ["redis 7.0"])
def timeout_range(command, ours, theirs):
    return ours == b"-ERR timeout is out of range\r\n" and theirs.startswith(b"-ERR timeout is")


@rule("7.0 has no small lists as one listpack", [b"OBJECT ENCODING"], ["redis 7.0"])
def no_listpack_lists(command, ours, theirs):
    return ours == b"$8\r\nlistpack\r\n" and theirs == b"$9\r\nquicklist\r\n"


@rule(
    "7.0 and 7.4 draw the line of what is a cursor differently",
    [b"SCAN", b"HSCAN", b"SSCAN", b"ZSCAN"],
    ["redis 7.0"],
)
def loose_cursor(command, ours, theirs):
    # 7.0 takes what 7.4 refuses, and may find another argument wrong, or a key of another type.
    cursor = command[1] if command[0].upper() == b"SCAN" else command[2]
    return not cursor.isdigit() and b"-ERR invalid cursor\r\n" in (ours, theirs)


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


@rule(
    "7.0 finds nothing behind a negative offset",
    b"ZRANGE ZREVRANGE ZRANGEBYSCORE ZREVRANGEBYSCORE ZRANGEBYLEX ZREVRANGEBYLEX".split(),
    ["redis 7.0"],
)
def negative_offset(command, ours, theirs):
    words = [word.upper() for word in command]
    after = words[words.index(b"LIMIT") + 1] if b"LIMIT" in words[:-1] else b""
    return after[:1] == b"-" and theirs == b"*0\r\n"


@rule("7.0 finds another thing wrong", [b"XSETID"], ["redis 7.0"])
def smaller_id(command, ours, theirs):
    return ours.startswith(b"-ERR The ID specified") and theirs.startswith(b"-ERR The ID specified")
