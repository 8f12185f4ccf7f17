"""What client libraries and tools have tripped over elsewhere: exact forms, texts, names and units."""

import pathlib
import re

from resp import Connection, decode, encode
from server import Server, is_flashkvd

GOLDEN = pathlib.Path(__file__).with_name("golden")


def test_hello_forms():
    """HELLO: versions, options, their errors, and the seven fields in their order."""
    with Server() as server:
        for version, kind in ((2, b"*14"), (3, b"%7")):
            with server.connect() as connection:
                reply = connection.command("HELLO", version)
                assert reply.startswith(kind + b"\r\n"), reply
                value = decode(reply)[0]
                pairs = value if version == 3 else list(zip(value[::2], value[1::2]))
                assert [name for name, _ in pairs] == [
                    b"server",
                    b"version",
                    b"proto",
                    b"id",
                    b"mode",
                    b"role",
                    b"modules",
                ]
                fields = dict(pairs)
                assert fields[b"server"] == b"redis" and fields[b"version"].startswith(b"7.4.")
                assert fields[b"proto"] == version and fields[b"modules"] == []
                assert fields[b"mode"] == b"standalone" and fields[b"role"] == b"master"
                assert fields[b"id"] == connection.value("CLIENT", "ID")
        with server.connect() as connection:
            assert connection.command("HELLO").startswith(b"*14")
            for arguments, error in (
                (("0",), b"NOPROTO unsupported protocol version"),
                (("1",), b"NOPROTO unsupported protocol version"),
                (("4",), b"NOPROTO unsupported protocol version"),
                (("abc",), b"ERR Protocol version is not an integer or out of range"),
                (("3", "NOSUCH"), b"ERR Syntax error in HELLO option 'NOSUCH'"),
                (("3", "AUTH", "x"), b"ERR Syntax error in HELLO option 'AUTH'"),
                (("3", "SETNAME"), b"ERR Syntax error in HELLO option 'SETNAME'"),
                (
                    ("3", "SETNAME", "a b"),
                    b"ERR Client names cannot contain spaces, newlines or " b"special characters.",
                ),
                (
                    ("3", "AUTH", "u", "p"),
                    b"WRONGPASS invalid username-password pair or user is disabled.",
                ),
            ):
                reply = connection.command("HELLO", *arguments)
                assert reply == b"-" + error + b"\r\n", (arguments, reply)
            # None of the failures switched the protocol.
            assert connection.command("GET", "nothing") == b"$-1\r\n"
            assert connection.command("hello", "3", "setname", "me").startswith(b"%7")
            assert connection.command("CLIENT", "GETNAME") == b"$2\r\nme\r\n"
            assert connection.command("GET", "nothing") == b"_\r\n"
            assert connection.command("HELLO").startswith(b"%7")
            assert connection.command("RESET") == b"+RESET\r\n"
            assert connection.command("GET", "nothing") == b"$-1\r\n"


def test_hello_with_password():
    """HELLO without AUTH on a server with a password says how to, and AUTH within it works."""
    with Server("--requirepass", "secret", password="secret") as server:
        with Connection(("127.0.0.1", server.port)) as connection:
            assert connection.command("HELLO", 3) == (
                b"-NOAUTH HELLO must be called with the client already authenticated, otherwise the "
                b"HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and "
                b"select the RESP protocol version at the same time\r\n"
            )
            assert connection.command("HELLO", 3, "AUTH", "default", "secret").startswith(b"%7")
            assert connection.command("GET", "a") == b"_\r\n"


def test_errors_of_a_pipeline_are_counted_by_their_own_code():
    """Several calls of one command in one go, that fail in different ways."""
    with Server() as server, server.connect() as connection:
        connection.send(
            encode("RPUSH", "l", "a")
            + encode("SET", "s", "x")
            + encode("INCR", "l")
            + encode("INCR", "s")
            + encode("INCR", "s")
        )
        connection.replies(5)
        errors = connection.value("INFO", "errorstats")
        errors = errors if isinstance(errors, bytes) else errors.encode()
        assert b"errorstat_WRONGTYPE:count=1\r\n" in errors, errors
        assert b"errorstat_ERR:count=2\r\n" in errors, errors


