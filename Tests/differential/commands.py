"""Random commands for the differential fuzzer: every command that the server has, with all its
options, in random letter case, and with arguments that are often at the edge and sometimes wrong.

`Generator.next()` returns one command as a list of byte strings. A seed replays a run.

Two servers never run a command in the very same millisecond, so nothing here may depend on that:
times to live are either past or far away and wide apart, and wrong arguments never make a time to
live short (`TIMED`).
"""

import random
import time

KEYS = [b"k%d" % number for number in range(14)] + [
    b"",
    b"K1",
    b"12345",
    b"-7",
    b"key:with:colons",
    b"[a-c]*",
    b"k\x00\xff\r\n",
    b"?",
    b"a-key-long-enough-to-need-more-room-than-a-short-one-" * 3,
]

NUMBERS = [
    b"0",
    b"1",
    b"-1",
    b"7",
    b"10",
    b"42",
    b"100",
    b"9999",
    b"10000",
    b"-12345",
    b"65536",
    b"2147483647",
    b"2147483648",
    b"4294967296",
    b"9007199254740993",
    b"9223372036854775806",
    b"9223372036854775807",
    b"-9223372036854775808",
]
NOT_NUMBERS = [
    b"",
    b"abc",
    b"1.5",
    b" 1",
    b"1 ",
    b"+1",
    b"01",
    b"-0",
    b"0x10",
    b"1e3",
    b"--1",
    b"9223372036854775808",
    b"-9223372036854775809",
    b"123456789012345678901234567890",
    b"nan",
    b"12a",
    b"\x00",
    b"1\x00",
    b"0\x001",
    b"\xff",
]
FLOATS = [
    b"0.1",
    b"-0.1",
    b"3.0",
    b"5e3",
    b"1e-7",
    b"-2.5",
    b"1.23456789012345678",
    b"0",
    b"100000000000000000000",
    b"3.14159265358979",
    b"0.000001",
    b"1e17",
    b"-1",
    b"200",
    b"1e300",
    b"1e20",
    b"-1e-300",
    b"0.3",
    b"00.50",
    b"+2",
    b"0x1p3",
]
NOT_FLOATS = [
    b"",
    b"inf",
    b"-inf",
    b"nan",
    b"abc",
    b" 1.5",
    b"1.5 ",
    b"1.5abc",
    b"1e5000",
    b"infinity",
    b"1.0\x00",
    b"1,5",
]
TEXTS = [
    b"",
    b"a",
    b"hello",
    b"Hello World",
    b"foobar",
    b"ohmytext",
    b"mynewtext",
    b"\r\n",
    b"\x00",
    b"\xff\xfe\x00binary\r\n",
    b"x" * 20,
    b"y" * 43,
    b"y" * 44,
    b"y" * 45,
    b"y" * 63,
    b"y" * 64,
    b"z" * 127,
    b"z" * 128,
    b"z" * 129,
    b"w" * 300,
    b"3.0",
    b"1e5",
    b"0.1",
    b"-1.50",
]
# Around 16 KiB a value moves into a block of its own, and goes out by reference.
LARGE = [
    b"L" * 5000,
    b"M" * 9000,
    b"N" * 16383,
    b"O" * 16384,
    b"P" * 20000,
    bytes(range(256)) * 40,
    b"Q" * 32767,
    b"R" * 32768,
    bytes(range(256)) * 160,
]
PATTERNS = [
    b"*",
    b"k*",
    b"k?",
    b"k[1-3]",
    b"k[^1-3]",
    b"[a-k]*",
    b"\\[a-c]\\*",
    b"k1*",
    b"",
    b"*:*",
    b"nothing*",
    b"k[",
    b"k[1-",
    b"k\\",
    b"?",
    b"[",
    b"*[",
    b"**k**1",
    b"k[3-1]",
    b"[\\a]*",
]

