"""The wire: what a frame may look like, how it may arrive, and what a broken one gets."""

import random
import socket
import time

from resp import Closed, Connection, decode, encode
from server import Server

BROKEN = [
    # What is sent, and the error after which the connection is closed.
    (b"*3\r\n$3\r\nSET\r\n$1\r\nx\r\nfooz\r\n", b"expected '$', got 'f'"),
    (b"*1\r\n:1\r\n", b"expected '$', got ':'"),
    (b"*abc\r\n", b"invalid multibulk length"),
    (b"*\r\n", b"invalid multibulk length"),
    (b"*2147483648\r\n", b"invalid multibulk length"),
    (b"*3000000000\r\n", b"invalid multibulk length"),
    (b"*99999999999999999999999\r\n", b"invalid multibulk length"),
    (b"*1 \r\n", b"invalid multibulk length"),
    (b"*1\r\n$abc\r\n", b"invalid bulk length"),
    (b"*1\r\n$-1\r\n", b"invalid bulk length"),
    (b"*1\r\n$\r\n", b"invalid bulk length"),
    (b"*3\r\n$3\r\nSET\r\n$1\r\nx\r\n$2000000000\r\n", b"invalid bulk length"),
    (b"*1\r\n$536870913\r\n", b"invalid bulk length"),
    (b"*1\r\n$99999999999999999999\r\n", b"invalid bulk length"),
    (b"*" + b"1" * 70000, b"too big mbulk count string"),
    (b"*1\r\n$" + b"1" * 70000, b"too big bulk count string"),
    (b"x" * 70000, b"too big inline request"),
    (b'SET a "unbalanced\r\n', b"unbalanced quotes in request"),
    (b'SET a "b"c\r\n', b"unbalanced quotes in request"),
    (b"SET a 'b'c\r\n", b"unbalanced quotes in request"),
]


def test_broken_frames():
    """Every broken frame gets its error and the connection is closed; the server serves on."""
    with Server() as server:
        for data, error in BROKEN:
            with server.connect() as connection:
                connection.send(b"PING\r\n" + data)
                reply = connection.rest()
                expected = b"+PONG\r\n-ERR Protocol error: " + error + b"\r\n"
                assert reply == expected, (data[:60], reply)
        assert server.command("PING") == b"+PONG\r\n"


def test_harmless_frames():
    """Empty requests are passed over; the largest counts that are allowed wait for more."""
    with Server() as server:
        with server.connect() as connection:
            for data in (b"*0\r\n", b"*-1\r\n", b"*-10\r\n", b"\r\n", b"\n", b"   \r\n"):
                connection.send(data + b"PING\r\n")
                assert connection.reply() == b"+PONG\r\n", data
        for data in (b"*2147483647\r\n", b"*1\r\n$536870912\r\n", b"*1\r\n"):
            with server.connect() as connection:
                connection.send(data)
                assert server.command("PING") == b"+PONG\r\n"
                assert connection_idle(connection), data


def connection_idle(connection):
    """Whether the connection is open and silent."""
    connection.socket.settimeout(0.05)
    try:
        return connection.socket.recv(1) is None
    except TimeoutError:
        return True


def test_inline():
    """Inline commands: quotes, escapes, spaces, and a line end with or without CR."""
    cases = [
        (b'SET key "a b\\n\\r\\t\\a\\b\\x41\\"\\\\\\q"', b'a b\n\r\t\a\bA"\\q'),
        (b"SET key 'a \\'b\\' \\n \"'", b"a 'b' \\n \""),
        (b"  SET   key   value  ", b"value"),
        (b'SET key ""', b""),
        (b'sEt key "\\xff\\x00\\xZZ"', b"\xff\x00xZZ"),
    ]
    with Server() as server, server.connect() as connection:
        for line, value in cases:
            for end in (b"\r\n", b"\n"):
                connection.send(line + end)
                assert connection.reply() == b"+OK\r\n", line
                assert connection.value("GET", "key") == value, (
                    line,
                    connection.value("GET", "key"),
                )
        connection.send(b"PING\r\n*1\r\n$4\r\nPING\r\nECHO hello\r\n")
        assert connection.replies(3) == [b"+PONG\r\n", b"+PONG\r\n", b"$5\r\nhello\r\n"]


SPLIT = (
    encode("SET", "key", "value\r\n$3\r\n")
    + b"PING hello\r\n"
    + encode("RPUSH", "l", "a", "", "c")
    + b"\r\n*0\r\n"
    + encode("LRANGE", "l", 0, -1)
    + encode("GET", "key")
    + encode("DEL", "l", "key")
)
SPLIT_REPLY = (
    b"+OK\r\n$5\r\nhello\r\n:3\r\n*3\r\n$1\r\na\r\n$0\r\n\r\n$1\r\nc\r\n"
    b"$11\r\nvalue\r\n$3\r\n\r\n:2\r\n"
)


