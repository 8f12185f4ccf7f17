"""The differential fuzzer for commands that wait: several connections to two servers, some of which
wait for keys while others make, take and delete what they wait for.

    Tests/differential/blocking.py [--binary PATH] [--reference PATH] [--steps N] [--seed N]

`--binary` and `--reference` as for fuzz.py. Each step is one command, or a short pipeline, on a
connection that does not wait. It is over when the connection has answered or waits in turn; then who
still waits must be the same on both servers, and what the others were sent the same to the byte, in
RESP2 and RESP3. Commands that a server lacks are left out. From time to time all keys, the
number of changes and the calls counted by INFO commandstats are compared. (Redis 7.0 is no reference
here: it serves those who wait in another way.)

On a difference it prints the seed, the step and the last steps, and exits with 1.
"""

import argparse
import collections
import pathlib
import random
import re
import select
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

from grammar.dump import PAYLOADS  # noqa: E402
from references import find_reference, version_of  # noqa: E402
from resp import encode, skip  # noqa: E402
from server import BINARY, Server  # noqa: E402

CONNECTIONS = 7
COMPARE_EVERY = 400
FOCUS_EVERY = 250
FLUSH_EVERY = 150
KEYS = [f"k{i}" for i in range(5)]
PATIENCE_SECONDS = 10
# Who waits comes to know its key's end at once, or by its timeout.
FAMILIES = {
    "list": "blpop brpop blmove brpoplpush blmpop".split(),
    "zset": "bzpopmin bzpopmax bzmpop".split(),
    "stream": "xread xreadgroup".split(),
}
WAITING = [name for family in FAMILIES.values() for name in family]
# What makes or changes a value of one of the families.
OWN = {
    "list": "rpush lpush rpushx lmove lmpop rpop linsert sort".split(),
    "zset": "zadd zpopmin zincrby zrangestore zunionstore geoadd".split(),
    "stream": "xadd xgroup xdel xtrim xsetid".split(),
}


LIST_DUMP, ZSET_DUMP = PAYLOADS[2], PAYLOADS[7]


def pick_few(chance):
    return chance.choice((0, 0, 0, 1))


class Wire:
    """A connection that may be sent anything at any time: replies are cut out as they come."""

    def __init__(self, server, protocol):
        self.connection = server.connect(protocol=protocol)
        self.id = self.connection.value("CLIENT", "ID")
        self.data = b""
        self.owed = 0

    def send(self, commands):
        self.connection.send(b"".join(encode(*command) for command in commands))
        self.owed += len(commands)

    def collect(self, replies, wait):
        """Moves complete replies to `replies`; waits for some if `wait`, seconds, is not 0."""
        socket = self.connection.socket
        while True:
            position = 0
            while self.owed and (end := skip(self.data, position)) >= 0:
                replies.append(self.data[position:end])
                position = end
                self.owed -= 1
            self.data = self.data[position:]
            if not self.owed or not select.select([socket], [], [], wait)[0]:
                return
            part = socket.recv(1 << 16)
            if not part:
                raise AssertionError("the server closed a connection")
            self.data += part


class Side:
    def __init__(self, binary):
        self.server = Server(binary=binary)
        self.wires = [Wire(self.server, 2 + i % 2) for i in range(CONNECTIONS)]
        self.inspector = self.server.connect()

    def waiting(self):
        """The numbers of the connections that wait."""
        ids = {wire.id: number for number, wire in enumerate(self.wires)}
        lines = self.inspector.value("CLIENT", "LIST").decode()
        found = re.findall(r"^id=(\d+) .* flags=(\S+)", lines, re.MULTILINE)
        return {ids[int(id)] for id, flags in found if "b" in flags and int(id) in ids}

    def step(self, number, commands):
        """Runs a step; who waits afterwards, and the replies that came, by connection."""
        replies = collections.defaultdict(list)
        commands = [
            [str(self.wires[word[1]].id) if isinstance(word, tuple) else word for word in command]
            for command in commands
        ]
        self.wires[number].send(commands)
        deadline = time.monotonic() + PATIENCE_SECONDS
        waiting = set()
        while True:
            if number in waiting or not self.wires[number].owed:
                waiting = self.waiting()
                if number in waiting or not self.wires[number].owed:
                    break
            self.wires[number].collect(replies[number], 0.002)
            if self.wires[number].owed:
                waiting = self.waiting()
            if time.monotonic() > deadline:
                raise AssertionError(f"connection {number} neither answers nor waits")
        # Who was woken went on with its pipeline, which may have woken others: until all is quiet.
        while True:
            for other, wire in enumerate(self.wires):
                if wire.owed:
                    wire.collect(replies[other], 0 if other in waiting else 1)
            again = self.waiting()
            owing = {other for other, wire in enumerate(self.wires) if wire.owed}
            if again == waiting and owing == again:
                return waiting, dict(replies)
            waiting = again
            if time.monotonic() > deadline:
                raise AssertionError(f"{owing} are owed replies, {again} wait")

    def calls(self):
        stats = self.inspector.value("INFO", "commandstats").decode()
        pairs = re.findall(r"cmdstat_(\w+):calls=(\d+)", stats)
        return {name: int(count) for name, count in pairs if name in WAITING}

    def state(self):
        ask = self.inspector
        keys = {}
        for database in (0, 1):
            ask.command("SELECT", database)
            for key in sorted(ask.value("KEYS", "*")):
                kind = ask.value("TYPE", key)
                keys[database, key] = kind, ask.command(
                    *{
                        "list": ("LRANGE", key, 0, -1),
                        "zset": ("ZRANGE", key, 0, -1, "WITHSCORES"),
                        "stream": ("XRANGE", key, "-", "+"),
                        "set": ("SMEMBERS", key),
                        "hash": ("HGETALL", key),
                    }.get(kind if isinstance(kind, str) else kind.decode(), ("GET", key))
                )
        stats = ask.value("INFO", "commandstats").decode()
        calls = sorted(
            re.sub(r"usec.*?(rejected)", r"\1", line)
            for line in stats.split("\r\n")
            if re.match(rf"cmdstat_({'|'.join(WAITING)}):", line)
        )
        figures = re.findall(
            r"(?:rdb_changes_since_last_save|blocked_clients|total_blocking_keys\w*):\d+",
            ask.value("INFO", "everything").decode(),
        )
        return keys, calls, figures


