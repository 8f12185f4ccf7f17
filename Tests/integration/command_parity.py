#!/usr/bin/env python3
"""Compares what COMMAND INFO and COMMAND DOCS say of our commands with a reference server.

    command_parity.py SERVER REFERENCE [--commands NAME,NAME...]

SERVER and REFERENCE are server binaries. Each is started on a free port in a folder of its own and
stopped at the end. Everything a client may rely on is compared: arity, flags, categories, key
specifications, tips, versions, groups, the tree of arguments. Prose (summaries, complexities, notes,
the text of histories) is each project's own and is left out.

Exit code 1 if a difference is not in JUSTIFIED below, where each entry says why ours is as it is.
What 7.4 decides otherwise than an older or a forked reference is listed per reference; against
Redis 7.4 itself only the entries of every reference (`*`) apply.
"""

import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

from server import Server  # noqa: E402

# (reference, commands, field, reason). The reference is `redis_version` as far as given ("7.0"),
# or "valkey"; `*` is any. A command may end in `*` for all that begin so.
JUSTIFIED = [
    ("7.0", "client|no-touch client|setinfo", "exists", "came with 7.2"),
    ("7.0", "client|kill", "history", "MAXAGE came with 7.4"),
    ("7.0", "client|pause", "since", "7.0 named the development version of 3.0"),
    ("7.0", "client|setname config|resetstat config|rewrite msetnx randomkey scan", "tips",
     "7.2 revised the tips"),
    ("7.0", "command|getkeys command|getkeysandflags", "arity",
     "7.2 accepts a command without arguments, and answers that it has no keys"),
    ("7.0", "client|kill client|list client|reply command|getkeys command|getkeysandflags "
     "config|get config|set flushall flushdb function|flush hello lcs mset msetnx shutdown",
     "arguments",
     "7.2 revised the names and the nesting of documented arguments"),
    ("7.0", "quit setex setnx psetex", "deprecation", "deprecated in the documentation since 7.2"),
    ("7", "hgetdel hgetex hsetex", "exists", "came with Redis 8 and Valkey 9"),
    ("7.0", "hexpire hexpireat hexpiretime hpersist hpexpire hpexpireat hpexpiretime hpttl httl",
     "exists", "came with 7.4"),
    ("7.0", "zrank zrevrank", "arity", "WITHSCORE came with 7.2"),
    ("7.0", "zrank zrevrank xinfo|consumers xinfo|stream georadius_ro georadiusbymember "
     "georadiusbymember_ro", "history", "changes of 7.2, or noted since"),
    ("7.0", "blmove blpop brpop brpoplpush bzpopmax bzpopmin", "flags",
     "scripts may call them since 7.2"),
    ("7.0", "sinterstore", "keys[0]", "7.2 notes that the old value is not read"),
    ("7.0", "xread", "has_complexity", "7.2 took it back"),
    ("7.0", "bitcount bitfield bitfield_ro bitop bitpos client|unblock geo* hmset hscan hset pfmerge sort sort_ro "
     "psubscribe xadd xclaim xgroup|* xinfo|* xreadgroup xsetid zadd zrange* zrank zrevrange* "
     "zrevrank", "arguments", "7.2 revised the names and the nesting of documented arguments"),
    ("valkey", "h*", "since", "hashes whose fields expire came with Valkey 9"),
    ("valkey", "hexpire hexpireat hexpiretime hgetdel hgetex hpersist hpexpire hpexpireat "
     "hpexpiretime hpttl hsetex httl", "arguments", "Valkey names some of them in another way"),
    ("valkey", "hexpire hexpireat hpexpire hpexpireat", "flags",
     "Valkey does not refuse them for want of memory"),
    ("valkey", "bitcount geosearch geosearchstore zscan", "arguments", "options of Valkey's own"),
    ("valkey", "bitcount geosearch geosearchstore zscan", "history", "options of Valkey's own"),
    ("valkey", "georadius georadiusbymember", "keys[1]", "Valkey's own flag"),
    ("valkey", "georadius georadiusbymember", "keys[2]", "Valkey's own flag"),
    ("valkey", "brpoplpush georadius* hmset zrangebylex zrangebyscore zrevrange*", "deprecation",
     "Valkey took the deprecations back"),
    ("valkey", "exec", "flags", "the slow log is a command log in Valkey"),
    ("valkey", "multi watch", "flags", "Valkey refuses them in a transaction by a flag"),
    ("valkey", "memory|malloc-stats memory|purge", "flags", "Valkey allows them while loading"),
    ("valkey", "client|* select", "flags", "Valkey 8 allows them while a script is busy"),
    ("valkey", "client|kill client|list hello set shutdown", "history", "options of Valkey's own"),
    ("valkey", "client|kill client|list set shutdown", "arguments", "options of Valkey's own"),
    ("valkey", "getset psetex quit rpoplpush setex setnx substr", "deprecation",
     "Valkey took the deprecations back"),
]


