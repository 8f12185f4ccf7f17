"""RQ on flashkvd: jobs with results, dependencies, retries and delays; workers that are killed."""

import datetime
import os
import sys

import redis
from rq import Queue, Retry
from rq.registry import StartedJobRegistry

from server import Server, wait_until
from workers import QUEUES, Workers

JOBS = 200
SLOW_JOBS = 30

sys.path.insert(0, QUEUES)
import rq_jobs as work  # noqa: E402


def worker_arguments(server):
    # Jobs run in the worker itself rather than in a process each, which would take longer.
    url = f"redis://127.0.0.1:{server.port}"
    return ["rq.cli", "worker", "--url", url, "--worker-class", "rq.SimpleWorker", "default"]


def all_done(jobs):
    return all(job.get_status(refresh=True) == "finished" for job in jobs)


def is_in_hand(connection, queue, job):
    """Whether it is known that a worker has taken the job: it is started, or on the way to it."""
    started = connection.zrange(StartedJobRegistry(queue=queue).key, 0, -1)
    moving = connection.lrange(f"{queue.key}:intermediate", 0, -1)
    return any(entry.startswith(job.id.encode()) for entry in [*started, *moving])


def test_jobs():
    """Two workers do hundreds of jobs, each once, with what depends on them, what fails at first and
    what is for later."""
    with Server() as server, redis.Redis(port=server.port) as connection:
        with Workers(worker_arguments(server), {}) as workers:
            queue = Queue(connection=connection)
            workers.start("--with-scheduler")
            workers.start()
            jobs = [queue.enqueue(work.square, number) for number in range(JOBS)]
            after = queue.enqueue(work.square, 1000, depends_on=jobs[-1])
            tries = os.path.join(workers.folder, "tries")
            flaky = queue.enqueue(work.flaky, tries, 2, retry=Retry(max=3))
            late = queue.enqueue_in(datetime.timedelta(seconds=1), work.square, 2000)
            failing = queue.enqueue(work.flaky, os.path.join(workers.folder, "never"), 100)
            batch = queue.enqueue_many([Queue.prepare_data(work.square, (3000,))])
            everything = [*jobs, after, flaky, late, *batch]
            wait_until(lambda: all_done(everything), 40, "all jobs finished")
            assert [job.return_value() for job in jobs] == [n * n for n in range(JOBS)]
            for job in (after, jobs[-1]):
                job.refresh()
            assert after.return_value() == 10**6 and after.started_at >= jobs[-1].ended_at
            assert flaky.return_value() == 3 and late.return_value() == 4 * 10**6
            wait_until(lambda: failing.get_status(refresh=True) == "failed", 20, "the failure")
            assert "as meant" in failing.latest_result().exc_string
            assert failing.id in queue.failed_job_registry and len(queue) == 0
            words = workers.words()
            assert all(words[f"square-{number}"] == 1 for number in range(JOBS))


def test_killed_worker():
    """A worker is killed with a job in hand. The job is not lost: it stands among those in hand, and
    goes to another worker when it is put back."""
    with Server() as server, redis.Redis(port=server.port) as connection:
        with Workers(worker_arguments(server), {}) as workers:
            queue = Queue(connection=connection)
            jobs = [queue.enqueue(work.slow, number, 0.05) for number in range(SLOW_JOBS)]
            first = workers.start()
            wait_until(lambda: len(workers.words()) > SLOW_JOBS / 2, 30, "work begun")
            workers.kill(first)
            finished = [job for job in jobs if job.get_status(refresh=True) == "finished"]
            waiting = set(queue.job_ids)
            begun = [job for job in jobs if job not in finished and job.id not in waiting]
            assert finished and waiting and len(begun) <= 1
            for job in begun:
                assert is_in_hand(connection, queue, job)
                queue.enqueue_job(job)
            workers.start()
            wait_until(lambda: all_done(jobs), 30, "all jobs finished")
            assert [job.return_value() for job in jobs] == list(range(SLOW_JOBS))
            words = workers.words()
            again = [number for number in range(SLOW_JOBS) if words[f"begin-{number}"] > 1]
            assert len(again) <= len(begun) <= 1, (again, begun)
            assert len(queue) == 0
