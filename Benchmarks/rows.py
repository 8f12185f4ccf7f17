"""The rows of the speed table: each is one load, with what it needs beforehand, and its goals."""

from servers import fill, push_list

VALUE = "__data__"
KEY = "key:__rand_int__"
MEMBER = "element:__rand_int__"
FILLED = "element:__seq__"
BIT_STRING = 1024 * 1024


class Row:
    """One load: a command, how it is sent, what it needs beforehand, and its goals."""

    def __init__(self, name, command, pipeline=1, connections=50, peer=None, null=None,
                 setup=None, before=None, after=None, key_range=None, data=16, limit=None):
        self.name, self.command = name, command.split()
        self.pipeline, self.connections = pipeline, connections
        self.peer, self.null = peer, null
        self.setup, self.before, self.after = setup, before, after
        self.key_range, self.data, self.limit = key_range, data, limit


def filler(count, command, **options):
    """A setup that sends the command for each number below `count`."""
    return lambda server: fill(server, count, command.split(), **options)


def dropper(*keys):
    return lambda server: server.client("UNLINK", *keys)


def refiller(drop, make):
    def prepare(server):
        drop(server)
        make(server)

    return prepare


def rows(scale):
    """The table's rows. `scale` holds the numbers that --tiny makes small."""
    return string_rows(scale) + list_rows(scale) + collection_rows(scale) + huge_rows(scale)


def string_rows(scale):
    keys, big = scale["keys"], scale["big"]
    big_values = filler(big, "SET big:__seq__ " + VALUE, d=4096, pipeline=4)
    no_big_values = filler(big, "DEL big:__seq__")
    counters, no_counters = filler(keys, "SET ctr:__seq__ __num__"), filler(keys, "DEL ctr:__seq__")
    bits = filler(1, f"SETRANGE bench:bits 0 {VALUE}", d=BIT_STRING, pipeline=1, connections=1)
    mset = "MSET " + " ".join([KEY, VALUE] * 10)
    return [
        Row("PING", "PING"),
        Row("SET", f"SET {KEY} {VALUE}", peer=0.92, null=1.15),
        Row("GET", f"GET {KEY}", peer=0.92, null=1.15),
        Row("SET P16", f"SET {KEY} {VALUE}", 16, peer=0.70),
        Row("GET P16", f"GET {KEY}", 16, peer=0.70),
        Row("SET P64", f"SET {KEY} {VALUE}", 64, peer=0.45),
        Row("GET P64", f"GET {KEY}", 64, peer=0.45),
        Row("MSET-10 P4", mset, 4, peer=0.50),
        Row("INCR P16", "INCR ctr:__rand_int__", 16, peer=0.75, setup=counters,
            after=no_counters),
        Row("SET 4KiB P4", f"SET big:__rand_int__ {VALUE}", 4, peer=0.85, setup=big_values,
            after=no_big_values, key_range=big, data=4096),
        Row("GET 4KiB P4", "GET big:__rand_int__", 4, peer=0.85, setup=big_values,
            after=no_big_values, key_range=big, data=4096),
        Row("GET c5000", f"GET {KEY}", connections=scale["many"], peer=0.80),
        Row("BITCOUNT 1MiB", "BITCOUNT bench:bits", 4, peer=1.00, setup=bits,
            after=dropper("bench:bits")),
    ]


def list_rows(scale):
    pops = scale["pops"]
    drop = dropper("bench:list")

    def ranges(server):
        push_list(server, "range:list", 600)

    def pop_list(server):
        drop(server)
        push_list(server, "bench:list", pops * 2)

    drop_ranges = dropper("range:list")
    return [
        Row("LRANGE_100 P4", "LRANGE range:list 0 99", 4, peer=0.60, setup=ranges,
            after=drop_ranges),
        Row("LRANGE_600", "LRANGE range:list 0 599", peer=0.60, setup=ranges, after=drop_ranges),
        Row("LPUSH P16", f"LPUSH bench:list {VALUE}", 16, peer=0.75, before=drop, after=drop),
        Row("RPOP P16", "RPOP bench:list", 16, peer=0.75, before=pop_list, after=drop,
            limit=pops),
    ]


