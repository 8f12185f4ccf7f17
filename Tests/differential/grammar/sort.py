"""SORT and SORT_RO, on lists, sets and sorted sets. Elements that are numbers fit the names of keys."""

from .family import Family, simple
from .groups import Group, same_elements, unordered

HOMES = (1, 1, 3, 4)
SCRATCH = b"sorted-into-here"
ZERO = b"\x00"
TIES = "texts are equal up to a zero byte"


def source(g):
    homes = [home for home in HOMES if home in g.homes]
    return g.home_key(g.pick(homes)) if homes and g.chance(0.85) else g.key()


def pattern(g):
    return g.pick(
        [b"k*", b"k*->m1", b"k*->f", b"#", b"nosuch", b"*", b"k*->", b"->", b"w_*", b"k1", b"k*->m*"]
    )


def by(g):
    return [b"BY", g.pick([b"nosort", b"k*", b"k*->m1", b"w_*", b"*", b"k*->*"])]


def sort(g):
    key = source(g)
    stored = g.chance(0.25)
    alpha = g.chance(0.6) or (stored and g.lacks("loose numbers"))
    by_words = by(g) if g.chance(0.25) else []
    # Texts of other keys may be equal, which leaves the order to how each server sorts.
    tied = alpha and by_words and by_words[1] != b"nosort"
    if tied and stored:
        by_words = []
    if by_words and not alpha and by_words[1] == b"nosort":
        # Numbers are read even if nothing is sorted.
        alpha = True
    options = g.some(
        # Which part of a hash table comes is not the same either.
        [] if tied or b"nosort" in by_words else [b"LIMIT", g.integer(), g.integer()],
        [b"GET", pattern(g)],
        [b"GET", b"#"],
        [g.pick([b"ASC", b"DESC"])],
        probability=0.25,
    )
    options += by_words + ([b"ALPHA"] if alpha else [])
    if stored:
        if alpha:
            return stored_texts([b"SORT", key, *options, b"STORE", SCRATCH])
        target = g.home_key(1) if 1 in g.homes else g.target()
        return clean([b"SORT", key, *options, b"STORE", target])
    command = [g.pick([b"SORT", b"SORT_RO"]), key, *options]
    # What is not sorted comes in the order of the table.
    return unordered(command, [key], ties=bool(tied)) if by_words and alpha else clean(command)


def stored_texts(command):
    """Texts are equal up to a zero byte; what has such ties is stored at a key that goes again."""

    def explain(ours, theirs):
        return {1: TIES} if ZERO in ours[1] and same_elements(ours[1], theirs[1]) else {}

    return Group([command, [b"LRANGE", SCRATCH, b"0", b"-1"], [b"DEL", SCRATCH]], 0, explain)


def clean(command):
    """SORT takes an old error of another conversion for its own (errno); a conversion that goes well
    forgets it."""
    harmless = [b"ZADD", b"no-sorted-set", b"XX", b"1", b"member"]
    return Group([harmless, command], 1, lambda ours, theirs: {})


def numbers(g):
    return [b"%d" % g.random.randint(0, 33) for _ in range(g.random.randint(1, 6))]


def fill(g):
    """Lists, sets and sorted sets of numbers."""
    kind = g.pick([home for home in HOMES if home in g.homes] or [g.home])
    key = g.home_key(kind)
    if kind == 4:
        words = [word for number in numbers(g) for word in (g.score(), number)]
        return [b"ZADD", key, *words]
    return [b"SADD" if kind == 3 else b"RPUSH", key, *numbers(g)]


COMMANDS = [
    (60, sort),
    (25, fill),
    (8, lambda g: [b"SET", b"w_%d" % g.random.randint(0, 33), g.pick([g.score(), g.value()])]),
    (2, lambda g: [b"HSET", g.home_key(2), b"m1", g.score()] if 2 in g.homes else [b"PING"]),
    (4, lambda g: [b"DEL", source(g)]),
    (3, simple(b"SORT_RO", "key", b"STORE", "key")),
]

FAMILY = Family("sort", None, COMMANDS, names=b"SORT,SORT_RO", unmixed=b"SORT", share=0.6)