# Commands that set a time to live: a wrong argument must not become a short one.
TIMED = {b"SET", b"SETEX", b"PSETEX", b"GETEX", b"EXPIRE", b"PEXPIRE", b"EXPIREAT", b"PEXPIREAT"}
# Commands whose arguments must not change places: a value must not become a large number there.
UNMIXED = TIMED | {b"SETRANGE", b"LSET", b"LREM", b"CONFIG"}
# Words that are wrong nearly everywhere, and never a time to live.
JUNK = [b"abc", b"", b"-1", b"1.5", b"NX", b"XX", b"GET", b"COUNT", b"-5x", b"EX"]
# What a key past its time leaves to each server until it is removed.
COUNTING = {b"DBSIZE", b"RANDOMKEY", b"DEBUG"}


class Generator:
    def __init__(self, seed, without=()):
        """`without`: names of commands and subcommands that are left out."""
        self.random = random.Random(seed)
        self.without = frozenset(without)
        self.settings = SETTINGS
        self.now = int(time.time())
        self.home = 0
        self.choices, self.cumulative, total = [], [], 0
        for home, commands in enumerate((STRINGS, LISTS, OTHERS)):
            for weight, builder in commands:
                self.choices.append((home, builder))
                self.cumulative.append(total := total + weight)

    # The parts of a command.

    def chance(self, probability):
        return self.random.random() < probability

    def pick(self, items):
        return items[int(self.random.random() * len(items))]

    def key(self):
        # Few keys get most of the traffic, so that types collide, but not at every command: each
        # type is at home at four of them.
        choice = self.random.random()
        if choice < 0.6 and self.home < 2:
            return KEYS[4 * self.home + int(self.random.random() * 4)]
        if choice < 0.9:
            return KEYS[int(self.random.random() * 8)]
        return self.pick(KEYS)

    def keys(self, low=1, high=4):
        return [self.key() for _ in range(self.random.randint(low, high))]

    def value(self):
        choice = self.random.random()
        if choice < 0.4:
            return self.pick(TEXTS)
        if choice < 0.65:
            return self.pick(NUMBERS)
        if choice < 0.75:
            return self.pick(NOT_NUMBERS)
        if choice < 0.85:
            return self.pick(FLOATS)
        if choice < 0.98:
            return b"v%d" % self.random.randint(0, 20)
        return self.pick(LARGE)

    def values(self, low=1, high=5):
        return [self.value() for _ in range(self.random.randint(low, high))]

    def integer(self):
        if self.chance(0.75):
            return b"%d" % self.random.randint(-12, 12)
        return self.pick(NUMBERS) if self.chance(0.6) else self.pick(NOT_NUMBERS)

    def count(self):
        if self.chance(0.8):
            return b"%d" % self.random.randint(0, 10)
        return self.integer()

    def offset(self):
        # Past 512 MiB is an error; just below it would make the servers fill memory.
        if self.chance(0.85):
            return b"%d" % self.random.randint(0, 300)
        return self.pick(
            [
                b"-1",
                b"70000",
                b"536870912",
                b"2147483648",
                b"9223372036854775807",
                b"abc",
                b"1.5",
                b"",
            ]
        )

    def float(self):
        return self.pick(NOT_FLOATS) if self.chance(0.12) else self.pick(FLOATS)

    def index(self):
        return self.integer()

    def near_index(self):
        # LSET of 7.4 takes the index modulo 2^32 on a small list; no other command does.
        return b"%d" % self.random.randint(-12, 12) if self.chance(0.9) else self.pick(NOT_NUMBERS)

    def removals(self):
        # 7.0 removes with the lowest integer, which 7.4 refuses: the lists would part for good.
        value = self.integer()
        return b"0" if value == NUMBERS[-1] else value

    def seconds(self):
        if self.chance(0.8):
            return b"%d" % self.random.randint(1000, 10**9)
        return self.pick(
            [
                b"0",
                b"-1",
                b"-1000",
                b"abc",
                b"",
                b"1000.5",
                b"9223372036854775807",
                b"9223372036854775",
                b"-9223372036854775808",
                b"9223372036854770",
            ]
        )

    def milliseconds(self):
        if self.chance(0.8):
            return b"%d" % self.random.randint(10**6, 10**12)
        return self.pick(
            [
                b"0",
                b"-1",
                b"-1000",
                b"abc",
                b"",
                b"9223372036854775807",
                b"9223372036854775800",
                b"-9223372036854775808",
            ]
        )

    def time_seconds(self):
        if self.chance(0.75):
            return b"%d" % (self.now + self.random.randint(10**4, 10**9))
        return self.pick(
            [b"1", b"0", b"-1", b"1000000000", b"abc", b"9223372036854775807", b"9223372036854775"]
        )

    def time_milliseconds(self):
        if self.chance(0.75):
            return b"%d" % (self.now * 1000 + self.random.randint(10**7, 10**12))
        return self.pick([b"1", b"0", b"-1", b"1000000000000", b"abc", b"9223372036854775807"])

    def database(self):
        if self.chance(0.9):
            return b"%d" % self.random.choice([0, 0, 0, 0, 1, 1, 9, 15])
        return self.pick([b"16", b"-1", b"abc", b"", b"99999999999999999999", b"0 "])

    def end(self):
        return (
            self.pick([b"LEFT", b"RIGHT"]) if self.chance(0.95) else self.pick([b"UP", b"", b"L"])
        )

    def some(self, *options, probability=0.3):
        """Each option with the probability, in random order. An option is a list or gives one."""
        chosen = [option for option in options if self.chance(probability)]
        self.random.shuffle(chosen)
        return [word for option in chosen for word in (option() if callable(option) else option)]

    # A whole command.

    def next(self):
        self.home, builder = self.random.choices(self.choices, cum_weights=self.cumulative)[0]
        command = builder(self)
        if not self.without.isdisjoint((command[0], b" ".join(command[:2]))):
            return self.next()
        if self.chance(0.05):
            command = self.spoil(command)
        if self.chance(0.2):
            command = [
                self.any_case(word) if len(word) < 24 and word.isalpha() else word
                for word in command
            ]
        return command

    def short_lives(self):
        """Commands that give keys only milliseconds to live, each key once, and the milliseconds
        after which all of them have passed."""
        commands, longest = [], 0
        for key in self.random.sample(KEYS[:14], 7):
            left = self.random.randint(1, 50)
            longest = max(longest, left)
            last = b"%d" % (time.time() * 1000 + left)
            left = b"%d" % left
            commands.append(
                self.pick(
                    [
                        [b"SET", key, self.value(), b"PX", left],
                        [b"SET", key, self.value(), b"PXAT", last],
                        [b"SET", key, self.value(), b"PX", left, b"XX", b"GET"],
                        [b"PSETEX", key, left, self.value()],
                        [b"GETEX", key, b"PX", left],
                        [b"GETEX", key, b"PXAT", last],
                        [b"PEXPIRE", key, left],
                        [b"PEXPIRE", key, left, self.pick([b"NX", b"XX", b"GT", b"LT"])],
                        [b"PEXPIREAT", key, last],
                    ]
                )
            )
        return commands, longest

    def any_case(self, word):
        if word.isupper():
            return bytes(self.pick((byte, byte | 0x20)) for byte in word)
        return word

    def spoil(self, command):
        """The command with something wrong about its arguments; its name stays."""
        command = list(command)
        timed = command[0] in TIMED
        place = self.random.randint(1, len(command))
        choice = self.random.randint(0, 4)
        junk = self.pick(
            JUNK if timed else NOT_NUMBERS[:-4] + [b"-1", b"0", b"NX", b"COUNT", b"MATCH"]
        )
        if choice == 0 and len(command) > 1:
            command.pop()
        elif choice == 1:
            command.insert(place, junk)
        elif choice == 2 and place < len(command):
            command[place] = junk
        elif choice == 3 and place < len(command):
            command.insert(place, command[place])
        elif choice == 4 and len(command) > 2 and command[0] not in UNMIXED:
            other = self.random.randint(1, len(command) - 1)
            place = min(place, len(command) - 1)
            command[place], command[other] = command[other], command[place]
        return command


