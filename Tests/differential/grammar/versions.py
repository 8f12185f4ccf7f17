"""What a reference cannot be asked because it is older than 7.4 or has gone its own way.

Commands that a reference does not have need no entry: the fuzzer asks it for their names.
"""

LACKS = {
    "redis 7.0": frozenset(
        [
            b"set-max-listpack-entries",
            b"set-max-listpack-value",
            "WITHSCORE",
            "NOVALUES",
            "XREAD +",
            "entries-read check",
        ]
    ),
    "valkey": frozenset(["XREAD +"]),
}
