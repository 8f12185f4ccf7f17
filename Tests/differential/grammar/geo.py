"""Places. They are sorted sets with a home of their own."""

from .family import Family, simple

PLACES = [b"Palermo", b"Catania", b"Agrigento", b"Roma", b"Edge", b"", b"m\x00", b"m1", b"m2", b"m3"]
WRONG = [b"180.1", b"-181", b"abc", b"", b"nan", b"inf", b"1e400", b"86", b"-86"]
UNITS = [b"m", b"km", b"ft", b"mi", b"KM", b"M"]


def longitude(g):
    if g.chance(0.03):
        return g.pick(WRONG)
    if g.chance(0.15):
        return g.pick([b"180", b"-180", b"0", b"-0", b"179.9999999", b"-179.9999999", b"1e-5"])
    if g.chance(0.2):
        return b"%.6f" % g.random.uniform(-180, 180)
    return b"%.6f" % g.random.uniform(12, 16)


def latitude(g):
    if g.chance(0.03):
        return g.pick(WRONG)
    if g.chance(0.12):
        return g.pick([b"85.05112878", b"-85.05112878", b"85.0511288", b"0", b"84.9", b"-85"])
    if g.chance(0.2):
        return b"%.6f" % g.random.uniform(-85, 85)
    return b"%.6f" % g.random.uniform(36, 42)


def place(g):
    return g.pick(PLACES) if g.chance(0.9) else g.member()


def unit(g):
    return g.pick(UNITS) if g.chance(0.95) else g.pick([b"", b"yards", b"kmm", b"1"])


def radius(g):
    if g.chance(0.06):
        return g.pick([b"0", b"-1", b"abc", b"nan", b"inf", b"1e10", b""])
    return b"%d" % g.random.choice([1, 50, 100, 200, 500, 1000, 5000, 25000])


def geoadd(g):
    words = [b"GEOADD", g.key(), *g.some([b"NX"], [b"XX"], [b"CH"], probability=0.12)]
    for _ in range(g.random.randint(1, 4)):
        words += [longitude(g), latitude(g), place(g)]
    return words[:-1] if g.chance(0.03) else words


def geodist(g):
    return [b"GEODIST", g.key(), place(g), place(g), *([unit(g)] if g.chance(0.6) else [])]


def center(g):
    if g.chance(0.5):
        return [b"FROMMEMBER", place(g)]
    return [b"FROMLONLAT", longitude(g), latitude(g)]


def shape(g):
    # Kilometres most of the time, so that something is found and something is not.
    measure = b"km" if g.chance(0.7) else unit(g)
    if g.chance(0.5):
        return [b"BYRADIUS", radius(g), measure]
    return [b"BYBOX", radius(g), radius(g), measure]


def count(g):
    return [b"COUNT", g.count(), *g.some([b"ANY"])]


def order(g):
    return [g.pick([b"ASC", b"DESC"])]


def details(g):
    return g.some([b"WITHCOORD"], [b"WITHDIST"], [b"WITHHASH"], probability=0.4)


def search(g):
    parts = [center(g), shape(g)]
    if g.chance(0.5):
        parts.append(order(g))
    if g.chance(0.35):
        parts.append(count(g))
    if g.chance(0.03):
        parts.append(center(g))
    if g.chance(0.03):
        parts.append(shape(g))
    if g.chance(0.03):
        parts.pop(0)
    g.random.shuffle(parts)
    return [word for part in parts for word in part]


def geosearch(g):
    return [b"GEOSEARCH", g.key(), *search(g), *details(g)]


def geosearchstore(g):
    options = g.some([b"STOREDIST"]) + (details(g) if g.chance(0.04) else [])
    return [b"GEOSEARCHSTORE", g.target(), g.key(), *search(g), *options]


def georadius(g):
    name = g.pick([b"GEORADIUS", b"GEORADIUS_RO", b"GEORADIUSBYMEMBER", b"GEORADIUSBYMEMBER_RO"])
    where = [place(g)] if b"MEMBER" in name else [longitude(g), latitude(g)]
    options = details(g) + g.some(count(g), order(g))
    if g.chance(0.3):
        options = g.some(count(g), order(g)) + [g.pick([b"STORE", b"STOREDIST"]), g.target()]
    return [name, g.key(), *where, radius(g), b"km" if g.chance(0.7) else unit(g), *options]


COMMANDS = [
    (60, geoadd),
    (15, geodist),
    (10, lambda g: [b"GEOHASH", g.key(), *[place(g) for _ in range(g.random.randint(0, 4))]]),
    (12, lambda g: [b"GEOPOS", g.key(), *[place(g) for _ in range(g.random.randint(0, 4))]]),
    (50, geosearch),
    (20, geosearchstore),
    (40, georadius),
    (6, simple(b"ZRANGE", "key", b"0", b"-1", b"WITHSCORES")),
    (6, lambda g: [b"ZREM", g.key(), place(g)]),
    (6, simple(b"DEL", "home_key")),
]

FAMILY = Family(
    "geo",
    7,
    COMMANDS,
    names=b"""GEOADD,GEODIST,GEOHASH,GEOPOS,GEOSEARCH,GEOSEARCHSTORE,GEORADIUS,GEORADIUS_RO,
    GEORADIUSBYMEMBER,GEORADIUSBYMEMBER_RO""",
    share=0.8,
)
