"""Large collections of each type, for the drivers: how they are filled, what an item's payload is.

A command is for load.c, one item each: `__seq__` is the item's number (12 digits), `__data__` its
value, `__num__` eight random digits.
"""

from servers import BenchError, fill

BIG = "big:collection"


class Collection:
    """`payload` is what a client would say an item takes: the bytes it sends of it."""

    def __init__(self, kind, command, length, payload, goal, data=16):
        self.kind, self.command, self.length = kind, command, length
        self.payload, self.goal, self.data = payload, goal, data

    def fill(self, server, count, **options):
        """Makes the collection with this many items; the loader's figures."""
        figures = fill(server, count, self.command, d=self.data, **options)
        held = server.client(self.length, BIG)
        if held != count:
            raise BenchError(f"{server.name}: a {self.kind} of {held} items, not {count}")
        return figures


MEMBER = "key:__seq__"
HASH = Collection("hash", ["HSET", BIG, "__seq__", "__data__"], "HLEN", 24, 20, data=12)
SET = Collection("set", ["SADD", BIG, MEMBER], "SCARD", 16, 18)
SORTED_SET = Collection("sorted set", ["ZADD", BIG, "__num__", MEMBER], "ZCARD", 16, 40)
LIST = Collection("list", ["RPUSH", BIG, "__data__"], "LLEN", 16, 2.6)
STREAM = Collection(
    "stream", ["XADD", BIG, "*", "f1", "__data__", "f2", "__data__"], "XLEN", 44, 2.7)
COLLECTIONS = [HASH, SET, SORTED_SET, LIST, STREAM]
