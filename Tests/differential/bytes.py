"""Bytes that are nearly requests, sent to two servers: what comes back is compared to the byte.

    Tests/differential/bytes.py [--binary PATH] [--reference PATH] [--cases N] [--seed N]
                                [--max-differences N]

A case is a pipeline of random commands with something broken in it: a length, a line end, a byte, a
part lost or doubled. It goes over a connection of its own, in one or more pieces, and the writing
side is closed; the reply is all that comes until the server closes. Both servers must answer the
same, stay alive, and hold the same keys in the end. Run it on a debug build too, where overflows and
broken assumptions end the server. (Valkey 9.1 is no reference here: it checks the line end behind a
value. And Redis 7.4.1 may store a value of 32 KiB and more in a buffer that it goes on to use.)
"""

import argparse
import random
import re
import socket
import sys
import time

from fuzz import Fuzzer, clip, inline, show_parting
from grammar import NUMBERS, Generator
from references import find_reference
from resp import encode
from server import BINARY

# Replies of chance, of time or of the server's own; settings that would outlive the case; and
# flushing, at which Redis 7.4 lets the client wait, and drops what follows if it has hung up.
WITHOUT = b"""SET SETEX PSETEX GETEX EXPIRE PEXPIRE EXPIREAT PEXPIREAT TTL PTTL EXPIRETIME
    PEXPIRETIME TIME HELLO SCAN KEYS RANDOMKEY COMMAND MEMORY LOLWUT OBJECT CONFIG DEBUG CLIENT
    SETRANGE INFO FLUSHDB FLUSHALL""".split()
# Those whose replies know neither chance nor the order of a hash table.
FAMILIES = ["strings", "lists", "keys", "server"]
COMPARE_EVERY = 200
# At least this much Redis sends before it looks at its input again.
SENT_AT_ONCE = 64 * 1024
# The words of a text sent inline may be a HELLO.
IDENTITY = re.compile(rb"(\$2\r\nid\r\n):\d+|\$\d\r\n7\.\d\.\d+\r\n")
LENGTHS = [
    b"-1",
    b"0",
    b"00",
    b"-0",
    b"+1",
    b" 1",
    b"1 ",
    b"01",
    b"",
    b"abc",
    b"-2",
    b"2",
    b"3",
    b"100",
    b"1024",
    b"16384",
    b"40000",
    b"1048576",
    b"1048577",
    b"2147483647",
    b"2147483648",
    b"-2147483648",
    b"536870912",
    b"536870913",
    b"4294967297",
    b"9223372036854775807",
    b"9223372036854775808",
    b"-9223372036854775808",
    b"123456789012345678901234567890",
    b"1" * 70,
    b"\x00",
    b"1\x00",
    b"1\r",
]
PIECES = [
    b"\r\n",
    b"\n",
    b"\r",
    b"*",
    b"$",
    b"*1\r\n",
    b"$4\r\nPING\r\n",
    b"*0\r\n",
    b"*-1\r\n",
    b"PING\r\n",
    b"\x00",
    b"\xff",
    b'"',
    b"'",
    b'"\\x4',
    b" ",
    b"$-1\r\n",
    b"GET / HTTP/1.1\r\n",
    b"=3\r\n",
    b"%1\r\n",
]