class Steps:
    """What the connections do, by a seed."""

    def __init__(self, seed, known, plus):
        self.last = "+" if plus else "$"
        self.random = random.Random(seed)
        self.known = known
        self.serial = 0
        self.ids = 0
        # The family that most steps are about for a while; None for all alike.
        self.focus = None

    def key(self):
        return self.random.choice(KEYS)

    def keys(self):
        return [self.key() for _ in range(self.random.choice((1, 1, 2, 3)))]

    def item(self):
        self.serial += 1
        return f"v{self.serial}"

    def timeout(self):
        return self.random.choice(("0", "0", "0", "100", "99.5"))

    def end(self):
        return self.random.choice(("LEFT", "RIGHT"))

    def wait(self):
        pick = self.random.random()
        names = FAMILIES.get(self.focus, WAITING)
        if self.random.random() < 0.1:
            names = WAITING
        name = self.random.choice([name for name in names if name in self.known] or ["blpop"])
        if name in ("blpop", "brpop", "bzpopmin", "bzpopmax"):
            return [name, *self.keys(), self.timeout()]
        if name == "blmove":
            return [name, self.key(), self.key(), self.end(), self.end(), self.timeout()]
        if name == "brpoplpush":
            return [name, self.key(), self.key(), self.timeout()]
        if name in ("blmpop", "bzmpop"):
            keys = self.keys()
            where = self.end() if name == "blmpop" else self.random.choice(("MIN", "MAX"))
            count = ["COUNT", str(self.random.randrange(1, 4))] if pick < 0.5 else []
            return [name, self.timeout(), str(len(keys)), *keys, where, *count]
        keys = sorted(set(self.keys()))
        options = ["COUNT", str(self.random.randrange(1, 4))] if pick < 0.5 else []
        options += ["BLOCK", self.random.choice(("0", "0", "100000"))]
        if name == "xread":
            ids = [
                self.random.choice(("$", "0", self.last, f"{max(1, self.ids - 2)}-0")) for _ in keys
            ]
            return [name, *options, "STREAMS", *keys, *ids]
        group = ["GROUP", "g", self.random.choice(("c1", "c2"))]
        noack = ["NOACK"] if pick < 0.2 else []
        return [name, *group, *options, *noack, "STREAMS", *keys, *([">"] * len(keys))]

    def change(self):
        key, other = self.key(), self.key()
        self.ids += 1
        choices = [
            *([["RPUSH", key, self.item()]] * 4),
            ["LPUSH", key, self.item(), self.item()],
            ["RPUSHX", key, self.item()],
            ["LMOVE", key, other, self.end(), self.end()],
            ["LMPOP", "1", key, self.end()],
            ["RPOP", key],
            ["LINSERT", key, "BEFORE", "v1", "x"],
            *([["DEL", key]] * 3),
            ["UNLINK", key, other],
            ["SET", key, self.item()],
            ["RENAME", key, other],
            ["RENAMENX", key, other],
            ["COPY", key, other],
            ["COPY", key, other, "REPLACE"],
            ["MOVE", key, "1"],
            ["PEXPIRE", key, "-1"],
            ["SADD", key, "a"],
            ["HSET", key, "a", "b"],
            *([["ZADD", key, str(self.serial % 7), self.item()]] * 4),
            ["ZADD", key, "1", self.item(), "2", self.item()],
            ["ZPOPMIN", key],
            ["ZINCRBY", key, "1", self.item()],
            ["ZRANGESTORE", other, key, "0", "-1"],
            ["ZUNIONSTORE", other, "2", key, self.key()],
            ["SORT", key, "ALPHA", "STORE", other],
            ["GEOADD", key, "1", "1", self.item()],
            *([["XADD", key, f"{self.ids}-0", "f", self.item()]] * 5),
            ["XADD", key, "NOMKSTREAM", f"{self.ids}-0", "f", "v"],
            *([["XGROUP", "CREATE", key, "g", "$", "MKSTREAM"]] * 4),
            ["XGROUP", "CREATE", key, "g", "0"],
            ["XGROUP", "DESTROY", key, "g"],
            ["XGROUP", "SETID", key, "g", "0"],
            ["XDEL", key, f"{self.ids - 1}-0"],
            ["XTRIM", key, "MAXLEN", "1"],
            ["XSETID", key, f"{self.ids}-0"],
            ["CLIENT", "UNBLOCK", ("id", self.random.randrange(CONNECTIONS))],
            ["CLIENT", "UNBLOCK", ("id", self.random.randrange(CONNECTIONS)), "ERROR"],
            ["FLUSHDB", "ASYNC"],
            ["RESTORE", key, "0", LIST_DUMP],
            ["RESTORE", key, "0", ZSET_DUMP, "REPLACE"],
        ]
        while True:
            choice = self.random.choice(choices)
            name = choice[0].lower()
            others = (OWN[family] for family in OWN if self.focus not in (None, family))
            if any(name in other for other in others) and self.random.random() < 0.9:
                continue
            if name in self.known:
                return choice

    def one(self, alone):
        """A step of one connection; `alone` if it is the last that does not wait."""
        if alone:
            return [self.change()]
        if self.random.random() < 0.5:
            return [self.wait()]
        if self.random.random() < 0.15:
            # Keys become ready together, and nobody waits within.
            steps = [self.change() for _ in range(self.random.randrange(1, 6))]
            steps.insert(self.random.randrange(len(steps) + 1), self.wait())
            return [["MULTI"], *steps, ["EXEC"]]
        steps = [self.change() for _ in range(self.random.choice((1, 1, 1, 2, 4)))]
        if "multi" in self.known and self.random.random() < 0.15:
            # Who waits is served when all is done; nobody waits within.
            steps = [["MULTI"], *steps, *[self.wait() for _ in range(pick_few(self.random))], ["EXEC"]]
        if self.random.random() < 0.2:
            steps.append(self.wait())
        if self.random.random() < 0.1:
            steps.append(self.change())
        return steps


