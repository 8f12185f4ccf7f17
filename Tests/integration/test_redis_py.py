"""redis-py, in RESP2 and RESP3, with its own parser and with hiredis's."""

import asyncio
import threading

import redis
import redis.asyncio
from redis.backoff import NoBackoff
from redis.connection import ConnectionPool
from redis.retry import Retry

from server import Server


def clients(server, **options):
    """The four ways: both protocols, both parsers."""
    python = (redis._parsers._RESP2Parser, redis._parsers._RESP3Parser)
    for protocol in (2, 3):
        for parser in (python[protocol - 2], redis._parsers._HiredisParser):
            pool = ConnectionPool(
                host="127.0.0.1",
                port=server.port,
                protocol=protocol,
                parser_class=parser,
                **options,
            )
            client = redis.Redis(connection_pool=pool)
            client.flushall()
            yield client
            client.close()
            pool.disconnect()


def test_strings():
    """Strings with all of SET's options, as text and as bytes."""
    with Server() as server:
        for r in clients(server, decode_responses=True):
            assert r.set("a", "grüße") is True
            assert r.get("a") == "grüße"
            assert r.set("a", "2", nx=True) is None
            assert r.set("a", "3", xx=True, get=True) == "grüße"
            assert r.set("b", "1", ex=1000) and 990 < r.ttl("b") <= 1000
            assert r.set("b", "1", keepttl=True) and r.ttl("b") > 990
            assert r.getex("b", persist=True) == "1" and r.ttl("b") == -1
            assert r.ttl("nothing") == -2
            assert r.incrby("n", 41) == 41 and r.incr("n") == 42 and r.decrby("n", 2) == 40
            assert r.incrbyfloat("f", 0.1) == 0.1 and r.incrbyfloat("f", 0.2) == 0.3
            assert r.mset({"x": 1, "y": 2}) and r.mget("x", "nothing", "y") == ["1", None, "2"]
            assert r.msetnx({"x": 1, "z": 2}) is False
            assert r.append("x", "abc") == 4 and r.getrange("x", 1, -1) == "abc"
            assert r.setrange("x", 6, "!") == 7 and r.get("x") == "1abc\0\0!"
            assert r.getdel("x") == "1abc\0\0!" and r.exists("x", "y", "y") == 2
            r.mset({"k1": "ohmytext", "k2": "mynewtext"})
            assert r.lcs("k1", "k2") == "mytext" and r.lcs("k1", "k2", len=True) == 6
            matches = r.lcs("k1", "k2", idx=True, minmatchlen=4, withmatchlen=True)
            assert "mytext" != matches and str(matches).count("4") >= 1
        for r in clients(server):
            value = bytes(range(256)) * 100
            assert r.set(b"\x00\xff", value) and r.get(b"\x00\xff") == value


def test_lists():
    """Lists, with counts and positions."""
    with Server() as server:
        for r in clients(server, decode_responses=True):
            assert r.rpush("l", *"abcdef") == 6 and r.lpush("l", "z") == 7
            assert r.lrange("l", 0, -1) == list("zabcdef")
            assert r.lpop("l") == "z" and r.rpop("l", 2) == ["f", "e"] and r.lpop("nothing") is None
            assert r.lpop("nothing", 2) is None
            assert r.lindex("l", -1) == "d" and r.lset("l", 0, "A") is True
            assert r.linsert("l", "BEFORE", "b", "x") == 5 and r.lpos("l", "b") == 2
            assert r.lpos("l", "b", count=0) == [2] and r.lrem("l", 0, "x") == 1
            assert r.ltrim("l", 0, 1) is True and r.llen("l") == 2
            assert r.lmove("l", "m", "LEFT", "RIGHT") == "A" and r.rpoplpush("l", "m") == "b"
            assert r.lmpop(2, "l", "m", direction="LEFT", count=5) == ["m", ["b", "A"]]
            assert r.lmpop(1, "m", direction="LEFT") is None
            assert r.lpushx("l", "a") == 0


