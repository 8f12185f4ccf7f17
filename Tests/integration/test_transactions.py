"""MULTI, EXEC, DISCARD, WATCH, UNWATCH: replies, and what counts as a change of a watched key."""

import time

from resp import encode
from server import Server, wait_until

OK, QUEUED = b"+OK\r\n", b"+QUEUED\r\n"
ABORTED = b"-EXECABORT Transaction discarded because of previous errors.\r\n"


def expect(connection, *steps):
    """Runs commands and compares each raw reply."""
    for command, reply in steps:
        got = connection.command(*command.split())
        assert got == reply, (command, got, reply)


def test_queue_and_run():
    """Commands run in order at EXEC, an error at run time leaves the others alone."""
    with Server() as server, server.connect() as client:
        expect(
            client, ("MULTI", OK), ("SET a 1", QUEUED), ("LPUSH a x", QUEUED), ("INCR a", QUEUED),
            ("EXEC", b"*3\r\n+OK\r\n-WRONGTYPE Operation against a key holding the wrong kind of "
             b"value\r\n:2\r\n"),
            ("GET a", b"$1\r\n2\r\n"), ("EXEC", b"-ERR EXEC without MULTI\r\n"),
            ("DISCARD", b"-ERR DISCARD without MULTI\r\n"),
            ("MULTI", OK), ("SET a 5", QUEUED), ("DISCARD", OK), ("GET a", b"$1\r\n2\r\n"))


def test_errors_while_queueing():
    """A command that cannot be queued makes EXEC refuse everything; nesting does not."""
    with Server() as server, server.connect() as client:
        for broken in ("nosuch", "GET", "CLIENT nosuch", "SHUTDOWN"):
            assert client.command("MULTI") == OK
            assert client.command("SET", "a", "1") == QUEUED
            assert client.command(*broken.split()).startswith(b"-ERR"), broken
            expect(client, ("EXEC", ABORTED), ("EXISTS a", b":0\r\n"))
        expect(
            client, ("MULTI", OK), ("MULTI", b"-ERR MULTI calls can not be nested\r\n"),
            ("WATCH a", b"-ERR WATCH inside MULTI is not allowed\r\n"), ("PING", QUEUED),
            ("EXEC", b"*1\r\n+PONG\r\n"))


def test_watch():
    """Whatever changes a watched key, or takes it away, makes EXEC answer null; nothing else does."""
    changes = ("SET k 2", "APPEND k x", "DEL k", "EXPIRE k 100", "RENAME k other", "FLUSHDB",
               "FLUSHALL", "SWAPDB 0 1", "MOVE k 1", "RENAME o k", "COPY o k REPLACE", "PEXPIREAT k 1")
    harmless = ("GET k", "SET k2 1", "DEL none", "TOUCH k", "SWAPDB 2 3", "SET k 9 NX", "OBJECT FREQ k")
    with Server() as server, server.connect() as client, server.connect() as other:
        for change, null in [(c, True) for c in changes] + [(c, False) for c in harmless]:
            client.command("FLUSHALL")
            client.command("SET", "k", "1")
            client.command("SET", "o", "1")
            assert client.command("WATCH", "k", "o2") == OK
            other.command(*change.split())
            client.command("MULTI")
            client.command("PING")
            expected = b"*-1\r\n" if null else b"*1\r\n+PONG\r\n"
            assert client.command("EXEC") == expected, change
        # The client's own changes count too, and UNWATCH forgets.
        client.command("WATCH", "k")
        client.command("SET", "k", "3")
        client.command("MULTI")
        assert client.command("EXEC") == b"*-1\r\n"
        client.command("WATCH", "k")
        other.command("SET", "k", "4")
        client.command("UNWATCH")
        client.command("MULTI")
        assert client.command("EXEC") == b"*0\r\n"
        client.command("HELLO", "3")
        client.command("WATCH", "k")
        other.command("SET", "k", "5")
        client.command("MULTI")
        assert client.command("EXEC") == b"_\r\n"


def test_watched_key_expires():
    """A watched key that runs out of its time is a change, whether it is removed already or not."""
    for active in ("1", "0"):
        with Server("--enable-debug-command", "yes") as server, server.connect() as client:
            client.value("DEBUG", "SET-ACTIVE-EXPIRE", active)
            client.value("SET", "k", "1", "PX", "30")
            client.value("WATCH", "k")
            time.sleep(0.06)
            client.value("MULTI")
            client.value("PING")
            assert client.command("EXEC") == b"*-1\r\n", active


def test_nothing_is_left():
    """RESET, EXEC and the end of a connection forget what was watched."""
    with Server() as server, server.connect() as look:
        for end in ("RESET", "close", "exec"):
            client = server.connect()
            client.value("WATCH", "a", "b", "a")
            info = server.info("clients")
            assert info["watching_clients"] == "1" and info["total_watched_keys"] == "2", info
            if end == "close":
                client.value("MULTI")
                client.value("SET", "a", "1")
                client.close()
            elif end == "exec":
                client.value("MULTI")
                client.value("EXEC")
            else:
                client.command("RESET")
            wait_until(lambda: server.info("clients")["watching_clients"] == "0", what=end)
            assert server.info("clients")["total_watched_keys"] == "0"
            client.close()
        assert look.command("EXISTS", "a") == b":0\r\n"


def test_blocking_inside():
    """Nobody waits inside a transaction, and what EXEC pushes wakes others when it is through."""
    with Server() as server, server.connect() as client, server.connect() as waiter:
        client.value("MULTI")
        client.value("BLPOP", "l", "0")
        client.value("BLMOVE", "l", "m", "LEFT", "LEFT", "0")
        assert client.command("EXEC") == b"*2\r\n*-1\r\n$-1\r\n"
        waiter.send(b"*3\r\n$5\r\nBLPOP\r\n$1\r\nl\r\n$1\r\n0\r\n")
        wait_until(lambda: server.info("clients")["blocked_clients"] == "1", what="a waiter")
        client.value("MULTI")
        client.value("RPUSH", "l", "a", "b")
        client.value("LPOP", "l")
        client.value("EXEC")
        assert waiter.reply() == b"*2\r\n$1\r\nl\r\n$1\r\nb\r\n"


def test_queue_is_bounded():
    """A client that queues more than client-query-buffer-limit is dropped."""
    with Server("--client-query-buffer-limit", "2mb") as server, server.connect() as client:
        client.value("MULTI")
        client.send(encode("SET", "a", "x" * 10000) * 400)
        replies = client.rest()
        assert 100 < replies.count(QUEUED) < 250, replies.count(QUEUED)
        assert server.command("PING") == b"+PONG\r\n"
