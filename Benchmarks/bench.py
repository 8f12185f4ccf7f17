"""Speed: flashkvd, redis-server, Valkey and the null server in turn under the same load.

For each row of the table the servers, all loaded with the same keys, are measured one after the
other, and that is repeated for some rounds: so what the machine does meanwhile falls on all. Each
figure is the median of the rounds, each ratio the median of the ratios within a round. The figure
to compare is the server's CPU time per request; requests per second also depend on the load
generator's core. README.md says how to read the output.
"""

import argparse
import csv
import shutil
import statistics
import subprocess
import time

import servers
from rows import VALUE, rows
from servers import BenchError, Server, fill

def measure(server, row, options):
    """One run of one row against one server."""
    limit = min(row.limit or options.requests, options.requests)
    key_range = row.key_range or options.scale["keys"]
    if options.loader == "redis-benchmark":
        return measure_with_redis_benchmark(server, row, limit, key_range)
    return server.load(
        row.command, c=row.connections, P=row.pipeline, n=limit, t=options.seconds,
        w=options.scale["warm"], r=key_range, d=row.data, S=server.pid)


def measure_with_redis_benchmark(server, row, limit, key_range):
    """The same with redis-benchmark, which gives no p99.9 and saturates earlier."""
    command = [word.replace(VALUE, "x" * row.data) for word in row.command]
    arguments = ["redis-benchmark", "-p", str(server.port), "-c", str(row.connections),
                 "-P", str(row.pipeline), "-n", str(limit), "-r", str(key_range), "--csv"]
    start, cpu = time.monotonic(), server.cpu_microseconds()
    process = subprocess.run(
        arguments + command, capture_output=True, text=True, timeout=300,
        preexec_fn=servers.run_in(servers.cores()[1]))
    elapsed, cpu = time.monotonic() - start, server.cpu_microseconds() - cpu
    lines = process.stdout.strip().splitlines()
    if process.returncode != 0 or not lines:
        raise BenchError(f"redis-benchmark failed: {process.stderr.strip()[:200]}")
    # "command","rps","average","min","p50","p95","p99","max"
    rps, _, _, p50, _, p99, worst = (float(cell) for cell in next(csv.reader(lines[-1:]))[-7:])
    return {"requests": limit, "seconds": elapsed, "rps": rps, "p50_us": p50 * 1000,
            "p99_us": p99 * 1000, "p999_us": 0.0, "max_us": worst * 1000, "cpu_us": cpu / limit}


def run_row(row, running, options):
    """All rounds of a row: a list of dictionaries, one for each round, of figures by server."""
    keeping = [server for server in running if server.name != "null"]
    for server in keeping:
        if row.setup:
            row.setup(server)
    rounds = []
    for turn in range(options.rounds):
        figures = {}
        # The order rotates, so that no server always comes after the same one.
        for server in running[turn % len(running):] + running[:turn % len(running)]:
            if row.before and server.name != "null":
                row.before(server)
            figures[server.name] = measure(server, row, options)
        rounds.append(figures)
    for server in keeping:
        if row.after:
            row.after(server)
    return rounds


def ratio(rounds, name, others):
    """Median over the rounds of a server's CPU time by the least of the others'; None without."""
    ratios = []
    for figures in rounds:
        least = min((figures[other]["cpu_us"] for other in others if other in figures),
                    default=0)
        if least > 0:
            ratios.append(figures[name]["cpu_us"] / least)
    return statistics.median(ratios) if ratios else None


HEADER = ["server", "row", "cpu us/request", "requests/s", "p50 us", "p99 us", "p99.9 us",
          "by best peer", "goal", "by null", "null goal", "met"]
WIDTHS = [8, 17, 14, 10, 7, 7, 8, 12, 4, 7, 9, 3]


