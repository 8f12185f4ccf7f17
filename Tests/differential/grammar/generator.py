"""Random commands for the differential fuzzer: every command that the server has, with all its
options, in random letter case, and with arguments that are often at the edge and sometimes wrong.

`Generator.step()` returns a command (a list of byte strings) or a `Group` of commands that belong
together; `Generator.next()` always one command. A seed replays a run.

Two servers never run a command in the very same millisecond, so nothing here may depend on that:
times to live are either past or far away and wide apart, and wrong arguments never make a time to
live short, nor a block long (`Family.timed`, `Family.blocking`).
"""

import random
import time

from .family import FAMILIES
from .groups import Group
from .versions import LACKS
from .words import (
    FLOATS,
    HOME_KEYS,
    INTEGERS,
    JUNK,
    KEYS_PER_HOME,
    LARGE,
    LEX_KEYS,
    LOOSE_NUMBERS,
    MEMBERS,
    NOT_FLOATS,
    NOT_NUMBERS,
    NOT_SCORES,
    NUMBERS,
    ODD_KEYS,
    SCORES,
    TEXTS,
)

# Of a family's commands, how many are for what lives at its home.
AT_HOME = 0.78
HYPERLOGLOGS = 6


class Generator:
    def __init__(self, seed, without=(), families=None, reference="redis 7.4"):
        """`without`: names of commands and subcommands that are left out."""
        self.random = random.Random(seed)
        self.without = frozenset(without)
        self.reference = reference
        self.missing = LACKS.get(reference.rstrip(".0123456789").strip(), frozenset()) | LACKS.get(
            reference, frozenset()
        )
        self.families = [FAMILIES[name] for name in families or FAMILIES]
        self.settings = None
        self.now = int(time.time())
        self.stream_time = 1
        self.homes = sorted({f.home for f in self.families if f.home is not None}) or [0]
        self.home = self.homes[0]
        self.names = [name for family in self.families for name in family.names]
        self.timed = frozenset().union(*(family.timed for family in self.families))
        self.unmixed = self.timed.union(*(family.unmixed for family in self.families))
        self.counting = frozenset([b"DEBUG"]).union(*(family.counting for family in self.families))
        self.blocking = frozenset().union(*(family.blocking for family in self.families))
        self.choices, self.cumulative, total = [], [], 0.0
        for family in self.families:
            whole = sum(weight for weight, _ in family.commands)
            for weight, builder in family.commands:
                self.choices.append((family.home, builder))
                self.cumulative.append(total := total + family.share * weight / whole)

    def lacks(self, feature):
        """Whether the reference is too old for it, or does not have it in the same way."""
        return feature in self.missing

    # The parts of a command.

    def chance(self, probability):
        return self.random.random() < probability

    def pick(self, items):
        return items[int(self.random.random() * len(items))]

    def home_key(self, home=None):
        home = self.home if home is None else home
        return HOME_KEYS[KEYS_PER_HOME * home + int(self.random.random() * KEYS_PER_HOME)]

    def key(self):
        # Few keys get most of the traffic, so that types collide, but not at every command.
        choice = self.random.random()
        if choice < AT_HOME:
            return self.home_key()
        if choice < 0.93:
            home = self.pick(self.homes)
            # Redis reads one byte past a HyperLogLog that was cut off in the middle of a run.
            if not (self.home == 0 and home == HYPERLOGLOGS):
                return self.home_key(home)
        return self.pick(ODD_KEYS)

    def target(self):
        """A key that is overwritten whatever it holds: seldom another type's."""
        return self.home_key() if self.chance(0.9) else self.key()

    def keys(self, low=1, high=4):
        return [self.key() for _ in range(self.random.randint(low, high))]

    def related(self):
        """Two keys, most often of one home."""
        if self.chance(0.75):
            home = self.pick(self.homes)
            return [self.home_key(home), self.home_key(home)]
        return [self.key(), self.key()]

    def member(self):
        choice = self.random.random()
        if choice < 0.9:
            return self.pick(MEMBERS)
        return self.value() if choice < 0.95 else b"member:%d" % self.random.randint(0, 400)

    def members(self, low=1, high=5):
        return [self.member() for _ in range(self.random.randint(low, high))]

    def whole(self):
        """An integer as a member, so that integer sets stay what they are."""
        if self.chance(0.7):
            return b"%d" % self.random.randint(-20, 300)
        return self.pick(INTEGERS)

    def score(self):
        if self.chance(0.6):
            return b"%d" % self.random.randint(-6, 12)
        return self.pick(NOT_SCORES) if self.chance(0.06) else self.pick(SCORES)

    def draws(self):
        """How many random elements: never so many that the reply grows large."""
        if self.chance(0.9):
            return b"%d" % self.random.randint(-12, 12)
        return self.pick([b"-9223372036854775808", b"9223372036854775807", b"abc", b"", b"1.5"])

    def numbered(self, keys):
        """The number of the keys, sometimes wrong, and the keys."""
        if self.chance(0.93):
            return [b"%d" % len(keys), *keys]
        return [self.pick([b"0", b"-1", b"abc", b"99", b"9223372036854775807", b"1.0"]), *keys]

    def value(self):
        choice = self.random.random()
        if choice < 0.4:
            return self.pick(TEXTS)
        if choice < 0.65:
            return self.pick(NUMBERS)
        if choice < 0.75:
            return self.pick(NOT_NUMBERS)
        if choice < 0.85:
            return self.pick(FLOATS)
        if choice < 0.98:
            return b"v%d" % self.random.randint(0, 20)
        return self.pick(LARGE)

    def values(self, low=1, high=5):
        return [self.value() for _ in range(self.random.randint(low, high))]

    def integer(self):
        if self.chance(0.75):
            return b"%d" % self.random.randint(-12, 12)
        return self.pick(NUMBERS) if self.chance(0.6) else self.pick(NOT_NUMBERS)

    def count(self):
        if self.chance(0.8):
            return b"%d" % self.random.randint(0, 10)
        return self.integer()

    def offset(self):
        # Past 512 MiB is an error; just below it would make the servers fill memory.
        if self.chance(0.85):
            return b"%d" % self.random.randint(0, 300)
        return self.pick(
            [
                b"-1",
                b"70000",
                b"536870912",
                b"2147483648",
                b"9223372036854775807",
                b"abc",
                b"1.5",
                b"",
            ]
        )

    def float(self):
        return self.pick(NOT_FLOATS) if self.chance(0.12) else self.pick(FLOATS)

    def index(self):
        return self.integer()

    def near_index(self):
        # LSET of 7.4 takes the index modulo 2^32 on a small list; no other command does.
        return b"%d" % self.random.randint(-12, 12) if self.chance(0.9) else self.pick(NOT_NUMBERS)

    def removals(self):
        # 7.0 removes with the lowest integer, which 7.4 refuses: the lists would part for good.
        value = self.integer()
        return b"0" if value == NUMBERS[-1] else value

    def seconds(self):
        if self.chance(0.8):
            return b"%d" % self.random.randint(1000, 10**9)
        return self.pick(
            [
                b"0",
                b"-1",
                b"-1000",
                b"abc",
                b"",
                b"1000.5",
                b"9223372036854775807",
                b"9223372036854775",
                b"-9223372036854775808",
                b"9223372036854770",
            ]
        )

    def milliseconds(self):
        if self.chance(0.8):
            return b"%d" % self.random.randint(10**6, 10**12)
        return self.pick(
            [
                b"0",
                b"-1",
                b"-1000",
                b"abc",
                b"",
                b"9223372036854775807",
                b"9223372036854775800",
                b"-9223372036854775808",
            ]
        )

    def time_seconds(self):
        if self.chance(0.75):
            return b"%d" % (self.now + self.random.randint(10**4, 10**9))
        return self.pick(
            [b"1", b"0", b"-1", b"1000000000", b"abc", b"9223372036854775807", b"9223372036854775"]
        )

    def time_milliseconds(self):
        if self.chance(0.75):
            return b"%d" % (self.now * 1000 + self.random.randint(10**7, 10**12))
        return self.pick([b"1", b"0", b"-1", b"1000000000000", b"abc", b"9223372036854775807"])

    def database(self):
        if self.chance(0.9):
            return b"%d" % self.random.choice([0, 0, 0, 0, 0, 0, 1, 1, 9, 15])
        return self.pick([b"16", b"-1", b"abc", b"", b"99999999999999999999", b"0 "])

    def end(self):
        return (
            self.pick([b"LEFT", b"RIGHT"]) if self.chance(0.95) else self.pick([b"UP", b"", b"L"])
        )

    def some(self, *options, probability=0.3):
        """Each option with the probability, in random order. An option is a list or gives one."""
        chosen = [option for option in options if self.chance(probability)]
        self.random.shuffle(chosen)
        return [word for option in chosen for word in (option() if callable(option) else option)]

    # A whole command.

    def step(self):
        """A command or a group, fit to be sent."""
        while True:
            self.home, builder = self.random.choices(self.choices, cum_weights=self.cumulative)[0]
            if self.home is None:
                self.home = self.pick(self.homes)
            made = builder(self)
            command = made.main if isinstance(made, Group) else made
            if not self.without.isdisjoint(
                (command[0].upper(), b" ".join(command[:2]).upper())
            ):
                continue
            unspoiled = self.blocking | LEX_KEYS
            if self.lacks("field limits"):
                unspoiled |= FAMILIES["fields"].timed
            if self.chance(0.05) and unspoiled.isdisjoint(command):
                command = self.spoil(command, 2 if isinstance(made, Group) else 1)
            if self.chance(0.2):
                command = [
                    self.any_case(word) if len(word) < 24 and word.isalpha() else word
                    for word in command
                ]
            if self.lacks("loose numbers"):
                command = [b"16" if word in LOOSE_NUMBERS else word for word in command]
            if not isinstance(made, Group):
                return command
            return made.with_main(command)

    def next(self):
        made = self.step()
        return made.main if isinstance(made, Group) else made

    def short_lives(self):
        """Commands that give keys only milliseconds to live, each key once, and the milliseconds
        after which all of them have passed."""
        commands, longest = [], 0
        for key in self.random.sample(
            [key for home in self.homes for key in HOME_KEYS[4 * home : 4 * home + 4]],
            min(4 * len(self.homes), 7),
        ):
            left = self.random.randint(1, 50)
            longest = max(longest, left)
            last = b"%d" % (time.time() * 1000 + left)
            left = b"%d" % left
            any_type = [
                [b"PEXPIRE", key, left],
                [b"PEXPIRE", key, left, self.pick([b"NX", b"XX", b"GT", b"LT"])],
                [b"PEXPIREAT", key, last],
            ]
            strings = key in HOME_KEYS[:4]
            commands.append(
                self.pick(
                    any_type
                    if not strings
                    else [
                        [b"SET", key, self.value(), b"PX", left],
                        [b"SET", key, self.value(), b"PXAT", last],
                        [b"SET", key, self.value(), b"PX", left, b"XX", b"GET"],
                        [b"PSETEX", key, left, self.value()],
                        [b"GETEX", key, b"PX", left],
                        [b"GETEX", key, b"PXAT", last],
                        *any_type,
                    ]
                )
            )
        return commands, longest

    def any_case(self, word):
        if word.isupper():
            return bytes(self.pick((byte, byte | 0x20)) for byte in word)
        return word

    def spoil(self, command, first=1):
        """The command with something wrong about its arguments; what is before `first` stays."""
        command = list(command)
        timed = command[0] in self.timed
        place = self.random.randint(min(first, len(command)), len(command))
        choice = self.random.randint(0, 4)
        junk = self.pick(
            JUNK if timed else NOT_NUMBERS[:-4] + [b"-1", b"0", b"NX", b"COUNT", b"MATCH"]
        )
        if choice == 0 and len(command) > first:
            command.pop()
        elif choice == 1:
            command.insert(place, junk)
        elif choice == 2 and place < len(command):
            command[place] = junk
        elif choice == 3 and place < len(command):
            command.insert(place, command[place])
        elif choice == 4 and len(command) > first + 1 and command[0] not in self.unmixed:
            other = self.random.randint(first, len(command) - 1)
            place = min(place, len(command) - 1)
            command[place], command[other] = command[other], command[place]
        return command