def plain(value):
    """A decoded reply with texts as strings and maps, which are lists of pairs, as dicts."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, list):
        if value and all(isinstance(item, tuple) for item in value):
            return {plain(key): plain(item) for key, item in value}
        return [plain(item) for item in value]
    return value


def ask(connection, *words):
    return plain(connection.value(*words))


def version_of(connection):
    """`redis_version`, or "valkey"."""
    lines = ask(connection, "INFO", "server").splitlines()
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    return "valkey" if "valkey_version" in fields else fields["redis_version"]


def argument_tree(arguments, has_display_text):
    """The arguments without prose; `display_text` only where both servers know it."""
    left_out = {"summary"} if has_display_text else {"summary", "display_text"}
    tree = []
    for argument in arguments:
        fields = {k: v for k, v in argument.items() if k not in left_out}
        if "arguments" in fields:
            fields["arguments"] = argument_tree(fields["arguments"], has_display_text)
        tree.append(fields)
    return tree


def command_facts(connection, name, has_display_text):
    """All facts of one command, or None if the server does not have it."""
    row = ask(connection, "COMMAND", "INFO", name)[0]
    if row is None:
        return None
    fields = ("name", "arity", "flags", "first_key", "last_key", "step", "categories", "tips")
    facts = dict(zip(fields, row))
    for number, spec in enumerate(row[8]):
        facts["keys[%d]" % number] = {k: v for k, v in spec.items() if k != "notes"}
        facts["keys[%d].has_notes" % number] = "notes" in spec
    documentation = ask(connection, "COMMAND", "DOCS", name)[name]
    for field, value in documentation.items():
        if field == "history":
            facts["history"] = [version for version, _ in value]
        elif field == "arguments":
            facts["arguments"] = argument_tree(value, has_display_text)
        elif field in ("deprecated_since", "replaced_by"):
            facts["deprecation"] = documentation.get("deprecated_since")
        elif field == "doc_flags":
            # "deprecated" among them says no more than the version does.
            facts[field] = [flag for flag in value if flag != "deprecated"] or None
        elif field in ("summary", "complexity"):
            facts["has_" + field] = True
        elif field not in ("subcommands", "reply_schema"):
            facts[field] = value
    return facts


def matches(pattern, text):
    if pattern.endswith("*"):
        return text.startswith(pattern[:-1])
    return pattern == text


def justification(version, name, field):
    for reference, commands, known_field, reason in JUSTIFIED:
        if reference != "*" and not version.startswith(reference):
            continue
        if known_field == field and any(matches(known, name) for known in commands.split()):
            return reason
    return None


def compare(ours, theirs, names):
    """Prints the differences; returns how many are not justified."""
    version = version_of(theirs)
    has_display_text = not version.startswith("7.0")  # came with 7.2
    justified = wrong = 0
    for name in names:
        mine = command_facts(ours, name, has_display_text)
        other = command_facts(theirs, name, has_display_text)
        if mine is None:
            print("%s: not a command of ours" % name)
            wrong += 1
            continue
        if other is None:
            mine, other = {"exists": True}, {"exists": False}
        for field in sorted(set(mine) | set(other)):
            if mine.get(field) == other.get(field):
                continue
            if justification(version, name, field):
                justified += 1
                continue
            wrong += 1
            print("%s %s: ours %r, reference %r" % (
                name, field, mine.get(field), other.get(field)))
    print("%d commands against %s: %d differences, %d more justified" % (
        len(names), version, wrong, justified))
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("server")
    parser.add_argument("reference")
    parser.add_argument("--commands", help="only these, separated by commas")
    options = parser.parse_args()
    with Server(binary=options.server, check=False) as ours, \
            Server(binary=options.reference, check=False) as theirs:
        mine, other = ours.connect(protocol=3), theirs.connect(protocol=3)
        names = options.commands.split(",") if options.commands else ask(mine, "COMMAND", "LIST")
        return 1 if compare(mine, other, sorted(names)) else 0


if __name__ == "__main__":
    sys.exit(main())
