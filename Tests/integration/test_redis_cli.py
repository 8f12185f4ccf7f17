"""redis-cli and redis-benchmark, as a person uses them."""

import re
import subprocess

from resp import encode
from server import Server


def cli(server, *arguments, stdin=b"", status=0):
    """Runs redis-cli against the server; what it prints."""
    result = subprocess.run(
        ["redis-cli", "-p", str(server.port), *map(str, arguments)],
        input=stdin,
        capture_output=True,
        timeout=60,
    )
    assert result.returncode == status, (result.returncode, result.stdout, result.stderr)
    return result.stdout.decode()


def test_session():
    """SET, GET, lists, errors and nil look as they should, both piped and as arguments."""
    with Server() as server:
        assert cli(server, "PING") == "PONG\n"
        assert cli(server, "SET", "greeting", "hello world") == "OK\n"
        assert cli(server, "GET", "greeting") == "hello world\n"
        assert cli(server, "--no-raw", "GET", "greeting") == '"hello world"\n'
        assert cli(server, "--no-raw", "GET", "nothing") == "(nil)\n"
        assert cli(server, "--no-raw", "INCR", "counter") == "(integer) 1\n"
        assert cli(server, "--no-raw", "RPUSH", "l", "a", "b") == "(integer) 2\n"
        assert cli(server, "--no-raw", "LRANGE", "l", "0", "-1") == '1) "a"\n2) "b"\n'
        assert cli(server, "--no-raw", "INCR", "l").startswith(
            "(error) WRONGTYPE Operation against"
        )
        assert cli(server, "-x", "SET", "binary", stdin=b"\x00\xff\r\nend") == "OK\n"
        assert cli(server, "--no-raw", "GET", "binary") == '"\\x00\\xff\\r\\nend"\n'
        script = b"SELECT 3\nSET a 1\nAPPEND a 2\nGET a\nDBSIZE\n"
        assert cli(server, stdin=script) == "OK\nOK\n2\n12\n1\n"
        assert cli(server, "-n", "3", "GET", "a") == "12\n"
        assert cli(server, "-r", "3", "INCR", "loop") == "1\n2\n3\n"


def test_resp3():
    """redis-cli -3 gets maps, and null as RESP3's own."""
    with Server() as server:
        reply = cli(server, "-3", "--no-raw", "CONFIG", "GET", "databases")
        assert reply == '1# "databases" => "16"\n', reply
        assert cli(server, "-3", "--no-raw", "GET", "nothing") == "(nil)\n"
        reply = cli(server, "-3", "--no-raw", "HELLO")
        assert re.search(r'^3# "proto" => \(integer\) 3$', reply, re.MULTILINE), reply
        assert re.search(r'^6# "role" => "master"$', reply, re.MULTILINE), reply


def test_info():
    """INFO's sections print with their headings; an unknown section prints nothing."""
    with Server() as server:
        text = cli(server, "INFO")
        for section in (
            "Server",
            "Clients",
            "Memory",
            "Persistence",
            "Stats",
            "Replication",
            "CPU",
            "Modules",
            "Errorstats",
            "Cluster",
            "Keyspace",
        ):
            assert f"# {section}\r\n" in text, section
        assert "# Server" in cli(server, "INFO", "server")
        assert "# Clients" not in cli(server, "INFO", "server")
        assert cli(server, "INFO", "nosuch").strip() == ""
        cli(server, "SET", "a", "1", "EX", "1000")
        assert re.search(
            r"^db0:keys=1,expires=1,avg_ttl=\d+,subexpiry=0\r$",
            cli(server, "INFO", "keyspace"),
            re.MULTILINE,
        )


def test_pipe_100k():
    """redis-cli --pipe loads 100,000 keys without an error."""
    with Server() as server:
        data = b"".join(encode("SET", f"key:{n}", f"value:{n}") for n in range(100_000))
        output = cli(server, "--pipe", stdin=data)
        assert "errors: 0, replies: 100000" in output, output
        assert server.value("DBSIZE") == 100_000
        assert server.value("GET", "key:99999") == b"value:99999"


def test_scan_and_bigkeys():
    """--scan sees every key once; --bigkeys, --memkeys find the largest."""
    with Server() as server:
        with server.connect() as connection:
            for n in range(1000):
                connection.send(encode("SET", f"key:{n}", "x" * (n % 50)))
            connection.replies(1000)
            connection.command("SET", "big", "y" * 5000)
            connection.command("RPUSH", "queue", *range(100))
        keys = cli(server, "--scan", "--pattern", "key:*").split()
        assert sorted(keys) == sorted(f"key:{n}" for n in range(1000))
        text = cli(server, "--bigkeys")
        assert re.search(r'Biggest string found ["\']+big["\']+ has 5000 bytes', text), text
        assert re.search(r'Biggest +list found ["\']+queue["\']+ has 100 items', text), text
        text = cli(server, "--memkeys")
        assert re.search(r'Biggest string found ["\']+big["\']+ has \d+ bytes', text), text


def test_stat_and_latency():
    """The monitoring modes read what they need from INFO and PING."""
    with Server() as server:
        server.command("SET", "a", "1")
        stat = subprocess.Popen(
            ["redis-cli", "-p", str(server.port), "-i", "0.1", "--stat"],
            stdout=subprocess.PIPE,
            text=True,
        )
        lines = [stat.stdout.readline() for _ in range(3)]
        stat.terminate()
        stat.wait()
        stat.stdout.close()
        assert "keys" in lines[1] and lines[2].split()[0] == "1", lines
        text = cli(server, "--latency", "-i", "0.2")
        assert len(text.split()) >= 4, text


def benchmark(server, *arguments):
    result = subprocess.run(
        ["redis-benchmark", "-p", str(server.port), "-q", "--csv", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
    )
    text = result.stdout + result.stderr
    assert result.returncode == 0, text
    assert "WARN" not in text and "rror" not in text, text
    return {
        line.split('","')[0].strip('"'): float(line.split('","')[1])
        for line in result.stdout.splitlines()[1:]
        if line.startswith('"')
    }


def test_benchmark():
    """redis-benchmark's loads run, with and without pipeline, and leave what they should."""
    loads = "set,get,incr,lpush,rpop,lrange,mset"
    with Server() as server:
        for pipeline in ("1", "16"):
            rates = benchmark(server, "-t", loads, "-n", "2000", "-c", "20", "-P", pipeline)
            for name in ("SET", "GET", "INCR", "LPUSH", "RPOP", "MSET (10 keys)"):
                assert rates[name] > 0, rates
            assert sum(name.startswith("LRANGE") for name in rates) == 4, rates
        assert server.value("GET", "counter:__rand_int__") == b"4000"
        # LPUSH of both runs and the lists filled for LRANGE, less RPOP of both.
        assert server.value("LLEN", "mylist") > 0
    with Server() as server:
        benchmark(
            server,
            "-t",
            "set,get,mset",
            "-n",
            "5000",
            "-c",
            "50",
            "-P",
            "32",
            "-r",
            "100000",
            "-d",
            "300",
            "--threads",
            "2",
        )
        assert server.value("DBSIZE") > 5000
        benchmark(server, "-n", "1000", "-3", "-t", "get,set")
        benchmark(server, "-n", "1000", "-c", "5", "APPEND", "log", "abc")
        assert server.value("STRLEN", "log") == 3000
