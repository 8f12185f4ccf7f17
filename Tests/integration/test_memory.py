"""maxmemory and its policies, expiry on time, lazy frees and the counters that show them."""

import random
import time

from resp import encode
from server import Server, wait_until

LIMIT = 20 << 20
OOM = b"-OOM command not allowed when used memory > 'maxmemory'.\r\n"


def fill(connection, count, size, expire=None, prefix="key"):
    """SETs `count` keys in pipelines; the replies."""
    replies = []
    for start in range(0, count, 200):
        batch = range(start, min(start + 200, count))
        tail = ("EX", expire) if expire else ()
        connection.send(b"".join(encode("SET", f"{prefix}:{n}", "x" * size, *tail) for n in batch))
        replies += connection.replies(len(batch))
    return replies


def test_noeviction():
    """Over maxmemory, writes get OOM, reads and deletes go on; with room again writes do too."""
    with Server("--maxmemory", str(LIMIT)) as server, server.connect() as connection:
        replies = fill(connection, 60_000, 500)
        assert replies[0] == b"+OK\r\n" and replies[-1] == OOM
        assert set(replies) == {b"+OK\r\n", OOM}
        info = server.info("memory")
        assert int(info["used_memory"]) < LIMIT * 1.1, info["used_memory"]
        assert info["maxmemory"] == str(LIMIT) and info["maxmemory_human"] == "20.00M"
        for command in (
            ("SET", "a", "1"),
            ("RPUSH", "l", "1"),
            ("INCR", "n"),
            ("APPEND", "key:0", "x"),
            ("MSET", "a", "1"),
            ("SETRANGE", "a", "0", "x"),
            ("COPY", "key:0", "c"),
        ):
            assert connection.command(*command) == OOM, command
        assert connection.command("GET", "key:0") == b"$500\r\n" + b"x" * 500 + b"\r\n"
        assert connection.command("EXPIRE", "key:0", "1000") == b":1\r\n"
        assert connection.command("DEL", *[f"key:{n}" for n in range(10_000)]) == b":10000\r\n"
        wait_until(lambda: connection.command("SET", "a", "1") == b"+OK\r\n", what="room")
        assert connection.command("CONFIG", "SET", "maxmemory", "1mb") == b"+OK\r\n"
        assert connection.command("SET", "b", "1") == OOM
        assert connection.command("CONFIG", "SET", "maxmemory", "0") == b"+OK\r\n"
        assert connection.command("SET", "b", "1") == b"+OK\r\n"


def test_allkeys_policies():
    """lru, lfu and random evict until memory fits: no write fails, memory stays below the limit."""
    for policy in ("allkeys-lru", "allkeys-lfu", "allkeys-random"):
        with Server(
            "--maxmemory", str(LIMIT), "--maxmemory-policy", policy
        ) as server, server.connect() as connection:
            replies = fill(connection, 60_000, 500)
            assert set(replies) == {b"+OK\r\n"}, policy
            info = server.info()
            assert int(info["used_memory"]) < LIMIT * 1.1, (policy, info["used_memory"])
            keys = connection.value("DBSIZE")
            assert 15_000 < keys < 45_000, (policy, keys)
            assert int(info["evicted_keys"]) == 60_000 - keys, (policy, info["evicted_keys"], keys)


def test_volatile_policies():
    """The volatile policies take only keys with a time to live; without any, writes get OOM."""
    for policy in ("volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"):
        with Server(
            "--maxmemory", str(LIMIT), "--maxmemory-policy", policy
        ) as server, server.connect() as connection:
            fill(connection, 10_000, 500, prefix="kept")
            replies = fill(connection, 50_000, 500, expire=100_000)
            assert set(replies) == {b"+OK\r\n"}, policy
            kept = 0
            for start in range(0, 10_000, 1000):
                kept += connection.value(
                    "EXISTS", *[f"kept:{n}" for n in range(start, start + 1000)]
                )
            assert kept == 10_000, (policy, kept)
            assert int(server.info("memory")["used_memory"]) < LIMIT * 1.1
            replies = fill(connection, 50_000, 500, prefix="more")
            assert replies[-1] == OOM, policy


def test_lru_keeps_what_is_used():
    """Under allkeys-lru keys that are read all the time survive the flood."""
    with Server(
        "--maxmemory", str(LIMIT), "--maxmemory-policy", "allkeys-lru", "--maxmemory-samples", "10"
    ) as server, server.connect() as connection:
        fill(connection, 500, 500, prefix="hot")
        # Redis's clock of a key has seconds.
        for start in range(0, 60_000, 6000):
            time.sleep(0.25)
            for n in range(500):
                connection.send(encode("GET", f"hot:{n}"))
            connection.replies(500)
            fill(connection, 6000, 500, prefix=f"cold:{start}")
        alive = connection.value("EXISTS", *[f"hot:{n}" for n in range(500)])
        assert alive > 400, alive


