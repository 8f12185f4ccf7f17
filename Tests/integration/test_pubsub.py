"""Publish/subscribe: confirmations and messages in order, both protocols, and a random model."""

import random

from resp import decode, encode
from server import Server, wait_until


def test_confirmations_in_a_pipeline():
    """Confirmations stand where the commands stand; a RESP2 subscriber may do little else."""
    with Server() as server, server.connect() as client:
        client.send(encode("SET", "k", "v") + encode("SUBSCRIBE", "a", "b") + encode("GET", "k")
                    + encode("PING") + encode("UNSUBSCRIBE") + encode("GET", "k"))
        replies = [decode(raw)[0] for raw in client.replies(7)]
        assert replies[:3] == ["OK", [b"subscribe", b"a", 1], [b"subscribe", b"b", 2]]
        assert replies[3].startswith("ERR Can't execute 'get': only (P|S)SUBSCRIBE")
        assert replies[4] == [b"pong", b""]
        assert sorted(reply[1] for reply in replies[5:7]) == [b"a", b"b"]
        assert [reply[2] for reply in replies[5:7]] == [1, 0]
        assert client.reply() == b"$1\r\nv\r\n"


def test_messages():
    """Channels, patterns and shard channels; pushes in RESP3, arrays in RESP2."""
    with Server() as server, server.connect() as two, server.connect(protocol=3) as three:
        for client, mark in ((two, b"*"), (three, b">")):
            assert client.command("SUBSCRIBE", "news") == mark + b"3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n"
            client.command("PSUBSCRIBE", "n*")
            client.command("SSUBSCRIBE", "shard")
        assert server.value("PUBLISH", "news", "hello") == 4
        assert server.value("PUBLISH", "none", "x") == 2
        assert server.value("SPUBLISH", "shard", "y") == 2
        for client, mark in ((two, b"*"), (three, b">")):
            assert client.reply() == mark + b"3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$5\r\nhello\r\n"
            assert client.reply() == mark + b"4\r\n$8\r\npmessage\r\n$2\r\nn*\r\n$4\r\nnews\r\n$5\r\nhello\r\n"
            assert client.reply() == mark + b"4\r\n$8\r\npmessage\r\n$2\r\nn*\r\n$4\r\nnone\r\n$1\r\nx\r\n"
            assert client.reply() == mark + b"3\r\n$8\r\nsmessage\r\n$5\r\nshard\r\n$1\r\ny\r\n"
        assert server.value("PUBSUB", "NUMSUB", "news", "none") == [b"news", 2, b"none", 0]
        assert server.value("PUBSUB", "NUMPAT") == 1
        assert server.value("PUBSUB", "SHARDCHANNELS") == [b"shard"]


def test_own_messages_come_behind_the_reply():
    """A RESP3 client gets what it publishes itself behind the reply, behind EXEC's in MULTI."""
    with Server() as server, server.connect(protocol=3) as client:
        client.command("SUBSCRIBE", "a")
        message = b">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\n%b\r\n"
        client.send(encode("PUBLISH", "a", "1") + encode("PING") + encode("MULTI")
                    + encode("PUBLISH", "a", "2") + encode("PING") + encode("EXEC"))
        assert client.replies(8) == [
            b":1\r\n", message % b"1", b"+PONG\r\n", b"+OK\r\n", b"+QUEUED\r\n", b"+QUEUED\r\n",
            b"*2\r\n:1\r\n+PONG\r\n", message % b"2"]


def test_long_messages():
    """Long messages arrive whole at every subscriber."""
    with Server() as server:
        clients = [server.connect(protocol=version) for version in (2, 3, 2)]
        for client in clients:
            client.command("SUBSCRIBE", "a")
        text = bytes(random.Random(1).randrange(256) for _ in range(300_000))
        assert server.value("PUBLISH", "a", text) == 3
        for client in clients:
            assert decode(client.reply())[0] == [b"message", b"a", text]
            client.close()


def test_slow_subscriber_is_dropped():
    """A subscriber that reads nothing is dropped at its output limit, the others get everything."""
    limit = ("--client-output-buffer-limit", "pubsub 4mb 0 0")
    with Server(*limit) as server, server.connect() as slow, server.connect() as good:
        slow.command("SUBSCRIBE", "a")
        good.command("SUBSCRIBE", "a")
        for i in range(400):
            assert server.value("PUBLISH", "a", b"%06d" % i + b"x" * 50_000) in (1, 2)
            assert decode(good.reply())[0][2][:6] == b"%06d" % i
        wait_until(lambda: server.info("clients")["pubsub_clients"] == "1", what="the drop")
        assert server.info("stats")["client_output_buffer_limit_disconnections"] == "1"


def test_random_model():
    """Random subscriptions, publications and lost connections against a model; seed 20261."""
    generator = random.Random(20261)
    with Server() as server:
        clients, model = [], []
        for step in range(1500):
            roll = generator.random()
            if roll < 0.05 or not clients:
                clients.append(server.connect(protocol=generator.choice((2, 3))))
                model.append(set())
            elif roll < 0.08 and len(clients) > 3:
                i = generator.randrange(len(clients))
                clients.pop(i).close()
                model.pop(i)
                count = sum(1 for names in model if names)
                wait_until(lambda: server.info("clients")["pubsub_clients"] == str(count),
                           what=f"step {step}")
            elif roll < 0.6:
                i, name = generator.randrange(len(clients)), b"c%d" % generator.randrange(12)
                adds = generator.random() < 0.6
                (model[i].add if adds else model[i].discard)(name)
                reply = decode(clients[i].command("SUBSCRIBE" if adds else "UNSUBSCRIBE", name))[0]
                assert reply[1:] == [name, len(model[i])], (step, reply)
            else:
                name = b"c%d" % generator.randrange(12)
                expected = sum(name in names for names in model)
                assert server.value("PUBLISH", name, b"%d" % step) == expected, step
                for client, names in zip(clients, model):
                    if name in names:
                        assert decode(client.reply())[0] == [b"message", name, b"%d" % step]
        for client in clients:
            client.close()
        wait_until(lambda: server.value("PUBSUB", "CHANNELS") == [], what="all channels to go")
