"""What test_celery.py does, each test in a process of its own (Celery keeps one application with its
connections for as long as the process lives): `celery_session.py NAME`, with the server's URL and the
folder of Tests/integration in the environment."""

import os
import sys
import time

sys.path[:0] = [os.environ["INTEGRATION_TESTS"], os.environ["SUPPORT"]]

import celery_app as tasks  # noqa: E402
import redis  # noqa: E402
from server import wait_until  # noqa: E402
from workers import Workers  # noqa: E402

WORKER = ["celery", "-A", "celery_app", "worker", "--concurrency", "2", "--loglevel", "warning"]
TASKS = 300
SLOW_TASKS = 40
DELAY = 0.7


def do_tasks(workers):
    """Tasks, retries, errors, delays, a chain, a chord, remote control."""
    workers.start()
    results = [tasks.add.delay(number, number) for number in range(TASKS)]
    assert [result.get(timeout=40) for result in results] == list(range(0, 2 * TASKS, 2))
    assert tasks.flaky.delay(7, 2).get(timeout=20) == 2
    assert type(tasks.fail.delay().get(timeout=20, propagate=False)) is ValueError
    begin = time.monotonic()
    assert tasks.add.apply_async((1000, 1), countdown=DELAY).get(timeout=20) == 1001
    assert time.monotonic() - begin >= DELAY - 0.1
    chain = tasks.add.s(2000, 1) | tasks.double.s() | tasks.double.s()
    assert chain.delay().get(timeout=20) == 8004
    assert tasks.sum_of(50).get(timeout=30) == 2 * sum(range(50))
    assert tasks.app.control.ping(timeout=2)
    words = workers.words()
    assert words["try-7"] == 3
    # The chord's tasks are the first fifty numbers again.
    assert all(words[f"add-{number}"] == 1 + (number < 50) for number in range(TASKS))
    with redis.Redis.from_url(tasks.URL) as broker:
        assert broker.llen("celery") == 0
        wait_until(lambda: broker.hlen("unacked") == 0, 10, "all acknowledged")


def kill_worker(workers):
    """A worker dies in the middle of its work; another one does what it leaves."""
    first = workers.start()
    results = [tasks.slow.delay(number, 0.05) for number in range(SLOW_TASKS)]
    wait_until(lambda: len(workers.words()) > SLOW_TASKS / 2, 30, "work begun")
    workers.kill(first)
    finished = sum(word.startswith("end-") for word in workers.words())
    assert 0 < finished < SLOW_TASKS
    with redis.Redis.from_url(tasks.URL) as broker:
        assert broker.hlen("unacked") > 0
    # A new worker restores what has been out of sight for long enough.
    time.sleep(tasks.VISIBILITY + 0.2)
    workers.start()
    assert sorted(result.get(timeout=40) for result in results) == list(range(SLOW_TASKS))
    words = workers.words()
    assert all(words[f"end-{number}"] >= 1 for number in range(SLOW_TASKS))
    again = [number for number in range(SLOW_TASKS) if words[f"begin-{number}"] > 1]
    # Two processes were at work, each with one task, and may not have said that another was done.
    assert len(again) <= 4, again


if __name__ == "__main__":
    with Workers(WORKER, {}) as started:
        {"tasks": do_tasks, "kill": kill_worker}[sys.argv[1]](started)
    # Without waiting for connections that the application may still want to make.
    sys.stdout.flush()
    os._exit(0)
