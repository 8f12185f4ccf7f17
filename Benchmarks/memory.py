"""Memory: resident bytes over payload for each key or item, and what compaction gives back.

Each shape is loaded into a fresh server; the figure is (resident bytes - those of the empty
server) / keys - payload of a key. Of a large collection, and of hashes of ten fields, it is counted
for each item. Compaction: of the 16+16 keys a fixed pseudo-random 80 % is
deleted, and when resident memory has stopped falling (a minute at most) it is compared with that
of a fresh server which was given only the remaining keys.
"""

import argparse
import time

import servers
from servers import BenchError, Server, fill
from shapes import COLLECTIONS

KEY = "key:__seq__"  # 16 bytes


class Shape:
    def __init__(self, name, command, payload, goal, data=16):
        self.name, self.command, self.payload = name, command, payload
        self.goal, self.data = goal, data


SHAPES = [
    Shape("16+16", ["SET", KEY, "__data__"], 32, 24),
    Shape("16+16 with expiry", ["SET", KEY, "__data__", "EX", "__ttl__"], 32, 40),
    Shape("16+100", ["SET", KEY, "__data__"], 116, 30, data=100),
    Shape("16+integer", ["SET", KEY, "__num__"], 24, 24),
]
# A hash of ten fields of 12 bytes, with values as long: the key's 16 bytes are each field's share.
FIELDS = 10
SMALL_HASH = ["HSET", KEY] + [
    word for number in range(FIELDS) for word in (f"field-{number:06}", "__data__")]
SMALL_HASH_PAYLOAD = 12 + 12 + 16 / FIELDS
SMALL_HASH_GOAL = 13
COMPACTION = len(SHAPES) + 1
SMALL_HASHES = COMPACTION + len(COLLECTIONS) + 1
COMPACTION_GOAL = 1.3
HEADER = ["server", "shape", "keys", "resident MB", "load s", "figure", "goal", "met"]


def overhead(name, shape, options):
    """One shape on one server: a line of the table."""
    with Server(name) as server:
        empty = server.settle(quiet=0.3, at_most=2)
        load = fill(server, options.keys, shape.command, d=shape.data)
        expect_keys(server, options.keys)
        resident = server.settle(quiet=options.quiet, at_most=20) - empty
    figure = resident / options.keys - shape.payload
    if figure <= 0:
        raise BenchError(f"{name} {shape.name}: impossible figure {figure:.1f}")
    return line(name, shape.name, options.keys, resident, load["seconds"], figure, shape.goal)


def collection(name, shape, options):
    """One large collection: a line of the table, by item."""
    with Server(name) as server:
        empty = server.settle(quiet=0.3, at_most=2)
        load = shape.fill(server, options.items)
        resident = server.settle(quiet=options.quiet, at_most=20) - empty
    figure = resident / options.items - shape.payload
    title = f"one {shape.kind}"
    return line(name, title, options.items, resident, load["seconds"], figure, shape.goal)


def small_hashes(name, options):
    """Hashes of ten fields: a line of the table, by field."""
    count = options.items // FIELDS
    with Server(name) as server:
        empty = server.settle(quiet=0.3, at_most=2)
        load = fill(server, count, SMALL_HASH, d=12, pipeline=16)
        expect_keys(server, count)
        resident = server.settle(quiet=options.quiet, at_most=20) - empty
    figure = resident / options.items - SMALL_HASH_PAYLOAD
    title = "hashes of ten"
    return line(name, title, options.items, resident, load["seconds"], figure, SMALL_HASH_GOAL)


def measure(name, number, options):
    """The shape of this number, on one server."""
    if number == COMPACTION:
        return compaction(name, options)
    if number == SMALL_HASHES:
        return small_hashes(name, options)
    if number > COMPACTION:
        return collection(name, COLLECTIONS[number - COMPACTION - 1], options)
    return overhead(name, SHAPES[number - 1], options)


def line(name, shape, keys, resident, seconds, figure, goal):
    met = "" if name != "flashkvd" else "yes" if figure <= goal else "NO"
    return [name, shape, str(keys), f"{resident / 1e6:.1f}", f"{seconds:.1f}", f"{figure:.2f}",
            str(goal), met]


def expect_keys(server, count):
    held = server.client("DBSIZE")
    if held != count:
        raise BenchError(f"{server.name} holds {held} keys, not {count}")


def compaction(name, options):
    """Deletes 80 %, waits, and compares with a fresh server that holds the same keys."""
    command = SHAPES[0].command
    with Server(name) as server:
        empty = server.settle(quiet=0.3, at_most=2)
        fill(server, options.keys, command)
        full = server.settle(quiet=options.quiet, at_most=20) - empty
        start = time.monotonic()
        fill(server, options.keys, ["DEL", KEY], k="drop")
        remaining = server.client("DBSIZE")
        resident = server.settle(quiet=5 * options.quiet, at_least=12 * options.quiet) - empty
        seconds = time.monotonic() - start
    with Server(name) as server:
        empty = server.settle(quiet=0.3, at_most=2)
        fill(server, options.keys, command, k="keep")
        expect_keys(server, remaining)
        fresh = server.settle(quiet=options.quiet, at_most=20) - empty
    if not 0.15 < remaining / options.keys < 0.25 or min(full, fresh, resident) <= 0:
        raise BenchError(f"{name}: compaction figures make no sense")
    return line(name, "80 % deleted", remaining, resident, seconds, resident / fresh,
                COMPACTION_GOAL)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    servers.add_common_options(parser)
    parser.add_argument("--keys", type=int)
    parser.add_argument("--items", type=int, help="of the collections")
    parser.add_argument(
        "--shapes", help=f"comma-separated numbers: 1 to {len(SHAPES)} are keys, {COMPACTION} is "
        f"compaction, then come the collections, {SMALL_HASHES} is small hashes")
    options = parser.parse_args()
    options.keys = options.keys or (100000 if options.tiny else 5000000)
    options.items = options.items or (50000 if options.tiny else 1000000)
    options.quiet = 0.2 if options.tiny else 1.0
    names = servers.choose(options, null=False)
    every = range(1, SMALL_HASHES + 1)
    chosen = [int(number) for number in (options.shapes or "").split(",") if number] or list(every)
    if not set(chosen) <= set(every):
        raise BenchError(f"shapes are numbered from 1 to {SMALL_HASHES}")
    servers.prepare_driver()
    servers.tool("load")
    lines = []
    for number in chosen:
        for name in names:
            lines.append(measure(name, number, options))
            print(" ".join(lines[-1]), flush=True)
    print("\nFigure: bytes for each key or item over its payload; after deletion, the ratio to a fresh "
          "server.\n")
    servers.print_table(HEADER, lines)
    servers.write_csv(options.csv, HEADER, lines)
    missed = [entry[1] for entry in lines if entry[-1] == "NO"]
    if missed:
        print("\nGoals not met: " + ", ".join(missed))
    return 1 if missed and options.check else 0


if __name__ == "__main__":
    servers.main_guard(main)