def summarize(row, rounds):
    """The printed lines of a row, one for each server."""
    lines = []
    for name in rounds[0]:
        def median(figure):
            return statistics.median(figures[name][figure] for figures in rounds)

        peer = None if name == "null" else ratio(rounds, name, ["redis", "valkey"])
        null = ratio(rounds, name, ["null"])
        goals = [(value, goal) for value, goal in ((peer, row.peer), (null, row.null))
                 if name == "flashkvd" and value is not None and goal is not None]
        met = "" if not goals else "yes" if all(v <= g for v, g in goals) else "NO"
        own = name == "flashkvd"
        lines.append([
            name, row.name, f"{median('cpu_us'):.3f}", f"{median('rps'):.0f}",
            f"{median('p50_us'):.0f}", f"{median('p99_us'):.0f}", f"{median('p999_us'):.0f}",
            f"{peer:.2f}" if peer else "", f"{row.peer:.2f}" if own and row.peer else "",
            f"{null:.2f}" if null else "", f"{row.null:.2f}" if own and row.null else "", met])
    return sorted(lines, key=lambda line: servers.KNOWN.index(line[0]))


def print_lines(lines):
    """Prints each row of the table as soon as it is measured."""
    for line in lines:
        cells = [cell.ljust(width) if i < 2 else cell.rjust(width)
                 for i, (cell, width) in enumerate(zip(line, WIDTHS))]
        print("  ".join(cells).rstrip())
    print(flush=True)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    servers.add_common_options(parser)
    parser.add_argument("--rows", help="comma-separated, without regard to case")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--requests", type=int, help="at most, for each measurement")
    parser.add_argument("--seconds", type=float, help="at most, for each measurement")
    parser.add_argument("--keys", type=int, help="keys to preload")
    parser.add_argument("--loader", choices=["load", "redis-benchmark"], default="load")
    parser.add_argument("-b", dest="loader", action="store_const", const="redis-benchmark",
                        help="the same as --loader redis-benchmark")
    options = parser.parse_args()
    tiny = options.tiny
    options.scale = {"keys": options.keys or (10000 if tiny else 1000000),
                     "big": 200 if tiny else 20000, "pops": 2000 if tiny else 600000,
                     "members": 5000 if tiny else 100000, "huge": 20000 if tiny else 5000000,
                     "many": 500 if tiny else 5000, "warm": 0.01 if tiny else 0.1}
    options.rounds = options.rounds or (1 if tiny else 5)
    options.seconds = options.seconds or (0.2 if tiny else 1.0)
    standard = 2000 if tiny else 500000 if options.loader == "redis-benchmark" else 10**9
    options.requests = options.requests or standard
    if options.loader == "redis-benchmark" and not shutil.which("redis-benchmark"):
        raise BenchError("redis-benchmark is not installed")
    return options


def select_rows(options):
    every = rows(options.scale)
    if not options.rows:
        return every
    chosen = []
    for name in options.rows.split(","):
        found = [row for row in every if row.name.lower() == name.strip().lower()]
        if not found:
            raise BenchError(f"no row {name!r}; rows: {', '.join(row.name for row in every)}")
        chosen += found
    return chosen


def check_positive(lines):
    """What --tiny asserts: a figure for each server, and each of them above zero."""
    for line in lines:
        for title, cell in list(zip(HEADER, line))[2:7]:
            if not float(cell) > 0:
                raise BenchError(f"{line[0]} {line[1]}: {title} is {cell}")


def main():
    options = parse_options()
    names = servers.choose(options)
    selected = select_rows(options)
    servers.prepare_driver()
    servers.tool("load")
    keys = options.scale["keys"]
    print(f"{keys} keys; server on core {servers.cores()[0]}, load ({options.loader}) on core "
          f"{servers.cores()[1]}; {options.rounds} rounds", flush=True)
    print_lines([HEADER])
    running, lines = [], []
    try:
        for name in names:
            server = Server(name)
            running.append(server)
            if name != "null":
                fill(server, keys, ["SET", "key:__seq__", VALUE])
                if server.client("DBSIZE") != keys:
                    raise BenchError(f"{name} does not hold the {keys} keys it was given")
        for row in selected:
            summary = summarize(row, run_row(row, running, options))
            print_lines(summary)
            lines += summary
    finally:
        for server in running:
            server.stop()
    servers.write_csv(options.csv, HEADER, lines)
    if options.tiny and options.loader == "load":
        check_positive(lines)
    missed = [line[1] for line in lines if line[-1] == "NO"]
    if missed:
        print("\nGoals not met: " + ", ".join(missed))
    return 1 if missed and options.check else 0


if __name__ == "__main__":
    servers.main_guard(main)
