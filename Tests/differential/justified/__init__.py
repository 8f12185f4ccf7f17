"""Differences between two servers that are no errors, each with its reason. Nothing else is let pass.

A rule says for which commands it holds, against which references, and what must still be equal.
`reason(command, ours, theirs, reference)` returns the reason of the first rule that explains the
difference between two raw replies, or None.

rules.py holds the machinery, any_server.py what differs from run to run of any server (clocks, chance,
hash functions), redis_7_0.py and valkey_9_1.py what is of those versions.

`reference` is "redis 7.0", "redis 7.4" or "valkey 9.1": 7.4 decides what is right, so rules that
name one of the others describe how that one differs from 7.4.
"""

from . import any_server, redis_7_0, valkey_9_1  # noqa: F401
from .rules import reason  # noqa: F401
