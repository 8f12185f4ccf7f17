"""Starts a server for a test, on a free port and in a folder of its own, and stops it by its pid.

The server is FLASHKVD_BINARY (default .build/release/flashkvd). Anything that takes redis-server's
arguments works, so the tests themselves are proven against redis-server.
"""

import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from resp import Connection

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BINARY = os.path.abspath(os.environ.get("FLASHKVD_BINARY", ROOT / ".build/release/flashkvd"))


def is_flashkvd(binary=None):
    """Whether the server under test is flashkvd itself rather than a stand-in for the tests' sake."""
    return os.path.basename(binary or BINARY) == "flashkvd"


def free_port():
    """A port that nobody listens on, below the range the kernel takes for outgoing connections."""
    while True:
        port = random.SystemRandom().randrange(20000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class Server:
    """A running server: `with Server("--maxmemory", "10mb") as server: server.command("PING")`.

    config:  text of a configuration file, written into the folder and given as first argument.
    ready:   wait until PING is answered (with `password`, after AUTH).
    check:   leaving the block asserts that the server is alive, stops with SIGTERM and exits with 0.
    """

    def __init__(
        self,
        *arguments,
        binary=None,
        config=None,
        ready=True,
        check=True,
        port=None,
        password=None,
        environment=None,
        defaults=True,
        stdin=None,
        preexec=None,
    ):
        self.binary = os.path.abspath(binary or BINARY)
        self.port = port or free_port()
        self.password = password
        self.check = check
        self.folder = tempfile.mkdtemp(prefix="flashkvd-test-")
        self.output_path = os.path.join(self.folder, "output")
        command = [self.binary]
        if config is not None:
            self.config_path = os.path.join(self.folder, "server.conf")
            pathlib.Path(self.config_path).write_text(config)
            command.append(self.config_path)
        if stdin is not None:
            command.append("-")
        if defaults:
            command += ["--port", str(self.port), "--save", "", "--enable-debug-command", "yes"]
        command += [str(argument) for argument in arguments]
        self.command_line = command
        with open(self.output_path, "wb") as output:
            self.process = subprocess.Popen(
                command,
                cwd=self.folder,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
                env={**os.environ, **(environment or {})},
                preexec_fn=preexec,
            )
        if stdin is not None:
            self.process.stdin.write(stdin.encode())
            self.process.stdin.close()
        try:
            if ready:
                self.wait_ready()
        except BaseException:
            self.close()
            raise

    def wait_ready(self, seconds=10):
        deadline = time.monotonic() + seconds
        while True:
            if self.process.poll() is not None:
                raise AssertionError(
                    f"server exited with {self.process.returncode} at start: {self.output()}"
                )
            try:
                with self.connect() as connection:
                    reply = connection.command("PING")
                    if reply == b"+PONG\r\n" or reply.startswith((b"-NOAUTH", b"-DENIED")):
                        return
            except OSError:
                pass
            if time.monotonic() > deadline:
                raise AssertionError(f"server not ready after {seconds} s: {self.output()}")
            time.sleep(0.01)

    def connect(self, protocol=2, timeout=20):
        """A raw connection, authenticated when the server has a password."""
        connection = Connection(("127.0.0.1", self.port), timeout)
        if self.password is not None:
            connection.command("AUTH", self.password)
        if protocol != 2:
            connection.command("HELLO", protocol)
        return connection

    def command(self, *arguments):
        """One command over a connection of its own; the raw reply."""
        with self.connect() as connection:
            return connection.command(*arguments)

    def value(self, *arguments):
        """One command over a connection of its own; the decoded reply."""
        with self.connect() as connection:
            return connection.value(*arguments)

    def info(self, section=None):
        """INFO as a dictionary of strings."""
        text = self.value("INFO", *([section] if section else [])).decode()
        lines = [line for line in text.split("\r\n") if ":" in line and not line.startswith("#")]
        return dict(line.split(":", 1) for line in lines)

    def output(self):
        return pathlib.Path(self.output_path).read_text(errors="replace")

    def path(self, name):
        return os.path.join(self.folder, name)

    def alive(self):
        return self.process.poll() is None

    def stop(self, with_signal=signal.SIGTERM, seconds=10):
        """Sends the signal; returns the exit status."""
        if self.alive():
            self.process.send_signal(with_signal)
        return self.process.wait(seconds)

    def wait_exit(self, seconds=10):
        """Waits for the server to exit by itself; returns the exit status."""
        return self.process.wait(seconds)

    def close(self):
        if self.alive():
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        try:
            if kind is None and self.check:
                assert self.alive(), f"server died with {self.process.returncode}: {self.output()}"
                status = self.stop()
                assert status == 0, f"exit status {status} after SIGTERM: {self.output()}"
            elif kind is not None:
                sys.stdout.write(f"  server output ({' '.join(self.command_line)}):\n")
                for line in self.output().splitlines()[-20:]:
                    sys.stdout.write(f"  | {line}\n")
        finally:
            self.close()


def wait_until(condition, seconds=10, what="condition"):
    """Polls until the condition is true; returns its value."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"{what} not met within {seconds} s"
        time.sleep(0.01)