def collection_rows(scale):
    """Collections of 100,000 members, or as many as a reply is to hold."""
    members, pops = scale["members"], scale["pops"]
    drop = dropper("bench:hash", "bench:set", "bench:zset", "bench:hll", "bench:stream", "bench:geo",
                   "bench:other")
    hash_, set_ = (filler(members, command) for command in (
        f"HSET bench:hash {FILLED} {VALUE}", f"SADD bench:set {FILLED}"))
    zset = filler(members, f"ZADD bench:zset __num__ {FILLED}")
    places = filler(members, f"GEOADD bench:geo 15.__num__ 37.__num__ {FILLED}")
    hundred = filler(100, f"HSET bench:hash {FILLED} {VALUE}")
    six_hundred = filler(600, f"ZADD bench:zset __num__ {FILLED}")

    def overlapping(server):
        """Two sets of a thousand, of which five hundred are in both."""
        fill(server, 1000, ["SADD", "bench:set", FILLED])
        fill(server, 1000, ["SADD", "bench:other", FILLED], s=500)

    def row(name, command, goal, make, pipeline=16, **options):
        return Row(name, command, pipeline, peer=goal, setup=make, after=drop, key_range=members,
                   **options)

    def pop_row(name, command, make):
        return Row(name, command, 16, peer=0.75, before=refiller(drop, make), after=drop,
                   limit=pops)

    near = "GEOSEARCH bench:geo FROMLONLAT 15.__num__ 37.__num__ BYRADIUS 1 km ASC"
    return [
        row("HSET P16", f"HSET bench:hash {MEMBER} {VALUE}", 0.70, hash_),
        row("SADD P16", f"SADD bench:set {MEMBER}", 0.70, set_),
        row("ZADD P16", f"ZADD bench:zset __rand_int__ {MEMBER}", 0.50, zset),
        row("PFADD P16", f"PFADD bench:hll {MEMBER}", 0.70,
            filler(members, f"PFADD bench:hll {FILLED}")),
        row("GEOSEARCH P16", near, 0.70, places),
        Row("XADD P16", f"XADD bench:stream * field {VALUE}", 16, peer=0.65, before=drop,
            after=drop),
        pop_row("SPOP P16", "SPOP bench:set", filler(pops * 2, f"SADD bench:set {FILLED}")),
        pop_row("ZPOPMIN P16", "ZPOPMIN bench:zset",
                filler(pops * 2, f"ZADD bench:zset __num__ {FILLED}")),
        row("ZRANGE_100 P4", "ZRANGE bench:zset 0 99", 0.60, six_hundred, pipeline=4),
        row("HGETALL_100 P4", "HGETALL bench:hash", 0.60, hundred, pipeline=4),
        row("SINTER 2x1000 P16", "SINTER bench:set bench:other", 0.60, overlapping),
    ]


def huge_rows(scale):
    """Looking things up by rank and by place in a sorted set of five million."""
    huge = scale["huge"]
    make = filler(huge, f"ZADD bench:huge __num__ {FILLED}")
    return [
        Row("ZRANK 5M P16", f"ZRANK bench:huge {MEMBER}", 16, peer=0.60, setup=make,
            key_range=huge),
        # Ten members from anywhere.
        Row("ZRANGE 5M P16", "ZRANGE bench:huge __rank__ __rank_end__", 16, peer=0.60,
            setup=make_once(make, huge), after=dropper("bench:huge"), key_range=huge),
    ]


def make_once(make, count):
    """The row before has left the sorted set, unless it was not asked for."""

    def prepare(server):
        if server.client("ZCARD", "bench:huge") != count:
            make(server)

    return prepare
