"""What a family of commands tells the generator. Each file beside this one describes one family."""

FAMILIES = {}


def words(text):
    return frozenset(text.split())


class Family:
    """Registers itself under its name.

    home:      the number of the four keys where its type lives, None for what works on any type.
    commands:  (weight, builder) of each command; a builder takes the generator, and gives a command
               or a group.
    names:     commands and subcommands, separated by commas, that may be called with any number of
               any arguments. Not: what ends or delays the connection, or describes the server.
    timed:     commands that set a time to live: a wrong argument must not become a short one.
    unmixed:   commands whose arguments must not change places: a value would become a large number.
    counting:  commands that see what is past its time until it is removed.
    blocking:  words that make a command wait: nothing about it may go wrong by chance.
    share:     its part of all commands.
    """

    def __init__(
        self,
        name,
        home,
        commands,
        names=b"",
        timed=b"",
        unmixed=b"",
        counting=b"",
        blocking=b"",
        share=1.0,
    ):
        self.name = name
        self.home = home
        self.commands = commands
        self.names = [part.split() for part in names.split(b",") if part.strip()]
        self.timed = words(timed)
        self.unmixed = words(unmixed)
        self.counting = words(counting)
        self.blocking = words(blocking)
        self.share = share
        FAMILIES[name] = self


def simple(*parts):
    """A command whose words are constants, names of Generator's methods, or functions of it."""

    def build(g):
        command = []
        for part in parts:
            if isinstance(part, str):
                part = getattr(g, part)()
            elif callable(part):
                part = part(g)
            command += part if isinstance(part, list) else [part]
        return command

    return build


def thresholds(*settings):
    """CONFIG SET of limits, mostly small ones, so that values change their encoding often. What the
    reference does not have is left out."""

    def build(g):
        name, values = g.pick([pair for pair in settings if not g.lacks(pair[0])])
        return [b"CONFIG", b"SET", name, g.pick(values)]

    return build
