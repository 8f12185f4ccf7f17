"""The differential tests that `make test` runs, against each reference that the packages provide: the
fuzzer with a fixed seed (so that a failure repeats) and a new one (so that runs add up), the one of
broken bytes, the one of commands that wait, and the comparison of what COMMAND says of each command.

FUZZ_COMMANDS sets the number of commands per run, FUZZ_FAMILIES the families. Ends with `N passed, N failed`.
"""

import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

from references import find_reference  # noqa: E402
from server import BINARY  # noqa: E402

COMMANDS = os.environ.get("FUZZ_COMMANDS", "100000")
FAMILIES = os.environ.get("FUZZ_FAMILIES", "")


def steps():
    """What is tried, and how."""
    yield "bytes, redis-server", [HERE / "bytes.py", "--seed", "1"]
    yield "waiting, valkey", [HERE / "blocking.py", "--reference", "valkey", "--seed", "1"]
    for reference in ("redis-server", "valkey"):
        for seed in os.environ.get("FUZZ_SEEDS", "1,2").split(","):
            yield f"fuzzer, {reference}, seed {seed}", [
                HERE / "fuzz.py",
                "--reference",
                reference,
                "--commands",
                COMMANDS,
                "--families",
                FAMILIES,
                "--seed",
                seed,
                "--verbose",
            ]
        yield f"commands' facts, {reference}", [
            HERE.parent / "integration/command_parity.py",
            BINARY,
            find_reference(reference),
        ]


def main():
    passed = failed = 0
    for name, command in steps():
        status = subprocess.run([sys.executable, *map(str, command)]).returncode
        passed += status == 0
        failed += status != 0
        print("ok  " if status == 0 else "FAIL", name, flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