def expiry(g):
    return g.pick(
        [
            [b"EX", g.seconds()],
            [b"PX", g.milliseconds()],
            [b"EXAT", g.time_seconds()],
            [b"PXAT", g.time_milliseconds()],
            [b"KEEPTTL"],
        ]
    )


def set_(g):
    command = [b"SET", g.key(), g.value()]
    if g.chance(0.5):
        command += g.some([b"NX"], [b"XX"], [b"GET"], lambda: expiry(g), probability=0.35)
        if g.chance(0.05):
            command += expiry(g)
    return command


def getex(g):
    option = g.pick([[], [b"PERSIST"], expiry(g), expiry(g)])
    return [b"GETEX", g.key(), *option]


def pairs(g):
    words = []
    for _ in range(g.random.randint(1, 4)):
        words += [g.key(), g.value()]
    return words


def lcs(g):
    return [
        b"LCS",
        g.key(),
        g.key(),
        *g.some([b"LEN"], [b"IDX"], [b"WITHMATCHLEN"], [b"MINMATCHLEN", g.count()]),
    ]


def expire(g):
    name, amount = g.pick(
        [
            (b"EXPIRE", g.seconds),
            (b"PEXPIRE", g.milliseconds),
            (b"EXPIREAT", g.time_seconds),
            (b"PEXPIREAT", g.time_milliseconds),
        ]
    )
    return [
        name,
        g.key(),
        amount(),
        *g.some([b"NX"], [b"XX"], [b"GT"], [b"LT"], [b"YY"], probability=0.1),
    ]


