"""Rules, and how they are looked up. See __init__.py."""

from resp import decode

RULES = []


def rule(reason, commands, references=("",)):
    """Registers a predicate(command, ours, theirs): true when the reason explains the difference."""

    def register(predicate):
        RULES.append((reason, frozenset(commands), references, predicate))
        return predicate

    return register


def reason(command, ours, theirs, reference):
    name = command[0].upper()
    subcommand = name + b" " + command[1].upper() if len(command) > 1 else name
    for why, commands, references, predicate in RULES:
        if commands and name not in commands and subcommand not in commands:
            continue
        if not reference.startswith(tuple(references)):
            continue
        if predicate(command, ours, theirs):
            return why
    return None


def integers(ours, theirs):
    """Both replies as integers, or None."""
    if ours[:1] == theirs[:1] == b":":
        return int(ours[1:]), int(theirs[1:])
    return None


def same_kind(ours, theirs):
    return ours[:1] == theirs[:1] and ours[:1] != b"-"


def bulk_or_error(raw):
    return raw[:1] in b"$-"


def numbers_as_values(raw):
    """The reply with every bulk string and double that is a number as its value, so that 0.2 is
    0.20000000000000001. None if it is an error."""
    if raw[:1] == b"-":
        return None

    def plain(value):
        if isinstance(value, (list, tuple)):
            return [plain(item) for item in value]
        if isinstance(value, bytes):
            try:
                number = float(value)
            except ValueError:
                return value
            # What is not a number is not equal to itself.
            return value if number != number else number
        return value

    return plain(decode(raw)[0])


def same_numbers(ours, theirs):
    ours, theirs = numbers_as_values(ours), numbers_as_values(theirs)
    return ours is not None and ours == theirs
