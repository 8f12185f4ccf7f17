"""Runs the integration tests: every test_* function of every test_*.py here, one after the other.

    Tests/integration/run.py [-k WORD] [--list]      the server: FLASHKVD_BINARY, or the release build

Prints `ok`, `skip` (with the reason) or `FAIL` (with the traceback) per test, and at the end
`N passed, N failed` on a line alone; the exit status is 1 if any failed. A test is a function without
arguments that raises when something is wrong; what it shows stands in its docstring.
"""

import importlib
import pathlib
import signal
import sys
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

from server import BINARY  # noqa: E402
from skip import Skip  # noqa: E402

LIMIT_SECONDS = 120


def too_long(*_):
    raise AssertionError(f"not done within {LIMIT_SECONDS} s")


def terminated(*_):
    # As an exception it unwinds the test, whose servers are then stopped.
    raise SystemExit("terminated")


def discover(word):
    for path in sorted(HERE.glob("test_*.py")):
        module = importlib.import_module(path.stem)
        for name, function in list(vars(module).items()):
            full = f"{path.stem[5:]}.{name[5:]}"
            if name.startswith("test_") and callable(function) and word in full:
                yield full, function


def main(arguments):
    word = arguments[arguments.index("-k") + 1] if "-k" in arguments else ""
    tests = list(discover(word))
    if "--list" in arguments:
        for name, function in tests:
            print(f"{name}: {(function.__doc__ or '').strip().splitlines()[0]}")
        return 0
    print(f"server under test: {BINARY}")
    signal.signal(signal.SIGALRM, too_long)
    signal.signal(signal.SIGTERM, terminated)
    passed = failed = 0
    for name, function in tests:
        begin = time.monotonic()
        signal.alarm(LIMIT_SECONDS)
        try:
            function()
            passed += 1
            print(f"ok   {name} ({time.monotonic() - begin:.1f} s)", flush=True)
        except Skip as reason:
            print(f"skip {name}: {reason}", flush=True)
        except Exception:
            failed += 1
            print(f"FAIL {name}")
            traceback.print_exc(file=sys.stdout)
            sys.stdout.flush()
        finally:
            signal.alarm(0)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not tests else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
