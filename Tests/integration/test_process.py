"""The process: configuration file and command line, start, signals, log, sockets, service manager."""

import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time

from resp import Connection, encode
from server import BINARY, ROOT, Server, free_port, is_flashkvd, wait_until
from skip import Skip

LOG_LINE = re.compile(
    r"^\d+:[MCXS] \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} "
    r"\d\d:\d\d:\d\d\.\d{3} [.*#-] .+$"
)


def refused(*arguments, config=None, stdin=None, defaults=False):
    """Starts a server that must refuse to: exit status 1. What it printed."""
    server = Server(*arguments, config=config, stdin=stdin, ready=False, defaults=defaults)
    try:
        status = server.wait_exit()
        assert status == 1, (status, server.output())
        return server.output()
    finally:
        server.close()


def test_bad_directives():
    """A mistake in the file stops the start with its line, its text and Redis's message."""
    for line, message in (
        ("maxmemory abc", "argument must be a memory value"),
        ("port 70000", "argument must be between 0 and 65535 inclusive"),
        ("port abc", "argument couldn't be parsed into an integer"),
        ("appendonly maybe", "argument must be 'yes' or 'no'"),
        ("nosuchdirective 1", "Bad directive or wrong number of arguments"),
        ("databases", "wrong number of arguments"),
        ("databases 0", "argument must be between 1 and 2147483647 inclusive"),
        ("maxmemory-policy nosuch", "argument(s) must be one of the following: volatile-lru, "),
        ("save 900", "Invalid save parameters"),
        (
            "loglevel loud",
            "argument(s) must be one of the following: debug, verbose, notice, " "warning, nothing",
        ),
        ('logfile "unbalanced', "Unbalanced quotes in configuration line"),
        (
            "client-output-buffer-limit normal 0 0",
            "Wrong number of arguments in buffer limit " "configuration.",
        ),
        (
            "client-output-buffer-limit nosuch 0 0 0",
            "Invalid client class specified in buffer " "limit configuration.",
        ),
        ("unixsocketperm 999", "argument couldn't be parsed as an octal number"),
        ("include /nosuch/file.conf", None),
    ):
        output = refused(config=f"# a comment\n\n{line}\nport 0\n")
        if message is None:
            assert "Fatal error, can't open config file '/nosuch/file.conf': No such file" in output
            continue
        assert "FATAL CONFIG FILE ERROR" in output, (line, output)
        assert "at line 3\n" in output, (line, output)
        assert f">>> '{line}'\n" in output, (line, output)
        assert message in output, (line, output)


def test_bad_command_line():
    """The same from the command line, and a file that is not there."""
    output = refused("--maxmemory", "abc")
    assert (
        ">>> 'maxmemory \"abc\"'" in output and "argument must be a memory value" in output
    ), output
    output = refused("--nosuchdirective", "1")
    assert "Bad directive or wrong number of arguments" in output, output
    output = refused("/nosuch/server.conf")
    assert (
        "can't open config file '/nosuch/server.conf': No such file or directory" in output
    ), output