def test_unknown_commands():
    """The texts that clients match, with quoting, cutting and letter case as given."""
    with Server() as server, server.connect() as connection:
        for command, error in (
            (("NoSuch",), b"ERR unknown command 'NoSuch', with args beginning with: "),
            (
                ("nosuch", "a", "b"),
                b"ERR unknown command 'nosuch', with args beginning with: " b"'a' 'b' ",
            ),
            (
                ("x" * 200, "y"),
                b"ERR unknown command '" + b"x" * 128 + b"', with args beginning with: 'y' ",
            ),
            (
                ("n", "a" * 200, "b"),
                b"ERR unknown command 'n', with args beginning with: '" + b"a" * 128 + b"' ",
            ),
            (("n\r\n", "a\nb"), b"ERR unknown command 'n  ', with args beginning with: 'a b' "),
            (("CLIENT", "NoSuch"), b"ERR unknown subcommand 'NoSuch'. Try CLIENT HELP."),
            (("config", "nosuch", "a"), b"ERR unknown subcommand 'nosuch'. Try CONFIG HELP."),
            (("OBJECT", "x"), b"ERR unknown subcommand 'x'. Try OBJECT HELP."),
            (("get",), b"ERR wrong number of arguments for 'get' command"),
            (("GET", "a", "b"), b"ERR wrong number of arguments for 'get' command"),
            (
                ("object", "ENCODING"),
                b"ERR wrong number of arguments for 'object|encoding' command",
            ),
            (("CLIENT",), b"ERR wrong number of arguments for 'client' command"),
            (("MSET", "a", "1", "b"), b"ERR wrong number of arguments for 'mset' command"),
            (
                ("LREM", "l", "-9223372036854775808", "x"),
                b"ERR value is out of range, value must between -9223372036854775807 and "
                b"9223372036854775807",
            ),
        ):
            reply = connection.command(*command)
            assert reply == b"-" + error + b"\r\n", (command, reply)


def test_function_flush():
    """FUNCTION FLUSH, with which clients and test suites reset a server, and its errors."""
    with Server() as server, server.connect() as connection:
        for arguments in ((), ("ASYNC",), ("sync",)):
            assert connection.command("FUNCTION", "FLUSH", *arguments) == b"+OK\r\n"
        for arguments, error in (
            (("x",), b"ERR FUNCTION FLUSH only supports SYNC|ASYNC option"),
            (
                ("sync", "x"),
                b"ERR unknown subcommand or wrong number of arguments for 'flush'. "
                b"Try FUNCTION HELP.",
            ),
        ):
            reply = connection.command("FUNCTION", "flush", *arguments)
            assert reply == b"-" + error + b"\r\n", (arguments, reply)


def test_letter_case():
    """Commands, subcommands and options in any case."""
    with Server() as server, server.connect() as connection:
        for command, expected in (
            ("sEt k v eX 1000 nX", b"+OK\r\n"),
            ("sEt k v xX gEt kEePtTl", b"$1\r\nv\r\n"),
            ("gEtEx k pErSiSt", b"$1\r\nv\r\n"),
            ("ExPiRe k 1000 nX", b":1\r\n"),
            ("oBjEcT eNcOdInG k", b"$6\r\nembstr\r\n"),
            ("rPuSh l a b a", b":3\r\n"),
            ("lPoS l a cOuNt 0 rAnK -1", b"*2\r\n:2\r\n:0\r\n"),
            ("lInSeRt l bEfOrE b x", b":4\r\n"),
            ("lMoVe l m LeFt RiGhT", b"$1\r\na\r\n"),
            ("lMpOp 1 l lEfT cOuNt 1", b"*2\r\n$1\r\nl\r\n*1\r\n$1\r\nx\r\n"),
            ("cOpY k k2 rEpLaCe dB 1", b":1\r\n"),
            ("cOnFiG gEt MAXMEMORY", b"*2\r\n$9\r\nMAXMEMORY\r\n$1\r\n0\r\n"),
            ("cLiEnT sEtInFo LiB-nAmE x", b"+OK\r\n"),
            ("cLiEnT nO-eViCt oN", b"+OK\r\n"),
            ("fLuShAlL aSyNc", b"+OK\r\n"),
        ):
            reply = connection.command(*command.split())
            assert reply == expected, (command, reply)