def lpos(g):
    return [
        b"LPOS",
        g.key(),
        g.value(),
        *g.some([b"RANK", g.integer()], [b"COUNT", g.count()], [b"MAXLEN", g.count()]),
    ]


def lmpop(g):
    keys = g.keys(1, 3)
    number = b"%d" % len(keys) if g.chance(0.9) else g.integer()
    return [b"LMPOP", number, *keys, g.end(), *g.some([b"COUNT", g.count()])]


def copy(g):
    return [b"COPY", g.key(), g.key(), *g.some([b"DB", g.database()], [b"REPLACE"])]


def scan(g):
    command = [
        b"SCAN",
        b"0" if g.chance(0.8) else g.pick([b"1", b"abc", b"-1", b"", b"99999999999"]),
    ]
    return command + g.some(
        [b"MATCH", g.pick(PATTERNS)],
        [b"TYPE", g.pick([b"string", b"list", b"hash", b"LIST", b"nosuch"])],
        [b"COUNT", g.pick([b"1000000", b"1000000", b"1000000", b"0", b"-1", b"abc", b"1.5"])],
    )


def flush(g):
    return [
        g.pick([b"FLUSHDB", b"FLUSHALL"]),
        *g.some([b"ASYNC"], [b"SYNC"], [b"NOW"], probability=0.25),
    ]


def object_(g):
    subcommand = g.pick(
        [b"ENCODING", b"ENCODING", b"ENCODING", b"REFCOUNT", b"IDLETIME", b"FREQ", b"NOSUCH"]
    )
    return [b"OBJECT", subcommand, g.key()]


def config_get(g):
    names = [
        b"maxmemory",
        b"MaxMemory",
        b"list-max-*",
        b"databases",
        b"nosuch",
        b"timeout",
        b"save",
        b"proto-max-bulk-len",
        b"lfu-*",
        b"appendonly",
        b"maxmemory-samples",
        b"?imeout",
        b"tcp-keepalive",
        b"lazyfree-lazy-*",
        b"notify-keyspace-events",
    ]
    return [b"CONFIG", b"GET", *[g.pick(names) for _ in range(g.random.randint(1, 3))]]


