"""The grammar of the differential fuzzer: one file per family of commands."""

from . import strings, lists, keys, server, hashes, fields, sets, sorted_sets, streams  # noqa: F401, E401
from . import bits, hyperloglog, geo, sort, dump, blocking  # noqa: F401
from .family import FAMILIES  # noqa: F401
from .generator import Generator  # noqa: F401
from .groups import Group  # noqa: F401
from .server import SETTINGS, VERSIONED_SETTINGS  # noqa: F401
from .words import KEYS, NUMBERS  # noqa: F401
