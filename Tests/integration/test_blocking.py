"""Commands that wait: who is served and when, pipelines, timeouts, and clients that go away."""

import os
import socket
import threading
import time

from resp import Connection, encode
from server import Server, is_flashkvd, wait_until


def figures(connection):
    text = connection.value("INFO", "clients").decode()
    pairs = (line.split(":") for line in text.split("\r\n") if ":" in line)
    return {name: int(value) for name, value in pairs}


def wait_for(connection, blocked):
    wait_until(lambda: figures(connection)["blocked_clients"] == blocked, seconds=20)


def silent(connection, seconds=0.05):
    """Whether nothing comes."""
    connection.socket.settimeout(seconds)
    try:
        return connection.socket.recv(1, socket.MSG_PEEK) is None
    except TimeoutError:
        return True
    finally:
        connection.socket.settimeout(20)


def test_replies_are_those_of_the_direct_path():
    """A woken client gets what it had got at once, in RESP2 and RESP3."""
    with Server() as server, server.connect() as other:
        for protocol in (2, 3):
            with server.connect(protocol=protocol) as client:
                for command in (
                    ("BLPOP", "k", "l", "0"),
                    ("BRPOP", "k", "l", "0"),
                    ("BLMOVE", "l", "m", "LEFT", "RIGHT", "0"),
                    ("BRPOPLPUSH", "l", "m", "0"),
                    ("BLMPOP", "0", "2", "k", "l", "LEFT"),
                    ("BLMPOP", "0", "2", "k", "l", "RIGHT", "COUNT", "2"),
                ):
                    other.command("FLUSHALL")
                    other.command("RPUSH", "l", "1", "two", "3")
                    direct = client.command(*command)
                    left = other.command("LRANGE", "l", 0, -1)
                    other.command("FLUSHALL")
                    client.send(encode(*command))
                    wait_for(other, 1)
                    other.command("RPUSH", "l", "1", "two", "3")
                    assert client.reply() == direct, command
                    assert other.command("LRANGE", "l", 0, -1) == left, command


def test_timeouts():
    """Timeouts are exact, their answer is a null array, and 0 is for ever."""
    with Server() as server, server.connect() as two, server.connect(protocol=3) as three:
        for command in (
            ("BLPOP", "k", "0.05"),
            ("BLMOVE", "k", "l", "LEFT", "LEFT", "0.05"),
            ("BLMPOP", "0.05", "1", "k", "LEFT"),
        ):
            for connection, null in ((two, b"*-1\r\n"), (three, b"_\r\n")):
                begin = time.monotonic()
                assert connection.command(*command) == null
                took = time.monotonic() - begin
                assert 0.05 <= took < (0.06 if is_flashkvd() else 0.2) + load(), took
        three.send(encode("BLPOP", "k", "0"))
        assert silent(three, 0.3)
        two.command("RPUSH", "k", "x")
        assert three.reply() == b"*2\r\n$1\r\nk\r\n$1\r\nx\r\n"


def load():
    """Seconds of grace on a busy machine."""
    return 0.02 * os.getloadavg()[0]


def test_clients_are_served_in_order_of_arrival():
    """A thousand clients wait for one key; each push serves the one that came first."""
    with Server() as server, server.connect() as other:
        clients = []
        try:
            for i in range(1000):
                clients.append(server.connect(protocol=2 + i % 2))
                clients[i].send(encode("BLPOP", "queue", "another", "0"))
                while figures(other)["blocked_clients"] <= i:
                    pass
            assert figures(other)["total_blocking_keys"] == 2
            other.send(b"".join(encode("RPUSH", "queue", str(i)) for i in range(500)))
            assert other.replies(500) == [b":1\r\n"] * 500
            for i, client in enumerate(clients[:500]):
                assert client.reply() == encode("queue", i), i
            assert all(silent(client, 0.0001) for client in clients[500:])
            # One push of more than there are: each one once, the rest stays.
            assert other.value("RPUSH", "queue", *range(500, 1010)) == 510
            for i, client in enumerate(clients[500:], 500):
                assert client.reply() == encode("queue", i), i
            assert other.value("LLEN", "queue") == 10
            shown = figures(other)
            assert shown["blocked_clients"] == shown["total_blocking_keys"] == 0
        finally:
            for client in clients:
                client.close()


