"""hiredis, the C client: a small program against the system's library."""

import pathlib
import subprocess

from server import Server

SOURCE = pathlib.Path(__file__).with_name("hiredis_session.c")


def test_session():
    """Strings, arrays, a pipeline of 20,000 and an 8 MiB value, over TCP and a unix socket."""
    with Server("--unixsocket", "server.sock") as server:
        program = server.path("session")
        subprocess.run(
            ["gcc", "-O1", "-Wall", "-Werror", "-o", program, str(SOURCE), "-lhiredis"], check=True
        )
        result = subprocess.run(
            [program, str(server.port), server.path("server.sock")],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert result.returncode == 0, result.stderr
        assert result.stdout.endswith(" checks\n"), result.stdout
