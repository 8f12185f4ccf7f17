"""Commands that belong together: what surrounds a command tells whether its reply may differ.

Chance and the order of hash tables differ from server to server. A group asks, next to the command
itself, for what the reply can be checked against (the encoding, the whole value before and after), and
its `explain` says which differing replies are right all the same. Where a command leaves the two
servers with different values (SPOP), the group ends by removing the key.
"""

from resp import decode

PACKED = (b"$8\r\nlistpack\r\n", b"$6\r\nintset\r\n", b"$10\r\nlistpackex\r\n", b"$7\r\nziplist\r\n")
MADE = (b"SUNION", b"SINTER", b"SDIFF")

ORDER = "members come in the order of a hash table"
RANDOM = "random elements"


class Group:
    """`explain(ours, theirs)` takes all raw replies of the group, and returns {index: reason}."""

    def __init__(self, commands, main, explain):
        self.commands = commands
        self.index = main
        self.explain = explain

    @property
    def main(self):
        return self.commands[self.index]

    def with_main(self, command):
        self.commands[self.index] = command
        return self


def items(raw, paired=False):
    """The elements of a reply: hashable, in order, as (first, second) if they are pairs. None if
    it is none of that."""
    if raw[:1] not in b"*~%$" or raw[:1] == b"":
        return None
    value = decode(raw)[0]
    if value is None:
        return []
    if not isinstance(value, list):
        value = [value]
    elif paired and value and not isinstance(value[0], (list, tuple)):
        value = list(zip(value[::2], value[1::2]))
    return [tuple(item) if isinstance(item, list) else item for item in value]


def same_head(ours, theirs):
    """Whether two replies have the same type and length, in their outermost frame."""
    if ours[:1] in b"$" and theirs[:1] in b"$":
        return (ours[:3] == b"$-1") == (theirs[:3] == b"$-1")
    return ours[: ours.find(b"\r\n")] == theirs[: theirs.find(b"\r\n")]


def ordered(items_list):
    return sorted(items_list, key=repr)


def same_elements(ours, theirs, paired=False):
    """Whether two replies hold the same elements in any order."""
    if not same_head(ours, theirs):
        return False
    our, their = items(ours, paired), items(theirs, paired)
    if our is None or their is None:
        return False
    return ordered(our) == ordered(their) or (paired and as_scores(our) == as_scores(their))


def as_scores(pairs):
    """Pairs of a member and its score; versions write the same score in several ways."""
    try:
        return [(member, float(score)) for member, score in ordered(pairs)]
    except ValueError:
        return pairs


def tabled(ours, theirs):
    """Whether one of the encodings, as raw replies, has no order, or the servers' own differ."""
    encodings = ours + theirs
    return ours != theirs or not set(encodings) - {b"$-1\r\n", b"_\r\n"} <= set(PACKED)


def unordered(command, keys, paired=False, ties=False):
    """A command that lists all of some values: in any order if one of them is in a hash table, or if
    there may be ties."""

    def explain(ours, theirs):
        if ours[-1] == theirs[-1] or not same_elements(ours[-1], theirs[-1], paired):
            return {}
        # What sets make together goes through a set that may be too large to be packed.
        loose = ties or command[0] in MADE
        if not loose and not tabled(ours[:-1], theirs[:-1]):
            return {}
        return {len(ours) - 1: ORDER}

    commands = [[b"OBJECT", b"ENCODING", key] for key in keys] + [command]
    return Group(commands, len(keys), explain)


def stored(command, key, listing):
    """A command that makes a set of others, over a copy of the key and at a key that goes again: out
    of hash tables come sets in an order, and thereby of an encoding, of chance."""
    keys = command[2:]

    def explain(ours, theirs):
        if not same_elements(ours[-3], theirs[-3]):
            return {}
        return {len(ours) - 3: ORDER, len(ours) - 4: ORDER}

    scratch = command[1]
    commands = [[b"OBJECT", b"ENCODING", key] for key in keys]
    commands += [[b"COPY", key, scratch, b"REPLACE"], command, [b"OBJECT", b"ENCODING", scratch]]
    commands += [listing, [b"TTL", scratch], [b"DEL", scratch]]
    return Group(commands, len(keys) + 1, explain)


