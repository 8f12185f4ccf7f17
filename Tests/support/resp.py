"""A minimal client that keeps the raw bytes of replies, so that tests compare what is on the wire.

Written for the tests alone: it shares nothing with the server and trusts nothing it reads.
"""

import socket


class Closed(Exception):
    """The server closed the connection before the reply was complete."""


class Incomplete(Exception):
    """Some replies of a pipeline did not come: those that did, and the bytes after them."""

    def __init__(self, got, rest):
        super().__init__(f"{len(got)} replies came, then {rest[:200]!r}")
        self.got = got


def encode(*arguments):
    """A request as an array of bulk strings."""
    parts = [b"*%d\r\n" % len(arguments)]
    for argument in arguments:
        if isinstance(argument, str):
            argument = argument.encode()
        elif not isinstance(argument, bytes):
            argument = str(argument).encode()
        parts.append(b"$%d\r\n%b\r\n" % (len(argument), argument))
    return b"".join(parts)


def skip(data, position):
    """The end of the reply that starts at `position`, or -1 when it is not all there."""
    pending = 1
    while pending:
        end = data.find(b"\r\n", position)
        if end < 0:
            return -1
        kind = data[position]
        if kind in b"$=!":
            length = int(data[position + 1 : end])
            end = end if length < 0 else end + 2 + length
            if end + 2 > len(data):
                return -1
        elif kind in b"*~>":
            pending += max(int(data[position + 1 : end]), 0)
        elif kind in b"%|":
            # An attribute stands before the reply that it belongs to.
            pending += 2 * int(data[position + 1 : end]) + (1 if kind in b"|" else 0)
        elif kind not in b"+-:_#,(":
            raise AssertionError(f"not a reply: {bytes(data[position:position + 60])!r}")
        pending -= 1
        position = end + 2
    return position


class ReplyError(str):
    """An error reply's text, in a decoded reply."""


def decode(data, position=0):
    """The reply at `position` as a Python value, and its end. Maps become lists of pairs."""
    end = data.find(b"\r\n", position)
    kind, head = data[position : position + 1], bytes(data[position + 1 : end])
    position = end + 2
    if kind == b"+":
        return head.decode(), position
    if kind == b"-":
        return ReplyError(head.decode(errors="replace")), position
    if kind in (b":", b"("):
        return int(head), position
    if kind == b"_":
        return None, position
    if kind == b"#":
        return head == b"t", position
    if kind == b",":
        return float(head), position
    length = int(head)
    if kind in (b"$", b"=", b"!"):
        if length < 0:
            return None, position
        text = bytes(data[position : position + length])
        return (text[4:] if kind == b"=" else text), position + length + 2
    if kind == b"%":
        pairs = []
        for _ in range(length):
            key, position = decode(data, position)
            value, position = decode(data, position)
            pairs.append((key, value))
        return pairs, position
    if length < 0:
        return None, position
    items = []
    for _ in range(length):
        item, position = decode(data, position)
        items.append(item)
    return items, position


class Connection:
    """A blocking connection to `address`: (host, port), or the path of a unix socket."""

    def __init__(self, address, timeout=20):
        if isinstance(address, str):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(timeout)
            self.socket.connect(address)
        else:
            self.socket = socket.create_connection(address, timeout)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.data = bytearray()

    def send(self, data):
        self.socket.sendall(data.encode() if isinstance(data, str) else data)

    def fill(self):
        """Receives once; raises Closed at the end of the stream."""
        received = self.socket.recv(1 << 20)
        if not received:
            raise Closed(f"closed after {bytes(self.data)!r}")
        self.data += received

    def reply(self):
        """The next reply, raw."""
        while True:
            end = skip(self.data, 0)
            if end >= 0:
                raw = bytes(self.data[:end])
                del self.data[:end]
                return raw
            self.fill()

    def replies(self, count):
        """The next `count` replies, raw, in a list."""
        result, position = [], 0
        while len(result) < count:
            end = skip(self.data, position)
            if end < 0:
                try:
                    self.fill()
                except (TimeoutError, Closed, ConnectionResetError) as error:
                    raise Incomplete(result, bytes(self.data[position:])) from error
                continue
            result.append(bytes(self.data[position:end]))
            position = end
        del self.data[:position]
        return result

    def command(self, *arguments):
        """Sends one command; the raw reply."""
        self.send(encode(*arguments))
        return self.reply()

    def value(self, *arguments):
        """Sends one command; the decoded reply. An error reply raises."""
        value = decode(self.command(*arguments))[0]
        assert not isinstance(value, ReplyError), f"{arguments}: {value}"
        return value

    def rest(self):
        """Everything up to the end of the stream."""
        try:
            while True:
                self.fill()
        except (Closed, ConnectionResetError):
            data = bytes(self.data)
            self.data.clear()
            return data

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