def config_set(g):
    settings = [
        [
            b"list-max-listpack-size",
            g.pick([b"-2", b"-1", b"-5", b"5", b"128", b"1", b"abc", b"-6"]),
        ],
        [b"maxmemory-policy", g.pick([b"noeviction", b"allkeys-lru", b"volatile-lfu", b"nosuch"])],
        [b"timeout", g.pick([b"0", b"100000", b"-1", b"abc", b""])],
        [b"maxmemory-samples", g.pick([b"5", b"10", b"0", b"abc"])],
        [b"lfu-decay-time", g.pick([b"1", b"-1", b"2"])],
        [b"appendfsync", g.pick([b"always", b"everysec", b"no", b"maybe"])],
        [b"lazyfree-lazy-user-del", g.pick([b"yes", b"no", b"YES", b"maybe"])],
        [b"nosuch", b"1"],
        [b"databases", b"20"],
        [b"client-output-buffer-limit", g.pick([b"normal 0 0 0", b"normal 0 0", b"nosuch 1 2 3"])],
        [b"maxmemory", g.pick([b"0", b"100gb", b"0gb", b"10x", b"-1"])],
    ]
    g.random.shuffle(settings)
    return [
        b"CONFIG",
        b"SET",
        *[word for pair in settings[: g.random.randint(1, 2)] for word in pair],
    ]


# Settings that change nothing the other commands show.
SETTINGS = b"""hash-max-listpack-entries hash-max-ziplist-value set-max-intset-entries
    set-max-listpack-value zset-max-listpack-entries zset-max-ziplist-value hll-sparse-max-bytes
    stream-node-max-bytes stream-node-max-entries list-compress-depth lfu-log-factor
    slowlog-log-slower-than slowlog-max-len latency-monitor-threshold latency-tracking
    latency-tracking-info-percentiles notify-keyspace-events maxmemory-eviction-tenacity hz
    dynamic-hz active-expire-effort tcp-keepalive
    lua-time-limit busy-reply-threshold repl-backlog-size repl-backlog-ttl repl-timeout
    repl-diskless-sync-delay min-slaves-max-lag replica-priority loglevel
    acllog-max-len tracking-table-max-keys shutdown-timeout shutdown-on-sigterm
    replica-announce-ip repl-disable-tcp-nodelay stop-writes-on-bgsave-error rdb-key-save-delay
    rdbchecksum rdbcompression dbfilename auto-aof-rewrite-percentage auto-aof-rewrite-min-size
    aof-use-rdb-preamble aof-timestamp-enabled no-appendfsync-on-rewrite activerehashing
    jemalloc-bg-thread sanitize-dump-payload oom-score-adj-values proc-title-template
    cluster-node-timeout cluster-require-full-coverage max-new-connections-per-cycle
    unixsocket io-threads cluster-enabled always-show-logo""".split()
# Those that other versions do not have, or not with the same defaults and errors.
VERSIONED_SETTINGS = b"""set-max-listpack-value max-new-connections-per-cycle dynamic-hz
    shutdown-on-sigterm sanitize-dump-payload repl-backlog-size io-threads loglevel
    latency-tracking-info-percentiles""".split()
SETTING_VALUES = b"0 1 -1 7 100 101 1024 1mb 2g 3Gb 10k 64MB 10% -5% 150% 1.5 1e3 abc yes no YES".split()
SETTING_VALUES += [b"", b"AKE", b"KEA$g", b"Kq", b"99 99.9", b"101", b"50 abc", b"1 2 3", b"debug"]
SETTING_VALUES += [b"notice", b"now", b"save force", b"default", b"{title}", b"a b", b" 1", b"1 "]
SETTING_VALUES += [b"4294967295", b"9223372036854775807", b"9223372036854775808", b"\xff", b"0x10"]


def other_config(g):
    names = [g.pick(g.settings) for _ in range(g.random.choice((1, 1, 2)))]
    if g.chance(0.4):
        return [b"CONFIG", b"GET", *names]
    return [b"CONFIG", b"SET", *[word for name in names for word in (name, g.pick(SETTING_VALUES))]]