def test_split_everywhere():
    """A pipeline split at any byte, byte by byte, and at random, gets the same replies."""
    with Server() as server, server.connect() as connection:

        def expect(what):
            while len(connection.data) < len(SPLIT_REPLY):
                connection.fill()
            assert connection.data == SPLIT_REPLY, (what, bytes(connection.data))
            connection.data.clear()

        for place in range(1, len(SPLIT)):
            connection.send(SPLIT[:place])
            time.sleep(0.001)
            connection.send(SPLIT[place:])
            expect(place)
        for place in range(len(SPLIT)):
            connection.send(SPLIT[place : place + 1])
            time.sleep(0.0005)
        expect("byte by byte")
        seed = random.SystemRandom().randrange(1 << 32)
        chance = random.Random(seed)
        for _ in range(20):
            data = SPLIT
            while data:
                length = chance.randint(1, 30)
                connection.send(data[:length])
                data = data[length:]
                time.sleep(0.0005)
            expect(f"seed {seed}")


def test_pipeline_of_100k():
    """100,000 commands in one pipeline: all replies, in order."""
    with Server() as server, server.connect() as connection:
        request = encode("INCR", "n") * 50_000 + encode("ECHO", "x" * 10) * 50_000
        sender = connection.socket.dup()
        sender.setblocking(True)
        import threading

        thread = threading.Thread(target=sender.sendall, args=(request,))
        thread.start()
        replies = connection.replies(100_000)
        thread.join()
        sender.close()
        assert replies[:50_000] == [b":%d\r\n" % n for n in range(1, 50_001)]
        assert set(replies[50_000:]) == {b"$10\r\nxxxxxxxxxx\r\n"}


def test_large_arguments():
    """Values up to 64 MiB, many arguments, and APPEND at the edge of proto-max-bulk-len."""
    with Server() as server, server.connect() as connection:
        for size in (16383, 16384, 16385, 1 << 20, 64 << 20):
            value = random.Random(size).randbytes(size)
            assert connection.command("SET", "big", value) == b"+OK\r\n"
            assert connection.command("GET", "big") == b"$%d\r\n%b\r\n" % (size, value)
            assert connection.command("STRLEN", "big") == b":%d\r\n" % size
        assert (
            connection.command("GETRANGE", "big", 1000, 1009) == b"$10\r\n%b\r\n" % value[1000:1010]
        )
        assert connection.command("DEL", "big") == b":1\r\n"
        words = [str(n) for n in range(100_000)]
        assert connection.command("RPUSH", "l", *words) == b":100000\r\n"
        assert connection.value("LRANGE", "l", 0, -1) == [word.encode() for word in words]
        assert connection.command("CONFIG", "SET", "proto-max-bulk-len", "1mb") == b"+OK\r\n"
        for offset, text in ((1 << 20, "x"), ((1 << 20) - 1, "xy")):
            assert (
                connection.command("SETRANGE", "s", offset, text)
                == b"-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n"
            )
        assert connection.command("SETRANGE", "s", (1 << 20) - 1, "x") == b":1048576\r\n"
        assert (
            connection.command("APPEND", "s", "y")
            == b"-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n"
        )
        connection.send(b"*2\r\n$4\r\nECHO\r\n$1048577\r\n")
        assert connection.rest() == b"-ERR Protocol error: invalid bulk length\r\n"


def test_unauthenticated_limits():
    """Before AUTH a request may have 10 arguments of 16 KiB, and no more."""
    with Server("--requirepass", "secret", password="secret") as server:
        for data, error in (
            (b"*11\r\n", b"unauthenticated multibulk length"),
            (b"*1\r\n$16385\r\n", b"unauthenticated bulk length"),
        ):
            with Connection(("127.0.0.1", server.port)) as connection:
                connection.send(data)
                assert connection.rest() == b"-ERR Protocol error: " + error + b"\r\n"
        with Connection(("127.0.0.1", server.port)) as connection:
            assert connection.command("PING") == b"-NOAUTH Authentication required.\r\n"
            assert connection.command("GET", "x" * 16384) == b"-NOAUTH Authentication required.\r\n"


def test_half_close():
    """A client that shuts down its sending side gets the replies to what it sent, then the end."""
    with Server() as server, server.connect() as connection:
        connection.send(encode("SET", "a", "1") + encode("INCR", "a") + encode("GET", "a"))
        time.sleep(0.05)
        connection.socket.shutdown(socket.SHUT_WR)
        assert connection.rest() == b"+OK\r\n:2\r\n$1\r\n2\r\n"


def test_quit():
    """QUIT answers, closes, and what follows it is not executed."""
    with Server() as server:
        with server.connect() as connection:
            connection.send(encode("SET", "a", "1") + encode("QUIT") + encode("SET", "a", "2"))
            assert connection.rest() == b"+OK\r\n+OK\r\n"
        assert server.value("GET", "a") == b"1"
        with server.connect() as connection:
            connection.send(b"QuIt\r\nPING\r\n")
            assert connection.rest() == b"+OK\r\n"