def test_client_setinfo():
    """CLIENT SETINFO is known, shows in CLIENT INFO, and counts as no error."""
    with Server() as server, server.connect() as connection:
        assert connection.command("CLIENT", "SETINFO", "LIB-NAME", "lettuce") == b"+OK\r\n"
        assert connection.command("CLIENT", "SETINFO", "lib-ver", "6.3.2") == b"+OK\r\n"
        assert b" lib-name=lettuce lib-ver=6.3.2" in connection.value("CLIENT", "INFO")
        assert server.info("errorstats") == {}
        assert (
            connection.command("CLIENT", "SETINFO", "nosuch", "x")
            == b"-ERR Unrecognized option 'nosuch'\r\n"
        )
        assert (
            connection.command("CLIENT", "SETINFO", "lib-name", "a b")
            == b"-ERR lib-name cannot contain spaces, newlines or special characters.\r\n"
        )
        assert server.info("errorstats") == {"errorstat_ERR": "count=2"}


def test_keys_and_scan_limits():
    """KEYS is complete; cursors are unsigned decimals that end at 0, also on an empty keyspace."""
    with Server() as server, server.connect() as connection:
        assert connection.command("SCAN", "0") == b"*2\r\n$1\r\n0\r\n*0\r\n"
        assert connection.command("SCAN", "x") == b"-ERR invalid cursor\r\n"
        assert connection.value("SCAN", "18446744073709551615")[1] == []
        for start in range(0, 20000, 1000):
            connection.command(
                "MSET", *[word for n in range(start, start + 1000) for word in (f"k{n}", n)]
            )
        assert len(connection.value("KEYS", "*")) == 20000
        assert len(connection.value("KEYS", "k1[0-9]?")) == 100
        seen, cursor, calls = set(), b"0", 0
        while True:
            cursor, keys = connection.value("SCAN", cursor, "COUNT", "100", "MATCH", "k*")
            seen.update(keys)
            calls += 1
            assert cursor.isdigit() and int(cursor) < 1 << 64
            if cursor == b"0":
                break
        assert len(seen) == 20000 and 20 < calls < 2000, calls


def test_config_names_and_defaults():
    """CONFIG GET knows every setting of Redis 7.4, with its default in its own unit."""
    # The settings that tell where and how this server was built or started.
    own = {
        "bind",
        "save",
        "pidfile",
        "logfile",
        "syslog-ident",
        "proc-title-template",
        "maxclients",
    }
    expected = {}
    for line in (GOLDEN / "config.txt").read_text().splitlines():
        if not line.startswith("#"):
            name, _, value = line.partition(" ")
            expected[name] = value
    with Server() as server, server.connect() as connection:
        flat = connection.value("CONFIG", "GET", "*")
        actual = {name.decode(): value.decode() for name, value in zip(flat[::2], flat[1::2])}
        missing = sorted(set(expected) - set(actual))
        assert not missing, f"CONFIG GET does not know {missing}"
        differing = {
            name: (actual[name], expected[name])
            for name in expected
            if actual[name] != expected[name] and name not in own and name != "enable-debug-command"
        }
        assert not differing, differing
        assert actual["save"] == "" and actual["port"] == str(server.port)


def test_info_fields():
    """INFO has every section and field of Redis 7.4, once each, in sections of the same names."""
    sections, section = {}, ""
    for line in (GOLDEN / "info.txt").read_text().splitlines():
        if line.startswith("# "):
            section = line[2:]
            sections[section] = []
        elif not line.startswith(";"):
            sections[section].append(line)
    with Server() as server, server.connect() as connection:
        connection.command("SET", "a", "1", "EX", "1000")
        text = connection.value("INFO", "everything").decode()
        actual, section = {}, ""
        for line in text.split("\r\n"):
            if line.startswith("# "):
                section = line[2:]
                assert section not in actual, f"section {section} twice"
                actual[section] = []
            elif line:
                assert re.match(r"^[A-Za-z0-9_|%.-]+:", line), line
                name = line.split(":", 1)[0]
                assert name not in actual[section], f"{name} twice"
                actual[section].append(name)
        assert list(sections) == [name for name in actual if name in sections]
        missing = {
            name: sorted(set(fields) - set(actual[name])) for name, fields in sections.items()
        }
        assert not any(missing.values()), {name: gone for name, gone in missing.items() if gone}
        assert re.search(
            r"^db0:keys=1,expires=1,avg_ttl=\d+,subexpiry=0$", text.replace("\r", ""), re.MULTILINE
        )
        # Several sections, any case, and what stands for many.
        some = connection.value("INFO", "server", "CLIENTS").decode()
        assert "# Server" in some and "# Clients" in some and "# Memory" not in some
        for word in ("default", "all", "everything"):
            assert "# Keyspace" in connection.value("INFO", word).decode()
        assert "# Commandstats" in connection.value("INFO", "all").decode()
        assert "# Commandstats" not in connection.value("INFO").decode()


