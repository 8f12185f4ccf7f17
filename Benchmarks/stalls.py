"""Stalls: what a client waits at worst while something big happens to the server.

An open-loop prober (stalls.c) sends a PING every half millisecond, each timed from when it was
due, while keys are loaded, expire all at once and are all flushed, and while a large collection of
each type is made, deleted, expires and is renamed over.
The machine itself stalls for milliseconds now and then, so the goal is relative to the idle
server in the same run, and the server's own longest turn in thread CPU time (flashkvd reports it
as longest_turn_cpu_usec in INFO stats, since CONFIG RESETSTAT) is printed beside it.
"""

import argparse
import time

import servers
from servers import BenchError, Server, fill, read_figures, start, tool
from shapes import BIG, COLLECTIONS

WORST_OVER_IDLE = 1000  # microseconds
LONGEST_TURN = 2000
HEADER = ["server", "event", "seconds", "probes", "p50 us", "p99 us", "p99.9 us", "worst us",
          "goal", "longest turn us", "turn goal", "prober late us", "met"]


KINDS = [shape.kind.replace(" ", "-") for shape in COLLECTIONS]


def probe(server, action, options):
    """Runs an action under the prober; its figures, and the server's longest turn or None."""
    server.client("CONFIG", "RESETSTAT")
    prober = start([tool("stalls"), str(server.port), str(options.interval), "120"])
    began = time.monotonic()
    try:
        time.sleep(0.3)
        if prober.poll() is None:
            action(server)
    finally:
        prober.terminate()
        figures = read_figures(prober, f"prober of {server.name}", timeout=30)
    figures["seconds"] = time.monotonic() - began
    turn = server.info("stats").get("longest_turn_cpu_usec")
    figures["turn"] = float(turn) if turn is not None else None
    return figures


def wait_until(condition, seconds):
    """Polls gently, so that the asking is no load itself. Whether it came true in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    time.sleep(0.3)
    return True


def idle(server, options):
    return probe(server, lambda _: time.sleep(options.seconds), options)


def load_keys(server, options):
    """Loads the keys on the prober's core; the prober preempts the loader."""
    def action(server):
        fill(server, options.keys, ["SET", "key:__seq__", "__data__"], connections=4)

    return probe(server, action, options)


def expire(server, options, load_seconds):
    """Gives many keys the same millisecond of expiry, then watches it come."""
    base, margin = server.client("DBSIZE"), 1 + 2 * load_seconds
    for _ in range(4):
        due = time.time() + margin
        fill(server, options.expiring,
             ["SET", "exp:__seq__", "__data__", "PXAT", str(int(due * 1000))])
        if time.time() < due - 0.8:
            break
        margin *= 2
    else:
        raise BenchError(f"{server.name} is too slow to load the expiring keys in time")
    if server.client("DBSIZE") != base + options.expiring:
        raise BenchError(f"{server.name} does not hold the keys that are to expire")

    def action(server):
        time.sleep(max(0.0, due - time.time()))
        if not wait_until(lambda: server.client("DBSIZE") <= base, 30):
            raise BenchError(f"{server.name} has not expired the keys after 30 seconds")

    time.sleep(max(0.0, due - time.time() - 0.6))
    return probe(server, action, options)


def create(server, shape, options):
    """Makes the collection on the prober's core, as load_keys does."""

    def action(server):
        shape.fill(server, options.elements, connections=4)

    return probe(server, action, options)


def expire_collection(server, options):
    """The collection goes at its time, and nobody asks for it."""
    keys = server.client("DBSIZE")

    def action(server):
        server.client("PEXPIRE", BIG, 200)
        if not wait_until(lambda: server.client("DBSIZE") < keys, 10):
            raise BenchError(f"{server.name} has not expired the collection after 10 seconds")
        settle_memory(server)

    return probe(server, action, options)


def rename_over(server, options):
    server.client("SET", "small", "value")
    figures = probe(server, freeing("RENAME", "small", BIG), options)
    server.client("DEL", BIG)
    return figures