def client(g):
    return [
        b"CLIENT",
        *g.pick(
            [
                [b"GETNAME"],
                [b"SETNAME", g.pick([b"name", b"", b"with space", b"a\n", b"x" * 40])],
                [
                    b"SETINFO",
                    g.pick([b"LIB-NAME", b"lib-ver", b"nosuch"]),
                    g.pick([b"x", b"a b", b""]),
                ],
                [b"NO-EVICT", g.pick([b"on", b"OFF", b"x"])],
                [b"NO-TOUCH", g.pick([b"off", b"x"])],
                [b"KILL", g.pick([b"127.0.0.1:1", b"", b"x"])],
                [
                    b"KILL",
                    *g.pick(
                        [
                            [b"ID", b"99999999"],
                            [b"ID", b"0"],
                            [b"ID", b"abc"],
                            [b"TYPE", b"x"],
                            [b"TYPE", b"pubsub"],
                            [b"SKIPME", b"x"],
                            [b"USER", b"nosuch"],
                            [b"ADDR", b"1.2.3.4:5"],
                            [b"LADDR", b"1.2.3.4:5"],
                            [b"NOSUCH", b"1"],
                            [b"MAXAGE", b"abc"],
                            [b"ID", b"99999999", b"ADDR"],
                        ]
                    ),
                ],
                [b"REPLY", g.pick([b"x", b"ON", b""])],
                [b"UNPAUSE"],
                [b"PAUSE", g.pick([b"abc", b"-1", b""])],
                [b"LIST", g.pick([b"TYPE", b"x"]), b"nosuch"],
                [b"LIST", b"ID", b"abc"],
                [b"NOSUCH"],
            ]
        ),
    ]


def command_(g):
    return [
        b"COMMAND",
        *g.pick(
            [
                [b"GETKEYS", *[word for word in g.next() if word][:6]],
                [b"GETKEYS"],
                [b"NOSUCH"],
                [
                    b"GETKEYSANDFLAGS",
                    *g.pick(
                        [
                            [b"GET", b"a"],
                            [b"SET", b"a", b"b"],
                            [b"MSET", b"a", b"1", b"b", b"2"],
                            [b"LMPOP", b"2", b"a", b"b", b"LEFT"],
                            [b"PING"],
                            [b"X"],
                            [b"COPY", b"a", b"b"],
                            [b"RENAME", b"a", b"b"],
                            [b"GET"],
                        ]
                    ),
                ],
                [b"INFO", b"nosuch"],
                [b"LIST", b"FILTERBY", b"PATTERN", g.pick([b"get*", b"l*p", b"x"])],
                [b"LIST", b"FILTERBY", b"NOSUCH", b"x"],
                [b"LIST", b"x"],
                [b"COUNT", b"x"],
            ]
        ),
    ]


def any_number(g):
    """A command with any number of arguments, most often a wrong one."""
    command = list(g.pick(NAMES))
    words = g.random.randint(0, 4)
    if command[0] in UNMIXED:
        return command + [g.key() if g.chance(0.4) else g.pick(JUNK) for _ in range(words)]
    return command + [g.key() if g.chance(0.4) else g.value() for _ in range(words)]


def unknown(g):
    return [
        g.pick([b"NOSUCH", b"GETT", b"", b"get\r\n", b"x" * 200, b"foo|bar", b"NOSUCH\x00x"]),
        *g.values(0, 3),
    ]


def hello(g):
    # No wrong password here: Redis 7.4 leaves out that error when earlier replies of the pipeline
    # are not sent yet, which no client could live with. The integration tests cover AUTH.
    return [
        b"HELLO",
        *g.pick(
            [
                [],
                [b"2"],
                [b"3"],
                [b"2"],
                [b"3"],
                [b"4"],
                [b"1"],
                [b"abc"],
                [b""],
                [b"3", b"SETNAME", b"x"],
                [b"2", b"SETNAME", b"a b"],
                [b"3", b"NOSUCH"],
            ]
        ),
    ]


def simple(*words):
    """A command whose words are constants or the names of Generator's methods."""

    def build(g):
        command = []
        for word in words:
            part = getattr(g, word)() if isinstance(word, str) else word
            command += part if isinstance(part, list) else [part]
        return command

    return build


