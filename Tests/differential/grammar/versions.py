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
            # What the options of XSETID are checked against.
            "XSETID checks",
            "negative offsets",
        ]
    ),
    # Valkey refuses some numbers that 7.4 takes: in hexadecimal, after a space, empty ones in SORT.
    # It lets fields expire later than 7.4, and takes more than one condition.
    "valkey": frozenset(["XREAD +", "loose numbers", "field limits"]),
}
