"""Load test: ten thousand connections, rude clients, and a server that still answers correctly.

In this order: memory of idle connections; traffic on all connections at once, every reply counted
by incrementing one counter; clients killed in mid-request; half-open connections (the peer gone
without a FIN, or after half a request); slow readers that ask for much and read nothing, first
without a limit, then over client-output-buffer-limit, which must drop them; garbage bytes from a
printed seed. After each the server must answer on a new connection, and at the end the data must
be what it was. Ends by itself within a minute or so for each server.
"""

import argparse
import os
import random
import signal
import socket
import time

import servers
from servers import BenchError, Client, ReplyError, Server, encode, fill, push_list

TCP_REPAIR = 19
IDLE_GOAL = 1024  # bytes for each idle connection
HEADER = ["server", "check", "figure", "goal", "met"]


class Soak:
    """One server's run; `lines` collects the table."""

    def __init__(self, server, options):
        self.server, self.options = server, options
        self.random = random.Random(options.seed)
        self.lines = []

    def note(self, check, figure, goal="", met=""):
        self.lines.append([self.server.name, check, str(figure), str(goal), met])

    def alive(self, after):
        """The server answers, correctly, on a connection of its own."""
        if self.server.process.poll() is not None:
            raise BenchError(f"{self.server.name} ended during: {after}")
        client = Client(self.server.port, timeout=20)
        token = f"{after} {self.random.random()}".encode()
        try:
            answer = client("ECHO", token)
        finally:
            client.close()
        if answer != token:
            raise BenchError(f"{self.server.name} answered {answer!r} to ECHO after: {after}")

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.server.port), 20)

    def connected(self):
        return int(self.server.info("clients")["connected_clients"])

    def wait_for_clients(self, most, what, seconds=20):
        """Waits until the server has noticed that clients are gone."""
        end = time.monotonic() + seconds
        while self.connected() > most:
            if time.monotonic() > end:
                raise BenchError(
                    f"{self.server.name} keeps {self.connected()} clients after: {what}")
            time.sleep(0.05)

    def idle_connections(self):
        """Memory for each connection that has sent one PING and is idle since."""
        count, clients = self.options.connections, []
        rss = self.server.settle(quiet=0.5, at_most=3)
        used = int(self.server.info("memory")["used_memory"])
        try:
            for _ in range(count):
                client = self.connect()
                client.sendall(encode("PING"))
                if client.recv(7) != b"+PONG\r\n":
                    raise BenchError("wrong reply to PING")
                clients.append(client)
            if self.connected() < count:
                raise BenchError(f"{self.server.name} accepted only {self.connected()} clients")
            # Redis gives idle query buffers back after two seconds.
            time.sleep(0.5 if self.options.tiny else 4)
            rss = (self.server.rss() - rss) / count
            used = (int(self.server.info("memory")["used_memory"]) - used) / count
        finally:
            for client in clients:
                client.close()
        met = "" if self.server.name != "flashkvd" else (
            "yes" if max(rss, used) <= IDLE_GOAL else "NO")
        self.note("resident bytes per idle connection", f"{rss:.0f}", IDLE_GOAL, met)
        self.note("used_memory per idle connection", f"{used:.0f}", IDLE_GOAL, met)
        self.wait_for_clients(1, "closing the idle connections")

    def traffic(self):
        """Traffic on all connections; the counter must have seen each request once."""
        options = self.options
        for pipeline in (1, 4):
            before = int(self.server.client("GET", "soak:counter") or 0)
            figures = self.server.load(
                ["INCR", "soak:counter"], c=options.connections, P=pipeline, n=options.requests,
                t=15)
            gained = int(self.server.client("GET", "soak:counter")) - before
            if gained != figures["requests"] or gained < options.connections:
                raise BenchError(
                    f"{self.server.name}: {figures['requests']:.0f} INCRs answered, the counter "
                    f"went up by {gained}")
            self.note(f"requests/s on {options.connections} connections, pipeline {pipeline}",
                      f"{figures['rps']:.0f}")
            self.note(f"p99 us on {options.connections} connections, pipeline {pipeline}",
                      f"{figures['p99_us']:.0f}")
        self.alive("traffic on all connections")

    def killed_clients(self):
        """kill -9 of loaders while their requests are under way."""
        rounds = 2 if self.options.tiny else 8
        for turn in range(rounds):
            loader = servers.start_load(
                self.server, ["SET", "kill:__rand_int__", "__data__"], c=200, P=50, t=20,
                d=2000, r=1000)
            time.sleep(0.1 + 0.05 * (turn % 4))
            loader.send_signal(signal.SIGKILL)
            loader.communicate()
            if loader.returncode != -signal.SIGKILL:
                raise BenchError("a loader ended before it was killed")
            self.alive("kill -9 of clients")
        self.wait_for_clients(1, "kill -9 of clients")
        self.note("clients killed in mid-request", 200 * rounds)

    def half_open(self):
        """Peers that vanish without a FIN (needs root), close their half, or stop halfway."""
        request = encode("SET", "half:open", "y" * 5000)
        count, silent, held = 50 if self.options.tiny else 500, 0, []
        for turn in range(count):
            client = self.connect()
            client.sendall(request[:self.random.randrange(1, len(request))])
            if turn % 3 == 0:
                client.shutdown(socket.SHUT_WR)
                held.append(client)
            elif turn % 3 == 1 and self.vanish(client):
                silent += 1
            else:
                held.append(client)
        self.alive("half-open connections")
        if self.server.client("EXISTS", "half:open") != 0:
            raise BenchError(f"{self.server.name} executed half a request")
        for client in held:
            client.close()
        self.wait_for_clients(1 + silent, "half-open connections")
        if self.connected() < 1 + silent:
            raise BenchError(f"{self.server.name} dropped clients that may still be there")
        self.note("half-open connections, of them vanished without FIN", f"{count}/{silent}")
        self.silent = silent

    @staticmethod
    def vanish(client):
        """Closes without a FIN or RST, as a machine does that loses its power."""
        try:
            client.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
        except OSError:
            return False
        client.close()
        return True

    def slow_readers(self):
        """Clients that ask for 8 MB each and read nothing."""
        push_list(self.server, "soak:list", 10000)
        count = 4 if self.options.tiny else 30
        ask = encode("LRANGE", "soak:list", 0, -1) * 36

        def flood():
            clients = []
            for _ in range(count):
                client = self.connect()
                client.sendall(ask)
                clients.append(client)
            return clients

        others = self.connected()
        readers = flood()
        time.sleep(0.3)
        self.alive("slow readers")
        if self.connected() < others + count:
            raise BenchError(f"{self.server.name} dropped slow readers without a limit")
        reply = b"*10000\r\n" + (b"$16\r\n" + b"x" * 16 + b"\r\n") * 10000
        self.expect_bytes(readers[0], reply * 36)
        for reader in readers:
            reader.close()
        self.wait_for_clients(others, "slow readers that close")
        setting = "client-output-buffer-limit"
        self.server.client("CONFIG", "SET", setting, "normal 2mb 0 0")
        readers = flood()
        self.wait_for_clients(others, "slow readers over the limit")
        self.server.client("CONFIG", "SET", setting, "normal 0 0 0")
        for reader in readers:
            reader.close()
        self.alive("slow readers over the limit")
        self.note("slow readers of 8 MB, kept without limit and dropped by it", count)

    def expect_bytes(self, client, expected):
        """One slow reader wakes up: all its replies must be there, whole and in order."""
        received, at = 0, 0
        while received < len(expected):
            chunk = client.recv(1 << 20)
            at = received
            received += len(chunk)
            if not chunk or chunk != expected[at:received]:
                raise BenchError(f"{self.server.name} garbled a slow reader's reply at byte {at}")

    def garbage(self):
        """Random bytes and broken frames; none may crash, hang or corrupt the server."""
        broken = [
            b"*-2\r\n", b"*1\r\n$-5\r\n", b"*99999999999\r\n", b"*1\r\n$99999999999999999999\r\n",
            b"*2147483648\r\n$1\r\n", b"*1\r\n+OK\r\n", b"*3\r\n$3\r\nSET\r\n$1\r\n", b"\0" * 999,
            b"*\r\n", b"$\r\n", b"\r\n" * 999, b"'\"\\x\r\n", b"x" * 70000, b"*1" * 40000,
            b"*1\r\n$4\r\nPINGxx", b"*1000000\r\n" + b"$0\r\n\r\n" * 1000,
            b"GET / HTTP/1.1\r\n\r\n",
            b"*1\r\n$536870913\r\n", b"*2\r\n$4\r\nECHO\r\n$-1\r\n", b"*0\r\n" * 2000]
        count, clients = 100 if self.options.tiny else 2000, []
        for turn in range(count):
            data = broken[turn % len(broken)] if turn % 2 else self.random_bytes()
            client = self.connect()
            try:
                client.sendall(data)
            except OSError:
                pass  # refused already: as good as an error reply
            clients.append(client)
            if len(clients) == 100 or turn == count - 1:
                self.alive("garbage bytes")
                for each in clients:
                    each.close()
                clients = []
        self.wait_for_clients(1 + self.silent, "garbage bytes")
        self.note(f"connections with garbage, seed {self.options.seed}", count)

    def random_bytes(self):
        """Random bytes, half of them with the look of a frame, but never a command's name."""
        size = self.random.choice([1, 7, 100, 5000])
        if self.random.random() < 0.5:
            return self.random.randbytes(size)
        return bytes(self.random.choice(b"*$\r\n-+:0123456789 \"'\\") for _ in range(size))

    def final_check(self):
        """The data is what it was, and a load of ordinary requests goes through."""
        for number in self.random.sample(range(10000), 500):
            value = self.server.client("GET", f"key:{number:012}")
            if value != b"x" * 16:
                raise BenchError(f"{self.server.name}: key {number} holds {value!r}")
        if self.server.client("LLEN", "soak:list") != 10000:
            raise BenchError(f"{self.server.name}: the list has changed")
        self.server.load(["GET", "key:__rand_int__"], c=50, P=16, n=100000, t=5, r=10000)
        self.note("data intact, still serving", "yes")

    def run(self):
        fill(self.server, 10000, ["SET", "key:__seq__", "__data__"])
        for step in (self.idle_connections, self.traffic, self.killed_clients, self.half_open,
                     self.slow_readers, self.garbage, self.final_check):
            began = time.monotonic()
            try:
                step()
                print(f"{self.server.name}: {step.__name__} {time.monotonic() - began:.1f} s",
                      flush=True)
            except (OSError, ReplyError) as error:
                raise BenchError(f"{self.server.name}, {step.__name__}: {error!r}") from error
        return self.lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    servers.add_common_options(parser)
    parser.add_argument("--connections", type=int)
    parser.add_argument("--requests", type=int, help="for each of the two traffic runs")
    parser.add_argument("--seed", type=int, default=None, help="of the garbage")
    options = parser.parse_args()
    options.connections = options.connections or (300 if options.tiny else 10000)
    options.requests = options.requests or (20000 if options.tiny else 400000)
    if options.seed is None:
        options.seed = int.from_bytes(os.urandom(4), "big")
    names = servers.choose(options, null=False)
    servers.prepare_driver()
    print(f"seed {options.seed}", flush=True)
    lines = []
    for name in names:
        with Server(name) as server:
            lines += Soak(server, options).run()
    servers.print_table(HEADER, lines)
    servers.write_csv(options.csv, HEADER, lines)
    missed = [line[1] for line in lines if line[-1] == "NO"]
    if missed:
        print("\nGoals not met: " + ", ".join(missed))
    return 1 if missed and options.check else 0


if __name__ == "__main__":
    servers.main_guard(main)