def test_good_file():
    """Quotes, units, comments, letter case, include, several save lines; the command line wins."""
    folder = tempfile.mkdtemp(prefix="flashkvd-test-")
    try:
        included = os.path.join(folder, "included.conf")
        with open(included, "w") as file:
            file.write("timeout 77\nmaxmemory-samples 9\n")
        config = (
            f"# comment\n  # indented comment\n\nMaxMemory 100MB\n"
            f"include {included}\nmaxmemory-samples 3\n"
            f'requirepass "pass \\"word\\x41"\nsave 900 1\nsave 300 10 60 100\n'
            f"client-query-buffer-limit 2mb\nrepl-backlog-size 1k\n"
            f"client-output-buffer-limit normal 1mb 512kb 60\n"
            f"timeout 5\n"
        )
        with Server(
            "--timeout", "99", "--dir", folder, config=config, password='pass "wordA'
        ) as server:
            for name, value in (
                ("maxmemory", "104857600"),
                ("timeout", "99"),
                ("maxmemory-samples", "3"),
                ("client-query-buffer-limit", "2097152"),
                ("repl-backlog-size", "1000"),
                ("dir", os.path.realpath(folder)),
                ("save", ""),
                ("requirepass", 'pass "wordA'),
            ):
                got = server.value("CONFIG", "GET", name)[1].decode()
                assert os.path.realpath(got) == value if name == "dir" else got == value, (
                    name,
                    got,
                )
            limits = server.value("CONFIG", "GET", "client-output-buffer-limit")[1]
            assert limits.startswith(
                b"normal 1048576 524288 60 slave 268435456 67108864 60"
            ), limits
            assert server.info("server")["config_file"] == os.path.realpath(server.config_path)
        with Server(
            "--port",
            str(free_port()),
            config="save 900 1\nsave 300 10 60 100\n",
            defaults=False,
            ready=False,
            check=False,
        ) as server:
            port = int(server.command_line[-1])
            server.port = port
            server.wait_ready()
            assert server.value("CONFIG", "GET", "save")[1] == b"900 1 300 10 60 100"
    finally:
        shutil.rmtree(folder)


def test_units():
    """1k is 1000, 1kb is 1024, and so on, in any case."""
    with Server() as server, server.connect() as connection:
        for text, value in (
            ("1k", 1000),
            ("1kb", 1024),
            ("1M", 10**6),
            ("1Mb", 1 << 20),
            ("1g", 10**9),
            ("1GB", 1 << 30),
            ("123b", 123),
            ("5000000", 5000000),
        ):
            assert connection.command("CONFIG", "SET", "maxmemory", text) == b"+OK\r\n"
            assert connection.value("CONFIG", "GET", "maxmemory")[1] == b"%d" % value, text


def test_configuration_from_stdin():
    """`-` reads the configuration from standard input; the command line comes after it."""
    with Server("--timeout", "8", stdin="timeout 7\nmaxmemory-samples 4\n") as server:
        assert server.value("CONFIG", "GET", "maxmemory-samples")[1] == b"4"
        assert server.value("CONFIG", "GET", "timeout")[1] == b"8"


def test_version_and_help():
    """--version names the version and exits with 0; --help shows how to start."""
    for option in ("--version", "-v"):
        result = subprocess.run([BINARY, option], capture_output=True, text=True, timeout=10)
        assert result.returncode == 0 and re.search(r"v=\d+\.\d+", result.stdout), result
    for option in ("--help", "-h"):
        result = subprocess.run([BINARY, option], capture_output=True, text=True, timeout=10)
        assert "--port" in result.stdout + result.stderr, result


def test_port_in_use():
    """A second server on the port says so, names the port and exits with 1."""
    with Server() as server:
        output = refused("--port", str(server.port), "--save", "")
        assert re.search(
            rf"Could not create server TCP listening socket .*:{server.port}: bind: "
            r"Address already in use",
            output,
        ), output
        assert f"Failed listening on port {server.port} (tcp), aborting." in output, output
        assert server.command("PING") == b"+PONG\r\n"


def test_signals():
    """SIGTERM and SIGINT stop with 0 and free the port; SIGHUP changes nothing."""
    port = free_port()
    for number in (signal.SIGTERM, signal.SIGINT):
        with Server(port=port, check=False) as server, server.connect() as connection:
            os.kill(server.process.pid, signal.SIGHUP)
            time.sleep(0.05)
            assert connection.command("SET", "a", "1") == b"+OK\r\n"
            assert server.stop(number) == 0
            assert "User requested shutdown..." in server.output(), server.output()
            assert "bye bye..." in server.output(), server.output()


def test_shutdown_command():
    """SHUTDOWN answers nothing and exits with 0; wrong arguments do not stop the server."""
    with Server(check=False) as server, server.connect() as connection:
        assert connection.command("SHUTDOWN", "NOSUCH") == b"-ERR syntax error\r\n"
        assert connection.command("SHUTDOWN", "SAVE", "NOSAVE") == b"-ERR syntax error\r\n"
        assert connection.command("SHUTDOWN", "ABORT") == b"-ERR No shutdown in progress.\r\n"
        connection.send(encode("SHUTDOWN", "NOSAVE"))
        assert connection.rest() == b""
        assert server.wait_exit() == 0