PROTOCOLS = b"string integer double bignum null array set map attrib verbatim true false x".split()
THRESHOLDS = [b"0", b"100b", b"10k", b"1", b"4gb", b"5gb", b"abc", b"-1", b"200b", b"20000b"]


def debug(g):
    return [
        b"DEBUG",
        *g.pick(
            [
                [b"SLEEP", b"0"],
                [b"SET-ACTIVE-EXPIRE", b"1"],
                [b"NOSUCH"],
                [b"OBJECT", b"nosuchkey"],
                [b"OBJECT", g.key()],
                [b"DIGEST-VALUE", *g.keys(0, 3)],
                [b"SDSLEN", g.key()],
                [b"PROTOCOL", g.pick(PROTOCOLS)],
                [b"ERROR", g.pick([b"ERR text", b"CODE", b"", b"a\r\nb"])],
                [b"LISTPACK", g.key()],
                [b"QUICKLIST", g.key()],
                [b"QUICKLIST-PACKED-THRESHOLD", g.pick(THRESHOLDS)],
                [b"REPLYBUFFER", b"RESIZING", g.pick([b"0", b"1"])],
                [b"REPLYBUFFER", b"PEAK-RESET-TIME", g.pick([b"NEVER", b"RESET", b"100", b"x"])],
                [b"CHANGE-REPL-ID"],
                [b"DICT-RESIZING", g.pick([b"0", b"1"])],
                [b"HTSTATS-KEY", g.key()],
            ]
        ),
    ]


# What any_number calls. Not here: what ends or delays the connection, and what describes the server.
NAMES = [
    name.split()
    for name in (
        b"SET,GET,GETEX,GETDEL,GETSET,GETRANGE,SUBSTR,SETRANGE,APPEND,STRLEN,INCR,DECR,INCRBY,DECRBY,"
        b"INCRBYFLOAT,MGET,MSET,MSETNX,SETNX,SETEX,PSETEX,LCS,LPUSH,RPUSH,LPUSHX,RPUSHX,LPOP,RPOP,"
        b"LLEN,LINDEX,LRANGE,LSET,LREM,LTRIM,LINSERT,LPOS,LMOVE,RPOPLPUSH,LMPOP,DEL,UNLINK,EXISTS,"
        b"TOUCH,TYPE,RENAME,RENAMENX,COPY,MOVE,KEYS,SCAN,RANDOMKEY,EXPIRE,PEXPIRE,EXPIREAT,PEXPIREAT,"
        b"TTL,PTTL,EXPIRETIME,PEXPIRETIME,PERSIST,SELECT,SWAPDB,FLUSHDB,FLUSHALL,DBSIZE,PING,ECHO,"
        b"RESET,HELLO,TIME,OBJECT,OBJECT ENCODING,OBJECT REFCOUNT,OBJECT IDLETIME,OBJECT FREQ,"
        b"MEMORY,MEMORY USAGE,COMMAND COUNT,COMMAND INFO,COMMAND LIST,COMMAND GETKEYS,"
        b"COMMAND GETKEYSANDFLAGS,CONFIG,CONFIG GET,CONFIG SET,CONFIG RESETSTAT,CONFIG REWRITE,CLIENT,"
        b"CLIENT GETNAME,CLIENT SETNAME,CLIENT SETINFO,CLIENT NO-EVICT,CLIENT NO-TOUCH,CLIENT UNPAUSE,"
        b"CLIENT KILL,CLIENT REPLY,CLIENT ID,DEBUG,DEBUG OBJECT"
    ).split(b",")
]

