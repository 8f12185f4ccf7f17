"""Memory: resident bytes over payload for each key, and what compaction gives back.

Each shape is loaded into a fresh server; the figure is (resident bytes - those of the empty
server) / keys - payload of a key. Compaction: of the 16+16 keys a fixed pseudo-random 80 % is
deleted, and when resident memory has stopped falling (a minute at most) it is compared with that
of a fresh server which was given only the remaining keys.
"""

import argparse
import time

import servers
from servers import BenchError, Server, fill

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
    parser.add_argument("--shapes", help="comma-separated numbers from 1; 5 is compaction")
    options = parser.parse_args()
    options.keys = options.keys or (100000 if options.tiny else 5000000)
    options.quiet = 0.2 if options.tiny else 1.0
    names = servers.choose(options, null=False)
    chosen = [int(number) for number in (options.shapes or "1,2,3,4,5").split(",")]
    if not set(chosen) <= {1, 2, 3, 4, 5}:
        raise BenchError("shapes are numbered from 1 to 5")
    servers.prepare_driver()
    servers.tool("load")
    lines = []
    for number in chosen:
        for name in names:
            if number == 5:
                lines.append(compaction(name, options))
            else:
                lines.append(overhead(name, SHAPES[number - 1], options))
            print(" ".join(lines[-1]), flush=True)
    print("\nFigure: bytes for each key over its payload; after deletion, the ratio to a fresh "
          "server.\n")
    servers.print_table(HEADER, lines)
    servers.write_csv(options.csv, HEADER, lines)
    missed = [entry[1] for entry in lines if entry[-1] == "NO"]
    if missed:
        print("\nGoals not met: " + ", ".join(missed))
    return 1 if missed and options.check else 0


if __name__ == "__main__":
    servers.main_guard(main)