def blocked_lines(connection):
    lines = connection.value("CLIENT", "LIST").decode().splitlines()
    return [line for line in lines if " flags=b " in line]


def test_order_of_two():
    """Who came first is served first, and who pushes and then waits comes last."""
    with Server() as server, server.connect() as other, server.connect() as first:
        with server.connect() as second, server.connect() as third:
            first.send(encode("BLPOP", "k", "0"))
            wait_for(other, 1)
            second.send(encode("BRPOP", "k", "0"))
            wait_for(other, 2)
            third.send(encode("RPUSH", "k", "1") + encode("BLPOP", "k", "0"))
            assert first.reply() == b"*2\r\n$1\r\nk\r\n$1\r\n1\r\n"
            assert third.reply() == b":1\r\n"
            wait_for(other, 2)
            other.command("RPUSH", "k", "2", "3")
            assert second.reply() == b"*2\r\n$1\r\nk\r\n$1\r\n3\r\n"
            assert third.reply() == b"*2\r\n$1\r\nk\r\n$1\r\n2\r\n"


def test_pipelines():
    """What stands before a wait is answered, what stands behind it comes after it."""
    with Server() as server, server.connect() as other, server.connect() as client:
        client.send(
            encode("SET", "a", "1")
            + encode("BLPOP", "k", "0")
            + encode("APPEND", "a", "2")
            + encode("BLPOP", "k", "0")
            + b"PING\r\n"
            + encode("SET", "long", "x" * 100_000)[:-50_000]
        )
        assert client.reply() == b"+OK\r\n"
        wait_for(other, 1)
        assert other.value("GET", "a") == b"1"
        other.send(encode("RPUSH", "k", "1") + encode("LLEN", "k") + encode("GET", "a"))
        # The woken client's pipeline goes on in a turn of its own.
        assert other.replies(3) == [b":1\r\n", b":0\r\n", b"$1\r\n1\r\n"]
        assert client.replies(2) == [b"*2\r\n$1\r\nk\r\n$1\r\n1\r\n", b":2\r\n"]
        wait_for(other, 1)
        other.command("RPUSH", "k", "2")
        assert client.replies(2) == [b"*2\r\n$1\r\nk\r\n$1\r\n2\r\n", b"+PONG\r\n"]
        client.send(b"x" * (50_000 - 2) + b"\r\n")
        assert client.reply() == b"+OK\r\n"
        assert other.value("STRLEN", "long") == 100_000
        # Garbage behind a wait is an error only when its time has come.
        client.send(encode("BLPOP", "k", "0") + b"*x\r\n")
        wait_for(other, 1)
        assert silent(client)
        other.command("RPUSH", "k", "3")
        assert client.rest() == (
            b"*2\r\n$1\r\nk\r\n$1\r\n3\r\n-ERR Protocol error: invalid multibulk length\r\n"
        )


def test_input_of_a_waiting_client_stays_in_its_socket():
    """A client that waits and sends on and on takes no memory."""
    with Server() as server, server.connect() as other, server.connect() as client:
        client.send(encode("BLPOP", "k", "0"))
        wait_for(other, 1)
        client.socket.settimeout(0.3)
        sent = 0
        block = encode("SET", "a", "x" * 1000) * 100
        try:
            while sent < 100 << 20:
                sent += client.socket.send(block)
        except TimeoutError:
            pass
        if is_flashkvd():
            assert sent < 100 << 20
        fields = dict(word.split("=", 1) for word in blocked_lines(other)[0].split())
        assert not is_flashkvd() or int(fields["tot-mem"]) < 4096, fields
        assert fields["cmd"] == "blpop" and fields["argv-mem"] == "7"


