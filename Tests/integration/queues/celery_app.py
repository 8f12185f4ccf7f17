"""The Celery application of test_celery.py; its workers import it too. Each task notes that it ran."""

import os
import time

import redis.client
import redis.lock
from celery import Celery, chord, group

from notes import note

URL = os.environ.get("CELERY_TEST_URL", "redis://127.0.0.1:6379")
# Seconds after which a worker that is gone has lost its messages to the others.
VISIBILITY = 2


class WatchedLock(redis.lock.Lock):
    """redis-py's lock, released by a transaction rather than by a script."""

    def register_scripts(self):
        pass

    def do_release(self, expected_token):
        with self.redis.pipeline() as pipe:
            pipe.watch(self.name)
            if pipe.get(self.name) != expected_token:
                raise redis.exceptions.LockNotOwnedError("Cannot release a lock that's not owned")
            pipe.multi()
            pipe.delete(self.name)
            pipe.execute()


redis.client.Lock = WatchedLock

app = Celery("celery_app", broker=URL + "/0", backend=URL + "/1")
app.conf.update(
    broker_connection_retry_on_startup=True,
    broker_transport_options={"visibility_timeout": VISIBILITY},
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=4,
)


@app.task
def add(a, b):
    note(f"add-{a}")
    return a + b


@app.task
def slow(number, seconds):
    note(f"begin-{number}")
    time.sleep(seconds)
    note(f"end-{number}")
    return number


@app.task(bind=True, max_retries=5, default_retry_delay=0.05)
def flaky(self, number, failures):
    note(f"try-{number}")
    if self.request.retries < failures:
        raise self.retry()
    return self.request.retries


@app.task
def fail():
    raise ValueError("as meant")


@app.task
def double(number):
    return 2 * number


@app.task
def total(numbers):
    return sum(numbers)


def sum_of(count):
    """A chord: tasks in parallel, and one over all their results."""
    return chord(group(add.s(number, number) for number in range(count)))(total.s())
