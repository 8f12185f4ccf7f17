"""The differential tests that `make test` runs: the fuzzer against each reference that the packages
provide, with a fixed seed (so that a failure repeats) and a new one (so that runs add up).

FUZZ_COMMANDS sets the number of commands per run. Ends with `N passed, N failed`.
"""

import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
COMMANDS = os.environ.get("FUZZ_COMMANDS", "100000")


def main():
    passed = failed = 0
    for reference in ("redis-server", "valkey"):
        for seed in ("1", str(int(time.time()))):
            status = subprocess.run(
                [sys.executable, os.path.join(HERE, "fuzz.py"), "--reference", reference,
                 "--commands", COMMANDS, "--seed", seed, "--verbose"]).returncode
            passed += status == 0
            failed += status != 0
            print("ok  " if status == 0 else "FAIL", f"{reference}, seed {seed}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