def test_rude_clients():
    """Clients that vanish in mid-request, reset, or send rubbish leave the server serving."""
    seed = random.SystemRandom().randrange(1 << 32)
    chance = random.Random(seed)
    with Server() as server, server.connect() as steady:
        for round_ in range(300):
            connection = server.connect()
            kind = round_ % 5
            if kind == 0:
                connection.send(encode("SET", "k", "v" * 1000)[: chance.randint(1, 1000)])
            elif kind == 1:
                connection.send(chance.randbytes(chance.randint(1, 3000)))
            elif kind == 2:
                connection.send(encode("ECHO", "x" * 50000) * 20)
            elif kind == 3:
                connection.send(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$500000000\r\n" + b"x" * 1000)
            if kind in (1, 2):
                linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
                connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            connection.close()
            assert steady.command("ECHO", round_) == b"$%d\r\n%d\r\n" % (
                len(str(round_)),
                round_,
            ), seed
        deadline = time.monotonic() + 5
        while int(server.info("clients")["connected_clients"]) > 2:
            assert time.monotonic() < deadline, server.info("clients")
            time.sleep(0.02)


def test_resp3_shapes():
    """What RESP3 changes: null, maps, doubles stay bulk where Redis keeps them, verbatim text."""
    with Server() as server:
        with server.connect(protocol=3) as three, server.connect() as two:
            two.command("SET", "k", "5")
            two.command("RPUSH", "l", "a", "b")
            for command, in_two, in_three in (
                (("GET", "nothing"), b"$-1\r\n", b"_\r\n"),
                (("LPOP", "nothing"), b"$-1\r\n", b"_\r\n"),
                (("LPOP", "nothing", "1"), b"*-1\r\n", b"_\r\n"),
                (("LMPOP", "1", "nothing", "LEFT"), b"*-1\r\n", b"_\r\n"),
                (("SET", "k", "1", "NX"), b"$-1\r\n", b"_\r\n"),
                (("MGET", "k", "nothing"), b"*2\r\n$1\r\n5\r\n$-1\r\n", b"*2\r\n$1\r\n5\r\n_\r\n"),
                (("LPOS", "l", "z"), b"$-1\r\n", b"_\r\n"),
                (("LPOS", "l", "z", "COUNT", "0"), b"*0\r\n", b"*0\r\n"),
                (("RANDOMKEY",), None, None),
                (("OBJECT", "ENCODING", "nothing"), b"$-1\r\n", b"_\r\n"),
                (("CLIENT", "GETNAME"), b"$-1\r\n", b"_\r\n"),
                (("INCRBYFLOAT", "f", "0"), b"$1\r\n0\r\n", b"$1\r\n0\r\n"),
                (
                    ("CONFIG", "GET", "hz"),
                    b"*2\r\n$2\r\nhz\r\n$2\r\n10\r\n",
                    b"%1\r\n$2\r\nhz\r\n$2\r\n10\r\n",
                ),
                (("CONFIG", "GET", "nosuch"), b"*0\r\n", b"%0\r\n"),
                (("COMMAND", "INFO", "nosuch"), b"*1\r\n$-1\r\n", b"*1\r\n_\r\n"),
                (
                    ("LCS", "k", "k", "IDX"),
                    b"*4\r\n$7\r\nmatches\r\n*1\r\n*2\r\n*2\r\n:0\r\n:0\r\n*2\r\n:0\r\n:0\r\n"
                    b"$3\r\nlen\r\n:1\r\n",
                    b"%2\r\n$7\r\nmatches\r\n*1\r\n*2\r\n*2\r\n:0\r\n:0\r\n*2\r\n:0\r\n:0\r\n"
                    b"$3\r\nlen\r\n:1\r\n",
                ),
            ):
                for connection, expected in ((two, in_two), (three, in_three)):
                    reply = connection.command(*command)
                    assert expected is None or reply == expected, (command, reply)
            assert three.command("INFO").startswith(b"=") and two.command("INFO").startswith(b"$")
            assert three.command("CLIENT", "LIST").startswith(b"=")
            assert decode(three.command("INFO", "server"))[0].startswith(b"# Server")


def test_client_reply():
    """CLIENT REPLY OFF, SKIP and ON; 100,000 unanswered writes do not block."""
    with Server() as server, server.connect() as connection:
        connection.send(
            encode("CLIENT", "REPLY", "SKIP") + encode("SET", "a", "1") + encode("GET", "a")
        )
        assert connection.reply() == b"$1\r\n1\r\n"
        connection.send(
            encode("CLIENT", "REPLY", "OFF")
            + encode("INCR", "n") * 100_000
            + encode("NOSUCH")
            + encode("CLIENT", "REPLY", "ON")
            + encode("GET", "n")
        )
        assert connection.reply() == b"+OK\r\n"
        assert connection.reply() == b"$6\r\n100000\r\n"


def test_closed_raises():
    """The test client itself notices a closed connection."""
    with Server() as server, server.connect() as connection:
        connection.command("QUIT")
        try:
            connection.reply()
            raise AssertionError("a reply after QUIT")
        except (Closed, ConnectionResetError):
            pass