def scanned(command, key, listing, paired=False):
    """A scan of one value: of a packed one all comes at once, of a hash table any part may come."""

    def explain(ours, theirs):
        result = {}
        has_order = not tabled(ours[:1], theirs[:1])
        if ours[1] != theirs[1]:
            if has_order or not same_elements(ours[1], theirs[1], paired):
                return {}
            result[1] = ORDER
        if has_order or ours[2][:4] != b"*2\r\n" or theirs[2][:4] != b"*2\r\n":
            return result
        found = []
        for whole, part in (ours[1:], theirs[1:]):
            everything = items(whole, paired)
            cursor, elements = decode(part)[0]
            if not belong(elements, everything, paired):
                return result
            found.append((cursor, sorted(elements, key=lambda x: repr(as_number(x)))))
        (our_cursor, our), (their_cursor, their) = found
        complete = our_cursor == their_cursor == b"0" and group.main[2] == b"0"
        if not complete or [as_number(x) for x in our] == [as_number(x) for x in their]:
            result[2] = "a scan's order is the table's, and cursors are the server's own"
        return result

    group = Group([[b"OBJECT", b"ENCODING", key], listing, command], 2, explain)
    return group


def belong(elements, everything, paired):
    """Whether what a scan found is there: elements, names alone, or names and values in turn."""
    if not paired:
        return set(elements) <= set(everything)
    value_of = dict(everything)
    if set(elements) <= value_of.keys():
        return True
    for name, value in zip(elements[::2], elements[1::2]):
        known = value_of.get(name)
        if known != value and (known is None or float(known) != float(value)):
            return False
    return True


def as_number(word):
    """The word, or its value: versions write the same score in several ways."""
    try:
        value = float(word)
    except (TypeError, ValueError):
        return word
    return word if value != value else value + 0.0


def drawn(command, listing, paired=False):
    """A command that draws elements of a value that `listing` shows whole: as many on both sides,
    all of them there, and none twice if the count is positive."""

    def explain(ours, theirs):
        result = {}
        if ours[0] != theirs[0]:
            if not same_elements(ours[0], theirs[0], paired):
                return {}
            result[0] = ORDER
        if ours[1] == theirs[1] or not same_head(ours[1], theirs[1]):
            return result
        with_values = len(group.main) > 3
        for whole, part in (ours, theirs):
            everything, elements = items(whole, paired), items(part, with_values)
            if everything is None or elements is None:
                return result
            if paired and not with_values:
                everything = [item[0] for item in everything]
            twice = len(group.main) > 2 and group.main[2].startswith(b"-")
            if not set(elements) <= set(everything):
                return result
            if not twice and len(set(elements)) != len(elements):
                return result
        result[1] = RANDOM
        return result

    group = Group([listing, command], 1, explain)
    return group


def popped(key, command, listing, scratch=None):
    """A command that takes random elements out of a set: what is left is the rest, on both sides.
    Works on a copy, or removes the key in the end."""

    def explain(ours, theirs):
        result = {}
        before, pop, after = first, first + 1, first + 2
        if ours[before] != theirs[before]:
            if not same_elements(ours[before], theirs[before]):
                return {}
            result[before] = ORDER
        if not same_head(ours[pop], theirs[pop]) or not same_head(ours[after], theirs[after]):
            return result
        for replies in (ours, theirs):
            everything, taken, left = [items(replies[i]) for i in (before, pop, after)]
            if taken is None and replies[pop][:1] in b"-_":
                taken = []
            if everything is None or taken is None or left is None:
                return result
            if ordered(taken + left) != ordered(everything):
                return result
        result[pop] = result[after] = RANDOM
        return result

    commands, first = [listing, command, listing], 0
    if scratch is None:
        commands.append([b"DEL", key])
    else:
        command[1] = scratch
        commands = [
            [b"COPY", key, scratch, b"REPLACE"],
            [listing[0], scratch, *listing[2:]],
            command,
            [listing[0], scratch, *listing[2:]],
            [b"SCARD", scratch],
            [b"DEL", scratch],
        ]
        first = 1
    return Group(commands, first + 1, explain)
