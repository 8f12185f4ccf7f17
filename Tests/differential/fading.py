"""Fields of hashes that run out of time while others stay: a step of the fuzzer.

What a field past its time still counts for until the server has removed it is the server's own
business (Redis 7.4 goes on counting it in HLEN); but no command may show it, and when it is removed
both servers must hold the same.
"""

import time

# A packed hash, and one in a hash table.
SIZES = {b"fading:small": 8, b"fading:large": 700}
LONGEST_MILLISECONDS = 40
PATIENCE_SECONDS = 5


def fields_of(count):
    return [b"field:%d" % number for number in range(count)]


def begin(random):
    """Commands that make the hashes and let some fields fade; those fields by key; the milliseconds
    after which they have."""
    commands, fading = [], {}
    for key, size in SIZES.items():
        fields = fields_of(size)
        commands.append([b"DEL", key])
        commands.append([b"HSET", key, *[word for field in fields for word in (field, b"7")]])
        gone = fading[key] = random.sample(fields, random.choice((1, 3, size // 2, size - 1)))
        for start in range(0, len(gone), 100):
            part = gone[start : start + 100]
            left = b"%d" % random.randint(1, LONGEST_MILLISECONDS)
            commands.append([b"HPEXPIRE", key, left, b"FIELDS", b"%d" % len(part), *part])
    return commands, fading, LONGEST_MILLISECONDS + 5


def look(random, fading):
    """Commands that would show a field. (HPEXPIRE of Redis 7.4 revives one that is not yet removed.)"""
    commands = []
    for key, gone in fading.items():
        some = random.sample(fields_of(SIZES[key]), 5) + random.sample(gone, 1)
        listed = [b"FIELDS", b"%d" % len(some), *some]
        commands += [
            [b"HMGET", key, *some],
            *([[b"HGET", key, field] for field in some[:2]]),
            *([[b"HEXISTS", key, field] for field in some]),
            [b"HSTRLEN", key, some[-1]],
            [b"HPEXPIRETIME", key, *listed],
            [b"HTTL", key, *listed],
        ]
    random.shuffle(commands)
    return commands


def listings(key):
    """Commands whose replies are multisets."""
    return [[b"HGETALL", key], [b"HKEYS", key], [b"HVALS", key]]


def wait_until_removed(connection, fading):
    """Whether the server removes the fields by itself."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    for key, gone in fading.items():
        while connection.value("HLEN", key) != SIZES[key] - len(gone):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
    return True