def test_volatile_ttl_takes_the_nearest():
    """Under volatile-ttl the keys that would live longest stay."""
    with Server(
        "--maxmemory", str(LIMIT), "--maxmemory-policy", "volatile-ttl", "--maxmemory-samples", "10"
    ) as server, server.connect() as connection:
        fill(connection, 1000, 500, expire=10_000_000, prefix="long")
        fill(connection, 60_000, 500, expire=1000, prefix="short")
        alive = connection.value("EXISTS", *[f"long:{n}" for n in range(1000)])
        assert alive > 950, alive


def test_expiry_on_access():
    """A key is gone from its very millisecond on, for every command that looks."""
    with Server() as server, server.connect() as connection:
        connection.command("DEBUG", "SET-ACTIVE-EXPIRE", "0")
        connection.command("SET", "k", "v", "PX", "30")
        connection.command("RPUSH", "l", "a")
        connection.command("PEXPIRE", "l", "30")
        assert 0 < connection.value("PTTL", "k") <= 30
        time.sleep(0.05)
        for command, expected in (
            ("GET k", b"$-1\r\n"),
            ("EXISTS k l", b":0\r\n"),
            ("TYPE l", b"+none\r\n"),
            ("TTL k", b":-2\r\n"),
            ("LLEN l", b":0\r\n"),
            ("KEYS *", b"*0\r\n"),
            ("LPUSHX l a", b":0\r\n"),
            ("PERSIST k", b":0\r\n"),
        ):
            assert connection.command(*command.split()) == expected, command


def test_active_expiry():
    """Keys that nobody touches go by themselves, soon after their time; the counters tell."""
    with Server() as server, server.connect() as connection:
        chance = random.Random(1)
        for start in range(0, 20_000, 500):
            connection.send(
                b"".join(
                    encode("SET", f"k{n}", "v", "PX", chance.randint(300, 900))
                    for n in range(start, start + 500)
                )
            )
            connection.replies(500)
        connection.command("SET", "stays", "1")
        wait_until(lambda: connection.value("DBSIZE") == 1, 10, "expiry")
        info = server.info()
        assert info["expired_keys"] == "20000" and info["db0"].startswith("keys=1,expires=0"), info


def test_frees_give_memory_back():
    """DEL, UNLINK, FLUSHDB and FLUSHALL, SYNC and ASYNC, bring used_memory back."""
    with Server() as server, server.connect() as connection:

        def used():
            return int(server.info("memory")["used_memory"])

        fill(connection, 2000, 10)
        connection.command("FLUSHALL")
        wait_until(lambda: server.info("memory")["lazyfree_pending_objects"] == "0")
        start = used()
        for free in (
            ("DEL", "l", "s"),
            ("UNLINK", "l", "s"),
            ("FLUSHDB",),
            ("FLUSHDB", "ASYNC"),
            ("FLUSHALL", "SYNC"),
            ("FLUSHALL", "ASYNC"),
            ("SET", "l", "small"),
        ):
            for _ in range(20):
                connection.command("RPUSH", "l", *["element"] * 10_000)
            connection.command("SET", "s", "x" * 3_000_000)
            assert used() > start + 4_000_000
            assert not connection.command(*free).startswith(b"-")
            if free[0] == "SET":
                connection.command("DEL", "s")
            wait_until(lambda: used() < start + 500_000, what=f"memory back after {free}")
            connection.command("FLUSHALL")


def test_keyspace_counters():
    """Hits and misses, and the database lines of INFO."""
    with Server() as server, server.connect() as connection:
        connection.command("MSET", "a", "1", "b", "2")
        connection.command("CONFIG", "RESETSTAT")
        for command in (
            "GET a",
            "GET none",
            "MGET a b none",
            "EXISTS a none",
            "TTL none",
            "TYPE a",
            "STRLEN a",
            "LLEN none",
            "SET a 2",
            "INCR a",
        ):
            connection.command(*command.split())
        info = server.info()
        assert (info["keyspace_hits"], info["keyspace_misses"]) == ("6", "5"), (
            info["keyspace_hits"],
            info["keyspace_misses"],
        )
        connection.command("EXPIRE", "b", "100")
        connection.command("SELECT", "3")
        connection.command("SET", "x", "1")
        info = server.info("keyspace")
        assert set(info) == {"db0", "db3"} and info["db0"].startswith("keys=2,expires=1,avg_ttl=")