def known_commands(side):
    return {
        name.decode() if isinstance(name, bytes) else name
        for name in side.inspector.value("COMMAND", "LIST")
    }


def run(sides, seed, count):
    version = version_of(sides[1].server.binary)
    known = known_commands(sides[0]) & known_commands(sides[1])
    steps = Steps(seed, known, plus=version == "redis 7.4")
    history = collections.deque(maxlen=12)
    waiting = set()
    for index in range(count):
        if index % FOCUS_EVERY == 0:
            steps.focus = steps.random.choice((None, *FAMILIES))
        free = [number for number in range(CONNECTIONS) if number not in waiting]
        number = steps.random.choice(free)
        commands = steps.one(len(free) == 1)
        if index % FLUSH_EVERY == FLUSH_EVERY - 1:
            commands = [["FLUSHALL", "ASYNC"]]
        history.append((index, number, commands))
        results = [side.step(number, commands) for side in sides]
        if results[0] != results[1]:
            return index, history, results
        waiting = results[0][0]
        # Swapping makes keys ready in an order of the server's own: only where one is waited for.
        if len(waiting) == 1 and steps.random.random() < 0.3:
            number = steps.random.choice([n for n in range(CONNECTIONS) if n not in waiting])
            history.append((index, number, [["SWAPDB", "0", "1"]]))
            results = [side.step(number, [["SWAPDB", "0", "1"]]) for side in sides]
            if results[0] != results[1]:
                return index, history, results
            waiting = results[0][0]
        if index % COMPARE_EVERY == COMPARE_EVERY - 1:
            results = [side.state() for side in sides]
            if version != "redis 7.4":
                # Other versions count their calls and changes in other ways.
                results = [keys for keys, _, _ in results]
            if results[0] != results[1]:
                return index, history, results
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", default=BINARY)
    parser.add_argument("--reference", default="redis-server")
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    arguments = parser.parse_args()
    sides = []
    try:
        for binary in (arguments.binary, find_reference(arguments.reference)):
            sides.append(Side(binary))
        begin = time.monotonic()
        try:
            difference = run(sides, arguments.seed, arguments.steps)
        except Exception:
            for side in sides:
                print(side.server.binary, side.server.process.poll(), side.server.output()[-3000:])
            raise
        calls = " ".join(f"{name} {count}" for name, count in sides[0].calls().items())
    finally:
        for side in sides:
            side.server.check = False
            side.server.close()
    print(f"seed {arguments.seed}, {arguments.steps} steps, {time.monotonic() - begin:.0f} s")
    print(f"calls that came to an end: {calls}")
    if difference is None:
        print("no difference")
        return 0
    index, history, results = difference
    print(f"difference at step {index}; the last steps (connection, commands):")
    for entry in history:
        print("   ", *entry)
    for name, result in zip(("server", "reference"), results):
        print(f"{name}: {result}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