def test_log_format():
    """Each log line has pid and role, time with milliseconds, a level's mark and a message."""
    with Server("--loglevel", "debug") as server:
        pid = server.process.pid
        server.command("CONFIG", "SET", "loglevel", "notice")
        lines = [line for line in server.output().splitlines() if re.match(r"^\d+:", line)]
        assert len(lines) >= 2, server.output()
        for line in lines:
            assert LOG_LINE.match(line), line
            assert int(line.split(":")[0]) == pid, line
        assert any("* Ready to accept connections" in line for line in lines), lines


def test_logfile():
    """logfile takes the lines instead of the terminal, across a change of folder."""
    with Server("--logfile", "server.log") as server:
        with open(server.path("server.log")) as file:
            text = file.read()
        assert "Ready to accept connections" in text
        assert "Ready to accept connections" not in server.output()


def test_pidfile():
    """The pid file holds the pid and goes at exit."""
    with Server("--pidfile", "server.pid", check=False) as server:
        wait_until(lambda: os.path.exists(server.path("server.pid")))
        with open(server.path("server.pid")) as file:
            assert file.read() == f"{server.process.pid}\n"
        assert server.stop() == 0
        assert not os.path.exists(server.path("server.pid"))


def test_daemonize():
    """daemonize yes: the parent exits with 0, the child serves, writes its pid, and stops by signal."""
    with Server(
        "--daemonize",
        "yes",
        "--pidfile",
        "server.pid",
        "--logfile",
        "server.log",
        ready=False,
        check=False,
    ) as server:
        assert server.wait_exit() == 0

        def pid():
            try:
                with open(server.path("server.pid")) as file:
                    return int(file.read())
            except (OSError, ValueError):
                return 0

        child = wait_until(pid, what="pid file")
        try:
            assert child != server.process.pid

            def serves():
                try:
                    return server.command("PING") == b"+PONG\r\n"
                except OSError:
                    return False

            wait_until(serves, what="PONG")
            assert os.getsid(child) == child
            assert server.info("server")["process_id"] == str(child)
        finally:
            os.kill(child, signal.SIGTERM)
        wait_until(
            lambda: not os.path.exists(f"/proc/{child}")
            or open(f"/proc/{child}/stat").read().split()[2] == "Z",
            what="exit",
        )


def test_unix_socket():
    """unixsocket with its permissions, beside TCP or alone; removed at exit, replaced at start."""
    with Server(
        "--unixsocket",
        "server.sock",
        "--unixsocketperm",
        "700",
        "--port",
        "0",
        ready=False,
        check=False,
    ) as server:
        path = server.path("server.sock")
        wait_until(lambda: os.path.exists(path) and stat.S_IMODE(os.stat(path).st_mode) == 0o700)
        with Connection(path) as connection:
            assert connection.command("PING") == b"+PONG\r\n"
            assert b" addr=" + path.encode() + b":0 " in connection.value(
                "CLIENT", "LIST"
            ) or b"server.sock:0 " in connection.value("CLIENT", "LIST")
        assert server.stop() == 0
        assert not os.path.exists(path)


def test_several_addresses():
    """bind with several addresses; one marked with - may be missing; --bind '' accepts none."""
    with Server("--bind", "127.0.0.1", "127.0.0.2", "-10.255.255.254") as server:
        for address in ("127.0.0.1", "127.0.0.2"):
            with Connection((address, server.port)) as connection:
                assert connection.command("PING") == b"+PONG\r\n"
        try:
            Connection(("127.0.0.3", server.port)).close()
            raise AssertionError("listens on an address that was not asked for")
        except ConnectionRefusedError:
            pass
        assert server.value("CONFIG", "GET", "bind")[1] == b"127.0.0.1 127.0.0.2 -10.255.255.254"
    output = refused("--port", str(free_port()), "--bind", "10.255.255.254")
    assert "Failed listening on port" in output, output