def test_clients_that_go_away():
    """A waiting client whose peer is gone is gone at once, and takes nothing with it."""
    with Server() as server, server.connect() as other:
        for leave in (
            lambda client: client.close(),
            lambda client: client.socket.shutdown(socket.SHUT_WR),
            lambda client: client.socket.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"
            )
            or client.close(),
            lambda client: (client.send(encode("PING")), client.close()),
        ):
            client = server.connect()
            client.send(encode("BLPOP", "k", "l", "0") + encode("SET", "never", "1"))
            wait_for(other, 1)
            leave(client)
            wait_for(other, 0)
            assert figures(other)["total_blocking_keys"] == 0
            assert other.value("RPUSH", "k", "x") == 1 and other.value("DEL", "k") == 1
            client.close()
        assert other.value("EXISTS", "never") == 0
        assert len(other.value("CLIENT", "LIST").splitlines()) == 1


def test_client_kill_and_unblock():
    """CLIENT KILL and CLIENT UNBLOCK of waiting clients; what they are shown as."""
    with Server() as server, server.connect() as other, server.connect(protocol=3) as client:
        id = client.value("CLIENT", "ID")
        for reason, expected in (
            ((), b"_\r\n"),
            (("TIMEOUT",), b"_\r\n"),
            (("ERROR",), b"-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n"),
        ):
            client.send(encode("BLPOP", "k", "100") + encode("PING"))
            wait_for(other, 1)
            assert figures(other)["clients_in_timeout_table"] == 1
            assert other.value("CLIENT", "UNBLOCK", id, *reason) == 1
            assert client.replies(2) == [expected, b"+PONG\r\n"]
            assert other.value("CLIENT", "UNBLOCK", id) == 0
            assert figures(other)["clients_in_timeout_table"] == 0
        assert other.command("CLIENT", "UNBLOCK", "x").startswith(b"-ERR value is not an integer")
        client.send(encode("BLPOP", "k", "0"))
        wait_for(other, 1)
        assert other.value("CLIENT", "KILL", "ID", id) == 1
        assert client.rest() == b""
        assert other.value("RPUSH", "k", "x") == 1
        stats = other.value("INFO", "commandstats").decode()
        line = next(line for line in stats.split("\r\n") if line.startswith("cmdstat_blpop:"))
        # One that was killed was never through.
        assert "calls=3," in line and "failed_calls=1" in line, line


def test_what_wakes():
    """Every command that can put a list under a key wakes who waits for it."""
    with Server() as server, server.connect() as other, server.connect() as client:
        for prepare, wake in (
            ([], ["LPUSH", "k", "x"]),
            ([["RPUSH", "a", "x"]], ["RENAME", "a", "k"]),
            ([["RPUSH", "a", "x"]], ["RENAMENX", "a", "k"]),
            ([["RPUSH", "a", "x"]], ["COPY", "a", "k"]),
            ([["RPUSH", "a", "x"]], ["LMOVE", "a", "k", "LEFT", "LEFT"]),
            ([["SELECT", "1"], ["RPUSH", "k", "x"]], ["MOVE", "k", "0"]),
            ([["SELECT", "1"], ["RPUSH", "k", "x"]], ["SWAPDB", "0", "1"]),
        ):
            other.command("SELECT", "0")
            other.command("FLUSHALL")
            client.send(encode("BLPOP", "k", "0"))
            wait_for(other, 1)
            for command in prepare:
                assert not other.command(*command).startswith(b"-")
            assert silent(client, 0.01)
            assert not other.command(*wake).startswith(b"-"), wake
            assert client.reply() == b"*2\r\n$1\r\nk\r\n$1\r\nx\r\n", wake
        other.command("SELECT", "0")
        other.command("FLUSHALL")
        client.send(encode("BLPOP", "k", "0"))
        wait_for(other, 1)
        for command in (
            ["SET", "k", "x"],
            ["DEL", "k"],
            ["RPUSH", "other", "x"],
            ["FLUSHALL"],
        ):
            other.command(*command)
            assert silent(client, 0.01), command
        other.command("RPUSH", "k", "x")
        assert client.reply() == b"*2\r\n$1\r\nk\r\n$1\r\nx\r\n"


