"""A queue as BullMQ makes it, written here with redis-py: waiting jobs in a list from which workers
move them (BLMOVE), delayed ones in a sorted set, details in hashes, events in a stream that consumer
groups read. Workers are threads; some are stopped in the middle of a job, and others recover it."""

import random
import threading
import time

import redis

from server import Server, wait_until

WAIT, ACTIVE, DELAYED, EVENTS = "q:wait", "q:active", "q:delayed", "q:events"
JOBS = 400
WORKERS = 4
LEASE = 1.0
# So often in a row must a job be without a lease: its worker may be about to take one.
SIGHTINGS = 6


class Killed(Exception):
    """Ends a worker's thread in the middle of a job, without a word to anybody."""


def add(r, number, delay=0.0):
    """One job, now or later."""
    job = f"job:{number}"
    with r.pipeline(transaction=True) as pipe:
        pipe.hset(job, mapping={"number": number, "attempts": 0})
        if delay:
            pipe.zadd(DELAYED, {job: time.time() + delay})
        else:
            pipe.lpush(WAIT, job)
        pipe.xadd(EVENTS, {"event": "added", "job": job})
        pipe.execute()


class Worker(threading.Thread):
    """Moves a job to the active ones, keeps a lease on it, does it, and says so."""

    def __init__(self, port, chance_to_die, seed):
        super().__init__(daemon=True)
        self.redis = redis.Redis(port=port, decode_responses=True)
        self.random = random.Random(seed)
        self.chance_to_die = chance_to_die
        self.ending = threading.Event()
        self.error = None

    def run(self):
        try:
            while not self.ending.is_set():
                job = self.redis.blmove(WAIT, ACTIVE, 0.3, "RIGHT", "LEFT")
                if job is not None:
                    self.work(job)
        except Killed:
            pass
        except Exception as error:
            self.error = error
        finally:
            self.redis.close()

    def work(self, job):
        self.redis.set(f"{job}:lease", "held", px=int(LEASE * 1000))
        self.redis.hincrby(job, "attempts", 1)
        if self.random.random() < self.chance_to_die:
            raise Killed
        number = int(self.redis.hget(job, "number"))
        time.sleep(self.random.random() * 0.004)
        with self.redis.pipeline(transaction=True) as pipe:
            pipe.lrem(ACTIVE, 1, job)
            pipe.hset(job, "result", number * number)
            pipe.hincrby("q:done", job, 1)
            pipe.delete(f"{job}:lease")
            pipe.xadd(EVENTS, {"event": "completed", "job": job})
            pipe.execute()


class Scheduler(threading.Thread):
    """Moves delayed jobs when they are due, and active ones back whose lease has run out."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.redis = redis.Redis(port=port, decode_responses=True)
        self.alone = {}
        self.ending = threading.Event()
        self.error = None

    def run(self):
        try:
            while not self.ending.wait(0.05):
                for job in self.redis.zrangebyscore(DELAYED, "-inf", time.time(), start=0, num=50):
                    if self.redis.zrem(DELAYED, job):
                        self.redis.lpush(WAIT, job)
                active = self.redis.lrange(ACTIVE, 0, -1)
                alone = [job for job in active if not self.redis.exists(f"{job}:lease")]
                self.alone = {job: self.alone.get(job, 0) + 1 for job in alone}
                for job in alone:
                    if self.alone[job] >= SIGHTINGS:
                        self.recover(job)
        except Exception as error:
            self.error = error
        finally:
            self.redis.close()

    def recover(self, job):
        """Back to the waiting ones, unless somebody is faster."""
        with self.redis.pipeline() as pipe:
            try:
                pipe.watch(ACTIVE, f"{job}:lease")
                if pipe.exists(f"{job}:lease"):
                    return
                pipe.multi()
                pipe.lrem(ACTIVE, 1, job)
                pipe.lpush(WAIT, job)
                pipe.xadd(EVENTS, {"event": "stalled", "job": job})
                pipe.execute()
            except redis.WatchError:
                pass


class Reader(threading.Thread):
    """One consumer of the events; acknowledges what it has counted."""

    def __init__(self, port, group, name, counts, lock):
        super().__init__(daemon=True)
        self.redis = redis.Redis(port=port, decode_responses=True)
        self.group, self.consumer_name = group, name
        self.counts, self.lock = counts, lock
        self.ending = threading.Event()
        self.error = None

    def run(self):
        try:
            while not self.ending.is_set():
                self.read_once()
        except Exception as error:
            self.error = error
        finally:
            self.redis.close()

    def read_once(self):
        read = self.redis.xreadgroup(
            self.group, self.consumer_name, {EVENTS: ">"}, count=20, block=200
        )
        for _, entries in read or []:
            with self.lock:
                for entry, fields in entries:
                    self.counts.setdefault(entry, []).append(fields)
            self.redis.xack(EVENTS, self.group, *[entry for entry, _ in entries])


def finish(threads):
    for thread in threads:
        thread.ending.set()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive() and thread.error is None, thread.error


def test_delayed_killed_and_recovered():
    """Hundreds of jobs, a part of them delayed, on workers of which some die holding one: all are
    done, those of the dead more than once at most, and each group sees each event once."""
    with Server() as server, redis.Redis(port=server.port, decode_responses=True) as r:
        counts, lock = {"audit": {}, "metrics": {}}, threading.Lock()
        for group in counts:
            r.xgroup_create(EVENTS, group, id="0", mkstream=True)
        readers = [
            Reader(server.port, group, f"{group}-{number}", counts[group], lock)
            for group in counts
            for number in range(2)
        ]
        mortal = [Worker(server.port, 0.03, seed) for seed in range(WORKERS)]
        others = [Worker(server.port, 0, seed) for seed in range(WORKERS)]
        scheduler = Scheduler(server.port)
        for thread in [*readers, *mortal, scheduler]:
            thread.start()
        for number in range(JOBS):
            add(r, number, delay=0.2 + number / JOBS if number % 4 == 0 else 0)
        wait_until(lambda: not any(worker.is_alive() for worker in mortal), 30, "the last death")
        for thread in others:
            thread.start()
        wait_until(lambda: r.hlen("q:done") == JOBS, 30, "all jobs done")
        wait_until(lambda: all(len(c) == r.xlen(EVENTS) for c in counts.values()), 20, "events")
        finish([*readers, *mortal, *others, scheduler])
        assert r.llen(WAIT) == r.llen(ACTIVE) == r.zcard(DELAYED) == 0
        for number in range(JOBS):
            assert r.hget(f"job:{number}", "result") == str(number * number)
        attempts = [int(r.hget(f"job:{number}", "attempts")) for number in range(JOBS)]
        # Each mortal worker left one job behind.
        assert sum(attempts) == JOBS + WORKERS, sum(attempts)
        assert set(r.hvals("q:done")) == {"1"}
        for seen in counts.values():
            assert all(len(fields) == 1 for fields in seen.values())
            events = [fields[0]["event"] for fields in seen.values()]
            assert events.count("added") == events.count("completed") == JOBS
            assert events.count("stalled") == WORKERS
        for group in r.xinfo_groups(EVENTS):
            assert group["pending"] == 0 and group["lag"] == 0