def test_keys():
    """Key commands, scanning, expiry and databases."""
    with Server() as server:
        for r in clients(server, decode_responses=True):
            with r.pipeline(transaction=False) as pipe:
                for n in range(3000):
                    pipe.set(f"key:{n}", n)
                assert pipe.execute() == [True] * 3000
            found = list(r.scan_iter("key:*", count=100))
            assert set(found) == {f"key:{n}" for n in range(3000)}
            assert r.dbsize() == 3000 and r.type("key:1") == "string" and r.type("no") == "none"
            assert list(r.scan_iter(_type="list")) == []
            assert r.rename("key:1", "renamed") and r.renamenx("key:2", "renamed") is False
            assert r.copy("renamed", "copied") and r.copy("renamed", "copied") is False
            assert r.move("copied", 5) and r.unlink("key:3", "key:4", "nothing") == 2
            assert r.expire("renamed", 100) and r.expire("renamed", 50, gt=True) is False
            assert r.expireat("renamed", 4102444800) and r.expiretime("renamed") == 4102444800
            assert r.persist("renamed") and r.touch("renamed") == 1
            assert r.object("encoding", "renamed") == "int" and r.memory_usage("renamed") > 0
            assert r.randomkey() is not None and r.swapdb(0, 5)
            assert r.keys("*") == ["copied"]
            assert r.flushdb() and r.dbsize() == 0


def test_pipeline_of_mixed_replies():
    """Errors in the middle of a pipeline stay at their place."""
    with Server() as server:
        for r in clients(server, decode_responses=True):
            pipe = r.pipeline(transaction=False)
            pipe.set("s", "text").incr("s").rpush("l", 1, 2).get("l").lrange("l", 0, -1).get("s")
            result = pipe.execute(raise_on_error=False)
            assert result[0] is True and result[2] == 2 and result[4] == ["1", "2"]
            assert str(result[1]) == "value is not an integer or out of range"
            assert isinstance(result[1], redis.ResponseError)
            assert str(result[3]).startswith("WRONGTYPE") and result[5] == "text"


def test_server_commands():
    """INFO, CONFIG, CLIENT, COMMAND and TIME parse."""
    with Server() as server:
        for r in clients(server, decode_responses=True):
            info = r.info()
            assert info["redis_version"].startswith("7.4") and info["tcp_port"] == server.port
            assert info["role"] == "master" and info["maxmemory"] == 0
            assert r.info("keyspace") == {}
            assert r.config_get("maxmemory*")["maxmemory-policy"] == "noeviction"
            assert r.config_set("maxmemory-samples", 7) is True
            assert r.config_get("maxmemory-samples") == {"maxmemory-samples": "7"}
            assert r.client_setname("tester") is True and r.client_getname() == "tester"
            me = r.client_info()
            assert me["name"] == "tester" and me["lib-name"] == "redis-py" and me["db"] == 0
            assert any(item["id"] == str(r.client_id()) for item in r.client_list())
            assert len(r.time()) == 2
            names = {str(name).lower() for name in r.command()}
            assert {"get", "set", "lpush", "expire"} <= names
            assert r.command_count() == len(names)
            assert {name for name in r.command_list() if "|" not in name} == names
            assert r.ping() is True and r.echo("x") == "x"
        # redis-py introduces itself with CLIENT SETINFO: that is no error.
        r = redis.Redis(host="127.0.0.1", port=server.port, protocol=2)
        r.config_resetstat()
        other = redis.Redis(host="127.0.0.1", port=server.port, protocol=2)
        assert other.ping() and other.info("errorstats") == {}


def test_authentication():
    """Passwords by AUTH and HELLO, right, wrong and missing."""
    with Server("--requirepass", "secret", password="secret") as server:
        for protocol in (2, 3):
            options = dict(
                host="127.0.0.1", port=server.port, protocol=protocol, retry=Retry(NoBackoff(), 0)
            )
            assert redis.Redis(password="secret", **options).ping()
            assert redis.Redis(username="default", password="secret", **options).ping()
            for wrong in (dict(password="wrong"), dict(username="u", password="secret"), {}):
                try:
                    redis.Redis(**wrong, **options).ping()
                    raise AssertionError("let in")
                except redis.AuthenticationError:
                    pass


def test_threads():
    """Twenty threads over one pool count to 4,000 together."""
    with Server() as server:
        for r in clients(server):
            threads = [
                threading.Thread(target=lambda: [r.incr("n") for _ in range(200)])
                for _ in range(20)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert r.get("n") == b"4000"


def test_asyncio():
    """The asyncio client, with many requests under way at once."""

    async def session(port, protocol):
        pool = redis.asyncio.BlockingConnectionPool(
            host="127.0.0.1", port=port, protocol=protocol, max_connections=50
        )
        client = redis.asyncio.Redis(connection_pool=pool)
        await asyncio.gather(*[client.set(f"k{n}", n) for n in range(200)])
        values = await asyncio.gather(*[client.get(f"k{n}") for n in range(200)])
        assert values == [b"%d" % n for n in range(200)]
        await client.aclose()

    with Server() as server:
        for protocol in (2, 3):
            asyncio.run(session(server.port, protocol))