def test_ipv6():
    """An IPv6 address works when the machine has it."""
    if not os.path.exists("/proc/net/if_inet6") or "lo" not in open("/proc/net/if_inet6").read():
        raise Skip("no IPv6 loopback")
    with Server("--bind", "127.0.0.1", "::1") as server, Connection(
        ("::1", server.port)
    ) as connection:
        assert connection.command("PING") == b"+PONG\r\n"
        assert b" addr=[::1]:" in connection.value("CLIENT", "INFO")


def own_address():
    """An address of this machine that is not the loopback, or None."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            address = probe.getsockname()[0]
            return None if address.startswith("127.") else address
        except OSError:
            return None


def test_protected_mode():
    """Without a password only the loopback is served; others get the explanation and are closed."""
    address = own_address()
    if address is None:
        raise Skip("no address but the loopback")
    with Server("--bind", "*") as server:
        with Connection((address, server.port)) as connection:
            reply = connection.rest()
            assert reply.startswith(
                b"-DENIED Redis is running in protected mode because protected mode "
                b"is enabled and no password is set for the default user."
            ), reply
            assert reply.endswith(b"\r\n")
        with Connection(("127.0.0.2", server.port)) as connection:
            assert connection.command("PING") == b"+PONG\r\n"
            connection.command("CONFIG", "SET", "protected-mode", "no")
        with Connection((address, server.port)) as connection:
            assert connection.command("PING") == b"+PONG\r\n"


def test_systemd_notification():
    """supervised systemd and auto: READY=1 once it serves, STOPPING=1 before it goes."""
    for how, abstract in (("systemd", False), ("auto", False), ("systemd", True)):
        folder = tempfile.mkdtemp(prefix="flashkvd-test-")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            name = f"@flashkvd-{os.getpid()}" if abstract else os.path.join(folder, "notify")
            manager.bind("\0" + name[1:] if abstract else name)
            manager.settimeout(10)
            with Server(
                "--supervised", how, environment={"NOTIFY_SOCKET": name}, check=False
            ) as server:
                if "compiled without libsystemd" in server.output():
                    assert not is_flashkvd()
                    raise Skip("this reference cannot notify")
                text = manager.recv(4096).decode()
                while "READY=1" not in text:
                    text += "\n" + manager.recv(4096).decode()
                assert "STATUS=Ready to accept connections" in text.replace("\n\n", "\n"), text
                assert server.info("server")["process_supervised"] == "systemd"
                assert server.stop() == 0
                text = manager.recv(4096).decode()
                while "STOPPING=1" not in text:
                    text += "\n" + manager.recv(4096).decode()
        shutil.rmtree(folder)
    with Server("--supervised", "auto") as server:
        assert server.info("server")["process_supervised"] == "no"


def test_unit_file():
    """systemd accepts the unit; what it starts is the server with its configuration file."""
    if shutil.which("systemd-analyze") is None:
        raise Skip("no systemd-analyze")
    text = (ROOT / "packaging/flashkvd.service").read_text()
    text = text.replace("@PREFIX@", "/usr/local").replace("@SYSCONFDIR@", "/etc")
    assert "Type=notify" in text and "--supervised systemd" in text
    folder = tempfile.mkdtemp(prefix="flashkvd-test-")
    try:
        # The unit names an installed program; for the check a program that is there will do.
        text = text.replace("/usr/local/bin/flashkvd", shutil.which("true"))
        path = os.path.join(folder, "flashkvd.service")
        with open(path, "w") as file:
            file.write(text)
        result = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", path],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert result.returncode == 0 and "flashkvd" not in result.stderr, result.stderr
    finally:
        shutil.rmtree(folder)


def test_man_page():
    """man formats the page without a warning."""
    if shutil.which("man") is None:
        raise Skip("no man")
    result = subprocess.run(
        ["man", "-l", "--warnings=w", str(ROOT / "packaging/flashkvd.1")],
        capture_output=True,
        text=True,
        timeout=60,
    )
    if "not found" in result.stderr or "minimized" in result.stdout:
        raise Skip("man cannot format here")
    assert result.returncode == 0 and "NAME" in result.stdout and not result.stderr, result.stderr


def test_config_rewrite():
    """CONFIG REWRITE keeps comments and order, changes what was set, adds what is new; it loads again."""
    config = "# first comment\ntimeout 5\n\n# second comment\nmaxmemory 100mb\nsave 900 1\n"
    with Server("--save", "900", "1", config=config) as server, server.connect() as connection:
        assert (
            connection.command(
                "CONFIG",
                "SET",
                "timeout",
                "60",
                "maxmemory-samples",
                "8",
                "maxmemory-policy",
                "allkeys-lfu",
                "requirepass",
                "p w",
            )
            == b"+OK\r\n"
        )
        assert connection.command("CONFIG", "REWRITE") == b"+OK\r\n"
        with open(server.config_path) as file:
            text = file.read()
        assert text.startswith(
            "# first comment\ntimeout 60\n\n# second comment\nmaxmemory 100mb\n"
        ), text
        assert (
            "\nmaxmemory-samples 8\n" in text and "\nmaxmemory-policy allkeys-lfu\n" in text
        ), text
        assert 'requirepass "p w"\n' in text, text
        assert f"\nport {server.port}\n" in text and "\nmaxclients" not in text, text
        with Server(config=text, password="p w") as again:
            assert again.value("CONFIG", "GET", "maxmemory-policy")[1] == b"allkeys-lfu"
            assert again.value("CONFIG", "GET", "timeout")[1] == b"60"
    with Server() as server:
        assert server.command("CONFIG", "REWRITE") == (
            b"-ERR The server is running without a config file\r\n"
        )


def test_config_set():
    """CONFIG SET of several is all or nothing, refuses what cannot change, names the culprit."""
    with Server() as server, server.connect() as connection:
        reply = connection.command("CONFIG", "SET", "timeout", "30", "maxmemory-samples", "abc")
        assert reply == (
            b"-ERR CONFIG SET failed (possibly related to argument 'maxmemory-samples') - "
            b"argument couldn't be parsed into an integer\r\n"
        ), reply
        assert connection.value("CONFIG", "GET", "timeout")[1] == b"0"
        assert connection.command("CONFIG", "SET", "databases", "4") == (
            b"-ERR CONFIG SET failed (possibly related to argument 'databases') - can't set immutable "
            b"config\r\n"
        )
        assert connection.command("CONFIG", "SET", "nosuch", "1") == (
            b"-ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'\r\n"
        )
        assert connection.command("CONFIG", "SET", "timeout", "1", "timeout", "2") == (
            b"-ERR CONFIG SET failed (possibly related to argument 'timeout') - duplicate parameter\r\n"
        )
        assert connection.command("CONFIG", "SET", "timeout") == (
            b"-ERR wrong number of arguments for 'config|set' command\r\n"
        )
        new = free_port()
        assert connection.command("CONFIG", "SET", "port", new) == b"+OK\r\n"
        with Connection(("127.0.0.1", new)) as other:
            assert other.command("PING") == b"+PONG\r\n"
        assert connection.command("PING") == b"+PONG\r\n"
        with Server() as busy:
            reply = connection.command("CONFIG", "SET", "port", busy.port)
            assert reply == (
                b"-ERR CONFIG SET failed (possibly related to argument 'port') - Unable to "
                b"listen on this port. Check server logs.\r\n"
            ), reply
        assert connection.value("CONFIG", "GET", "port")[1] == b"%d" % new


def test_debug_is_refused():
    """DEBUG is refused unless the start allowed it; no client can allow it."""
    with Server("--enable-debug-command", "no") as server, server.connect() as connection:
        assert connection.command("DEBUG", "JMAP").startswith(b"-ERR DEBUG command not allowed.")
        assert connection.command("CONFIG", "SET", "enable-debug-command", "yes") == (
            b"-ERR CONFIG SET failed (possibly related to argument 'enable-debug-command') - can't set "
            b"immutable config\r\n"
        )
    with Server("--enable-debug-command", "local") as server:
        assert server.command("DEBUG", "SLEEP", "0") == b"+OK\r\n"
