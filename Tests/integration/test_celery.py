"""Celery, with flashkvd as broker and as result store: work gets done, once, and survives workers.
What is done stands in queues/celery_session.py."""

import os
import subprocess
import sys

from server import Server
from workers import HERE, QUEUES

SUPPORT = os.path.join(os.path.dirname(HERE), "support")


def session(name):
    with Server() as server:
        environment = {
            "CELERY_TEST_URL": f"redis://127.0.0.1:{server.port}",
            "INTEGRATION_TESTS": HERE,
            "SUPPORT": SUPPORT,
        }
        process = subprocess.run(
            [sys.executable, "celery_session.py", name],
            cwd=QUEUES,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=110,
        )
        assert process.returncode == 0, process.stdout


def test_tasks():
    """Hundreds of tasks, retries, errors, delays, a chain and a chord: right results, each done once."""
    session("tasks")


def test_killed_worker():
    """A worker is killed in the middle of its work: what it had taken and not finished is done by
    another, and nothing is lost."""
    session("kill")