def test_chains():
    """One who is served may serve another, before the next command of whoever pushed."""
    with Server() as server, server.connect() as other:
        clients = [server.connect() for _ in range(20)]
        try:
            for i, client in enumerate(clients):
                client.send(encode("BLMOVE", f"k{i}", f"k{i + 1}", "LEFT", "RIGHT", "0"))
            wait_for(other, 20)
            other.send(encode("RPUSH", "k0", "x") + encode("LRANGE", "k20", "0", "-1"))
            assert other.replies(2) == [b":1\r\n", b"*1\r\n$1\r\nx\r\n"]
            for client in clients:
                assert client.reply() == b"$1\r\nx\r\n"
        finally:
            for client in clients:
                client.close()


def test_client_pause_and_reply():
    """A pause of writes holds back who would be woken; CLIENT REPLY silences the woken too."""
    with Server() as server, server.connect() as other, server.connect() as client:
        client.send(encode("BLPOP", "k", "0"))
        wait_for(other, 1)
        with server.connect() as third:
            assert other.command("CLIENT", "PAUSE", "60000", "WRITE") == b"+OK\r\n"
            third.send(encode("RPUSH", "k", "x"))
            assert silent(client) and silent(third)
            wait_for(other, 2)
            assert other.command("CLIENT", "UNPAUSE") == b"+OK\r\n"
            assert client.reply() == b"*2\r\n$1\r\nk\r\n$1\r\nx\r\n"
            assert third.reply() == b":1\r\n"
            assert other.command("CLIENT", "PAUSE", "200") == b"+OK\r\n"
            begin = time.monotonic()
            assert third.command("NOSUCH").startswith(b"-ERR unknown")
            assert third.command("GET").startswith(b"-ERR wrong number")
            # A pause of everything holds back what would end it, too.
            assert third.command("CLIENT", "UNPAUSE") == b"+OK\r\n"
            assert time.monotonic() - begin > 0.15
        client.send(
            encode("CLIENT", "REPLY", "SKIP") + encode("BLPOP", "k", "0") + encode("PING")
        )
        wait_for(other, 1)
        other.command("RPUSH", "k", "x")
        assert client.reply() == b"+PONG\r\n"
        client.send(
            encode("CLIENT", "REPLY", "OFF")
            + encode("BLPOP", "k", "0")
            + encode("CLIENT", "REPLY", "ON")
        )
        wait_for(other, 1)
        other.command("RPUSH", "k", "x")
        assert client.reply() == b"+OK\r\n"


def test_long_values_and_many_keys():
    """A woken client gets a long value by reference, and may wait for very many keys."""
    with Server() as server, server.connect() as other, server.connect() as client:
        value = "v" * 300_000
        keys = [f"key:{i}" for i in range(50_000)]
        client.send(encode("BLPOP", *keys, *keys, "0"))
        wait_for(other, 1)
        assert figures(other)["total_blocking_keys"] == 50_000
        other.command("RPUSH", "key:31415", value)
        assert client.reply() == encode("key:31415", value)
        assert figures(other)["total_blocking_keys"] == 0


def test_producers_and_consumers():
    """Nothing is lost or served twice between many producers and consumers that come and go."""
    count, consumers = 4000, 16
    with Server() as server, server.connect() as other:
        got, lock = [], threading.Lock()

        def consume(number):
            with server.connect(protocol=2 + number % 2) as connection:
                while True:
                    reply = connection.value("BLPOP", "jobs", "0.02" if number % 3 else "0")
                    if not reply:
                        continue
                    if reply[1] == b"end":
                        return
                    with lock:
                        got.append(int(reply[1]))

        threads = [threading.Thread(target=consume, args=(i,)) for i in range(consumers)]
        for thread in threads:
            thread.start()
        for start in range(0, count, 40):
            other.send(b"".join(encode("RPUSH", "jobs", i) for i in range(start, start + 40)))
            other.replies(40)
            time.sleep(0.001)
        other.command("RPUSH", "jobs", *(["end"] * consumers))
        for thread in threads:
            thread.join(30)
        assert sorted(got) == list(range(count))
        wait_for(other, 0)
