"""The Celery application of test_celery.py; its workers import it. Each task notes that it ran."""

import os
import time

from celery import Celery, chord, group

BROKER = os.environ.get("CELERY_TEST_URL", "redis://127.0.0.1:6379")
NOTES = os.environ.get("CELERY_TEST_NOTES", "/dev/null")

app = Celery("celery_app", broker=BROKER + "/0", backend=BROKER + "/1")
app.conf.update(
    broker_connection_retry_on_startup=True,
    # Messages of a worker that is gone come back after this many seconds.
    broker_transport_options={"visibility_timeout": 2},
    result_backend_transport_options={"global_keyprefix": "results:"},
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=4,
)


def note(word):
    """One line in a file that all workers share: what ran, where."""
    with open(NOTES, "a") as file:
        file.write(f"{word} {os.getpid()}\n")


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


@app.task(bind=True, max_retries=5, default_retry_delay=0.1)
def flaky(self, number, failures):
    note(f"try-{number}")
    if self.request.retries < failures:
        raise self.retry()
    return self.request.retries


@app.task
def fail():
    raise ValueError("as meant")


@app.task
def total(numbers):
    return sum(numbers)


def sum_of(count):
    """A chord: tasks in parallel, and one over all their results."""
    return chord(group(add.s(number, number) for number in range(count)))(total.s())
