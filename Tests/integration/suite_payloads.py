"""Feeds a server the broken payloads that Redis's own suite has gathered.

    Tests/integration/suite_payloads.py TREE [REFERENCE]

TREE is a source tree of Redis 7.4: payloads are taken from tests/integration/corrupt-dump.tcl. Each
is restored with `sanitize-dump-payload` on and off, checksums not looked at; what is accepted is
read, changed, copied and written out. The server (FLASHKVD_BINARY) must stay up. With REFERENCE, a
redis-server of that version, differences in what is accepted are shown; they are no failure, since
a server may refuse more than another one.
"""

import pathlib
import random
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

from resp import Closed  # noqa: E402
from server import Server  # noqa: E402
from test_dump import use  # noqa: E402

ESCAPE = re.compile(rb"\\x([0-9a-fA-F]{2})|\\([0-7]{1,3})|\\(.)", re.DOTALL)
LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"a": b"\a", b"b": b"\b", b"v": b"\v", b"f": b"\f"}


def unescape(text):
    """A Tcl string in quotes as bytes."""

    def replace(match):
        if match[1]:
            return bytes([int(match[1], 16)])
        if match[2]:
            return bytes([int(match[2], 8) & 255])
        return LETTERS.get(match[3], match[3])

    return ESCAPE.sub(replace, text)


def payloads(tree):
    """Every string of the unit that looks like a payload: written in hexadecimal, and long enough."""
    text = (pathlib.Path(tree) / "tests/integration/corrupt-dump.tcl").read_bytes()
    found = []
    for match in re.finditer(rb'"((?:[^"\\]|\\.)*)"', text, re.DOTALL):
        data = unescape(match[1])
        if rb"\x" in match[1] and len(data) >= 12 and data not in found:
            found.append(data)
    return found


def feed(data, sanitize, binary=None):
    """Whether the payload was accepted; None if the server did not survive."""
    try:
        with Server("--sanitize-dump-payload", sanitize, binary=binary, check=binary is None) as server:
            with server.connect(timeout=30) as connection:
                connection.command("DEBUG", "SET-SKIP-CHECKSUM-VALIDATION", 1)
                reply = connection.command("RESTORE", "broken", 0, data)
                if reply == b"+OK\r\n" and binary is None:
                    use(connection, random.Random(1))
                assert connection.command("PING") == b"+PONG\r\n"
                return reply == b"+OK\r\n"
    except (AssertionError, Closed, OSError):
        if binary is None:
            raise
        return None


def main(arguments):
    if not arguments:
        sys.exit(__doc__)
    reference = arguments[1] if len(arguments) > 1 else None
    found = payloads(arguments[0])
    accepted = 0
    for number, data in enumerate(found):
        for sanitize in ("no", "yes"):
            ours = feed(data, sanitize)
            accepted += ours
            theirs = feed(data, sanitize, reference) if reference else ours
            if theirs not in (ours, None):
                words = "accepted" if ours else "refused"
                print(f"payload {number}, sanitize {sanitize}: {words} here only: {data[:60]!r}")
    print(f"{len(found)} payloads, each fed twice: {accepted} times accepted; the server stayed up")
    return 0 if len(found) >= 40 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
