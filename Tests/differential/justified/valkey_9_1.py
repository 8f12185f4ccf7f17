"""Where Valkey 9.1 has gone its own way since 7.2."""

from resp import decode

from .any_server import timeless
from .rules import rule, same_kind, same_numbers

FIELD_COMMANDS = b"""HEXPIRE HPEXPIRE HEXPIREAT HPEXPIREAT HTTL HPTTL HEXPIRETIME HPEXPIRETIME HPERSIST
    HGETEX HSETEX HGETDEL""".split()

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


@rule("Valkey writes doubles in another way", [], ["valkey"])
def digits(command, ours, theirs):
    return same_numbers(ours, theirs)


@rule("Valkey decides on the encoding of a sorted set in another way", [b"OBJECT ENCODING"], ["valkey"])
def sorted_set_encoding(command, ours, theirs):
    return {ours, theirs} == {b"$8\r\nlistpack\r\n", b"$8\r\nskiplist\r\n"}


@rule(
    "Valkey computes entries-read and lag in another way",
    [b"XINFO STREAM", b"XINFO GROUPS"],
    ["valkey"],
)
def lag(command, ours, theirs):
    if not same_kind(ours, theirs):
        return False
    names = (b"entries-read", b"lag")
    return timeless(decode(ours)[0], names) == timeless(decode(theirs)[0], names)


@rule("Valkey takes a start alone, and reads it before it looks at the rest", [b"BITCOUNT"], ["valkey"])
def start_alone(command, ours, theirs):
    return ours[:1] == b"-" and (ours == b"-ERR syntax error\r\n" or theirs[:1] == b"-")


@rule(
    "Valkey has another text",
    [b"GEOSEARCH", b"GEOSEARCHSTORE", b"GEORADIUSBYMEMBER", b"GEORADIUSBYMEMBER_RO"],
    ["valkey"],
)
def no_such_place(command, ours, theirs):
    return ours == b"-ERR could not decode requested zset member\r\n" and theirs[:1] == b"-"


@rule("Valkey has other texts", FIELD_COMMANDS, ["valkey"])
def field_errors(command, ours, theirs):
    return ours[:1] == theirs[:1] == b"-"


@rule("Valkey has no encoding of its own for fields that expire", [b"OBJECT ENCODING"], ["valkey"])
def listpackex(command, ours, theirs):
    return ours == b"$10\r\nlistpackex\r\n" and theirs in (
        b"$8\r\nlistpack\r\n",
        b"$9\r\nhashtable\r\n",
    )


@rule("Valkey takes no empty text for a number", [b"SORT", b"SORT_RO"], ["valkey"])
def empty_numbers(command, ours, theirs):
    return ours[:1] != b"-" and theirs.startswith(b"-ERR One or more scores can't be converted")


@rule("Valkey's digests see when fields expire in another way", [b"DEBUG"], ["valkey"])
def field_digests(command, ours, theirs):
    return command[1].upper() in (b"DIGEST", b"DIGEST-VALUE") and ours[:1] == theirs[:1] != b"-"


@rule("Valkey takes memory for as many entries as COUNT says", [b"XAUTOCLAIM"], ["valkey"])
def transient_memory(command, ours, theirs):
    return theirs.startswith(b"-ERR Insufficient memory, failed allocating transient memory")