# Weight and builder of each command, by the type that it works on.
STRINGS = [
    (60, set_),
    (40, simple(b"GET", "key")),
    (15, getex),
    (10, simple(b"GETDEL", "key")),
    (10, simple(b"GETSET", "key", "value")),
    (15, simple(b"GETRANGE", "key", "index", "index")),
    (5, simple(b"SUBSTR", "key", "index", "index")),
    (20, simple(b"SETRANGE", "key", "offset", "value")),
    (25, simple(b"APPEND", "key", "value")),
    (10, simple(b"STRLEN", "key")),
    (15, simple(b"INCR", "key")),
    (10, simple(b"DECR", "key")),
    (15, simple(b"INCRBY", "key", "integer")),
    (10, simple(b"DECRBY", "key", "integer")),
    (20, simple(b"INCRBYFLOAT", "key", "float")),
    (15, simple(b"MGET", "keys")),
    (12, lambda g: [b"MSET", *pairs(g)]),
    (6, lambda g: [b"MSETNX", *pairs(g)]),
    (8, simple(b"SETNX", "key", "value")),
    (8, simple(b"SETEX", "key", "seconds", "value")),
    (8, simple(b"PSETEX", "key", "milliseconds", "value")),
    (10, lcs),
]
LISTS = [
    (40, simple(b"LPUSH", "key", "values")),
    (45, simple(b"RPUSH", "key", "values")),
    (12, simple(b"LPUSHX", "key", "values")),
    (12, simple(b"RPUSHX", "key", "values")),
    (10, simple(b"LPOP", "key")),
    (10, simple(b"RPOP", "key")),
    (10, simple(b"LPOP", "key", "count")),
    (10, simple(b"RPOP", "key", "count")),
    (10, simple(b"LLEN", "key")),
    (15, simple(b"LINDEX", "key", "index")),
    (25, simple(b"LRANGE", "key", "index", "index")),
    (15, simple(b"LSET", "key", "near_index", "value")),
    (15, simple(b"LREM", "key", "removals", "value")),
    (10, simple(b"LTRIM", "key", "index", "index")),
    (
        15,
        lambda g: [
            b"LINSERT",
            g.key(),
            g.pick([b"BEFORE", b"AFTER", b"AFTER", b"NEAR"]),
            g.value(),
            g.value(),
        ],
    ),
    (20, lpos),
    (15, lambda g: [b"LMOVE", g.key(), g.key(), g.end(), g.end()]),
    (10, simple(b"RPOPLPUSH", "key", "key")),
    (12, lmpop),
]
OTHERS = [
    (12, simple(b"DEL", "keys")),
    (5, simple(b"UNLINK", "keys")),
    (8, simple(b"EXISTS", "keys")),
    (5, simple(b"TOUCH", "keys")),
    (10, simple(b"TYPE", "key")),
    (10, simple(b"RENAME", "key", "key")),
    (8, simple(b"RENAMENX", "key", "key")),
    (15, copy),
    (8, simple(b"MOVE", "key", "database")),
    (4, lambda g: [b"KEYS", g.pick(PATTERNS)]),
    (5, scan),
    (4, simple(b"RANDOMKEY")),
    (30, expire),
    (8, simple(b"TTL", "key")),
    (8, simple(b"PTTL", "key")),
    (8, simple(b"EXPIRETIME", "key")),
    (8, simple(b"PEXPIRETIME", "key")),
    (8, simple(b"PERSIST", "key")),
    (20, object_),
    (3, simple(b"SELECT", "database")),
    (2, simple(b"SWAPDB", "database", "database")),
    (1, flush),
    (5, simple(b"DBSIZE")),
    (4, lambda g: [b"MEMORY", b"USAGE", g.key(), *g.some([b"SAMPLES", g.count()])]),
    (2, simple(b"PING")),
    (2, simple(b"PING", "value")),
    (2, simple(b"ECHO", "value")),
    (2, hello),
    (1, simple(b"RESET")),
    (2, config_get),
    (2, config_set),
    (4, client),
    (5, command_),
    (4, unknown),
    (25, any_number),
    (4, debug),
    (4, other_config),
    (1, simple(b"CONFIG", b"NOSUCH")),
    (1, simple(b"MEMORY", b"NOSUCH")),
    (1, simple(b"TIME", "value")),
    (1, simple(b"LOLWUT", b"VERSION", "value")),
]