class Mangler:
    """Makes cases. A seed replays them."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.generator = Generator(seed, WITHOUT, FAMILIES)

    def case(self):
        """The bytes to send, in pieces."""
        parts = [encode("PING")]
        for _ in range(self.random.randint(1, 12)):
            command = self.generator.next()
            # Redis 7.0 takes the lowest integer here.
            if command[0].upper() in (b"LPOS", b"LREM") and NUMBERS[-1] in command:
                continue
            isInline = self.random.random() < 0.2
            parts.append(inline(command, self.random) if isInline else encode(*command))
        data = b"".join(parts)
        for _ in range(self.random.choice((0, 1, 1, 1, 2, 4))):
            data = self.mangle(data)
        # A connection ends mid-request, or with one more that shows what it makes of the rest.
        if self.random.random() < 0.5:
            data += b"*1\r\n$4\r\nPING\r\n"
        if self.random.random() < 0.7 or len(data) < 2:
            return [data]
        cuts = sorted(self.random.randrange(len(data)) for _ in range(self.random.randint(1, 3)))
        return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)]) if a < b]

    def mangle(self, data):
        if not data:
            return self.random.choice(PIECES)
        at = self.random.randrange(len(data))
        kind = self.random.randrange(7)
        if kind == 0:
            return data[:at] + bytes([self.random.randrange(256)]) + data[at + 1 :]
        if kind == 1:
            return data[:at] + data[at + self.random.randint(1, 6) :]
        if kind == 2:
            return data[:at]
        if kind == 3:
            return data[:at] + self.random.choice(PIECES) + data[at:]
        if kind == 4:
            return data[:at] + data[max(0, at - self.random.randint(1, 40)) :]
        return self.with_other_length(data, at)

    def with_other_length(self, data, at):
        """Another number in the next header."""
        sign = self.random.choice(b"*$")
        start = data.find(sign, at)
        end = data.find(b"\r\n", start)
        if start < 0 or end < 0:
            return data
        return data[: start + 1] + self.random.choice(LENGTHS) + data[end:]


def others(ours, theirs):
    """A pattern for what only the other server knows: words of a text sent inline may be commands."""
    names = [set(side.inspector.value("COMMAND", "LIST")) for side in (theirs, ours)]
    names = b"|".join(sorted(map(re.escape, names[0] - names[1])))
    return re.compile(b"-ERR unknown command '(" + names + b")'", re.IGNORECASE)


def answer(address, pieces):
    """All that the server says, and whether the connection was reset."""
    with socket.create_connection(address, 10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        data = bytearray()
        try:
            for piece in pieces:
                if piece is not pieces[0]:
                    time.sleep(0.001)
                connection.sendall(piece)
            connection.shutdown(socket.SHUT_WR)
            while received := connection.recv(1 << 20):
                data += received
        except (ConnectionResetError, BrokenPipeError, OSError) as error:
            if isinstance(error, TimeoutError):
                raise
            return bytes(data), True
        return bytes(data), False


def agree(ours, theirs):
    """Whether two answers are the same, as far as both came: a reset loses what was not read, and
    Redis drops what is left to send when it sees the end of the stream."""
    (our, our_reset), (their, their_reset) = ours, theirs
    our, their = [IDENTITY.sub(rb"\1", data) for data in (our, their)]
    if our == their:
        return True
    if len(their) >= SENT_AT_ONCE and our.startswith(their):
        return True
    return (our_reset and their.startswith(our)) or (their_reset and our.startswith(their))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--binary", default=BINARY)
    parser.add_argument("--reference", default="redis-server")
    parser.add_argument("--cases", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--max-differences", type=int, default=10)
    options = parser.parse_args()
    begin = time.monotonic()
    pair = Fuzzer(options.binary, find_reference(options.reference), options.seed)
    mangler, foreign = Mangler(options.seed), others(*pair.sides)
    differences = resets = 0
    try:
        for number in range(options.cases):
            pieces = mangler.case()
            answers = []
            for side, name in zip(pair.sides, pair.names):
                try:
                    answers.append(answer(("127.0.0.1", side.server.port), pieces))
                except OSError as error:
                    raise SystemExit(
                        f"DIFFERENCE seed {options.seed}, case {number}: {name}: {error}\n"
                        f"  sent {pieces!r}\n{side.server.output()[-2000:]}"
                    ) from error
            resets += answers[0][1] or answers[1][1]
            if foreign.search(answers[0][0]):
                pair.inspect("FLUSHALL")
            elif not agree(*answers):
                differences += 1
                print(f"DIFFERENCE seed {options.seed}, case {number}: sent {clip(pieces, 3000)}")
                show_parting(pair.names, *[data for data, _ in answers])
            if number % COMPARE_EVERY == COMPARE_EVERY - 1 or number == options.cases - 1:
                pair.compare_keyspaces()
                pair.inspect("FLUSHALL")
            if differences + pair.differences >= options.max_differences:
                break
        pair.check_exit()
    finally:
        pair.close()
    differences += pair.differences
    print(
        f"seed {options.seed}: {number + 1} cases, {resets} resets, {differences} differences, "
        f"{time.monotonic() - begin:.0f} s, against {pair.reference}"
    )
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