def collection_events(server, shape, options):
    """All that can happen to a collection of one type: (event, figures) in order."""
    title = f"{shape.kind} of {options.elements}"
    results = [(f"{title} is made", create(server, shape, options))]
    results.append((f"{title}: DEL", probe(server, freeing("DEL", BIG), options)))
    shape.fill(server, options.elements)
    results.append((f"{title} expires", expire_collection(server, options)))
    shape.fill(server, options.elements)
    results.append((f"{title}: RENAME over", rename_over(server, options)))
    return results


def flush(server, options):
    return probe(server, freeing("FLUSHALL"), options)


def freeing(*command):
    """An action that sends the command and waits until the memory it frees is freed."""

    def action(server):
        server.client(*command)
        settle_memory(server)

    return action


def settle_memory(server):
    """Waits until used memory falls no more."""

    def used():
        return int(server.info("memory")["used_memory"])

    floor = [used()]

    def quiet():
        floor.append(used())
        return floor[-1] >= floor[-2] * 0.999

    wait_until(quiet, 20)
    time.sleep(0.5)


def measure(name, options):
    """All events on one server: (event, figures) in order, idle first and last."""
    with Server(name) as server:
        results = [("idle", idle(server, options))]
        start_time = time.monotonic()
        results.append((f"load of {options.keys} keys", load_keys(server, options)))
        load_seconds = (time.monotonic() - start_time) * options.expiring / options.keys
        results.append((f"{options.expiring} keys expire", expire(server, options, load_seconds)))
        for shape in options.shapes:
            results += collection_events(server, shape, options)
        if server.client("DBSIZE") != options.keys:
            raise BenchError(f"{name} lost keys")
        results.append(("FLUSHALL", flush(server, options)))
        results.append(("idle again", idle(server, options)))
        return results


def summarize(name, results):
    idle_worst = max(figures["worst_us"] for event, figures in results if "idle" in event)
    lines = []
    for event, figures in results:
        turn, goal, turn_goal, met = figures["turn"], "", "", ""
        if "idle" not in event:
            goal = idle_worst + WORST_OVER_IDLE
            met = figures["worst_us"] <= goal
            goal = f"{goal:.0f}"
            if turn is not None:
                turn_goal = str(LONGEST_TURN)
                met = met and turn < LONGEST_TURN
            met = "" if name != "flashkvd" else "yes" if met and turn is not None else "NO"
        lines.append([
            name, event, f"{figures['seconds']:.1f}", f"{figures['probes']:.0f}",
            *(f"{figures[key]:.0f}" for key in ("p50_us", "p99_us", "p999_us", "worst_us")),
            goal, "" if turn is None else f"{turn:.0f}", turn_goal, f"{figures['late_us']:.0f}",
            met])
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    servers.add_common_options(parser)
    parser.add_argument("--keys", type=int)
    parser.add_argument("--expiring", type=int, help="keys that expire at once")
    parser.add_argument("--elements", type=int, help="of each collection")
    parser.add_argument("--types", help="comma-separated, of " + ", ".join(KINDS))
    parser.add_argument("--seconds", type=float, help="of idleness, before and after")
    parser.add_argument("--interval", type=int, default=500, help="microseconds between probes")
    options = parser.parse_args()
    tiny = options.tiny
    options.keys = options.keys or (50000 if tiny else 5000000)
    options.expiring = options.expiring or (10000 if tiny else 1000000)
    options.elements = options.elements or (20000 if tiny else 2000000)
    options.seconds = options.seconds or (0.5 if tiny else 10)
    chosen = (options.types or ",".join(KINDS)).split(",")
    if not set(chosen) <= set(KINDS):
        raise BenchError(f"types are {', '.join(KINDS)}")
    options.shapes = [shape for shape, kind in zip(COLLECTIONS, KINDS) if kind in chosen]
    names = servers.choose(options, null=False)
    servers.prepare_driver()
    tool("load"), tool("stalls")
    lines = []
    for name in names:
        summary = summarize(name, measure(name, options))
        servers.print_table(HEADER, summary)
        print(flush=True)
        lines += summary
    servers.write_csv(options.csv, HEADER, lines)
    if any(float(line[3]) <= 0 or float(line[7]) <= 0 for line in lines):
        raise BenchError("a probe without figures")
    missed = [entry[1] for entry in lines if entry[-1] == "NO"]
    if missed:
        print("Goals not met: " + ", ".join(missed))
    return 1 if missed and options.check else 0


if __name__ == "__main__":
    servers.main_guard(main)
