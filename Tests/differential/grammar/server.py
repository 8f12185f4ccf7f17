"""The connection, the settings, and what the server says of itself."""

from .family import Family, simple
from .words import JUNK


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
    latency-tracking-info-percentiles notify-keyspace-events maxmemory-eviction-tenacity
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
    names = [g.pick(g.settings or SETTINGS) for _ in range(g.random.choice((1, 1, 2)))]
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
    command = list(g.pick(g.names))
    words = g.random.randint(0, 4)
    if command[0] in g.unmixed:
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


COMMANDS = [
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
    (1, simple(b"TIME", "value")),
    (1, simple(b"LOLWUT", b"VERSION", "value")),
]

FAMILY = Family(
    "server",
    None,
    COMMANDS,
    names=b"""PING,ECHO,RESET,HELLO,TIME,COMMAND COUNT,COMMAND INFO,COMMAND LIST,COMMAND GETKEYS,
    COMMAND GETKEYSANDFLAGS,CONFIG,CONFIG GET,CONFIG SET,CONFIG RESETSTAT,CONFIG REWRITE,CLIENT,
    CLIENT GETNAME,CLIENT SETNAME,CLIENT SETINFO,CLIENT NO-EVICT,CLIENT NO-TOUCH,CLIENT UNPAUSE,
    CLIENT KILL,CLIENT REPLY,CLIENT ID,DEBUG,DEBUG OBJECT""",
    unmixed=b"CONFIG",
    counting=b"DEBUG",
    share=0.6,
)