def test_versions():
    """The version that clients look at is 7.4's; flashkvd tells its own beside it."""
    with Server() as server:
        info = server.info("server")
        assert re.fullmatch(r"7\.4\.\d+", info["redis_version"]), info["redis_version"]
        assert info["redis_mode"] == "standalone" and info["tcp_port"] == str(server.port)
        assert re.fullmatch(r"[0-9a-f]{40}", info["run_id"])
        assert int(info["process_id"]) == server.process.pid
        if is_flashkvd():
            assert info.get("flashkv_version") or info.get("flashkvd_version"), info


def test_shapes_with_and_without_count():
    """LPOP and RPOP: a bulk without count, an array with one, whatever is there."""
    with Server() as server, server.connect() as connection:
        connection.command("RPUSH", "l", "a", "b", "c", "d")
        for command, expected in (
            ("LPOP l", b"$1\r\na\r\n"),
            ("LPOP l 1", b"*1\r\n$1\r\nb\r\n"),
            ("RPOP l 0", b"*0\r\n"),
            ("LPOP none 0", b"*-1\r\n"),
            ("LPOP none 1", b"*-1\r\n"),
            ("LPOP none", b"$-1\r\n"),
            ("LPOP l -1", b"-ERR value is out of range, must be positive\r\n"),
            ("RPOP l 10", b"*2\r\n$1\r\nd\r\n$1\r\nc\r\n"),
            ("EXISTS l", b":0\r\n"),
        ):
            reply = connection.command(*command.split())
            assert reply == expected, (command, reply)


def test_encodings_and_memory():
    """OBJECT ENCODING changes at Redis's thresholds; MEMORY USAGE grows with the value."""
    with Server() as server, server.connect() as connection:
        for value, encoding in (
            ("123", b"int"),
            ("0123", b"embstr"),
            ("x" * 44, b"embstr"),
            ("x" * 45, b"raw"),
            ("9223372036854775807", b"int"),
            ("9223372036854775808", b"embstr"),
            ("", b"embstr"),
        ):
            connection.command("SET", "k", value)
            assert connection.value("OBJECT", "ENCODING", "k") == encoding, value
        connection.command("SET", "k", "ab")
        connection.command("APPEND", "k", "c")
        assert connection.value("OBJECT", "ENCODING", "k") == b"raw"
        connection.command("RPUSH", "l", *range(100))
        assert connection.value("OBJECT", "ENCODING", "l") == b"listpack"
        connection.command("RPUSH", "l", *["x" * 100] * 100)
        assert connection.value("OBJECT", "ENCODING", "l") == b"quicklist"
        connection.command("LTRIM", "l", 0, 9)
        assert connection.value("OBJECT", "ENCODING", "l") == b"listpack"
        connection.command("SET", "small", "x" * 10)
        connection.command("SET", "large", "x" * 100_000)
        small = connection.value("MEMORY", "USAGE", "small")
        large = connection.value("MEMORY", "USAGE", "large")
        assert 16 <= small < 200 and 100_000 <= large < 140_000, (small, large)
        assert connection.command("MEMORY", "USAGE", "nothing") == b"$-1\r\n"
        assert connection.value("MEMORY", "USAGE", "l", "SAMPLES", "0") > 50


def test_times_to_live_are_64_bit():
    """A time to live may be as long as a 64-bit millisecond count allows."""
    with Server() as server, server.connect() as connection:
        connection.command("SET", "k", "v")
        assert connection.command("PEXPIREAT", "k", "9223372036854775807") == b":1\r\n"
        assert connection.command("PEXPIRETIME", "k") == b":9223372036854775807\r\n"
        assert connection.command("EXPIRE", "k", "9223372036854775") == (
            b"-ERR invalid expire time in 'expire' command\r\n"
        )
        assert connection.command("SET", "k", "v", "EX", "0") == (
            b"-ERR invalid expire time in 'set' command\r\n"
        )
